//! One job from its first step to its last.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::github::{Conclusion, Definition, GitHub, IdTokenRequest, JobContext, JobRights, WorkflowRun};
use super::Runner;
use super::expression::{Contexts, condition, interpolate};
use super::mask::Masks;
use super::plan::{Plan, Variables};
use super::surroundings::{default_variables, event, github_context};
use super::workspace::Workspace;

/// What a job carries from step to step.
pub(super) struct Job<'a> {
    pub(super) github: &'a GitHub,
    pub(super) context: &'a JobContext,
    pub(super) workspace: Workspace,
    pub(super) contexts: Contexts,
    pub(super) masks: Masks,
    /// The default variables, which nothing overrides.
    pub(super) defaults: BTreeMap<String, OsString>,
    /// Variables of the machine, below everything else.
    pub(super) machine: BTreeMap<String, OsString>,
    pub(super) deadline: Instant,
    pub(super) conclusion: Conclusion,
    message: Option<String>,
}

/// Executes a run and fills in `run`. An error is the sentence with which the run fails before or between its steps.
pub(super) async fn execute(
    runner: &Runner,
    context: &JobContext,
    run: &mut WorkflowRun,
) -> Result<Conclusion, String> {
    let definition = Definition::parse(&context.workflow)?;
    let plan = Plan::read(&definition.document)?;
    let early = early_contexts(runner, context, &definition, &plan);
    if let Some(name) = &plan.run_name {
        run.title = interpolate(name, &early)?;
    }
    for group in &plan.concurrency_groups {
        interpolate(group, &early)?;
    }
    if let Some(text) = &plan.condition
        && !condition(text, &early)?
    {
        return Ok(Conclusion::Skipped);
    }
    let environment = plan.environment.as_ref().map(|name| interpolate(name, &early)).transpose()?;
    let rights = runner.github.job_rights(run, environment.as_deref(), plan.reads_contents)?;
    let id_tokens = if plan.writes_id_token { runner.github.open_id_tokens(run, environment.as_deref()) } else { None };
    let outcome = steps(runner, context, &plan, early, (&rights, id_tokens.as_ref()), run).await;
    runner.github.revoke_job_token(&rights.token);
    if let Some(request) = &id_tokens {
        runner.github.close_id_tokens(request);
    }
    outcome
}

/// What may be used before the job has its secrets.
fn early_contexts(runner: &Runner, context: &JobContext, definition: &Definition, plan: &Plan) -> Contexts {
    let declared = definition.dispatch_inputs().unwrap_or_default();
    let inputs = context.run.inputs.iter().map(|(name, value)| {
        let switch = declared.get(name).is_some_and(|declaration| declaration["type"] == "boolean");
        (name.clone(), if switch { Value::Bool(value == "true") } else { Value::from(value.as_str()) })
    });
    let mut contexts = Contexts::new();
    let github = github_context(context, runner.github.base_url(), &plan.job);
    contexts.insert("github".to_owned(), Value::Object(github));
    contexts.insert("inputs".to_owned(), Value::Object(inputs.collect()));
    contexts.insert("vars".to_owned(), json!(context.variables));
    contexts.insert("job".to_owned(), json!({ "status": "success" }));
    contexts
}

async fn steps(
    runner: &Runner,
    context: &JobContext,
    plan: &Plan,
    mut contexts: Contexts,
    (rights, id_tokens): (&JobRights, Option<&IdTokenRequest>),
    run: &mut WorkflowRun,
) -> Result<Conclusion, String> {
    let trouble = |error: std::io::Error| format!("the runner cannot prepare the job: {error}");
    let workspace = Workspace::new(&runner.program).map_err(trouble)?;
    workspace.write("event.json", event(context).to_string().as_bytes()).map_err(trouble)?;
    let mut masks = Masks::default();
    let mut secrets = rights.secrets.clone();
    secrets.insert("GITHUB_TOKEN".to_owned(), rights.token.clone());
    secrets.values().for_each(|secret| masks.add(secret));
    id_tokens.iter().for_each(|request| masks.add(&request.token));
    if let Some(github) = contexts.get_mut("github").and_then(Value::as_object_mut) {
        github.insert("token".to_owned(), Value::from(rights.token.as_str()));
    }
    contexts.insert("secrets".to_owned(), json!(secrets));
    contexts.insert("vars".to_owned(), json!(rights.variables));
    contexts.insert("steps".to_owned(), json!({}));
    let temp = workspace.path("temp").to_string_lossy().into_owned();
    contexts.insert("runner".to_owned(), json!({ "os": "Linux", "arch": "X64", "name": "sandbox", "temp": temp }));
    contexts.insert("env".to_owned(), json!({}));
    let github = contexts["github"].as_object().cloned().unwrap_or_default();
    let mut job = Job {
        github: &runner.github,
        context,
        defaults: default_variables(&github, &workspace, id_tokens),
        machine: runner.variables.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
        workspace,
        contexts,
        masks,
        deadline: Instant::now() + minutes(plan.timeout_minutes),
        conclusion: Conclusion::Success,
        message: None,
    };
    for block in [&plan.workflow_variables, &plan.job_variables] {
        let variables = job.evaluated(block)?;
        job.add_to_env(variables);
    }
    for (number, step) in plan.steps.iter().enumerate() {
        run.steps.push(job.step(number, step).await);
    }
    run.message = job.message.take().map(|message| job.masks.hide(&message));
    Ok(job.conclusion)
}

/// Minutes of a workflow file as a duration.
pub(super) fn minutes(minutes: f64) -> Duration {
    Duration::from_secs_f64(minutes * 60.0)
}

impl Job<'_> {
    /// Evaluates an `env` block.
    pub(super) fn evaluated(&self, block: &Variables) -> Result<BTreeMap<String, String>, String> {
        block.iter().map(|(name, value)| Ok((name.clone(), interpolate(value, &self.contexts)?))).collect()
    }

    /// Puts variables into the `env` context, which later blocks and all later steps see.
    pub(super) fn add_to_env(&mut self, variables: BTreeMap<String, String>) {
        if let Some(env) = self.contexts.get_mut("env").and_then(Value::as_object_mut) {
            env.extend(variables.into_iter().map(|(name, value)| (name, Value::from(value))));
        }
    }

    /// Takes the end of a step into account; the first reason that is not an exit code is kept as the run's message.
    pub(super) fn conclude(&mut self, conclusion: Conclusion, message: Option<String>) {
        if self.conclusion == Conclusion::Success {
            self.conclusion = conclusion;
            self.contexts.insert("job".to_owned(), json!({ "status": conclusion.as_str() }));
        }
        if self.message.is_none() {
            self.message = message;
        }
    }
}
