//! Finds out whether Port starts a workflow at GitHub: with an action that is there for a moment, and of which nothing
//! can come. Whatever happens, it is taken away again.

use std::time::Duration;

use serde_json::Value;

use crate::clients::error::ApiErrorKind;
use crate::clients::github::{GitHub, Repository};
use crate::clients::patience::{Patience, is_there};
use crate::clients::port::{Port, RunPatch};
use crate::domain::checkup::{left_over, probe_action};
use crate::domain::names::Names;
use crate::failure::Failure;
use crate::stop::BEGUN_WITHIN;
use crate::world::World;

/// How long a dispatch may take: Port and GitHub need a few seconds.
const PATIENCE: Patience = Patience { looks: 120, pause: Duration::from_secs(1) };

/// A probe.
pub struct Probe<'a> {
    /// The surroundings.
    pub world: &'a World,
    /// The installation's names.
    pub names: &'a Names,
    /// Port, as somebody who may make actions.
    pub port: &'a Port,
    /// GitHub.
    pub github: &'a GitHub,
    /// The target repository.
    pub repository: &'a Repository,
    /// Told each step as it begins.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// What a probe came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The action that was made and taken away.
    pub action: String,
    /// The run in Port.
    pub run_id: String,
    /// The workflow run at GitHub.
    pub workflow_run: u64,
    /// How long the dispatch took, in seconds.
    pub seconds: i64,
    /// Whether the workflow run was cancelled; else it is refused by itself.
    pub is_cancelled: bool,
    /// Actions of former probes that were taken away as well.
    pub left_over: Vec<String>,
}

/// How far a probe has come.
#[derive(Default)]
struct Way {
    run_id: Option<String>,
    workflow_run: Option<u64>,
    left_over: Vec<String>,
}

