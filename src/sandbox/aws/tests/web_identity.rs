//! Identity providers, and the exchange of a token for a session of a role.

use axum::http::HeaderMap;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Account, Answer, Office, allow, arn};
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::issuer::{ISSUER, Issuer};

const AUDIENCE: &str = "sts.amazonaws.com";
const SUBJECT: &str = "repo:acme@1/tools@2:environment:port-iam";

/// An account that knows an issuer, with a role for its tokens.
struct Bank {
    office: Office,
    issuer: Issuer,
}

impl Bank {
    fn new() -> Self {
        let (clock, issuer) = (SandboxClock::default(), Issuer::default());
        let account = Account::new(clock.clone(), &[]).knowing(issuer.clone());
        let bank = Self { office: Office { account, clock }, issuer };
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": { "Federated": arn("oidc-provider/token.actions.githubusercontent.com") },
            "Condition": { "StringEquals": {
                "token.actions.githubusercontent.com:sub": SUBJECT,
                "token.actions.githubusercontent.com:repository_id": "2",
            }},
        }]});
        bank.office.ada().create_role("/", "workflow", &trust).succeeded();
        bank
    }

    fn with_provider() -> Self {
        let bank = Self::new();
        let parameters = [("Url", ISSUER), ("ClientIDList.member.1", AUDIENCE)];
        bank.office.ada().iam("CreateOpenIDConnectProvider", &parameters).succeeded();
        bank
    }

    fn claims(&self) -> Value {
        let now = self.office.clock.now().as_second();
        json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": SUBJECT, "repository_id": "2", "iat": now, "nbf": now - 60,
                "exp": now + 300 })
    }

    fn exchange(&self, token: &str, more: &str) -> Answer {
        let role = arn("role/workflow");
        let body = format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=run&RoleArn={role}&WebIdentityToken={token}{more}"
        );
        // Nobody signs it.
        self.office.account.answer("", &HeaderMap::new(), body.as_bytes())
    }

    fn refuses(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        self.exchange(&self.issuer.sign(&claims), "").outcome()
    }
}

#[test]
fn a_token_that_the_trust_fits_becomes_a_session_of_the_role() {
    let bank = Bank::with_provider();
    let answer = bank.exchange(&bank.issuer.sign(&bank.claims()), "&DurationSeconds=900").succeeded();
    assert_eq!(answer.value("SubjectFromWebIdentityToken"), Some(SUBJECT));
    assert_eq!(answer.value("Arn"), Some("arn:aws:sts::123456789012:assumed-role/workflow/run"));
    let session = answer.key().unwrap();
    let worker = bank.office.worker(&session);
    assert_eq!(worker.iam("ListRoles", &[]).outcome(), "403 AccessDenied");
    let policy = allow("iam:ListRoles", "*").to_string();
    let parameters = [("RoleName", "workflow"), ("PolicyName", "p"), ("PolicyDocument", policy.as_str())];
    bank.office.ada().iam("PutRolePolicy", &parameters).succeeded();
    worker.iam("ListRoles", &[]).succeeded();
    bank.office.clock.advance(SignedDuration::from_secs(901));
    assert_eq!(worker.iam("ListRoles", &[]).outcome(), "403 ExpiredToken");
}

#[test]
fn a_token_is_refused_for_each_thing_that_is_wrong_with_it() {
    let bank = Bank::with_provider();
    for (claim, value, outcome) in [
        ("iss", json!("https://issuer.example.com"), "400 InvalidIdentityToken"),
        ("iss", json!("token.actions.githubusercontent.com"), "400 InvalidIdentityToken"),
        ("aud", json!("https://github.com/acme"), "400 InvalidIdentityToken"),
        ("exp", json!(bank.office.clock.now().as_second() - 1), "400 ExpiredTokenException"),
        ("exp", Value::Null, "400 InvalidIdentityToken"),
        ("nbf", json!(bank.office.clock.now().as_second() + 60), "400 InvalidIdentityToken"),
        ("sub", json!("repo:acme/tools:environment:port-iam"), "403 AccessDenied"),
        ("repository_id", json!("3"), "403 AccessDenied"),
        ("repository_id", Value::Null, "403 AccessDenied"),
    ] {
        assert_eq!(bank.refuses(|claims| claims[claim] = value.clone()), outcome, "{claim}: {value}");
    }
    assert_eq!(bank.refuses(|_| ()), "200");
    let stranger = Issuer::default();
    assert_eq!(bank.exchange(&stranger.sign(&bank.claims()), "").outcome(), "400 InvalidIdentityToken");
    assert_eq!(bank.exchange("nonsense", "").outcome(), "400 InvalidIdentityToken");
    assert_eq!(
        bank.exchange(&bank.issuer.sign(&bank.claims()), "&DurationSeconds=7200").outcome(),
        "400 ValidationError"
    );
}

#[test]
fn without_a_provider_or_its_audience_no_token_is_taken() {
    let bank = Bank::new();
    assert_eq!(bank.refuses(|_| ()), "400 InvalidIdentityToken");
    let (ada, provider) = (bank.office.ada(), arn("oidc-provider/token.actions.githubusercontent.com"));
    ada.iam("CreateOpenIDConnectProvider", &[("Url", ISSUER), ("ClientIDList.member.1", "other")]).succeeded();
    assert_eq!(bank.refuses(|_| ()), "400 InvalidIdentityToken");
    let named = [("OpenIDConnectProviderArn", provider.as_str()), ("ClientID", AUDIENCE)];
    ada.iam("AddClientIDToOpenIDConnectProvider", &named).succeeded();
    assert_eq!(bank.refuses(|_| ()), "200");
    ada.iam("RemoveClientIDFromOpenIDConnectProvider", &named).succeeded();
    assert_eq!(bank.refuses(|_| ()), "400 InvalidIdentityToken");
}

#[test]
fn a_provider_is_made_once_read_listed_and_deleted() {
    let bank = Bank::with_provider();
    let ada = bank.office.ada();
    let again = ada.iam("CreateOpenIDConnectProvider", &[("Url", ISSUER)]);
    assert_eq!(again.outcome(), "409 EntityAlreadyExists");
    assert_eq!(ada.iam("CreateOpenIDConnectProvider", &[("Url", "http://x.example")]).outcome(), "400 ValidationError");
    let provider = arn("oidc-provider/token.actions.githubusercontent.com");
    let named = [("OpenIDConnectProviderArn", provider.as_str())];
    let read = ada.iam("GetOpenIDConnectProvider", &named).succeeded();
    assert_eq!(read.value("Url"), Some("token.actions.githubusercontent.com"));
    assert!(read.body.contains(&format!("<ClientIDList><member>{AUDIENCE}</member></ClientIDList>")), "{}", read.body);
    assert!(ada.iam("ListOpenIDConnectProviders", &[]).succeeded().body.contains(&provider));
    assert_eq!(bank.office.dana().iam("GetOpenIDConnectProvider", &named).outcome(), "403 AccessDenied");
    ada.iam("DeleteOpenIDConnectProvider", &named).succeeded();
    ada.iam("DeleteOpenIDConnectProvider", &named).succeeded();
    assert_eq!(ada.iam("GetOpenIDConnectProvider", &named).outcome(), "404 NoSuchEntity");
}
