//! Sequences that somebody thought of, or that random ones came to: each is played as it stands.

use std::collections::BTreeSet;

use super::ground::{Approval, Colleague, Deed, Developer, Span, Wanted};
use super::interruption::Fate;
use super::operation::{Ask, EntityEdit, Forgery, Operation, RoleEdit};
use super::play;

const UNDISTURBED: Fate = Fate::Undisturbed;
const SWEEP: Operation = Operation::Sweep { fate: UNDISTURBED };

/// Somebody asks to write to the bucket for an hour.
fn writing(by: Developer) -> Ask {
    Ask { by, wanted: Wanted::Bucket, further: None, deeds: BTreeSet::from([Deed::Write]), span: Span::Hour }
}

fn obtained(by: Developer) -> Operation {
    Operation::Obtain { ask: writing(by), fate: UNDISTURBED }
}

#[test]
fn somebody_who_has_left_keeps_nothing_though_the_entity_names_another() {
    for requester in [None, Some(EntityEdit::Requester(Developer::Max))] {
        let mut operations = vec![obtained(Developer::Dana)];
        operations.extend(requester.map(|edit| Operation::EditEntity { request: 0, edit }));
        operations.extend([Operation::Leave { who: Developer::Dana }, SWEEP]);
        play(Approval::NotAsked, &operations);
    }
}

#[test]
fn a_grant_that_is_cut_off_anywhere_is_finished_with_its_first_end_or_not_at_all() {
    let operations: Vec<Operation> = (15..34)
        .step_by(3)
        .flat_map(|request| {
            [
                Operation::Obtain { ask: writing(Developer::Dana), fate: Fate::CutOffBehind { request } },
                Operation::Pass { minutes: 17 },
                Operation::Grant { request: 0, fate: UNDISTURBED },
                Operation::RevokeDirectly { request: 0, fate: UNDISTURBED },
            ]
        })
        .collect();
    play(Approval::NotAsked, &operations);
}

#[test]
fn a_revocation_that_is_cut_off_anywhere_is_not_recorded_before_its_grant_is_gone_and_is_finished_later() {
    // It sends some twenty requests.
    let operations: Vec<Operation> = (2..24)
        .flat_map(|from| {
            [
                obtained(Developer::Dana),
                Operation::Revoke { request: 0, by: Colleague::Ada, fate: Fate::CutOff { from } },
                Operation::RevokeDirectly { request: 0, fate: UNDISTURBED },
            ]
        })
        .collect();
    let figures = play(Approval::NotAsked, &operations);
    let cut_off = figures.of("cut-off revocation by a person, Done expected, exit ");
    assert!(cut_off >= 15, "{cut_off}\n{figures}");
}

#[test]
fn a_timer_is_believed_only_where_the_end_of_the_role_itself_has_passed() {
    let early = [
        obtained(Developer::Dana),
        Operation::EditEntity { request: 0, edit: EntityEdit::ExpiryInThePast },
        Operation::RevokeAgain { revocation: 0, fate: UNDISTURBED },
    ];
    let figures = play(Approval::NotAsked, &early);
    assert_eq!(figures.of("undisturbed revocation by a timer, Refused expected, exit 5"), 1, "{figures}");
    let in_time = [
        obtained(Developer::Dana),
        Operation::Pass { minutes: 61 },
        Operation::RevokeAgain { revocation: 0, fate: UNDISTURBED },
    ];
    let figures = play(Approval::NotAsked, &in_time);
    assert_eq!(figures.of("undisturbed revocation by a timer, Done expected, exit 0"), 1, "{figures}");
}

#[test]
fn whatever_is_forged_in_a_dispatch_is_refused() {
    let forgeries = [
        Forgery::OtherResource,
        Forgery::OtherRequester,
        Forgery::NobodyAsked,
        Forgery::MoreActions,
        Forgery::LongerDuration,
        Forgery::OtherRun(1),
        Forgery::UnknownRun,
        Forgery::OtherBranch,
        Forgery::OtherAccount,
    ];
    let other = Ask { span: Span::QuarterOfAnHour, ..writing(Developer::Max) };
    let operations: Vec<Operation> = forgeries
        .into_iter()
        .flat_map(|forgery| {
            [
                Operation::Ask(other.clone()),
                Operation::Ask(writing(Developer::Dana)),
                Operation::Forge { request: 0, forgery },
            ]
        })
        .collect();
    play(Approval::NotAsked, &operations);
}

#[test]
fn every_widened_role_is_denied_by_the_next_sweep_and_can_be_revoked() {
    let edits = [
        RoleEdit::AdministratorAttached,
        RoleEdit::InlinePolicy,
        RoleEdit::PolicyWidened,
        RoleEdit::BoundaryRemoved,
        RoleEdit::TrustsAnother,
        RoleEdit::TrustWithoutEnd,
        RoleEdit::TrustWithLaterEnd,
    ];
    let operations: Vec<Operation> = edits
        .into_iter()
        .flat_map(|edit| {
            [
                obtained(Developer::Dana),
                Operation::EditRole { request: 0, edit },
                SWEEP,
                Operation::Grant { request: 5, fate: UNDISTURBED },
                Operation::Revoke { request: 0, by: Colleague::Ada, fate: UNDISTURBED },
            ]
        })
        .collect();
    play(Approval::NotAsked, &operations);
}

#[test]
fn an_approval_counts_only_from_whom_the_rules_name_and_not_from_the_requester() {
    let all = [Colleague::Ada, Colleague::A(Developer::Dana), Colleague::A(Developer::Max)];
    let operations: Vec<Operation> = Developer::ALL
        .into_iter()
        .flat_map(|developer| all.map(|by| (developer, by)))
        .flat_map(|(developer, by)| {
            [
                Operation::Ask(writing(developer)),
                Operation::Decide { request: 0, by, approves: true },
                Operation::Grant { request: 0, fate: UNDISTURBED },
            ]
        })
        .collect();
    play(Approval::Demanded, &operations);
}
