//! The template of the trust policy: one statement that lets a role be assumed.

mod principal;

use serde_json::{Map, Value, json};

use super::{refuse, statements};
use crate::domain::grant::AwsAccount;
use crate::domain::refusal::Refusal;
use crate::domain::trust::AwsName;

/// Stands for the requester's name in AWS, inside texts of `Principal` and `Condition`.
const REQUESTER: &str = "<REQUESTER>";
/// What a trust template may allow; the first it must.
const ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
const ELEMENTS: [&str; 5] = ["Sid", "Effect", "Principal", "Action", "Condition"];
const FILE: &str = "iamTrustPolicy.json";

/// The checked trust template.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustTemplate {
    statement: Map<String, Value>,
    actions: Vec<&'static str>,
}

/// What a trust mode puts into the frame.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct TrustStatement {
    /// The principal; none where the template's stands.
    pub(in crate::domain) principal: Option<Value>,
    /// Actions that are allowed besides the template's.
    pub(in crate::domain) further_actions: &'static [&'static str],
    /// Conditions, which no template loosens.
    pub(in crate::domain) conditions: Map<String, Value>,
}

impl TrustStatement {
    /// Adds a condition.
    pub(in crate::domain) fn add(&mut self, operator: &str, key: &str, value: Value) {
        let keys = self.conditions.entry(operator).or_insert_with(|| json!({}));
        if let Value::Object(keys) = keys {
            keys.insert(key.to_owned(), value);
        }
    }
}

impl TrustTemplate {
    /// Checks the trust template: one Allow for `sts:AssumeRole`, and `sts:SetSourceIdentity` and `sts:TagSession` if
    /// it likes. Its principal counts in the trust mode `template`; the other modes replace it.
    ///
    /// # Errors
    ///
    /// Refuses every other form: a principal that is everybody or no AWS identity, `NotPrincipal`, further actions, a
    /// left placeholder.
    pub fn parse(template: &Value) -> Result<Self, Refusal> {
        let entries = statements(FILE, template)?;
        let [statement] = entries.as_slice() else {
            return Err(refuse(FILE, "must have one statement"));
        };
        if statement.keys().any(|element| !ELEMENTS.contains(&element.as_str())) {
            return Err(refuse(FILE, "may hold Sid, Effect, Principal, Action and Condition, and no NotPrincipal"));
        }
        let actions = actions(statement.get("Action")).filter(|actions| actions.contains(&ACTIONS[0]));
        let (Some(actions), Some("Allow")) = (actions, statement.get("Effect").and_then(Value::as_str)) else {
            let reason =
                "must allow sts:AssumeRole, and besides it nothing but sts:SetSourceIdentity and sts:TagSession";
            return Err(refuse(FILE, reason));
        };
        // The requester's name can only stand for a part of a text that IAM compares.
        let mut rest = template.clone();
        for element in ["Principal", "Condition"] {
            if let Some(value) = first_statement(&mut rest).and_then(|statement| statement.get_mut(element)) {
                *value = substituted(value, "");
            }
        }
        if rest.to_string().contains('<') {
            return Err(refuse(FILE, "still holds a placeholder"));
        }
        if let Some(principal) = statement.get("Principal") {
            principal::check(principal)?;
        }
        Ok(Self { statement: (*statement).clone(), actions })
    }

