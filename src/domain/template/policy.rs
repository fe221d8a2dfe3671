//! The template of the permission policy: a frame for our Allow statements, and statements that deny.

use serde_json::{Map, Value, json};

use super::{merged, refuse, statements};
use crate::domain::refusal::Refusal;

/// The checked policy template: a frame for our Allow statements, and statements that deny.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTemplate {
    frame: Map<String, Value>,
    denials: Vec<Value>,
}

impl PolicyTemplate {
    const FILE: &'static str = "iamPolicyDocument.json";

    /// Checks the policy template. Its first statement is the frame that our statements are written into; the others
    /// must deny.
    ///
    /// # Errors
    ///
    /// Refuses a template that could widen a grant: an Allow that is not the empty frame, `NotAction`, `NotResource`.
    pub fn parse(template: &Value) -> Result<Self, Refusal> {
        let entries = statements(Self::FILE, template)?;
        let Some((frame, rest)) = entries.split_first() else {
            return Err(refuse(Self::FILE, "has no Statement"));
        };
        // A Deny whose resource is a placeholder denies nothing.
        if template.to_string().contains("<YOUR") {
            return Err(refuse(Self::FILE, "still holds a placeholder"));
        }
        if frame.contains_key("NotAction")
            || frame.contains_key("NotResource")
            || frame.get("Effect") != Some(&json!("Allow"))
        {
            return Err(refuse(Self::FILE, "must begin with an Allow statement without NotAction or NotResource"));
        }
        let is_empty = |value: Option<&Value>| match value {
            None => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::String(text)) => text.is_empty(),
            Some(_) => false,
        };
        if !is_empty(frame.get("Action")) || !is_empty(frame.get("Resource")) {
            return Err(refuse(
                Self::FILE,
                "fills Action or Resource of its first statement, which every grant would get",
            ));
        }
        if rest.iter().any(|statement| statement.get("Effect") != Some(&json!("Deny"))) {
            return Err(refuse(Self::FILE, "has a further statement that does not deny"));
        }
        Ok(Self {
            frame: (*frame).clone(),
            denials: rest.iter().map(|statement| Value::Object((*statement).clone())).collect(),
        })
    }

    /// Returns `statement` with what the frame adds: its conditions, which hold besides ours.
    pub(in crate::domain) fn allow(&self, mut statement: Map<String, Value>) -> Value {
        let ours = statement.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default();
        statement.insert("Condition".to_owned(), merged(self.frame.get("Condition"), &ours));
        Value::Object(statement)
    }

    pub(in crate::domain) fn denials(&self) -> &[Value] {
        &self.denials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guide() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [], "Resource": ""}]})
    }

    #[test]
    fn the_guide_s_template_is_a_frame() {
        assert!(PolicyTemplate::parse(&guide()).is_ok());
    }

    #[test]
    fn a_template_that_could_widen_a_grant_is_refused() {
        for statement in [
            json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": ""}),
            json!({"Effect": "Allow", "Action": [], "NotResource": "x"}),
            json!({"Effect": "Deny", "Action": [], "Resource": ""}),
        ] {
            assert!(PolicyTemplate::parse(&json!({"Statement": [statement]})).is_err(), "{statement}");
        }
        let mut second = guide();
        second["Statement"].as_array_mut().unwrap().push(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
        assert!(PolicyTemplate::parse(&second).is_err());
        assert!(PolicyTemplate::parse(&json!({"Statement": []})).is_err());
        assert!(PolicyTemplate::parse(&json!({})).is_err());
    }

    #[test]
    fn conditions_and_denials_of_the_template_survive_and_cannot_move_the_end() {
        let template = json!({"Statement": [
            {"Effect": "Allow", "Action": [], "Resource": "", "Condition": {
                "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}},
            {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]});
        let template = PolicyTemplate::parse(&template).unwrap();
        let ours = json!({"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}}});
        let allow = template.allow(ours.as_object().unwrap().clone());
        assert_eq!(allow["Condition"]["DateLessThan"]["aws:CurrentTime"], "2026-11-23T20:00:00Z");
        assert_eq!(allow["Condition"]["IpAddress"]["aws:SourceIp"], "10.0.0.0/8");
        assert_eq!(template.denials().len(), 1);
    }

    #[test]
    fn a_template_without_an_effect_or_with_a_placeholder_is_refused() {
        assert!(PolicyTemplate::parse(&json!({"Statement": [{"Action": [], "Resource": ""}]})).is_err());
        let mut template = guide();
        template["Statement"]
            .as_array_mut()
            .unwrap()
            .push(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::<YOUR_SECRET_BUCKET>/*"}));
        assert_eq!(PolicyTemplate::parse(&template).unwrap_err().code, "template");
    }
}
