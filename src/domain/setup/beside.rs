//! What is told of accounts whose credentials are not at hand.

use super::plan::{Outcome, Plan, Step, System};
use super::subject::{Subject, Thing};
use crate::domain::identifier::AccountId;
use crate::domain::role_arn::RoleArn;

/// Returns what of a plan lies in AWS, as parts of another account than that of the credentials: nothing of it is
/// written by this run.
pub fn steps(account: &AccountId, plan: Plan) -> Vec<Step> {
    let in_aws = plan.steps.into_iter().filter(|step| step.system == System::Aws);
    in_aws.map(|step| of_account(account, step)).collect()
}

fn of_account(account: &AccountId, step: Step) -> Step {
    let subject = step.subject.of(account);
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

/// Returns what is said of a role that the rules file names: it is its owner's, and nothing here knows what it shall be.
/// `kind` is what it is for, `granter` or `revoker`.
pub fn own_role(account: &AccountId, kind: &str, arn: &RoleArn) -> Step {
    let outcome = Outcome::Hidden {
        reason: format!("the rules file names it as the {kind}; it is its owner's, and was not judged"),
        commands: vec![format!("port-iam aws {kind} --account {account}")],
    };
    let subject = Subject::from(Thing::OwnRole(arn.as_str().to_owned())).of(account);
    Step { system: System::Aws, subject, lines: Vec::new(), files: Vec::new(), outcome }
}

/// Returns what is said of an account that was not looked at.
pub fn unseen(account: &AccountId, why: &str) -> Step {
    let outcome = Outcome::Hidden {
        reason: format!("it was not looked at: {why}"),
        commands: vec![format!("port-iam plan --account-profile {account}=PROFILE")],
    };
    let subject = Subject::from(Thing::Everything).of(account);
    Step { system: System::Aws, subject, lines: Vec::new(), files: Vec::new(), outcome }
}
