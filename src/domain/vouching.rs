//! Whether a role that is not what the rules of today make can be what other rules once made of its run.
//!
//! Rules, templates and the catalog change while grants are live, and that takes nothing from anybody. What a run asked
//! for does not change: whoever may do more than that, or longer, was let in by no rules.

mod refused;
mod restraint;

use jiff::Timestamp;
use refused::{beyond, beyond_today};
pub use refused::{lost_beginning, never_attempted, no_beginning, unreadable};
pub use restraint::keeps_what_the_template_demands;
use serde_json::{Value, json};

use super::account::AwsAccount;
use super::arn::Arn;
use super::decision::Configuration;
use super::iam::Observed;
use super::identifier::ActionName;
use super::policy::{self, Allowances};
use super::refusal::{Refusal, quoted};
use super::time::utc;
use super::trust;

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
struct Within<'a> {
    asked: &'a Asked<'a>,
    /// Each statement that the configuration of today allows for it, with its conditions.
    statements: Vec<Value>,
}

/// Checks that what is there goes nowhere beyond what was asked for: not in time, not to other people, actions or
/// resources. For whom a role is depends on the trust mode too, so that a live grant does not outlast a change of it.
///
/// # Errors
///
/// Refuses the first part that does, and names it: by [`BeyondTodaysConfiguration`] what another trust mode, companion,
/// account-wide action or template may have made of the same request, and by [`BeyondItsRequest`] what none can have.
///
/// [`BeyondTodaysConfiguration`]: super::refusal::RefusalCode::BeyondTodaysConfiguration
/// [`BeyondItsRequest`]: super::refusal::RefusalCode::BeyondItsRequest
pub fn goes_no_further(
    asked: &Asked<'_>,
    configuration: &Configuration,
    account: &AwsAccount,
    observed: &Observed,
) -> Result<(), Refusal> {
    lets_nobody_else_in(asked.requester, asked.end, configuration, account, observed)?;
    let within = Within::of(asked, configuration, account);
    let documents = observed.policies.iter().flatten().map(|policy| &policy.document);
    documents.flat_map(allowing).try_for_each(|statement| within.check(statement))
}

/// Checks that the role lets in nobody but its requester, and nobody after the end. What it gives is not looked at.
///
/// # Errors
///
/// Refuses a later end, and another trust policy, by the codes of [`goes_no_further`].
pub fn lets_nobody_else_in(
    requester: &str,
    last: Timestamp,
    configuration: &Configuration,
    account: &AwsAccount,
    observed: &Observed,
) -> Result<(), Refusal> {
    let Some(role) = &observed.role else { return Ok(()) };
    let end = trust::end_of(&role.trust).filter(|end| *end <= last);
    let end = end.ok_or_else(|| beyond(format!("it does not end by {}", utc(last))))?;
    let (template, mode) = (&configuration.trust_template, &configuration.rules.trust);
    let ours = trust::document(template, mode, account, requester, end);
    if !ours.is_ok_and(|ours| trust::is_same(&ours, &role.trust)) {
        let told = "its trust policy is not that of its requester".to_owned();
        return Err(if trusts_only(&role.trust, account) { beyond_today(told) } else { beyond(told) });
    }
    Ok(())
}

impl<'a> Within<'a> {
    fn of(asked: &'a Asked<'a>, configuration: &Configuration, account: &AwsAccount) -> Self {
        // Companions, and resources that lie elsewhere than under those that were named.
        let allowances = Allowances::from(&configuration.rules);
        let compiled = policy::compile(asked.resources, asked.actions, &account.id, &allowances);
        let compiled = compiled.map(|compiled| compiled.statements).unwrap_or_default();
        let mut statements: Vec<Value> = compiled
            .iter()
            .map(|ours| json!({ "Action": ours.actions, "Resource": ours.resources, "Condition": ours.conditions }))
            .collect();
        // What the reviewed template allows beside. What it demands of all the rest may be of a later day.
        statements.extend(configuration.policy_template.further_allows(asked.end).unwrap_or_default());
        Self { asked, statements }
    }

