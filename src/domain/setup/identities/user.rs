//! The workflows' IAM user, where they have an access key. An administrator makes it and gives it its policies: nothing of it is
//! written here, and what is not as it shall be waits for one.

use serde_json::Value;

use super::super::finding::{Finding, Severity};
use super::super::plan::{Outcome, Step, System};
use super::super::subject::Thing;
use super::{IdentitiesSeen, WantedIdentities, attach_user_policy, create_policy};
use crate::domain::security::HeldAgainst;

/// The workflows' IAM user, as it shall be.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedUser {
    /// Its name.
    pub name: &'static str,
    /// Its policies: name, ARN, document, and the command that prints it.
    pub policies: Vec<super::WantedPolicy>,
}

/// The workflows' IAM user.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WorkflowUserSeen {
    /// Nobody looked.
    #[default]
    Unlooked,
    /// There is none of that name: whose the access key is cannot be read back.
    Absent,
    /// The AWS credentials may not look.
    Hidden(String),
    /// It is there.
    Present {
        /// The documents of its policies, its groups' among them where they may be read.
        documents: Vec<Value>,
        /// Why those of its groups are missing, where they are.
        without_groups: Option<String>,
    },
}

/// Returns the step of the user; none where there is nothing to be held against what is written.
pub(super) fn step(wanted: &WantedIdentities, seen: &IdentitiesSeen) -> Option<Step> {
    let user = wanted.user.as_ref()?;
    let WorkflowUserSeen::Present { documents, .. } = &seen.user else { return None };
    // What is not there is no power; it is told as a finding.
    if documents.is_empty() {
        return None;
    }
    let HeldAgainst { further, .. } = held_against(user, documents);
    let name = user.name;
    let outcome = if further.is_empty() {
        Outcome::Keep
    } else {
        Outcome::Pending {
            reason: "its policies allow more than is written: these tell where that comes from, and it is to be taken away there"
                .to_owned(),
            commands: ["list-attached-user-policies", "list-user-policies", "list-groups-for-user"]
                .map(|command| format!("aws iam {command} --user-name {name}"))
                .to_vec(),
        }
    };
    let lines = further.iter().map(|further| format!("- {further}")).collect();
    let subject = Thing::User(name.to_owned()).into();
    Some(Step { system: System::Aws, subject, lines, files: Vec::new(), outcome })
}

fn held_against(user: &WantedUser, documents: &[Value]) -> HeldAgainst {
    let written: Vec<Value> = user.policies.iter().map(|policy| policy.document.clone()).collect();
    HeldAgainst::of(documents, &written)
}

/// Returns what should be known of the user beyond its step.
pub(in crate::domain::setup) fn findings(wanted: &WantedIdentities, seen: &IdentitiesSeen) -> Vec<Finding> {
    let Some(user) = &wanted.user else { return Vec::new() };
    let name = user.name;
    let look = format!("port-iam doctor --user {name}");
    let untold = |message: String| Finding::new(Severity::Note, "workflow-user-unseen", message, look.clone());
    match &seen.user {
        WorkflowUserSeen::Unlooked => vec![untold(format!(
            "what the workflows' IAM user {name} may do is not looked at here: `port-iam plan` and `port-iam doctor` do"
        ))],
        WorkflowUserSeen::Absent => vec![Finding::new(
            Severity::Note,
            "workflow-user-unseen",
            format!(
                "the account has no IAM user {name}, and whose access key the workflows have cannot be read back: what that may do is not known"
            ),
            "port-iam doctor --user NAME",
        )],
        WorkflowUserSeen::Hidden(why) => {
            vec![untold(format!(
                "these AWS credentials may not read the policies of the workflows' IAM user {name}: {why}"
            ))]
        }
        WorkflowUserSeen::Present { documents, without_groups } => {
            let groups = without_groups.iter().map(|why| {
                untold(format!("these AWS credentials may not read the policies of the groups of {name}: {why}"))
            });
            let HeldAgainst { missing, .. } = held_against(user, documents);
            let lacks =
                |what: String, remedy: String| Finding::new(Severity::Warning, "workflow-user-lacks", what, remedy);
            let missing = match missing.first().filter(|_| without_groups.is_none()) {
                Some(_) if documents.is_empty() => Some(lacks(
                    format!("the IAM user {name} has no policy: the workflows can do nothing with its access key"),
                    giving(user).join("; "),
                )),
                // It may say the same in other words, which only trying tells.
                Some(missing) => Some(lacks(
                    format!("the policies of the IAM user {name} do not say all that is written: {missing}"),
                    format!("port-iam doctor --security --user {name}"),
                )),
                None => None,
            };
            groups.chain(missing).collect()
        }
    }
}

/// Returns the commands that give the user what is written.
fn giving(user: &WantedUser) -> Vec<String> {
    let of_policy = |policy: &super::WantedPolicy| {
        let super::WantedPolicy { name, arn, printed_by, .. } = policy;
        let file = format!("{name}.json");
        [format!("{printed_by} > {file}"), create_policy(name, &file), attach_user_policy(user.name, arn)]
    };
    user.policies.iter().flat_map(of_policy).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::setup::WantedPolicy;

    #[test]
    fn a_user_without_a_policy_is_given_what_is_written_with_our_mark() {
        let arn = "arn:aws:iam::123456789012:policy/port-iam-granter".to_owned();
        let printed_by = "port-iam aws granter".to_owned();
        let policy = WantedPolicy { name: "port-iam-granter", arn, document: json!({}), printed_by };
        let commands = giving(&WantedUser { name: "port-iam-management-user", policies: vec![policy] });
        assert_eq!(
            commands,
            [
                "port-iam aws granter > port-iam-granter.json",
                "aws iam create-policy --policy-name port-iam-granter --policy-document file://port-iam-granter.json --tags Key=managed-by,Value=port-iam",
                "aws iam attach-user-policy --user-name port-iam-management-user --policy-arn arn:aws:iam::123456789012:policy/port-iam-granter",
            ]
        );
    }
}
