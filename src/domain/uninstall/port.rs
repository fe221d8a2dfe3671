//! Port: the actions that start our workflows, the entities that `seed` made, the blueprints.

use std::collections::BTreeSet;

use serde_json::Value;

use super::plan::{Plan, Removal};
use super::seen::{Consent, EntitiesSeen, Seen};
use super::{additions, before, permissions};
use crate::domain::counting::count;
use crate::domain::identifier::GrantId;
use crate::domain::printable::one_line;
use crate::domain::seed::in_step;
use crate::domain::setup::{PageSeen, System, is_made_here, is_our_blueprint, page, repository_of};

/// So many names are told of what stays.
const MOST_NAMES: usize = 5;

/// The actions and the automation come first: then nobody can ask any more.
pub(super) fn actions(seen: &Seen, plan: &mut Plan) {
    let names = &seen.names;
    for identifier in names.granting_actions().into_iter().chain(names.revoking_actions()) {
        let Some(action) = seen.actions.iter().find(|action| action["identifier"] == identifier) else { continue };
        let kind = if action["trigger"]["type"] == "automation" { "automation" } else { "action" };
        let subject = format!("{kind} {identifier}");
        if is_ours(seen, action) && !is_made_here(action) {
            before::action(&subject, identifier, action, plan);
        } else if is_ours(seen, action) {
            let lines = additions::of_action(&seen.originals, action);
            plan.take(System::Port, subject, lines, Removal::Action(identifier.to_owned()));
        } else {
            let (owner, repository) = &seen.target;
            let reason =
                format!("it does not start a workflow of {owner}/{repository}, so it is not of this installation");
            plan.leave(System::Port, subject, reason, None);
        }
    }
    // What writes into the catalog goes before the catalog does.
    for action in seen.actions.iter().filter(|action| in_step::is_ours(names, action)) {
        let identifier = action["identifier"].as_str().unwrap_or_default().to_owned();
        let from = action["trigger"]["event"]["blueprintIdentifier"].as_str().map(one_line).unwrap_or_default();
        let lines = vec![format!("it keeps the catalog in step with {from}; that blueprint stays")];
        plan.take(System::Port, format!("automation {identifier}"), lines, Removal::Action(identifier));
    }
}

/// The dashboard, which shows what goes behind it.
pub(super) fn page(seen: &Seen, plan: &mut Plan) {
    let identifier = &seen.names.dashboard;
    let subject = format!("page {identifier}");
    match &seen.page {
        PageSeen::Absent => {}
        PageSeen::Hidden(reason) => {
            let remedy = "look for it in Port with the credentials of an administrator, and delete it there";
            let reason = format!("whether it is there cannot be told: {}", one_line(reason));
            plan.leave(System::Port, subject, reason, Some(remedy.to_owned()));
        }
        PageSeen::Present(theirs) if page::is_ours_alone(theirs) => {
            let lines = additions::of_page(&seen.originals, theirs);
            plan.take(System::Port, subject, lines, Removal::Page(identifier.clone()));
        }
        PageSeen::Present(theirs) if page::is_ours(theirs) => {
            if let Some(body) = page::without_ours(&seen.originals.page, theirs) {
                let lines = vec!["the page and what others have on it stay".to_owned()];
                let removal = Removal::Widgets { identifier: identifier.clone(), body };
                return plan.take(System::Port, format!("our widgets of the page {identifier}"), lines, removal);
            }
            let remedy = "take our widgets off it in Port, or delete it there";
            plan.leave(System::Port, subject, "it holds our widgets among others'".to_owned(), Some(remedy.to_owned()));
        }
        PageSeen::Present(_) => plan.leave(System::Port, subject, "it is not of this system".to_owned(), None),
    }
}

/// Returns whether an action starts one of our workflows. GitHub's names ignore case.
fn is_ours(seen: &Seen, action: &Value) -> bool {
    let (owner, repository) = &seen.target;
    let is_target = repository_of(action)
        .is_some_and(|(org, repo)| org.eq_ignore_ascii_case(owner) && repo.eq_ignore_ascii_case(repository));
    let method = &action["invocationMethod"];
    let workflow = method["workflow"].as_str().or(method["integrationActionExecutionProperties"]["workflow"].as_str());
    let ours = [&seen.names.create_workflow, &seen.names.delete_workflow];
    is_target && workflow.is_some_and(|workflow| ours.iter().any(|name| *name == workflow))
}

