//! What a job is told about itself: the `github` context, the default variables, the event.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde_json::{Map, Value, json};

use super::super::github::{IdTokenRequest, JobContext, scalar_text};
use super::workspace::Workspace;

/// The `github` context, without the token.
pub(super) fn github_context(job: &JobContext, api_url: &str, job_id: &str) -> Map<String, Value> {
    let run = &job.run;
    let fields = json!({
        "actor": run.actor, "triggering_actor": run.triggering_actor, "event": event(job),
        "event_name": "workflow_dispatch", "job": job_id, "ref": run.reference,
        "ref_name": ref_name(&run.reference), "ref_type": ref_type(&run.reference),
        "repository": run.repository, "repository_id": job.repository_id.to_string(),
        "repository_owner": job.repository["owner"]["login"],
        "repository_owner_id": job.repository["owner"]["id"].to_string(),
        "run_id": run.id.to_string(), "run_number": run.number.to_string(), "run_attempt": run.attempt.to_string(),
        "sha": run.sha, "workflow": run.workflow_name, "workflow_sha": run.sha,
        "workflow_ref": format!("{}/{}@{}", run.repository, run.workflow_path, run.reference),
        "actor_id": job.sender["id"].to_string(),
        "server_url": api_url, "api_url": api_url, "graphql_url": format!("{api_url}/graphql"),
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// The event as the runner writes it to `$GITHUB_EVENT_PATH`.
pub(super) fn event(job: &JobContext) -> Value {
    json!({
        "inputs": job.run.inputs, "ref": job.run.reference, "workflow": job.run.workflow_path,
        "repository": job.repository, "organization": { "login": job.repository["owner"]["login"] },
        "sender": job.sender,
    })
}

/// The variables that every step has, `github` being the context, and those of a job that may ask for OIDC tokens.
pub(super) fn default_variables(
    github: &Map<String, Value>,
    workspace: &Workspace,
    id_tokens: Option<&IdTokenRequest>,
) -> BTreeMap<String, OsString> {
    let named = [
        "actor",
        "actor_id",
        "triggering_actor",
        "event_name",
        "job",
        "ref",
        "ref_name",
        "ref_type",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "run_id",
        "run_number",
        "run_attempt",
        "sha",
        "workflow",
        "workflow_ref",
        "workflow_sha",
        "server_url",
        "api_url",
        "graphql_url",
    ];
    let mut variables: BTreeMap<String, OsString> = named
        .iter()
        .filter_map(|name| Some((format!("GITHUB_{}", name.to_uppercase()), scalar_text(github.get(*name)?)?.into())))
        .collect();
    for (name, value) in [
        ("GITHUB_ACTIONS", "true".into()),
        ("CI", "true".into()),
        ("RUNNER_OS", "Linux".into()),
        ("RUNNER_ARCH", "X64".into()),
        ("RUNNER_NAME", "sandbox".into()),
        ("RUNNER_ENVIRONMENT", "github-hosted".into()),
        ("RUNNER_TEMP", workspace.path("temp").into_os_string()),
        ("HOME", workspace.path("home").into_os_string()),
        ("PATH", workspace.search_path()),
        ("GITHUB_WORKSPACE", workspace.path("work").into_os_string()),
        ("GITHUB_EVENT_PATH", workspace.path("event.json").into_os_string()),
    ] {
        variables.insert(name.to_owned(), value);
    }
    if let Some(IdTokenRequest { url, token }) = id_tokens {
        variables.insert("ACTIONS_ID_TOKEN_REQUEST_URL".to_owned(), url.into());
        variables.insert("ACTIONS_ID_TOKEN_REQUEST_TOKEN".to_owned(), token.into());
    }
    variables
}

fn ref_name(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix("refs/tags/")).unwrap_or(reference)
}

fn ref_type(reference: &str) -> &'static str {
    if reference.starts_with("refs/tags/") { "tag" } else { "branch" }
}
