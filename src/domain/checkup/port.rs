//! Port: its GitHub integration, its app, and our objects in it.

use super::{Check, Outcome, Seen, Severity, Unseen, bad, check, fine, share, unknown, unseen};
use crate::domain::port_address::portal_of;
use crate::domain::refusal::quoted;
use crate::domain::setup::{App, System, Thing};

pub(super) static CHECKS: [Check; 9] = [
    check("port-integration", integration),
    Check {
        name: "port-backend",
        judge: share(
            System::Port,
            "our actions start the workflows through an integration that the organisation has",
            Severity::Error,
            |part, planned| part.is_about_the_backend(planned),
            &["dispatcher-of-ocean"],
        ),
    },
    check("port-app", app),
    Check {
        name: "blueprints",
        judge: share(
            System::Port,
            "they have every property and relation of ours, and nobody demands what a grant does not meet",
            Severity::Warning,
            |part, _| matches!(part.subject.thing, Thing::Blueprint(_) | Thing::Demands(_)),
            &[],
        ),
    },
    Check {
        name: "actions",
        judge: share(
            System::Port,
            "they are as `port-iam init` makes them",
            Severity::Warning,
            |part, _| matches!(part.subject.thing, Thing::Action(_)),
            &[],
        ),
    },
    Check {
        name: "expiry-automation",
        judge: share(
            System::Port,
            "it is published, and revokes what expires",
            Severity::Error,
            |part, _| matches!(part.subject.thing, Thing::Automation(_)),
            &[],
        ),
    },
    Check {
        name: "port-permissions",
        judge: share(
            System::Port,
            "only the machine and administrators edit catalog, grants and records; who ends a grant is as the rules say",
            Severity::Error,
            |part, _| matches!(part.subject.thing, Thing::BlueprintPermissions(_) | Thing::ActionPermissions { .. }),
            &[],
        ),
    },
    check("catalog-in-step", in_step),
    Check {
        name: "page",
        judge: share(
            System::Port,
            "the page in Port is as `port-iam init` makes it, or is done without",
            Severity::Warning,
            |part, _| matches!(part.subject.thing, Thing::Page(_)),
            &[],
        ),
    },
];

/// Judges what `seed --keep-in-step` has made. Nothing of it is part of what `init` would do.
fn in_step(seen: &Seen) -> Outcome {
    let port = match &seen.port {
        Ok(port) => port,
        Err(barred) => return unknown(format!("Port was not asked: {}", barred.why)),
    };
    let automations = match &port.in_step {
        Ok(automations) => automations,
        Err(why) => return unseen("the list of automations", why, "port-iam doctor --verbose"),
    };
    let weak: Vec<String> = automations
        .iter()
        .filter_map(|one| Some(format!("the automation {}: {}", quoted(&one.identifier), one.weakness?)))
        .collect();
    if !weak.is_empty() {
        let remedy = "port-iam seed --from-blueprint BLUEPRINT --keep-in-step, as it was made; or delete it in Port";
        return bad(Severity::Warning, weak.join("; "), remedy);
    }
    let blueprints: Vec<String> = automations.iter().map(|one| quoted(&one.blueprint)).collect();
    match blueprints.as_slice() {
        [] => fine("no automation keeps the catalog in step with another blueprint"),
        some => fine(format!("the catalog is kept in step with {}", some.join(", "))),
    }
}

fn integration(seen: &Seen) -> Outcome {
    let port = match &seen.port {
        Ok(port) => port,
        Err(barred) => return unknown(format!("Port was not asked: {}", barred.why)),
    };
    let page = format!(
        "open {}/settings/data-sources, and install Port's GitHub integration (Builder > Data sources > GitHub)",
        portal_of(&port.address)
    );
    match &port.integrations {
        Err(why @ Unseen::Elsewhere(_)) => unseen("the list of integrations", why, page),
        Err(why) => unseen("the list of integrations", why, "port-iam doctor --verbose"),
        Ok(None) => bad(
            Severity::Warning,
            "these Port credentials may not see the organisation's integrations",
            "port-iam init --backend github (or --backend ocean); a Port administrator's credentials see which one there is",
        ),
        Ok(Some(kinds)) if kinds.is_empty() => {
            bad(Severity::Warning, "Port tells no GitHub integration of the organisation", page)
        }
        Ok(Some(kinds)) => fine(format!("the organisation has {}", kinds.join(" and "))),
    }
}

/// Returns whether Port's app may start workflows. GitHub tells it to owners of an organisation alone.
fn app(seen: &Seen) -> Outcome {
    const PAGE: &str = "open https://github.com/apps/getport-io/installations/new";
    let planned = match &seen.planned {
        Ok(planned) => planned,
        Err(Unseen::Elsewhere(why) | Unseen::Here(why)) => return unknown(format!("not looked at: {why}")),
    };
    if let Err(barred) = &seen.github {
        return unknown(format!("GitHub was not asked: {}", barred.why));
    }
    if !planned.wanted.through_the_app {
        return fine("the workflows are started through GitHub Ocean, and need no app of this name");
    }
    let owner = &planned.wanted.owner;
    match planned.seen.app {
        App::Installed => fine(format!(
            "it is installed for {owner}; whether {} is among its repositories is only told by `port-iam doctor --probe`",
            seen.repository
        )),
        App::Absent => bad(
            Severity::Error,
            format!("Port's GitHub app is not installed for {owner}: Port cannot start the workflows"),
            PAGE,
        ),
        App::Powerless => bad(
            Severity::Error,
            format!("Port's GitHub app is suspended for {owner}, or lacks the right to start workflows"),
            PAGE,
        ),
        App::Unknown => unknown(format!(
            "GitHub does not tell here whether Port's GitHub app is installed for {owner}: it tells that to owners, and knows an app of another name as another one; `port-iam doctor --probe` finds it out"
        )),
    }
}
