//! What a sweep may do, and what it may never do, whatever it sees: one file for each module that decides.

mod close_look;
mod ending;
mod entity;
mod orphan;
mod over;
mod plan;
mod policy;
mod properties;
mod role;
mod seen;
mod stop;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::identifier::AccountId;
use crate::domain::names::Names;
use crate::domain::state::GrantState;

const SCOPE: &str = "org_1/7";

fn now() -> Timestamp {
    "2026-11-23T20:00:00Z".parse().unwrap()
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn account() -> AwsAccount {
    AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() }
}

fn nothing() -> Seen {
    Seen {
        names: Names::default(),
        account: account(),
        scope: SCOPE.to_owned(),
        other_installations: BTreeSet::from(["org_2/8".to_owned()]),
        now: now(),
        longest: Some(SignedDuration::from_hours(4)),
        deny_foreign: false,
        roles: BTreeMap::new(),
        policies: BTreeMap::new(),
        entities: BTreeMap::new(),
        records: BTreeMap::new(),
        beside: Beside::default(),
        review_due: BTreeMap::new(),
        active: Some(BTreeSet::from(["dana@acme.example".to_owned()])),
        close: BTreeSet::new(),
        looks: BTreeMap::new(),
        held_elsewhere: BTreeMap::new(),
        verdicts: BTreeMap::new(),
        unanswered: BTreeMap::new(),
    }
}

fn arn(kind: &str, name: &str) -> String {
    account().iam_arn(&format!("{kind}/port-iam"), name)
}

fn look(name: &str) -> Look {
    Look {
        is_settled: false,
        scope: Some(SCOPE.to_owned()),
        requester: Some("dana@acme.example".to_owned()),
        boundary: Some(account().boundary_arn(&Names::default())),
        attached: vec![arn("policy", name)],
        inline: Vec::new(),
        policy_digest: Some("policies".to_owned()),
    }
}

/// A grant that is as it must be, ends in an hour and was made two hours ago.
fn add(seen: &mut Seen, name: &str) {
    let (role, policy) = (arn("role", name), arn("policy", name));
    let created = later(-120);
    let (end, trust_digest) = (Some(later(60)), "trust".to_owned());
    seen.looks.insert(role.clone(), look(name));
    seen.roles.insert(name.to_owned(), ListedRole { name: name.to_owned(), arn: role, created, end, trust_digest });
    let version = "v1".to_owned();
    let policy = ListedPolicy { name: name.to_owned(), arn: policy, created, attachments: 1, version };
    seen.policies.insert(name.to_owned(), policy);
    let requester = Some("Dana@acme.example".to_owned());
    let state = Some(GrantState::Live);
    seen.entities.insert(name.to_owned(), EntitySeen { requester, state, ..EntitySeen::default() });
    let (trust_digest, policy_digest) = (Some("trust".to_owned()), Some("policies".to_owned()));
    seen.records.insert(
        name.to_owned(),
        RecordSeen { trust_digest, policy_digest, from: Some(created), is_reviewed: true, ..RecordSeen::default() },
    );
}

fn one() -> Seen {
    let mut seen = nothing();
    add(&mut seen, "Permission-r_1");
    seen
}

fn actions(seen: &Seen) -> Vec<Action> {
    judge(seen).steps.iter().map(|step| step.action).collect()
}

/// What is changed, and what comes of it, in order: steps, findings, what waits, questions. Each begins as it is written here.
type Case = (&'static str, fn(&mut Seen), &'static [&'static str]);

fn outcome(seen: &Seen) -> Vec<String> {
    let plan = judge(seen);
    let steps = plan.steps.iter().map(|step| format!("{}: {}", step.action.name(), step.why));
    let findings = plan.findings.iter().map(|finding| format!("{}: {}", finding.kind.name(), finding.what));
    let waiting = plan.waiting.iter().map(|waiting| format!("waits: {}", waiting.why));
    steps.chain(findings).chain(waiting).chain(plan.questions.iter().map(|question| format!("{question:?}"))).collect()
}

fn check(name: &str, cases: &[Case]) {
    for (what, change, expected) in cases {
        let mut seen = nothing();
        add(&mut seen, name);
        change(&mut seen);
        let told = outcome(&seen);
        let fits = told.len() == expected.len() && std::iter::zip(&told, *expected).all(|(is, it)| is.starts_with(it));
        assert!(fits, "{what}: {told:?}");
    }
}

const NAME: &str = "Permission-r_1";

fn role(seen: &mut Seen) -> &mut ListedRole {
    seen.roles.values_mut().next().unwrap()
}

fn look_at(seen: &mut Seen) -> &mut Look {
    let arn = role(seen).arn.clone();
    seen.looks.get_mut(&arn).unwrap()
}

fn policy(seen: &mut Seen) -> &mut ListedPolicy {
    seen.policies.values_mut().next().unwrap()
}

fn entity(seen: &mut Seen) -> &mut EntitySeen {
    seen.entities.values_mut().next().unwrap()
}

fn record(seen: &mut Seen) -> &mut RecordSeen {
    seen.records.values_mut().next().unwrap()
}

/// Makes role, policy and record so many minutes from now.
fn made(seen: &mut Seen, minutes: i64) {
    role(seen).created = later(minutes);
    policy(seen).created = later(minutes);
    record(seen).from = Some(later(minutes));
}

/// Has its policy another default version, as whoever widens it leaves it.
fn change(seen: &mut Seen) {
    policy(seen).version = "v2".to_owned();
    look_at(seen).policy_digest = Some("other".to_owned());
}

/// Has its policy made anew, as whoever deletes and creates it leaves it.
fn replace(seen: &mut Seen) {
    policy(seen).created = role(seen).created + SignedDuration::from_secs(61);
    look_at(seen).policy_digest = Some("other".to_owned());
}

fn unvouched(seen: &mut Seen) {
    seen.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("so it is".to_owned()));
}

/// Lets the record of its name be of a grant in `account`, beside another one of the installation.
fn recorded_of(seen: &mut Seen, account: &str) {
    seen.beside.others.insert(AccountId::parse("account", "210987654321").unwrap());
    seen.beside.recorded.insert(NAME.to_owned(), account.to_owned());
}

/// A sweep has noted what it found.
fn told(seen: &mut Seen) {
    record(seen).is_marked = true;
    seen.review_due.insert(NAME.to_owned(), Some("so it was".to_owned()));
}

/// Its run says that what is there is as it must be, and that a part is missing.
fn incomplete(seen: &mut Seen) {
    seen.verdicts.insert(NAME.to_owned(), Verdict::Incomplete("so it is".to_owned()));
}

fn deny(seen: &mut Seen) {
    look_at(seen).attached.push(account().deny_all_arn());
}

/// Takes away what hangs on the role.
fn empty(seen: &mut Seen) {
    look_at(seen).attached.clear();
    policy(seen).attachments = 0;
}

fn empty_and_deny(seen: &mut Seen) {
    empty(seen);
    deny(seen);
}

fn unknown(seen: &mut Seen) {
    seen.entities.clear();
    seen.records.clear();
}

fn verdict(seen: &mut Seen, equal: bool) {
    let name = role(seen).name.clone();
    seen.verdicts.insert(name, if equal { Verdict::Equal } else { Verdict::Differs("its run is over".to_owned()) });
}

const UNFINISHED: &str = "revoke: an earlier revocation was not finished";
