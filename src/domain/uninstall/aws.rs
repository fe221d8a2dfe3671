//! AWS: the workflows' roles and policies, the boundary, the identity provider.

use std::collections::BTreeSet;

use super::before;
use super::plan::{Plan, Removal};
use super::seen::{AwsSeen, Holder, PolicySeen, ProviderSeen, RoleSeen, Seen};
use crate::domain::identifier::GrantId;
use crate::domain::setup::System;

/// Why what two installations in one repository have in common stays.
pub(super) const SHARED: &str = "another installation works in this repository, and may use the same one";

/// Those of each account, that of the credentials last: the others are only reached while it is known which they are.
pub(super) fn identities(seen: &Seen, plan: &mut Plan) {
    let grants: BTreeSet<String> = plan.steps.iter().filter_map(|step| revoked(&step.removal)).collect();
    for aws in seen.further.iter().chain([&seen.aws]) {
        let place = Place {
            seen,
            aws,
            of: if aws.account.id == seen.aws.account.id { String::new() } else { format!(" of {}", aws.account.id) },
        };
        let mut going: BTreeSet<&str> = BTreeSet::new();
        for role in &aws.roles {
            if place.take_role(role, plan) {
                going.insert(&role.name);
            }
        }
        for policy in &aws.policies {
            place.take_policy(policy, &going, &grants, plan);
        }
        if let Some(provider) = &aws.provider {
            place.take_provider(provider, &going, plan);
        }
    }
    for account in &seen.left_accounts {
        let reason = "its credentials were not given: the policies and roles port-iam-granter and port-iam-revoker, the policy \
                      port-iam-boundary and the identity provider, as far as they are there, and any grant until its end";
        let (owner, name) = &seen.target;
        let remedy = format!(
            "with its own credentials, while the repository is there: `port-iam uninstall --github-org {owner} --repository {name}`"
        );
        plan.leave(System::Aws, format!("everything of {account}"), reason.to_owned(), Some(remedy));
    }
}

/// An account, and how what lies in it is called.
struct Place<'a> {
    seen: &'a Seen,
    aws: &'a AwsSeen,
    /// Behind each name: the account, where it is not that of the credentials.
    of: String,
}

impl Place<'_> {
    /// Plans the removal of a role, and returns whether it holds none of our policies any more behind it.
    fn take_role(&self, role: &RoleSeen, plan: &mut Plan) -> bool {
        let seen = self.seen;
        let subject = format!("role {}{}", role.name, self.of);
        let reason = match (&role.scope, &seen.scope) {
            _ if !role.is_marked => "it does not bear this tool's mark".to_owned(),
            _ if seen.shares_the_repository() => SHARED.to_owned(),
            (Some(scope), Some(own)) if scope == own && role.was_there_before => {
                return before::role(&self.aws.account, &subject, role, plan);
            }
            (Some(scope), Some(own)) if scope == own => {
                let removal = Removal::Role {
                    account: self.aws.account.id.clone(),
                    name: role.name.clone(),
                    attached: role.attached.clone(),
                    inline: role.inline.clone(),
                };
                plan.take(System::Aws, subject, Vec::new(), removal);
                return true;
            }
            (Some(scope), None) => {
                format!(
                    "it is of the installation {scope}, and the repository is gone that would tell whether that is this one"
                )
            }
            (Some(scope), Some(_)) => format!("it is of another installation ({scope})"),
            (None, _) => "it does not say of which installation it is".to_owned(),
        };
        plan.leave(System::Aws, subject, reason, None);
        false
    }

    fn take_policy(&self, policy: &PolicySeen, going: &BTreeSet<&str>, grants: &BTreeSet<String>, plan: &mut Plan) {
        let seen = self.seen;
        let subject = format!("policy {}{}", policy.name, self.of);
        let leave = |plan: &mut Plan, reason: String, remedy: Option<String>| {
            plan.leave(System::Aws, subject.clone(), reason, remedy);
        };
        if !policy.is_marked {
            return leave(plan, "it does not bear this tool's mark".to_owned(), None);
        }
        if seen.shares_the_account() {
            return leave(plan, "another installation seems to be here, and uses the same one".to_owned(), None);
        }
        let stays = |holder: &&Holder| {
            let is_going = going.contains(holder.name.as_str()) || grants.contains(&holder.name);
            !(holder.kind == "role" && is_going)
        };
        let holders: Vec<&Holder> = policy.holders.iter().filter(stays).collect();
        if holders.is_empty() {
            let (account, arn) = (self.aws.account.id.clone(), policy.arn.clone());
            return plan.take(System::Aws, subject.clone(), Vec::new(), Removal::Policy { account, arn });
        }
        let told = |holder: &&Holder| format!("the {} {}", holder.kind, holder.name);
        let told = holders.iter().map(told).collect::<Vec<_>>().join(", ");
        leave(
            plan,
            format!("it is held by {told}"),
            Some("detach it there, and run the same command again".to_owned()),
        );
    }

    /// One that was there before us bears no mark; one that somebody else has come to use stays too.
    fn take_provider(&self, provider: &ProviderSeen, going: &BTreeSet<&str>, plan: &mut Plan) {
        let subject = format!("identity provider for GitHub's tokens{}", self.of);
        let others: Vec<&str> =
            provider.trusted_by.iter().map(String::as_str).filter(|role| !going.contains(role)).collect();
        let reason = match (provider.is_marked, others.as_slice()) {
            (true, []) => {
                let (account, arn) = (self.aws.account.id.clone(), provider.arn.clone());
                return plan.take(System::Aws, subject, Vec::new(), Removal::Provider { account, arn });
            }
            (false, _) => "this tool did not make it".to_owned(),
            (true, others) => format!("it is trusted by {}", others.join(", ")),
        };
        plan.leave(System::Aws, subject, reason, None);
    }
}

fn revoked(removal: &Removal) -> Option<String> {
    match removal {
        Removal::Grant { grant, .. } => GrantId::parse(grant).is_ok().then(|| grant.clone()),
        _ => None,
    }
}
