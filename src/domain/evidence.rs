//! What the permanent record of a grant keeps of somebody having changed it: it waits for a person, and nothing that is
//! written later takes anything of it away.

mod kept;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::account::AwsAccount;
use super::catalog::Entity;
use super::identifier::GrantId;
use super::time::{CLOCKS_APART, utc};
use kept::push;

/// Where a receipt keeps what was found.
const TAMPERING: &str = "tampering";
/// Where it keeps those that it has replaced, and those of what bore the name after its end, with what roles of that name in
/// other accounts claim.
const EARLIER: &str = "earlier";
const LATER: &str = "later";

/// Something about a grant that is not as we make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tampering {
    /// When it was found.
    pub at: Timestamp,
    /// What was found, a sentence.
    pub what: String,
    /// ARNs of the managed policies that were attached to its role.
    pub attached: Vec<String>,
    /// Names of the inline policies of its role.
    pub inline: Vec<String>,
}

/// What a permanent record tells before more is written into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordBefore {
    /// Whether it says that the grant has ended.
    pub is_over: bool,
    /// When it ended, as far as that can be read.
    pub over_since: Option<Timestamp>,
    /// Digest of the trust policy that was made.
    pub trust_digest: Option<String>,
    /// Digest of the policies that were made.
    pub policy_digest: Option<String>,
    /// Its receipt.
    pub receipt: Option<Value>,
}

impl RecordBefore {
    /// Reads a record.
    pub fn of(record: &Entity) -> Self {
        let end = record.text("revoked_at");
        Self {
            is_over: end.is_some(),
            over_since: end.and_then(|end| end.parse().ok()),
            trust_digest: record.text("trust_digest").map(str::to_owned),
            policy_digest: record.text("policy_digest").map(str::to_owned),
            receipt: Some(record.properties["receipt"].clone()).filter(Value::is_object),
        }
    }

    /// Returns whether it holds the receipt of an end.
    pub(super) fn tells_of_an_end(&self) -> bool {
        self.receipt.as_ref().is_some_and(is_of_an_end)
    }
}

/// Returns whether a role was made after its grant had ended.
pub fn is_made_again(over_since: Timestamp, created: Timestamp) -> bool {
    // What is recorded anybody may have written: the last second that there is has none behind it.
    over_since.checked_add(CLOCKS_APART).is_ok_and(|over| over < created)
}

/// Returns whether a receipt is that of an end: what was only found before it says nothing of who asked.
fn is_of_an_end(receipt: &Value) -> bool {
    receipt["at"].is_string()
}

/// Returns the receipt of an end with everything that stood in the record's before. One that it replaces stays beside
/// those that were replaced earlier; what was found of the grant, and what bore its name after an end, is carried on,
/// since only there it is looked for.
pub(super) fn with_earlier(mut receipt: Map<String, Value>, before: Option<&Value>) -> Map<String, Value> {
    let Some(Value::Object(earlier)) = before else { return receipt };
    if is_of_an_end(&json!(earlier)) {
        let mut replaced = earlier.clone();
        for key in [TAMPERING, LATER, EARLIER] {
            receipt.extend(replaced.shift_remove(key).map(|list| (key.to_owned(), list)));
        }
        push(&mut receipt, EARLIER, json!(replaced));
    } else {
        earlier.iter().for_each(|(key, value)| _ = receipt.entry(key.clone()).or_insert_with(|| value.clone()));
    }
    receipt
}

/// Returns a receipt that stands, with another one beside it: of what bore the name after the grant had ended.
pub(super) fn with_later(before: Option<&Value>, receipt: Map<String, Value>) -> Map<String, Value> {
    let mut first = before.and_then(Value::as_object).cloned().unwrap_or_default();
    push(&mut first, LATER, json!(receipt));
    first
}

/// Returns a receipt with what another role of the name claims, beside those of what bore the name besides. None where it
/// tells of that role already.
pub(super) fn with_claims(before: &Value, claims: Map<String, Value>) -> Option<Map<String, Value>> {
    let mut receipt = before.as_object().cloned().unwrap_or_default();
    let is_of_the_same =
        |kept: &Value| ["role", "granted_from"].iter().all(|key| Some(&kept[*key]) == claims.get(*key));
    if receipt.get(LATER).and_then(Value::as_array).is_some_and(|all| all.iter().any(is_of_the_same)) {
        return None;
    }
    push(&mut receipt, LATER, json!(claims));
    Some(receipt)
}

