//! `port-iam sweep`: what is over is taken away, what nobody knows is stopped, what is left over is removed.

use serde_json::json;

use super::workflow_step::{cell, expected_account, repository, summarize};
use super::{Surroundings, connected};
use crate::domain::sweep::{Finding, Plan, Step};
use crate::domain::time::utc;
use crate::engine::Engine;
use crate::engine::grant::GrantSettings;
use crate::engine::sweep::{SweepSettings, Swept};
use crate::failure::Failure;
use crate::report::Report;
use crate::stop::Signal;

/// Compare AWS and Port, and take away what is over.
///
/// The sweep is the third line behind AWS's own clock and Port's timer, and a scheduled workflow runs it. It lists what
/// lies under /port-iam/ in the account and the grants in Port's catalog: what has expired is revoked, what Port does
/// not know and its run does not vouch for is denied, what is left over is removed. It ends with 1 when somebody has to
/// look at something. It needs credentials of Port, GitHub and AWS; of AWS those that `port-iam aws revoker` prints.
///
/// After SIGINT or SIGTERM it finishes what it has begun, within 7 seconds, and says what is left to the next sweep.
#[derive(Clone, Debug, clap::Args)]
pub struct SweepArgs {
    /// Only say what would be done; ends with 3 when something would be.
    #[arg(long)]
    dry_run: bool,
    /// Do also what is held back because more live grants would be taken than seems right.
    #[arg(long)]
    force: bool,
    /// Attach `AWSDenyAll` to roles under our path that are of no installation known.
    #[arg(long)]
    deny_foreign: bool,
    /// How many live grants are compared with AWS part by part although nothing about them is odd.
    ///
    /// With more live grants than this, each sweep takes another share of them. What the lists of AWS do not tell is
    /// found at a grant's turn, not before: a boundary that was taken away, an inline policy, another policy that was
    /// attached.
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    close_looks: usize,
    /// Target repository [environment: GITHUB_REPOSITORY].
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
}

