//! The end of every sequence: long after everything is over, two sweeps leave nothing that is not explained.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::ground::Span;
use super::interruption::Fate;
use super::invariants::{Allowed, Checked, check, check_gone};
use super::stage::Stage;
use super::steps::sweep;

/// Past the grace period of a sweep.
const PAST_GRACE: SignedDuration = SignedDuration::from_mins(61);

pub(super) fn end(stage: &mut Stage) -> Checked {
    stage.pass(SignedDuration::from_hours(Span::LONGEST_HOURS) + PAST_GRACE);
    for _ in 0..2 {
        stage.hear_timers();
        let before = stage.look();
        sweep(stage, Fate::Undisturbed, &before)?;
        let after = stage.look();
        check(&stage.reference, &before, &after, Allowed::default())?;
        stage.pass(PAST_GRACE);
    }
    let scene = stage.look();
    // What does not end by itself any more stays denied and told, until somebody has looked at it.
    let explained: Vec<String> = stage
        .reference
        .requests
        .iter()
        .filter(|request| request.by_hand.is_endless() && scene.role(&request.grant()).is_some())
        .map(super::reference::Request::grant)
        .collect();
    for role in &scene.roles {
        prop_assert!(explained.contains(&role.name), "the role {} is left", role.name);
    }
    for policy in &scene.policies {
        prop_assert!(explained.iter().any(|grant| policy.ends_with(grant)), "the policy {policy} is left");
    }
    for entity in scene.entities.keys() {
        prop_assert!(explained.contains(entity), "the entity {entity} is left");
    }
    for request in &stage.reference.requests {
        let (grant, is_touched) = (request.grant(), !request.by_hand.is_untouched());
        let Some(record) = scene.records.get(&grant).filter(|_| !is_touched) else { continue };
        let state = &record["properties"]["state"];
        let is_told = scene.is_recorded_as_over(&grant) || state == "grant-failed";
        prop_assert!(is_told, "{grant} is gone and recorded as {state}");
    }
    for grant in &explained {
        let ran = stage.installed.harness.run(&["revoke", grant, "--direct"]);
        prop_assert!(ran.exit_code == 0, "{}\n{}", ran.stdout, ran.stderr);
        check_gone(&stage.look(), grant)?;
    }
    stage.hear_timers();
    Ok(())
}
