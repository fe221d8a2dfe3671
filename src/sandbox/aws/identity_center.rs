//! IAM Identity Center, as far as IAM sees it: a role for each permission set, and sessions that bear a user's name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::role::Role;
use super::state::{Session, State, characters_of};
use super::tags::Tags;

/// Where AWS puts these roles when Identity Center is in us-east-1 (IAM Identity Center User Guide, "Referencing
/// permission sets").
const PATH: &str = "/aws-reserved/sso.amazonaws.com/";

/// The keys of a session.
#[derive(Clone, Debug)]
pub struct SessionKeys {
    /// Name of the permission set's role.
    pub role: String,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The token that goes with it.
    pub session_token: String,
}

pub(super) fn sign_in(state: &mut State, permission_set: &str, user: &str, now: Timestamp) -> SessionKeys {
    let suffix = characters_of(&format!("permission set {permission_set}"), 16).to_lowercase();
    let name = format!("AWSReservedSSO_{permission_set}_{suffix}");
    if state.role(&name).is_none() {
        let role = role(state.account, &name, state.unique_id("AROA"), now);
        state.roles.insert(name.to_lowercase(), role);
    }
    let role_id = state.role(&name).map(|role| role.id.clone()).unwrap_or_default();
    let (access_key_id, secret_access_key) = (state.temporary_access_key_id(), state.secret_access_key());
    let session = Session {
        role_id,
        name: user.to_owned(),
        token: state.session_token(),
        issued: now,
        expires: now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now),
        source_identity: None,
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        policies: Vec::new(),
    };
    let session_token = session.token.clone();
    state.sessions.insert(access_key_id.clone(), session);
    SessionKeys { role: name, access_key_id, secret_access_key, session_token }
}

fn role(account: &'static str, name: &str, id: String, now: Timestamp) -> Role {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
        "Principal": { "Federated": format!("arn:aws:iam::{account}:saml-provider/AWSSSO_DO_NOT_DELETE") } }] });
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": format!("arn:aws:iam::{account}:role/port-iam/*") }] });
    Role {
        account,
        name: name.to_owned(),
        path: PATH.to_owned(),
        id,
        created: now,
        trust: trust.to_string(),
        description: None,
        max_session_duration: 43_200,
        boundary: None,
        tags: Tags::default(),
        attached: BTreeSet::new(),
        inline: BTreeMap::from([("AwsSSOInlinePolicy".to_owned(), policy.to_string())]),
        last_used: None,
    }
}
