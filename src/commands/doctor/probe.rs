//! `port-iam doctor --probe`: whether what Port starts arrives at GitHub.

use serde_json::json;

use crate::commands::workflow_step::repository;
use crate::commands::{Surroundings, connected};
use crate::engine::probing::{Probe, Probed};
use crate::failure::Failure;
use crate::report::Report;

pub(super) async fn run(surroundings: &Surroundings<'_>, place: Option<&str>) -> Result<Report, Failure> {
    let world = surroundings.world;
    let (owner, name) = repository(world, place)?;
    connected::check_addresses(world, None).await?;
    let (port, github) = (connected::port(world)?, connected::github(world)?);
    let found = github.repository(&owner, &name).await?;
    let found = found.ok_or_else(|| {
        Failure::failed(format!("there is no repository {owner}/{name}, or the token may not see it"))
            .hint("run `port-iam doctor`")
    })?;
    let progress = |sentence: &str| surroundings.ui.status(sentence);
    let probe = Probe {
        world,
        names: &surroundings.names,
        port: &port,
        github: &github,
        repository: &found,
        progress: &progress,
    };
    Ok(report(&found.full_name(), &probe.run().await?))
}

fn report(repository: &str, probed: &Probed) -> Report {
    let Probed { action, run_id, workflow_run, seconds, is_cancelled, left_over } = probed;
    let end = if *is_cancelled { "It was cancelled" } else { "It could not be cancelled, and refuses by itself" };
    let mut text = format!(
        "Port started the workflow run {workflow_run} in {repository} within {seconds} seconds. {end}; the action {action} is gone."
    );
    if !left_over.is_empty() {
        text.push_str(&format!("\nTaken away as well, from probes that were cut off: {}", left_over.join(", ")));
    }
    let json = json!({ "probe": {
        "arrived": true,
        "seconds": seconds,
        "action": action,
        "run": run_id,
        "workflow_run": workflow_run,
        "cancelled": is_cancelled,
        "left_over": left_over,
    } });
    Report::done(text, json)
}