    /// Returns the trust document: what the mode decides in the frame of this template. `name` is asked for the
    /// requester's name when the template holds `<REQUESTER>`.
    ///
    /// # Errors
    ///
    /// Fails as `name` does, when the template wants a name and there is none, when it has no principal and shall
    /// decide it, and when it has a condition on what the mode decides.
    pub(in crate::domain) fn document(
        &self,
        ours: TrustStatement,
        account: &AwsAccount,
        name: impl FnOnce() -> Result<Option<AwsName>, Refusal>,
    ) -> Result<Value, Refusal> {
        let TrustStatement { principal, further_actions, conditions } = ours;
        let mut statement = self.statement.clone();
        match principal {
            Some(principal) => {
                statement.insert("Principal".to_owned(), principal);
            }
            None if statement.contains_key("Principal") => {}
            None => return Err(refuse(FILE, "has no Principal, which the trust mode `template` leaves to it")),
        }
        if Value::Object(statement.clone()).to_string().contains(REQUESTER) {
            let Some(name) = name()? else {
                let remedy = "write `name` or `names` under `trust` in the rules file, or leave <REQUESTER> out";
                let reason = "holds <REQUESTER>, and the rules file gives nobody a name in AWS";
                return Err(Refusal::new("template", FILE, reason, remedy));
            };
            for element in ["Principal", "Condition"] {
                if let Some(value) = statement.get_mut(element) {
                    *value = substituted(value, name.as_str());
                }
            }
        }
        if let Some(principal) = statement.get_mut("Principal") {
            *principal = principal::in_full(principal, account);
        }
        statement.insert("Action".to_owned(), self.action(further_actions));
        let conditions = self.conditions(statement.get("Condition"), conditions)?;
        statement.insert("Condition".to_owned(), Value::Object(conditions));
        Ok(json!({ "Version": "2012-10-17", "Statement": [statement] }))
    }

    /// Returns the characters of the template itself.
    pub(in crate::domain) fn length(&self) -> usize {
        Value::Object(self.statement.clone()).to_string().chars().count()
    }

    fn action(&self, further: &[&str]) -> Value {
        let all: Vec<&str> =
            ACTIONS.into_iter().filter(|action| self.actions.contains(action) || further.contains(action)).collect();
        if let [action] = all.as_slice() { json!(action) } else { json!(all) }
    }

    /// Returns both sets of conditions, all of which hold. IAM ignores the case of operators and keys.
    fn conditions(&self, template: Option<&Value>, ours: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        let mut all = ours.clone();
        for (operator, keys) in template.and_then(Value::as_object).into_iter().flatten() {
            let Value::Object(keys) = keys else {
                return Err(refuse(FILE, "has a condition that is no object of keys"));
            };
            let known = ours.iter().find(|(known, _)| known.eq_ignore_ascii_case(operator));
            for (key, value) in keys {
                let same = |known: &String| known.eq_ignore_ascii_case(key);
                if known.is_some_and(|(_, keys)| keys.as_object().is_some_and(|keys| keys.keys().any(same))) {
                    // The end is the grant's, whatever the template says.
                    if same(&"aws:CurrentTime".to_owned()) {
                        continue;
                    }
                    return Err(refuse(
                        FILE,
                        &format!("has a condition {operator} on {key}, which the trust mode sets"),
                    ));
                }
                let operator = known.map_or(operator, |(known, _)| known);
                if let Value::Object(keys) = all.entry(operator.clone()).or_insert_with(|| json!({})) {
                    keys.insert(key.clone(), value.clone());
                }
            }
        }
        Ok(all)
    }
}

fn actions(action: Option<&Value>) -> Option<Vec<&'static str>> {
    let known = |text: &Value| ACTIONS.into_iter().find(|action| text.as_str() == Some(action));
    match action? {
        Value::Array(actions) => actions.iter().map(known).collect(),
        text => known(text).map(|action| vec![action]),
    }
}

fn first_statement(template: &mut Value) -> Option<&mut Map<String, Value>> {
    match template.get_mut("Statement")? {
        Value::Array(entries) => entries.first_mut()?.as_object_mut(),
        Value::Object(statement) => Some(statement),
        _ => None,
    }
}

/// Returns the value with `name` for `<REQUESTER>` in every text; keys stay as they are.
fn substituted(value: &Value, name: &str) -> Value {
    match value {
        Value::String(text) => json!(text.replace(REQUESTER, name)),
        Value::Array(items) => items.iter().map(|item| substituted(item, name)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), substituted(value, name))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
