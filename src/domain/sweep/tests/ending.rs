//! Grants that were to end and did not.

use super::*;

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
            (
                "recorded as over, without an entity",
                |it| (record(it).is_over = true, it.entities.clear()).1,
                &["revoke: its record says"],
            ),
            ("recorded as over, and denied", |it| (record(it).is_over = true, deny(it)).1, &[UNFINISHED]),
            (
                "recorded as over, as its record alone says",
                |it| record(it).is_over = true,
                &["doubtful: its record says"],
            ),
            ("gone", |it| entity(it).requester = Some("x@acme.example".to_owned()), &["revoke: its requester"]),
            ("gone by its record", |it| record(it).requester = Some("x@acme.example".to_owned()), &["revoke: its req"]),
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
