//! `port-iam init`: sets up Port, a GitHub repository and AWS as one unit.

mod report;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::{Surroundings, connected};
use crate::clients::aws::Aws;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::config;
use crate::config::github::GitHubSettings;
use crate::config::port::PortSettings;
use crate::config::variables::{AWS_ACCOUNT_ID, PORT_IAM_AWS_AUTH};
use crate::domain::reference;
use crate::domain::refusal::Refusal;
use crate::domain::setup::{Consent, Finding, Plan, RulesFile, Severity, WorkflowAccess, Write};
use crate::engine::setup::secrets::OwnCredentials;
use crate::engine::setup::{BackendChoice, Identity, Observation, Setup, Target, refuse, runtime};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;
use crate::world::World;

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
    /// Organisation or user that owns the target repository [environment: PORT_IAM_GITHUB_ORG].
    #[arg(long, value_name = "ORG")]
    github_org: Option<String>,
    /// Name of the target repository [environment: PORT_IAM_REPOSITORY] [default: port-iam-permissions].
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Types of AWS resources that people can ask for, such as S3,EC2,Lambda,DynamoDB; a type that is there is never
    /// taken away [environment: PORT_IAM_RESOURCE_TYPES] [default: S3,EC2].
    #[arg(long, value_name = "TYPES")]
    resource_types: Option<String>,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    /// Print what would be done and change nothing; exit 3 when there is something to do.
    #[arg(long)]
    dry_run: bool,
    /// Change objects of our names although they are not ours. Look at the plan first, with --dry-run.
    #[arg(long)]
    adopt: bool,
    /// Set the workflows' secrets again, although they are there.
    #[arg(long)]
    rotate_secrets: bool,
    /// The program that the workflows shall run, for Linux on x86-64; this program itself by default.
    #[arg(long, value_name = "PATH")]
    runtime_binary: Option<PathBuf>,
    /// How Port starts the workflows.
    #[arg(long, value_enum, default_value_t = BackendArg::Auto)]
    backend: BackendArg,
    /// How the workflows prove to AWS who they are [environment: PORT_IAM_AWS_AUTH] [default: oidc, or as the workflows
    /// do that are there].
    #[arg(long, value_enum)]
    aws_auth: Option<AwsAuthArg>,
    /// Make in AWS what the workflows need, with an administrator's credentials: the identity provider for GitHub's
    /// tokens (one that is there is not touched), the roles port-iam-granter and port-iam-revoker with their trust and
    /// the policies of the same names. With --aws-auth access-key the two policies alone, to be attached to the IAM
    /// user.
    #[arg(long)]
    aws_setup: bool,
}

/// How the workflows prove to AWS who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AwsAuthArg {
    /// By GitHub's OIDC tokens: no AWS key is stored anywhere.
    Oidc,
    /// By an access key of an IAM user, which lies in GitHub's secrets.
    AccessKey,
}

/// How Port starts the workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BackendArg {
    /// By what the organisation has; the app where it has both.
    Auto,
    /// Through Port's GitHub app.
    Github,
    /// Through Port's GitHub Ocean integration.
    Ocean,
}

/// Runs the command.
///
/// # Errors
///
/// Fails on missing settings before anything is sent, refuses a plan that touches what is not ours before anything is
/// written, and fails as a step does.
pub async fn run(surroundings: &Surroundings<'_>, args: InitArgs) -> Result<Report, Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    let owner = config::github::owner(world, args.github_org.as_deref())?.value;
    let repository = config::github::repository(world, args.repository.as_deref()).value;
    check_names(&owner, &repository)?;
    let resource_types = config::catalog::resource_types(world, args.resource_types.as_deref())?.value;
    let interactive = world.terminal.is_interactive();
    if !args.yes && !args.dry_run && !interactive {
        return Err(Failure::usage("nobody can be asked whether to do it")
            .hint("pass --yes to do it, or --dry-run to see what would be done"));
    }
    connected::check_addresses(world)?;
    let (port, github, aws) =
        (PortSettings::read(world)?, GitHubSettings::read(world)?, config::aws::read(world, "init")?);
    let target = Target {
        owner,
        repository,
        resource_types,
        backend: match args.backend {
            BackendArg::Auto => BackendChoice::Auto,
            BackendArg::Github => BackendChoice::GitHub,
            BackendArg::Ocean => BackendChoice::Ocean,
        },
        port_api_url: port.url.as_str().to_owned(),
        aws_endpoint_url: aws.endpoint.as_ref().map(|endpoint| endpoint.as_str().to_owned()),
        github_com: github.is_github_com(),
    };
    let access = access(world, args.aws_auth)?;
    if access != Some(WorkflowAccess::AccessKey) && !github.issues_tokens_for_aws() {
        return Err(Failure::usage("the workflows' roles trust the tokens of github.com, and this is another GitHub")
            .hint("pass --aws-auth access-key"));
    }
    let runtime = runtime::pack(world, args.runtime_binary.as_deref(), port.url.is_loopback())?;
    let clients = (
        Port::new(world, &port.url, port.client_id.clone(), port.client_secret.clone())?,
        GitHub::new(world, &github.url, github.token)?,
        Aws::new(world, &aws).await?,
    );
    let progress = |sentence: &str| ui.status(sentence);
    let setup = Setup {
        world,
        names: &surroundings.names,
        port: &clients.0,
        github: &clients.1,
        aws: &clients.2,
        target,
        runtime,
        consent: Consent { adopt: args.adopt, rotate_secrets: args.rotate_secrets },
        access,
        aws_setup: args.aws_setup,
        progress: &progress,
    };
    let own = OwnCredentials {
        port_url: port.url,
        port_client_id: port.client_id,
        port_client_secret: port.client_secret,
        aws,
    };
    set_up(surroundings, &setup, own, &args).await
}

