//! The questions of `init` at a terminal: each has a flag and a default, and what a flag or a variable says is not asked.

use std::io;

use super::arguments::{ApprovalArg, AwsAuthArg, SetUpArgs};
use crate::clients::github::GitHub;
use crate::commands::Surroundings;
use crate::config;
use crate::config::github::GitHubSettings;
use crate::config::variables::{
    AWS_ACCESS_KEY_ID, AWS_PROFILE, PORT_IAM_APPROVAL, PORT_IAM_APPROVERS, PORT_IAM_AWS_AUTH, PORT_IAM_GITHUB_ORG,
    PORT_IAM_PAGE, PORT_IAM_REPOSITORY, PORT_IAM_RESOURCE_TYPES, PORT_IAM_WORKFLOW_PORT_CLIENT_ID,
    PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET,
};
use crate::domain::resource_types::ResourceTypes;
use crate::domain::setup::{People, System};
use crate::engine::setup::secrets::PortPair;
use crate::failure::{Failure, FailureKind};
use crate::world::{Terminal, World};

const APPROVALS: [&str; 3] = [
    "any  - one of several people approves each request (recommended)",
    "all  - all of them approve each request",
    "none - whom a rule lets ask is granted at once, as in Port's guide",
];
const ACCESSES: [&str; 2] = [
    "oidc       - by GitHub's OIDC tokens: no AWS key is stored anywhere (recommended)",
    "access-key - by an access key of an IAM user, as in Port's guide",
];

const PAGES: [&str; 2] = ["yes - the dashboard \"IAM permissions\" (recommended)", "no  - the catalog alone"];

/// What was said and asked for.
pub(in crate::commands) struct Wizard {
    /// As flags say it.
    pub(in crate::commands) args: SetUpArgs,
    /// Port credentials of the workflows alone, where those were typed in.
    pub(in crate::commands) workflow_pair: Option<PortPair>,
}

/// Asks for what `args` and the environment leave open. Where an installation is there already, only its place is asked
/// for: everything else is as it is.
///
/// # Errors
///
/// Fails when the terminal does, and when GitHub cannot be asked.
pub(in crate::commands) async fn ask(surroundings: &Surroundings<'_>, mut args: SetUpArgs) -> Result<Wizard, Failure> {
    let world = surroundings.world;
    let terminal = world.terminal.as_ref();
    let is_open = |flag: &Option<String>, variable: &str| flag.is_none() && world.variable(variable).is_none();
    if is_open(&args.github_org, PORT_IAM_GITHUB_ORG) {
        let question = "GitHub organisation (or user) that owns the repository of the workflows";
        args.github_org = Some(match world.owner_of_checkout() {
            Some(found) => terminal.text_or(question, &found).map_err(failed)?,
            None => terminal.text(question).map_err(failed)?,
        });
    }
    if is_open(&args.repository, PORT_IAM_REPOSITORY) {
        let question = "Name of that repository, which is created if it is not there";
        args.repository = Some(terminal.text_or(question, config::github::REPOSITORY).map_err(failed)?);
    }
    ask_for_profile(world, &mut args)?;
    if is_there(surroundings, &args).await? {
        surroundings.ui.status("An installation is there already: what differs from it is shown");
        let workflow_pair = if args.rotate_secrets { workflow_pair(world, &args)? } else { None };
        return Ok(Wizard { args, workflow_pair });
    }
    if is_open(&args.resource_types, PORT_IAM_RESOURCE_TYPES) {
        args.resource_types = Some(resource_types(terminal)?);
    }
    // Whoever makes one system is asked about what lies in it.
    let share = args.share();
    let makes = |systems: &[System]| systems.iter().any(|system| share.contains(*system));
    if makes(&[System::Port, System::GitHub])
        && args.approval.is_none()
        && is_open(&args.approvers, PORT_IAM_APPROVERS)
        && world.variable(PORT_IAM_APPROVAL).is_none()
    {
        ask_for_approval(terminal, &mut args)?;
    }
    if makes(&[System::GitHub, System::Aws]) && args.aws_auth.is_none() && world.variable(PORT_IAM_AWS_AUTH).is_none() {
        ask_for_access(world, &mut args)?;
    }
    if makes(&[System::Port]) && !args.page && !args.no_page && world.variable(PORT_IAM_PAGE).is_none() {
        ask_for_page(terminal, &mut args)?;
    }
    let workflow_pair = workflow_pair(world, &args)?;
    Ok(Wizard { args, workflow_pair })
}

fn failed(error: io::Error) -> Failure {
    Failure::usage(format!("could not ask: {error}")).hint("say it with flags, and pass --yes")
}

