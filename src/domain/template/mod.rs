//! The reviewed templates `iamPolicyDocument.json` and `iamTrustPolicy.json`: frames that may narrow, never widen.

mod policy;
mod trust;

use serde_json::{Map, Value};

pub use policy::PolicyTemplate;
pub(in crate::domain) use trust::TrustStatement;
pub use trust::TrustTemplate;

use super::refusal::Refusal;

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
