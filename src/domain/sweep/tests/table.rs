//! One grant, changed in one way, and everything that a sweep makes of it.

use super::*;

/// What is changed, and what comes of it, in order: steps, findings, questions. Each begins as it is written here.
type Case = (&'static str, fn(&mut Seen), &'static [&'static str]);

fn outcome(seen: &Seen) -> Vec<String> {
    let plan = judge(seen);
    let steps = plan.steps.iter().map(|step| format!("{}: {}", step.action.name(), step.why));
    let findings = plan.findings.iter().map(|finding| format!("{}: {}", finding.kind.name(), finding.what));
    steps.chain(findings).chain(plan.questions.iter().map(|question| format!("{question:?}"))).collect()
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

fn role(seen: &mut Seen) -> &mut RoleSeen {
    seen.roles.values_mut().next().unwrap()
}

fn look_at(seen: &mut Seen) -> &mut Look {
    let arn = role(seen).arn.clone();
    seen.looks.get_mut(&arn).unwrap()
}

fn policy(seen: &mut Seen) -> &mut PolicySeen {
    seen.policies.values_mut().next().unwrap()
}

fn entity(seen: &mut Seen) -> &mut EntitySeen {
    seen.entities.values_mut().next().unwrap()
}

fn record(seen: &mut Seen) -> &mut RecordSeen {
    seen.records.values_mut().next().unwrap()
}

fn deny(seen: &mut Seen) {
    look_at(seen).attached.push(account().deny_all_arn());
}

fn unknown(seen: &mut Seen) {
    seen.entities.clear();
    seen.records.clear();
}

fn verdict(seen: &mut Seen, equal: bool) {
    let name = role(seen).name.clone();
    seen.verdicts.insert(name, if equal { Verdict::Equal } else { Verdict::Differs("its run is over".to_owned()) });
}

fn gone(seen: &mut Seen) {
    entity(seen).requester = Some("x@acme.example".to_owned());
}

const UNFINISHED: &str = "revoke: an earlier revocation was not finished";

#[test]
fn a_role_that_port_does_not_know_belongs_to_whom_its_tag_says() {
    fn of(seen: &mut Seen, scope: Option<&str>) {
        unknown(seen);
        look_at(seen).scope = scope.map(str::to_owned);
    }
    check(
        NAME,
        &[
            ("not looked at", |it| (unknown(it), it.looks.clear()).1, &["Role("]),
            ("listed", |it| of(it, Some("org_2/8")), &[]),
            ("not listed", |it| of(it, Some("org_3/9")), &["foreign: Port knows no such grant, and its tag names"]),
            ("without a tag", |it| of(it, None), &["foreign: Port knows no such grant, and it bears no tag"]),
            (
                "not listed, to be denied",
                |it| (of(it, Some("org_3/9")), it.deny_foreign = true).1,
                &["deny: Port knows", "foreign: Port knows"],
            ),
            ("denied already", |it| (of(it, None), it.deny_foreign = true, deny(it)).2, &["foreign: Port knows"]),
            (
                "not listed, with an entity",
                |it| (it.records.clear(), look_at(it).scope = Some("org_3/9".to_owned())).1,
                &["foreign: Port has an entity of it and no record, and its tag names"],
            ),
            ("listed, and on record", |it| look_at(it).scope = Some("org_2/8".to_owned()), &[]),
            (
                "not listed, and on record",
                |it| look_at(it).scope = Some("org_3/9".to_owned()),
                &["deny: its tag", "tampered: its tag"],
            ),
            ("ours", |it| of(it, Some(SCOPE)), &["Run("]),
            ("ours and over", |it| (of(it, Some(SCOPE)), it.now = later(60)).1, &["revoke: its time is over"]),
        ],
    );
    check(
        "not-a-grant",
        &[
            ("not looked at", |it| (unknown(it), it.looks.clear()).1, &["Role(", "Policy("]),
            ("known, and of no grant's name", |it| it.looks.clear(), &["Role(", "Policy("]),
            (
                "ours",
                |it| it.looks.values_mut().for_each(|look| look.scope = Some(SCOPE.to_owned())),
                &["deny: it lies under our path and is no role", "tampered: it lies under", "Policy("],
            ),
        ],
    );
}

#[test]
fn of_a_role_of_another_installation_that_is_denied_everything_else_is_left_to_its_owner() {
    let mut seen = one();
    seen.deny_foreign = true;
    look_at(&mut seen).boundary = None;
    assert_eq!(actions(&seen), [Action::Deny(Denial::ForGood)]);
    unknown(&mut seen);
    look_at(&mut seen).scope = Some("org_3/9".to_owned());
    assert_eq!(actions(&seen), [Action::Deny(Denial::Alone)]);
}

#[test]
fn a_role_without_an_end_is_denied_once_and_told_each_time() {
    check(
        NAME,
        &[
            ("not looked at", |it| (role(it).end = None, it.looks.clear()).1, &["Role("]),
            ("looked at", |it| role(it).end = None, &["deny: its trust policy", "tampered: its trust policy"]),
            (
                "denied, and something else on it",
                |it| (role(it).end = None, deny(it)).1,
                &["deny: its trust policy", "tampered: its trust policy"],
            ),
            (
                "denied",
                |it| (role(it).end = None, look_at(it).attached = vec![account().deny_all_arn()]).1,
                &["tampered: its trust policy"],
            ),
            ("at work", |it| (role(it).end = None, look_at(it).is_settled = true).1, &[]),
        ],
    );
}

#[test]
fn what_was_to_end_and_did_not_is_ended() {
    check(
        NAME,
        &[
            (
                "revoke-failed, not looked at",
                |it| (entity(it).state = Some("revoke-failed".to_owned()), it.looks.clear()).1,
                &["Role("],
            ),
            (
                "revoke-failed, and denied",
                |it| (entity(it).state = Some("revoke-failed".to_owned()), deny(it)).1,
                &[UNFINISHED],
            ),
            (
                "revoke-failed, and emptied",
                |it| {
                    entity(it).state = Some("revoke-failed".to_owned());
                    look_at(it).attached.clear();
                    role(it).created = later(-1);
                },
                &[UNFINISHED],
            ),
            (
                "revoke-failed, as its entity alone says",
                |it| entity(it).state = Some("revoke-failed".to_owned()),
                &["doubtful: its entity says"],
            ),
            ("recorded as over, without an entity", |it| (record(it).is_over = true, it.entities.clear()).1, &["Run("]),
            (
                "recorded as over, and not looked at",
                |it| (record(it).is_over = true, it.entities.clear(), it.looks.clear()).1,
                &["Role("],
            ),
            (
                "recorded as over, as its run may be",
                |it| (record(it).is_over = true, it.entities.clear(), verdict(it, false)).1,
                &["revoke: its record says"],
            ),
            (
                "recorded as over, and its run cannot be asked",
                |it| {
                    record(it).is_over = true;
                    it.entities.clear();
                    it.unanswered.insert(Question::Run(NAME.to_owned()), "no answer".to_owned());
                },
                &["revoke: its record says"],
            ),
            (
                "recorded as over, with other documents",
                |it| {
                    record(it).is_over = true;
                    it.entities.clear();
                    look_at(it).policy_digest = None;
                },
                &[
                    "deny: its record says",
                    "revoke: its record says",
                    "tampered: its record says that it has ended, and its doc",
                ],
            ),
            (
                "recorded as over, and no run vouches for it",
                |it| {
                    record(it).is_over = true;
                    it.entities.clear();
                    it.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("so it is".to_owned()));
                },
                &[
                    "deny: its record says",
                    "revoke: its record says",
                    "tampered: its record says that it has ended, and so",
                ],
            ),
            (
                "recorded as over, without an entity, and denied",
                |it| (record(it).is_over = true, it.entities.clear(), deny(it)).2,
                &["revoke: its record says"],
            ),
            (
                "made while its grant ended",
                |it| (record(it).over_since = Some(later(-125)), role(it).created = later(-120)).1,
                &[],
            ),
            (
                "made again after its grant had ended",
                |it| (record(it).over_since = Some(later(-126)), role(it).created = later(-120)).1,
                &["deny: it was made after", "tampered: it was made after its grant had ended"],
            ),
            ("recorded as over, and denied", |it| (record(it).is_over = true, deny(it)).1, &[UNFINISHED]),
            (
                "recorded as over, as its record alone says",
                |it| record(it).is_over = true,
                &["doubtful: its record says"],
            ),
            ("gone, not looked at", |it| (gone(it), it.looks.clear()).1, &["Role("]),
            ("gone", gone, &["Run("]),
            ("gone, vouched for", |it| (gone(it), verdict(it, true)).1, &["revoke: its requester"]),
            ("gone, other rules since", |it| (gone(it), verdict(it, false)).1, &["revoke: its requester"]),
            (
                "gone by its record",
                |it| (record(it).requester = Some("x@acme.example".to_owned()), verdict(it, true)).1,
                &["revoke: its requester"],
            ),
            (
                "gone, and cannot be looked at",
                |it| {
                    gone(it);
                    it.looks.clear();
                    it.unanswered.insert(Question::Role(NAME.to_owned()), "no answer".to_owned());
                },
                &["revoke: its requester"],
            ),
            (
                "gone, and its run cannot be asked",
                |it| {
                    gone(it);
                    it.unanswered.insert(Question::Run(NAME.to_owned()), "no answer".to_owned());
                },
                &["revoke: its requester"],
            ),
            (
                "gone, and differs",
                |it| (gone(it), look_at(it).boundary = None).1,
                &["deny: its permissions boundary", "revoke: its requester", "tampered: its permissions boundary"],
            ),
            (
                "gone, and no run vouches for it",
                |it| {
                    gone(it);
                    it.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("so it is".to_owned()));
                },
                &["deny: it is as its record", "revoke: its requester", "tampered: it is as its record"],
            ),
            ("nobody named", |it| entity(it).requester = None, &[]),
            ("nobody told", |it| it.active = None, &[]),
            ("denied", deny, &[UNFINISHED]),
            ("denied and emptied", |it| look_at(it).attached = vec![account().deny_all_arn()], &[UNFINISHED]),
            (
                "denied, emptied, and its policies gone",
                |it| (look_at(it).attached = vec![account().deny_all_arn()], look_at(it).policy_digest = None).1,
                &[UNFINISHED],
            ),
            ("denied, with other documents", |it| (deny(it), look_at(it).policy_digest = None).1, &["Run("]),
            (
                "denied, with documents that its run vouches for",
                |it| (deny(it), look_at(it).policy_digest = None, verdict(it, true)).2,
                &[UNFINISHED],
            ),
            ("denied, with another trust", |it| (deny(it), role(it).trust_digest = "other".to_owned()).1, &["Run("]),
            ("emptied", |it| look_at(it).attached.clear(), &[UNFINISHED]),
            (
                "emptied an hour ago",
                |it| (look_at(it).attached.clear(), role(it).created = later(-60)).1,
                &[UNFINISHED],
            ),
            ("just made", |it| (look_at(it).attached.clear(), role(it).created = later(-59)).1, &[]),
            (
                "just made, its policy not seen yet",
                |it| {
                    look_at(it).attached.clear();
                    look_at(it).policy_digest = None;
                    role(it).created = later(-59);
                },
                &[],
            ),
            (
                "emptied, with another trust that its run vouches for",
                |it| (look_at(it).attached.clear(), role(it).trust_digest = "other".to_owned(), verdict(it, true)).2,
                &[UNFINISHED],
            ),
        ],
    );
}

fn further(seen: &mut Seen, number: usize, version: &str, attachments: i32) {
    let name = format!("{NAME}.{number}");
    let arn = arn("policy", &name);
    let further =
        PolicySeen { name: name.clone(), arn, version: version.to_owned(), attachments, ..policy(seen).clone() };
    seen.policies.insert(name, further);
}

fn second(seen: &mut Seen, version: &str, attachments: i32) {
    further(seen, 2, version, attachments);
}

#[test]
fn a_live_role_is_looked_at_closely_when_a_list_tells_anything_odd() {
    check(
        NAME,
        &[
            ("nothing", |it| it.looks.clear(), &[]),
            ("chosen", |it| (it.looks.clear(), it.close.insert(NAME.to_owned())).0, &["Role("]),
            ("its trust", |it| (it.looks.clear(), role(it).trust_digest = "other".to_owned()).1, &["Role("]),
            ("no record", |it| (it.looks.clear(), it.records.clear()).1, &["Role("]),
            ("no policy", |it| (it.looks.clear(), it.policies.clear()).1, &["Role("]),
            ("a version", |it| (it.looks.clear(), policy(it).version = "v2".to_owned()).1, &["Role("]),
            ("detached", |it| (it.looks.clear(), policy(it).attachments = 0).1, &["Role("]),
            ("a second policy, as it must be", |it| (it.looks.clear(), second(it, "v1", 1)).1, &[]),
            ("a version of its second policy", |it| (it.looks.clear(), second(it, "v2", 1)).1, &["Role("]),
            (
                "its second policy on something else too",
                |it| (it.looks.clear(), second(it, "v1", 2)).1,
                &["tampered:", "Role("],
            ),
            ("a policy behind a gap", |it| (it.looks.clear(), further(it, 3, "v1", 1)).1, &["Role("]),
            ("missing", |it| (it.looks.clear(), entity(it).state = Some("missing".to_owned())).1, &["unmark-missing:"]),
            ("missing, looked at", |it| entity(it).state = Some("missing".to_owned()), &["unmark-missing:"]),
        ],
    );
}

#[test]
fn a_live_role_that_differs_in_any_part_is_denied() {
    const BOUNDARY: &[&str] = &["deny: its permissions boundary", "tampered: its permissions boundary"];
    const ATTACHED: &[&str] = &["deny: arn:", "tampered: arn:"];
    check(
        NAME,
        &[
            ("no boundary", |it| look_at(it).boundary = None, BOUNDARY),
            ("another boundary", |it| look_at(it).boundary = Some("arn:aws:iam::aws:policy/x".to_owned()), BOUNDARY),
            (
                "inline",
                |it| look_at(it).inline.push("x".to_owned()),
                &["deny: it has an inline", "tampered: it has an"],
            ),
            ("no scope", |it| look_at(it).scope = None, &["deny: its tag", "tampered: its tag"]),
            ("another's policy", |it| look_at(it).attached.push(arn("policy", "Permission-r_2")), ATTACHED),
            (
                "its policy's name elsewhere",
                |it| look_at(it).attached = vec![account().iam_arn("policy", NAME)],
                ATTACHED,
            ),
            ("its second policy", |it| look_at(it).attached.push(arn("policy", "Permission-r_1.2")), &[]),
        ],
    );
}

#[test]
fn documents_that_are_not_those_of_the_record_are_vouched_for_by_the_run_or_denied() {
    const DENIED: &[&str] = &["deny: its documents are not", "tampered: its documents are not"];
    check(
        NAME,
        &[
            ("other policies", |it| look_at(it).policy_digest = Some("x".to_owned()), &["Run("]),
            ("another trust", |it| role(it).trust_digest = "x".to_owned(), &["Run("]),
            (
                "no digest on either side",
                |it| (look_at(it).policy_digest = None, record(it).policy_digest = None).1,
                &["Run("],
            ),
            ("vouched for", |it| (role(it).trust_digest = "x".to_owned(), verdict(it, true)).1, &[]),
            ("not vouched for", |it| (role(it).trust_digest = "x".to_owned(), verdict(it, false)).1, DENIED),
            ("no record", |it| it.records.clear(), &["Run("]),
            ("no record, vouched for", |it| (it.records.clear(), verdict(it, true)).1, &["record-again: its record"]),
        ],
    );
    check(
        "Permission-bg-1",
        &[
            ("not looked at", |it| it.looks.clear(), &["Role("]),
            ("as recorded", |_| (), &["Run("]),
            ("as its tags tell", |it| verdict(it, true), &[]),
            ("as other rules made it", |it| verdict(it, false), &["doubtful: it is as its record says"]),
            (
                "beyond its tags",
                |it| _ = it.verdicts.insert("Permission-bg-1".to_owned(), Verdict::Unvouched("so it is".to_owned())),
                &["deny: it is as its record says", "tampered: it is as its record says, and so it is"],
            ),
            ("not reviewed", |it| (record(it).is_reviewed = false, verdict(it, true)).1, &["review-due:"]),
            ("other policies", |it| look_at(it).policy_digest = Some("x".to_owned()), DENIED),
        ],
    );
}

#[test]
fn whoever_looks_closely_asks_the_run_whatever_entity_and_record_say() {
    fn asked(seen: &mut Seen, verdict: Option<Verdict>) {
        seen.close.insert(NAME.to_owned());
        seen.verdicts.extend(verdict.map(|verdict| (NAME.to_owned(), verdict)));
    }
    fn why() -> String {
        "so it is".to_owned()
    }
    const DOUBTFUL: &[&str] = &["doubtful: it is as its record says, and so it is"];
    const FORGED: &[&str] =
        &["deny: it is as its record says, and so it is", "tampered: it is as its record says, and so it is"];
    check(
        NAME,
        &[
            ("chosen", |it| asked(it, None), &["Run("]),
            ("odd", |it| policy(it).version = "v2".to_owned(), &["Run("]),
            ("vouched for", |it| asked(it, Some(Verdict::Equal)), &[]),
            ("other rules since", |it| asked(it, Some(Verdict::Differs(why()))), DOUBTFUL),
            (
                "its run is over",
                |it| asked(it, Some(Verdict::RunOver(why()))),
                &["revoke: its run has ended as failed"],
            ),
            ("no run", |it| asked(it, Some(Verdict::Unvouched(why()))), FORGED),
        ],
    );
}

#[test]
fn no_role_ends_later_than_any_rule_allows() {
    const LATE: &[&str] =
        &["deny: its trust policy ends later than any rule", "tampered: its trust policy ends later than any rule"];
    check(
        NAME,
        &[
            ("as long as the longest", |it| role(it).end = Some(later(-120 + 4 * 60)), &[]),
            ("decided on just before", |it| role(it).end = Some(later(-120 + 4 * 60 + 5)), &[]),
            ("later", |it| role(it).end = Some(later(-120 + 4 * 60 + 6)), LATE),
            ("no rule", |it| (role(it).end = Some(later(600)), it.longest = None).1, &[]),
        ],
    );
}

#[test]
fn a_role_that_is_not_on_record_is_recorded_again_or_taken_away() {
    fn orphan(seen: &mut Seen) {
        seen.entities.clear();
    }
    const NEVER: &[&str] = &["revoke: it was never put on record"];
    check(
        NAME,
        &[
            ("not looked at", |it| (orphan(it), it.looks.clear()).1, &["Role("]),
            ("never used", |it| (orphan(it), look_at(it).attached.clear()).1, NEVER),
            ("never used, denied", |it| (orphan(it), look_at(it).attached = vec![account().deny_all_arn()]).1, NEVER),
            (
                "denied just now, and nothing tells why",
                |it| {
                    orphan(it);
                    look_at(it).attached = vec![account().deny_all_arn()];
                    role(it).created = later(-59);
                },
                &["Run("],
            ),
            (
                "denied just now, by a sweep",
                |it| {
                    orphan(it);
                    look_at(it).attached = vec![account().deny_all_arn()];
                    role(it).created = later(-59);
                    it.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("Port knows no run".to_owned()));
                },
                &["tampered: it is not on record, and Port knows no run"],
            ),
            (
                "denied just now, on the way back",
                |it| {
                    orphan(it);
                    look_at(it).attached = vec![account().deny_all_arn()];
                    role(it).created = later(-59);
                    it.verdicts.insert(NAME.to_owned(), Verdict::RunOver("its run is over".to_owned()));
                },
                &[],
            ),
            ("being made", |it| (orphan(it), look_at(it).attached.clear(), role(it).created = later(-59)).2, &[]),
            (
                "inline",
                |it| (orphan(it), look_at(it).attached.clear(), look_at(it).inline.push("x".to_owned())).2,
                &["deny: it has an inline", "tampered: it has an inline"],
            ),
            (
                "no boundary",
                |it| (orphan(it), look_at(it).boundary = None).1,
                &["deny: its perm", "tampered: its perm"],
            ),
            ("in use", orphan, &["Run("]),
            ("vouched for", |it| (orphan(it), verdict(it, true)).1, &["record-again: Port has no entity"]),
            ("vouched for, denied", |it| (orphan(it), deny(it), verdict(it, true)).2, &[UNFINISHED]),
            (
                "not vouched for",
                |it| (orphan(it), verdict(it, false)).1,
                &["deny: it is not on record, and its run is over", "tampered: it is not on record"],
            ),
        ],
    );
    check(
        "Permission-bg-1",
        &[
            ("in use", orphan, &["Run("]),
            ("as its tags tell", |it| (orphan(it), verdict(it, true)).1, &["back-fill:", "review-due:"]),
            ("denied", |it| (orphan(it), deny(it), verdict(it, true)).2, &[UNFINISHED]),
            (
                "other than its tags tell",
                |it| (orphan(it), verdict(it, false)).1,
                &["deny: it is not on record", "tampered: it is not on record"],
            ),
        ],
    );
}

