//! Grants that were to end and did not.

use super::*;

fn gone(seen: &mut Seen) {
    entity(seen).requester = Some("x@acme.example".to_owned());
}

/// An entity that appears between the list and the look tells of a grant in the making, and of nothing that is over.
#[test]
fn what_is_over_ends_whatever_is_written_into_the_catalog_meanwhile() {
    let settled = |change: fn(&mut Seen)| {
        let mut seen = one();
        look_at(&mut seen).is_settled = true;
        change(&mut seen);
        actions(&seen)
    };
    assert_eq!(settled(|it| it.now = later(60)), [Action::Revoke(Reason::Expired)]);
    assert_eq!(settled(|it| it.now = later(59)), []);
    assert_eq!(settled(|it| (it.now = later(60), it.records.clear()).1), [], "nothing tells that it is ours");
}

#[test]
fn what_was_to_end_and_did_not_is_ended() {
    check(
        NAME,
        &[
            (
                "revoke-failed, not looked at",
                |it| (entity(it).state = Some(GrantState::RevokeFailed), it.looks.clear()).1,
                &["Role("],
            ),
            (
                "revoke-failed, and denied",
                |it| (entity(it).state = Some(GrantState::RevokeFailed), deny(it)).1,
                &[UNFINISHED],
            ),
            (
                "revoke-failed, and emptied",
                |it| {
                    entity(it).state = Some(GrantState::RevokeFailed);
                    empty(it);
                    made(it, -1);
                },
                &[UNFINISHED],
            ),
            (
                "revoke-failed, and denied once it was replaced",
                |it| {
                    entity(it).state = Some(GrantState::RevokeFailed);
                    (replace(it), deny(it)).1
                },
                &["Run("],
            ),
            (
                "revoke-failed, and emptied, with an inline policy in its place",
                |it| {
                    entity(it).state = Some(GrantState::RevokeFailed);
                    empty(it);
                    look_at(it).inline.push("more".to_owned());
                },
                &["deny: it has an inline policy `more`", "tampered: it has an inline policy"],
            ),
            (
                "revoke-failed, as its entity alone says",
                |it| entity(it).state = Some(GrantState::RevokeFailed),
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
                "recorded as over, and can do nothing",
                |it| (record(it).is_over = true, it.entities.clear(), empty_and_deny(it)).2,
                &["revoke: its record says"],
            ),
            (
                "recorded as over, denied, and more is attached",
                |it| {
                    record(it).is_over = true;
                    it.entities.clear();
                    deny(it);
                    look_at(it).attached.push("arn:x".to_owned());
                },
                &[
                    "deny: its record says",
                    "revoke: its record says",
                    "tampered: its record says that it has ended, and arn:x",
                ],
            ),
            (
                "recorded as over, emptied, with an inline policy in its place",
                |it| {
                    record(it).is_over = true;
                    it.entities.clear();
                    empty(it);
                    look_at(it).inline.push("more".to_owned());
                },
                &[
                    "deny: its record says",
                    "revoke: its record says",
                    "tampered: its record says that it has ended, and it has",
                ],
            ),
            (
                "recorded as over, denied, and made anew as it was",
                |it| {
                    record(it).is_over = true;
                    it.entities.clear();
                    deny(it);
                    policy(it).created = role(it).created + SignedDuration::from_secs(61);
                },
                &["Run("],
            ),
            (
                "made while its grant ended",
                |it| (record(it).over_since = Some(later(-125)), role(it).created = later(-120)).1,
                &[],
            ),
            (
                "recorded as ended in the last second that there is",
                |it| record(it).over_since = Some(jiff::Timestamp::MAX),
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
            (
                "denied by a sweep",
                |it| (deny(it), told(it)).0,
                &["revoke: a sweep had found it", "tampered: it was tampered"],
            ),
            ("denied, and marked for a review alone", |it| (deny(it), record(it).is_marked = true).0, &[UNFINISHED]),
            ("as it must be, and marked", |it| record(it).is_marked = true, &[]),
            ("denied and emptied", |it| empty_and_deny(it), &[UNFINISHED]),
            (
                "denied, emptied, and its policies gone",
                |it| (empty_and_deny(it), look_at(it).policy_digest = None).1,
                &[UNFINISHED],
            ),
            ("denied, with other documents", |it| (deny(it), look_at(it).policy_digest = None).1, &["Run("]),
            (
                "denied, with documents that its run vouches for",
                |it| (deny(it), look_at(it).policy_digest = None, verdict(it, true)).2,
                &[UNFINISHED],
            ),
            ("denied, with another trust", |it| (deny(it), role(it).trust_digest = "other".to_owned()).1, &["Run("]),
            ("emptied", |it| empty(it), &[UNFINISHED]),
            ("denied once it was replaced", |it| (replace(it), deny(it)).1, &["Run("]),
            (
                "denied and emptied once it was changed",
                |it| (change(it), empty_and_deny(it)).1,
                &["tampered: its documents may differ: arn:aws:iam::123456789012:policy/port-iam/Permission-r_1 has"],
            ),
            (
                "denied, emptied, and a part of it gone",
                |it| (replace(it), empty_and_deny(it), incomplete(it)).1,
                &[UNFINISHED],
            ),
            ("emptied, and a part of it gone", |it| (replace(it), empty(it), incomplete(it)).1, &[UNFINISHED]),
            (
                "denied, a part of it gone, and something left on it",
                |it| (replace(it), deny(it), incomplete(it)).1,
                &["deny: its documents are not", "tampered: its documents are not"],
            ),
            (
                "denied, emptied, its policies gone, and made later than its record tells",
                |it| (empty_and_deny(it), it.policies.clear(), record(it).from = Some(later(-400))).0,
                &[UNFINISHED],
            ),
            ("denied and emptied once it was replaced", |it| (replace(it), empty_and_deny(it)).1, &["Run("]),
            (
                "denied and emptied once it was replaced, and not what its run asked for",
                |it| (replace(it), empty_and_deny(it), verdict(it, false)).2,
                &["tampered: its documents are not"],
            ),
            ("emptied once it was replaced", |it| (replace(it), empty(it)).1, &["Run("]),
            (
                "denied and emptied by a sweep, which has told that it was changed",
                |it| (change(it), empty_and_deny(it), told(it)).1,
                &["revoke: a sweep had found it", "tampered: it was tampered"],
            ),
            (
                "denied and emptied once it was replaced, and marked for a review alone",
                |it| (replace(it), empty_and_deny(it), record(it).is_marked = true).1,
                &["Run("],
            ),
            (
                "denied and emptied by a sweep, which has told that it was replaced",
                |it| (replace(it), empty_and_deny(it), told(it)).1,
                &["revoke: a sweep had found it", "tampered: it was tampered"],
            ),
            ("emptied an hour ago", |it| (empty(it), made(it, -60)).1, &[UNFINISHED]),
            ("just made", |it| (empty(it), made(it, -59)).1, &["Run("]),
            (
                "just made, and what its run asked for",
                |it| (empty(it), made(it, -59), verdict(it, true)).2,
                &["waits: it is on record"],
            ),
            (
                "just made, its policy not seen yet",
                |it| {
                    empty(it);
                    look_at(it).policy_digest = None;
                    role(it).created = later(-59);
                    verdict(it, true);
                },
                &["waits: it is on record"],
            ),
            (
                "emptied, with another trust that its run vouches for",
                |it| (empty(it), role(it).trust_digest = "other".to_owned(), verdict(it, true)).2,
                &[UNFINISHED],
            ),
        ],
    );
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

/// Changes a role whose time is over.
fn over(seen: &mut Seen, change: fn(&mut Seen)) {
    change(seen);
    seen.now = later(60);
}

#[test]
fn what_was_tampered_with_and_is_over_is_told_as_it_goes() {
    const OVER: &[&str] = &["revoke: its time is over"];
    const TOLD: &[&str] = &[
        "deny: its documents are not",
        "revoke: its time is over",
        "tampered: its documents are not those of its record",
    ];
    fn widened(seen: &mut Seen) {
        role(seen).trust_digest = "other".to_owned();
    }
    fn late(seen: &mut Seen) {
        record(seen).from = Some(later(-400));
    }
    /// As a revocation leaves it that was cut off.
    fn begun(seen: &mut Seen) {
        policy(seen).attachments = 0;
        look_at(seen).policy_digest = None;
        deny(seen);
    }
    check(
        NAME,
        &[
            ("as it must be", |it| over(it, |it| it.looks.clear()), OVER),
            ("with another trust, not looked at", |it| over(it, |it| (widened(it), it.looks.clear()).1), &["Role("]),
            (
                "with another trust, and cannot be looked at",
                |it| {
                    over(it, |it| (widened(it), it.looks.clear()).1);
                    it.unanswered.insert(Question::Role(NAME.to_owned()), "no answer".to_owned());
                },
                OVER,
            ),
            ("with another trust", |it| over(it, widened), &["Run("]),
            (
                "with another trust that its run vouches for",
                |it| over(it, |it| (widened(it), verdict(it, true)).1),
                OVER,
            ),
            ("with another trust that no run vouches for", |it| over(it, |it| (widened(it), unvouched(it)).1), TOLD),
            (
                "with another trust, and its run cannot be asked",
                |it| {
                    over(it, widened);
                    it.unanswered.insert(Question::Run(NAME.to_owned()), "no answer".to_owned());
                },
                TOLD,
            ),
            ("with another trust, denied", |it| over(it, |it| (widened(it), deny(it)).1), &["Run("]),
            ("with another trust, emptied", |it| over(it, |it| (widened(it), empty(it)).1), &["Run("]),
            (
                "with another trust that no run vouches for, denied",
                |it| over(it, |it| (widened(it), deny(it), unvouched(it)).1),
                TOLD,
            ),
            (
                "with another trust that no run vouches for, emptied",
                |it| over(it, |it| (widened(it), empty(it), unvouched(it)).1),
                TOLD,
            ),
            ("denied, as a revocation leaves it", |it| over(it, begun), OVER),
            ("denied, and emptied", |it| over(it, |it| (empty_and_deny(it), begun(it)).1), OVER),
            ("denied, and made anew", |it| over(it, |it| (late(it), begun(it)).1), &["Run("]),
            ("denied once it was replaced", |it| over(it, |it| (replace(it), begun(it)).1), &["Run("]),
            (
                "denied once it was replaced, and not what its run asked for",
                |it| over(it, |it| (replace(it), begun(it), unvouched(it)).2),
                TOLD,
            ),
            (
                "denied once it was changed",
                |it| over(it, |it| (change(it), begun(it)).1),
                &["deny: its documents may", "revoke: its time is over", "tampered: its documents may"],
            ),
            ("emptied, and a part of it gone", |it| over(it, |it| (replace(it), empty(it), incomplete(it)).1), OVER),
            ("made anew as it was", |it| over(it, late), &["Run("]),
            (
                "made anew as it was, and its run asked for it",
                |it| over(it, |it| (late(it), verdict(it, true)).1),
                OVER,
            ),
            ("made anew as it was, by other rules", |it| over(it, |it| (late(it), verdict(it, false)).1), OVER),
            (
                "made anew as it was, and its run cannot be asked",
                |it| {
                    over(it, late);
                    it.unanswered.insert(Question::Run(NAME.to_owned()), "no answer".to_owned());
                },
                OVER,
            ),
            (
                "made anew as it was, and no run asked for it",
                |it| over(it, |it| (late(it), unvouched(it)).1),
                &[
                    "deny: it is as its record says, and so",
                    "revoke: its time is over",
                    "tampered: it is as its record",
                ],
            ),
            (
                "denied, and its boundary gone",
                |it| over(it, |it| (look_at(it).boundary = None, begun(it)).1),
                &["deny: its permissions boundary", "revoke: its time is over", "tampered: its permissions boundary"],
            ),
            (
                "odd, and more is attached",
                |it| over(it, |it| (widened(it), look_at(it).attached.push("arn:x".to_owned())).1),
                &["deny: arn:x", "revoke: its time is over", "tampered: arn:x is attached to it"],
            ),
            (
                "made again after its end",
                |it| over(it, |it| record(it).over_since = Some(later(-126))),
                &["deny: it was made after", "revoke: its time is over", "tampered: it was made after its grant"],
            ),
        ],
    );
}

#[test]
fn what_is_over_and_on_no_record_is_told_unless_its_run_vouches_for_it_or_it_never_could_do_anything() {
    fn forgotten(seen: &mut Seen, change: fn(&mut Seen)) {
        unknown(seen);
        over(seen, change);
    }
    const OVER: &[&str] = &["revoke: its time is over"];
    check(
        NAME,
        &[
            ("not looked at", |it| forgotten(it, |it| it.looks.clear()), &["Role("]),
            ("as one of ours", |it| forgotten(it, |_| ()), &["Run("]),
            ("vouched for", |it| forgotten(it, |it| verdict(it, true)), OVER),
            ("never live", |it| forgotten(it, empty), OVER),
            ("never live, and denied", |it| forgotten(it, empty_and_deny), OVER),
            (
                "of a grant without Port, and its tags cannot be compared",
                |it| {
                    let bare = nothing();
                    (it.roles, it.policies, it.entities, it.records) =
                        (bare.roles, bare.policies, bare.entities, bare.records);
                    add(it, "Permission-bg-1");
                    forgotten(it, |_| ());
                    it.unanswered.insert(Question::Run("Permission-bg-1".to_owned()), "no answer".to_owned());
                },
                OVER,
            ),
            (
                "forged",
                |it| forgotten(it, unvouched),
                &[
                    "deny: it is on no record, and so",
                    "revoke: its time is over",
                    "tampered: it is on no record, and so",
                ],
            ),
            (
                "its run cannot be asked",
                |it| {
                    forgotten(it, |_| ());
                    it.unanswered.insert(Question::Run(NAME.to_owned()), "no answer".to_owned());
                },
                &["deny: it is on no record", "revoke: its time is over", "tampered: it is on no record"],
            ),
            (
                "without our boundary",
                |it| forgotten(it, |it| look_at(it).boundary = None),
                &["deny: its permissions boundary", "revoke: its time is over", "tampered: its permissions boundary"],
            ),
        ],
    );
}

#[test]
fn what_lists_alone_convict_is_denied_though_nobody_can_look_at_it() {
    let unlooked = |change: fn(&mut Seen)| {
        let mut seen = one();
        seen.looks.clear();
        change(&mut seen);
        assert_eq!(outcome(&seen), ["Role(\"Permission-r_1\")"]);
        seen.unanswered.insert(Question::Role(NAME.to_owned()), "no answer".to_owned());
        actions(&seen)
    };
    assert_eq!(unlooked(|it| role(it).end = None), [Action::Deny(Denial::ForGood)]);
    assert_eq!(unlooked(|it| role(it).end = Some(later(600))), [Action::Deny(Denial::ForGood)]);
    assert_eq!(unlooked(|it| record(it).over_since = Some(later(-126))), [Action::Deny(Denial::ForGood)]);
}
