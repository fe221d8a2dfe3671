//! What `init` and `plan` have in common: what can be said about an installation, and the clients it is looked at with.

mod arguments;
mod asked;
mod emission;
mod exact_command;
mod patient;
pub(super) mod report;
pub(super) mod wizard;

pub(super) use arguments::SetUpArgs;
pub(super) use asked::invocation;
pub(super) use emission::EmissionArgs;
pub(super) use exact_command::{Further, exact_command, variables};
pub(super) use patient::Patient;
pub(super) use wizard::Wizard;

use std::time::Duration;

use super::{Surroundings, connected, given};
use crate::clients::aws::Aws;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::config;
use crate::config::github::GitHubSettings;
use crate::config::port::PortSettings;
use crate::config::variables::{
    AWS_ACCESS_KEY_ID, AWS_ACCOUNT_ID, AWS_PROFILE, PORT_IAM_WORKFLOW_PORT_CLIENT_ID,
    PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET,
};
use crate::domain::account::AwsAccount;
use crate::domain::reference;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::setup::{System, Systems, WorkflowAccess};
use crate::engine::setup::secrets::{OwnCredentials, PortPair};
use crate::engine::setup::{Asked, Found, Identity, Observation, Setup, runtime};
use crate::failure::{Failure, FailureKind};
use crate::world::World;

/// An installation, and everything that is needed to look at it.
pub(super) struct Prepared {
    port: Port,
    github: GitHub,
    aws: Aws,
    asked: Asked,
    found: Found,
    /// The caller's own credentials.
    pub(super) own: OwnCredentials,
}

impl Prepared {
    /// Reads the settings and makes the clients. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Fails on what is missing or wrong; credentials may only be missing for systems that `--only` leaves out.
    pub(super) async fn new(surroundings: &Surroundings<'_>, args: &SetUpArgs) -> Result<Self, Failure> {
        let world = surroundings.world;
        let owner = config::github::owner(world, args.github_org.as_deref())?.value;
        let repository = config::github::repository(world, args.repository.as_deref()).value;
        check_names(&owner, &repository)?;
        connected::check_addresses(world, args.aws_profile.as_deref()).await?;
        let share = args.share();
        let port =
            if share.contains(System::Port) { Some(PortSettings::read(world)?) } else { PortSettings::find(world)? };
        let github = match GitHubSettings::read(world) {
            Err(failure) if failure.kind == FailureKind::LoginNeeded && !share.contains(System::GitHub) => None,
            settings => Some(settings?),
        };
        let aws = args.aws_of_several(world, "init")?;
        let is_set = |name: &&str| world.variable(name).is_some();
        let has_aws = args.aws_profile.is_some() || [AWS_ACCESS_KEY_ID, AWS_PROFILE].iter().any(is_set);
        let is_unseen = |system: &System| match system {
            System::Port => port.is_none(),
            System::GitHub => github.is_none(),
            System::Aws => !share.contains(System::Aws) && !has_aws,
        };
        let unseen = [System::Port, System::GitHub, System::Aws].into_iter().filter(is_unseen);
        let looks_at = unseen.fold(Systems::ALL, Systems::without);
        let port_url = config::port::address(world)?.value;
        let github_address = config::github::address(world)?.value;
        let asked = asked::asked(surroundings, args, (owner, repository))?;
        if asked.access != Some(WorkflowAccess::AccessKey) && !config::github::issues_tokens_for_aws(&github_address) {
            return Err(Failure::usage(
                "the workflows' roles trust the tokens of github.com, and this is another GitHub",
            )
            .hint("pass --aws-auth access-key"));
        }
        let found = Found {
            runtime: runtime::pack(world, args.runtime_binary(world).as_deref(), port_url.is_loopback())?,
            port_api_url: port_url.as_str().to_owned(),
            aws_endpoint_url: aws.endpoint.as_ref().map(|url| url.as_str().to_owned()),
            host: config::github::host(&github_address),
            has_workflow_pair: has_workflow_pair(world, port.as_ref().map(|port| port.client_id.as_str())),
            looks_at,
            presumed_account: presumed_account(world, &aws, looks_at)?,
        };
        Ok(Self {
            port: match &port {
                Some(port) => Port::new(world, &port.url, port.client_id.clone(), port.client_secret.clone())?,
                None => connected::silent_port(world)?,
            },
            github: match github {
                Some(github) => GitHub::new(world, &github.url, github.token)?,
                None => GitHub::new(world, &github_address, String::new().into())?,
            },
            aws: if looks_at.contains(System::Aws) {
                Aws::new(world, &aws).await?
            } else {
                connected::silent_aws(world, &aws).await?
            },
            asked,
            found,
            own: OwnCredentials {
                port_url: port.as_ref().map_or(port_url, |port| port.url.clone()),
                port: port.map(|port| (port.client_id, port.client_secret)),
                workflow_pair: None,
                aws,
            },
        })
    }

