//! The reviewed templates `iamPolicyDocument.json` and `iamTrustPolicy.json`: frames that may narrow, never widen.

mod conditions;
mod policy;
mod trust;

use serde_json::{Map, Value};

pub use policy::PolicyTemplate;
pub(in crate::domain) use trust::TrustStatement;
pub use trust::TrustTemplate;

use super::printable::one_line;
use super::refusal::{Refusal, RefusalCode};

fn refuse(file: &'static str, reason: &str) -> Refusal {
    let remedy = "restore the template that `port-iam init` commits; it may gain conditions and Deny statements";
    // It may quote the file, in which anything may stand.
    Refusal::new(RefusalCode::Template, file, one_line(reason), remedy)
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
