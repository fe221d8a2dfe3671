//! In which account the resources lie, as the catalog tells.

use super::*;

const HERE: &str = "123456789012";
const THERE: &str = "210987654321";
/// The rules do not name it.
const UNRULED: &str = "333333333333";
const BUCKET: &str = "arn:aws:s3:::team-a";
const QUEUE_THERE: &str = "arn:aws:sqs:us-east-1:210987654321:q";
const QUEUE_UNRULED: &str = "arn:aws:sqs:us-east-1:333333333333:q";

/// Decides with credentials of `HERE`, where the workflows are set up in `home` and the catalog tells the resources'
/// accounts.
fn decided(home: &str, resources: &[(&str, Option<&str>)]) -> Result<Grant, Refusal> {
    let parsed = |id: &str| AccountId::parse("account", id).unwrap();
    let mut named = arns(&resources.iter().map(|(arn, _)| *arn).collect::<Vec<_>>()).into_iter();
    let request = VerifiedRequest {
        resource: named.next().unwrap(),
        additional_resources: named.collect(),
        accounts: resources.iter().map(|(_, account)| account.map(parsed)).collect(),
        ..request(&[])
    };
    let circumstances = Circumstances {
        configuration: &configuration(&json!({}), &json!({})).unwrap(),
        account: &account(),
        home: &parsed(home),
        scope: &Scope("org_1/7".to_owned()),
        approvals: &approved(),
        users: &[user("u2", "lead@acme.example")],
        room: Limits::default().room(),
        now: at(NOW),
        first_end: None,
    };
    decide(&request, &circumstances)
}

#[test]
fn what_lies_in_the_account_of_the_credentials_is_granted() {
    let second = "arn:aws:s3:::team-b";
    for (home, resources) in [
        (HERE, vec![(BUCKET, None)]),
        (HERE, vec![(BUCKET, Some(HERE)), (second, None)]),
        (THERE, vec![(BUCKET, Some(HERE)), (second, Some(HERE))]),
    ] {
        assert!(decided(home, &resources).is_ok(), "{home} {resources:?}");
    }
}

#[test]
fn what_lies_in_another_account_is_refused_with_what_would_bring_it_there() {
    let second = "arn:aws:s3:::team-b";
    let apart = ("and the grant would be made in 123456789012", "ask for the resources of one account at a time");
    let without_role =
        ("in which the workflow has no role", "`port-iam init --add-account 210987654321` with credentials");
    let unruled =
        ("which the rules file does not name", "have it added with `port-iam init --add-account 333333333333`");
    for (home, resources, lies_in, (reason, remedy)) in [
        (HERE, vec![(BUCKET, Some(THERE))], THERE, without_role),
        (HERE, vec![(QUEUE_THERE, Some(THERE))], THERE, without_role),
        (HERE, vec![(BUCKET, None), (second, Some(THERE))], THERE, apart),
        (HERE, vec![(BUCKET, Some(HERE)), (QUEUE_THERE, Some(THERE))], THERE, apart),
        (THERE, vec![(BUCKET, None)], THERE, apart),
        (THERE, vec![(BUCKET, Some(HERE)), (second, None)], THERE, apart),
        (HERE, vec![(BUCKET, Some(UNRULED))], UNRULED, unruled),
        (HERE, vec![(BUCKET, None), (second, Some(UNRULED))], UNRULED, unruled),
        (UNRULED, vec![(BUCKET, None)], UNRULED, unruled),
    ] {
        let refusal = decided(home, &resources).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("foreign-account", "entity"), "{home} {resources:?}");
        assert!(refusal.reason.contains(&format!("lies in the account {lies_in}, {reason}")), "{refusal}");
        assert!(refusal.remedy.contains(remedy), "{}", refusal.remedy);
    }
}

#[test]
fn an_account_that_the_arn_names_and_the_rules_do_not_is_left_to_the_rules() {
    let refusal = decided(HERE, &[(QUEUE_UNRULED, Some(UNRULED))]).unwrap_err();
    assert_eq!(refusal.code.as_str(), "foreign-account");
    assert!(refusal.reason.contains("for these credentials"), "{refusal}");
}
