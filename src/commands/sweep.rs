//! `port-iam sweep`: what is over is taken away, what nobody knows is stopped, what is left over is removed.

use serde_json::{Value, json};

use super::workflow_step::{repository, repository_id, summarize, summarize_failure};
use super::{Surroundings, connected};
use crate::domain::identifier::AccountId;
use crate::domain::step_summary::SweepTold;
use crate::domain::sweep::Step;
use crate::domain::time::utc;
use crate::engine::Engine;
use crate::engine::grant::GrantSettings;
use crate::engine::sweep::{SweepSettings, Swept, SweptAll};
use crate::failure::Failure;
use crate::report::Report;
use crate::stop::Signal;

/// Compare AWS and Port, and take away what is over.
///
/// The sweep is the third line behind AWS's own clock and Port's timer, and a scheduled workflow runs it. It lists what
/// lies under /port-iam/ in the account and the grants in Port's catalog: what has expired is revoked, what Port does
/// not know and its run does not vouch for is denied, what is left over is removed. Every account that the rules file
/// names is swept; one that cannot be is told and keeps no other from it. It ends with 1 when somebody has to
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
    /// With more live grants than this, each hour another share of them is compared; sweeps at other intervals reach every
    /// share too. What the lists of AWS do not tell is found at a grant's turn, not before: a boundary that was
    /// taken away, an inline policy, another policy that was attached.
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    close_looks: usize,
    /// Target repository; a name alone is of the organisation that PORT_IAM_GITHUB_ORG names [environment:
    /// GITHUB_REPOSITORY, PORT_IAM_REPOSITORY].
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    #[command(flatten)]
    profiles: connected::Profiles,
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
        repository_id: repository_id(world, args.repository.as_deref()),
        git_ref: None,
        expected_account: connected::expected_account(world)?,
        dispatchers: Vec::new(),
    };
    let settings = SweepSettings {
        place,
        dry_run: args.dry_run,
        force: args.force,
        deny_foreign: args.deny_foreign,
        close_looks: args.close_looks,
    };
    connected::check_addresses(world, None).await?;
    let (port, github) = (connected::port(world)?, connected::github(world)?);
    let aws = connected::aws_of_several(world, "sweep", &args.profiles.profiles).await?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    ui.group("Sweep");
    let result = engine.sweep(&github, &settings).await;
    ui.end_group();
    match result {
        Ok(swept) => Ok(report(surroundings, &settings, &swept)),
        Err(failure) => {
            summarize_failure(surroundings, "Not swept", None, None, &failure);
            Err(failure)
        }
    }
}

fn report(surroundings: &Surroundings<'_>, settings: &SweepSettings, all: &SweptAll) -> Report {
    let is_one = all.accounts.len() + all.not_swept.len() == 1;
    let mut text = String::new();
    for swept in &all.accounts {
        if !is_one {
            text.push_str(&format!("Account {}: ", swept.account.id));
        }
        tell(surroundings, settings, swept, is_one, &mut text);
    }
    for (account, failure) in &all.not_swept {
        surroundings.ui.warning(&format!("the account {account} was not swept: {}", failure.in_a_line()));
        text.push_str(&format!("Account {account}: not swept: {failure}\n"));
    }
    for swept in &all.accounts {
        summarize(surroundings, &summary(surroundings, settings, swept, !is_one));
    }
    for (account, failure) in &all.not_swept {
        summarize_failure(surroundings, &format!("Account {account} not swept"), None, None, failure);
    }
    Report::done(text, json!({ "sweep": in_json(settings, all) })).with_exit_code(exit_code(settings, all))
}

fn exit_code(settings: &SweepSettings, all: &SweptAll) -> u8 {
    let held = |swept: &Swept| swept.plan.stop.is_some() && !settings.force;
    let is_grave = |swept: &Swept| swept.plan.has_grave_findings() || !swept.failed.is_empty();
    match settings.dry_run {
        // What could not be looked at may hold anything.
        true if !all.not_swept.is_empty() => 1,
        true if all.accounts.iter().any(|swept| !swept.plan.steps.is_empty()) => 3,
        false if all.accounts.iter().any(held) => 5,
        _ if !all.not_swept.is_empty() || all.accounts.iter().any(is_grave) => 1,
        _ => 0,
    }
}

