//! The template of the trust policy: one statement that lets a role be assumed.

use serde_json::{Map, Value, json};

use super::{merged, refuse, statements};
use crate::domain::refusal::Refusal;

/// The checked trust template.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustTemplate {
    statement: Map<String, Value>,
}

impl TrustTemplate {
    const FILE: &'static str = "iamTrustPolicy.json";

    /// Checks the trust template: one Allow for `sts:AssumeRole`. Its principal is replaced by the trust mode's.
    ///
    /// # Errors
    ///
    /// Refuses every other form, a left placeholder included.
    pub fn parse(template: &Value) -> Result<Self, Refusal> {
        let entries = statements(Self::FILE, template)?;
        let [statement] = entries.as_slice() else {
            return Err(refuse(Self::FILE, "must have one statement"));
        };
        let action = statement.get("Action");
        let assumes = action == Some(&json!("sts:AssumeRole")) || action == Some(&json!(["sts:AssumeRole"]));
        if statement.get("Effect") != Some(&json!("Allow")) || !assumes {
            return Err(refuse(Self::FILE, "must allow sts:AssumeRole and nothing else"));
        }
        if statement.contains_key("NotPrincipal") || statement.contains_key("NotAction") {
            return Err(refuse(Self::FILE, "must not use NotPrincipal or NotAction"));
        }
        if template.to_string().contains('<') {
            return Err(refuse(Self::FILE, "still holds a placeholder"));
        }
        Ok(Self { statement: (*statement).clone() })
    }

    /// Returns the trust document for `principal`, with `conditions` besides the template's own.
    pub(in crate::domain) fn document(&self, principal: &Value, conditions: &Map<String, Value>) -> Value {
        let mut statement = self.statement.clone();
        statement.insert("Principal".to_owned(), principal.clone());
        statement.insert("Condition".to_owned(), merged(self.statement.get("Condition"), conditions));
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_template_allows_one_thing_and_has_no_placeholder() {
        let guide = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]});
        let end = json!({"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}});
        let document = TrustTemplate::parse(&guide).unwrap().document(&json!({"AWS": "x"}), end.as_object().unwrap());
        assert_eq!(document["Statement"][0]["Principal"], json!({"AWS": "x"}));
        assert_eq!(document["Statement"][0]["Condition"], end);
        for wrong in [
            json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::<YOUR_AWS_ACCOUNT_ID>:root"}, "Action": "sts:AssumeRole"}]}),
            json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}]}),
            json!({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "sts:AssumeRole"}]}),
            json!({"Statement": []}),
        ] {
            assert!(TrustTemplate::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_trust_template_cannot_move_the_end() {
        let template = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "x"}, "Action": "sts:AssumeRole",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}}]});
        let end = json!({"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}});
        let document = TrustTemplate::parse(&template).unwrap().document(&json!("x"), end.as_object().unwrap());
        assert_eq!(document["Statement"][0]["Condition"], end);
    }
}