/// Adds what was found to a receipt. What was found last already is not told again: where a denial fails every time, each
/// sweep finds the same.
pub(super) fn add(receipt: &mut Map<String, Value>, tampering: &Tampering) {
    let Tampering { at, what, attached, inline } = tampering;
    let last = receipt.get(TAMPERING).and_then(Value::as_array).and_then(|all| all.last());
    let is_told =
        |last: &Value| last["what"] == *what && last["attached"] == json!(attached) && last["inline"] == json!(inline);
    if !last.is_some_and(is_told) {
        push(receipt, TAMPERING, json!({ "at": utc(*at), "what": what, "attached": attached, "inline": inline }));
    }
}

/// Returns whether a record is a [`note`] alone, of a role that was on none: it is that of no grant.
pub(super) fn is_note(record: &Entity) -> bool {
    let tells_of_a_grant = record.state().is_some() || record.text("trust_digest").is_some();
    !tells_of_a_grant && told(&record.properties["receipt"]).is_some()
}

/// Returns whether a receipt still tells all that an earlier state of it told of tampering and of other ends.
pub(super) fn is_kept(before: &Value, after: &Value) -> bool {
    [TAMPERING, LATER, EARLIER].iter().all(|key| kept::is_kept(&before[key], &after[key]))
}

/// Returns whether a receipt differs from an earlier state of it only by what was found of tampering and of other ends.
pub(super) fn is_the_same_beside(before: &Value, after: &Value) -> bool {
    let rest = |receipt: &Value| {
        let mut receipt = receipt.as_object().cloned().unwrap_or_default();
        receipt.retain(|key, _| ![TAMPERING, LATER, EARLIER].contains(&key.as_str()));
        receipt
    };
    (after.is_null() || after.is_object()) && rest(before) == rest(after)
}

/// Returns what was found last, as a receipt tells it, a sentence.
pub fn told(receipt: &Value) -> Option<String> {
    Some(receipt[TAMPERING].as_array()?.last()?["what"].as_str()?.to_owned())
}

