//! `port-iam uninstall`: takes an installation away from Port, GitHub and AWS.

use std::collections::BTreeSet;
use std::time::Duration;

use super::confirmation::{check_somebody_is_there, confirmed, declined};
use super::{Surroundings, connected, given};
use crate::clients::github::PullRequest;
use crate::clients::port::Port;
use crate::config;
use crate::config::variables::PORT_IAM_GITHUB_ORG;
use crate::domain::counting::count;
use crate::domain::identifier::AccountId;
use crate::domain::printable::printable_lines;
use crate::domain::setup::repository_of;
use crate::domain::uninstall::{Consent, Obstacle, Plan, Step, plan};
use crate::engine::Engine;
use crate::engine::uninstall::{Looked, Uninstalled, Uninstalling};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

const WITHOUT_A_TERMINAL: &str = "pass --yes to do it, or --dry-run to see what would go";

/// Take the installation away from Port, GitHub and AWS.
///
/// What `init` and `seed` made goes, in an order in which nobody can ask for what nobody would end any more; what is
/// not ours, what somebody has changed and what others use stays and is named, and so do the repository with its
/// history and the permanent records of who had access. Whatever has power goes before what guards the repository, and
/// nothing goes that was not shown: what appears meanwhile is named, and the exit code is 3. Where a rule of the branch
/// forbids a push, a pull request takes the files away, and the command exits with 3 until that is merged. It refuses
/// while a grant can be used, which AWS is asked about, also after the answer and once more when nobody can ask any
/// more. Interrupted, it can be run again; a second run has nothing to do. It needs credentials of Port, GitHub and
/// AWS, as `init --aws-setup` does, and of every account of the installation (--account-profile); one that is left as
/// it is has to be named (--leave-account).
///
/// After SIGINT or SIGTERM it begins no further removal, and says within 7 seconds what is gone and what is left.
#[derive(Clone, Debug, clap::Args)]
pub struct UninstallArgs {
    /// Organisation or user that owns the target repository [environment: PORT_IAM_GITHUB_ORG] [default: as Port's
    /// actions say].
    #[arg(long, value_name = "ORG")]
    github_org: Option<String>,
    /// Name of the target repository [environment: PORT_IAM_REPOSITORY] [default: as Port's actions say].
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    /// Print what would go and what would stay, and change nothing; exit 3 when something would go.
    #[arg(long)]
    dry_run: bool,
    /// Revoke every grant that can be used, each as `port-iam revoke GRANT --direct` would.
    #[arg(long)]
    revoke_all: bool,
    /// Delete the entities of our blueprints that `seed` did not make, and the blueprints with them. Permanent records
    /// stay.
    #[arg(long)]
    delete_entities: bool,
    /// Delete files of the default branch that `init` wrote and somebody has edited since; without it they stay.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    profiles: connected::Profiles,
    /// Leave a further account as it is, of which there are no credentials; repeat it for more. What stays there is named.
    #[arg(long = "leave-account", value_name = "ID")]
    leave_accounts: Vec<String>,
    /// Delete the repository with its history, and with files that are not ours. The right to do so is asked for first.
    #[arg(long)]
    delete_repository: bool,
}

