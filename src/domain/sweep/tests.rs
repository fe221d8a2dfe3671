//! What a sweep may do, and what it may never do, whatever it sees.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::domain::grant::AwsAccount;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::names::Names;

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
        review_due: BTreeSet::new(),
        active: Some(BTreeSet::from(["dana@acme.example".to_owned()])),
        close: BTreeSet::new(),
        looks: BTreeMap::new(),
        verdicts: BTreeMap::new(),
        unanswered: BTreeMap::new(),
    }
}

#[test]
fn what_waits_for_a_review_is_found_by_every_sweep_whether_its_role_is_there_or_not() {
    let mut seen = one();
    add(&mut seen, "Permission-bg-1");
    seen.review_due = BTreeSet::from(["Permission-bg-1".to_owned(), "Permission-bg-2".to_owned()]);
    let plan = judge(&seen);
    let found: Vec<(FindingKind, &str)> = plan.findings.iter().map(|it| (it.kind, it.subject.as_str())).collect();
    let there = arn("role", "Permission-bg-1");
    assert_eq!(found, [(FindingKind::ReviewDue, "Permission-bg-2"), (FindingKind::ReviewDue, there.as_str())]);
    assert!(!plan.has_grave_findings());
}

fn arn(kind: &str, name: &str) -> String {
    account().iam_arn(&format!("{kind}/port-iam"), name)
}