#[test]
fn a_policy_that_no_role_explains_is_removed_or_told() {
    fn alone(seen: &mut Seen) {
        seen.roles.clear();
        seen.entities.clear();
        policy(seen).attachments = 0;
    }
    fn of(seen: &mut Seen, scope: Option<&str>) {
        alone(seen);
        seen.records.clear();
        let arn = policy(seen).arn.clone();
        let scope = scope.map(str::to_owned);
        seen.looks.insert(arn, Look { scope, ..Look::default() });
    }
    fn numbered_one(seen: &mut Seen) {
        let (name, arn) = ("Permission-r_1.1".to_owned(), arn("policy", "Permission-r_1.1"));
        let policy = PolicySeen { name: name.clone(), arn, ..policy(seen).clone() };
        seen.policies.insert(name, policy);
    }
    const REMOVED: &[&str] = &["remove-policy:"];
    check(
        NAME,
        &[
            ("attached to two", |it| policy(it).attachments = 2, &["tampered: it is attached to more", "Run("]),
            ("of a number that is never given", numbered_one, &["Policy("]),
            (
                "of a number that is never given, ours",
                |it| {
                    numbered_one(it);
                    it.looks.insert(arn("policy", "Permission-r_1.1"), look(NAME));
                },
                &["tampered: it bears our tag and is no policy of a grant"],
            ),
            ("alone", alone, REMOVED),
            ("for an hour", |it| (alone(it), policy(it).created = later(-60)).1, REMOVED),
            ("since just now", |it| (alone(it), policy(it).created = later(-59)).1, &[]),
            ("attached", |it| (alone(it), policy(it).attachments = 1).1, &["tampered: it is attached to something"]),
            ("unknown", |it| (alone(it), it.records.clear()).1, &["Policy("]),
            ("unknown, ours", |it| of(it, Some(SCOPE)), REMOVED),
            ("unknown, listed", |it| of(it, Some("org_2/8")), &[]),
            ("unknown, not listed", |it| of(it, Some("org_3/9")), &["foreign: it lies under our path"]),
            ("unknown, without a tag", |it| of(it, None), &["foreign: it lies under our path"]),
            ("unknown, at work", |it| (of(it, None), it.looks.values_mut().for_each(|it| it.is_settled = true)).1, &[]),
            (
                "elsewhere under our path, not looked at",
                |it| (alone(it), policy(it).arn = account().iam_arn("policy/port-iam/x", NAME)).1,
                &["Policy("],
            ),
            (
                "elsewhere under our path, ours",
                |it| {
                    alone(it);
                    policy(it).arn = account().iam_arn("policy/port-iam/x", NAME);
                    let arn = policy(it).arn.clone();
                    it.looks.insert(arn, look(NAME));
                },
                &["tampered: it bears our tag and is no policy of a grant"],
            ),
        ],
    );
}

