//! `port-iam init`: sets up Port, a GitHub repository and AWS as one unit.

use std::time::Duration;

use super::Surroundings;
use super::confirmation::{check_somebody_is_there, confirmed, declined};
use super::set_up::{
    self, EmissionArgs, Further, Prepared, SetUpArgs, Wizard, exact_command, report, variables, wizard,
};
use crate::domain::own_command::Invocation;
use crate::domain::setup::{Finding, Plan, SECRETS_EXPOSED, Severity, Write};
use crate::engine::setup::secrets::OwnCredentials;
use crate::engine::setup::{Setup, refuse};
use crate::failure::Failure;
use crate::report::Report;

const WITHOUT_A_TERMINAL: &str = "pass --yes to do it, or --dry-run to see what would be done";

/// Set up Port, a GitHub repository and AWS as one unit.
///
/// Creates what is missing, changes what is ours and differs, and leaves everything else alone: what you added to our
/// blueprints and actions stays, and an object of our name that is not ours is never touched without --adopt. Running
/// it again changes nothing. It needs credentials of Port (PORT_CLIENT_ID, PORT_CLIENT_SECRET), GitHub (GH_TOKEN with
/// the scopes repo and workflow, or the GitHub CLI) and AWS (any way the AWS CLI knows).
///
/// The workflows reach AWS by GitHub's OIDC tokens and two roles, which --aws-setup makes. Without it the plan says
/// what is missing, with the commands, and the command exits with 3 until it is there. With --aws-auth access-key they
/// use an access key of an IAM user of their own instead (PORT_IAM_MANAGER_ACCESS_KEY_ID,
/// PORT_IAM_MANAGER_SECRET_ACCESS_KEY).
///
/// After SIGINT or SIGTERM it begins no further write, and says within 7 seconds what is done and what is left.
///
/// It exits with 1, although everything is set up, when the rules file in the repository cannot be used: every grant
/// would be refused. It says which lines are wrong.
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    #[command(flatten)]
    set_up: SetUpArgs,
    /// Set up a further account, with AWS credentials of that one (AWS_PROFILE): boundary, granter and revoker there, its
    /// roles in the workflows, and its entry in the rules file, where that is as init wrote it.
    #[arg(long, value_name = "ID")]
    add_account: Option<String>,
    #[command(flatten)]
    emission: EmissionArgs,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    /// Print what would be done and change nothing, as `plan` does; exit 3 when there is something to do.
    #[arg(long)]
    dry_run: bool,
}

impl InitArgs {
    /// Returns owner and name of the repository as flags give them.
    pub(crate) fn place(&self) -> (Option<&str>, Option<&str>) {
        self.set_up.named()
    }

