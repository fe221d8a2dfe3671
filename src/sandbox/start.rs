//! Starts the three emulators together, so that they know each other as the real systems do.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::aws::Account;
use super::cast;
use super::clock::SandboxClock;
use super::fault::Faults;
use super::github::GitHub;
use super::keys::Keys;
use super::past::Past;
use super::port::{GitHubApp, Port};
use super::request_log::{Api, RequestLog};
use super::runner::Runner;
use super::secrets::Secrets;
use super::wire::{self, Server, Wire};
use super::{aws, github, port};

/// How a sandbox is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Policies of the workflows' IAM user, which an administrator would have attached.
    pub manager_policies: Vec<Value>,
    /// File that takes one JSON line an exchange.
    pub request_log: Option<PathBuf>,
    /// Program that the runner's `gh` stands on; set it to execute dispatched workflows. What opens Port and GitHub is
    /// then drawn at the start, and told by [`Sandbox::keys`] and [`Sandbox::environment`] alone.
    pub run_workflows_with: Option<PathBuf>,
}

/// Port, GitHub and AWS on loopback. They end when this value is dropped.
#[derive(Debug)]
pub struct Sandbox {
    /// The time of all three.
    pub clock: SandboxClock,
    /// What went over the wire.
    pub log: Arc<RequestLog>,
    /// What goes wrong at the wire.
    pub faults: Arc<Faults>,
    /// Port's state.
    pub port: Port,
    /// GitHub's state.
    pub github: GitHub,
    /// The state of the AWS account that the environment is for.
    pub aws: Account,
    /// The state of the organisation's second AWS account.
    pub second_aws: Account,
    port_server: Server,
    github_server: Server,
    aws_server: Server,
    past: Arc<Past>,
    keys: Keys,
    _id_token_server: Server,
}

impl Sandbox {
    /// Starts the three emulators on free loopback ports.
    ///
    /// # Errors
    ///
    /// Fails when no port can be taken, the request log cannot be written, or there is no randomness for the keys.
    pub fn start(options: &Options) -> std::io::Result<Self> {
        let clock = SandboxClock::default();
        let log = match &options.request_log {
            Some(path) => Arc::new(RequestLog::to_file(path)?),
            None => Arc::default(),
        };
        let past: Arc<Past> = Arc::default();
        let keys = if options.run_workflows_with.is_some() { Keys::drawn()? } else { Keys::default() };
        let wire =
            Wire { clock: clock.clone(), log: Arc::clone(&log), faults: Arc::default(), past: Arc::clone(&past) };
        let ((port_listener, port_url), (github_listener, github_url), (aws_listener, _)) =
            (wire::listen()?, wire::listen()?, wire::listen()?);
        let (id_token_listener, id_token_url) = wire::listen()?;
        let app = GitHubApp {
            api_url: github_url.clone(),
            token: keys.port_app_token(),
            login: cast::PORT_APP_LOGIN.to_owned(),
        };
        let github = GitHub::new(clock.clone(), github_url, &keys);
        github.set_id_token_url(&id_token_url);
        let port = Port::new(clock.clone(), port_url, app, keys.clone());
        let aws = Account::new(clock.clone(), &options.manager_policies).knowing(github.issuer());
        let second_aws = Account::second(clock.clone()).knowing(github.issuer());
        let runner = options.run_workflows_with.clone().map(|program| runner(&github, &port, program));
        let run_workflows = async {
            match runner {
                Some(runner) => runner.run_forever().await,
                None => std::future::pending().await,
            }
        };
        Ok(Self {
            port_server: wire::serve(
                Api::Port,
                port_listener,
                port::router(port.clone()),
                wire.clone(),
                port::background(port.clone()),
            )?,
            github_server: wire::serve(
                Api::Github,
                github_listener,
                github::router(github.clone()),
                wire.clone(),
                run_workflows,
            )?,
            aws_server: wire::serve(
                Api::Aws,
                aws_listener,
                aws::router(vec![aws.clone(), second_aws.clone()]),
                wire.clone(),
                std::future::pending(),
            )?,
            _id_token_server: wire::serve(
                Api::Actions,
                id_token_listener,
                github::id_token_router(github.clone()),
                wire.clone(),
                std::future::pending(),
            )?,
            clock,
            log,
            faults: wire.faults,
            past,
            keys,
            port,
            github,
            aws,
            second_aws,
        })
    }

    /// Returns the environment of the platform engineer: all that is needed to try commands by hand.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let ada = cast::ADA;
        let (port_secret, github_token) = (self.keys.port_client_secret(&ada), self.keys.github_token(&ada));
        let workflow_secret = self.keys.workflow_port_client_secret();
        [
            ("PORT_API_URL", self.port_server.url()),
            ("PORT_CLIENT_ID", ada.port_client_id),
            ("PORT_CLIENT_SECRET", &port_secret),
            ("GITHUB_API_URL", self.github_server.url()),
            ("GH_TOKEN", &github_token),
            ("PORT_IAM_GITHUB_ORG", cast::GITHUB_ORGANIZATION),
            ("AWS_ENDPOINT_URL", self.aws_server.url()),
            ("AWS_ACCESS_KEY_ID", ada.aws_access_key_id),
            ("AWS_SECRET_ACCESS_KEY", ada.aws_secret_access_key),
            ("AWS_REGION", cast::AWS_REGION),
            ("PORT_IAM_WORKFLOW_PORT_CLIENT_ID", cast::WORKFLOW_PORT_CLIENT_ID),
            ("PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET", &workflow_secret),
            ("PORT_IAM_MANAGER_ACCESS_KEY_ID", cast::MANAGER_ACCESS_KEY_ID),
            ("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", cast::MANAGER_SECRET_ACCESS_KEY),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    /// Returns what opens Port and GitHub.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns the address of Port, without `/v1`.
    pub fn port_address(&self) -> &str {
        self.port_server.url()
    }

    /// Remembers what the three systems are like now: what [`super::fault::Fault::StaleRead`] will answer from.
    pub fn remember(&self) {
        self.past.remember(vec![
            (Api::Port, self.port.as_it_was()),
            (Api::Github, self.github.as_it_was()),
            (Api::Aws, aws::as_it_was(&[&self.aws, &self.second_aws])),
        ]);
    }

    /// Returns what knows the sandbox's secrets.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.keys, &self.port, &self.github, &[&self.aws, &self.second_aws])
    }

    /// Returns how many connections Port, GitHub and AWS have accepted.
    pub fn connections(&self) -> [usize; 3] {
        [self.port_server.connections(), self.github_server.connections(), self.aws_server.connections()]
    }
}

/// A runner whose finished runs Port hears of, as GitHub's webhook would tell it.
fn runner(github: &GitHub, port: &Port, program: PathBuf) -> Runner {
    let port = port.clone();
    Runner::new(github.clone(), program).on_completed(move |run| {
        let (port, id) = (port.clone(), run.id);
        let conclusion = run.conclusion.map_or("failure", super::github::Conclusion::as_str);
        tokio::spawn(async move { port.workflow_run_completed(id, conclusion).await });
    })
}
