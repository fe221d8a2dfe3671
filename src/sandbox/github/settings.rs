//! Settings of a repository: Actions, the subject of OIDC tokens, immutable releases.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, created, no_content, ok};
use super::directory::Caller;
use super::id_tokens::has_immutable_subject;

/// `GET actions/permissions`
pub(super) async fn actions(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| ok(repository.actions_permissions.clone()))
}

/// `PUT actions/permissions`
pub(super) async fn set_actions(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        merge(&mut repository.actions_permissions, body.0.clone());
        no_content()
    })
}

/// `GET actions/permissions/workflow`
pub(super) async fn workflows(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ADMINISTRATION, |repository| {
        ok(repository.workflow_permissions.clone())
    })
}

/// `PUT actions/permissions/workflow`
pub(super) async fn set_workflows(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        merge(&mut repository.workflow_permissions, body.0.clone());
        no_content()
    })
}

/// `GET actions/oidc/customization/sub`: repositories created since 2026-07-15 have the immutable form of the subject.
pub(super) async fn oidc_subject(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let mut shape = repository.oidc_subject.clone();
        shape["use_immutable_subject"] = json!(has_immutable_subject(repository));
        shape["sub_claim_prefix"] = json!(github.subject_prefix(repository));
        ok(shape)
    })
}

/// `PUT actions/oidc/customization/sub`
pub(super) async fn set_oidc_subject(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        merge(&mut repository.oidc_subject, body.0.clone());
        created(json!({}))
    })
}

/// `GET immutable-releases`
pub(super) async fn immutable_releases(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ADMINISTRATION, |repository| {
        ok(json!({ "enabled": repository.immutable_releases, "enforced_by_owner": false }))
    })
}

/// `PUT immutable-releases`
pub(super) async fn enable_immutable_releases(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        repository.immutable_releases = true;
        no_content()
    })
}

/// `DELETE immutable-releases`
pub(super) async fn disable_immutable_releases(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        repository.immutable_releases = false;
        no_content()
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
