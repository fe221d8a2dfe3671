//! What must hold whatever happened, judged from outside: from the states of AWS and Port.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::Value;

use super::flows::sweep;
use crate::installed::Installed;

/// Whether a role can do what its grant allows: a policy of it is attached, and nothing denies everything beside it.
fn is_live(place: &Installed, role: &str) -> bool {
    let attached = place.harness.sandbox.aws.attached_policies(role).unwrap_or_default();
    !attached.is_empty() && !attached.iter().any(|arn| arn.ends_with("/AWSDenyAll"))
}

pub(super) fn identifiers(entities: &[Value]) -> BTreeSet<String> {
    entities.iter().filter_map(|entity| entity["identifier"].as_str()).map(str::to_owned).collect()
}

/// Nothing is live without a record, and nothing is recorded as ended that is live.
#[track_caller]
pub(super) fn hold(place: &Installed, what: &str) {
    hold_but_for(place, None, what);
}

/// The same, but for a grant that somebody took the entity of before the flow began: it is the flow that finds it.
#[track_caller]
pub(super) fn hold_but_for(place: &Installed, lost: Option<&str>, what: &str) {
    let entities = identifiers(&place.entities());
    for role in place.roles().into_iter().filter(|role| lost != Some(role)) {
        if is_live(place, &role) {
            let record = &place.record(&role)["properties"];
            assert!(entities.contains(&role), "{what}: {role} is live without an entity; its record: {record}");
            assert_eq!(record["state"], "live", "{what}: {role} is live, and recorded as {record}");
            assert!(record["revoked_at"].is_null(), "{what}: {role} is live, and recorded as {record}");
        }
    }
}

/// Once all grace periods are over, one sweep explains everything: each role has its entity and its record and is live,
/// each policy belongs to one of them, and nobody has to look at anything. An entity without a role is only left when
/// nothing tells how its role went, and then it says so itself, until another grace period is over.
#[track_caller]
pub(super) fn nothing_is_unexplained_after_a_sweep(place: &Installed, passes: SignedDuration, what: &str) {
    let mut swept = swept(place, passes, what);
    let alone: BTreeSet<String> = identifiers(&place.entities()).difference(&roles(place)).cloned().collect();
    if !alone.is_empty() {
        let is_marked = |entity: &&Value| {
            let properties = &entity["properties"];
            properties["state"] == "missing" && properties["missing_since"].is_string()
        };
        let marked = identifiers(&place.entities().iter().filter(is_marked).cloned().collect::<Vec<_>>());
        assert_eq!(alone, marked, "{what}: {swept}");
        for entity in &alone {
            let record = place.record(entity)["properties"].clone();
            assert!(record["revoked_at"].is_null(), "{what}: {entity} is left, and its record says how: {record}");
        }
        swept = self::swept(place, SignedDuration::from_mins(61), what);
    }
    let roles = roles(place);
    assert_eq!(roles, identifiers(&place.entities()), "{what}: roles and entities differ; {swept}");
    for role in &roles {
        assert!(is_live(place, role), "{what}: {role} is there and can do nothing; {swept}");
    }
    for policy in place.policies() {
        let name = policy.rsplit('/').next().unwrap();
        let is_known = roles.iter().any(|role| name == role || name.starts_with(&format!("{role}.")));
        assert!(is_known, "{what}: the policy {name} belongs to nothing; {swept}");
    }
}

fn roles(place: &Installed) -> BTreeSet<String> {
    place.roles().into_iter().collect()
}

/// Lets time pass, sweeps, and returns what the sweep says: it did everything, and found nothing for people but grants
/// that are live although their runs were told that they had failed.
#[track_caller]
fn swept(place: &Installed, passes: SignedDuration, what: &str) -> Value {
    place.harness.sandbox.clock.advance(passes);
    let ran = sweep().run(place);
    let swept = ran.json()["sweep"].clone();
    let findings = swept["findings"].as_array().unwrap();
    assert_eq!(ran.exit_code, u8::from(!findings.is_empty()), "{what}: the sweep: {ran:?}");
    for finding in findings {
        assert!(is_of_a_failed_run(place, finding), "{what}: {swept}");
    }
    assert_eq!(swept["failed"].as_array().map(Vec::len), Some(0), "{what}: {swept}");
    hold(place, what);
    swept
}

/// Returns whether it is about a grant whose run has ended as failed and that could not be undone, since AWS did not
/// answer any more. It is on record and ends by itself; until somebody ends it before, each sweep names it.
fn is_of_a_failed_run(place: &Installed, finding: &Value) -> bool {
    let name = finding["subject"].as_str().unwrap().rsplit('/').next().unwrap();
    let run = name.strip_prefix("Permission-").unwrap();
    finding["kind"] == "doubtful" && is_live(place, name) && place.run(run)["status"] == "FAILURE"
}

/// Takes away what is rightly left, so that the next case begins with nothing.
#[track_caller]
pub(super) fn clear_away(place: &Installed, what: &str) {
    for role in place.roles() {
        let ran = place.harness.run_with(&["revoke", &role, "--direct"], &[]);
        assert_eq!(ran.exit_code, 0, "{what}: {ran:?}");
    }
    assert_eq!((place.roles(), place.policies()), (vec![], vec![]), "{what}");
}
