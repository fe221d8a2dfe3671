//! Roles of ours without an entity.

use super::*;

#[test]
fn a_role_that_is_not_on_record_is_recorded_again_or_taken_away() {
    fn orphan(seen: &mut Seen) {
        seen.entities.clear();
    }
    const NEVER: &[&str] = &["revoke: it was never put on record"];
    const LEFT: &[&str] = &["revoke: Port has a record of it and no entity, and it can do nothing"];
    check(
        NAME,
        &[
            ("not looked at", |it| (orphan(it), it.looks.clear()).1, &["Role("]),
            ("never used, and on no record", |it| (unknown(it), empty(it)).1, NEVER),
            ("never used", |it| (orphan(it), empty(it)).1, LEFT),
            ("never used, and made by a run that was repeated", |it| (orphan(it), empty(it), replace(it)).2, &["Run("]),
            (
                "emptied once its policy was replaced",
                |it| (orphan(it), empty(it), replace(it), verdict(it, false)).3,
                &[
                    "deny: Port has a record of it and no entity, and",
                    "tampered: Port has a record of it and no entity, and",
                ],
            ),
            (
                "denied and emptied once its policy was replaced",
                |it| (orphan(it), empty_and_deny(it), replace(it), verdict(it, false)).3,
                &["tampered: Port has a record of it and no entity, and"],
            ),
            (
                "never used, by a run that was repeated, which goes on",
                |it| {
                    orphan(it);
                    empty(it);
                    made(it, -59);
                    replace(it);
                    it.verdicts.insert(NAME.to_owned(), Verdict::Incomplete("a part is missing".to_owned()));
                },
                &["waits: Port has a record of it and no entity"],
            ),
            ("emptied once its policy was changed", |it| (orphan(it), empty(it), change(it)).2, &["Run("]),
            (
                "emptied once its policy was changed, and not what its run asked for",
                |it| (orphan(it), empty(it), change(it), verdict(it, false)).3,
                &[
                    "deny: Port has a record of it and no entity, and",
                    "tampered: Port has a record of it and no entity, and",
                ],
            ),
            ("never used, denied, and nothing tells why", |it| (orphan(it), empty_and_deny(it)).1, &["Run("]),
            ("never used, denied on the way back", |it| (orphan(it), empty_and_deny(it), verdict(it, false)).1, LEFT),
            (
                "never used, denied on the way back, and on no record",
                |it| (unknown(it), empty_and_deny(it), verdict(it, false)).1,
                NEVER,
            ),
            (
                "never used, denied, and its run over",
                |it| {
                    orphan(it);
                    empty_and_deny(it);
                    it.verdicts.insert(NAME.to_owned(), Verdict::RunOver("its run is over".to_owned()));
                },
                LEFT,
            ),
            (
                "denied by a sweep an hour ago",
                |it| {
                    orphan(it);
                    empty_and_deny(it);
                    it.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("Port knows no run".to_owned()));
                },
                &["tampered: Port has a record of it and no entity, and Port knows no run"],
            ),
            (
                "denied by a sweep that could not note it",
                |it| {
                    unknown(it);
                    empty_and_deny(it);
                    it.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("Port knows no run".to_owned()));
                },
                &["deny: it is not on record, and Port", "tampered: it is not on record, and Port knows no run"],
            ),
            (
                "denied just now, and nothing tells why",
                |it| {
                    orphan(it);
                    empty_and_deny(it);
                    role(it).created = later(-59);
                },
                &["Run("],
            ),
            (
                "denied just now, by a sweep",
                |it| {
                    orphan(it);
                    empty_and_deny(it);
                    role(it).created = later(-59);
                    it.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("Port knows no run".to_owned()));
                },
                &["tampered: Port has a record of it and no entity, and Port knows no run"],
            ),
            (
                "denied just now, on the way back",
                |it| {
                    orphan(it);
                    empty_and_deny(it);
                    role(it).created = later(-59);
                    it.verdicts.insert(NAME.to_owned(), Verdict::RunOver("its run is over".to_owned()));
                },
                &["waits: Port has a record of it and no entity"],
            ),
            (
                "in use, and its run is over",
                |it| {
                    orphan(it);
                    it.verdicts.insert(NAME.to_owned(), Verdict::RunOver("its run is over".to_owned()));
                },
                &[
                    "deny: Port has a record of it and no entity, and its run is over",
                    "tampered: Port has a record of it and no entity",
                ],
            ),
            (
                "being made",
                |it| (orphan(it), empty(it), role(it).created = later(-59)).2,
                &["waits: Port has a record of it and no entity"],
            ),
            (
                "being made, and on no record",
                |it| (unknown(it), empty(it), role(it).created = later(-59)).2,
                &["waits: it is on no record and can do nothing"],
            ),
            (
                "in use, on no record, and not vouched for",
                |it| (unknown(it), verdict(it, false)).1,
                &["deny: it is not on record, and its run is over", "tampered: it is not on record"],
            ),
            (
                "in use, and on a record that a sweep has made of what it found",
                |it| {
                    orphan(it);
                    record(it).trust_digest = None;
                    verdict(it, false);
                },
                &["deny: its record vouches for nothing, and", "tampered: its record vouches for nothing, and"],
            ),
            (
                "inline",
                |it| (orphan(it), empty(it), look_at(it).inline.push("x".to_owned())).2,
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
                &[
                    "deny: Port has a record of it and no entity, and its run is over",
                    "tampered: Port has a record of it and no entity",
                ],
            ),
        ],
    );
    check(
        "Permission-bg-1",
        &[
            ("in use", orphan, &["Run("]),
            ("as its tags tell", |it| (orphan(it), verdict(it, true)).1, &["back-fill:", "review-due:"]),
            (
                "as its tags tell, and due already",
                |it| (orphan(it), verdict(it, true), it.review_due.insert("Permission-bg-1".to_owned(), None)).1,
                &["back-fill:", "review-due:"],
            ),
            ("denied", |it| (orphan(it), deny(it), verdict(it, true)).2, &[UNFINISHED]),
            (
                "other than its tags tell",
                |it| (orphan(it), verdict(it, false)).1,
                &["deny: Port has a record of it and no entity", "tampered: Port has a record of it and no entity"],
            ),
        ],
    );
}

