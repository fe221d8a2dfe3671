//! Roles whose time is over.

use super::*;

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
            ("replaced, a part of it gone, and in use", |it| over(it, |it| (replace(it), incomplete(it)).1), TOLD),
            (
                "with another trust, emptied, and a part of it gone",
                |it| over(it, |it| (widened(it), empty(it), incomplete(it)).1),
                TOLD,
            ),
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
                "on a record that a sweep has made of what it found",
                |it| {
                    it.entities.clear();
                    record(it).trust_digest = None;
                    over(it, unvouched);
                },
                &[
                    "deny: its record vouches for nothing, and so",
                    "revoke: its time is over",
                    "tampered: its record vouches for nothing, and so",
                ],
            ),
            (
                "without our boundary",
                |it| forgotten(it, |it| look_at(it).boundary = None),
                &["deny: its permissions boundary", "revoke: its time is over", "tampered: its permissions boundary"],
            ),
        ],
    );
}

/// A revocation that puts a grant without Port on record and then fails tells what stood there then, whoever had made it.
#[test]
fn what_a_revocation_has_put_on_record_before_it_failed_is_compared_with_its_tags_when_it_is_over() {
    const NAME: &str = "Permission-bg-1";
    const OVER: &[&str] = &["revoke: its time is over"];
    const TOLD: &[&str] = &[
        "deny: its record vouches for nothing, and",
        "revoke: its time",
        "tampered: its record vouches for nothing, and",
    ];
    fn recorded(seen: &mut Seen, change: fn(&mut Seen)) {
        seen.entities.clear();
        record(seen).is_unverified = true;
        over(seen, change);
    }
    fn says(seen: &mut Seen, verdict: fn(String) -> Verdict) {
        seen.verdicts.insert(NAME.to_owned(), verdict("so it is".to_owned()));
    }
    fn cannot_be_asked(seen: &mut Seen) {
        seen.unanswered.insert(Question::Run(NAME.to_owned()), "no answer".to_owned());
    }
    check(
        NAME,
        &[
            ("not looked at", |it| recorded(it, |it| it.looks.clear()), &["Role("]),
            ("as it was recorded", |it| recorded(it, |_| ()), &["Run("]),
            ("denied and emptied", |it| recorded(it, empty_and_deny), &["Run("]),
            ("emptied", |it| recorded(it, empty), &["Run("]),
            ("as its tags tell", |it| recorded(it, |it| verdict(it, true)), OVER),
            (
                "as its tags tell, as far as it is there",
                |it| recorded(it, |it| (empty_and_deny(it), says(it, Verdict::Incomplete)).1),
                OVER,
            ),
            ("by other rules", |it| recorded(it, |it| (empty_and_deny(it), says(it, Verdict::OtherRules)).1), OVER),
            ("refused today", |it| recorded(it, |it| (empty_and_deny(it), says(it, Verdict::Differs)).1), OVER),
            ("refused today, and live again", |it| recorded(it, |it| says(it, Verdict::Differs)), TOLD),
            (
                "refused today, and replaced before",
                |it| recorded(it, |it| (empty_and_deny(it), replace(it), says(it, Verdict::Differs)).2),
                &["revoke: its time", "tampered: its record vouches for nothing, and so it is"],
            ),
            ("with tags of another grant", |it| recorded(it, |it| says(it, Verdict::Unvouched)), TOLD),
            (
                "with tags of another grant, denied and emptied, and waiting for its review",
                |it| {
                    recorded(it, |it| (empty_and_deny(it), says(it, Verdict::Unvouched)).1);
                    (record(it).is_reviewed, record(it).is_marked) = (false, true);
                },
                &[
                    "deny: its record vouches for nothing, and",
                    "revoke: its time",
                    "tampered: its record vouches for nothing, and",
                    "review-due: it was granted without Port",
                ],
            ),
            (
                "with tags of another grant, denied and emptied, and told already",
                |it| {
                    recorded(it, |it| (empty_and_deny(it), says(it, Verdict::Beyond)).1);
                    (record(it).is_reviewed, record(it).is_marked) = (false, true);
                    it.review_due.insert(NAME.to_owned(), Some("so it was".to_owned()));
                },
                &[
                    "revoke: its time",
                    "tampered: its record vouches for nothing, and",
                    "review-due: it was granted without Port",
                ],
            ),
            ("and its tags cannot be compared", |it| recorded(it, cannot_be_asked), OVER),
        ],
    );
}