/// Returns how the workflows shall reach AWS, where the operator says so.
fn access(world: &World, flag: Option<AwsAuthArg>) -> Result<Option<WorkflowAccess>, Failure> {
    let flag = match (flag, world.variable(PORT_IAM_AWS_AUTH)) {
        (Some(flag), _) => flag,
        (None, None) => return Ok(None),
        (None, Some(text)) => AwsAuthArg::from_str(text, false).map_err(|_| {
            Failure::usage(format!("{PORT_IAM_AWS_AUTH} is neither oidc nor access-key")).hint("set it to one of them")
        })?,
    };
    Ok(Some(match flag {
        AwsAuthArg::Oidc => WorkflowAccess::Oidc,
        AwsAuthArg::AccessKey => WorkflowAccess::AccessKey,
    }))
}

async fn set_up(
    surroundings: &Surroundings<'_>,
    setup: &Setup<'_>,
    own: OwnCredentials,
    args: &InitArgs,
) -> Result<Report, Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    let stop = &world.stop;
    ui.status("Looking at Port, GitHub and AWS");
    let identity = stop.within(Duration::ZERO, setup.identify()).await?;
    check_account(surroundings, &identity)?;
    let observation = stop.within(Duration::ZERO, setup.observe(&identity, false)).await?;
    let heading = report::heading(&identity, &observation.wanted);
    if let Some(edition) = reference::edition().filter(|edition| edition.is_stale(surroundings.world.now())) {
        ui.warning(&format!(
            "AWS's actions are known as of half a year ago and longer ({}); upgrade port-iam",
            edition.describe()
        ));
    }
    if args.dry_run {
        return Ok(report::planned(&heading, &identity, &observation));
    }
    ui.status(&heading);
    show(surroundings, &observation.plan, !args.yes);
    refuse(&observation.plan)?;
    if observation.plan.is_done() {
        let rules = rules_file(setup, &observation).await?;
        rules.findings().for_each(|finding| tell(surroundings, finding));
        return Ok(report::nothing_to_do(&identity, &observation, &rules));
    }
    if !args.yes {
        let answer = world.terminal.confirm("Do this?");
        if !answer.map_err(|error| Failure::usage(format!("could not ask for --yes: {error}")))? {
            return Ok(Report::done("Nothing was changed.", observation.plan.json())
                .with_exit_code(FailureKind::ChangesPending.exit_code()));
        }
    }
    let names: Vec<&'static str> = observation.plan.writes().flat_map(|(_, write)| secret_names(write)).collect();
    let values = stop.within(Duration::ZERO, setup.secret_values(&identity, own, &names)).await?;
    values.findings.iter().for_each(|finding| tell(surroundings, finding));
    let kept: Vec<String> = report::kept(&observation.plan);
    let applied = setup.apply(&identity, observation, &values).await?;
    let rules = rules_file(setup, &applied.after).await?;
    rules.findings().for_each(|finding| tell(surroundings, finding));
    report::applied(&identity, &applied, &values.findings, &kept, &rules)
}

/// Reads the rules file, unless a signal comes.
async fn rules_file(setup: &Setup<'_>, seen: &Observation) -> Result<RulesFile, Failure> {
    setup.world.stop.within(Duration::ZERO, async { Ok(setup.rules_file(seen).await?) }).await
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
            surroundings.world.stderr.write(&format!("{}\n", crate::ui::printable_lines(&step.to_string())));
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

fn check_names(owner: &str, repository: &str) -> Result<(), Failure> {
    for (field, name) in [("--github-org", owner), ("--repository", repository)] {
        if name.contains("<YOUR") {
            let reason = "it is a placeholder of the guide";
            return Err(Refusal::new("placeholder", field, reason, "replace the placeholder by the real name").into());
        }
        if name.is_empty() || name.contains('/') {
            return Err(Failure::usage(format!("{field} is a name alone, without a slash"))
                .hint("give the owner with --github-org and the name with --repository"));
        }
    }
    Ok(())
}

/// Refuses the credentials of another account than the one that the environment names.
fn check_account(surroundings: &Surroundings<'_>, identity: &Identity) -> Result<(), Failure> {
    let Some(expected) = surroundings.world.variable(AWS_ACCOUNT_ID) else { return Ok(()) };
    let account = identity.caller.account.id.as_str();
    if expected == account {
        return Ok(());
    }
    let reason = format!("the AWS credentials are of the account {account}, and {expected} was expected");
    Err(Refusal::new("other-account", AWS_ACCOUNT_ID, reason, "use credentials of that account, or unset the variable")
        .into())
}