    fn check(&self, statement: &Value) -> Result<(), Refusal> {
        let is_readable = |key: &str| texts(&statement[key]).next().is_some();
        if !is_readable("Action") || !is_readable("Resource") {
            return Err(beyond("a policy of it allows everything but something".to_owned()));
        }
        for action in texts(&statement["Action"]) {
            texts(&statement["Resource"])
                .try_for_each(|resource| self.check_pair(action, resource, &statement["Condition"]))?;
        }
        // Without it a session that began before the end goes on behind it.
        let end = statement["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str();
        if end.and_then(|end| end.parse::<Timestamp>().ok()).is_none_or(|end| end > self.asked.end) {
            return Err(beyond(format!("a policy of it does not end by {}", utc(self.asked.end))));
        }
        Ok(())
    }

    /// Each action is held against each resource: what one statement reaches with one action, another must not with
    /// another, and none without the conditions under which it does.
    fn check_pair(&self, action: &str, resource: &str, conditions: &Value) -> Result<(), Refusal> {
        let allows = |ours: &&Value| texts(&ours["Action"]).any(|one| one.eq_ignore_ascii_case(action));
        let ours: Vec<&Value> = self.statements.iter().filter(allows).collect();
        let is_asked = self.asked.actions.iter().any(|one| one.as_str().eq_ignore_ascii_case(action));
        if ours.is_empty() && !is_asked {
            let told = format!("a policy of it allows {}, which nobody asked for", quoted(action));
            // Companions and account-wide actions are each of one name.
            return Err(if action.contains(['*', '?']) { beyond(told) } else { beyond_today(told) });
        }
        let lies_under_asked = self.asked.resources.iter().any(|arn| policy::lies_under(arn, resource));
        let reaches = |ours: &&&Value| lies_under_asked || texts(&ours["Resource"]).any(|one| one == resource);
        let reaching: Vec<&Value> = ours.iter().filter(reaches).copied().collect();
        // An action that nothing allows today has no conditions of today.
        if reaching.is_empty() && !(ours.is_empty() && lies_under_asked) {
            let told = format!("a policy of it reaches {} with {}", quoted(resource), quoted(action));
            return Err(beyond_today(format!("{told}, which nobody asked for")));
        }
        if !reaching.is_empty() && !reaching.iter().any(|ours| is_narrowed_by(conditions, &ours["Condition"])) {
            let told = format!("a policy of it allows {} on {}", quoted(action), quoted(resource));
            return Err(beyond_today(format!("{told} without the conditions that belong to it")));
        }
        Ok(())
    }
}

/// Returns whether a trust policy lets in nobody but principals of this account, whatever the trust mode.
fn trusts_only(document: &Value, account: &AwsAccount) -> bool {
    let is_of_account = |name: &str| name == account.id.as_str() || name.split(':').nth(4) == Some(account.id.as_str());
    allowing(document).all(|statement| {
        let principal = &statement["Principal"];
        principal.as_object().is_some_and(|kinds| kinds.len() == 1)
            && texts(&principal["AWS"]).all(is_of_account)
            && texts(&principal["AWS"]).next().is_some()
    })
}

/// Returns whether `conditions` hold all of `ours` but the end, each with no other values; further ones narrow more.
fn is_narrowed_by(conditions: &Value, ours: &Value) -> bool {
    let ours = ours.as_object().into_iter().flatten();
    let mut each = ours.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    });
    each.all(|(operator, key, values)| {
        let theirs = &conditions[operator][key];
        let is_end = (operator, key) == ("DateLessThan", "aws:CurrentTime");
        let is_subset = || texts(theirs).all(|value| texts(values).any(|one| one == value));
        // A template may write what is no text, such as `true`.
        is_end || theirs == values || narrows_by_fewer(operator) && texts(theirs).next().is_some() && is_subset()
    })
}

/// Returns whether a condition lets less through when it names fewer values: a negated one lets more through, and those
/// that also hold where the request says nothing are taken as they are (IAM User Guide, "Condition operators").
fn narrows_by_fewer(operator: &str) -> bool {
    let (set, of_value) = operator.split_once(':').unwrap_or(("", operator));
    set != "ForAllValues" && of_value != "Null" && !of_value.contains("Not")
}

/// Returns the statements that allow something.
fn allowing(document: &Value) -> impl Iterator<Item = &Value> {
    statements(document).iter().filter(|statement| statement["Effect"] != "Deny")
}

fn statements(document: &Value) -> &[Value] {
    match &document["Statement"] {
        Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    }
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