#[test]
fn an_entity_without_a_role_is_marked_and_later_removed() {
    fn alone(seen: &mut Seen) {
        seen.roles.clear();
        seen.policies.clear();
    }
    fn missing(seen: &mut Seen, minutes: i64) {
        alone(seen);
        (entity(seen).state, entity(seen).missing_since) = (Some("missing".to_owned()), Some(later(-minutes)));
    }
    check(
        NAME,
        &[
            ("live", alone, &["mark-missing:"]),
            ("live, with an old mark", |it| (missing(it, 90), entity(it).state = None).1, &["mark-missing:"]),
            ("missing for less than an hour", |it| missing(it, 59), &[]),
            ("missing for an hour", |it| missing(it, 60), &["remove-entity: its role has been missing"]),
            (
                "revoke-failed",
                |it| (alone(it), entity(it).state = Some("revoke-failed".to_owned())).1,
                &["remove-entity: an earlier revocation"],
            ),
            (
                "of this account",
                |it| (alone(it), entity(it).account = Some("123456789012".to_owned())).1,
                &["mark-missing:"],
            ),
            ("of another account", |it| (alone(it), entity(it).account = Some("210987654321".to_owned())).1, &[]),
        ],
    );
    check("not-a-grant", &[("no grant's name", alone, &["unexplained:"])]);
}

