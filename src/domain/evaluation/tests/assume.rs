//! Who may assume a role, by its trust policy and the caller's own policies.

use serde_json::{Value, json};

use super::super::{AssumeDecision, Context, Decision, PolicyDocument, Principal, TrustDecision, may_assume};
use super::trust::{DANA, DEVELOPER, SESSION, aws, dana, root, session, stranger, trusting};
use super::{allow, deny, document};

const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam/Permission-1";

fn assume(
    trust: &PolicyDocument,
    principal: &Principal,
    identity: &[Value],
    boundary: Option<Value>,
) -> AssumeDecision {
    let identity: Vec<_> = identity.iter().cloned().map(document).collect();
    let boundary = boundary.map(document);
    may_assume(trust, ROLE, principal, &identity, boundary.as_ref(), &Context::new())
}

#[test]
fn being_named_is_enough_within_the_account() {
    assert!(assume(&aws(DANA), &dana(), &[], None).is_allowed());
    assert!(assume(&aws(SESSION), &session(), &[], None).is_allowed());
    assert!(assume(&aws(DEVELOPER), &session(), &[], None).is_allowed());
    assert!(assume(&aws("*"), &dana(), &[], None).is_allowed());
}

#[test]
fn trust_in_the_account_needs_an_identity_policy_too() {
    let trust = aws("123456789012");
    assert_eq!(assume(&trust, &dana(), &[], None), AssumeDecision::NotAllowedByCaller(Decision::NotAllowed));
    let other = allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/other");
    assert!(!assume(&trust, &dana(), &[other], None).is_allowed());
    let decision =
        assume(&trust, &dana(), &[allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/port-iam/*")], None);
    assert!(decision.is_allowed());
    assert_eq!(
        decision.to_string(),
        "trusted by statement 1 of the trust policy and allowed by statement 1 of identity policy 1"
    );
}

#[test]
fn an_identity_policy_is_not_enough() {
    let decision = assume(&aws("arn:aws:iam::123456789012:user/max"), &dana(), &[allow("*", "*")], None);
    assert_eq!(decision, AssumeDecision::Untrusted(TrustDecision::NotAllowed));
}

#[test]
fn another_account_always_needs_both() {
    for trusted in ["arn:aws:iam::999999999999:user/dana", "999999999999", "*"] {
        let trust = aws(trusted);
        assert!(!assume(&trust, &stranger(), &[], None).is_allowed(), "{trusted}");
        assert!(assume(&trust, &stranger(), &[allow("sts:AssumeRole", ROLE)], None).is_allowed(), "{trusted}");
        let bounded = assume(&trust, &stranger(), &[allow("sts:AssumeRole", ROLE)], Some(allow("s3:*", "*")));
        assert!(!bounded.is_allowed(), "{trusted}");
    }
    assert!(!assume(&aws("123456789012"), &stranger(), &[allow("*", "*")], None).is_allowed());
}

#[test]
fn a_deny_of_the_callers_own_policies_wins_over_any_trust() {
    for trust in [aws(DANA), aws("*"), aws("123456789012")] {
        let identity = [json!([allow("*", "*"), deny("sts:AssumeRole", "arn:aws:iam::*:role/port-iam/*")])];
        let decision = assume(&trust, &dana(), &identity, None);
        assert!(
            matches!(decision, AssumeDecision::NotAllowedByCaller(Decision::ExplicitlyDenied { .. })),
            "{decision}"
        );
        let boundary = json!([allow("*", "*"), deny("sts:*", "*")]);
        let decision = assume(&trust, &dana(), &[allow("*", "*")], Some(boundary));
        assert!(
            matches!(decision, AssumeDecision::NotAllowedByCaller(Decision::ExplicitlyDenied { .. })),
            "{decision}"
        );
    }
}

#[test]
fn a_silent_boundary_stops_whoever_is_not_named_itself() {
    let silent = || Some(allow("s3:*", "*"));
    assert!(assume(&aws(DANA), &dana(), &[], silent()).is_allowed());
    assert!(assume(&aws(SESSION), &session(), &[], silent()).is_allowed());
    assert!(!assume(&aws(DEVELOPER), &session(), &[], silent()).is_allowed());
    assert!(!assume(&aws("*"), &dana(), &[], silent()).is_allowed());
    assert!(!assume(&aws("123456789012"), &dana(), &[allow("*", "*")], silent()).is_allowed());
}

#[test]
fn a_root_user_assumes_no_role() {
    assert_eq!(assume(&aws("123456789012"), &root(), &[allow("*", "*")], None), AssumeDecision::RootUser);
    assert_eq!(assume(&aws("*"), &root(), &[], None), AssumeDecision::RootUser);
}

#[test]
fn a_service_needs_only_the_trust_policy() {
    let trust = trusting(json!({"Service": "ec2.amazonaws.com"}));
    assert!(assume(&trust, &Principal::service("ec2.amazonaws.com"), &[], None).is_allowed());
    assert!(!assume(&trust, &Principal::service("lambda.amazonaws.com"), &[], None).is_allowed());
}

#[test]
fn only_a_role_can_be_assumed() {
    for arn in [DANA, "arn:aws:iam::123456789012:role/", "role/x", "arn:aws:sts::123456789012:assumed-role/a/b", ""] {
        let decision = may_assume(&aws("*"), arn, &dana(), &[document(allow("*", "*"))], None, &Context::new());
        assert_eq!(decision, AssumeDecision::NotARole(arn.to_owned()));
    }
}

#[test]
fn a_workflow_is_trusted_by_what_its_provider_says() {
    let provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    let trust = document(json!({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider},
        "Condition": {"StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/port-iam:environment:port-iam",
        }},
    }));
    let may = |subject: &str| {
        let context = Context::new()
            .with("token.actions.githubusercontent.com:aud", "sts.amazonaws.com")
            .with("token.actions.githubusercontent.com:sub", subject);
        may_assume(&trust, ROLE, &Principal::federated(provider), &[], None, &context).is_allowed()
    };
    assert!(may("repo:acme/port-iam:environment:port-iam"));
    assert!(!may("repo:evil/port-iam:environment:port-iam"));
}