impl Probe<'_> {
    /// Makes the action, executes it, watches the dispatch arrive, and takes everything away again, after a signal too.
    ///
    /// # Errors
    ///
    /// Fails when the dispatch does not arrive, when Port or GitHub refuses or cannot be asked, and when the action could
    /// not be taken away; the failure then names it.
    pub async fn run(&self) -> Result<Probed, Failure> {
        let Self { world, names, port, .. } = *self;
        let ours = port.action(&names.request_permissions).await?;
        let ours = ours.ok_or_else(|| {
            Failure::failed(format!("Port has no action {}", names.request_permissions)).hint("run `port-iam init`")
        })?;
        let word = world.random_word().map_err(|error| Failure::failed(format!("no randomness: {error}")))?;
        let body = probe_action(names, &word, &ours).ok_or_else(|| {
            Failure::failed(format!("{} starts no workflow of GitHub's", names.request_permissions))
                .hint("run `port-iam plan`")
        })?;
        let action = body["identifier"].as_str().unwrap_or_default().to_owned();
        world.stop.check()?;
        let mut way = Way::default();
        let arrived = self.arrival(&action, &body, &mut way).await;
        let ended = world.stop.within(BEGUN_WITHIN, self.end(&action, &way, arrived.is_ok())).await;
        match (arrived, ended) {
            (Ok(Arrival { run_id, workflow_run, seconds }), Ok(is_cancelled)) => {
                Ok(Probed { action, run_id, workflow_run, seconds, is_cancelled, left_over: way.left_over })
            }
            (Err(failure), Ok(_)) => Err(failure),
            (Ok(_), Err(failure)) => Err(self.left(&action, failure)),
            (Err(failure), Err(other)) => Err(self.left(&action, failure.hint(other.message))),
        }
    }

    fn left(&self, action: &str, failure: Failure) -> Failure {
        failure.hint(format!(
            "the action {action} may still be in Port; the next `port-iam doctor --probe` takes it away, or delete it there"
        ))
    }

    async fn arrival(&self, action: &str, body: &Value, way: &mut Way) -> Result<Arrival, Failure> {
        let Self { world, names, port, .. } = *self;
        (self.progress)(&format!("Making the action {action} in Port"));
        // What has begun is waited for: an action that arrives after its removal would stay.
        world.stop.within(BEGUN_WITHIN, async { Ok(port.create_action(body).await?) }).await?;
        let all = world.stop.within(Duration::ZERO, async { Ok(port.actions().await?) }).await?;
        way.left_over = left_over(names, &all, action);
        world.stop.check()?;
        (self.progress)("Executing it");
        let since = world.now();
        let run = world.stop.within(BEGUN_WITHIN, async { Ok(port.execute_alone(action).await?) }).await?;
        way.run_id = Some(run.id.clone());
        (self.progress)("Waiting for the workflow at GitHub");
        let workflow_run = world.stop.within(Duration::ZERO, self.seen_at_github(action, &run.id)).await?;
        way.workflow_run = Some(workflow_run);
        let seconds = world.now().duration_since(since).as_secs();
        Ok(Arrival { run_id: run.id, workflow_run, seconds })
    }

    async fn seen_at_github(&self, action: &str, run_id: &str) -> Result<u64, Failure> {
        let look = async || self.look_at_github(action, run_id).await;
        let found = PATIENCE.until(self.world, is_there, look).await?;
        found.ok_or_else(|| {
            let Patience { looks, pause } = PATIENCE;
            let seconds = (pause * looks).as_secs();
            self.not_started(format!(
                "Port started the run {run_id}, and no workflow arrived at GitHub in {seconds} seconds"
            ))
        })
    }

    /// Returns the run of the workflow at GitHub; none while it may still come.
    async fn look_at_github(&self, action: &str, run_id: &str) -> Result<Option<u64>, Failure> {
        let Self { names, port, github, repository, .. } = *self;
        if let Some(found) = github.dispatched_run(repository, &names.create_workflow, action).await? {
            return Ok(Some(found));
        }
        let run = port.run(run_id).await?;
        if run.is_none_or(|run| run.is_in_progress() || run.is_waiting()) {
            return Ok(None);
        }
        // It may have gone the whole way between the two looks.
        if let Some(found) = github.dispatched_run(repository, &names.create_workflow, action).await? {
            return Ok(Some(found));
        }
        let words = port
            .logs(run_id, 0)
            .await?
            .pop()
            .filter(|words| !words.is_empty())
            .unwrap_or_else(|| "it says nothing of it".to_owned());
        Err(self.not_started(format!("Port could not start the workflow: {words}")))
    }

    fn not_started(&self, message: String) -> Failure {
        Failure::failed(message)
            .hint(format!("give Port's GitHub app the repository {}", self.repository.full_name()))
            .hint("run `port-iam doctor`")
    }

    /// Takes away what a probe has made: first the action, so that nobody executes it. Returns whether the workflow was
    /// cancelled.
    async fn end(&self, action: &str, way: &Way, arrived: bool) -> Result<bool, Failure> {
        let mut is_cancelled = false;
        let Self { port, github, repository, .. } = *self;
        (self.progress)(&format!("Taking the action {action} away"));
        port.delete_action(action).await?;
        for old in &way.left_over {
            port.delete_action(old).await?;
        }
        if let Some(run) = way.workflow_run {
            // The workflow would refuse it anyway; a run that is cancelled alarms nobody.
            is_cancelled = match github.cancel_run(repository, run).await {
                Ok(is_cancelled) => is_cancelled,
                Err(error) if error.kind == ApiErrorKind::Forbidden || error.is_not_found() => false,
                Err(error) => return Err(error.into()),
            };
        }
        if let Some(run_id) = &way.run_id {
            let label = if arrived { "probe arrived" } else { "probe ended" };
            let patch = RunPatch { succeeded: Some(arrived), label: Some(label.to_owned()) };
            match port.report(run_id, &patch).await {
                Err(error) if error.kind != ApiErrorKind::RunExhausted && error.kind != ApiErrorKind::Invalid => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        Ok(is_cancelled)
    }
}

/// A dispatch that arrived.
struct Arrival {
    run_id: String,
    workflow_run: u64,
    seconds: i64,
}