#[test]
fn a_sweep_stops_at_what_it_would_take_from_people_and_at_nothing_else() {
    let many = |count: usize, change: fn(&mut Seen)| {
        let mut seen = nothing();
        for number in 0..count {
            add(&mut seen, &format!("Permission-r_{number}"));
        }
        change(&mut seen);
        judge(&seen).stop.is_some()
    };
    fn tamper(seen: &mut Seen) {
        seen.looks.values_mut().for_each(|look| look.inline.push("x".to_owned()));
    }
    fn left(seen: &mut Seen) {
        for (number, (name, entity)) in seen.entities.iter_mut().enumerate() {
            entity.requester = Some(format!("gone{number}@acme.example"));
            seen.verdicts.insert(name.clone(), Verdict::Equal);
        }
    }
    fn one_left(seen: &mut Seen) {
        left(seen);
        seen.entities.values_mut().for_each(|entity| entity.requester = Some("gone@acme.example".to_owned()));
    }
    fn two_left(seen: &mut Seen) {
        one_left(seen);
        seen.entities.values_mut().next().unwrap().requester = Some("another@acme.example".to_owned());
    }
    fn phantoms(seen: &mut Seen) {
        gone(seen);
        seen.records.clear();
    }
    fn gone(seen: &mut Seen) {
        seen.roles.clear();
        seen.policies.clear();
    }
    fn all_but_one_unknown(seen: &mut Seen) {
        tamper(seen);
        seen.entities.retain(|name, _| name == "Permission-r_0");
        seen.records.retain(|name, _| name == "Permission-r_0");
    }
    fn never_used(seen: &mut Seen) {
        seen.entities.clear();
        seen.looks.values_mut().for_each(|look| look.attached.clear());
    }
    fn all_unknown(seen: &mut Seen) {
        unknown(seen);
        tamper(seen);
    }
    for (what, count, change, stops) in [
        ("five denied", 5, tamper as fn(&mut Seen), false),
        ("six denied", 6, tamper, false),
        ("six of people who have left", 6, left, true),
        ("five of people who have left", 5, left, false),
        ("six of one who has left", 6, one_left, false),
        ("six of two who have left", 6, two_left, true),
        ("six entities of nothing that was ever on record", 6, phantoms, false),
        ("five missing", 5, gone, false),
        ("six missing", 6, gone, true),
        ("a flood that Port does not know", 20, all_but_one_unknown, false),
        ("never used", 20, never_used, false),
        ("one, unknown", 1, all_unknown, false),
        ("two, all unknown", 2, all_unknown, true),
    ] {
        assert_eq!(many(count, change), stops, "{what}");
    }
}

