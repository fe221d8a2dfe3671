//! IAM's last accessed information: a report that is made in the background, and read when it is there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::caller::role_policies;
use super::super::constraint::{ANY, ARN};
use super::super::failure::Failure;
use super::super::paging::Page;
use super::super::state::{AccessReport, State};
use super::super::xml::Xml;

/// The region that the sandbox's calls are logged in.
const REGION: &str = "us-east-1";

pub(super) fn generate(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("Arn", &ARN)?;
    let granularity = call.parameters.optional("Granularity", &ANY)?.unwrap_or_else(|| "SERVICE_LEVEL".to_owned());
    if !["SERVICE_LEVEL", "ACTION_LEVEL"].contains(&granularity.as_str()) {
        return Err(Failure::validation_error("Member must satisfy enum value set: [SERVICE_LEVEL, ACTION_LEVEL]"));
    }
    let now = call.now;
    let state = call.authorize(&[Asked::on("iam:GenerateServiceLastAccessedDetails", &arn)])?;
    if state.role_by_arn(&arn).is_none() {
        return Err(Failure::no_such_entity(format!("ARN {arn} does not exist.")));
    }
    // Its length is that of a UUID (API reference, GenerateServiceLastAccessedDetails).
    let id = state.characters(36).to_lowercase();
    let id = format!("{id:0<36}");
    state.access_reports.insert(id.clone(), AccessReport { arn, granularity, made: now, was_asked_for: false });
    Ok(Xml::new().text("JobId", id))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let id = call.parameters.required("JobId", &ANY)?;
    let page = Page::from_parameters(call.parameters)?;
    let state = call.authorize(&[Asked::on_everything("iam:GetServiceLastAccessedDetails")])?;
    let missing = || Failure::no_such_entity(format!("Job {id} cannot be found."));
    let report = state.access_reports.get_mut(&id).ok_or_else(missing)?;
    // It is not there at once.
    let is_there = std::mem::replace(&mut report.was_asked_for, true);
    let report = report.clone();
    let head = Xml::new()
        .text("JobStatus", if is_there { "COMPLETED" } else { "IN_PROGRESS" })
        .text("JobType", &report.granularity)
        .time("JobCreationDate", report.made);
    if !is_there {
        return Ok(head.list("ServicesLastAccessed", []).value("IsTruncated", false));
    }
    let (services, closing) = page.cut_in_order(services(state, &report));
    Ok(head.list("ServicesLastAccessed", services).time("JobCompletionDate", report.made).then(closing))
}

/// The services that the policies of the role name, with those that it was used with.
fn services(state: &State, report: &AccessReport) -> Vec<Xml> {
    let Some(role) = state.role_by_arn(&report.arn) else { return Vec::new() };
    let documents = role_policies(state, role).map(|(documents, _)| documents).unwrap_or_default();
    let mut names: BTreeSet<String> = documents.iter().flat_map(|document| services_of(document)).collect();
    let used = state.accessed.get(&role.id);
    names.extend(used.into_iter().flat_map(|used| used.keys().cloned()));
    let shown = names.into_iter().map(|name| {
        let last = used.and_then(|used| used.get(&name));
        let service = Xml::new().text("ServiceName", &name);
        let service = last.map_or(service.clone(), |at| service.time("LastAuthenticated", *at));
        let service = service.text("ServiceNamespace", &name);
        match last {
            Some(_) => service
                .text("LastAuthenticatedEntity", &report.arn)
                .text("LastAuthenticatedRegion", REGION)
                .value("TotalAuthenticatedEntities", 1),
            None => service.value("TotalAuthenticatedEntities", 0),
        }
    });
    shown.collect()
}

/// The prefixes of the actions that a document allows.
fn services_of(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let each = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let allowed = each(&document["Statement"]).into_iter().filter(|statement| statement["Effect"] == "Allow");
    let actions = allowed.flat_map(|statement| each(&statement["Action"]));
    actions.filter_map(|action| action.as_str()?.split_once(':').map(|(service, _)| service.to_owned())).collect()
}
