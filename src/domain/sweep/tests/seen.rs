//! What the catalog and the names tell of a grant: its policies, its people, its account.

use super::*;
use crate::domain::identifier::GrantId;

#[test]
fn the_last_part_of_a_grant_is_found_behind_a_gap_and_nobody_else_s_is() {
    let mut seen = one();
    for name in ["Permission-r_1.3", "Permission-r_1.03", "Permission-r_10", "Permission-r_10.7", "Permission-r_0.9"] {
        let policy = ListedPolicy { name: name.to_owned(), ..policy(&mut seen).clone() };
        seen.policies.insert(name.to_owned(), policy);
    }
    let grant = |text: &str| GrantId::parse(text).unwrap();
    assert_eq!(seen.last_part_of(&grant(NAME)), 3);
    assert_eq!(seen.last_part_of(&grant("Permission-r_9")), 0);
    assert_eq!(
        seen.parts_of(NAME).iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        [NAME, "Permission-r_1.3"]
    );
    assert!(seen.parts_of("nothing").is_empty() && seen.parts_of("Permission-r_9").is_empty());
}

#[test]
fn the_second_policy_of_a_grant_is_told_from_a_grant_whose_run_ends_in_a_number() {
    let policy = |name: &str| ListedPolicy {
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
    seen.policies.insert("Permission-r_1.2".to_owned(), ListedPolicy { attachments: 1, ..policy("Permission-r_1.2") });
    look_at(&mut seen).attached.push(arn("policy", "Permission-r_1.2"));
    assert_eq!(judge(&seen), Plan::default());
    assert_eq!(
        (seen.parts_of("Permission-r_1").len(), seen.last_part_of(&GrantId::parse("Permission-r_1").unwrap())),
        (2, 2)
    );
}

#[test]
fn what_port_knows_of_a_name_is_of_another_account_where_that_one_is_recorded_or_holds_the_role() {
    let is_elsewhere = |change: fn(&mut Seen)| {
        let mut seen = one();
        change(&mut seen);
        seen.is_elsewhere(NAME)
    };
    let here: [fn(&mut Seen); 3] = [|_| (), |it| it.records.clear(), |it| _ = it.beside.roles.insert(NAME.to_owned())];
    let elsewhere: [fn(&mut Seen); 2] =
        [|it| recorded_of(it, "210987654321"), |it| (it.records.clear(), it.beside.roles.insert(NAME.to_owned())).0];
    assert_eq!(here.map(is_elsewhere), [false; 3]);
    assert_eq!(elsewhere.map(is_elsewhere), [true; 2]);
}

#[test]
fn a_role_elsewhere_says_nothing_of_a_grant_without_port_that_is_on_no_record() {
    let name = "Permission-bg-20261128T011500Z-0a1b2c3d";
    let mut seen = nothing();
    seen.beside.roles.insert(name.to_owned());
    assert!(!seen.is_elsewhere(name));
    seen.beside.recorded.insert(name.to_owned(), "210987654321".to_owned());
    assert!(seen.is_elsewhere(name));
}

#[test]
fn entities_are_counted_for_the_account_that_they_are_of() {
    let mut seen = nothing();
    for (name, account) in [("r_1", None), ("r_2", Some("123456789012")), ("r_3", Some("210987654321"))] {
        let entity = EntitySeen { account: account.map(str::to_owned), ..EntitySeen::default() };
        seen.entities.insert(format!("Permission-{name}"), entity);
    }
    assert_eq!(seen.entities_of_account(), 3);
    seen.beside.others.insert(AccountId::parse("account", "210987654321").unwrap());
    assert_eq!(seen.entities_of_account(), 2);
    seen.beside.is_further = true;
    assert_eq!(seen.entities_of_account(), 1);
}

#[test]
fn whoever_the_entity_or_the_record_names_has_the_grant() {
    let mut seen = one();
    record(&mut seen).requester = Some("max@acme.example".to_owned());
    assert_eq!(seen.requesters(NAME).collect::<Vec<_>>(), ["Dana@acme.example", "max@acme.example"]);
    assert_eq!(seen.inactive_requesters(NAME), ["max@acme.example"]);
    assert_eq!(seen.requesters("Permission-r_9").count(), 0);
    seen.active = None;
    assert_eq!(seen.inactive_requesters(NAME), [""; 0]);
}
