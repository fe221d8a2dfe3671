//! `AssumeRoleWithWebIdentity`: the one call that nobody signs, since the token is the credential.
//!
//! The order of the checks is AWS's: provider, signature, audience, time, and at last the role's trust policy, which
//! sees of the token what AWS documents for GitHub's provider.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::authorization::document;
use super::constraint::{ARN, IDENTITY_TOKEN, SESSION_NAME};
use super::failure::Failure;
use super::oidc_provider;
use super::operations::session_answer;
use super::parameters::Parameters;
use super::role::Role;
use super::state::{Session, State};
use super::tags::Tags;
use super::xml::{Xml, seconds};
use crate::domain::evaluation::{Context, Principal, may_assume};
use crate::sandbox::issuer::{ISSUER, Issuer, unverified};

/// Name of the call.
pub(super) const ACTION: &str = "AssumeRoleWithWebIdentity";
/// What of a token of GitHub's reaches the trust policy beside `sub` and `aud` (IAM User Guide, "Available keys for AWS
/// OIDC federation"; the service authorization reference of STS).
const CLAIMS: [&str; 10] = [
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
];
const ONE_HOUR: u32 = 3600;

/// Exchanges a token for a session of a role.
pub(super) fn exchange(
    state: &mut State,
    parameters: &Parameters,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Xml, Failure> {
    let role_arn = parameters.required("RoleArn", &ARN)?;
    let session_name = parameters.required("RoleSessionName", &SESSION_NAME)?;
    let token = parameters.required("WebIdentityToken", &IDENTITY_TOKEN)?;
    let duration = parameters.number("DurationSeconds", 900..=43_200)?.unwrap_or(ONE_HOUR);
    let (provider, claims) = verified(state, issuer, &token, now)?;
    // Whether a role exists is nobody's business who may not assume it.
    let role = state.role_by_arn(&role_arn).cloned().ok_or_else(refused)?;
    let keys = context(&claims, &provider, &session_name, now);
    let principal = Principal::federated(provider.as_str());
    if !may_assume(&document(&role.trust)?, &role_arn, &principal, &[], None, &keys).is_allowed() {
        return Err(refused());
    }
    if duration > role.max_session_duration {
        return Err(Failure::validation_error(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(open(state, &role, session_name, duration, now)
        .text("SubjectFromWebIdentityToken", text(&claims["sub"]))
        .text("Audience", text(&claims["aud"]))
        .text("Provider", provider))
}

/// Returns the ARN of the account's provider for a token, and what the token says.
fn verified(state: &State, issuer: &Issuer, token: &str, now: Timestamp) -> Result<(String, Value), Failure> {
    let not_a_token = || Failure::invalid_identity_token("The ID Token provided is not a valid JWT.");
    let issuer_url = unverified(token).and_then(|claims| claims["iss"].as_str().map(str::to_owned));
    let issuer_url = issuer_url.ok_or_else(not_a_token)?;
    let arn = oidc_provider::arn(state.account, &issuer_url);
    let provider = state.oidc_providers.get(&arn).filter(|_| issuer_url.starts_with("https://"));
    let provider = provider.ok_or_else(|| {
        Failure::invalid_identity_token(format!("No OpenIDConnect provider found in your account for {issuer_url}"))
    })?;
    // The sandbox knows the keys of one issuer.
    let claims = issuer.verified(token).filter(|_| issuer_url == ISSUER).ok_or_else(|| {
        Failure::invalid_identity_token("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
    })?;
    if !provider.client_ids.iter().any(|id| *id == claims["aud"]) {
        return Err(Failure::invalid_identity_token("Incorrect token audience"));
    }
    let time = |claim: &str| claims[claim].as_i64();
    let now = now.as_second();
    match (time("nbf"), time("exp")) {
        (_, Some(expires)) if expires <= now => Err(Failure::expired_identity_token(format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires}"
        ))),
        (not_before, Some(_)) if not_before.is_none_or(|not_before| not_before <= now) => Ok((arn, claims)),
        _ => Err(not_a_token()),
    }
}

/// Returns the condition keys of the call.
fn context(claims: &Value, provider: &str, session_name: &str, now: Timestamp) -> Context {
    let prefix = ISSUER.trim_start_matches("https://");
    let context = Context::new()
        .with("aws:CurrentTime", seconds(now))
        .with("aws:EpochTime", now.as_second().to_string())
        .with("aws:SecureTransport", "true")
        .with("aws:SourceIp", "127.0.0.1")
        .with("aws:FederatedProvider", provider)
        .with("sts:RoleSessionName", session_name);
    ["sub", "aud"].iter().chain(&CLAIMS).fold(context, |context, claim| match claims[claim].as_str() {
        Some(value) => context.with(&format!("{prefix}:{claim}"), value),
        None => context,
    })
}

fn open(state: &mut State, role: &Role, name: String, duration: u32, now: Timestamp) -> Xml {
    let access_key_id = state.temporary_access_key_id();
    let secret = state.secret_access_key();
    let session = Session {
        role_id: role.id.clone(),
        name,
        token: state.session_token(),
        issued: now,
        expires: now.saturating_add(SignedDuration::from_secs(i64::from(duration))).unwrap_or(now),
        source_identity: None,
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        policies: Vec::new(),
    };
    let answer = session_answer(role, &session, &access_key_id, &secret);
    state.sessions.insert(access_key_id, session);
    answer
}

fn refused() -> Failure {
    Failure::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
