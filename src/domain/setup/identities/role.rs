//! The roles of the workflows, whose trust names the repository.

use serde_json::Value;

use super::{RoleFound, RoleSeen};
use super::{WITHOUT_IT, WantedIdentities, WantedRole, WantedTrust, differing, hidden};
use crate::domain::digest::canonical;
use crate::domain::own_command::shell_word;
use crate::domain::setup::difference::differences;
use crate::domain::setup::plan::{Outcome, Step, System, Write};
use crate::domain::setup::seen::Seen;
use crate::domain::setup::subject::Thing;
use crate::domain::setup::wanted::Wanted;
use crate::domain::tags::{MARK, SCOPE, TAKEN_OVER};

/// Where the repository comes from that is not there, whose number the roles trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Making {
    /// This run makes it.
    Here,
    /// Another administrator does.
    Elsewhere,
    /// There are no credentials for GitHub, so that nobody knows whether it is there.
    Unknown,
}

/// Returns the steps of the roles, whose trust names the repository.
pub(in crate::domain::setup) fn roles(wanted: &Wanted, seen: &Seen) -> Vec<Step> {
    let making = match (seen.looked_at.contains(System::GitHub), wanted.share.contains(System::GitHub)) {
        (false, _) => Making::Unknown,
        (true, false) => Making::Elsewhere,
        (true, true) => Making::Here,
    };
    let identities = &wanted.identities;
    let role = |role: &WantedRole| {
        let found = seen.identities.roles.get(role.name).unwrap_or(&RoleSeen::Absent);
        let (lines, outcome) = self::role(identities, role, found, making);
        Step {
            system: System::Aws,
            subject: Thing::Role(role.name.to_owned()).into(),
            lines,
            files: Vec::new(),
            outcome,
        }
    };
    identities.roles.iter().map(role).collect()
}

fn role(identities: &WantedIdentities, wanted: &WantedRole, seen: &RoleSeen, making: Making) -> (Vec<String>, Outcome) {
    let WantedIdentities { set_up, adopt, .. } = *identities;
    let WantedRole { name, trust, policy_arn } = wanted;
    let (document, scope, printed_by) = match trust {
        WantedTrust::Known { document, scope, printed_by } => (document, scope, printed_by),
        WantedTrust::NoRepository => return before_the_repository(set_up, wanted, seen, making),
        WantedTrust::NoOrganization => return (Vec::new(), without_the_organization()),
        WantedTrust::CustomSubject { repository } => return (Vec::new(), custom_subject(repository)),
    };
    let file = format!("{name}-trust.json");
    let print = format!("{printed_by} > {file}");
    let attach = |arn: &str| format!("aws iam attach-role-policy --role-name {name} --policy-arn {}", shell_word(arn));
    match seen {
        RoleSeen::Absent if set_up => {
            let write = Write::NewRole {
                name: (*name).to_owned(),
                trust: Some(document.clone()),
                policy_arn: policy_arn.clone(),
                tags: tags(scope),
            };
            (trusted(document), Outcome::Create(write))
        }
        RoleSeen::Absent | RoleSeen::Hidden => {
            let commands = vec![
                print,
                format!(
                    "aws iam create-role --role-name {name} --assume-role-policy-document file://{file} --tags {}",
                    role_tags(scope)
                ),
                attach(policy_arn),
            ];
            if *seen == RoleSeen::Hidden {
                return (Vec::new(), hidden(commands));
            }
            (trusted(document), Outcome::Pending { reason: format!("it is not there; {WITHOUT_IT}"), commands })
        }
        RoleSeen::Present(found) => {
            let change = Change::between(found, document, policy_arn);
            if change.lines.is_empty() {
                return (Vec::new(), Outcome::Keep);
            }
            let mut commands = Vec::new();
            if change.trust.is_some() {
                commands.push(print);
                commands.push(format!(
                    "aws iam update-assume-role-policy --role-name {name} --policy-document file://{file}"
                ));
            }
            commands.extend(change.attach.iter().map(|arn| attach(arn)));
            commands.extend(
                change.detach.iter().map(|arn| {
                    format!("aws iam detach-role-policy --role-name {name} --policy-arn {}", shell_word(arn))
                }),
            );
            commands.extend(change.delete_inline.iter().map(|inline| {
                format!("aws iam delete-role-policy --role-name {name} --policy-name {}", shell_word(inline))
            }));
            let lines = change.lines.clone();
            if let Some(other) = found.tag(SCOPE).filter(|other| other != scope) {
                return (lines, other_installation(name, other, scope));
            }
            let is_marked = found.tag(MARK.0) == Some(MARK.1);
            let foreign = !is_marked && !adopt;
            if !set_up || foreign {
                return (lines, Outcome::Pending { reason: differing(foreign), commands });
            }
            let Change { trust, attach, detach, delete_inline, .. } = change;
            let (name, mut tags) = ((*name).to_owned(), tags(scope));
            if !is_marked {
                tags.push((TAKEN_OVER.0.to_owned(), TAKEN_OVER.1.to_owned()));
            }
            (lines, Outcome::Change(Write::Role { name, trust, attach, detach, delete_inline, tags }))
        }
    }
}