impl SweepArgs {
    /// Returns the repository as its flag gives it.
    pub(crate) fn place(&self) -> Option<&str> {
        self.repository.as_deref()
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails or refuses as the engine does.
pub async fn run(surroundings: &Surroundings<'_>, args: SweepArgs) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let (owner, name) = repository(world, args.repository.as_deref())?;
    let place = GrantSettings {
        owner,
        repository: name,
        // A schedule dispatches nothing: whatever there is was asked for by somebody else.
        is_in_actions: false,
        git_ref: None,
        expected_account: expected_account(world)?,
        dispatchers: Vec::new(),
    };
    let settings = SweepSettings {
        place,
        dry_run: args.dry_run,
        force: args.force,
        deny_foreign: args.deny_foreign,
        close_looks: args.close_looks,
    };
    connected::check_addresses(world)?;
    let (port, github) = (connected::port(world)?, connected::github(world)?);
    let aws = connected::aws_for(world, "sweep").await?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    ui.group("Sweep");
    let result = engine.sweep(&github, &settings).await;
    ui.end_group();
    match result {
        Ok(swept) => Ok(report(surroundings, &settings, &swept)),
        Err(failure) => {
            summarize(surroundings, &format!("### Not swept\n\n{}", cell(&failure.message)));
            Err(failure)
        }
    }
}

fn report(surroundings: &Surroundings<'_>, settings: &SweepSettings, swept: &Swept) -> Report {
    let Swept { plan, done, failed, not_tried, stopped, roles, entities, now } = swept;
    let mut text = format!("{roles} roles and {entities} grants on record, at {}\n", utc(*now));
    let steps: &[Step] = if settings.dry_run { &plan.steps } else { done };
    if steps.is_empty() && failed.is_empty() && not_tried.is_empty() && plan.findings.is_empty() {
        text.push_str("Nothing to do.\n");
    }
    plan.waiting.iter().for_each(|waiting| text.push_str(&format!("waits {waiting}\n")));
    for step in steps {
        text.push_str(&format!("{} {step}\n", if settings.dry_run { "would" } else { "did" }));
    }
    for (step, failure) in failed {
        surroundings.ui.warning(&format!("not done: {step}: {failure}"));
    }
    for finding in &plan.findings {
        surroundings.ui.warning(&format!("{finding}; {}", remedy(finding)));
        text.push_str(&format!("found {finding}\n"));
    }
    let stop = plan.stop.as_ref().filter(|_| settings.dry_run || !settings.force);
    if let Some(stop) = stop {
        let held = plan.held.len();
        if settings.dry_run {
            text.push_str(&format!("It would hold back {held} of these: {stop}\n"));
        } else {
            text.push_str(&format!("held back {held}: {stop}\n"));
            surroundings.ui.warning(&format!(
                "{held} steps were held back: {stop} Look at `port-iam sweep --dry-run`, and if it is right run it with --force"
            ));
        }
    }
    let untried = stopped.map(|signal| untried(signal, not_tried.len()));
    if let Some(untried) = &untried {
        surroundings.ui.warning(untried);
        text.push_str(&format!("{untried}\n"));
    }
    summarize(surroundings, &summary(plan, done, failed.len(), settings.dry_run, untried.as_deref()));
    let mut json = plan.to_json();
    json["at"] = json!(utc(*now));
    json["dry_run"] = json!(settings.dry_run);
    let named = |step: &Step| json!({ "action": step.action.name(), "subject": step.subject });
    json["done"] = done.iter().map(named).collect();
    json["not_tried"] = not_tried.iter().map(named).collect();
    json["stopped_by"] = json!(stopped.map(Signal::name));
    json["failed"] = failed
        .iter()
        .map(|(step, failure)| {
            json!({ "action": step.action.name(), "subject": step.subject, "message": failure.to_string() })
        })
        .collect();
    let exit_code = match settings.dry_run {
        true if !plan.steps.is_empty() => 3,
        false if stop.is_some() => 5,
        _ if plan.has_grave_findings() || !failed.is_empty() => 1,
        _ => 0,
    };
    Report::done(text, json!({ "sweep": json })).with_exit_code(exit_code)
}

/// What a signal has left to the next sweep, a sentence.
fn untried(signal: Signal, count: usize) -> String {
    let what = match count {
        0 => "every step had begun before".to_owned(),
        1 => "1 step was not tried; the next sweep does it".to_owned(),
        count => format!("{count} steps were not tried; the next sweep does them"),
    };
    format!("stopped by {}: {what}", signal.name())
}

fn remedy(finding: &Finding) -> &'static str {
    use crate::domain::sweep::FindingKind::{Doubtful, Foreign, ReviewDue, Tampered, Unexplained};
    match finding.kind {
        Tampered => {
            "look at CloudTrail for who made or changed it, then take it away with `port-iam revoke GRANT --direct`"
        }
        Foreign => {
            "list the other installation under `other-installations` of the rules file, or deny it with --deny-foreign"
        }
        Unexplained => "look at it in Port, and delete it there if nobody needs it",
        Doubtful => {
            "compare it with its run in Port and with the rules file; if nothing explains it, take it away with `port-iam \
             revoke GRANT --direct`"
        }
        ReviewDue => "review it in Port, where its permanent record says what was granted",
    }
}

fn summary(plan: &Plan, done: &[Step], failed: usize, dry_run: bool, untried: Option<&str>) -> String {
    let what = if dry_run { "Would be done" } else { "Done" };
    let steps = if dry_run { &plan.steps[..] } else { done };
    let rows: String = steps
        .iter()
        .map(|step| format!("| {} | {} | {} |\n", step.action.name(), cell(&step.subject), cell(&step.why)))
        .chain(plan.findings.iter().map(|finding| {
            format!("| **{}** | {} | {} |\n", finding.kind.name(), cell(&finding.subject), cell(&finding.what))
        }))
        // A summary has room for a megabyte.
        .take(1_000)
        .collect();
    let untried = untried.map(|sentence| format!("\n\n**{}**", cell(sentence))).unwrap_or_default();
    format!(
        "### Sweep\n\n{what}: {}, failed: {failed}, findings: {}{untried}\n\n| | | |\n| --- | --- | --- |\n{rows}",
        steps.len(),
        plan.findings.len()
    )
}