/// Tells what was done in one account and what people have to look at.
fn tell(surroundings: &Surroundings<'_>, settings: &SweepSettings, swept: &Swept, is_one: bool, text: &mut String) {
    let Swept { account, plan, done, failed, not_tried, stopped, roles, entities, now } = swept;
    text.push_str(&format!("{roles} roles and {entities} grants on record, at {}\n", utc(*now)));
    let steps: &[Step] = if settings.dry_run { &plan.steps } else { done };
    if steps.is_empty() && failed.is_empty() && not_tried.is_empty() && plan.findings.is_empty() {
        text.push_str("Nothing to do.\n");
    }
    // Silent to those who did not ask: each installation has a sweep of its own.
    tracing::info!(account = %account.id, count = plan.left.len(), "left to listed installations");
    for left in &plan.left {
        tracing::info!(subject = left.subject, installation = left.installation, "left to a listed installation");
    }
    plan.waiting.iter().for_each(|waiting| text.push_str(&format!("waits {waiting}\n")));
    for step in steps {
        text.push_str(&format!("{} {step}\n", if settings.dry_run { "would" } else { "did" }));
    }
    for (step, failure) in failed {
        let place = if is_one { String::new() } else { format!(" in {}", account.id) };
        surroundings.ui.warning(&format!("not done{place}: {step}: {}", failure.in_a_line()));
    }
    for finding in &plan.findings {
        surroundings.ui.warning(&format!("{finding}; {}", finding.kind.remedy()));
        text.push_str(&format!("found {finding}\n"));
    }
    if let Some(stop) = plan.stop.as_ref().filter(|_| settings.dry_run || !settings.force) {
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
    if let Some(untried) = stopped.map(|signal| untried(signal, not_tried.len())) {
        surroundings.ui.warning(&untried);
        text.push_str(&format!("{untried}\n"));
    }
}

/// All accounts in one, each thing with the account that it is of.
fn in_json(settings: &SweepSettings, all: &SweptAll) -> Value {
    let mut lists: [(&str, Vec<Value>); 8] =
        ["steps", "findings", "waiting", "held", "left", "done", "not_tried", "failed"].map(|name| (name, Vec::new()));
    let mut accounts = Vec::new();
    for swept in &all.accounts {
        let account = swept.account.id.as_str();
        let mut json = swept.plan.to_json();
        let named = |step: &Step| json!({ "action": step.action.name(), "subject": step.subject });
        json["done"] = swept.done.iter().map(named).collect();
        json["not_tried"] = swept.not_tried.iter().map(named).collect();
        json["failed"] = swept.failed.iter().map(failed).collect();
        for (name, list) in &mut lists {
            let of_account = json[*name].as_array().cloned().unwrap_or_default();
            list.extend(of_account.into_iter().map(|mut item| {
                item["account"] = json!(account);
                item
            }));
        }
        accounts.push(json!({
            "id": account, "at": utc(swept.now), "roles": swept.roles, "entities": swept.entities, "stopped": json["stopped"],
        }));
    }
    let stops: Vec<&str> = all.accounts.iter().filter_map(|swept| swept.plan.stop.as_deref()).collect();
    let not_swept = |(account, failure): &(AccountId, Failure)| json!({ "account": account.as_str(), "message": failure.message, "hints": failure.hints });
    let mut json = json!({
        "at": all.accounts.first().map(|swept| utc(swept.now)),
        "dry_run": settings.dry_run,
        "stopped": (!stops.is_empty()).then(|| stops.join(" ")),
        "stopped_by": all.accounts.iter().find_map(|swept| swept.stopped).map(Signal::name),
        "accounts": accounts,
        "not_swept": all.not_swept.iter().map(not_swept).collect::<Vec<_>>(),
    });
    for (name, list) in lists {
        json[name] = list.into();
    }
    json
}

fn failed((step, failure): &(Step, Failure)) -> Value {
    json!({
        "action": step.action.name(), "subject": step.subject, "message": failure.message, "hints": failure.hints,
    })
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

fn summary(surroundings: &Surroundings<'_>, settings: &SweepSettings, swept: &Swept, names_account: bool) -> String {
    let Swept { plan, done, failed, .. } = swept;
    let held = plan.stop.as_deref().filter(|_| settings.dry_run || !settings.force);
    let told = SweepTold {
        account: names_account.then(|| swept.account.id.as_str()),
        now: swept.now,
        roles: swept.roles,
        entities: swept.entities,
        is_rehearsal: settings.dry_run,
        steps: if settings.dry_run { &plan.steps } else { done },
        failed: failed.iter().map(|(step, failure)| (step, failure.in_a_line())).collect(),
        findings: &plan.findings,
        waiting: &plan.waiting,
        held: held.map(|why| (plan.held.len(), why)),
        untried: swept.stopped.map(|signal| untried(signal, swept.not_tried.len())),
    };
    told.markdown(&surroundings.names.prefix)
}