    /// Says that somebody wants to see the plan, and that all of it is looked at.
    pub(super) fn showing(mut self, is_seen: bool) -> Self {
        self.asked.looks_at_user = is_seen;
        self
    }

    /// Says that a further account is set up, with credentials of that one.
    ///
    /// # Errors
    ///
    /// Refuses what is no account id, and a part that leaves AWS out.
    pub(super) fn adding(mut self, account: Option<&str>) -> Result<Self, Failure> {
        let Some(account) = account else { return Ok(self) };
        if !self.found.looks_at.contains(System::Aws) || !self.asked.share.contains(System::Aws) {
            return Err(Failure::usage("--add-account makes something in AWS, and AWS is left out")
                .hint("use AWS credentials of that account, and no --only that leaves AWS out"));
        }
        self.asked.add_account = Some(given::account("--add-account", account)?);
        self.asked.aws_setup = true;
        Ok(self)
    }

    /// Says which Port credentials the workflows get, where those were typed in.
    pub(super) fn giving(mut self, workflow_pair: Option<PortPair>) -> Self {
        if let Some((id, secret)) = workflow_pair {
            self.found.has_workflow_pair = self.own.port.as_ref().is_none_or(|(own, _)| *own != id);
            self.own.workflow_pair = Some((id, secret));
        }
        self
    }

    /// Returns what the engine works with.
    pub(super) fn setup<'a>(
        &'a self,
        surroundings: &'a Surroundings<'_>,
        progress: &'a (dyn Fn(&str) + Sync),
    ) -> Setup<'a> {
        Setup {
            world: surroundings.world,
            names: &surroundings.names,
            port: &self.port,
            github: &self.github,
            aws: &self.aws,
            asked: self.asked.clone(),
            found: self.found.clone(),
            progress,
        }
    }
}

/// Looks at the three systems and plans.
///
/// # Errors
///
/// Fails when credentials are rejected or a system cannot be asked, and after a signal; refuses another account than
/// the one that the environment names.
pub(super) async fn look(
    surroundings: &Surroundings<'_>,
    setup: &Setup<'_>,
) -> Result<(Identity, Observation), Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    ui.status("Looking at Port, GitHub and AWS");
    let who = world.stop.within(Duration::ZERO, setup.who()).await?;
    // Whoever names the account that is added has said whose credentials these are.
    if setup.asked.add_account.is_none() {
        who.account.check_credentials(connected::expected_account(world)?.as_ref())?;
    }
    let (identity, observation) = world.stop.within(Duration::ZERO, Box::pin(setup.look_first(&who))).await?;
    if let Some(edition) = reference::edition().filter(|edition| edition.is_stale(world.now())) {
        ui.warning(&format!(
            "AWS's actions are known as of half a year ago and longer ({}); upgrade port-iam",
            edition.describe()
        ));
    }
    Ok((identity, observation))
}

/// Returns whether the environment names Port credentials for the workflows that are not the caller's own.
fn has_workflow_pair(world: &World, own: Option<&str>) -> bool {
    let is_set = world.variable(PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET).is_some();
    world.variable(PORT_IAM_WORKFLOW_PORT_CLIENT_ID).is_some_and(|id| is_set && own != Some(id))
}

/// Returns the account that the environment names, where AWS is not asked for it.
fn presumed_account(
    world: &World,
    aws: &crate::clients::aws::AwsSettings,
    looks_at: Systems,
) -> Result<Option<AwsAccount>, Failure> {
    if looks_at.contains(System::Aws) {
        return Ok(None);
    }
    let Some(id) = world.variable(AWS_ACCOUNT_ID) else {
        return Err(Failure::login("there are no AWS credentials here, and nothing names the account")
            .hint(format!("set {AWS_ACCOUNT_ID} and AWS_REGION: the files in the repository name both")));
    };
    let id = given::account(AWS_ACCOUNT_ID, id)?;
    Ok(Some(AwsAccount::in_region(id, aws.region.as_deref().unwrap_or_default())))
}

fn check_names(owner: &str, repository: &str) -> Result<(), Failure> {
    for (field, name) in [("--github-org", owner), ("--repository", repository)] {
        if name.contains("<YOUR") {
            let reason = "it is a placeholder of the guide";
            return Err(Refusal::new(
                RefusalCode::Placeholder,
                field,
                reason,
                "replace the placeholder by the real name",
            )
            .into());
        }
        if name.is_empty() || name.contains('/') {
            return Err(Failure::usage(format!("{field} is a name alone, without a slash"))
                .hint("give the owner with --github-org and the name with --repository"));
        }
    }
    Ok(())
}