#[test]
fn a_sweep_that_knows_nobody_goes_on_while_it_denies_one_or_an_entity_is_there() {
    let two = |change: fn(&mut Seen)| {
        let mut seen = nothing();
        for name in ["Permission-r_1", "Permission-r_2"] {
            add(&mut seen, name);
            seen.verdicts.insert(name.to_owned(), Verdict::Differs("Port knows no run".to_owned()));
        }
        unknown(&mut seen);
        change(&mut seen);
        judge(&seen).stop
    };
    assert!(two(|_| ()).is_some());
    assert_eq!(two(|it| drop(it.verdicts.insert("Permission-r_1".to_owned(), Verdict::Equal))), None);
    let elsewhere = |it: &mut Seen| {
        let account = Some("210987654321".to_owned());
        it.entities.insert("Permission-r_9".to_owned(), EntitySeen { account, ..EntitySeen::default() });
    };
    assert!(two(elsewhere).is_some());
    let here = |it: &mut Seen| _ = it.entities.insert("Permission-r_9".to_owned(), EntitySeen::default());
    assert_eq!(two(here), None);
    let on_record = |it: &mut Seen| {
        it.records.insert("Permission-r_1".to_owned(), RecordSeen::default());
    };
    assert_eq!(two(on_record), None);
    // What is over is not live, and neither is what bears no grant's name.
    let and_one_that_is_over = |it: &mut Seen| {
        add(it, "Permission-r_3");
        unknown(it);
        it.roles.get_mut("Permission-r_3").unwrap().end = Some(it.now);
    };
    assert!(two(and_one_that_is_over).unwrap().contains("none of the 2 grants"));
    let and_one_of_another_name = |it: &mut Seen| {
        it.roles.remove("Permission-r_1");
        add(it, "not-a-grant");
        unknown(it);
    };
    assert_eq!(two(and_one_of_another_name), None);
}

