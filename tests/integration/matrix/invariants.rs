//! What must hold whatever happened, judged from outside: from the states of AWS and Port.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::flows::Case;
use super::sweeps::sweep;
use crate::installed::Installed;

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
        if place.is_live(&role) {
            let record = &place.record(&role)["properties"];
            assert!(entities.contains(&role), "{what}: {role} is live without an entity; its record: {record}");
            assert_eq!(record["state"], "live", "{what}: {role} is live, and recorded as {record}");
            assert!(record["revoked_at"].is_null(), "{what}: {role} is live, and recorded as {record}");
        }
    }
}

/// Once all grace periods are over, one sweep explains everything: each role has its entity and its record and is live,
/// each policy belongs to one of them, nobody has to look at anything, and the next sweep has nothing to do. An entity without
/// a role is only left by what takes roles away, when nothing tells how its role went; it says so itself then, until another
/// grace period is over.
#[track_caller]
pub(super) fn nothing_is_unexplained_after_a_sweep(place: &Installed, case: &Case, what: &str) {
    let mut swept = swept(place, case.passes, what);
    let alone: BTreeSet<String> = identifiers(&place.entities()).difference(&roles(place)).cloned().collect();
    if !alone.is_empty() {
        assert!(case.may_lose_its_role, "{what}: {alone:?} are left without a role; {swept}");
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
        assert!(place.is_live(role), "{what}: {role} is there and can do nothing; {swept}");
    }
    for policy in place.policies() {
        let name = policy.rsplit('/').next().unwrap();
        let is_known = roles.iter().any(|role| name == role || name.starts_with(&format!("{role}.")));
        assert!(is_known, "{what}: the policy {name} belongs to nothing; {swept}");
    }
    let since = place.harness.sandbox.log.len();
    let quiet = self::swept(place, SignedDuration::ZERO, what);
    assert_eq!(quiet["done"], json!([]), "{what}: {swept}, then {quiet}");
    assert_eq!(place.aws_writes_since(since), [""; 0], "{what}: {quiet}");
}

fn roles(place: &Installed) -> BTreeSet<String> {
    place.roles().into_iter().collect()
}

/// Lets time pass, sweeps, and returns what the sweep says: it did everything, and found nothing for people.
#[track_caller]
fn swept(place: &Installed, passes: SignedDuration, what: &str) -> Value {
    place.harness.sandbox.clock.advance(passes);
    let ran = sweep().run(place);
    assert_eq!(ran.exit_code, 0, "{what}: the sweep: {ran:?}");
    let swept = ran.json()["sweep"].clone();
    for list in ["findings", "failed"] {
        assert_eq!(swept[list].as_array().map(Vec::len), Some(0), "{what}: {swept}");
    }
    hold(place, what);
    swept
}

/// Takes away what is rightly left, so that the next case begins with nothing.
#[track_caller]
pub(super) fn clear_away(place: &Installed, what: &str) {
    for role in place.roles() {
        let ran = place.harness.run(&["revoke", &role, "--direct"]);
        assert_eq!(ran.exit_code, 0, "{what}: {ran:?}");
    }
    assert_eq!((place.roles(), place.policies()), (vec![], vec![]), "{what}");
}
