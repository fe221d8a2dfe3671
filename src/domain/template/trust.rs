//! The template of the trust policy: one statement that lets a role be assumed.

mod principal;
mod requester;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{conditions, refuse, statements};
use crate::domain::account::AwsAccount;
use crate::domain::evaluation::PolicyDocument;
use crate::domain::printable::one_line;
use crate::domain::refusal::{Refusal, RefusalCode};
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
    /// Conditions besides the end, which no template loosens.
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
    /// left placeholder, conditions that IAM would not take, and conditions on the requester that others satisfy too.
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
        check_grammar(template, statement)?;
        if let Some(own) = statement.get("Condition").and_then(Value::as_object) {
            conditions::check(FILE, own)?;
            requester::check(own)?;
        }
        Ok(Self { statement: (*statement).clone(), actions })
    }

    /// Returns the trust document: what the mode decides in the frame of this template, until `end` or the template's
    /// own end where that is earlier. `name` is asked for the requester's name when the template holds `<REQUESTER>`.
    ///
    /// # Errors
    ///
    /// Fails as `name` does, when the template wants a name and there is none, when it has no principal and shall
    /// decide it, and when it has a condition on what the mode decides.
    pub(in crate::domain) fn document(
        &self,
        ours: TrustStatement,
        account: &AwsAccount,
        end: Timestamp,
        name: impl FnOnce() -> Result<Option<AwsName>, Refusal>,
    ) -> Result<Value, Refusal> {
        let TrustStatement { principal, further_actions, conditions: of_mode } = ours;
        let mut statement = self.statement.clone();
        match principal {
            Some(principal) => {
                statement.insert("Principal".to_owned(), principal);
            }
            None if statement.contains_key("Principal") => {}
            None => return Err(refuse(FILE, "has no Principal, which the trust mode `template` leaves to it")),
        }
        if holds_requester(&statement) {
            let Some(name) = name()? else {
                let remedy = "write `name` or `names` under `trust` in the rules file, or leave <REQUESTER> out";
                let reason = "holds <REQUESTER>, and the rules file gives nobody a name in AWS";
                return Err(Refusal::new(RefusalCode::Template, FILE, reason, remedy));
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
        let own = statement.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default();
        let all = conditions::until(FILE, conditions::both(FILE, &own, &of_mode)?, end)?;
        statement.insert("Condition".to_owned(), Value::Object(all));
        Ok(json!({ "Version": "2012-10-17", "Statement": [statement] }))
    }

    /// Returns the end that the template gives every grant, when it has one.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], which has refused an end that cannot be read.
    pub(in crate::domain) fn own_end(&self) -> Result<Option<Timestamp>, Refusal> {
        self.statement
            .get("Condition")
            .and_then(Value::as_object)
            .map_or(Ok(None), |own| conditions::own_end(FILE, own))
    }

    /// Returns whether the document depends on who asks, in a trust mode that replaces the principal or not.
    pub(in crate::domain) fn wants_name(&self, replaces_principal: bool) -> bool {
        let mut statement = self.statement.clone();
        if replaces_principal {
            statement.shift_remove("Principal");
        }
        holds_requester(&statement)
    }

    /// Returns the identities of the template's principal that lie outside of `account`.
    pub(in crate::domain) fn foreign_principals(&self, account: &AwsAccount) -> Vec<String> {
        self.statement.get("Principal").map_or_else(Vec::new, |principal| principal::foreign(principal, account))
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
}

/// Refuses what IAM would refuse, and what it would read otherwise than the reviewer, such as an operator that there is
/// none of.
fn check_grammar(template: &Value, statement: &Map<String, Value>) -> Result<(), Refusal> {
    // Our documents are of this version; in an older one `${…}` is no variable and would come to mean another thing.
    if template.get("Version").is_some_and(|version| version != "2012-10-17") {
        return Err(refuse(FILE, "must be of Version 2012-10-17"));
    }
    let Value::Object(mut whole) = substituted(&Value::Object(statement.clone()), "name") else { return Ok(()) };
    // Without a principal it is a frame for the modes that write one.
    whole.entry("Principal").or_insert_with(|| json!({ "AWS": "123456789012" }));
    let mut document = template.as_object().cloned().unwrap_or_default();
    document.insert("Version".to_owned(), json!("2012-10-17"));
    document.insert("Statement".to_owned(), json!([whole]));
    PolicyDocument::parse(&Value::Object(document))
        .and_then(|document| document.require_trust_policy())
        .map_err(|error| refuse(FILE, &format!("is no policy that IAM takes: {error}")))
}

/// Refuses to tell the requester by the name of a session that anybody can open.
fn refuse_session(place: &str, remedy: &str) -> Refusal {
    let reason = format!(
        "tells {REQUESTER} in {place} by the name of a session, which whoever calls sts:AssumeRole makes up: only \
         IAM Identity Center chooses that of its own roles itself"
    );
    Refusal::new(RefusalCode::Template, FILE, one_line(&reason), remedy)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn holds_requester(statement: &Map<String, Value>) -> bool {
    Value::Object(statement.clone()).to_string().contains(REQUESTER)
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
