//! Grants that were to end and did not.

use super::*;

fn gone(seen: &mut Seen) {
    entity(seen).requester = Some("x@acme.example".to_owned());
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
    assert_eq!(unlooked(|it| role(it).end = Some(later(8 * 24 * 60))), [Action::Deny(Denial::ForGood)]);
    assert_eq!(unlooked(|it| record(it).over_since = Some(later(-126))), [Action::Deny(Denial::ForGood)]);
}
