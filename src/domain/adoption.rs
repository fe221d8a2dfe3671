//! What of a grant is already there, and whether it is ours in every part.

use jiff::Timestamp;
use serde_json::Value;

use super::digest::canonical;
use super::grant::Grant;
use super::iam::{FIRST_VERSION, Observed, PolicyState, RoleState};
use super::identifier::GrantId;
use super::names::Names;
use super::refusal::{Refusal, RefusalCode, quoted};
use super::tags::{EXPIRES, MARK, REQUESTER, RESOURCE, RUN, SCOPE, names_a_resource, value_of};
use super::trust;

/// What is to be done with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyStep {
    /// There is none: create it.
    Create,
    /// It is ours in every part.
    Keep,
    /// It was made by an attempt at the same run that lost the race for the role: it differs in the end alone, and it
    /// is attached to nothing. Delete and create it.
    Replace,
}

/// What is to be made before the grant is put on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Whether the role has to be created.
    pub create_role: bool,
    /// What is to be done with each policy, the first one first.
    pub policies: Vec<PolicyStep>,
}

impl Steps {
    /// Returns whether everything is there as it must be.
    pub fn is_nothing(&self) -> bool {
        let Self { create_role, policies } = self;
        !create_role && policies.iter().all(|step| *step == PolicyStep::Keep)
    }
}

/// Returns what is missing of `grant`.
///
/// # Errors
///
/// Refuses a role or policy of the grant's name that differs from the grant in any part, and names the part.
pub fn steps(grant: &Grant, names: &Names, observed: &Observed) -> Result<Steps, Refusal> {
    if let Some(role) = &observed.role {
        compare_role(grant, names, role)?;
    }
    // One more than this request would make is a policy of another request, or of other templates.
    if (grant.policies.len()..observed.policies.len()).any(|index| observed.policy(index).is_some()) {
        return Err(differs("a policy", "number"));
    }
    let step = |index| match observed.policy(index) {
        None => Ok(PolicyStep::Create),
        Some(policy) => compare_policy(grant, names, index, policy),
    };
    let policies = (0..grant.policies.len()).map(step).collect::<Result<_, _>>()?;
    Ok(Steps { create_role: observed.role.is_none(), policies })
}

/// Checks that a role that is there holds nothing but the grant's own policies.
///
/// A revocation that was cut off leaves `AWSDenyAll`; anything else that somebody attached, and every inline policy,
/// makes the role more than what was asked for.
///
/// # Errors
///
/// Refuses the first policy that is not the grant's, by its name.
pub fn holds_nothing_else(grant: &Grant, names: &Names, observed: &Observed) -> Result<(), Refusal> {
    let ours = grant.policy_arns(names);
    let attached = observed.attached.iter().find(|arn| !ours.contains(arn));
    let what = match (attached, observed.inline.first()) {
        (None, None) => return Ok(()),
        (Some(arn), _) => format!("{} is attached to it", quoted(arn)),
        (None, Some(name)) => format!("it has an inline policy {}", quoted(name)),
    };
    let remedy = format!("nothing was changed; run `port-iam revoke {} --direct`, then ask again", grant.id);
    Err(Refusal::new(RefusalCode::NotOurs, "runId", format!("a role of this name exists and {what}"), remedy))
}

/// Checks that the grant's policies that are there are attached to nothing but its role.
///
/// What hangs on something else would give it all that the grant gives, with no end on it but that of the statements. Between
/// the answers about policies and role another attempt may have attached them: a second look tells.
///
/// # Errors
///
/// Refuses the first policy that is attached elsewhere, by its ARN.
pub fn hangs_on_nothing_else(grant: &Grant, observed: &Observed) -> Result<(), Refusal> {
    let own = |policy: &PolicyState| i32::from(observed.attached.contains(&policy.arn));
    match observed.policies.iter().flatten().find(|policy| policy.attachments > own(policy)) {
        None => Ok(()),
        Some(policy) => {
            let reason = format!("{} exists and is attached to something else", quoted(&policy.arn));
            let remedy = format!(
                "nothing was changed; `aws iam list-entities-for-policy --policy-arn {}` tells to what; detach it there, \
                 run `port-iam revoke {} --direct`, then ask again",
                policy.arn, grant.id
            );
            Err(Refusal::new(RefusalCode::NotOurs, "runId", reason, remedy))
        }
    }
}