#[test]
fn only_what_is_live_and_on_record_takes_its_turn_in_being_looked_at() {
    let mut seen = nothing();
    for number in 0..5 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    seen.roles.get_mut("Permission-r_0").unwrap().end = Some(seen.now);
    seen.roles.get_mut("Permission-r_1").unwrap().end = None;
    seen.entities.remove("Permission-r_2");
    let all = BTreeSet::from(["Permission-r_3".to_owned(), "Permission-r_4".to_owned()]);
    assert_eq!(chosen_for_close_look(&seen, 2), all);
    assert_eq!(chosen_for_close_look(&seen, 1_000), all);
    seen.roles.clear();
    assert!(chosen_for_close_look(&seen, 2).is_empty());
}

#[test]
fn each_turn_begins_where_the_last_one_ended() {
    let mut seen = nothing();
    for number in 0..7 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    for hour in 0..10_i64 {
        seen.now = Timestamp::from_second((500_000 + hour) * 3_600).unwrap();
        seen.roles.values_mut().for_each(|role| role.end = Some(Timestamp::MAX));
        let first = usize::try_from(500_000 + hour).unwrap() * 3 % 7;
        let wanted = (0..3).map(|step| format!("Permission-r_{}", (first + step) % 7)).collect();
        assert_eq!(chosen_for_close_look(&seen, 3), wanted, "{hour}");
    }
}