/// Returns what the permanent record of a grant gains when a sweep, or a revocation that fails, finds its role not as we
/// make it. A role on no record that was made at `created` is put on one, which vouches for nothing: it holds no digests,
/// and no end that a grant of that run would take over.
pub fn note(
    grant: &GrantId,
    created: Timestamp,
    account: &AwsAccount,
    record: Option<&Entity>,
    tampering: &Tampering,
) -> Value {
    let before = record.map(RecordBefore::of).unwrap_or_default();
    let mut receipt = before.receipt.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    add(&mut receipt, tampering);
    let mut body = json!({
        "identifier": grant.as_str(),
        "properties": { "review_due": true, "receipt": receipt },
    });
    if record.is_none() {
        body["title"] = json!(grant.as_str());
        let properties = json!({
            "grant": grant.as_str(),
            "run": grant.run_id().as_str(),
            "account": account.id.as_str(),
            "granted_from": utc(created),
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut body["properties"], properties) {
            all.extend(more);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::AccountId;

    fn record(properties: Value) -> Entity {
        Entity { identifier: "Permission-r_1".to_owned(), title: None, properties, relations: json!({}) }
    }

    fn tampering(what: &str) -> Tampering {
        let at = "2026-11-23T20:00:00Z".parse().unwrap();
        Tampering { at, what: what.to_owned(), attached: vec!["arn".to_owned()], inline: Vec::new() }
    }

    fn noted(record: Option<&Entity>) -> Value {
        let account =
            AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() };
        let created = "2026-11-23T19:00:00Z".parse().unwrap();
        note(&GrantId::parse("Permission-r_1").unwrap(), created, &account, record, &tampering("second"))
    }

    #[test]
    fn what_is_found_is_added_to_what_a_record_tells_and_takes_nothing_away() {
        let receipt = json!({ "at": "then", "tampering": [{ "what": "first" }] });
        let body = noted(Some(&record(json!({ "revoked_at": "2026-11-23T19:30:00Z", "receipt": receipt }))));
        let found = json!({ "at": "2026-11-23T20:00:00Z", "what": "second", "attached": ["arn"], "inline": [] });
        let receipt = json!({ "at": "then", "tampering": [{ "what": "first" }, found] });
        assert_eq!(body["properties"], json!({ "review_due": true, "receipt": receipt }));
        assert_eq!(told(&receipt).as_deref(), Some("second"));
        assert_eq!(told(&json!({ "at": "then" })), None);
    }

    #[test]
    fn what_every_sweep_finds_again_is_told_once_and_anything_else_besides() {
        let added = |all: &[Tampering]| {
            let mut receipt = Map::new();
            all.iter().for_each(|one| add(&mut receipt, one));
            receipt[TAMPERING].as_array().unwrap().len()
        };
        let later = Tampering { at: "2026-11-23T21:00:00Z".parse().unwrap(), ..tampering("first") };
        assert_eq!(added(&[tampering("first"), later.clone()]), 1);
        assert_eq!(added(&[tampering("first"), tampering("second"), later.clone()]), 3);
        let inline = Tampering { inline: vec!["more".to_owned()], ..later.clone() };
        let attached = Tampering { attached: Vec::new(), ..later };
        assert_eq!(added(&[tampering("first"), inline, attached]), 3);
    }

    #[test]
    fn what_was_found_is_kept_through_many_findings_and_many_ends_and_each_step_is_known_for_one() {
        let mut receipt = json!({ "at": "0", "tampering": [{ "what": "AdministratorAccess" }] });
        for number in 1..60 {
            let before = receipt.clone();
            let end = Map::from_iter([("at".to_owned(), json!(number.to_string()))]);
            let mut next = with_earlier(end, Some(&before));
            add(&mut next, &tampering(&number.to_string()));
            let next = with_later(Some(&json!(next)), Map::new());
            receipt = json!(next);
            assert!(is_kept(&before, &receipt), "{before} {receipt}");
            assert!(!is_kept(&receipt, &before), "{before} {receipt}");
        }
        assert_eq!(receipt[TAMPERING][0]["what"], "AdministratorAccess");
        assert_eq!(told(&receipt).as_deref(), Some("59"));
        let lengths = [TAMPERING, LATER, EARLIER].map(|key| receipt[key].as_array().unwrap().len());
        assert_eq!((lengths, &receipt[EARLIER][0]), ([20; 3], &json!({ "at": "0" })));
        assert!(!receipt[EARLIER].to_string().contains(TAMPERING), "{receipt}");
    }

    #[test]
    fn what_a_role_elsewhere_claims_is_kept_once_and_carried_into_the_receipt_of_an_end() {
        let claims =
            |role: &str| Map::from_iter([("role", role), ("granted_from", "1")].map(|(k, v)| (k.to_owned(), json!(v))));
        let kept = with_claims(&Value::Null, claims("one")).unwrap();
        assert_eq!(with_claims(&json!(kept), claims("one")), None);
        let kept = with_claims(&json!(kept), claims("two")).unwrap();
        let receipt = with_earlier(Map::from_iter([("at".to_owned(), json!("2"))]), Some(&json!(kept)));
        assert_eq!(json!(receipt), json!({ "at": "2", "later": [claims("one"), claims("two")] }));
    }

    #[test]
    fn a_replaced_receipt_of_an_earlier_build_stands_first_of_those_that_were_replaced() {
        let oldest = json!({ "at": "1", "tampering": [{ "what": "x" }] });
        let before = json!({ "at": "2", "earlier": oldest });
        let receipt = with_earlier(Map::from_iter([("at".to_owned(), json!("3"))]), Some(&before));
        assert_eq!(json!(receipt), json!({ "at": "3", "earlier": [oldest, { "at": "2" }] }));
        assert!(is_kept(&before, &json!(receipt)));
    }

    #[test]
    fn what_was_on_no_record_is_put_on_one_that_vouches_for_nothing() {
        let body = noted(None)["properties"].clone();
        assert_eq!((&body["grant"], &body["account"]), (&json!("Permission-r_1"), &json!("123456789012")));
        assert_eq!((&body["granted_from"], &body["review_due"]), (&json!("2026-11-23T19:00:00Z"), &json!(true)));
        assert!(body["trust_digest"].is_null() && body["policy_digest"].is_null() && body["state"].is_null(), "{body}");
        assert!(is_note(&record(body.clone())));
        for of_a_grant in [("state", "live"), ("trust_digest", "sha256:0")] {
            let mut body = body.clone();
            body[of_a_grant.0] = json!(of_a_grant.1);
            assert!(!is_note(&record(body)), "{of_a_grant:?}");
        }
        assert!(!is_note(&record(json!({ "account": "123456789012" }))), "nobody has noted it");
    }
}
