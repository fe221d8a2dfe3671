//! OIDC tokens of running jobs: who may ask for one, and what it says (GitHub Docs, "OpenID Connect reference").
//!
//! The service that hands them out is not part of the API: it has an address of its own, which the runner tells the job
//! together with a credential that is good for this job alone.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::repository::Repository;
use super::run::WorkflowRun;
use super::{GitHub, lock};
use crate::sandbox::issuer::{ISSUER, Issuer};
use crate::sandbox::keys::job_credential;

/// Path of the service.
const PATH: &str = "/idtoken";
/// Seconds for which a token is good, and by how many it is dated back.
const LIFETIME: i64 = 300;
const DATED_BACK: i64 = 600;
/// How what a job asks with begins.
const REQUEST_TOKEN: &str = "sandboxIdTokenRequest";

/// How a job asks for a token: what the runner sets as `ACTIONS_ID_TOKEN_REQUEST_URL` and `…_TOKEN`.
#[derive(Clone, Debug)]
pub struct IdTokenRequest {
    /// The address, which has a query already.
    pub url: String,
    /// The credential.
    pub token: String,
}

impl GitHub {
    /// Returns the issuer of the tokens, so that AWS can check them.
    pub fn issuer(&self) -> Issuer {
        self.shared.issuer.clone()
    }

    /// Sets where the service for tokens is, without a trailing slash.
    pub(crate) fn set_id_token_url(&self, url: &str) {
        url.clone_into(&mut lock(&self.shared.id_token_url));
    }

    /// Lets a job of `run` ask for tokens, as a job does that has the permission `id-token: write`. `None` when its
    /// repository is gone, or the machine has no randomness.
    pub fn open_id_tokens(&self, run: &WorkflowRun, environment: Option<&str>) -> Option<IdTokenRequest> {
        let claims = self.peek(&run.repository, |repository| self.claims(repository, run, environment))?;
        let token = job_credential(REQUEST_TOKEN).ok()?;
        lock(&self.shared.id_token_jobs).insert(token.clone(), claims);
        lock(&self.shared.id_tokens_given).push(token.clone());
        let url = format!("{}{PATH}?api-version=2.0", lock(&self.shared.id_token_url));
        Some(IdTokenRequest { url, token })
    }

    /// Ends the right of a job to ask for tokens.
    pub(crate) fn close_id_tokens(&self, request: &IdTokenRequest) {
        lock(&self.shared.id_token_jobs).remove(&request.token);
    }

    /// Lets every token from now on say something else, as one of another repository, branch or person would; `None`
    /// leaves the claim out.
    pub fn forge_claim(&self, name: &str, value: Option<Value>) {
        lock(&self.shared.forged_claims).insert(name.to_owned(), value);
    }

    /// Lets tokens say the truth again.
    pub fn stop_forging(&self) {
        lock(&self.shared.forged_claims).clear();
    }

    /// Lets a repository have the subject that repositories had before July 2026, or the immutable one again.
    pub fn set_immutable_subject(&self, repository: &str, immutable: bool) -> bool {
        let set = |repository: &mut Repository| repository.oidc_subject["use_immutable_subject"] = json!(immutable);
        self.peek(repository, set).is_some()
    }

    /// Returns how the subject of a repository's tokens begins.
    pub(super) fn subject_prefix(&self, repository: &Repository) -> String {
        let Repository { owner, name, id, .. } = repository;
        if !has_immutable_subject(repository) {
            return format!("repo:{owner}/{name}");
        }
        let owner_id = self.account_shape(owner)["id"].clone();
        format!("repo:{owner}@{owner_id}/{name}@{id}")
    }

    fn claims(&self, repository: &Repository, run: &WorkflowRun, environment: Option<&str>) -> Map<String, Value> {
        let prefix = self.subject_prefix(repository);
        let place = match environment {
            // A colon inside a value would end it.
            Some(environment) => format!("environment:{}", environment.replace(':', "%3A")),
            None => format!("ref:{}", run.reference),
        };
        let workflow_ref = format!("{}/{}@{}", run.repository, run.workflow_path, run.reference);
        let claims = json!({
            "sub": format!("{prefix}:{place}"), "ref": run.reference, "sha": run.sha,
            "ref_type": if run.reference.starts_with("refs/tags/") { "tag" } else { "branch" },
            "repository": run.repository, "repository_id": repository.id.to_string(),
            "repository_owner": repository.owner,
            "repository_owner_id": self.account_shape(&repository.owner)["id"].to_string(),
            "repository_visibility": if repository.private { "private" } else { "public" },
            "run_id": run.id.to_string(), "run_number": run.number.to_string(),
            "run_attempt": run.attempt.to_string(), "actor": run.actor,
            "actor_id": self.account_shape(&run.actor)["id"].to_string(), "workflow": run.workflow_name,
            "workflow_ref": workflow_ref, "workflow_sha": run.sha, "job_workflow_ref": workflow_ref,
            "job_workflow_sha": run.sha, "head_ref": "", "base_ref": "", "event_name": "workflow_dispatch",
            "runner_environment": "github-hosted",
        });
        let mut claims = claims.as_object().cloned().unwrap_or_default();
        if let Some(environment) = environment {
            claims.insert("environment".to_owned(), environment.into());
        }
        claims
    }

    /// Returns a token for a job.
    fn id_token(&self, request_token: &str, audience: &str) -> Option<String> {
        let mut claims = lock(&self.shared.id_token_jobs).get(request_token)?.clone();
        let now = self.now().as_second();
        let own = json!({
            "iss": ISSUER, "aud": audience, "jti": format!("{:032x}", self.next_id()), "iat": now,
            "nbf": now - DATED_BACK, "exp": now + LIFETIME,
        });
        claims.extend(own.as_object().cloned().unwrap_or_default());
        for (name, value) in lock(&self.shared.forged_claims).iter() {
            match value {
                Some(value) => _ = claims.insert(name.clone(), value.clone()),
                None => _ = claims.shift_remove(name),
            }
        }
        let token = self.shared.issuer.sign(&Value::Object(claims));
        lock(&self.shared.id_tokens_given).push(token.clone());
        Some(token)
    }
}

/// Returns whether the numbers of owner and repository are part of the subject.
pub(super) fn has_immutable_subject(repository: &Repository) -> bool {
    repository.oidc_subject["use_immutable_subject"] != json!(false)
}

/// Returns the service that hands out tokens.
pub(crate) fn id_token_router(github: GitHub) -> Router {
    Router::new().route(PATH, get(answer)).with_state(github)
}

#[derive(Deserialize)]
struct Asked {
    audience: Option<String>,
}

async fn answer(State(github): State<GitHub>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bearer = authorization.strip_prefix("Bearer ").or_else(|| authorization.strip_prefix("bearer "));
    // GitHub's own default is the address of the repository's owner.
    let audience = asked.audience.unwrap_or_else(|| "https://github.com/acme".to_owned());
    match bearer.and_then(|bearer| github.id_token(bearer, &audience)) {
        Some(token) => Json(json!({ "count": token.len(), "value": token })).into_response(),
        None => {
            (StatusCode::UNAUTHORIZED, Json(json!({ "message": "The job may not ask for a token" }))).into_response()
        }
    }
}
