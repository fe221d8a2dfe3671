//! What is told of accounts whose credentials are not at hand.

use super::plan::{Outcome, Plan, Step, System};
use crate::domain::identifier::AccountId;

/// Returns what of a plan lies in AWS, as parts of another account than that of the credentials: nothing of it is
/// written by this run.
pub fn steps(account: &AccountId, plan: Plan) -> Vec<Step> {
    let in_aws = plan.steps.into_iter().filter(|step| step.system == System::Aws);
    in_aws.map(|step| of_account(account, step)).collect()
}

fn of_account(account: &AccountId, step: Step) -> Step {
    let subject = format!("{} of {account}", step.subject);
    let pending = |reason: &str| Outcome::Pending {
        reason: reason.to_owned(),
        commands: vec![format!("AWS_PROFILE=PROFILE_OF_{account} port-iam init --aws-setup")],
    };
    let there = |commands: Vec<String>| commands.iter().map(|command| in_account(account, command)).collect();
    let outcome = match step.outcome {
        Outcome::Create(_) => pending("it is not there"),
        Outcome::Change(_) => pending("it differs"),
        // The names are the same in every account: a command without its credentials would meet the wrong one.
        Outcome::Pending { reason, commands } => Outcome::Pending { reason, commands: there(commands) },
        Outcome::Hidden { reason, commands } => Outcome::Hidden { reason, commands: there(commands) },
        other => other,
    };
    Step { subject, outcome, ..step }
}

fn in_account(account: &AccountId, command: &str) -> String {
    if command.starts_with("AWS_PROFILE=") {
        return command.to_owned();
    }
    format!("AWS_PROFILE=PROFILE_OF_{account} {command}")
}

/// Returns what is said of an account that was not looked at.
pub fn unseen(account: &AccountId, why: &str) -> Step {
    let outcome = Outcome::Hidden {
        reason: format!("it was not looked at: {why}"),
        commands: vec![format!("port-iam plan --account-profile {account}=PROFILE")],
    };
    Step { system: System::Aws, subject: format!("everything of {account}"), lines: Vec::new(), outcome }
}
