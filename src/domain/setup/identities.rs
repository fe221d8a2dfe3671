//! The workflows' identities in AWS: who vouches for them, which roles they have, what those may do.
//!
//! Only with the operator's word (`--aws-setup`) is anything made or changed. Without it each step that is open waits
//! for an administrator, with the commands that do the same.

mod role;
mod seen;
mod user;
mod wanted;

pub(super) use role::{role_tags, roles};
pub use seen::{IdentitiesSeen, ProviderSeen, RoleFound, RoleSeen};
pub(super) use user::findings as user_findings;
pub use user::{WantedUser, WorkflowUserSeen};
pub use wanted::{WantedIdentities, WantedPolicy, WantedRole, WantedTrust};

use super::difference::differences;
use super::plan::{Outcome, Step, System, Write};
use super::seen::BoundarySeen;
use super::subject::Thing;
use crate::domain::digest::canonical;
use crate::domain::names::{OIDC_AUDIENCE, OIDC_ISSUER};
use crate::domain::own_command::shell_word;
use crate::domain::tags::MARK;

const WITHOUT_IT: &str = "until it is there the workflows cannot reach AWS";

/// Returns the steps that come first: what roles need before they are there.
pub(super) fn ground(wanted: &WantedIdentities, seen: &IdentitiesSeen) -> Vec<Step> {
    let provider = wanted.provider_arn.iter().map(|arn| provider(wanted.set_up, arn, &seen.provider));
    let policies = wanted.policies.iter().map(|policy| policy_step(wanted, policy, seen));
    provider.chain(policies).chain(user::step(wanted, seen)).collect()
}

/// A provider that is there is never changed: others in the account use it.
fn provider(set_up: bool, arn: &str, seen: &ProviderSeen) -> Step {
    let name = OIDC_ISSUER.trim_start_matches("https://");
    let create = create_provider();
    let outcome = match seen {
        ProviderSeen::Present(audiences) if audiences.iter().any(|audience| audience == OIDC_AUDIENCE) => Outcome::Keep,
        ProviderSeen::Present(_) => Outcome::Pending {
            reason: format!(
                "it is there and does not take tokens for {OIDC_AUDIENCE}; it is not changed here, since others may use it"
            ),
            commands: vec![format!(
                "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn} --client-id {OIDC_AUDIENCE}"
            )],
        },
        ProviderSeen::Absent if set_up => Outcome::Create(Write::OidcProvider),
        ProviderSeen::Absent => {
            Outcome::Pending { reason: format!("it is not there; {WITHOUT_IT}"), commands: vec![create] }
        }
        ProviderSeen::Hidden => {
            hidden(vec![format!("aws iam get-open-id-connect-provider --open-id-connect-provider-arn {arn}"), create])
        }
    };
    Step {
        system: System::Aws,
        subject: Thing::IdentityProvider(name.to_owned()).into(),
        lines: Vec::new(),
        files: Vec::new(),
        outcome,
    }
}

fn policy_step(wanted: &WantedIdentities, policy: &WantedPolicy, seen: &IdentitiesSeen) -> Step {
    let WantedPolicy { name, arn, document, printed_by } = policy;
    let file = format!("{name}.json");
    let print = format!("{printed_by} > {file}");
    let create = vec![print.clone(), create_policy(name, &file)];
    let change = vec![
        print,
        format!("aws iam create-policy-version --policy-arn {arn} --policy-document file://{file} --set-as-default"),
    ];
    let (lines, outcome) = match seen.policies.get(*name).unwrap_or(&BoundarySeen::Absent) {
        BoundarySeen::Absent if wanted.set_up => {
            let write = Write::IdentityPolicy { name: (*name).to_owned(), document: document.clone() };
            (Vec::new(), Outcome::Create(write))
        }
        BoundarySeen::Absent => {
            (Vec::new(), Outcome::Pending { reason: format!("it is not there; {WITHOUT_IT}"), commands: create })
        }
        BoundarySeen::Hidden => (Vec::new(), hidden(create)),
        BoundarySeen::Present(live) | BoundarySeen::Foreign(live) if canonical(live) == canonical(document) => {
            (Vec::new(), Outcome::Keep)
        }
        seen @ (BoundarySeen::Present(live) | BoundarySeen::Foreign(live)) => {
            let foreign = matches!(seen, BoundarySeen::Foreign(_)) && !wanted.adopt;
            let lines = differences(&canonical(live), &canonical(document));
            let outcome = if wanted.set_up && !foreign {
                Outcome::Change(Write::IdentityPolicyDocument { arn: arn.clone(), document: document.clone() })
            } else {
                Outcome::Pending { reason: differing(foreign), commands: change }
            };
            (lines, outcome)
        }
    };
    Step { system: System::Aws, subject: Thing::Policy((*name).to_owned()).into(), lines, files: Vec::new(), outcome }
}

/// Returns the command that makes the identity provider, as this tool would.
pub(super) fn create_provider() -> String {
    format!(
        "aws iam create-open-id-connect-provider --url {OIDC_ISSUER} --client-id-list {OIDC_AUDIENCE} --tags {}",
        mark()
    )
}

/// Returns the command that makes a policy from a file, as this tool would.
pub(super) fn create_policy(name: &str, file: &str) -> String {
    format!("aws iam create-policy --policy-name {name} --policy-document file://{file} --tags {}", mark())
}

/// Returns the command that gives a user a policy.
pub(super) fn attach_user_policy(user: &str, arn: &str) -> String {
    format!("aws iam attach-user-policy --user-name {user} --policy-arn {}", shell_word(arn))
}

/// Returns the tag of what this tool makes, as the AWS CLI takes it: without it what is made is taken for somebody else's.
pub(super) fn mark() -> String {
    format!("Key={},Value={}", MARK.0, MARK.1)
}

fn hidden(commands: Vec<String>) -> Outcome {
    Outcome::Hidden { reason: "these AWS credentials may not read it; have an administrator look".to_owned(), commands }
}

fn differing(foreign: bool) -> String {
    if foreign {
        "it is there, differs, and this tool did not make it: look at the differences, then run it with --adopt, or use the commands".to_owned()
    } else {
        "it is there and differs".to_owned()
    }
}
