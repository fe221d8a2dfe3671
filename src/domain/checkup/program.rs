//! The installation's own name, the workflows' credentials in Port, and this program.

use super::{Check, Outcome, Seen, Severity, Unseen, WorkflowPortSeen, bad, check, fine, planned, unknown, unseen};
use crate::domain::setup::{self, PERSONAL_PAIR, SHARED_PAIR};

pub(super) static CHECKS: [Check; 4] = [
    check("installation", installation),
    check("workflow-credentials", workflow_credentials),
    check("plan", planned::plan),
    check("reference-age", reference_age),
];

fn installation(seen: &Seen) -> Outcome {
    match &seen.scope {
        Ok(scope) => fine(format!("this is {scope}; `grant --break-glass --scope` may need it while Port is down")),
        Err(Unseen::Elsewhere(why)) => unknown(format!("which installation this is was not looked at: {why}")),
        Err(Unseen::Here(why)) => bad(
            Severity::Warning,
            format!("which installation this is cannot be told: {why}"),
            "port-iam doctor --verbose",
        ),
    }
}

/// A secret cannot be read back; where the environment names the pair, Port says whose it is.
fn workflow_credentials(seen: &Seen) -> Outcome {
    const SET: &str = "export PORT_IAM_WORKFLOW_PORT_CLIENT_ID=ID PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET=SECRET (of a machine), then: port-iam init --rotate-secrets";
    match &seen.workflow_port {
        Err(why) => unseen("the Port credentials of the workflows", why, SET),
        Ok(WorkflowPortSeen::Untold) if let Some(finding) = planned_pair(seen) => {
            bad(Severity::Warning, finding.message.clone(), SET)
        }
        Ok(WorkflowPortSeen::Untold) => unknown(
            "a secret cannot be read back; where PORT_IAM_WORKFLOW_PORT_CLIENT_ID and its secret are set, Port is asked whose they are",
        ),
        Ok(WorkflowPortSeen::Known { personal: Some(true), .. }) => bad(
            Severity::Warning,
            "the workflows' Port credentials are a person's: they end with that person's account, and act in that person's name",
            SET,
        ),
        Ok(WorkflowPortSeen::Known { is_callers: true, .. }) => bad(
            Severity::Warning,
            "the environment names your own Port credentials for the workflows: what you may do in Port, whoever reaches the workflows may do then",
            SET,
        ),
        Ok(WorkflowPortSeen::Known { organization, .. }) => match &seen.port {
            Ok(ours) if ours.organization != *organization => bad(
                Severity::Error,
                format!(
                    "the workflows' Port credentials are of the organisation {organization}, and not of {}",
                    ours.organization
                ),
                SET,
            ),
            _ => fine(format!("those that the environment names are a machine's, of {organization}")),
        },
    }
}

/// Returns what the plan says of the pair that it would give to the workflows, where they have none yet.
fn planned_pair(seen: &Seen) -> Option<&setup::Finding> {
    let findings = &seen.planned.as_ref().ok()?.plan.findings;
    findings.iter().find(|finding| [PERSONAL_PAIR, SHARED_PAIR].contains(&finding.code))
}

fn reference_age(seen: &Seen) -> Outcome {
    match &seen.edition {
        Some(edition) if edition.is_stale(seen.now) => bad(
            Severity::Warning,
            format!("the data of AWS's actions are more than 180 days old: {}", edition.describe()),
            "cargo install --path . (of a newer port-iam), then port-iam init",
        ),
        Some(edition) => fine(format!("the data of AWS's actions are fresh: {}", edition.describe())),
        None => bad(Severity::Error, "the data of AWS's actions are damaged", "cargo install --path ."),
    }
}
