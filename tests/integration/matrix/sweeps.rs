//! The two flows of the sweep: one that explains everything, and one that leaves something to people.

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::flows::{Case, Job, case, request, request_by};
use super::invariants::identifiers;
use crate::break_glass::{break_glass, checkout, switch_on};
use crate::harness::{Ran, decoded};
use crate::installed::Installed;
use crate::sweep::{done, found, policy_arn, role_arn, take_apart_by_hand};

/// The sweep as its workflow runs it.
pub(super) fn sweep() -> Job {
    let variables = Installed::credentials_of_workflow().map(|(name, value)| (name, value.to_owned())).to_vec();
    Job { variables, ..Job::new(&["sweep", "--output", "json"]) }
}

/// One grant has expired, one that lives on has lost its entity, the requester of one has left, of one that was begun a
/// policy is left over, and of one its entity.
pub(super) fn prepare(place: &Installed, _: usize) -> Case {
    let granted = |asked: crate::installed::Dispatched| {
        place.grant(&asked).exits(0);
        asked.grant()
    };
    let (expired, lost) = (granted(request(place, "1h")), granted(request(place, "4h")));
    let [begun, departed, missing] =
        [cast::MAX, cast::CROWD[0], cast::CROWD[1]].map(|person| granted(request_by(place, person, "4h")));
    place.pass(61);
    place.harness.sandbox.remember();
    take_apart_by_hand(place, [&begun, &missing]);
    place.edit_entity("provisioned_permissions", &departed, &json!({ "requester": cast::GONE.email }));
    for grant in [&lost, &begun] {
        place.harness.delete_entity("provisioned_permissions", grant);
    }
    Case {
        grants: vec![expired, begun, departed, missing, lost.clone()],
        lost: Some(lost),
        may_lose_its_role: true,
        ..case(sweep())
    }
}

pub(super) fn converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    let [expired, _, departed, missing, lost] = &case.grants[..] else { unreachable!() };
    let tale = || format!("{what}: first {first:?}, then {again:?}");
    assert_eq!(again.exit_code, 0, "{}", tale());
    assert_eq!(place.roles(), std::slice::from_ref(lost), "{}", tale());
    let marked = |entity: &str| {
        let is_its = |it: &Value| it["identifier"] == entity && it["properties"]["state"] == "missing";
        place.entities().iter().any(is_its) && place.record(entity)["properties"]["revoked_at"].is_null()
    };
    assert!(marked(missing), "{}", tale());
    let mut listed = identifiers(&place.entities());
    let was_cut_off = first.is_none_or(|first| first.exit_code != 0);
    // Between the role and its record nothing tells who has taken it away, and its time is not over: it is missing.
    if was_cut_off && marked(departed) {
        listed.remove(departed);
    } else {
        assert_eq!(place.record(departed)["properties"]["state"], "revoked", "{}", tale());
    }
    assert_eq!(listed, [lost, missing].map(Clone::clone).into(), "{}", tale());
    assert_eq!(place.policies().len(), 1, "{}", tale());
    assert_eq!(place.record(expired)["properties"]["state"], "expired", "{}", tale());
}

/// A sweep that ends with 0 has done all that was due. From an old answer it cannot know of what came later; what was
/// over even then it takes away, and what it says that it has done is done.
pub(super) fn has_swept_when_it_says_so(place: &Installed, case: &Case, first: &Ran, what: &str) {
    if first.exit_code != 0 {
        return;
    }
    let [expired, begun, departed, missing, lost] = &case.grants[..] else { unreachable!() };
    let (roles, entities) = (place.roles(), place.entities());
    let policy = policy_arn(begun);
    let is_listed = |grant: &str| entities.iter().any(|it| it["identifier"] == grant);
    let is_marked =
        |grant: &str| entities.iter().any(|it| it["identifier"] == grant && it["properties"]["state"] == "missing");
    // What is due, whether it is done, and whether it was due before anything that an old answer tells.
    let due = [
        (format!("revoke {expired}"), !roles.contains(expired), true),
        (format!("revoke {departed}"), !roles.contains(departed), false),
        (format!("remove-policy {policy}"), !place.policies().contains(&policy), false),
        (format!("record-again {lost}"), is_listed(lost), false),
        (format!("mark-missing {missing}"), is_marked(missing), false),
    ];
    let told = done(first);
    for (step, is_done, was_due_before) in &due {
        let may_wait = case.is_stale && !was_due_before && !told.contains(step);
        assert!(*is_done || may_wait, "{what}: exit 0, and not done: {step}: {first:?}");
    }
    let other = told.iter().find(|told| due.iter().all(|(step, ..)| step != *told));
    assert!(other.is_none(), "{what}: exit 0, and done without need: {other:?}: {first:?}");
}

