//! From a run to a GitHub workflow: templates, inputs, and the call that Port's GitHub app makes.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::organization::OCEAN_INSTALLATION_ID;
use super::run::{Run, Status};
use super::state::{State, member};
use super::template::{render, text_of};
use super::trigger;
use super::{Port, automations};

/// What becomes of a run that starts.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// A workflow is dispatched.
    Workflow(Dispatch),
    /// An entity is written.
    Upsert { run_id: String, blueprint: String, body: Map<String, Value> },
    /// The run fails at once.
    Failure { run_id: String, message: String },
}

impl Start {
    pub(super) fn failing(run_id: &str, message: impl Into<String>) -> Self {
        Self::Failure { run_id: run_id.to_owned(), message: message.into() }
    }
}

/// One call of GitHub's dispatch.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    run_id: String,
    organization: String,
    repository: String,
    workflow: String,
    inputs: Map<String, Value>,
    git_ref: Option<String>,
    report: bool,
    ocean: bool,
}

/// Evaluates the templates of a run's backend. The error says which expression failed.
pub(super) fn prepare(state: &State, run: &Run) -> Result<Start, String> {
    let method = member(&run.action.body, &["invocationMethod"]);
    let kind = method.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "UPSERT_ENTITY" {
        let Value::Object(method) = render(&method.into(), &trigger::data(state, run))? else {
            return Err("the backend is no object".to_owned());
        };
        let blueprint = method.get("blueprintIdentifier").map(text_of).unwrap_or_default();
        return Ok(Start::Upsert { run_id: run.id.clone(), blueprint, body: member(&method, &["mapping"]) });
    }
    let ocean = kind == "INTEGRATION_ACTION";
    let installed = match kind {
        "GITHUB" => !state.ocean,
        "INTEGRATION_ACTION" => {
            state.ocean && method.get("installationId").is_some_and(|id| id == OCEAN_INSTALLATION_ID)
        }
        _ => return Ok(Start::failing(&run.id, format!("the sandbox does not execute backends of type {kind}"))),
    };
    if !installed {
        return Ok(Start::failing(&run.id, "the GitHub integration that this action names is not installed"));
    }
    let settings = if ocean { member(&method, &["integrationActionExecutionProperties"]) } else { method };
    let Value::Object(settings) = render(&settings.into(), &trigger::data(state, run))? else {
        return Err("the backend is no object".to_owned());
    };
    let text = |name: &str| settings.get(name).map(text_of).unwrap_or_default();
    let mut inputs = member(&settings, &["workflowInputs"]);
    // GitHub takes texts. Port sends everything else as JSON, `null` too: for the newer app that is known, for the
    // older one it is not, and a workflow that bears the text "null" bears the missing input as well.
    for value in inputs.values_mut() {
        *value = text_of(value).into();
    }
    let git_ref = inputs.shift_remove("ref").map(|git_ref| text_of(&git_ref));
    // Left out, the older app reports; the newer one does not.
    let report = settings.get("reportWorkflowStatus").map_or(!ocean, |report| *report == true || report == "true");
    Ok(Start::Workflow(Dispatch {
        run_id: run.id.clone(),
        organization: text("org"),
        repository: text("repo"),
        workflow: text("workflow"),
        inputs,
        git_ref: git_ref.or_else(|| (!ocean).then(|| "main".to_owned())),
        report,
        ocean,
    }))
}

/// Lets a run begin, after the answer to whoever started it.
pub(super) fn begin(port: &Port, start: Start) {
    let port = port.clone();
    tokio::spawn(async move {
        match start {
            Start::Failure { run_id, message } => fail(&port, &run_id, &message),
            Start::Upsert { run_id, blueprint, body } => automations::upsert(&port, &run_id, &blueprint, &body),
            Start::Workflow(dispatch) => match send(&port, &dispatch).await {
                Ok(started) => record(&port, &dispatch, started),
                Err(reason) => {
                    let Dispatch { organization, repository, workflow, run_id, .. } = &dispatch;
                    let message =
                        format!("Workflow {workflow} of {organization}/{repository} was not started: {reason}");
                    fail(&port, run_id, &message);
                }
            },
        }
    });
}

/// What GitHub says of the workflow run that it started.
#[derive(Debug, Default)]
struct Started {
    workflow_run_id: Option<u64>,
    html_url: Option<String>,
    external_run_id: Option<String>,
}

async fn send(port: &Port, dispatch: &Dispatch) -> Result<Started, String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .user_agent("port-sandbox")
        .build()
        .map_err(|error| error.to_string())?;
    let base = format!("/repos/{}/{}", segment(&dispatch.organization), segment(&dispatch.repository));
    let repository = match dispatch.ocean {
        true => call(port, client.get(port.github_url(&base))).await?,
        false => Value::Null,
    };
    let git_ref = dispatch.git_ref.clone().unwrap_or_else(|| text_of(&repository["default_branch"]));
    let url = port.github_url(&format!("{base}/actions/workflows/{}/dispatches", segment(&dispatch.workflow)));
    let body = json!({ "ref": git_ref, "inputs": dispatch.inputs, "return_run_details": true });
    let details = call(port, client.post(url).json(&body)).await?;
    let workflow_run_id = details["workflow_run_id"].as_u64();
    let external_run_id = workflow_run_id.map(|id| match dispatch.ocean {
        true => format!("gh_{}_{}_{id}", repository["owner"]["id"], repository["id"]),
        false => id.to_string(),
    });
    Ok(Started { workflow_run_id, html_url: details["html_url"].as_str().map(str::to_owned), external_run_id })
}

/// Calls GitHub as Port's app and returns the JSON of a success, `null` when it has none.
async fn call(port: &Port, request: reqwest::RequestBuilder) -> Result<Value, String> {
    let response = request
        .bearer_auth(port.github_token())
        .header("Accept", "application/vnd.github+json")
        .header("X-GitHub-Api-Version", "2022-11-28")
        .send()
        .await
        .map_err(|error| format!("GitHub could not be reached ({error})"))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| format!("GitHub's answer broke off ({error})"))?;
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    Err(format!("GitHub answered {}: {}", status.as_u16(), body["message"].as_str().unwrap_or(&text)))
}

fn segment(text: &str) -> String {
    const KEPT: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, &KEPT).to_string()
}

/// Remembers the workflow run. A run that is over by then takes no link any more.
fn record(port: &Port, dispatch: &Dispatch, started: Started) {
    let now = port.now();
    let mut state = port.state();
    let ended = started.workflow_run_id.and_then(|id| state.early_conclusions.remove(&id));
    let Ok(run) = state.run_mut(&dispatch.run_id) else { return };
    run.workflow_run_id = started.workflow_run_id;
    run.report_workflow_status = dispatch.report;
    if run.status == Status::InProgress {
        run.link = started.html_url.map(Value::from).or(run.link.take());
        run.external_run_id = started.external_run_id.or(run.external_run_id.take());
        run.updated_at = now;
    }
    if let Some(conclusion) = ended {
        run.workflow_completed(&conclusion, now);
    }
}

fn fail(port: &Port, run_id: &str, message: &str) {
    let now = port.now();
    let mut state = port.state();
    let Ok(run) = state.run_mut(run_id) else { return };
    if run.status == Status::InProgress {
        let by = run.created_by.clone();
        run.log(message, &by, now);
        run.finish(Status::Failure, &by, now);
    }
}
