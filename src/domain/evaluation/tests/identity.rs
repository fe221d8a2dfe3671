//! Effects, actions, resources and the boundary.

use serde_json::json;

use super::super::{Decision, PolicySource, Request, evaluate};
use super::{OBJECT, allow, allows, deny, document, judge};

#[test]
fn nothing_is_allowed_without_a_policy() {
    assert_eq!(evaluate(&[], None, &Request::new("s3:PutObject", OBJECT)), Decision::NotAllowed);
}

#[test]
fn the_action_and_the_resource_of_one_statement_must_both_match() {
    let statements =
        || json!([allow("s3:PutObject", "arn:aws:s3:::bucket/*"), allow("s3:GetObject", "arn:aws:s3:::other/*")]);
    assert!(allows(statements(), "s3:PutObject", OBJECT));
    assert!(!allows(statements(), "s3:GetObject", OBJECT));
    assert!(!allows(statements(), "s3:PutObject", "arn:aws:s3:::other/a.csv"));
}

#[test]
fn actions_are_compared_without_case_and_resources_with_it() {
    assert!(allows(allow("S3:putOBJECT", "arn:aws:s3:::bucket/*"), "s3:PutObject", OBJECT));
    assert!(!allows(allow("s3:PutObject", "arn:aws:s3:::Bucket/*"), "s3:PutObject", OBJECT));
}

#[test]
fn a_wildcard_of_a_resource_crosses_slashes_and_colons() {
    assert!(allows(allow("s3:*", "arn:aws:s3:::bucket*.csv"), "s3:PutObject", OBJECT));
    let log = "arn:aws:logs:us-east-1:123456789012:log-group:/app:log-stream:one";
    assert!(allows(allow("logs:PutLogEvents", "arn:aws:logs:*:log-stream:one"), "logs:PutLogEvents", log));
}

#[test]
fn a_bucket_is_not_what_lies_in_it() {
    assert!(!allows(allow("s3:ListBucket", "arn:aws:s3:::bucket/*"), "s3:ListBucket", "arn:aws:s3:::bucket"));
    assert!(!allows(allow("s3:PutObject", "arn:aws:s3:::bucket"), "s3:PutObject", OBJECT));
}

#[test]
fn a_question_mark_is_exactly_one_character() {
    let statements = || allow("ec2:StopInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-00?");
    let instance = |id: &str| format!("arn:aws:ec2:us-east-1:123456789012:instance/{id}");
    assert!(allows(statements(), "ec2:StopInstances", &instance("i-001")));
    assert!(!allows(statements(), "ec2:StopInstances", &instance("i-00")));
    assert!(!allows(statements(), "ec2:StopInstances", &instance("i-0012")));
}

#[test]
fn the_resource_of_a_request_is_taken_literally() {
    assert!(!allows(allow("s3:PutObject", OBJECT), "s3:PutObject", "arn:aws:s3:::bucket/*"));
    assert!(!allows(allow("s3:PutObject", OBJECT), "s3:PutObject", "*"));
    assert!(allows(allow("s3:ListAllMyBuckets", "*"), "s3:ListAllMyBuckets", "*"));
}

#[test]
fn not_action_is_every_other_action() {
    let statements = || json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:Delete*"], "Resource": "*"});
    assert!(allows(statements(), "s3:PutObject", OBJECT));
    assert!(!allows(statements(), "s3:DeleteObject", OBJECT));
    assert!(!allows(statements(), "IAM:CreateUser", "*"));
}

#[test]
fn not_resource_is_every_other_resource() {
    let statements = || json!({"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::secret", "arn:aws:s3:::secret/*"]});
    assert!(allows(statements(), "s3:PutObject", OBJECT));
    assert!(!allows(statements(), "s3:PutObject", "arn:aws:s3:::secret/key"));
}

