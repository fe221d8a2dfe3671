//! Who is let in by a trust policy.

use serde_json::{Value, json};

use super::super::{Context, PolicyDocument, Principal, TrustDecision, evaluate_trust};
use super::document;

pub(super) const DANA: &str = "arn:aws:iam::123456789012:user/dana";
pub(super) const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Developer/dana@acme.example";
pub(super) const DEVELOPER: &str = "arn:aws:iam::123456789012:role/team/Developer";

fn user(arn: &str) -> Principal {
    Principal::from_arn(arn, "AIDADANA").expect("a user's ARN")
}

pub(super) fn dana() -> Principal {
    user(DANA)
}

pub(super) fn session() -> Principal {
    Principal::assumed_role(SESSION, DEVELOPER, "AROADEVELOPER:dana@acme.example").expect("a session of the role")
}

pub(super) fn stranger() -> Principal {
    user("arn:aws:iam::999999999999:user/dana")
}

pub(super) fn root() -> Principal {
    Principal::from_arn("arn:aws:iam::123456789012:root", "123456789012").expect("the root user")
}

/// A trust policy of one statement that allows `sts:AssumeRole` to this principal.
pub(super) fn trusting(principal: Value) -> PolicyDocument {
    document(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}))
}

pub(super) fn aws(principal: &str) -> PolicyDocument {
    trusting(json!({"AWS": principal}))
}

/// The kinds of answer that tests tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Itself,
    WithinBoundary,
    Account,
    Denied,
    No,
}

fn answer(trust: &PolicyDocument, principal: &Principal, context: &Context) -> Answer {
    match evaluate_trust(trust, principal, "sts:AssumeRole", context) {
        TrustDecision::AllowedToPrincipal { limited_by_boundary: false, .. } => Answer::Itself,
        TrustDecision::AllowedToPrincipal { limited_by_boundary: true, .. } => Answer::WithinBoundary,
        TrustDecision::AllowedToAccount { .. } => Answer::Account,
        TrustDecision::ExplicitlyDenied { .. } => Answer::Denied,
        TrustDecision::NotAllowed => Answer::No,
    }
}

#[test]
fn a_principal_is_found_by_every_name_it_has_and_no_other() {
    let service = Principal::service("ec2.amazonaws.com");
    let provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    let github = Principal::federated(provider);
    let table: [(Value, &Principal, Answer); 33] = [
        (json!({"AWS": DANA}), &dana(), Answer::Itself),
        (json!({"AWS": "arn:aws:iam::123456789012:user/Dana"}), &dana(), Answer::No),
        (json!({"AWS": "arn:aws:iam::123456789012:user/dan"}), &dana(), Answer::No),
        (json!({"AWS": "arn:aws:iam::999999999999:user/dana"}), &dana(), Answer::No),
        (json!({"AWS": DANA}), &stranger(), Answer::No),
        (json!({"AWS": DANA}), &session(), Answer::No),
        (json!({"AWS": DANA}), &root(), Answer::No),
        (json!({"AWS": "AIDADANA"}), &dana(), Answer::Itself),
        (json!({"AWS": "AIDADANA2"}), &dana(), Answer::No),
        (json!({"AWS": "arn:aws:iam::123456789012:root"}), &dana(), Answer::Account),
        (json!({"AWS": "123456789012"}), &dana(), Answer::Account),
        (json!({"AWS": "123456789012"}), &session(), Answer::Account),
        (json!({"AWS": "123456789012"}), &root(), Answer::Account),
        (json!({"AWS": "arn:aws:iam::999999999999:root"}), &dana(), Answer::No),
        (json!({"AWS": "arn:aws-cn:iam::123456789012:root"}), &dana(), Answer::No),
        (json!({"AWS": ["999999999999", "123456789012", DANA]}), &dana(), Answer::Itself),
        (json!("*"), &dana(), Answer::WithinBoundary),
        (json!({"AWS": "*"}), &stranger(), Answer::WithinBoundary),
        (json!({"AWS": SESSION}), &session(), Answer::Itself),
        (json!({"AWS": "arn:aws:sts::123456789012:assumed-role/Developer/max@acme.example"}), &session(), Answer::No),
        (json!({"AWS": DEVELOPER}), &session(), Answer::WithinBoundary),
        (json!({"AWS": "arn:aws:iam::123456789012:role/Developer"}), &session(), Answer::No),
        (json!({"AWS": "AROADEVELOPER"}), &session(), Answer::WithinBoundary),
        (json!({"AWS": "AROAOTHER"}), &session(), Answer::No),
        (json!({"Service": "ec2.amazonaws.com"}), &service, Answer::Itself),
        (json!({"Service": "lambda.amazonaws.com"}), &service, Answer::No),
        (json!({"AWS": "123456789012"}), &service, Answer::No),
        (json!({"Service": "ec2.amazonaws.com"}), &dana(), Answer::No),
        (json!({"Federated": provider}), &github, Answer::Itself),
        (
            json!({"Federated": "arn:aws:iam::999999999999:oidc-provider/token.actions.githubusercontent.com"}),
            &github,
            Answer::No,
        ),
        (json!({"AWS": "123456789012"}), &github, Answer::No),
        (json!({"Federated": provider}), &dana(), Answer::No),
        (
            json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
            &dana(),
            Answer::No,
        ),
    ];
    for (listed, principal, expected) in table {
        assert_eq!(
            answer(&trusting(listed.clone()), principal, &Context::new()),
            expected,
            "{listed} for {principal:?}"
        );
    }
}

