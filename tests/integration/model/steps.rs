//! One step: it is done with the real program, the reference follows, and what came of it is held against what had to.

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::by_hand::{edit_entity, edit_record, edit_role};
use super::forged::forge;
use super::ground::{Approval, Colleague};
use super::interruption::Fate;
use super::invariants::{Allowed, Checked, check, check_gone, check_granted, check_swept};
use super::operation::{Ask, EntityEdit, Forgery, Operation, RecordEdit, RoleEdit};
use super::reference::Expected;
use super::stage::{Revocation, Scene, Stage, Started, newest};
use crate::harness::Ran;

/// Plays a whole sequence, and what must come after every one.
pub(super) fn play(stage: &mut Stage, operations: &[Operation]) -> Checked {
    for operation in operations {
        step(stage, operation).map_err(|error| in_step(error, operation))?;
    }
    super::ending::end(stage)?;
    stage.reset();
    Ok(())
}

fn in_step(error: TestCaseError, operation: &Operation) -> TestCaseError {
    match error {
        TestCaseError::Fail(reason) => TestCaseError::fail(format!("{operation:?}: {reason}")),
        rejected => rejected,
    }
}

fn step(stage: &mut Stage, operation: &Operation) -> Checked {
    let before = stage.look();
    let allowed = perform(stage, operation, &before)?;
    stage.hear_timers();
    let after = stage.look();
    stage.forget_what_is_gone(&after);
    check(&stage.reference, &before, &after, allowed)
}

fn perform(stage: &mut Stage, operation: &Operation, before: &Scene) -> Result<Allowed, TestCaseError> {
    let nothing = Allowed::default();
    match operation {
        Operation::Ask(ask) => _ = stage.ask(ask),
        Operation::Obtain { ask, fate } => return obtain(stage, ask, *fate, before),
        Operation::Pass { minutes } => stage.pass(SignedDuration::from_mins(i64::from(*minutes))),
        Operation::Retype { wanted, into } => stage.set_type(*wanted, *into),
        Operation::Leave { who } => stage.leave(*who),
        Operation::Sweep { fate } => return sweep(stage, *fate, before).map(|()| nothing),
        Operation::RevokeAgain { revocation, fate } => {
            if let Some(again) = newest(&stage.revocations, *revocation).cloned() {
                revoke(stage, &again, *fate, before)?;
            }
        }
        Operation::Decide { request, by, approves } => {
            if let Some(index) = stage.pick(*request) {
                stage.decide(index, *by, *approves);
            }
        }
        Operation::Withdraw { request } => {
            if let Some(index) = stage.pick(*request) {
                stage.withdraw(index);
            }
        }
        Operation::Grant { request, fate } => {
            // Mostly one that waits for its workflow; with a higher number, any.
            let index = if *request < 3 { stage.pick_open(*request) } else { stage.pick(*request) };
            if let Some(index) = index {
                return grant(stage, index, *fate, before);
            }
        }
        Operation::Forge { request, forgery } => {
            if let Some(index) = stage.pick_open(*request) {
                return forged(stage, index, *forgery, before);
            }
        }
        Operation::Revoke { request, .. }
        | Operation::Return { request, .. }
        | Operation::Extend { request, .. }
        | Operation::ForgeRevocation { request, .. }
        | Operation::RevokeDirectly { request, .. }
        | Operation::EditEntity { request, .. }
        | Operation::EditRecord { request, .. }
        | Operation::EditRole { request, .. } => {
            if let Some(index) = stage.pick_grant(*request, before) {
                return perform_on(stage, operation, index, before);
            }
        }
    }
    Ok(nothing)
}

/// Steps on one grant.
fn perform_on(
    stage: &mut Stage,
    operation: &Operation,
    index: usize,
    before: &Scene,
) -> Result<Allowed, TestCaseError> {
    match operation {
        Operation::Revoke { by, fate, .. } => {
            if let Some(revocation) = stage.start_revocation(index, *by, Started::ByPerson, before) {
                revoke(stage, &revocation, *fate, before)?;
            }
        }
        Operation::Return { by, fate, .. } => {
            if let Some(revocation) = stage.start_revocation(index, *by, Started::AsReturnBy(*by), before) {
                revoke(stage, &revocation, *fate, before)?;
            }
        }
        Operation::Extend { by, span, fate, .. } => {
            if let Some(extension) = stage.extend(index, *by, *span, before) {
                if stage.reference.setting.approval == Approval::Demanded {
                    stage.decide(extension, Colleague::Ada, true);
                }
                return grant(stage, extension, *fate, before);
            }
        }
        Operation::ForgeRevocation { revocation, .. } => forged_revocation(stage, *revocation, index, before)?,
        Operation::RevokeDirectly { fate, .. } => revoke_directly(stage, index, *fate, before)?,
        Operation::EditEntity { edit, .. } => edit_one_entity(stage, index, *edit, before),
        Operation::EditRecord { edit, .. } => edit_one_record(stage, index, *edit, before),
        Operation::EditRole { edit, .. } => return Ok(edit_one_role(stage, index, *edit, before)),
        _ => {}
    }
    Ok(Allowed::default())
}