#[test]
fn a_deny_wins_over_every_allow_and_is_named() {
    let identity = [
        document(allow("*", "*")).named("wide"),
        document(json!([
            allow("s3:*", "*"),
            {"Sid": "NoReports", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/reports/*"},
        ])),
    ];
    let decision = evaluate(&identity, None, &Request::new("s3:PutObject", OBJECT));
    let Decision::ExplicitlyDenied { statement } = &decision else { panic!("{decision}") };
    assert_eq!((statement.source, statement.index), (PolicySource::Identity(1), 1));
    assert_eq!(decision.to_string(), "explicitly denied by statement 2 (NoReports) of identity policy 2");
    let allowed = evaluate(&identity, None, &Request::new("s3:PutObject", "arn:aws:s3:::bucket/b"));
    assert_eq!(allowed.to_string(), "allowed by statement 1 of the identity policy wide");
}

#[test]
fn a_boundary_limits_and_grants_nothing() {
    let request = Request::new("s3:PutObject", OBJECT);
    let (wide, narrow) = (document(allow("*", "*")), document(allow("ec2:*", "*")));
    assert!(evaluate(std::slice::from_ref(&wide), Some(&wide), &request).is_allowed());
    assert!(matches!(evaluate(std::slice::from_ref(&wide), Some(&narrow), &request), Decision::OutsideBoundary { .. }));
    assert_eq!(evaluate(&[narrow], Some(&wide), &request), Decision::NotAllowed);
    assert_eq!(evaluate(&[], Some(&wide), &request), Decision::NotAllowed);
}

#[test]
fn a_deny_in_the_boundary_is_explicit() {
    let boundary = document(json!([allow("*", "*"), deny("s3:Put*", "*")]));
    let decision = evaluate(&[document(allow("*", "*"))], Some(&boundary), &Request::new("s3:PutObject", OBJECT));
    assert_eq!(decision.to_string(), "explicitly denied by statement 2 of the permissions boundary");
    // Also where nothing allows: whoever reads it learns that another Allow would not help.
    let decision = evaluate(&[], Some(&boundary), &Request::new("s3:PutObject", OBJECT));
    assert!(matches!(decision, Decision::ExplicitlyDenied { .. }));
}

#[test]
fn a_statement_with_a_principal_counts_against_the_caller_in_an_identity_policy() {
    let statement = |effect: &str| json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*"});
    assert_eq!(judge(statement("Allow"), "s3:PutObject", OBJECT), Decision::NotAllowed);
    let decision = judge(json!([allow("*", "*"), statement("Deny")]), "s3:PutObject", OBJECT);
    assert!(matches!(decision, Decision::ExplicitlyDenied { .. }));
}

#[test]
fn a_statement_without_resources_counts_against_the_caller_in_an_identity_policy() {
    assert_eq!(judge(json!({"Effect": "Allow", "Action": "*"}), "s3:PutObject", OBJECT), Decision::NotAllowed);
    let decision = judge(json!([allow("*", "*"), {"Effect": "Deny", "Action": "s3:*"}]), "s3:PutObject", OBJECT);
    assert!(matches!(decision, Decision::ExplicitlyDenied { .. }));
    let decision = judge(json!([allow("*", "*"), {"Effect": "Deny", "Action": "ec2:*"}]), "s3:PutObject", OBJECT);
    assert!(decision.is_allowed());
}

#[test]
fn the_guides_grants_allow_what_they_name_and_nothing_else() {
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789";
    let objects = "arn:aws:s3:::my-s3-bucket/*";
    let within_instance = format!("{instance}/*");
    for (actions, resources, action, resource, expected) in [
        (vec!["s3:PutObject"], vec![objects], "s3:PutObject", "arn:aws:s3:::my-s3-bucket/reports/a.csv", true),
        (vec!["s3:PutObject"], vec![objects], "s3:PutObject", "arn:aws:s3:::other-bucket/a.csv", false),
        (vec!["s3:PutObject"], vec![objects], "s3:GetObject", "arn:aws:s3:::my-s3-bucket/a.csv", false),
        (vec!["ec2:StopInstances"], vec![within_instance.as_str()], "ec2:StopInstances", instance, false),
        (vec!["ec2:StopInstances"], vec![instance], "ec2:StopInstances", instance, true),
        (
            vec!["ec2:StopInstances"],
            vec![instance],
            "ec2:StopInstances",
            "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456780",
            false,
        ),
        (vec!["s3:DeleteBucket"], vec![objects], "s3:DeleteBucket", "arn:aws:s3:::my-s3-bucket", false),
        (vec!["s3:ListBucket"], vec![objects], "s3:ListBucket", "arn:aws:s3:::my-s3-bucket", false),
        (vec!["ec2:TerminateInstances"], vec![within_instance.as_str()], "ec2:TerminateInstances", instance, false),
        (
            vec!["s3:PutObject", "s3:ListBucket"],
            vec!["arn:aws:s3:::my-s3-bucket", objects],
            "s3:ListBucket",
            "arn:aws:s3:::my-s3-bucket",
            true,
        ),
    ] {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        assert_eq!(allows(statement, action, resource), expected, "{action} on {resource}");
    }
}