/// What separates a role from what it shall be.
struct Change {
    lines: Vec<String>,
    trust: Option<Value>,
    attach: Vec<String>,
    detach: Vec<String>,
    delete_inline: Vec<String>,
}

impl Change {
    fn between(found: &RoleFound, trust: &Value, policy_arn: &str) -> Self {
        let (old, new) = (canonical(&found.trust), canonical(trust));
        let mut lines: Vec<String> = differences(&old, &new).iter().map(|line| format!("trust: {line}")).collect();
        let is_attached = found.attached.iter().any(|arn| arn == policy_arn);
        let attach: Vec<String> = if is_attached { Vec::new() } else { vec![policy_arn.to_owned()] };
        let detach: Vec<String> = found.attached.iter().filter(|arn| *arn != policy_arn).cloned().collect();
        lines.extend(attach.iter().map(|arn| format!("+ attached {arn}")));
        lines.extend(detach.iter().map(|arn| format!("- attached {arn}")));
        lines.extend(found.inline.iter().map(|name| format!("- inline policy {name}")));
        Self { lines, trust: (old != new).then(|| trust.clone()), attach, detach, delete_inline: found.inline.clone() }
    }
}

fn before_the_repository(set_up: bool, wanted: &WantedRole, seen: &RoleSeen, making: Making) -> (Vec<String>, Outcome) {
    let lines = vec!["its trust names the number that GitHub gives the repository".to_owned()];
    let own = "port-iam init --only aws --aws-setup".to_owned();
    let outcome = match (seen, making) {
        (RoleSeen::Absent, Making::Here) if set_up => Outcome::Create(Write::NewRole {
            name: wanted.name.to_owned(),
            trust: None,
            policy_arn: wanted.policy_arn.clone(),
            tags: Vec::new(),
        }),
        (_, Making::Here) => Outcome::Pending {
            reason: format!("it waits for the repository; {WITHOUT_IT}"),
            commands: vec!["port-iam init --aws-setup".to_owned()],
        },
        (_, Making::Elsewhere) => Outcome::Pending {
            reason: format!("it waits for the repository, which is not of this run's part; {WITHOUT_IT}"),
            commands: vec!["port-iam init --only github".to_owned(), own],
        },
        (_, Making::Unknown) => Outcome::Hidden {
            reason: format!(
                "that number is not known, since there are no credentials for GitHub here; with a token that may read the repository, and Port's credentials, it can be made; {WITHOUT_IT}"
            ),
            commands: vec![own],
        },
    };
    (lines, outcome)
}

fn trusted(trust: &Value) -> Vec<String> {
    let conditions = trust.pointer("/Statement/0/Condition/StringEquals").and_then(Value::as_object);
    let line = |(key, value): (&String, &Value)| {
        let key = key.rsplit(':').next().unwrap_or(key);
        format!("+ trusts only {key} {value}")
    };
    conditions.into_iter().flatten().map(line).collect()
}

/// Returns the tags of a role as words of a shell.
pub(in crate::domain::setup) fn role_tags(scope: &str) -> String {
    let tag = |(key, value): &(String, String)| shell_word(&format!("Key={key},Value={value}"));
    tags(scope).iter().map(tag).collect::<Vec<_>>().join(" ")
}

fn tags(scope: &str) -> Vec<(String, String)> {
    vec![(MARK.0.to_owned(), MARK.1.to_owned()), (SCOPE.to_owned(), scope.to_owned())]
}

/// Another installation's role is not taken from it, whatever the operator says: its revocations would stop.
fn other_installation(name: &str, other: &str, scope: &str) -> Outcome {
    Outcome::Pending {
        reason: format!(
            "it belongs to another installation ({other}), and an account has one of this name; let this one use an access key (--aws-auth access-key), or take the role over once that one is gone"
        ),
        commands: vec![
            format!("aws iam tag-role --role-name {name} --tags {}", shell_word(&format!("Key={SCOPE},Value={scope}"))),
            "port-iam init --aws-setup".to_owned(),
        ],
    }
}

fn without_the_organization() -> Outcome {
    Outcome::Hidden {
        reason: format!("its tag names Port's organisation, and there are no credentials for Port here; {WITHOUT_IT}"),
        commands: vec!["port-iam init --aws-setup".to_owned()],
    }
}

fn custom_subject(repository: &str) -> Outcome {
    Outcome::Pending {
        reason: "GitHub is told to write another subject than its own into this repository's tokens, so that it is not known whom to trust".to_owned(),
        commands: vec![
            format!("gh api --method PUT repos/{repository}/actions/oidc/customization/sub -F use_default=true"),
            "port-iam init --aws-setup".to_owned(),
        ],
    }
}
