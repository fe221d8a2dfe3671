//! `port-iam doctor`: everything that tells whether it works, and in time that something will break.

use std::time::Duration;

use serde_json::json;

use crate::color::Color;
use crate::commands::Surroundings;
use crate::commands::set_up::{Patient, SetUpArgs, invocation};
use crate::commands::workflow_step::repository;
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::domain::checkup::{Barred, Finding, Severity, examine};
use crate::domain::counting::count;
use crate::engine::checkup::{Asked, look};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

/// How severities are coloured.
const COLORS: [(&str, Color); 3] = [("ok", Color::Green), ("warning", Color::Yellow), ("error", Color::Red)];

pub(super) async fn run(
    surroundings: &Surroundings<'_>,
    args: &SetUpArgs,
    user: Option<&str>,
    place: Option<&str>,
) -> Result<Report, Failure> {
    let world = surroundings.world;
    let (owner, name) = repository(world, place)?;
    let patient = Patient::new(surroundings, args, (owner.clone(), name.clone())).await?;
    let progress = |sentence: &str| surroundings.ui.status(sentence);
    let asked = Asked {
        world,
        names: &surroundings.names,
        owner: &owner,
        repository: &name,
        port: patient.port.as_ref().map_err(Barred::clone),
        github: patient.github.as_ref().map_err(Barred::clone),
        aws: patient.aws.as_ref().map_err(Barred::clone),
        setup: patient.setup(surroundings, &progress),
        expected_account: world.variable(AWS_ACCOUNT_ID),
        user,
        workflow_port: patient.workflow_port.as_ref(),
    };
    surroundings.ui.status(&format!("Looking at {owner}/{name}, Port and AWS"));
    let seen = world.stop.within(Duration::ZERO, async { Ok(Box::pin(look(&asked)).await) }).await?;
    // What mends it must not set up something else than what was asked about.
    let invocation = invocation(surroundings, args, &owner, &name);
    let findings: Vec<Finding> = examine(&seen).into_iter().map(|finding| finding.completed(&invocation)).collect();
    Ok(report(&findings))
}

fn report(findings: &[Finding]) -> Report {
    let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings, unknown) = (count(Severity::Error), count(Severity::Warning), count(Severity::Unknown));
    // What nobody can tell beforehand says nothing against it.
    let healthy = if errors > 0 { Some(false) } else { (unknown == 0).then_some(true) };
    let json = json!({
        "healthy": healthy,
        "errors": errors,
        "warnings": warnings,
        "unknown": unknown,
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
    });
    let exit_code = if errors == 0 { 0 } else { FailureKind::Failed.exit_code() };
    let summary = summary(findings.len(), errors, warnings, unknown);
    Report::done(format!("{}\n{summary}", text.join("\n")), json).with_exit_code(exit_code).with_words(&COLORS)
}

/// What could not be checked is not called sound.
fn summary(checks: usize, errors: usize, warnings: usize, unknown: usize) -> String {
    let checks = count(checks, "check", "checks");
    let (errors, warnings) = (count(errors, "error", "errors"), count(warnings, "warning", "warnings"));
    let found = format!("{checks}: {errors}, {warnings}");
    match unknown {
        0 => found,
        _ => format!("{found}, {unknown} could not be checked: this does not say that all is well"),
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn one_is_no_several_and_what_could_not_be_checked_is_not_called_well() {
        assert_eq!(summary(43, 1, 0, 0), "43 checks: 1 error, 0 warnings");
        assert_eq!(
            summary(43, 2, 1, 3),
            "43 checks: 2 errors, 1 warning, 3 could not be checked: this does not say that all is well"
        );
    }
}
