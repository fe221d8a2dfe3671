//! Whether a role that is not what the rules of today make can be what other rules once made of its run.
//!
//! Rules, templates and the catalog change while grants are live, and that takes nothing from anybody. What a run asked
//! for does not change: whoever may do more than that, or longer, was let in by no rules.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::account::AwsAccount;
use super::arn::Arn;
use super::decision::Configuration;
use super::iam::Observed;
use super::identifier::ActionName;
use super::policy::{self, Allowances};
use super::quotas::Limits;
use super::refusal::{Refusal, quoted};
use super::time::utc;
use super::trust;

/// Code of the refusal of a role that goes beyond what was asked for.
pub const BEYOND: &str = "beyond-its-request";

/// What was asked for, whether or not it would be granted today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// E-mail of the requester.
    pub requester: &'a str,
    /// The resources.
    pub resources: &'a [Arn],
    /// The actions.
    pub actions: &'a [ActionName],
    /// The end of a grant that was made when the role was.
    pub end: Timestamp,
}

/// What the documents of a grant may hold.
struct Within {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
}

/// Checks that what is there goes nowhere beyond what was asked for: not in time, not to other people, actions or
/// resources. For whom a role is depends on the trust mode too, so that a live grant does not outlast a change of it.
///
/// # Errors
///
/// Refuses the first part that does, and names it.
pub fn goes_no_further(
    asked: &Asked<'_>,
    configuration: &Configuration,
    account: &AwsAccount,
    observed: &Observed,
) -> Result<(), Refusal> {
    if let Some(role) = &observed.role {
        let end = trust::end_of(&role.trust).filter(|end| *end <= asked.end);
        let end = end.ok_or_else(|| beyond(format!("it does not end by {}", utc(asked.end))))?;
        let (template, mode) = (&configuration.trust_template, &configuration.rules.trust);
        let ours = trust::document(template, mode, account, asked.requester, end);
        if !ours.is_ok_and(|ours| trust::is_same(&ours, &role.trust)) {
            return Err(beyond("its trust policy is not that of its requester".to_owned()));
        }
    }
    let within = Within::of(asked, configuration, account);
    let documents = observed.policies.iter().flatten().map(|policy| &policy.document);
    documents.flat_map(allowing).try_for_each(|statement| within.check(statement, asked))
}

impl Within {
    fn of(asked: &Asked<'_>, configuration: &Configuration, account: &AwsAccount) -> Self {
        let mut within = Self {
            actions: asked.actions.iter().map(|action| action.as_str().to_lowercase()).collect(),
            resources: BTreeSet::new(),
        };
        // Companions, statements of the template, and resources that lie elsewhere than under those that were named.
        let allowances = Allowances::from(&configuration.rules);
        let compiled = policy::compile(asked.resources, asked.actions, &account.id, &allowances);
        let statements = compiled.map(|compiled| compiled.statements).unwrap_or_default();
        let room = Limits::default().room();
        let documents = policy::documents_within(&configuration.policy_template, &statements, asked.end, room);
        for statement in documents.iter().flatten().flat_map(allowing) {
            within.actions.extend(texts(&statement["Action"]).map(str::to_lowercase));
            within.resources.extend(texts(&statement["Resource"]).map(str::to_owned));
        }
        within
    }

    fn check(&self, statement: &Value, asked: &Asked<'_>) -> Result<(), Refusal> {
        let is_readable = |key: &str| texts(&statement[key]).next().is_some();
        if !is_readable("Action") || !is_readable("Resource") {
            return Err(beyond("a policy of it allows everything but something".to_owned()));
        }
        if let Some(action) = texts(&statement["Action"]).find(|action| !self.actions.contains(&action.to_lowercase()))
        {
            return Err(beyond(format!("a policy of it allows {}, which nobody asked for", quoted(action))));
        }
        // Without it a session that began before the end goes on behind it.
        let end = statement["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str();
        if end.and_then(|end| end.parse::<Timestamp>().ok()).is_none_or(|end| end > asked.end) {
            return Err(beyond(format!("a policy of it does not end by {}", utc(asked.end))));
        }
        let lies_under = |resource: &str, arn: &Arn| {
            let rest = resource.strip_prefix(arn.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
        };
        let is_asked = |resource: &&str| asked.resources.iter().any(|arn| lies_under(resource, arn));
        match texts(&statement["Resource"]).find(|one| !self.resources.contains(*one) && !is_asked(one)) {
            None => Ok(()),
            Some(resource) => {
                Err(beyond(format!("a policy of it reaches {}, which nobody asked for", quoted(resource))))
            }
        }
    }
}

/// Refuses a role whose run asked for nothing that can be read: no rules made a grant of that.
pub fn unreadable(why: &Refusal) -> Refusal {
    beyond(format!("what was asked for cannot be granted ({why})"))
}

fn beyond(reason: String) -> Refusal {
    Refusal::new(BEYOND, "role", reason, "look at CloudTrail for who made or changed it")
}

/// Returns the statements that allow something.
fn allowing(document: &Value) -> impl Iterator<Item = &Value> {
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    };
    statements.iter().filter(|statement| statement["Effect"] != "Deny")
}

/// Returns the one text of a value, or those of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    values.iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests;
