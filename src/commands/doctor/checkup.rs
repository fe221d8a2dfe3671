//! `port-iam doctor`: whether the sweep is alive, and what else tells in time that something will break.

use serde_json::json;

use crate::commands::workflow_step::repository;
use crate::commands::{Surroundings, connected};
use crate::domain::checkup::{Finding, Severity, examine};
use crate::engine::checkup::{Asked, look};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

pub(super) async fn run(surroundings: &Surroundings<'_>, place: Option<&str>) -> Result<Report, Failure> {
    let world = surroundings.world;
    let (owner, name) = repository(world, place)?;
    let (github, port) = (connected::github(world), connected::port(world));
    let told = |failure: &Failure| failure.to_string();
    // AWS's clock, where its credentials are at hand: nothing is changed by it, but this machine's may be wrong.
    let now = match connected::aws(world).await {
        Ok(aws) => aws.caller().await.ok().and_then(|_| aws.service_time()),
        Err(_) => None,
    };
    let asked = Asked {
        github: github.as_ref().map_err(told),
        port: port.as_ref().map_err(told),
        now: now.unwrap_or_else(|| world.now()),
    };
    surroundings.ui.status(&format!("Looking at {owner}/{name}"));
    let findings = examine(&look(&asked, &surroundings.names, &owner, &name).await);
    Ok(report(&findings))
}

fn report(findings: &[Finding]) -> Report {
    let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let json = json!({
        "healthy": errors == 0,
        "errors": errors,
        "warnings": warnings,
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
    });
    let exit_code = if errors == 0 { 0 } else { FailureKind::Failed.exit_code() };
    Report::done(text.join("\n"), json).with_exit_code(exit_code)
}
