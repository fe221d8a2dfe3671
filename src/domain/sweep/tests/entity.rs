//! Entities without a role.

use super::*;

#[test]
fn an_entity_without_a_role_is_marked_and_later_removed() {
    fn alone(seen: &mut Seen) {
        seen.roles.clear();
        seen.policies.clear();
    }
    fn missing(seen: &mut Seen, minutes: i64) {
        alone(seen);
        (entity(seen).state, entity(seen).missing_since) = (Some(GrantState::Missing), Some(later(-minutes)));
    }
    check(
        NAME,
        &[
            ("live", alone, &["mark-missing:"]),
            ("live, with an old mark", |it| (missing(it, 90), entity(it).state = None).1, &["mark-missing:"]),
            ("missing for less than an hour", |it| missing(it, 59), &["waits: its role is not there"]),
            ("missing for an hour", |it| missing(it, 60), &["remove-entity: its role has been missing"]),
            (
                "revoke-failed",
                |it| (alone(it), entity(it).state = Some(GrantState::RevokeFailed)).1,
                &["remove-entity: an earlier revocation"],
            ),
            (
                "of this account",
                |it| (alone(it), entity(it).account = Some("123456789012".to_owned())).1,
                &["mark-missing:"],
            ),
            (
                "of an account that is none of ours",
                |it| (alone(it), entity(it).account = Some("210987654321".to_owned())).1,
                &["unexplained: its role is in no account"],
            ),
            (
                "of another account of ours",
                |it| {
                    alone(it);
                    it.beside.others.insert(AccountId::parse("account", "210987654321").unwrap());
                    entity(it).account = Some("210987654321".to_owned());
                },
                &[],
            ),
            (
                "said to be here and over, and recorded in another account of ours",
                |it| {
                    alone(it);
                    it.beside.others.insert(AccountId::parse("account", "210987654321").unwrap());
                    it.records.get_mut(NAME).unwrap().account = Some("210987654321".to_owned());
                    entity(it).account = Some("123456789012".to_owned());
                    entity(it).end = Some(it.now);
                },
                &[],
            ),
            (
                "said to be elsewhere, and recorded here",
                |it| {
                    alone(it);
                    it.beside.others.insert(AccountId::parse("account", "210987654321").unwrap());
                    it.records.get_mut(NAME).unwrap().account = Some("123456789012".to_owned());
                    entity(it).account = Some("210987654321".to_owned());
                },
                &["mark-missing:"],
            ),
            (
                "of no account, in a further one",
                |it| (alone(it), entity(it).account = None, it.beside.is_further = true).1,
                &[],
            ),
            (
                "with its role in another account",
                |it| {
                    alone(it);
                    entity(it).state = Some(GrantState::RevokeFailed);
                    it.beside.roles.insert(NAME.to_owned());
                },
                &[],
            ),
            (
                "while another account cannot be looked at",
                |it| {
                    alone(it);
                    entity(it).state = Some(GrantState::RevokeFailed);
                    it.beside.unseen.insert(AccountId::parse("account", "210987654321").unwrap());
                },
                &["doubtful: its role is not here, and may be in 210987654321"],
            ),
            (
                "while another cannot be looked at, recorded here",
                |it| {
                    alone(it);
                    it.beside.unseen.insert(AccountId::parse("account", "210987654321").unwrap());
                    it.records.get_mut(NAME).unwrap().account = Some("123456789012".to_owned());
                },
                &["mark-missing:"],
            ),
        ],
    );
    check(
        "Permission-bg-1",
        &[(
            "without Port, while another cannot be looked at, recorded here",
            |it| {
                alone(it);
                it.beside.unseen.insert(AccountId::parse("account", "210987654321").unwrap());
                record(it).account = Some("123456789012".to_owned());
            },
            &["doubtful: its role is not here, and may be in 210987654321"],
        )],
    );
    check("not-a-grant", &[("no grant's name", alone, &["unexplained:"])]);
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