#[test]
fn the_most_exact_statement_answers_whatever_the_order() {
    let statement =
        |principal: &str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}});
    for statements in
        [json!([statement("123456789012"), statement(DANA)]), json!([statement(DANA), statement("123456789012")])]
    {
        assert_eq!(answer(&document(statements), &dana(), &Context::new()), Answer::Itself);
    }
}

#[test]
fn only_the_action_that_is_trusted_is_allowed() {
    let trust = aws(DANA);
    for (action, trusted) in [("sts:assumerole", true), ("sts:TagSession", false), ("sts:AssumeRoleWithSAML", false)] {
        assert_eq!(evaluate_trust(&trust, &dana(), action, &Context::new()).is_trusted(), trusted, "{action}");
    }
}

#[test]
fn a_deny_in_a_trust_policy_wins() {
    let with_deny = |denied: Value| {
        document(json!([
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": [DANA, SESSION]}},
            {"Effect": "Deny", "Action": "sts:*", "Principal": denied},
        ]))
    };
    assert_eq!(answer(&with_deny(json!({"AWS": "123456789012"})), &dana(), &Context::new()), Answer::Denied);
    assert_eq!(answer(&with_deny(json!("*")), &dana(), &Context::new()), Answer::Denied);
    assert_eq!(answer(&with_deny(json!({"AWS": DEVELOPER})), &session(), &Context::new()), Answer::Denied);
    assert_eq!(answer(&with_deny(json!({"AWS": "999999999999"})), &dana(), &Context::new()), Answer::Itself);
}

#[test]
fn not_principal_allows_nobody_and_spares_only_whom_it_names_exactly() {
    let allowing =
        document(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "999999999999"}}));
    assert_eq!(answer(&allowing, &dana(), &Context::new()), Answer::No);
    let denying = |listed: Value| {
        document(json!([
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"},
            {"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": listed}},
        ]))
    };
    assert_eq!(answer(&denying(json!([DANA])), &dana(), &Context::new()), Answer::WithinBoundary);
    assert_eq!(answer(&denying(json!("123456789012")), &dana(), &Context::new()), Answer::Denied);
    assert_eq!(answer(&denying(json!(DEVELOPER)), &session(), &Context::new()), Answer::Denied);
    assert_eq!(answer(&denying(json!([DANA])), &stranger(), &Context::new()), Answer::Denied);
}

