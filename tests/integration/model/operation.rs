//! What can happen, in any order.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::ground::{Approval, Colleague, Deed, Developer, Span, Wanted};
use super::interruption::{self, Fate};

/// One step of a sequence. A number chooses among what is there: 0 is the newest, and it is counted round.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Somebody asks in Port.
    Ask(Ask),
    /// Somebody asks, it is approved where that is demanded, and its workflow runs.
    Obtain { ask: Ask, fate: Fate },
    /// Somebody approves or declines.
    Decide { request: usize, by: Colleague, approves: bool },
    /// The run is ended as failed in Port, whatever its workflow does.
    Withdraw { request: usize },
    /// The workflow of a request runs, for the first time or again.
    Grant { request: usize, fate: Fate },
    /// The workflow of a request runs with other inputs than Port's.
    Forge { request: usize, forgery: Forgery },
    /// Somebody starts the action that revokes, and its workflow runs.
    Revoke { request: usize, by: Colleague, fate: Fate },
    /// Somebody gives a grant back, and the workflow runs.
    Return { request: usize, by: Colleague, fate: Fate },
    /// Somebody wants a grant to go on, it is approved where that is demanded, and the workflow runs. Who
    /// asks is the requester of it, unless somebody is named.
    Extend { request: usize, by: Option<Developer>, span: Span, fate: Fate },
    /// The workflow of an earlier revocation, or of a timer, runs for the first time or again.
    RevokeAgain { revocation: usize, fate: Fate },
    /// The workflow of an earlier revocation, or of a timer, runs with another grant in its inputs.
    ForgeRevocation { revocation: usize, request: usize },
    /// The platform engineer revokes with her own credentials.
    RevokeDirectly { request: usize, fate: Fate },
    /// Time passes, and timers fire.
    Pass { minutes: u16 },
    /// Somebody with the right to edit the catalog changes the entity of a grant.
    EditEntity { request: usize, edit: EntityEdit },
    /// Somebody with the right to edit the catalog changes the permanent record of a grant.
    EditRecord { request: usize, edit: RecordEdit },
    /// Somebody changes the type of a resource in the catalog, or sets it right again.
    Retype { wanted: Wanted, into: Option<&'static str> },
    /// An administrator of AWS changes the role of a grant by hand.
    EditRole { request: usize, edit: RoleEdit },
    /// Somebody leaves the organisation.
    Leave { who: Developer },
    /// The sweep runs.
    Sweep { fate: Fate },
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) by: Developer,
    pub(super) wanted: Wanted,
    pub(super) further: Option<Wanted>,
    pub(super) deeds: BTreeSet<Deed>,
    pub(super) span: Span,
}

/// What is forged in the inputs of a grant's workflow, or around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgery {
    OtherResource,
    OtherRequester,
    NobodyAsked,
    MoreActions,
    LongerDuration,
    OtherRun(usize),
    UnknownRun,
    OtherBranch,
    OtherAccount,
}

/// What is changed in the entity of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityEdit {
    ArnsOfAnother(usize),
    ExpiryInThePast,
    ExpiryInTheFuture,
    Requester(Developer),
    RequesterWhoLeft,
    OtherRelations,
    State(&'static str),
    Removed,
}

/// What is changed in the permanent record of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordEdit {
    Removed,
    Ended,
    NeverEnded,
    LaterEnd,
    Requester(Developer),
    OtherActions,
    OtherDigests,
}

/// What is changed in a role by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RoleEdit {
    AdministratorAttached,
    InlinePolicy,
    PolicyWidened,
    BoundaryRemoved,
    TrustsAnother,
    TrustWithoutEnd,
    TrustWithLaterEnd,
    /// Less power, not more.
    PolicyDetached,
    /// Everything of it in AWS is gone.
    Removed,
}

fn deeds(wanted: Wanted) -> BoxedStrategy<BTreeSet<Deed>> {
    let fitting = match wanted {
        Wanted::Machine => prop_oneof![Just(Deed::Stop), Just(Deed::Start)].boxed(),
        Wanted::Bucket | Wanted::Archive => {
            prop_oneof![4 => Just(Deed::Read), 4 => Just(Deed::Write), 4 => Just(Deed::List), 1 => Just(Deed::Erase)]
                .boxed()
        }
    };
    let any = prop::sample::select(Deed::ALL.to_vec());
    prop_oneof![12 => btree_set(fitting, 1..=2), 1 => btree_set(any, 1..=2)].boxed()
}

fn ask() -> impl Strategy<Value = Ask> {
    let wanted = prop_oneof![4 => Just(Wanted::Bucket), 2 => Just(Wanted::Archive), 2 => Just(Wanted::Machine)];
    let spans = prop_oneof![
        3 => Just(Span::QuarterOfAnHour), 6 => Just(Span::Hour), 3 => Just(Span::FourHours), 1 => Just(Span::Day)
    ];
    let by = prop_oneof![3 => Just(Developer::Dana), 2 => Just(Developer::Max)];
    let further = option::weighted(0.15, prop::sample::select(Wanted::ALL.to_vec()));
    wanted
        .prop_flat_map(move |wanted| (by.clone(), Just(wanted), further.clone(), deeds(wanted), spans.clone()))
        .prop_map(|(by, wanted, further, deeds, span)| Ask { by, wanted, further, deeds, span })
}

fn colleague() -> impl Strategy<Value = Colleague> {
    prop_oneof![
        4 => Just(Colleague::Ada), 2 => Just(Colleague::A(Developer::Max)), 1 => Just(Colleague::A(Developer::Dana))
    ]
}

