//! `AssumeRoleWithWebIdentity`: the account has no identity provider, so that every token is a stranger's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::constraint::{ARN, IDENTITY_TOKEN, SESSION_NAME};
use super::failure::Failure;
use super::parameters::Parameters;

/// Returns the refusal that AWS gives when no provider of the account has the token's issuer.
pub(super) fn refuse(parameters: &Parameters) -> Failure {
    match checked_token(parameters) {
        Err(failure) => failure,
        Ok(token) => match issuer(&token) {
            Some(issuer) => {
                Failure::invalid_identity_token(format!("No OpenIDConnect provider found in your account for {issuer}"))
            }
            None => Failure::invalid_identity_token("The ID Token provided is not a valid JWT."),
        },
    }
}

fn checked_token(parameters: &Parameters) -> Result<String, Failure> {
    parameters.required("RoleArn", &ARN)?;
    parameters.required("RoleSessionName", &SESSION_NAME)?;
    parameters.required("WebIdentityToken", &IDENTITY_TOKEN)
}

fn issuer(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}