#[test]
fn a_plan_tells_machines_and_people_the_same() {
    let mut seen = one();
    look_at(&mut seen).inline.push("x".to_owned());
    let plan = judge(&seen);
    assert!(plan.has_grave_findings());
    let told = plan.to_json();
    assert_eq!(told["steps"][0]["action"], "deny");
    assert_eq!(told["steps"][0]["subject"], NAME);
    assert_eq!(told["findings"][0]["kind"], "tampered");
    assert_eq!(told["findings"][0]["subject"], arn("role", NAME));
    assert_eq!(told["stopped"], serde_json::Value::Null);
    assert_eq!(plan.steps[0].to_string(), format!("deny {NAME}: it has an inline policy `x`"));
    let mut review = Plan::default();
    review.find(FindingKind::ReviewDue, NAME, "look");
    assert!(!review.has_grave_findings() && !Plan::default().has_grave_findings());
}

#[test]
fn the_last_part_of_a_grant_is_found_behind_a_gap_and_nobody_else_s_is() {
    let mut seen = one();
    for name in ["Permission-r_1.3", "Permission-r_1.03", "Permission-r_10", "Permission-r_10.7", "Permission-r_0.9"] {
        let policy = PolicySeen { name: name.to_owned(), ..policy(&mut seen).clone() };
        seen.policies.insert(name.to_owned(), policy);
    }
    let grant = |text: &str| GrantId::parse(text).unwrap();
    assert_eq!(seen.last_part_of(&grant(NAME)), 3);
    assert_eq!(seen.last_part_of(&grant("Permission-r_9")), 0);
    assert_eq!(seen.parts_of(NAME).len(), 1);
    assert!(seen.parts_of("nothing").is_empty() && seen.parts_of("Permission-r_9").is_empty());
}