fn forgery() -> impl Strategy<Value = Forgery> {
    prop_oneof![
        1 => Just(Forgery::OtherResource),
        3 => Just(Forgery::OtherRequester),
        1 => Just(Forgery::NobodyAsked),
        1 => Just(Forgery::MoreActions),
        1 => Just(Forgery::LongerDuration),
        1 => any::<u8>().prop_map(|other| Forgery::OtherRun(other.into())),
        1 => Just(Forgery::UnknownRun),
        1 => Just(Forgery::OtherBranch),
        1 => Just(Forgery::OtherAccount),
    ]
}

fn entity_edit() -> impl Strategy<Value = EntityEdit> {
    prop_oneof![
        1 => any::<u8>().prop_map(|other| EntityEdit::ArnsOfAnother(other.into())),
        1 => Just(EntityEdit::ExpiryInThePast),
        1 => Just(EntityEdit::ExpiryInTheFuture),
        1 => prop::sample::select(Developer::ALL.to_vec()).prop_map(EntityEdit::Requester),
        1 => Just(EntityEdit::RequesterWhoLeft),
        1 => Just(EntityEdit::OtherRelations),
        1 => prop::sample::select(vec!["granting", "expired", "revoking", "revoke-failed", "missing"])
            .prop_map(EntityEdit::State),
        2 => Just(EntityEdit::Removed),
    ]
}

fn record_edit() -> impl Strategy<Value = RecordEdit> {
    prop_oneof![
        2 => Just(RecordEdit::Removed),
        1 => Just(RecordEdit::Ended),
        2 => Just(RecordEdit::NeverEnded),
        1 => Just(RecordEdit::LaterEnd),
        1 => prop::sample::select(Developer::ALL.to_vec()).prop_map(RecordEdit::Requester),
        1 => Just(RecordEdit::OtherActions),
        1 => Just(RecordEdit::OtherDigests),
    ]
}

fn role_edit() -> impl Strategy<Value = RoleEdit> {
    prop::sample::select(vec![
        RoleEdit::AdministratorAttached,
        RoleEdit::InlinePolicy,
        RoleEdit::PolicyWidened,
        RoleEdit::BoundaryRemoved,
        RoleEdit::TrustsAnother,
        RoleEdit::TrustWithoutEnd,
        RoleEdit::TrustWithLaterEnd,
        RoleEdit::PolicyDetached,
        RoleEdit::Removed,
    ])
}

/// One step; numbers are small, so that sequences come back to the same things.
fn operation(approval: Approval) -> impl Strategy<Value = Operation> {
    let number = || prop_oneof![5 => Just(0usize), 2 => Just(1), 2 => 2..6usize];
    let fate = interruption::fate;
    // The first run of a workflow is where most of it is decided, and what a second one has to finish.
    let first = || prop_oneof![1 => Just(Fate::Undisturbed), 1 => fate()];
    let extender = prop_oneof![4 => Just(None), 1 => Just(Some(Developer::Dana)), 1 => Just(Some(Developer::Max))];
    let extension = prop_oneof![1 => Just(Span::QuarterOfAnHour), 4 => Just(Span::Hour), 2 => Just(Span::FourHours)];
    let decisions = if approval == Approval::Demanded { 8 } else { 1 };
    let minutes = prop_oneof![Just(3), Just(8), Just(17), Just(17), Just(62), Just(62), Just(243), Just(1_470)];
    let types = prop_oneof![
        3 => Just(None), 1 => Just(Some("EC2")), 1 => Just(Some("S3"))
    ];
    prop_oneof![
        6 => ask().prop_map(Operation::Ask),
        16 => (ask(), first()).prop_map(|(ask, fate)| Operation::Obtain { ask, fate }),
        decisions => (number(), colleague(), prop::bool::weighted(0.85))
            .prop_map(|(request, by, approves)| Operation::Decide { request, by, approves }),
        1 => number().prop_map(|request| Operation::Withdraw { request }),
        14 => (number(), fate()).prop_map(|(request, fate)| Operation::Grant { request, fate }),
        5 => (number(), forgery()).prop_map(|(request, forgery)| Operation::Forge { request, forgery }),
        3 => (number(), colleague(), fate()).prop_map(|(request, by, fate)| Operation::Revoke { request, by, fate }),
        3 => (number(), colleague(), fate()).prop_map(|(request, by, fate)| Operation::Return { request, by, fate }),
        6 => (number(), extender, extension, first())
            .prop_map(|(request, by, span, fate)| Operation::Extend { request, by, span, fate }),
        6 => (number(), fate()).prop_map(|(revocation, fate)| Operation::RevokeAgain { revocation, fate }),
        2 => (number(), number())
            .prop_map(|(revocation, request)| Operation::ForgeRevocation { revocation, request }),
        2 => (number(), fate()).prop_map(|(request, fate)| Operation::RevokeDirectly { request, fate }),
        9 => minutes.prop_map(|minutes| Operation::Pass { minutes }),
        5 => (number(), entity_edit()).prop_map(|(request, edit)| Operation::EditEntity { request, edit }),
        3 => (number(), record_edit()).prop_map(|(request, edit)| Operation::EditRecord { request, edit }),
        2 => (prop::sample::select(Wanted::ALL.to_vec()), types)
            .prop_map(|(wanted, into)| Operation::Retype { wanted, into }),
        5 => (number(), role_edit()).prop_map(|(request, edit)| Operation::EditRole { request, edit }),
        1 => prop::sample::select(Developer::ALL.to_vec()).prop_map(|who| Operation::Leave { who }),
        8 => fate().prop_map(|fate| Operation::Sweep { fate }),
    ]
}

/// Sequences of at most `longest` steps.
pub(super) fn sequences(approval: Approval, longest: usize) -> impl Strategy<Value = Vec<Operation>> {
    vec(operation(approval), 6..=longest)
}