/// An installation where the glass may be broken.
pub(super) fn with_break_glass() -> Installed {
    let place = Installed::new();
    switch_on(&place, "");
    place
}

/// Somebody has let strangers into a grant, and somebody has broken the glass.
pub(super) fn prepare_tampered(place: &Installed, _: usize) -> Case {
    let asked = request(place, "4h");
    place.grant(&asked).exits(0);
    let tampered = asked.grant();
    // What is attached a sweep takes off; whom it trusts stays for people to see.
    place.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(&tampered).send().await.unwrap().role.unwrap();
        let mut trust = decoded(role.assume_role_policy_document().unwrap());
        trust["Statement"][0]["Principal"] = json!({ "AWS": "arn:aws:iam::999999999999:root" });
        let update = iam.update_assume_role_policy().role_name(&tampered);
        update.policy_document(trust.to_string()).send().await.unwrap();
    });
    place.harness.sandbox.remember();
    let ran = break_glass(place, &checkout(place), &["--yes"]).exits(0);
    let broken = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    Case { grants: vec![tampered, broken.clone()], lost: Some(broken), ..case(sweep()) }
}

/// No attempt calls it fine, and what it says that it has denied is denied.
pub(super) fn leaves_it_to_people(place: &Installed, case: &Case, first: &Ran, what: &str) {
    let tampered = &case.grants[0];
    assert_ne!(first.exit_code, 0, "{what}: {first:?}");
    let has_told = serde_json::from_str::<Value>(&first.stdout).is_ok_and(|told| told["sweep"]["done"].is_array());
    let says_so = has_told && done(first).iter().any(|done| done.starts_with("deny ") && done.contains(tampered));
    assert!(!says_so || place.is_denied(tampered), "{what}: said to be denied, and is not: {first:?}");
}

/// Whatever came, what was changed is denied, and for whom the glass was broken is on record; both wait for people, who then
/// look.
pub(super) fn tampered_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    let [tampered, broken] = &case.grants[..] else { unreachable!() };
    let tale = || format!("{what}: first {first:?}, then {again:?}");
    assert_eq!(again.exit_code, 1, "{}", tale());
    let mut findings = found(again);
    findings.sort();
    let due = [format!("review-due {}", role_arn(broken)), format!("tampered {}", role_arn(tampered))];
    assert_eq!(findings, due, "{}", tale());
    assert_eq!(again.json()["sweep"]["failed"], json!([]), "{}", tale());
    assert!(place.is_denied(tampered), "{}", tale());
    assert!(place.is_live(broken), "{}", tale());
    assert_eq!(place.record(broken)["properties"]["review_due"], true, "{}", tale());
    for grant in [tampered, broken] {
        place.harness.run(&["revoke", grant, "--direct"]).exits(0);
    }
    for grant in [tampered, broken] {
        place.edit_entity("permission_records", grant, &json!({ "review_due": false }));
    }
}

#[test]
fn a_sweep_that_left_something_undone_is_not_taken_at_its_word() {
    let place = Installed::new();
    let case = prepare(&place, 0);
    let objection = |ran: &Ran, is_stale: bool| {
        let case = Case { is_stale, ..case.clone() };
        let look = std::panic::AssertUnwindSafe(|| has_swept_when_it_says_so(&place, &case, ran, "tried"));
        let objected = std::panic::catch_unwind(look).err();
        objected.map(|told| told.downcast_ref::<String>().unwrap().clone()).unwrap_or_default()
    };
    let nothing = json!({ "sweep": { "done": [] } }).to_string();
    let idle = Ran { exit_code: 0, stdout: nothing, stderr: String::new() };
    let [expired, .., lost] = &case.grants[..] else { unreachable!() };
    for is_stale in [false, true] {
        assert!(objection(&idle, is_stale).contains(&format!("not done: revoke {expired}")), "{is_stale}");
    }
    let swept = case.job.run(&place).exits(0);
    assert_eq!(objection(&swept, false), "");
    // Of what is to be put on record again an old answer may know nothing, unless it was told as done.
    place.harness.delete_entity("provisioned_permissions", lost);
    let undone = format!("not done: record-again {lost}");
    assert!(objection(&idle, false).contains(&undone));
    assert_eq!(objection(&idle, true), "");
    assert!(objection(&swept, true).contains(&undone));
}
