//! Roles: whose they are, when they end, and what may differ.

use super::*;

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
            (
                "listed, and on record",
                |it| look_at(it).scope = Some("org_2/8".to_owned()),
                &["doubtful: its tag names a listed installation, and Port has a record"],
            ),
            (
                "not listed, and on record",
                |it| look_at(it).scope = Some("org_3/9".to_owned()),
                &["deny: its tag", "tampered: its tag"],
            ),
            ("ours", |it| of(it, Some(SCOPE)), &["Run("]),
            ("ours and over", |it| (of(it, Some(SCOPE)), it.now = later(60)).1, &["Run("]),
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
            ("denied", |it| (role(it).end = None, empty_and_deny(it)).1, &["tampered: its trust policy"]),
            ("at work", |it| (role(it).end = None, look_at(it).is_settled = true).1, &["Holders("]),
        ],
    );
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

fn further(seen: &mut Seen, number: usize, version: &str, attachments: i32) {
    let name = format!("{NAME}.{number}");
    let arn = arn("policy", &name);
    let further =
        ListedPolicy { name: name.clone(), arn, version: version.to_owned(), attachments, ..policy(seen).clone() };
    seen.policies.insert(name, further);
}

fn second(seen: &mut Seen, version: &str, attachments: i32) {
    further(seen, 2, version, attachments);
}

/// Makes the first policy so many seconds after its role, which nobody has looked at.
fn made_anew(seen: &mut Seen, seconds: i64) {
    seen.looks.clear();
    policy(seen).created = role(seen).created + SignedDuration::from_secs(seconds);
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
                &["Role(", "Holders("],
            ),
            ("a first policy made just after its role", |it| made_anew(it, 60), &[]),
            ("a first policy made anew", |it| made_anew(it, 61), &["Role("]),
            (
                "a second policy made later",
                |it| {
                    second(it, "v1", 1);
                    made_anew(it, 0);
                    it.policies.values_mut().last().unwrap().created += SignedDuration::from_secs(61);
                },
                &["Role("],
            ),
            ("a role made anew", |it| (it.looks.clear(), record(it).from = Some(later(-122))).1, &["Role("]),
            ("no beginning on record", |it| (it.looks.clear(), record(it).from = None).1, &["Role("]),
            ("a policy behind a gap", |it| (it.looks.clear(), further(it, 3, "v1", 1)).1, &["Role("]),
            ("missing", |it| (it.looks.clear(), entity(it).state = Some(GrantState::Missing)).1, &["unmark-missing:"]),
            ("missing, looked at", |it| entity(it).state = Some(GrantState::Missing), &["unmark-missing:"]),
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
                |it| (empty(it), look_at(it).attached.push(account().iam_arn("policy", NAME))).1,
                ATTACHED,
            ),
            ("its second policy", |it| look_at(it).attached.push(arn("policy", "Permission-r_1.2")), &[]),
            (
                "a policy of a number that no role has",
                |it| look_at(it).attached.push(arn("policy", "Permission-r_1.101")),
                ATTACHED,
            ),
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
            (
                "of which nothing is attached yet, just made",
                |it| (made(it, -59), empty(it), look_at(it).policy_digest = None).2,
                &["waits: it is on record and can do nothing yet"],
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
    const OTHER_RULES: &[&str] =
        &["other-rules: it is as its record says and goes no further than its request, and so it is"];
    const OTHERS: &[&str] = &[
        "deny: its documents are not those of its record, and so it is",
        "tampered: its documents are not those of its record, and so it is",
    ];
    const FORGED: &[&str] =
        &["deny: it is as its record says, and so it is", "tampered: it is as its record says, and so it is"];
    check(
        NAME,
        &[
            ("chosen", |it| asked(it, None), &["Run("]),
            ("odd", |it| policy(it).created = role(it).created + SignedDuration::from_secs(61), &["Run("]),
            (
                "of another version",
                |it| policy(it).version = "v2".to_owned(),
                &["deny: its documents may differ", "tampered: its documents may differ"],
            ),
            ("as far as it is there, by today's rules", |it| asked(it, Some(Verdict::Incomplete(why()))), OTHER_RULES),
            ("vouched for", |it| asked(it, Some(Verdict::Equal)), &[]),
            ("other rules since", |it| asked(it, Some(Verdict::OtherRules(why()))), OTHER_RULES),
            ("refused for another reason", |it| asked(it, Some(Verdict::Differs(why()))), DOUBTFUL),
            (
                "its run is over",
                |it| asked(it, Some(Verdict::RunOver(why()))),
                &["revoke: its run has ended as failed"],
            ),
            ("no run", |it| asked(it, Some(Verdict::Unvouched(why()))), FORGED),
            (
                "its run is over, and its policies are others than recorded",
                |it| (asked(it, Some(Verdict::RunOver(why()))), look_at(it).policy_digest = Some("other".to_owned())).0,
                OTHERS,
            ),
            (
                "no run, and its policies are others than recorded",
                |it| {
                    (asked(it, Some(Verdict::Unvouched(why()))), look_at(it).policy_digest = Some("other".to_owned())).0
                },
                OTHERS,
            ),
        ],
    );
}

#[test]
fn no_role_ends_later_than_any_rule_can_allow() {
    const LATE: &[&str] =
        &["deny: its trust policy ends later than any rule", "tampered: its trust policy ends later than any rule"];
    const ASKED: &[&str] = &["Run(\"Permission-r_1\")"];
    const WEEK: i64 = 7 * 24 * 60;
    check(
        NAME,
        &[
            ("as long as the longest of today", |it| role(it).end = Some(later(-120 + 4 * 60)), &[]),
            // The rules were others, perhaps, when it was made: its run tells.
            ("longer than that", |it| role(it).end = Some(later(-120 + 4 * 60 + 6)), ASKED),
            ("as long as any may be", |it| role(it).end = Some(later(-120 + WEEK)), ASKED),
            ("decided on just before", |it| role(it).end = Some(later(-120 + WEEK + 5)), ASKED),
            ("later", |it| role(it).end = Some(later(-120 + WEEK + 6)), LATE),
            ("no rule", |it| (role(it).end = Some(later(600)), it.longest = None).1, &[]),
        ],
    );
}

/// Its own tags are all that could tell of it.
#[test]
fn a_grant_without_port_ends_no_later_than_any_rule_of_today_allows() {
    const WITHOUT_PORT: &str = "Permission-bg-1";
    let told = |end: Timestamp| {
        let mut seen = nothing();
        add(&mut seen, WITHOUT_PORT);
        seen.roles.get_mut(WITHOUT_PORT).unwrap().end = Some(end);
        outcome(&seen).iter().any(|it| it.starts_with("deny: its trust policy ends later than any rule"))
    };
    assert!(!told(later(-120 + 4 * 60)) && told(later(-120 + 4 * 60 + 6)));
}

#[test]
fn a_look_alone_tells_a_role_that_is_unlike_a_grant() {
    let mut seen = one();
    let look = look_at(&mut seen).clone();
    assert!(!seen.is_unlike_a_grant(NAME, &look));
    assert!(!seen.is_unlike_a_grant("not-a-grant", &look), "nobody knows what that would have to be");
    let unbounded = Look { boundary: None, ..look };
    assert!(seen.is_unlike_a_grant(NAME, &unbounded) && !seen.is_unlike_a_grant("not-a-grant", &unbounded));
}