fn look(name: &str) -> Look {
    Look {
        is_settled: false,
        scope: Some(SCOPE.to_owned()),
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
    seen.roles.insert(name.to_owned(), RoleSeen { name: name.to_owned(), arn: role, created, end, trust_digest });
    let version = "v1".to_owned();
    let policy = PolicySeen { name: name.to_owned(), arn: policy, created, attachments: 1, version };
    seen.policies.insert(name.to_owned(), policy);
    let requester = Some("Dana@acme.example".to_owned());
    let state = Some("live".to_owned());
    seen.entities.insert(name.to_owned(), EntitySeen { requester, state, ..EntitySeen::default() });
    let (trust_digest, policy_digest) = (Some("trust".to_owned()), Some("policies".to_owned()));
    seen.records.insert(
        name.to_owned(),
        RecordSeen { trust_digest, policy_digest, is_reviewed: true, ..RecordSeen::default() },
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

#[test]
fn an_edited_entity_does_not_hide_that_the_requester_of_the_record_has_left() {
    let mut seen = one();
    seen.records.get_mut("Permission-r_1").unwrap().requester = Some("Gone@acme.example".to_owned());
    seen.verdicts.insert("Permission-r_1".to_owned(), Verdict::Equal);
    assert_eq!(actions(&seen), [Action::Revoke(Reason::RequesterInactive)]);
    seen.records.get_mut("Permission-r_1").unwrap().requester = Some("Dana@acme.example".to_owned());
    assert_eq!(actions(&seen), []);
}

#[test]
fn a_good_grant_needs_nothing_and_no_closer_look() {
    let mut seen = one();
    assert_eq!(judge(&seen), Plan::default());
    seen.looks.clear();
    assert_eq!(judge(&seen), Plan::default());
}

#[test]
fn the_end_is_the_first_moment_that_is_over() {
    let mut seen = one();
    seen.now = later(60);
    assert_eq!(actions(&seen), [Action::Revoke(Reason::Expired)]);
    seen.now = later(59);
    assert_eq!(actions(&seen), []);
}

#[test]
fn the_grace_period_is_an_hour_to_the_second() {
    let mut seen = nothing();
    let missing =
        |since| EntitySeen { state: Some("missing".to_owned()), missing_since: Some(since), ..EntitySeen::default() };
    seen.entities.insert("Permission-r_1".to_owned(), missing(later(-59)));
    assert_eq!(actions(&seen), []);
    seen.entities.insert("Permission-r_1".to_owned(), missing(later(-60)));
    assert_eq!(actions(&seen), [Action::RemoveEntity]);
}

#[test]
fn an_entity_of_what_has_ended_is_removed_with_its_role_and_not_marked_first() {
    let mut seen = nothing();
    let until = |end| EntitySeen { end: Some(end), ..EntitySeen::default() };
    seen.entities.insert("Permission-r_1".to_owned(), until(later(1)));
    assert_eq!(actions(&seen), [Action::MarkMissing]);
    seen.records.insert("Permission-r_1".to_owned(), RecordSeen { is_over: true, ..RecordSeen::default() });
    assert_eq!(actions(&seen), [Action::RemoveEntity]);
    seen.records.clear();
    seen.entities.insert("Permission-r_1".to_owned(), until(later(0)));
    assert_eq!(actions(&seen), [Action::RemoveEntity]);
}

#[test]
fn an_entity_of_another_account_is_not_missed_here() {
    let mut seen = nothing();
    let account = Some("210987654321".to_owned());
    seen.entities.insert("Permission-r_1".to_owned(), EntitySeen { account, ..EntitySeen::default() });
    assert_eq!(judge(&seen), Plan::default());
}

#[test]
fn five_live_grants_may_be_taken_and_of_many_one_in_ten() {
    for (all, taken, stops) in [(6, 5, false), (6, 6, true), (100, 10, false), (100, 11, true)] {
        let mut seen = nothing();
        for number in 0..all {
            add(&mut seen, &format!("Permission-r_{number}"));
        }
        for (number, (name, entity)) in seen.entities.iter_mut().take(taken).enumerate() {
            entity.requester = Some(format!("gone{number}@acme.example"));
            seen.verdicts.insert(name.clone(), Verdict::Equal);
        }
        let plan = judge(&seen);
        assert_eq!((plan.steps.len(), plan.stop.is_some()), (taken, stops), "{taken} of {all}: {:?}", plan.stop);
    }
}

#[test]
fn what_has_expired_never_stops_a_sweep() {
    let mut seen = nothing();
    for number in 0..50 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    seen.now = later(60);
    let plan = judge(&seen);
    assert_eq!((plan.steps.len(), plan.stop), (50, None));
}

#[test]
fn a_port_that_knows_nothing_of_the_account_stops_the_sweep() {
    let mut seen = nothing();
    for name in ["Permission-r_1", "Permission-r_2"] {
        add(&mut seen, name);
        seen.verdicts.insert(name.to_owned(), Verdict::Differs("Port knows no run".to_owned()));
    }
    seen.entities.clear();
    seen.records.clear();
    let plan = judge(&seen);
    assert!(plan.stop.is_some_and(|stop| stop.contains("none of the 2 grants")));
}

#[test]
fn the_second_policy_of_a_grant_is_told_from_a_grant_whose_run_ends_in_a_number() {
    let policy = |name: &str| PolicySeen {
        name: name.to_owned(),
        arn: arn("policy", name),
        created: later(-120),
        attachments: 0,
        version: "v1".to_owned(),
    };
    for (name, grant) in [
        ("Permission-r_1", Some("Permission-r_1")),
        ("Permission-r_1.2", Some("Permission-r_1")),
        ("Permission-r_1-2", Some("Permission-r_1-2")),
        ("Permission-r_1.", None),
        ("Permission-r_1.x", None),
        ("Permission-r_1.2x", None),
        ("Permission-r_1.2.2", None),
        ("Permission-r_1.02", None),
        ("Permission-r_1.0", None),
        ("Permission-r_1.1", None),
        ("not-a-grant.2", None),
    ] {
        assert_eq!(policy(name).grant().as_ref().map(GrantId::as_str), grant, "{name}");
    }
    let mut seen = one();
    seen.policies.insert("Permission-r_1.2".to_owned(), PolicySeen { attachments: 1, ..policy("Permission-r_1.2") });
    assert_eq!(judge(&seen), Plan::default());
    assert_eq!(
        (seen.parts_of("Permission-r_1").len(), seen.last_part_of(&GrantId::parse("Permission-r_1").unwrap())),
        (2, 2)
    );
}

#[test]
fn close_looks_take_turns_and_everybody_has_one() {
    let mut seen = nothing();
    for number in 0..25 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    assert_eq!(chosen_for_close_look(&seen, 100).len(), 25);
    assert!(chosen_for_close_look(&seen, 0).is_empty());
    let mut looked = BTreeSet::new();
    for role in seen.roles.values_mut() {
        role.end = Some(later(60 * 24));
    }
    for hour in 0..3 {
        seen.now = later(60 * hour);
        let chosen = chosen_for_close_look(&seen, 10);
        assert_eq!(chosen.len(), 10);
        looked.extend(chosen);
    }
    assert_eq!(looked.len(), 25);
}

/// What the steps of a plan make of the world, and answers to its questions that change nothing.
fn apply(seen: &mut Seen, plan: &Plan) {
    for step in &plan.steps {
        let name = step.subject.as_str();
        match step.action {
            Action::Deny(denial) => {
                let look = seen.looks.get_mut(&seen.roles[name].arn).unwrap();
                if denial == Denial::ForGood {
                    (look.attached, look.inline) = (Vec::new(), Vec::new());
                }
                look.attached.push(account().deny_all_arn());
            }
            Action::Revoke(_) | Action::RemoveEntity => {
                seen.roles.remove(name);
                seen.entities.remove(name);
                seen.policies.retain(|_, policy| policy.grant().is_none_or(|grant| grant.as_str() != name));
                seen.records.entry(name.to_owned()).or_default().is_over = true;
            }
            Action::RecordAgain | Action::BackFill => {
                let (role, policies) = (&seen.roles[name], &seen.looks[&seen.roles[name].arn].policy_digest);
                let record = RecordSeen {
                    trust_digest: Some(role.trust_digest.clone()),
                    policy_digest: policies.clone(),
                    ..RecordSeen::default()
                };
                seen.records.insert(name.to_owned(), record);
                seen.entities.entry(name.to_owned()).or_default().state = Some("live".to_owned());
            }
            Action::MarkMissing => {
                let entity = seen.entities.get_mut(name).unwrap();
                (entity.state, entity.missing_since) = (Some("missing".to_owned()), Some(seen.now));
            }
            Action::UnmarkMissing => seen.entities.get_mut(name).unwrap().state = Some("live".to_owned()),
            Action::RemovePolicy => seen.policies.retain(|_, policy| policy.arn != name),
        }
    }
}

prop_compose! {
    /// One grant with anything about it changed.
    fn anything()(
        name in prop::sample::select(vec![
            "Permission-r_1", "Permission-r_3", "Permission-r_2.2", "Permission-bg-1", "not-a-grant", "Permission-",
        ]),
        parts in prop::collection::vec(prop::bool::weighted(0.75), 4),
        end in prop::option::of(-30_i64..90),
        age in 0_i64..200,
        sub_path in prop::bool::weighted(0.1),
        scope in prop::sample::select(vec![None, Some(SCOPE), Some(SCOPE), Some(SCOPE), Some("org_2/8"), Some("org_3/9")]),
        boundary in prop::bool::weighted(0.8),
        attached in prop_oneof![
            Just(vec!["own"]), prop::sample::subsequence(vec!["own", "AWSDenyAll", "other"], 0..=3),
        ],
        inline in prop::bool::weighted(0.1),
        policies in prop::sample::select(vec![None, Some("policies"), Some("others")]),
        trust in prop::sample::select(vec!["trust", "other"]),
        state in prop::sample::select(vec!["live", "live", "missing", "revoke-failed"]),
        (since, requester, is_over) in (prop::option::of(-90_i64..0), any::<bool>(), prop::bool::weighted(0.2)),
        told_end in prop::option::of(-90_i64..90),
        (equal, settled, attachments, deny_foreign) in (any::<bool>(), prop::bool::weighted(0.1), 0_i32..3, any::<bool>()),
    ) -> Seen {
        let mut seen = nothing();
        seen.deny_foreign = deny_foreign;
        add(&mut seen, name);
        let role = seen.roles.get_mut(name).unwrap();
        role.end = end.map(later);
        role.created = later(-age);
        role.trust_digest = trust.to_owned();
        if sub_path {
            role.arn = account().iam_arn("role/port-iam/deeper", name);
        }
        let all = |word: &&str| match *word {
            "own" => arn("policy", name),
            word => format!("arn:aws:iam::aws:policy/{word}"),
        };
        let look = Look {
            is_settled: settled,
            scope: scope.map(str::to_owned),
            boundary: boundary.then(|| account().boundary_arn(&Names::default())),
            attached: attached.iter().map(all).collect(),
            inline: inline.then(|| "inline".to_owned()).into_iter().collect(),
            policy_digest: policies.map(str::to_owned),
        };
        seen.looks.insert(role.arn.clone(), look.clone());
        let policy = seen.policies.get_mut(name).unwrap();
        policy.created = later(-age);
        policy.attachments = attachments;
        seen.looks.insert(policy.arn.clone(), look);
        let entity = seen.entities.get_mut(name).unwrap();
        entity.state = Some(state.to_owned());
        entity.missing_since = since.map(later);
        entity.end = told_end.map(later);
        entity.requester = Some(if requester { "dana@acme.example" } else { "gone@acme.example" }.to_owned());
        seen.records.get_mut(name).unwrap().is_over = is_over;
        let verdict = if equal { Verdict::Equal } else { Verdict::Differs("no".to_owned()) };
        seen.verdicts.insert(name.to_owned(), verdict);
        if !parts[0] { seen.roles.remove(name); }
        if !parts[1] { seen.policies.remove(name); }
        if !parts[2] { seen.entities.remove(name); }
        if !parts[3] { seen.records.remove(name); }
        seen
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn after_a_sweep_there_is_nothing_left_to_do(mut seen in anything()) {
        let plan = judge(&seen);
        prop_assert!(plan.questions.is_empty(), "{:?}", plan.questions);
        apply(&mut seen, &plan);
        // What was denied can do nothing any more, and is taken away like anything that a revocation has left.
        let denied: BTreeSet<&str> = plan.steps.iter().filter(|step| matches!(step.action, Action::Deny(_))).map(|step| step.subject.as_str()).collect();
        let again = judge(&seen);
        for step in &again.steps {
            let is_rest = matches!(step.action, Action::Revoke(Reason::Unfinished | Reason::NeverUsed));
            prop_assert!(is_rest && denied.contains(step.subject.as_str()), "{:?} and then {:?}", plan, again);
        }
        apply(&mut seen, &again);
        prop_assert!(judge(&seen).steps.is_empty(), "{:?} and then {:?}", plan, again);
    }

    #[test]
    fn only_what_is_ours_by_name_and_place_is_taken_and_only_roles_under_our_path_are_denied(seen in anything()) {
        for step in judge(&seen).steps {
            match step.action {
                Action::RemovePolicy => prop_assert!(step.subject.starts_with(&arn("policy", "Permission-"))),
                Action::Deny(_) => prop_assert!(seen.roles[&step.subject].arn.contains(":role/port-iam/")),
                Action::Revoke(_) | Action::RecordAgain | Action::BackFill | Action::UnmarkMissing => {
                    prop_assert!(seen.grant_of(&seen.roles[&step.subject]).is_some());
                }
                Action::MarkMissing | Action::RemoveEntity => {
                    prop_assert!(!seen.roles.contains_key(&step.subject) && step.subject.starts_with("Permission-"));
                }
            }
        }
    }

    #[test]
    fn what_another_installation_made_and_port_does_not_know_is_never_touched(mut seen in anything()) {
        seen.entities.clear();
        seen.records.clear();
        for look in seen.looks.values_mut() {
            look.scope = Some("org_2/8".to_owned());
        }
        let plan = judge(&seen);
        prop_assert!(plan.steps.is_empty(), "{:?}", plan);
    }

    #[test]
    fn nothing_that_works_and_has_expired_or_differs_is_passed_over_in_silence(
        mut seen in anything(), is_changed in any::<bool>(),
    ) {
        if is_changed {
            seen.looks.values_mut().for_each(|look| look.inline.push("inline".to_owned()));
        }
        let plan = judge(&seen);
        for role in seen.roles.values() {
            let look = &seen.looks[&role.arn];
            // What bears the tag of a listed installation is that one's to judge.
            let is_another = look.scope.as_deref() == Some("org_2/8");
            let is_ours = seen.grant_of(role).is_some() && seen.is_known(&role.name) && !is_another;
            let bad = role.end.is_none_or(|end| end <= seen.now) || !look.inline.is_empty();
            let told = plan.steps.iter().any(|step| step.subject == role.name)
                || plan.findings.iter().any(|finding| finding.subject == role.arn);
            prop_assert!(!is_ours || !bad || look.is_settled || told, "{:?}", plan);
        }
    }
}
