//! What of a grant is already there, and whether it is ours in every part.

use jiff::Timestamp;
use serde_json::Value;

use super::grant::{Grant, canonical};
use super::names::Names;
use super::refusal::Refusal;
use super::trust;

/// A role, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleState {
    /// Its path, with a slash at both ends.
    pub path: String,
    /// Its ARN.
    pub arn: String,
    /// Its trust document.
    pub trust: Value,
    /// ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its longest session in seconds.
    pub max_session_seconds: Option<i32>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A managed policy, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyState {
    /// Its ARN.
    pub arn: String,
    /// The document of its default version.
    pub document: Value,
    /// How many identities it is attached to.
    pub attachments: i32,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// What of one grant IAM holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The role of the grant's name.
    pub role: Option<RoleState>,
    /// The policy of the grant's name under our path.
    pub policy: Option<PolicyState>,
}

impl Observed {
    /// Returns the end that an earlier attempt wrote into the role.
    pub fn first_end(&self) -> Option<Timestamp> {
        trust::end_of(&self.role.as_ref()?.trust)
    }
}

/// What is to be done with the policy.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Whether the role has to be created.
    pub create_role: bool,
    /// What is to be done with the policy.
    pub policy: PolicyStep,
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
    let policy = match &observed.policy {
        None => PolicyStep::Create,
        Some(policy) => compare_policy(grant, names, policy)?,
    };
    Ok(Steps { create_role: observed.role.is_none(), policy })
}

fn differs(what: &str, part: &str) -> Refusal {
    let reason = format!("{what} of this name exists and its {part} is not what this request would make");
    let remedy = "nothing was changed; an administrator can look at it in IAM and remove it with `port-iam revoke GRANT --direct`";
    Refusal::new("not-ours", "runId", reason, remedy)
}

/// Returns whether the tags that tell whose it is equal the grant's.
fn same_owner(grant: &Grant, tags: &[(String, String)]) -> bool {
    const OWNER: [&str; 3] = ["managed-by", "port-iam:run", "port-iam:scope"];
    let wanted = grant.tags();
    wanted.iter().filter(|(key, _)| OWNER.contains(&key.as_str())).all(|tag| tags.contains(tag))
}

fn compare_role(grant: &Grant, names: &Names, role: &RoleState) -> Result<(), Refusal> {
    let parts = [
        ("path", role.path == names.iam_path && role.arn == grant.account.role_arn(names, &grant.id)),
        ("trust policy", canonical(&role.trust) == canonical(&grant.trust)),
        ("boundary", role.boundary.as_deref() == Some(grant.account.boundary_arn(names).as_str())),
        ("session length", role.max_session_seconds == Some(grant.max_session_seconds())),
        ("run tag", same_owner(grant, &role.tags)),
    ];
    parts.iter().find(|(_, equal)| !equal).map_or(Ok(()), |(part, _)| Err(differs("a role", part)))
}

fn compare_policy(grant: &Grant, names: &Names, policy: &PolicyState) -> Result<PolicyStep, Refusal> {
    if policy.arn != grant.account.policy_arn(names, &grant.id) {
        return Err(differs("a policy", "path"));
    }
    if !same_owner(grant, &policy.tags) {
        return Err(differs("a policy", "run tag"));
    }
    if canonical(&policy.document) == canonical(&grant.policy) {
        return Ok(PolicyStep::Keep);
    }
    if policy.attachments == 0 && without_end(&policy.document) == without_end(&grant.policy) {
        return Ok(PolicyStep::Replace);
    }
    Err(differs("a policy", "document"))
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
