//! Who makes a call: the access key in the `Authorization` header decides.
//!
//! Signatures are **not** verified: whoever knows the id of a long-term key is taken for its owner, with any secret.
//! A temporary key must bring its session token.

use axum::http::HeaderMap;
use jiff::Timestamp;

use super::failure::Failure;
use super::state::{Session, State};

/// The caller, with everything that the judgement of his calls needs.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// ARN of the user, or of the session: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub(super) arn: String,
    /// ARN of the user, or of the session's role.
    pub(super) principal_arn: String,
    /// `AIDA…` of a user, `AROA…:SESSION` of a session.
    pub(super) user_id: String,
    /// Name of the user; a session has none.
    pub(super) user_name: Option<String>,
    /// Documents of the identity policies.
    pub(super) policies: Vec<String>,
    /// Document of the permissions boundary.
    pub(super) boundary: Option<String>,
    /// The session, when the caller is a role.
    pub(super) session: Option<Session>,
}

/// Finds out who calls.
pub(super) fn authenticate(state: &State, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Failure> {
    let authorization = headers.get("authorization").ok_or_else(Failure::missing_authentication_token)?;
    let access_key_id = authorization
        .to_str()
        .ok()
        .and_then(access_key_id)
        .ok_or_else(|| Failure::incomplete_signature("Authorization header requires 'Credential' parameter."))?;
    if let Some(key) = state.access_keys.get(access_key_id) {
        // AWS answers a key that is switched off as one that it does not know.
        return if key.is_active { user_caller(state, &key.user) } else { Err(Failure::invalid_client_token_id()) };
    }
    let session = state.sessions.get(access_key_id).ok_or_else(Failure::invalid_client_token_id)?;
    let token = headers.get("x-amz-security-token").and_then(|token| token.to_str().ok());
    if token != Some(session.token.as_str()) {
        return Err(Failure::invalid_client_token_id());
    }
    if session.expires <= now {
        return Err(Failure::expired_token());
    }
    session_caller(state, session)
}

/// Returns the region that a request was signed for; empty when it says none.
pub(super) fn region(headers: &HeaderMap) -> &str {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    authorization.split_once("Credential=").and_then(|(_, scope)| scope.split('/').nth(2)).unwrap_or_default()
}

/// Remembers when a long-term key was used.
pub(super) fn note_use(state: &mut State, headers: &HeaderMap, now: Timestamp) {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    if let Some(key) = authorization.and_then(access_key_id).and_then(|id| state.access_keys.get_mut(id)) {
        key.last_used = Some(now);
    }
}

/// Returns the user with his policies and those of his groups.
pub(super) fn user_caller(state: &State, name: &str) -> Result<Caller, Failure> {
    let user = state.users.get(name).ok_or_else(Failure::invalid_client_token_id)?;
    let mut policies: Vec<String> = user.inline.values().cloned().collect();
    let groups = state.groups.values().filter(|group| group.members.contains(name)).map(|group| &group.attached);
    for arn in groups.chain([&user.attached]).flatten() {
        policies.push(super::managed_policy::find(state, arn)?.document()?.to_owned());
    }
    Ok(Caller {
        arn: user.arn(),
        principal_arn: user.arn(),
        user_id: user.id.clone(),
        user_name: Some(user.name.clone()),
        policies,
        boundary: None,
        session: None,
    })
}

/// Returns the role's documents as they are now: what is detached is lost to live sessions too.
pub(super) fn role_policies(state: &State, role: &super::role::Role) -> Result<(Vec<String>, Option<String>), Failure> {
    let mut policies: Vec<String> = role.inline.values().cloned().collect();
    for arn in &role.attached {
        policies.push(super::managed_policy::find(state, arn)?.document()?.to_owned());
    }
    let boundary = role.boundary.as_ref().map(|arn| super::managed_policy::find(state, arn)).transpose()?;
    let boundary = boundary.map(|policy| policy.document().map(str::to_owned)).transpose()?;
    Ok((policies, boundary))
}

fn session_caller(state: &State, session: &Session) -> Result<Caller, Failure> {
    // The keys of a role that was deleted are no longer anybody's, also if a new role has its name.
    let role = state.role_by_id(&session.role_id).ok_or_else(Failure::invalid_client_token_id)?;
    let (policies, boundary) = role_policies(state, role)?;
    Ok(Caller {
        arn: session_arn(role.account, &role.name, &session.name),
        principal_arn: role.arn(),
        user_id: format!("{}:{}", role.id, session.name),
        user_name: None,
        policies,
        boundary,
        session: Some(session.clone()),
    })
}

/// Returns the ARN of a role's session; the role's path is not part of it.
pub(super) fn session_arn(account: &str, role_name: &str, session_name: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}")
}

/// Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
pub(super) fn access_key_id(authorization: &str) -> Option<&str> {
    let (_, after) = authorization.split_once("Credential=")?;
    let credential = after.split([',', ' ']).next()?;
    let mut scope = credential.split('/');
    let key = scope.next().filter(|key| !key.is_empty())?;
    (scope.count() == 4 && authorization.starts_with("AWS4-HMAC-SHA256 ")).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_credential_scope_names_a_key() {
        let whole =
            "AWS4-HMAC-SHA256 Credential=AKIA1/20261123/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(access_key_id(whole), Some("AKIA1"));
        assert_eq!(access_key_id("AWS4-HMAC-SHA256 Credential=AKIA1, SignedHeaders=host"), None);
        assert_eq!(access_key_id("Bearer AKIA1"), None);
    }
}
