//! What `doctor` looks at an installation with: as `plan` would, but for what is missing, which is a finding and ends
//! nothing.

use super::asked::asked;
use super::{SetUpArgs, System, Systems};
use crate::clients::aws::Aws;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::commands::{Surroundings, connected};
use crate::config;
use crate::config::github::GitHubSettings;
use crate::config::port::PortSettings;
use crate::config::variables::{PORT_IAM_WORKFLOW_PORT_CLIENT_ID, PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET};
use crate::domain::checkup::{Bar, Barred, Unseen};
use crate::domain::setup::Consent;
use crate::engine::setup::runtime;
use crate::engine::setup::{Asked, Found, Setup};
use crate::failure::{Failure, FailureKind};

/// An installation to be looked at, and the clients that there are credentials for.
pub(in crate::commands) struct Patient {
    pub(in crate::commands) port: Result<Port, Barred>,
    pub(in crate::commands) github: Result<GitHub, Barred>,
    pub(in crate::commands) aws: Result<Aws, Barred>,
    pub(in crate::commands) workflow_port: Option<Port>,
    /// Clients in the place of those that are missing. Nothing is asked of them.
    silent: (Port, GitHub, Result<Aws, Unseen>),
    asked: Asked,
    found: Result<Found, Unseen>,
}

impl Patient {
    /// Reads the settings and makes the clients. Nothing is sent, and nobody is asked.
    ///
    /// # Errors
    ///
    /// Fails on settings that are wrong; what is only missing is told by the checks.
    pub(in crate::commands) async fn new(
        surroundings: &Surroundings<'_>,
        args: &SetUpArgs,
        (owner, repository): (String, String),
    ) -> Result<Self, Failure> {
        let world = surroundings.world;
        super::check_names(&owner, &repository)?;
        connected::check_addresses(world, args.aws_profile.as_deref()).await?;
        let share = args.share();
        let port_url = config::port::address(world)?.value;
        let own = PortSettings::find(world)?;
        let has_workflow_pair = super::has_workflow_pair(world, own.as_ref().map(|port| port.client_id.as_str()));
        let port = match own {
            _ if !share.contains(System::Port) => Err(left_out(System::Port)),
            Some(found) => Ok(Port::new(world, &found.url, found.client_id, found.client_secret)?),
            None => Err(Barred {
                bar: Bar::NoCredentials,
                why: "PORT_CLIENT_ID and PORT_CLIENT_SECRET are not both set".to_owned(),
                remedy: Some("in Port: ... > Credentials".to_owned()),
            }),
        };
        let github_url = config::github::address(world)?.value;
        let github = match GitHubSettings::read(world) {
            _ if !share.contains(System::GitHub) => Err(left_out(System::GitHub)),
            Ok(settings) => Ok(GitHub::new(world, &settings.url, settings.token)?),
            Err(failure) => Err(missing(failure)?),
        };
        let settings = args.aws_of_several(world, "doctor");
        let aws = match &settings {
            _ if !share.contains(System::Aws) => Err(left_out(System::Aws)),
            Ok(settings) => Aws::new(world, settings).await.map_err(|failure| Barred {
                bar: if failure.kind == FailureKind::Usage { Bar::NoRegion } else { Bar::NoCredentials },
                why: failure.message,
                remedy: failure.hints.into_iter().next(),
            }),
            Err(failure) => Err(missing(failure.clone())?),
        };
        let silent_aws = match &settings {
            Ok(settings) => connected::silent_aws(world, settings).await,
            Err(failure) => Err(failure.clone()),
        };
        let silent = (
            connected::silent_port(world)?,
            GitHub::new(world, &github_url, String::new().into())?,
            silent_aws.map_err(|failure| Unseen::Elsewhere(failure.message)),
        );
        let aws_url = config::aws::endpoint(world)?.value;
        let asked = asked(surroundings, args, (owner, repository))?;
        let found = |runtime| Found {
            runtime,
            port_api_url: port_url.as_str().to_owned(),
            aws_endpoint_url: aws_url.map(|url| url.as_str().to_owned()),
            host: config::github::host(&github_url),
            has_workflow_pair,
            looks_at: share,
            presumed_account: None,
        };
        let runtime = runtime::pack(world, args.runtime_binary(world).as_deref(), port_url.is_loopback());
        let found = runtime.map(found).map_err(|failure| Unseen::Here(failure.in_a_line()));
        let variable = |name| world.variable(name).map(str::to_owned);
        let theirs = variable(PORT_IAM_WORKFLOW_PORT_CLIENT_ID).zip(variable(PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET));
        let workflow_port = theirs.map(|(id, secret)| Port::new(world, &port_url, id, secret.into())).transpose()?;
        Ok(Self {
            port,
            github,
            aws,
            workflow_port,
            silent,
            // Nothing is set again, and whoever looks at a part sees the plan of that part.
            asked: Asked { consent: Consent { rotate_secrets: false, ..asked.consent }, share: Systems::ALL, ..asked },
            found,
        })
    }

    /// Returns what makes the plan.
    ///
    /// # Errors
    ///
    /// Says why there can be none.
    pub(in crate::commands) fn setup<'a>(
        &'a self,
        surroundings: &'a Surroundings<'_>,
        progress: &'a (dyn Fn(&str) + Sync),
    ) -> Result<Setup<'a>, Unseen> {
        let (port, github, aws) = &self.silent;
        Ok(Setup {
            world: surroundings.world,
            names: &surroundings.names,
            port: self.port.as_ref().unwrap_or(port),
            github: self.github.as_ref().unwrap_or(github),
            aws: match (&self.aws, aws) {
                (Ok(aws), _) | (_, Ok(aws)) => aws,
                (_, Err(why)) => return Err(why.clone()),
            },
            asked: self.asked.clone(),
            found: self.found.clone()?,
            progress,
        })
    }
}

fn left_out(system: System) -> Barred {
    Barred { bar: Bar::LeftOut, why: format!("{system} is left out by --only"), remedy: None }
}

/// Returns why a system cannot be asked for want of credentials; any other failure is a wrong setting.
fn missing(failure: Failure) -> Result<Barred, Failure> {
    match failure.kind {
        FailureKind::LoginNeeded => {
            let remedy = failure.hints.into_iter().next();
            Ok(Barred { bar: Bar::NoCredentials, why: failure.message, remedy })
        }
        _ => Err(failure),
    }
}