#[test]
fn what_has_no_record_here_is_denied_for_good_once() {
    fn elsewhere(seen: &mut Seen) {
        unknown(seen);
        empty_and_deny(seen);
        seen.verdicts.insert(NAME.to_owned(), Verdict::Unvouched("Port knows no run".to_owned()));
    }
    const TOLD: &[&str] = &["tampered: it is not on record, and Port knows no run"];
    check(
        "not-a-grant",
        &[("of no grant's name", |it| (unknown(it), empty_and_deny(it)).1, &["tampered: it lies under", "Policy("])],
    );
    check(
        NAME,
        &[
            ("recorded elsewhere", |it| (elsewhere(it), recorded_of(it, "210987654321")).0, TOLD),
            (
                "recorded of no account of ours",
                |it| (elsewhere(it), recorded_of(it, "999999999999")).0,
                &["deny: it is not on record, and Port knows no run", "tampered: it is not on record, and Port"],
            ),
            (
                "recorded of no account of ours, and told",
                |it| {
                    elsewhere(it);
                    recorded_of(it, "999999999999");
                    it.review_due.insert(NAME.to_owned(), Some("so it was".to_owned()));
                },
                TOLD,
            ),
            ("made elsewhere", |it| (elsewhere(it), it.beside.roles.insert(NAME.to_owned())).0, TOLD),
        ],
    );
}

/// A revocation that puts a grant without Port on record and then fails has denied and emptied it.
#[test]
fn what_a_revocation_has_put_on_record_and_left_is_told_as_what_it_is() {
    const NAME: &str = "Permission-bg-1";
    fn left(seen: &mut Seen, verdict: Verdict) {
        seen.entities.clear();
        record(seen).is_unverified = true;
        empty_and_deny(seen);
        seen.verdicts.insert(NAME.to_owned(), verdict);
    }
    fn missing() -> Verdict {
        Verdict::Incomplete("a part is missing".to_owned())
    }
    check(
        NAME,
        &[
            ("an hour ago", |it| left(it, missing()), &["revoke: Port has a record of it and no entity, and it can"]),
            (
                "just now",
                |it| (left(it, missing()), made(it, -59)).1,
                &["waits: Port has a record of it and no entity, and it can do nothing"],
            ),
            (
                "once it was widened",
                |it| left(it, Verdict::Unvouched("so it is".to_owned())),
                &["tampered: its record vouches for nothing, and so it is"],
            ),
            (
                "once it was widened, and without a denial",
                |it| (left(it, Verdict::Unvouched("so it is".to_owned())), empty(it)).1,
                &[
                    "deny: its record vouches for nothing, and so it is",
                    "tampered: its record vouches for nothing, and so it is",
                ],
            ),
            (
                "without a denial",
                |it| (left(it, missing()), empty(it)).1,
                &["revoke: Port has a record of it and no entity, and it can"],
            ),
        ],
    );
}
