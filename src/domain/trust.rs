//! Who may assume a granted role, and until when.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::grant::AwsAccount;
use super::refusal::Refusal;
use super::rules::TrustMode;
use super::template::TrustTemplate;
use super::time::utc;

/// IAM's default limit for a trust policy (IAM User Guide, "IAM and AWS STS quotas").
const LONGEST_TRUST: usize = 2_048;

/// Returns the trust document of a grant that ends at `end`.
///
/// # Errors
///
/// Refuses a document that is longer than IAM takes.
pub fn document(
    template: &TrustTemplate,
    mode: TrustMode,
    account: &AwsAccount,
    end: Timestamp,
) -> Result<Value, Refusal> {
    let principal = match mode {
        TrustMode::Account => json!({ "AWS": format!("arn:{}:iam::{}:root", account.partition, account.id) }),
    };
    let mut conditions = Map::new();
    conditions.insert("DateLessThan".to_owned(), json!({ "aws:CurrentTime": utc(end) }));
    let document = template.document(&principal, &conditions);
    let length = super::policy::length_without_white_space(&document);
    if length > LONGEST_TRUST {
        let reason = format!("the trust policy would have {length} characters; IAM takes {LONGEST_TRUST}");
        return Err(Refusal::new("trust-too-long", "iamTrustPolicy.json", reason, "shorten the template"));
    }
    Ok(document)
}

/// Returns the end that a trust document of ours carries: the one `DateLessThan aws:CurrentTime` of its one statement.
pub fn end_of(trust: &Value) -> Option<Timestamp> {
    let statements = trust["Statement"].as_array()?;
    let [statement] = statements.as_slice() else { return None };
    statement["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str()?.parse().ok()
}