    /// Returns the command that does what these arguments say, without asking or with it.
    fn command(&self, invocation: &Invocation, yes: bool) -> String {
        let Self { set_up, add_account, emission, yes: _, dry_run: _ } = self;
        // Who looks at a plan has the files already.
        let emit = emission.folder().filter(|_| yes);
        exact_command(invocation, set_up, Further { add_account: add_account.as_deref(), emit, yes })
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails on missing settings before anything is sent, refuses a plan that touches what is not ours before anything is
/// written, and fails as a step does.
pub async fn run(surroundings: &Surroundings<'_>, args: InitArgs) -> Result<Report, Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    if !args.yes && !args.dry_run {
        check_somebody_is_there(world, WITHOUT_A_TERMINAL)?;
    }
    // Of a further account nothing else is to be said than which one it is.
    let asks = !args.yes && !args.dry_run && args.add_account.is_none();
    let unasked = |set_up| Wizard { args: set_up, workflow_pair: None };
    let Wizard { args: said, workflow_pair } =
        if asks { Box::pin(wizard::ask(surroundings, args.set_up)).await? } else { unasked(args.set_up) };
    let args = InitArgs { set_up: said, ..args };
    let has_pair = workflow_pair.is_some();
    let prepared = Box::pin(Prepared::new(surroundings, &args.set_up)).await?.showing(args.dry_run);
    let prepared = prepared.adding(args.add_account.as_deref())?.giving(workflow_pair);
    let progress = |sentence: &str| ui.status(sentence);
    let setup = prepared.setup(surroundings, &progress);
    let ending = Box::pin(set_up(surroundings, &setup, &prepared.own, &args)).await?;
    if let (true, Ending::Done(_, secrets)) = (asks, &ending) {
        let command = args.command(&setup.asked.invocation, true);
        ui.parting(&format!("The same without a question: {command}"));
        let variables = variables(world, &args.set_up, secrets, has_pair);
        if !variables.is_empty() {
            ui.parting(&format!("with these variables, for what was typed in here: {}", variables.join(", ")));
        }
    }
    let (Ending::Done(report, _) | Ending::Declined(report)) = ending;
    Ok(report)
}

async fn set_up(
    surroundings: &Surroundings<'_>,
    setup: &Setup<'_>,
    own: &OwnCredentials,
    args: &InitArgs,
) -> Result<Ending, Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    let stop = &world.stop;
    let (identity, observation) = set_up::look(surroundings, setup).await?;
    args.emission.emit(surroundings, setup, (&identity, &observation))?;
    if args.dry_run {
        let command = args.command(&setup.asked.invocation, false);
        return Ok(Ending::Done(report::planned(&identity, &observation, &command), Vec::new()));
    }
    ui.status(&report::heading(&identity, &observation.wanted));
    show(surroundings, &observation.plan, !args.yes);
    refuse(&observation.plan)?;
    if observation.plan.is_done() {
        let rules = setup.rules_file(&observation);
        rules.findings().for_each(|finding| tell(surroundings, finding));
        return Ok(Ending::Done(report::nothing_to_do(&identity, &observation, &rules), Vec::new()));
    }
    if !args.yes && !confirmed(world, "Do this?", None, WITHOUT_A_TERMINAL)? {
        let json = report::planned_json(&identity, &observation);
        return Ok(Ending::Declined(declined("Nothing was changed.", json)));
    }
    let names: Vec<&'static str> = observation.plan.writes().flat_map(|(_, write)| secret_names(write)).collect();
    let values = stop.within(Duration::ZERO, setup.secret_values(&identity, own, &names)).await?;
    // The plan has told what it knew of them.
    let is_told = |finding: &&Finding| observation.plan.findings.iter().any(|told| told.code == finding.code);
    values.findings.iter().filter(|finding| !is_told(finding)).for_each(|finding| tell(surroundings, finding));
    let kept: Vec<String> = report::kept(&observation.plan);
    let is_exposed = |finding: &&Finding| finding.code == SECRETS_EXPOSED;
    let exposed: Vec<Finding> = observation.plan.findings.iter().filter(is_exposed).cloned().collect();
    let mut applied = setup.apply(&identity, observation, &values).await?;
    // The workflow is gone, and what it may have taken is not.
    let is_over = |finding: &Finding| !applied.after.plan.findings.contains(finding);
    applied.pending.extend(exposed.into_iter().filter(is_over));
    let rules = setup.rules_file(&applied.after);
    rules.findings().for_each(|finding| tell(surroundings, finding));
    let report = report::applied(&identity, &applied, &values.findings, &kept, &rules)?;
    Ok(Ending::Done(report, names))
}

/// How it ended.
enum Ending {
    /// What there was to do is done, and these secrets were set for it.
    Done(Report, Vec<&'static str>),
    /// Whoever was asked said no.
    Declined(Report),
}

fn secret_names(write: &Write) -> Vec<&'static str> {
    match write {
        Write::Secrets { names, .. } => names.clone(),
        _ => Vec::new(),
    }
}

/// Shows what would be done, even to somebody who asked for quiet, if an answer to it is wanted.
fn show(surroundings: &Surroundings<'_>, plan: &Plan, wants_answer: bool) {
    for step in &plan.steps {
        if wants_answer && surroundings.global.quiet {
            surroundings
                .world
                .stderr
                .write(&format!("{}\n", crate::domain::printable::printable_lines(&step.to_string())));
        } else {
            surroundings.ui.status(&step.to_string());
        }
    }
    plan.findings.iter().for_each(|finding| tell(surroundings, finding));
}

fn tell(surroundings: &Surroundings<'_>, finding: &Finding) {
    match finding.severity {
        Severity::Note => surroundings.ui.status(&finding.to_string()),
        // A blocking one is told as the failure that it becomes.
        Severity::Blocking => {}
        Severity::Warning => surroundings.ui.warning(&format!("{}\n      {}", finding.message, finding.remedy)),
    }
}