/// The relator before the targets of its relations; what cannot go keeps those.
pub(super) fn catalog(seen: &Seen, consent: Consent, plan: &mut Plan) {
    let names = &seen.names;
    let mut going: BTreeSet<&str> = BTreeSet::new();
    let removed: BTreeSet<String> = plan.steps.iter().filter_map(|step| removed_action(&step.removal)).collect();
    let order =
        [&names.provisioned_permissions, &names.iam_permissions, &names.aws_resource, &names.permission_records];
    for identifier in order {
        let Some(blueprint) = seen.blueprints.iter().find(|blueprint| blueprint["identifier"] == identifier.as_str())
        else {
            continue;
        };
        let subject = format!("blueprint {identifier}");
        if !is_our_blueprint(names, identifier, blueprint) {
            let reason = "it is not of this system".to_owned();
            plan.leave(System::Port, subject, reason, None);
            continue;
        }
        let nothing = EntitiesSeen::default();
        let entities = seen.entities.get(identifier.as_str()).unwrap_or(&nothing);
        if !is_made_here(blueprint) {
            take_entities(seen, Consent { delete_entities: false, ..consent }, identifier, entities, plan);
            plan.leave(System::Port, subject, before::blueprint(), Some(before::BLUEPRINT_REMEDY.to_owned()));
            permissions::leave(seen, identifier, plan);
            continue;
        }
        let staying = take_entities(seen, consent, identifier, entities, plan);
        let holds = staying.map(|(what, remedy)| (format!("it holds {what}"), remedy));
        let dependents = || dependent(seen, identifier, &going, &removed).map(|what| (what, None));
        match holds.or_else(dependents) {
            Some((reason, remedy)) => {
                plan.leave(System::Port, subject, reason, remedy);
                permissions::leave(seen, identifier, plan);
            }
            None => {
                going.insert(identifier);
                let lines = additions::of_blueprint(&seen.originals, blueprint);
                plan.take(System::Port, subject, lines, Removal::Blueprint(identifier.clone()));
            }
        }
    }
}

/// Plans the removal of what may go; returns what stays, and what the reader can do about it.
fn take_entities(
    seen: &Seen,
    consent: Consent,
    blueprint: &str,
    entities: &EntitiesSeen,
    plan: &mut Plan,
) -> Option<(String, Option<String>)> {
    let names = &seen.names;
    if blueprint == names.permission_records {
        let count = entities.seeded.len() + entities.others.len();
        return (count > 0 || writes_records(seen, plan)).then(|| {
            let remedy =
                "export them with `port-iam audit export`, and delete them in Port when nobody may ask any more";
            let what = match count {
                0 => "the permanent records of the grants that are revoked".to_owned(),
                1 => "the permanent record of who had access".to_owned(),
                _ => format!("the {count} permanent records of who had access"),
            };
            (what, Some(remedy.to_owned()))
        });
    }
    // The entity of a grant goes when the grant is revoked.
    let is_grant =
        |identifier: &&String| blueprint == names.provisioned_permissions && GrantId::parse(identifier).is_ok();
    let others: Vec<String> = entities.others.iter().filter(|identifier| !is_grant(identifier)).cloned().collect();
    let mut going = entities.seeded.clone();
    let mut lines = Vec::new();
    if !going.is_empty() {
        lines.push(format!("made by `seed`: {}", some_of(&going)));
    }
    let staying = if consent.delete_entities {
        if !others.is_empty() {
            lines.push(format!("made by others: {}", some_of(&others)));
        }
        going.extend(others);
        None
    } else {
        (!others.is_empty()).then(|| {
            let what =
                format!("{} that `seed` did not make: {}", count(others.len(), "entity", "entities"), some_of(&others));
            (what, Some("pass --delete-entities to delete them with it".to_owned()))
        })
    };
    if !going.is_empty() {
        let subject = format!("{} of {blueprint}", count(going.len(), "entity", "entities"));
        let removal = Removal::Entities { blueprint: blueprint.to_owned(), identifiers: going };
        plan.take(System::Port, subject, lines, removal);
    }
    staying
}

/// Returns whether the plan revokes a grant whose receipt goes on record: no plan may expect the records to be empty then.
fn writes_records(seen: &Seen, plan: &Plan) -> bool {
    let names = &seen.names;
    let is_there = |name: &String| seen.blueprints.iter().any(|blueprint| blueprint["identifier"] == name.as_str());
    // What was granted without Port is put on record as it goes, if it is on none.
    let is_break_glass = |grant: &str| GrantId::parse(grant).is_ok_and(|grant| grant.is_break_glass());
    let is_recorded = |removal: &Removal| match removal {
        Removal::Grant { grant, is_listed } => *is_listed || is_break_glass(grant),
        _ => false,
    };
    is_there(&names.provisioned_permissions) && plan.steps.iter().any(|step| is_recorded(&step.removal))
}

/// Returns what of others hangs on a blueprint, if anything does.
fn dependent(seen: &Seen, identifier: &str, going: &BTreeSet<&str>, removed: &BTreeSet<String>) -> Option<String> {
    let name = |value: &Value| value["identifier"].as_str().unwrap_or_default().to_owned();
    let relates = |blueprint: &&Value| {
        let other = name(blueprint);
        let targets = blueprint["relations"].as_object().into_iter().flatten();
        other != identifier
            && !going.contains(other.as_str())
            && targets.into_iter().any(|(_, relation)| relation["target"] == identifier)
    };
    if let Some(blueprint) = seen.blueprints.iter().find(relates) {
        return Some(format!("the blueprint {}, which stays, has a relation to it", name(blueprint)));
    }
    let belongs = |action: &&Value| {
        let trigger = &action["trigger"];
        !removed.contains(&name(action))
            && (trigger["blueprintIdentifier"] == identifier || trigger["event"]["blueprintIdentifier"] == identifier)
    };
    let action = seen.actions.iter().find(belongs)?;
    Some(format!("the action or automation {}, which stays, belongs to it", name(action)))
}

fn removed_action(removal: &Removal) -> Option<String> {
    match removal {
        Removal::Action(identifier) => Some(identifier.clone()),
        _ => None,
    }
}

fn some_of(names: &[String]) -> String {
    let some = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES { format!("{some} and {} more", names.len() - MOST_NAMES) } else { some }
}
