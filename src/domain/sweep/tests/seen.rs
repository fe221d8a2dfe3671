//! The policies of a grant, by their names.

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