/// Checks that a policy that is there has no version beside its default one.
///
/// Whoever may choose another version would make it a wider policy with one request, under a name that is on record.
///
/// # Errors
///
/// Refuses a policy with `others`, and names it.
pub fn has_one_version(grant: &GrantId, arn: &str, others: &[String]) -> Result<(), Refusal> {
    if others.is_empty() {
        return Ok(());
    }
    let reason = format!("{} exists and has further versions: {}", quoted(arn), others.join(", "));
    let remedy = format!("nothing was changed; run `port-iam revoke {grant} --direct`, then ask again");
    Err(Refusal::new(RefusalCode::FurtherVersion, "runId", reason, remedy))
}

fn differs(what: &str, part: &str) -> Refusal {
    let verb = if part == "tags" { "are" } else { "is" };
    let reason = format!("{what} of this name exists and its {part} {verb} not what this request would make");
    let remedy = "nothing was changed; an administrator can look at it in IAM and remove it with `port-iam revoke GRANT --direct`";
    Refusal::new(RefusalCode::NotOurs, "runId", reason, remedy)
}

/// Tags that every version has made.
const EVERY_GRANT: [&str; 6] = [MARK.0, RUN, REQUESTER, RESOURCE, EXPIRES, SCOPE];

/// Returns whether all tags of these that tell of the grant are its own. One that an earlier version did not make may be
/// missing; what an organisation, or a later version, tags besides is none of ours. There are programs that tag every role of an
/// account, so that a tag of theirs refuses nothing; that the granter writes none is its policy's matter.
fn same_tags(wanted: &[(String, String)], tags: &[(String, String)]) -> bool {
    let has = |tag: &str| value_of(tags, tag).is_some();
    let is_ours = |key: &str| names_a_resource(key) || wanted.iter().any(|(own, _)| own == key);
    EVERY_GRANT.iter().all(|tag| has(tag) || !is_ours(tag))
        && tags.iter().filter(|(key, _)| is_ours(key)).all(|tag| wanted.contains(tag))
}

fn compare_role(grant: &Grant, names: &Names, role: &RoleState) -> Result<(), Refusal> {
    let parts = [
        ("path", role.path == names.iam_path && role.arn == grant.account.role_arn(names, &grant.id)),
        ("trust policy", trust::is_same(&role.trust, &grant.trust)),
        ("boundary", role.boundary.as_deref() == Some(grant.account.boundary_arn(names).as_str())),
        ("session length", role.max_session_seconds == Some(grant.max_session_seconds())),
        ("tags", same_tags(&grant.tags(), &role.tags)),
    ];
    parts.iter().find(|(_, equal)| !equal).map_or(Ok(()), |(part, _)| Err(differs("a role", part)))
}

/// Compares the policy in this place, counted from 0.
fn compare_policy(grant: &Grant, names: &Names, index: usize, policy: &PolicyState) -> Result<PolicyStep, Refusal> {
    if policy.arn != grant.account.part_arn(names, &grant.id, index + 1) {
        return Err(differs("a policy", "path"));
    }
    let (ours, wanted) = (grant.policies.get(index).unwrap_or(&Value::Null), grant.tags());
    let has_our_tags = same_tags(&wanted, &policy.tags);
    let is_same = canonical(&policy.document) == canonical(ours);
    // Tags and document are read one after the other: another attempt may have replaced the policy between the two, so that
    // the tag alone tells its end.
    let is_of_another_attempt = policy.attachments == 0
        && if is_same {
            !has_our_tags && tells_an_end(&policy.tags)
        } else {
            without_end(&policy.document) == without_end(ours)
        };
    let (step, same_tags) = if is_of_another_attempt {
        (PolicyStep::Replace, same_tags(&without_end_tag(&wanted), &without_end_tag(&policy.tags)))
    } else if is_same {
        (PolicyStep::Keep, has_our_tags)
    } else {
        return Err(differs("a policy", "document"));
    };
    if policy.default_version != FIRST_VERSION {
        return Err(differs("a policy", "default version"));
    }
    if same_tags { Ok(step) } else { Err(differs("a policy", "tags")) }
}

fn tells_an_end(tags: &[(String, String)]) -> bool {
    value_of(tags, EXPIRES).is_some_and(|end| end.parse::<Timestamp>().is_ok())
}

fn without_end_tag(tags: &[(String, String)]) -> Vec<(String, String)> {
    tags.iter().filter(|(key, _)| key != EXPIRES).cloned().collect()
}

/// Returns the document with the end of every statement left out.
fn without_end(document: &Value) -> Value {
    let mut document = canonical(document);
    if let Some(statements) = document["Statement"].as_array_mut() {
        for statement in statements {
            if let Some(Value::Object(dates)) = statement.pointer_mut("/Condition/DateLessThan") {
                dates.remove("aws:CurrentTime");
            }
        }
    }
    document
}

#[cfg(test)]
mod tests;
