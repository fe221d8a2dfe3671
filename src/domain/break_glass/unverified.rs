//! What a role that was made without Port tells of itself, for a grant that ends before a sweep could compare it. Nobody
//! has vouched for it, so that it is to be reviewed.

use serde_json::{Map, Value, json};

use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::digest::policies_digest;
use crate::domain::evidence;
use crate::domain::iam::RoleState;
use crate::domain::identifier::GrantId;
use crate::domain::tags::{ACTIONS, PERSON, REASON, REQUESTER, RESOURCE, value_of};
use crate::domain::time::utc;
use crate::domain::trust;

/// Returns what the tags and the trust policy of such a role claim, as properties of its record.
pub fn unverified_record(role: &RoleState) -> Value {
    let tag = |key: &str| value_of(&role.tags, key);
    let further = numbered(&role.tags, RESOURCE).into_iter().filter(|(number, _)| *number > FIRST);
    let actions = numbered(&role.tags, ACTIONS).into_iter().flat_map(|(_, value)| value.split(' '));
    json!({
        "requester": tag(REQUESTER),
        "reason": tag(REASON),
        "resource": tag(RESOURCE),
        "additional_resources": further.map(|(_, arn)| arn).collect::<Vec<_>>(),
        "actions": actions.collect::<Vec<_>>(),
        "granted_from": role.created.map(utc),
        "granted_until": trust::end_of(&role.trust).map(utc),
        "break_glass_by": tag(PERSON),
        "review_due": true,
    })
}

/// Returns the body of the record of a grant that is about to be taken away and is on none: what it claims, with the
/// digests of what is there. `policies` are the documents of its policies, the first one first.
pub fn record_of_what_ends(grant: &GrantId, account: &AwsAccount, role: &RoleState, policies: &[Value]) -> Value {
    let mut properties = unverified_record(role);
    properties["grant"] = json!(grant.as_str());
    properties["run"] = json!(grant.run_id().as_str());
    // By its account a sweep finds what waits for a review.
    properties["account"] = json!(account.id.as_str());
    properties["trust_digest"] = json!(trust::digest_of(&role.trust));
    properties["policy_digest"] = json!((!policies.is_empty()).then(|| policies_digest(policies)));
    json!({ "identifier": grant.as_str(), "title": grant.as_str(), "properties": properties })
}

/// Returns the body that keeps, on the record of another account's role of that name, what the role of this account claims,
/// with the digests of what is there. None where the record is of this account, or names none, and where it has it already.
pub fn record_with_claims(
    record: &Entity,
    grant: &GrantId,
    account: &AwsAccount,
    role: &RoleState,
    policies: &[Value],
) -> Option<Value> {
    if record.text("account").is_none_or(|named| named == account.id.as_str()) {
        return None;
    }
    let mut claims = Map::from_iter([("role".to_owned(), json!(role.arn))]);
    if let Value::Object(told) = &record_of_what_ends(grant, account, role, policies)["properties"] {
        claims.extend(told.clone());
    }
    // The record itself tells these.
    for key in ["grant", "run", "review_due"] {
        claims.shift_remove(key);
    }
    let receipt = evidence::with_claims(&record.properties["receipt"], claims)?;
    let properties = json!({ "review_due": true, "receipt": receipt });
    Some(json!({ "identifier": grant.as_str(), "properties": properties }))
}

/// Returns whether a record is one of [`record_of_what_ends`] whose grant has not ended yet: whatever compares a grant, and
/// whatever ends it, tells its state. What it holds the digests of, somebody may have changed before.
pub fn is_record_of_what_ends(record: &Entity) -> bool {
    let is_break_glass = GrantId::parse(&record.identifier).is_ok_and(|grant| grant.is_break_glass());
    is_break_glass && record.text("state").is_none() && record.text("trust_digest").is_some()
}

/// The number of a tag whose key has none.
const FIRST: u32 = 1;

/// Returns the values of the tag of a key and of those with a number behind it, in their order, which AWS need not keep.
fn numbered<'a>(tags: &'a [(String, String)], key: &str) -> Vec<(u32, &'a str)> {
    let number = |name: &str| match name.strip_prefix(key)? {
        "" => Some(FIRST),
        // Whatever somebody wrote there, it is told.
        rest => Some(rest.strip_prefix('.')?.parse().unwrap_or(u32::MAX).max(FIRST + 1)),
    };
    let mut found: Vec<(u32, &str)> =
        tags.iter().filter_map(|(name, value)| Some((number(name)?, value.as_str()))).collect();
    found.sort_by_key(|(number, _)| *number);
    found
}