/// Returns whether the repository holds a rules file already. Whoever has no part in GitHub may have no token for it: then
/// nobody can tell.
async fn is_there(surroundings: &Surroundings<'_>, args: &SetUpArgs) -> Result<bool, Failure> {
    let world = surroundings.world;
    let settings = match GitHubSettings::read(world) {
        Err(failure) if failure.kind == FailureKind::LoginNeeded && !args.share().contains(System::GitHub) => {
            return Ok(false);
        }
        settings => settings?,
    };
    let github = GitHub::new(world, &settings.url, settings.token)?;
    let owner = config::github::owner(world, args.github_org.as_deref())?.value;
    let name = config::github::repository(world, args.repository.as_deref()).value;
    let Some(repository) = github.repository(&owner, &name).await? else { return Ok(false) };
    Ok(github.file(&repository, &surroundings.names.rules_path).await?.is_some())
}

fn resource_types(terminal: &dyn Terminal) -> Result<String, Failure> {
    let question = "Types of AWS resources that people can ask for, such as S3,EC2,Lambda,DynamoDB";
    loop {
        let text =
            terminal.text_or(question, &ResourceTypes::default().to_string().replace(", ", ",")).map_err(failed)?;
        let parsed = ResourceTypes::parse("--resource-types", &text);
        match parsed.and_then(|types| types.check_services("--resource-types")) {
            Ok(_) => return Ok(text),
            Err(refusal) => terminal.say(&format!("{refusal}; {}", refusal.remedy)),
        }
    }
}

fn ask_for_approval(terminal: &dyn Terminal, args: &mut SetUpArgs) -> Result<(), Failure> {
    let chosen = terminal.choose("Does somebody have to approve a request?", &APPROVALS).map_err(failed)?;
    args.approval = Some(match chosen {
        0 => ApprovalArg::Any,
        1 => ApprovalArg::All,
        _ => ApprovalArg::None,
    });
    while args.approval != Some(ApprovalArg::None) && args.approvers.is_none() {
        let text = terminal.text("Who may approve: e-mail addresses, team:NAME").map_err(failed)?;
        match People::parse(text.split(',')) {
            Ok(people) if !people.is_empty() => args.approvers = Some(text),
            Ok(_) => terminal.say("name at least one"),
            Err(entry) => terminal.say(&format!("{entry:?} is neither an e-mail address nor team:NAME")),
        }
    }
    Ok(())
}

/// Asks whose AWS credentials are meant, where there are those of several profiles and nothing says which.
fn ask_for_profile(world: &World, args: &mut SetUpArgs) -> Result<(), Failure> {
    let is_said = args.aws_profile.is_some()
        || [AWS_PROFILE, AWS_ACCESS_KEY_ID].iter().any(|name| world.variable(name).is_some())
        || !args.share().contains(System::Aws);
    let profiles = if is_said { Vec::new() } else { config::aws_profile::names(world) };
    if profiles.len() > 1 {
        let choices: Vec<&str> = profiles.iter().map(String::as_str).collect();
        let chosen =
            world.terminal.choose("Which AWS profile holds your own credentials?", &choices).map_err(failed)?;
        args.aws_profile = profiles.get(chosen).cloned();
    }
    Ok(())
}

fn ask_for_access(world: &World, args: &mut SetUpArgs) -> Result<(), Failure> {
    let terminal = world.terminal.as_ref();
    let github = config::github::address(world)?.value;
    // Roles can only trust the tokens of github.com.
    let chosen = if config::github::issues_tokens_for_aws(&github) {
        terminal.choose("How do the workflows prove to AWS who they are?", &ACCESSES).map_err(failed)?
    } else {
        1
    };
    args.aws_auth = Some(if chosen == 0 { AwsAuthArg::Oidc } else { AwsAuthArg::AccessKey });
    if !args.aws_setup && args.share().contains(System::Aws) {
        let question = "Make their identities in AWS now? It needs an administrator's credentials; otherwise the commands are printed";
        args.aws_setup = terminal.confirm(question).map_err(failed)?;
    }
    Ok(())
}

fn ask_for_page(terminal: &dyn Terminal, args: &mut SetUpArgs) -> Result<(), Failure> {
    let question = "Make a page in Port that shows who has access, until when, and what was asked for?";
    args.page = terminal.choose(question, &PAGES).map_err(failed)? == 0;
    args.no_page = !args.page;
    Ok(())
}

/// Asks for Port credentials of the workflows alone, where this run may set their secrets and no variable says which. The
/// caller's own do too: whoever has none of them has to name others.
fn workflow_pair(world: &World, args: &SetUpArgs) -> Result<Option<PortPair>, Failure> {
    let is_said = |name: &&str| world.variable(name).is_some();
    let names = [PORT_IAM_WORKFLOW_PORT_CLIENT_ID, PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET];
    if !args.share().contains(System::GitHub) || names.iter().any(is_said) {
        return Ok(None);
    }
    let terminal = world.terminal.as_ref();
    let question = "Port client id for the workflows alone, of a machine (leave it empty, and they get the credentials that you use here)";
    let Some(id) = terminal.optional_text(question).map_err(failed)? else { return Ok(None) };
    let secret = terminal.secret("Secret of that client").map_err(failed)?;
    Ok(Some((id.trim().to_owned(), secret)))
}