#[test]
fn a_statement_with_a_resource_or_without_principal_counts_against_the_caller() {
    for misplaced in [json!({"Principal": "*", "Resource": "*"}), json!({})] {
        let statement = |effect: &str| {
            let mut statement = misplaced.clone();
            statement["Effect"] = effect.into();
            statement["Action"] = "sts:AssumeRole".into();
            statement
        };
        assert_eq!(answer(&document(statement("Allow")), &dana(), &Context::new()), Answer::No, "{misplaced}");
        let trust =
            document(json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}, statement("Deny")]));
        assert_eq!(answer(&trust, &dana(), &Context::new()), Answer::Denied, "{misplaced}");
    }
}

fn conditional(principal: &str, condition: Value) -> PolicyDocument {
    document(
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}, "Condition": condition}),
    )
}

#[test]
fn trust_ends_when_its_time_is_over() {
    let trust = conditional(DANA, json!({"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}}));
    let at = |time: &str| answer(&trust, &dana(), &Context::new().with("aws:CurrentTime", time));
    assert_eq!(at("2026-11-23T19:59:59Z"), Answer::Itself);
    assert_eq!(at("2026-11-23T20:00:00Z"), Answer::No);
    // A caller that forgets the time is not let in for ever.
    assert_eq!(answer(&trust, &dana(), &Context::new()), Answer::No);
}

#[test]
fn the_principal_arn_of_a_session_is_that_of_its_role() {
    let trust = |arn: &str| conditional("123456789012", json!({"ArnLike": {"aws:PrincipalArn": arn}}));
    assert_eq!(answer(&trust(DEVELOPER), &session(), &Context::new()), Answer::Account);
    assert_eq!(answer(&trust(SESSION), &session(), &Context::new()), Answer::No);
    assert_eq!(answer(&trust("arn:aws:iam::*:user/dana"), &dana(), &Context::new()), Answer::Account);
}

#[test]
fn the_session_name_tells_people_of_one_role_apart() {
    let trust = conditional("123456789012", json!({"StringLike": {"aws:userid": "*:dana@acme.example"}}));
    assert_eq!(answer(&trust, &session(), &Context::new()), Answer::Account);
    let max = "arn:aws:sts::123456789012:assumed-role/Developer/max@acme.example";
    let max = Principal::assumed_role(max, DEVELOPER, "AROADEVELOPER:max@acme.example").expect("a session");
    assert_eq!(answer(&trust, &max, &Context::new()), Answer::No);
    assert_eq!(answer(&trust, &dana(), &Context::new()), Answer::No);
}

#[test]
fn what_a_caller_claims_about_itself_does_not_count() {
    let trust = conditional("*", json!({"StringEquals": {"aws:PrincipalAccount": "123456789012"}}));
    let claim = Context::new().with("aws:PrincipalAccount", "123456789012");
    assert_eq!(answer(&trust, &stranger(), &claim), Answer::No);
    assert_eq!(answer(&trust, &dana(), &Context::new()), Answer::WithinBoundary);
}

#[test]
fn arns_that_name_no_principal_are_refused() {
    for arn in [
        "",
        "dana",
        "arn:aws:iam::123456789012:group/g",
        "arn:aws:iam::1234:user/dana",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam:us-east-1:123456789012:user/dana",
        "arn:aws:sts::123456789012:assumed-role/Role",
        "arn:aws:sts::123456789012:federated-user/dana",
        "arn:aws:s3:::bucket",
        "arn:aws:iam::123456789012:user/*",
    ] {
        assert!(Principal::from_arn(arn, "AIDADANA").is_err(), "{arn}");
    }
    assert!(Principal::assumed_role(SESSION, "arn:aws:iam::123456789012:role/Other", "AROAX:s").is_err());
    assert!(Principal::assumed_role(SESSION, "arn:aws:iam::999999999999:role/Developer", "AROAX:s").is_err());
}

#[test]
fn a_session_without_a_path_is_known_by_its_arn_alone() {
    let session = Principal::from_arn(SESSION, "AROADEVELOPER:dana@acme.example").expect("a session's ARN");
    assert_eq!(session.role_arn(), Some("arn:aws:iam::123456789012:role/Developer"));
    assert_eq!(session.arn(), Some(SESSION));
    assert_eq!(session.account(), Some("123456789012"));
}