impl UninstallArgs {
    /// Returns owner and name of the repository as flags give them.
    pub(crate) fn place(&self) -> (Option<&str>, Option<&str>) {
        (self.github_org.as_deref(), self.repository.as_deref())
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails on missing settings before anything is asked, refuses while grants can be used, and fails as a step does.
pub async fn run(surroundings: &Surroundings<'_>, args: UninstallArgs) -> Result<Report, Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    if !args.yes && !args.dry_run {
        check_somebody_is_there(world, WITHOUT_A_TERMINAL)?;
    }
    let left_accounts = args.leave_accounts.iter().map(|id| given::account("--leave-account", id));
    let left_accounts: BTreeSet<AccountId> = left_accounts.collect::<Result<_, _>>()?;
    connected::check_addresses(world, None).await?;
    let (port, github) = (connected::port(world)?, connected::github(world)?);
    let aws = connected::aws_of_several(world, "uninstall", &args.profiles.profiles).await?;
    ui.status("Looking at Port, GitHub and AWS");
    let looking = async {
        let (caller, target) = (aws.caller().await?, target(surroundings, &port, &args).await?);
        let mut further = Vec::new();
        for account in aws.further_accounts().filter(|account| **account != caller.account.id) {
            // One that was named has to be reached: what is in it would be left without a word.
            further.extend(aws.of_further_account(account).await.transpose()?);
        }
        Ok((caller, further, target))
    };
    let (caller, further, target) = world.stop.within(Duration::ZERO, looking).await?;
    caller.account.check_credentials(connected::expected_account(world)?.as_ref())?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    let consent = Consent {
        revoke_all: args.revoke_all,
        delete_entities: args.delete_entities,
        delete_repository: args.delete_repository,
        force: args.force,
    };
    let (owner, name) = &target;
    for caller in std::iter::once(&caller).chain(further.iter().map(|further| &further.caller)) {
        ui.status(&format!("{owner}/{name}, account {}, as {}", caller.account.id, caller.arn));
    }
    let uninstalling = Uninstalling {
        engine,
        github: &github,
        caller: &caller,
        further: &further,
        left_accounts: &left_accounts,
        target: target.clone(),
        consent,
    };
    let (mut looked, plan) = look(surroundings, &uninstalling).await?;
    if args.dry_run {
        return Ok(planned(&plan));
    }
    show(surroundings, &plan, !args.yes);
    if let Some(refusal) = plan.refusal() {
        return Err(refusal.into());
    }
    if plan.steps.is_empty() {
        return Ok(Report::done(told("Nothing is there to be removed.", &plan), plan.json()));
    }
    world.stop.within(Duration::ZERO, uninstalling.check_rights(&looked, &plan)).await?;
    if !args.yes {
        if !confirmed(world, "Remove this?", None, WITHOUT_A_TERMINAL)? {
            return Ok(declined("Nothing was removed.", plan.json()));
        }
        // A question can stand for long, and meanwhile people are granted access.
        ui.status("Looking again");
        let (now, plan_now) = look(surroundings, &uninstalling).await?;
        if let Some(refusal) = plan_now.refusal() {
            return Err(refusal.into());
        }
        looked = now;
    }
    Ok(ended(uninstalling.apply(looked, &plan).await?))
}

/// Looks at everything, and returns with it what would go, and why nothing may.
async fn look(surroundings: &Surroundings<'_>, uninstalling: &Uninstalling<'_>) -> Result<(Looked, Plan), Failure> {
    let looking = async {
        let looked = uninstalling.observe().await?;
        let further = uninstalling.further_accounts(&looked).await?;
        Ok((looked, further))
    };
    let (looked, further) = surroundings.world.stop.within(Duration::ZERO, looking).await?;
    let mut plan = plan(&looked.seen, uninstalling.consent);
    plan.obstacles.extend(further.map(Obstacle::FurtherAccounts));
    Ok((looked, plan))
}

/// What was done, what has to be merged, and what has appeared meanwhile.
fn ended(uninstalled: Uninstalled) -> Report {
    let Uninstalled { done, after, appeared, waiting } = uninstalled;
    let listed = |steps: &[Step]| -> serde_json::Value {
        steps.iter().map(|step| serde_json::json!({ "system": step.system.word(), "subject": step.subject })).collect()
    };
    let mut json = after.json();
    (json["removed"], json["appeared"]) = (listed(&done), listed(&appeared));
    let mut heading = format!("Removed {}.", count(done.len(), "thing", "things"));
    if let Some(request) = &waiting {
        json["waiting_for"] = serde_json::json!({ "pull_request": request.number, "url": request.url });
        let PullRequest { number, url } = request;
        heading.push_str(&format!("\nWaiting for pull request #{number} ({url}): it takes the files away."));
    }
    if !appeared.is_empty() {
        let appeared: String = appeared.iter().map(|step| format!("\n{step}")).collect();
        heading.push_str(&format!(
            "\nThis has appeared meanwhile, was not in what was shown, and is still there; run the same command again:{appeared}"
        ));
    }
    let is_done = waiting.is_none() && appeared.is_empty();
    let report = Report::done(told(&heading, &after), json);
    report.with_exit_code(if is_done { 0 } else { FailureKind::ChangesPending.exit_code() })
}

fn planned(plan: &Plan) -> Report {
    let refused: String = plan.obstacles.iter().map(|reason| format!("! {reason}\n")).collect();
    let exit_code = if plan.steps.is_empty() { 0 } else { FailureKind::ChangesPending.exit_code() };
    Report::done(format!("{plan}{refused}"), plan.json()).with_exit_code(exit_code)
}

/// What was done, and what stays with whatever else of ours people have made by hand.
fn told(heading: &str, plan: &Plan) -> String {
    let by_hand = "The credentials that the workflows used (Port's client, an IAM user's access key) and Port's GitHub app \
                   are yours: delete them where nobody else uses them.";
    format!("{heading}\n{plan}{by_hand}")
}

/// Shows the plan, even to somebody who asked for quiet, if an answer to it is wanted.
fn show(surroundings: &Surroundings<'_>, plan: &Plan, wants_answer: bool) {
    let text = plan.to_string();
    if wants_answer && surroundings.global.quiet {
        surroundings.world.stderr.write(&printable_lines(&text));
    } else {
        surroundings.ui.status(text.trim_end());
    }
}

/// Returns owner and name of the target repository: as the operator says, else as Port's action does.
async fn target(
    surroundings: &Surroundings<'_>,
    port: &Port,
    args: &UninstallArgs,
) -> Result<(String, String), Failure> {
    let world = surroundings.world;
    let owner = args.github_org.as_deref().or_else(|| world.variable(PORT_IAM_GITHUB_ORG));
    if let Some(owner) = owner {
        return Ok((owner.to_owned(), config::github::repository(world, args.repository.as_deref()).value));
    }
    let action = port.action(&surroundings.names.request_permissions).await?.unwrap_or_default();
    let (owner, name) = repository_of(&action).ok_or_else(|| {
        let message = "Port has no action any more that would tell which repository it is";
        Failure::usage(message).hint(format!("pass --github-org, or set {PORT_IAM_GITHUB_ORG}"))
    })?;
    let name = args.repository.as_deref().unwrap_or(name);
    Ok((owner.to_owned(), name.to_owned()))
}
