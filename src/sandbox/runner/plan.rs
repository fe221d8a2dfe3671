//! A workflow file read into what the runner does. What the runner cannot do is an error and never skipped over.

use serde_json::{Map, Value};

use super::super::github::scalar_text;

/// GitHub's own limit of a job.
const DEFAULT_TIMEOUT_MINUTES: f64 = 360.0;

/// A workflow with its one job. Texts still contain their expressions.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) run_name: Option<String>,
    pub(super) concurrency_groups: Vec<String>,
    pub(super) environment: Option<String>,
    pub(super) workflow_variables: Variables,
    pub(super) job_variables: Variables,
    pub(super) job: String,
    pub(super) condition: Option<String>,
    pub(super) timeout_minutes: f64,
    /// Whether the job's token may read files and releases.
    pub(super) reads_contents: bool,
    /// Whether the job may ask for OIDC tokens.
    pub(super) writes_id_token: bool,
    pub(super) steps: Vec<Step>,
}

/// An `env` block in its order.
pub(super) type Variables = Vec<(String, String)>;

/// One `run` step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) variables: Variables,
    pub(super) script: String,
    /// `shell: bash` was said: then failures in pipes count.
    pub(super) strict: bool,
    pub(super) directory: Option<String>,
    pub(super) timeout_minutes: Option<f64>,
    pub(super) continue_on_error: bool,
}

impl Plan {
    /// Reads a parsed workflow file, or says what the runner cannot do.
    pub(super) fn read(document: &Value) -> Result<Self, String> {
        let workflow = object(document, "the workflow")?;
        known(
            workflow,
            "the workflow",
            &["name", "run-name", "on", "permissions", "concurrency", "defaults", "env", "jobs"],
        )?;
        let jobs = object(&document["jobs"], "jobs")?;
        let mut jobs = jobs.iter();
        let (Some((id, job)), None) = (jobs.next(), jobs.next()) else {
            return Err("the runner executes workflows with exactly one job".to_owned());
        };
        let job_fields = object(job, id)?;
        let keys = [
            "name",
            "runs-on",
            "timeout-minutes",
            "permissions",
            "environment",
            "env",
            "steps",
            "concurrency",
            "defaults",
            "if",
            "outputs",
        ];
        known(job_fields, &format!("job {id}"), &keys)?;
        if job["runs-on"].is_null() {
            return Err(format!("job {id} has no runs-on"));
        }
        let shell = default_shell(job).or_else(|| default_shell(document));
        let steps = job["steps"].as_array().ok_or_else(|| format!("job {id} has no steps"))?;
        let permissions = [&job["permissions"], &document["permissions"]].into_iter().find(|value| !value.is_null());
        Ok(Self {
            run_name: optional_text(&document["run-name"], "run-name")?,
            concurrency_groups: [&document["concurrency"], &job["concurrency"]]
                .into_iter()
                .filter(|value| !value.is_null())
                .map(concurrency_group)
                .collect::<Result<_, _>>()?,
            environment: environment(&job["environment"])?,
            workflow_variables: variables(&document["env"])?,
            job_variables: variables(&job["env"])?,
            job: id.clone(),
            condition: optional_text(&job["if"], "if")?,
            timeout_minutes: minutes(&job["timeout-minutes"])?.unwrap_or(DEFAULT_TIMEOUT_MINUTES),
            reads_contents: permissions.is_none_or(reads_contents),
            writes_id_token: permissions.is_some_and(writes_id_token),
            steps: steps.iter().map(|step| Step::read(step, shell)).collect::<Result<_, _>>()?,
        })
    }
}

impl Step {
    fn read(step: &Value, default_shell: Option<&str>) -> Result<Self, String> {
        let fields = object(step, "a step")?;
        if let Some(action) = fields.get("uses") {
            return Err(format!("the runner executes no actions, only run steps: uses {action}"));
        }
        let keys =
            ["name", "id", "if", "env", "run", "shell", "working-directory", "timeout-minutes", "continue-on-error"];
        known(fields, "a step", &keys)?;
        let script = step["run"].as_str().ok_or("a step has no run")?.to_owned();
        let first_line = format!("Run {}", script.lines().next().unwrap_or_default());
        let shell = step["shell"].as_str().or(default_shell);
        if shell.is_some_and(|shell| shell != "bash") {
            return Err(format!("the runner has no shell but bash: {}", step["shell"]));
        }
        Ok(Self {
            name: optional_text(&step["name"], "name")?.unwrap_or(first_line),
            id: optional_text(&step["id"], "id")?,
            condition: optional_text(&step["if"], "if")?,
            variables: variables(&step["env"])?,
            script,
            strict: shell.is_some(),
            directory: optional_text(&step["working-directory"], "working-directory")?,
            timeout_minutes: minutes(&step["timeout-minutes"])?,
            continue_on_error: step["continue-on-error"] == true,
        })
    }
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{what} is not a mapping"))
}

fn known(fields: &Map<String, Value>, what: &str, keys: &[&str]) -> Result<(), String> {
    match fields.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("the runner does not know `{key}` of {what}")),
        None => Ok(()),
    }
}

fn optional_text(value: &Value, what: &str) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        value => scalar_text(value).map(Some).ok_or_else(|| format!("`{what}` is no text")),
    }
}

fn variables(value: &Value) -> Result<Variables, String> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let fields = object(value, "env")?;
    fields.iter().map(|(name, value)| Ok((name.clone(), optional_text(value, name)?.unwrap_or_default()))).collect()
}

fn minutes(value: &Value) -> Result<Option<f64>, String> {
    match value {
        Value::Null => Ok(None),
        value => {
            let minutes = value.as_f64().filter(|minutes| *minutes > 0.0 && *minutes < 1.0e6);
            minutes.map(Some).ok_or_else(|| format!("timeout-minutes is not a number of minutes: {value}"))
        }
    }
}

fn default_shell(value: &Value) -> Option<&str> {
    value.pointer("/defaults/run/shell").and_then(Value::as_str)
}

fn environment(value: &Value) -> Result<Option<String>, String> {
    let Value::Object(fields) = value else { return optional_text(value, "environment") };
    known(fields, "environment", &["name", "url", "deployment"])?;
    optional_text(&value["name"], "environment.name")
}

fn concurrency_group(value: &Value) -> Result<String, String> {
    if let Value::Object(fields) = value {
        known(fields, "concurrency", &["group", "cancel-in-progress", "queue"])?;
        if value["queue"] == "max" && value["cancel-in-progress"] == true {
            return Err("concurrency: queue max and cancel-in-progress exclude each other".to_owned());
        }
    }
    let group = if value.is_object() { &value["group"] } else { value };
    optional_text(group, "concurrency.group")?.ok_or_else(|| "concurrency has no group".to_owned())
}

/// Without a word about permissions a job gets no OIDC token, whatever the default of the repository.
fn writes_id_token(permissions: &Value) -> bool {
    permissions == "write-all" || permissions["id-token"] == "write"
}

fn reads_contents(permissions: &Value) -> bool {
    match permissions {
        Value::String(all) => all == "read-all" || all == "write-all",
        permissions => matches!(permissions["contents"].as_str(), Some("read" | "write")),
    }
}