fn obtain(stage: &mut Stage, ask: &Ask, fate: Fate, before: &Scene) -> Result<Allowed, TestCaseError> {
    let Some(index) = stage.ask(ask) else { return Ok(Allowed::default()) };
    if stage.reference.setting.approval == Approval::Demanded {
        stage.decide(index, Colleague::Ada, true);
    }
    grant(stage, index, fate, before)
}

fn told(ran: &Ran) -> String {
    format!("exit {}\n{}\n{}", ran.exit_code, ran.stdout, ran.stderr)
}

fn grant(stage: &mut Stage, index: usize, fate: Fate, before: &Scene) -> Result<Allowed, TestCaseError> {
    let inputs = stage.inputs(index);
    let expected =
        stage.reference.expects_grant(&stage.reference.requests[index], &stage.shown(index, before), stage.now());
    let began = stage.now();
    let ran = stage.under(fate, |installed| installed.grant(&inputs));
    stage.reference.requests[index].was_tried = true;
    let after = stage.look();
    let what = if stage.reference.requests[index].extends.is_some() { "extension" } else { "grant" };
    stage.figures.count(format!("{} {what}, {expected:?} expected, exit {}", fate.name(), ran.exit_code));
    if expected == Expected::Refused {
        prop_assert!(ran.exit_code != 0, "granted what must be refused: {}", told(&ran));
        prop_assert!(!fate.is_undisturbed() || ran.exit_code == 5, "not refused: {}", told(&ran));
        prop_assert_eq!(&after.roles, &before.roles, "refused, and something was changed: {}", told(&ran));
        return Ok(Allowed::default());
    }
    stage.note_attempt(index, began, &after);
    let is_clear = expected == Expected::Done && fate.is_undisturbed();
    prop_assert!(!is_clear || ran.exit_code == 0, "not granted: {}", told(&ran));
    if ran.exit_code == 0 {
        stage.figures.count(format!("{what} that was made"));
        let request = &stage.reference.requests[index];
        check_granted(&stage.reference, &after, request)
            .map_err(|error| TestCaseError::fail(format!("{error}: {}", told(&ran))))?;
    }
    Ok(Allowed { grant: Some(index), by_hand: None })
}

fn forged(stage: &mut Stage, index: usize, forgery: Forgery, before: &Scene) -> Result<Allowed, TestCaseError> {
    if stage.reference.requests[index].extends.is_some() {
        // Its form has no permissions to forge.
        return Ok(Allowed::default());
    }
    let dispatched = stage.inputs(index);
    let ask = stage.reference.requests[index].ask.clone();
    let mut other_run = String::new();
    if let Forgery::OtherRun(number) = forgery
        && let Some(other) = stage.pick(number)
    {
        let other = &stage.reference.requests[other];
        if other.ask == ask && other.extends.is_none() {
            // No forgery: whoever asked for the same twice may have either.
            return Ok(Allowed::default());
        }
        other_run.clone_from(&other.run_id);
    }
    let (inputs, variables) = forge(&ask, &dispatched, forgery, &other_run);
    let ran = stage.installed.step("grant", &inputs, &variables);
    stage.reference.requests[index].was_tried = true;
    stage.figures.count(format!("forged dispatch, exit {}", ran.exit_code));
    prop_assert!(ran.exit_code == 5, "a forged dispatch was not refused: {}", told(&ran));
    let after = stage.look();
    prop_assert_eq!(&after.roles, &before.roles, "a forged dispatch has changed something");
    Ok(Allowed::default())
}

fn revoke(stage: &mut Stage, revocation: &Revocation, fate: Fate, before: &Scene) -> Checked {
    let expected = expected_of(stage, revocation, before);
    let by_port = [("GITHUB_ACTOR", port_iam::sandbox::cast::PORT_APP_LOGIN)];
    let ran = stage.under(fate, |installed| installed.step("revoke", &revocation.dispatched, &by_port));
    let after = stage.look();
    let who = match revocation.started {
        Started::ByTimer => "a timer",
        Started::ByPerson => "a person",
        Started::AsReturnBy(_) => "somebody who gives back",
    };
    stage.figures.count(format!("{} revocation by {who}, {expected:?} expected, exit {}", fate.name(), ran.exit_code));
    let is_clear = fate.is_undisturbed();
    match expected {
        Expected::Done => prop_assert!(!is_clear || ran.exit_code == 0, "not revoked: {}", told(&ran)),
        Expected::Refused if is_clear => {
            prop_assert!(ran.exit_code == 5, "not refused: {}", told(&ran));
            prop_assert_eq!(&after.roles, &before.roles, "refused, and something was changed");
        }
        Expected::Refused | Expected::Either => {}
    }
    note_revocation(stage, &revocation.grant, &ran, before, &after)
}

