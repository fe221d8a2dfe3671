//! The policy simulator: `SimulateCustomPolicy` and `SimulatePrincipalPolicy`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::asked::Asked;
use super::super::authorization::documents;
use super::super::call::Call;
use super::super::caller::{role_policies, user_caller};
use super::super::constraint::{ACTION_NAME, ARN, CONTEXT_KEY, DOCUMENT, RESOURCE_NAME};
use super::super::failure::Failure;
use super::super::grammar::{self, Kind};
use super::super::paging::Page;
use super::super::parameters::Parameters;
use super::super::state::State;
use super::super::xml::Xml;
use crate::domain::evaluation::{Context, Decision, PolicyDocument, PolicySource, Request, evaluate};

/// More of anything than a client sends in one question.
const MOST: usize = 1000;

/// The policies that a simulation is about.
struct Policies {
    identity: Vec<String>,
    boundary: Vec<String>,
}

pub(super) fn custom_policy(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let policies = given_policies(call.parameters)?;
    if policies.identity.is_empty() {
        return Err(Failure::constraint(None, "PolicyInputList", "Member must not be null"));
    }
    call.authorize(&[Asked::on_everything("iam:SimulateCustomPolicy")])?;
    simulate(call.parameters, &policies)
}

pub(super) fn principal_policy(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let source = call.parameters.required("PolicySourceArn", &ARN)?;
    let mut policies = given_policies(call.parameters)?;
    let state = call.authorize(&[Asked::on("iam:SimulatePrincipalPolicy", &source)])?;
    let (identity, boundary) = policies_of(state, &source)?;
    policies.identity.extend(identity);
    // A boundary in the request stands in for the one of the principal.
    if policies.boundary.is_empty() {
        policies.boundary.extend(boundary);
    }
    simulate(call.parameters, &policies)
}

fn given_policies(parameters: &Parameters) -> Result<Policies, Failure> {
    let identity = parameters.list("PolicyInputList", MOST, &DOCUMENT)?;
    let boundary = parameters.list("PermissionsBoundaryPolicyInputList", 1, &DOCUMENT)?;
    for document in identity.iter().chain(&boundary) {
        grammar::check(document, Kind::Inline).map_err(|failure| Failure::invalid_input(failure.message))?;
    }
    if parameters.raw("ResourcePolicy").is_some() {
        return Err(Failure::invalid_input("Resource policies are not simulated here."));
    }
    Ok(Policies { identity, boundary })
}

fn policies_of(state: &State, arn: &str) -> Result<(Vec<String>, Option<String>), Failure> {
    let user = arn.strip_prefix(&format!("arn:aws:iam::{}:user/", state.account));
    if let Some(name) = user {
        let missing = || Failure::no_such_entity(format!("The user with name {name} cannot be found."));
        return user_caller(state, name).map(|user| (user.policies, user.boundary)).map_err(|_| missing());
    }
    if !arn.starts_with("arn:aws:iam::") || !arn.contains(":role/") {
        return Err(Failure::invalid_input(format!("Invalid ARN provided in the request: {arn}")));
    }
    let role = state.role_by_arn(arn);
    let role = role.ok_or_else(|| Failure::no_such_entity(format!("The role with ARN {arn} cannot be found.")))?;
    role_policies(state, role)
}

fn simulate(parameters: &Parameters, policies: &Policies) -> Result<Xml, Failure> {
    let actions = parameters.list("ActionNames", MOST, &ACTION_NAME)?;
    if actions.is_empty() {
        return Err(Failure::constraint(None, "ActionNames", "Member must not be null"));
    }
    let mut resources = parameters.list("ResourceArns", MOST, &RESOURCE_NAME)?;
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let context = given_context(parameters)?;
    let page = Page::from_parameters(parameters)?;
    let identity = documents(&policies.identity)?;
    let boundary = documents(&policies.boundary)?;
    let missing = missing_keys(policies, &context);
    let mut results = Vec::new();
    for action in &actions {
        grammar::check_action(action)?;
        for resource in &resources {
            let request = Request::new(action.as_str(), resource.as_str()).with_context(context.clone());
            results.push(result(&identity, boundary.first(), &request, &missing));
        }
    }
    let (results, closing) = page.cut_in_order(results);
    Ok(Xml::new().list("EvaluationResults", results).then(closing))
}

fn given_context(parameters: &Parameters) -> Result<Context, Failure> {
    let mut context = Context::new();
    for entry in parameters.structures("ContextEntries", MOST)? {
        let key = entry.required("ContextKeyName", &CONTEXT_KEY)?;
        context = context.with_all(&key, entry.list("ContextKeyValues", MOST, &super::super::constraint::ANY)?);
    }
    Ok(context)
}

fn result(
    identity: &[PolicyDocument],
    boundary: Option<&PolicyDocument>,
    request: &Request,
    missing: &BTreeSet<String>,
) -> Xml {
    let decision = evaluate(identity, boundary, request);
    let answer = match decision {
        Decision::Allowed { .. } => "allowed",
        Decision::ExplicitlyDenied { .. } => "explicitDeny",
        Decision::NotAllowed | Decision::OutsideBoundary { .. } => "implicitDeny",
    };
    let matched = match &decision {
        Decision::Allowed { statement } | Decision::ExplicitlyDenied { statement } => {
            Some(Xml::new().text("SourcePolicyId", policy_id(statement.source)))
        }
        Decision::NotAllowed | Decision::OutsideBoundary { .. } => None,
    };
    let xml = Xml::new()
        .text("EvalActionName", &request.action)
        .text("EvalResourceName", &request.resource)
        .text("EvalDecision", answer)
        .list("MatchedStatements", matched)
        .values("MissingContextValues", missing);
    match boundary {
        Some(boundary) => {
            let allowed = evaluate(std::slice::from_ref(boundary), None, request).is_allowed();
            xml.element("PermissionsBoundaryDecisionDetail", Xml::new().value("AllowedByPermissionsBoundary", allowed))
        }
        None => xml,
    }
}

fn policy_id(source: PolicySource) -> String {
    match source {
        PolicySource::Identity(index) => format!("PolicyInputList.{}", index + 1),
        PolicySource::Boundary => "PermissionsBoundaryPolicyInputList.1".to_owned(),
        PolicySource::Trust => "ResourcePolicy".to_owned(),
    }
}

/// Returns the condition keys that the policies look at and the question does not give.
fn missing_keys(policies: &Policies, context: &Context) -> BTreeSet<String> {
    let documents = policies.identity.iter().chain(&policies.boundary);
    let values = documents.filter_map(|text| serde_json::from_str::<Value>(text).ok());
    values.flat_map(|document| condition_keys(&document)).filter(|key| context.values(key).is_none()).collect()
}

fn condition_keys(document: &Value) -> Vec<String> {
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let conditions = statements.into_iter().filter_map(|statement| statement.get("Condition")?.as_object());
    conditions.flat_map(Map::values).filter_map(Value::as_object).flat_map(Map::keys).cloned().collect()
}