#[test]
fn what_stops_power_comes_before_what_tidies_up() {
    let mut seen = nothing();
    for name in ["Permission-r_1", "Permission-r_2", "Permission-r_3"] {
        add(&mut seen, name);
    }
    seen.roles.remove("Permission-r_1");
    seen.roles.get_mut("Permission-r_2").unwrap().end = Some(seen.now);
    let third = seen.roles["Permission-r_3"].arn.clone();
    seen.looks.get_mut(&third).unwrap().boundary = None;
    seen.policies.get_mut("Permission-r_1").unwrap().attachments = 0;
    let all =
        [Action::Deny(Denial::ForGood), Action::Revoke(Reason::Expired), Action::MarkMissing, Action::RemovePolicy];
    assert_eq!(actions(&seen), all);
    let findings = |seen: &Seen| judge(seen).findings.iter().map(|finding| finding.kind).collect::<Vec<_>>();
    seen.policies.get_mut("Permission-r_3").unwrap().arn = arn("policy", "deeper/Permission-r_3");
    seen.roles.get_mut("Permission-r_2").unwrap().arn = arn("role", "deeper/Permission-r_2");
    seen.looks.insert(arn("role", "deeper/Permission-r_2"), Look::default());
    assert_eq!(findings(&seen), [FindingKind::Tampered, FindingKind::Foreign]);
}