/// What a revocation's workflow comes to when nothing goes wrong.
fn expected_of(stage: &Stage, revocation: &Revocation, before: &Scene) -> Expected {
    let Some(index) = stage.reference.by_grant(&revocation.grant) else { return Expected::Either };
    let (request, now) = (&stage.reference.requests[index], stage.now());
    let role = before.role(&revocation.grant);
    let is_denied = role.is_some_and(|role| super::access::Access::of(role).is_denied);
    let is_open = stage.status(&revocation.dispatched.run_id) == "IN_PROGRESS";
    if request.by_hand.is_record_edited {
        // Whoever may edit it can bring a grant to end too early, and can hide for whom it was.
        return Expected::Either;
    }
    let by_timer = revocation.started == Started::ByTimer;
    if !by_timer && is_open {
        return match revocation.started {
            Started::AsReturnBy(by) if !stage.reference.may_return(request, by) => Expected::Refused,
            _ => Expected::Done,
        };
    }
    if matches!(revocation.started, Started::AsReturnBy(_)) {
        return Expected::Either;
    }
    if request.by_hand.is_endless() || role.is_none() {
        return Expected::Either;
    }
    match () {
        () if request.is_over(now) => Expected::Done,
        () if request.is_running(now) && (by_timer || !is_denied) => Expected::Refused,
        () => Expected::Either,
    }
}

/// A revocation that succeeded has taken everything, and nothing brings it back.
fn note_revocation(stage: &mut Stage, grant: &str, ran: &Ran, before: &Scene, after: &Scene) -> Checked {
    if ran.exit_code != 0 {
        return Ok(());
    }
    check_gone(after, grant).map_err(|error| TestCaseError::fail(format!("{error}: {}", told(ran))))?;
    if let Some(index) = stage.reference.by_grant(grant)
        && (before.role(grant).is_some() || after.is_recorded_as_over(grant))
    {
        stage.reference.requests[index].is_revoked = true;
    }
    Ok(())
}

fn forged_revocation(stage: &mut Stage, revocation: usize, index: usize, before: &Scene) -> Checked {
    let Some(Revocation { grant, dispatched, started }) = newest(&stage.revocations, revocation).cloned() else {
        return Ok(());
    };
    let victim = &stage.reference.requests[index];
    let is_standing = victim.is_running(stage.now()) && !victim.by_hand.is_endless();
    if victim.grant() == grant
        || victim.by_hand.is_record_edited
        || before.role(&victim.grant()).is_none()
        || (started == Started::ByTimer && !is_standing)
    {
        return Ok(());
    }
    let forged = dispatched.forged(|context| context["entity"]["identifier"] = victim.grant().into());
    let ran = stage.installed.revoke(&forged);
    stage.figures.count(format!("forged revocation, exit {}", ran.exit_code));
    prop_assert!(ran.exit_code == 5, "a forged revocation was not refused: {}", told(&ran));
    let after = stage.look();
    prop_assert_eq!(&after.roles, &before.roles, "a forged revocation has changed something");
    Ok(())
}

fn revoke_directly(stage: &mut Stage, index: usize, fate: Fate, before: &Scene) -> Checked {
    let grant = stage.reference.requests[index].grant();
    if before.role(&grant).is_none() && !before.entities.contains_key(&grant) {
        return Ok(());
    }
    let ran = stage.under(fate, |installed| installed.harness.run(&["revoke", &grant, "--direct"]));
    stage.figures.count(format!("{} revocation by hand, exit {}", fate.name(), ran.exit_code));
    prop_assert!(!fate.is_undisturbed() || ran.exit_code == 0, "not revoked: {}", told(&ran));
    let after = stage.look();
    note_revocation(stage, &grant, &ran, before, &after)
}

fn edit_one_entity(stage: &mut Stage, index: usize, edit: EntityEdit, before: &Scene) {
    let grant = stage.reference.requests[index].grant();
    if !before.entities.contains_key(&grant) {
        return;
    }
    let another = match edit {
        EntityEdit::ArnsOfAnother(number) => stage.pick(number).unwrap_or(index),
        _ => index,
    };
    edit_entity(&stage.installed, &grant, edit, &stage.reference.requests[another].grant());
    let by_hand = &mut stage.reference.requests[index].by_hand;
    by_hand.is_entity_edited = true;
    by_hand.is_entity_removed |= edit == EntityEdit::Removed;
    stage.figures.count("entity edited");
}

