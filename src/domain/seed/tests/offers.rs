//! What is offered for a resource or a service.

use super::*;

/// Returns the actions that are offered, or what is told.
fn offered(offer: &Offer<'_>, named: &[Entry]) -> Result<Vec<String>, String> {
    let entries = entries_of_reference(offer, &facts(), named).map_err(|remark| remark.to_string())?;
    assert_eq!(check(&entries, &facts()).mistakes, []);
    Ok(entries.into_iter().map(|entry| entry.identifier.text).collect())
}

fn everything_of(of: &str) -> Offer<'_> {
    Offer { of, resource_type: None, levels: &[], account_wide: false }
}

#[test]
fn a_service_offers_its_actions_but_none_that_is_not_granted_by_default() {
    let names = offered(&everything_of("s3"), &[]).unwrap();
    for (name, expected) in
        [("s3:PutObject", true), ("s3:ListBucket", true), ("s3:PutBucketPolicy", false), ("s3:ListAllMyBuckets", false)]
    {
        assert_eq!(names.iter().any(|known| known == name), expected, "{name}");
    }
    assert!(names.is_sorted());
    let wider = offered(&Offer { account_wide: true, ..everything_of("s3") }, &[]).unwrap();
    assert!(wider.iter().any(|name| name == "s3:ListAllMyBuckets"));
    assert!(!wider.iter().any(|name| name == "s3:PutBucketPolicy"));
    assert_eq!(offered(&everything_of("S3"), &[]).unwrap(), names);
}

#[test]
fn a_resource_offers_what_can_be_granted_on_it() {
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1";
    let names = offered(&everything_of(instance), &[]).unwrap();
    assert!(names.iter().any(|name| name == "ec2:StopInstances"));
    assert!(!names.iter().any(|name| name == "ec2:AttachVolume" || name == "ec2:DescribeInstances"));
    let object = offered(&everything_of("arn:aws:s3:::b/k"), &[]).unwrap();
    assert!(!object.iter().any(|name| name == "s3:ListBucket"));
    let wider = offered(&Offer { account_wide: true, ..everything_of(instance) }, &[]).unwrap();
    assert!(wider.iter().any(|name| name == "ec2:DescribeInstances"));
}

#[test]
fn only_the_wanted_levels_are_offered() {
    use crate::domain::reference::AccessLevel::{List, Read, Tagging};
    let levels = [List, Read];
    let names = offered(&Offer { levels: &levels, ..everything_of("arn:aws:s3:::b") }, &[]).unwrap();
    assert!(names.iter().any(|name| name == "s3:GetObject") && names.iter().any(|name| name == "s3:ListBucket"));
    assert!(!names.iter().any(|name| name.starts_with("s3:Put")));
    let levels = [Tagging];
    let none = offered(&Offer { levels: &levels, ..everything_of("lambda") }, &[]).unwrap_err();
    assert!(none.starts_with("--permissions-for lambda: "), "{none}");
}

#[test]
fn what_is_named_already_is_not_offered_again() {
    let named = parse("catalog.yaml", "permissions:\n  - {identifier: s3:PutObject, title: Ours}\n").entries;
    let names = offered(&everything_of("s3"), &named).unwrap();
    assert!(!names.iter().any(|name| name == "s3:PutObject") && names.iter().any(|name| name == "s3:GetObject"));
}

#[test]
fn a_service_without_a_type_in_the_catalog_is_refused_with_the_way_to_add_one() {
    let told = offered(&everything_of("lambda"), &[]).unwrap_err();
    assert!(told.contains("no resource type `Lambda`"), "{told}");
    assert!(told.contains("port-iam init --resource-types 'S3,EC2,Lambda'"), "{told}");
    // Another type of the catalog may be chosen, and a word that is none is not passed on.
    let chosen = Offer { resource_type: Some("EC2"), ..everything_of("lambda") };
    assert!(entries_of_reference(&chosen, &facts(), &[]).is_ok());
    let crafted = offered(&Offer { resource_type: Some("'; rm -rf /"), ..everything_of("lambda") }, &[]).unwrap_err();
    assert!(!crafted.contains("port-iam init"), "{crafted}");
}

#[test]
fn a_type_of_the_catalog_is_found_whatever_its_case() {
    let mut more = facts();
    more.permission_types = Types::OneOf(vec!["S3".to_owned(), "LAMBDA".to_owned()]);
    let entries = entries_of_reference(&everything_of("lambda"), &more, &[]).unwrap();
    assert!(entries.iter().all(|entry| entry.resource_type.as_ref().unwrap().text == "LAMBDA"));
}

#[test]
fn what_aws_does_not_have_is_offered_nothing() {
    for (of, word) in [
        ("s4", "no service"),
        ("", "no service"),
        ("s3*", "no service"),
        ("arn:aws:s3:::b/*", "wildcard"),
        ("arn:aws:ec2:us-east-1:123456789012:no-such-kind/1", "no permission can be granted"),
    ] {
        let told = offered(&everything_of(of), &[]).unwrap_err();
        assert!(told.contains(word), "{told}");
    }
}
