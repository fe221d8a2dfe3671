//! The reviewed templates `iamPolicyDocument.json` and `iamTrustPolicy.json`: frames that may narrow, never widen.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// The checked policy template: a frame for our Allow statements, and statements that deny.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTemplate {
    frame: Map<String, Value>,
    denials: Vec<Value>,
}

/// The checked trust template.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustTemplate {
    statement: Map<String, Value>,
}

fn refuse(file: &'static str, reason: &str) -> Refusal {
    let remedy = "restore the template that `port-iam init` commits; it may gain conditions and Deny statements";
    Refusal::new("template", file, reason, remedy)
}

fn statements<'a>(file: &'static str, template: &'a Value) -> Result<Vec<&'a Map<String, Value>>, Refusal> {
    let entries = match &template["Statement"] {
        Value::Array(entries) => entries.iter().collect(),
        Value::Object(_) => vec![&template["Statement"]],
        _ => return Err(refuse(file, "has no Statement")),
    };
    entries
        .into_iter()
        .map(|entry| entry.as_object().ok_or_else(|| refuse(file, "has a Statement that is no object")))
        .collect()
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
    pub(super) fn allow(&self, mut statement: Map<String, Value>) -> Value {
        let ours = statement.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default();
        statement.insert("Condition".to_owned(), merged(self.frame.get("Condition"), &ours));
        Value::Object(statement)
    }

    pub(super) fn denials(&self) -> &[Value] {
        &self.denials
    }
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
    pub(super) fn document(&self, principal: &Value, conditions: &Map<String, Value>) -> Value {
        let mut statement = self.statement.clone();
        statement.insert("Principal".to_owned(), principal.clone());
        statement.insert("Condition".to_owned(), merged(self.statement.get("Condition"), conditions));
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    }
}

/// Returns both sets of conditions. Where both name the same operator and key, ours replaces the template's: the only
/// such key is the end of the grant, which a template must not move.
fn merged(template: Option<&Value>, ours: &Map<String, Value>) -> Value {
    let mut all = template.and_then(Value::as_object).cloned().unwrap_or_default();
    for (operator, keys) in ours {
        match (all.get_mut(operator), keys) {
            (Some(Value::Object(existing)), Value::Object(keys)) => existing.extend(keys.clone()),
            (_, keys) => {
                all.insert(operator.clone(), keys.clone());
            }
        }
    }
    Value::Object(all)
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
    fn a_template_without_an_effect_or_with_a_placeholder_is_refused() {
        assert!(PolicyTemplate::parse(&json!({"Statement": [{"Action": [], "Resource": ""}]})).is_err());
        let mut template = guide();
        template["Statement"]
            .as_array_mut()
            .unwrap()
            .push(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::<YOUR_SECRET_BUCKET>/*"}));
        assert_eq!(PolicyTemplate::parse(&template).unwrap_err().code, "template");
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