fn edit_one_record(stage: &mut Stage, index: usize, edit: RecordEdit, before: &Scene) {
    let grant = stage.reference.requests[index].grant();
    if before.records.contains_key(&grant) {
        edit_record(&stage.installed, &grant, edit);
        stage.reference.requests[index].by_hand.is_record_edited = true;
        stage.figures.count("record edited");
    }
}

fn edit_one_role(stage: &mut Stage, index: usize, edit: RoleEdit, before: &Scene) -> Allowed {
    let request = &stage.reference.requests[index];
    let (grant, by) = (request.grant(), request.ask.by);
    let Some(role) = before.role(&grant) else { return Allowed::default() };
    // A policy that is not attached widens nothing, and may not even be there.
    let is_idle = !role.attached.iter().any(|arn| arn.contains(&grant));
    if is_idle && matches!(edit, RoleEdit::PolicyWidened | RoleEdit::PolicyDetached) {
        return Allowed::default();
    }
    edit_role(&stage.installed, &grant, by, edit);
    let by_hand = &mut stage.reference.requests[index].by_hand;
    by_hand.role.insert(edit);
    by_hand.was_widened |= by_hand.is_widened();
    stage.figures.count(format!("role edited: {edit:?}"));
    Allowed { grant: None, by_hand: Some(index) }
}

pub(super) fn sweep(stage: &mut Stage, fate: Fate, before: &Scene) -> Checked {
    let mut ran = stage.sweep(fate, false);
    if fate.is_undisturbed() && ran.exit_code == 5 {
        // It takes no more than a few live grants without a person's word.
        let after = stage.look();
        // What people have and may keep is theirs; what was widened is denied all the same, and what is over goes.
        for role in &before.roles {
            let request = stage.reference.by_grant(&role.name).map(|index| &stage.reference.requests[index]);
            let is_to_go = request.is_none_or(|it| it.is_over(before.now) || !it.by_hand.is_untouched());
            prop_assert!(is_to_go || after.roles.contains(role), "a sweep that stopped has changed {}", role.name);
        }
        let touched = stage
            .reference
            .requests
            .iter()
            .filter(|request| !request.by_hand.is_untouched() || stage.reference.left.contains(&request.ask.by));
        prop_assert!(touched.count() > 1, "the sweep stopped without a reason: {}", told(&ran));
        ran = stage.sweep(fate, true);
    }
    stage.figures.count(format!("{} sweep, exit {}", fate.name(), ran.exit_code));
    if !fate.is_undisturbed() {
        return Ok(());
    }
    let after = stage.look();
    let report = |error| TestCaseError::fail(format!("{error}: {}", told(&ran)));
    let to_look_at = check_swept(&stage.reference, before, &after).map_err(report)?;
    let findings = ran.json()["sweep"]["findings"].as_array().unwrap().clone();
    for finding in &findings {
        let (kind, arn) = (finding["kind"].as_str().unwrap(), finding["subject"].as_str().unwrap());
        let name = arn.rsplit('/').next().unwrap_or_default();
        // What an entity claims of a revocation that AWS knows nothing of is told, and so is what a record claims.
        let claims = before.entities.get(name).is_some_and(|it| it["properties"]["state"] == "revoke-failed");
        let request = stage.reference.by_grant(name).map(|index| &stage.reference.requests[index]);
        let has_reason = match kind {
            "tampered" if to_look_at.iter().any(|other| other == arn) => true,
            "tampered" if request.is_some_and(|request| request.by_hand.was_widened) => true,
            "doubtful" if claims => true,
            "tampered" | "doubtful" | "other-rules" => request.is_some_and(|request| request.by_hand.is_record_edited),
            _ => false,
        };
        prop_assert!(has_reason, "{arn} is told as {kind} without a reason: {}", told(&ran));
    }
    let code = u8::from(findings.iter().any(|finding| finding["kind"] != "other-rules"));
    prop_assert!(ran.exit_code == code, "exit {code} expected: {}", told(&ran));
    for arn in &to_look_at {
        let is_named = |finding: &serde_json::Value| finding["subject"] == **arn && finding["kind"] == "tampered";
        prop_assert!(findings.iter().any(is_named), "{arn} is not named: {}", told(&ran));
    }
    for request in &mut stage.reference.requests {
        request.by_hand.is_entity_removed &= !after.entities.contains_key(&request.grant());
    }
    Ok(())
}

impl Stage {
    /// What was done by hand to a role or an entity is gone with it.
    fn forget_what_is_gone(&mut self, scene: &Scene) {
        for request in &mut self.reference.requests {
            let grant = request.grant();
            if scene.role(&grant).is_none() {
                request.by_hand.role.retain(|edit| *edit == RoleEdit::Removed);
                request.by_hand.is_entity_removed = false;
            }
        }
    }
}
