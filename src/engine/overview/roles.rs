//! The roles of grants under our path: by lists as far as these tell, and one by one where they do not.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join3;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde_json::Value;

use crate::clients::aws::{Aws, Caller, Holder, HolderKind};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::account::AwsAccount;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::overview::{AwsSeen, RoleSeen, RoleTold};
use crate::domain::tags::{REQUESTER, SCOPE, names_a_resource, value_of};
use crate::failure::Failure;

/// How many roles are read at once: far below what throttles an account's other work.
const READ_AT_ONCE: usize = 4;

/// What the lists of IAM tell.
pub(super) struct Listed {
    account: AwsAccount,
    now: Timestamp,
    pub(super) roles: BTreeMap<String, ListedRole>,
    /// By the grant whose name they bear.
    policies: BTreeMap<String, Vec<ListedPolicy>>,
    /// Names of the roles to which everything is denied; none where these credentials may not ask that of all at once.
    denied: Option<BTreeSet<String>>,
}

/// Lists the roles and policies under our path, and the roles to which everything is denied.
pub(super) async fn list(aws: &Aws, names: &Names, caller: &Caller) -> Result<Listed, Failure> {
    let account = caller.account.clone();
    let mut roles: BTreeMap<String, ListedRole> = BTreeMap::new();
    let mut policies: BTreeMap<String, Vec<ListedPolicy>> = BTreeMap::new();
    let take_role = |role: ListedRole| {
        if GrantId::parse(&role.name).is_ok_and(|grant| role.arn == account.role_arn(names, &grant)) {
            roles.insert(role.name.clone(), role);
        }
    };
    let take_policy = |policy: ListedPolicy| {
        if let Some(grant) = policy.grant() {
            policies.entry(grant.to_string()).or_default().push(policy);
        }
    };
    let path = &names.iam_path;
    let deny_all = account.deny_all_arn();
    let holders = async {
        match aws.holders(&deny_all).await {
            Ok(holders) => Ok(Some(holders)),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(None),
            Err(error) => Err(error),
        }
    };
    let listing = try_join3(aws.list_roles(path, take_role), aws.list_policies(path, take_policy), holders);
    let ((), (), holders) = listing.await?;
    let is_denied = |holder: &Holder| holder.kind == HolderKind::Role && !holder.as_boundary;
    let denied =
        holders.map(|holders| holders.into_iter().filter(is_denied).map(|holder| holder.name).collect::<BTreeSet<_>>());
    Ok(Listed { now: aws.told_time()?, roles, policies, denied, account: caller.account.clone() })
}

/// Reads of the roles that Port does not know what they tell, and of those whose policies seem to be attached nowhere
/// what else hangs on them.
pub(super) async fn looked_into(
    aws: &Aws,
    listed: Listed,
    is_known: impl Fn(&str) -> bool,
) -> Result<AwsSeen, ApiError> {
    let Listed { account, now, roles, policies, denied } = listed;
    let (account_of_all, policies, denied, is_known) = (&account, &policies, &denied, &is_known);
    let seen = roles.into_iter().map(async |(name, role)| {
        let own = policies.get(&name).map(Vec::as_slice).unwrap_or_default();
        let is_attached = own.iter().any(|policy| policy.attachments > 0);
        let (is_denied, holds_policies) = match denied {
            Some(denied) if is_attached => (denied.contains(&name), true),
            _ => hangs_on(aws, account_of_all, &name).await?,
        };
        let told = if is_known(&name) { None } else { told(aws, &name, own).await? };
        let seen = RoleSeen { arn: role.arn, end: role.end, is_denied, holds_policies, told };
        Ok::<_, ApiError>((name, seen))
    });
    let roles: BTreeMap<String, RoleSeen> = stream::iter(seen).buffer_unordered(READ_AT_ONCE).try_collect().await?;
    Ok(AwsSeen { roles, now, account })
}

/// Whether `AWSDenyAll` is attached to a role, and whether anything else is or is written into it.
async fn hangs_on(aws: &Aws, account: &AwsAccount, role: &str) -> Result<(bool, bool), ApiError> {
    let attached = aws.attached_policies(role).await?.unwrap_or_default();
    let deny_all = account.deny_all_arn();
    let is_denied = attached.contains(&deny_all);
    let is_attached = attached.iter().any(|arn| *arn != deny_all);
    let holds_policies = is_attached || !aws.inline_policies(role).await?.unwrap_or_default().is_empty();
    Ok((is_denied, holds_policies))
}

async fn told(aws: &Aws, name: &str, own: &[ListedPolicy]) -> Result<Option<RoleTold>, ApiError> {
    let Some(role) = aws.role(name).await? else { return Ok(None) };
    let mut documents = Vec::new();
    for policy in own {
        documents.extend(aws.policy_document(&policy.arn, &policy.version).await?);
    }
    let tagged = role.tags.iter().filter(|(key, _)| names_a_resource(key)).map(|(_, value)| value.clone());
    let mut resources: Vec<String> = tagged.collect();
    let mut actions = Vec::new();
    for statement in documents.iter().flat_map(|document| each(&document["Statement"])) {
        if statement["Effect"] == "Allow" {
            add(&mut resources, &statement["Resource"]);
            add(&mut actions, &statement["Action"]);
        }
    }
    let text = |key: &str| value_of(&role.tags, key).map(str::to_owned);
    Ok(Some(RoleTold { requester: text(REQUESTER), resources, actions, scope: text(SCOPE) }))
}

fn add(texts: &mut Vec<String>, value: &Value) {
    for text in each(value).filter_map(Value::as_str) {
        if !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
    }
}

/// IAM takes one value in place of a list of one.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}
