//! A sandbox in which the real binary has been set up as the runtime, so that whatever runs its workflows runs it.
//!
//! Other tests call the steps of the workflows themselves (see `installed`); here somebody else does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::{Child, Command, Stdio};

use port_iam::assets;
use port_iam::clients::http::ApiUrl;
use port_iam::clients::port::{Port, Upsert};
use port_iam::domain::names::Names;
use port_iam::sandbox::{Options, Sandbox, cast};
use port_iam::world::{Sink, World};
use serde_json::Value;

use crate::canary::Canary;
use crate::counterparts::{port_iam, search_path};
use crate::harness::{Capture, cast_account, with_access_key};

type Environment = BTreeMap<String, String>;

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) exit_code: u8,
    pub(crate) json: Value,
    pub(crate) told: String,
}

/// A command that runs beside the test, and not longer.
pub(crate) struct Started(Option<Child>);

impl Started {
    /// Waits for its end, and returns what it printed.
    pub(crate) fn result(mut self) -> Value {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(mut command) = self.0.take() {
            // It may have ended by itself; then there is nothing to do.
            let _ = command.kill();
            let _ = command.wait();
        }
    }
}

/// A sandbox with the environment that leads to it.
pub(crate) struct LiveInstallation {
    pub(crate) sandbox: Sandbox,
    pub(crate) environment: Environment,
    canary: Canary,
}

impl LiveInstallation {
    /// Starts an empty sandbox; its runner executes dispatched workflows if `run_workflows` says so.
    pub(crate) fn empty(run_workflows: bool) -> Self {
        let manager = assets::manager_policies(&Names::default(), &cast_account()).unwrap();
        let options = Options {
            manager_policies: vec![manager.granter, manager.revoker],
            request_log: None,
            run_workflows_with: run_workflows.then(port_iam),
        };
        let sandbox = Sandbox::start(&options).unwrap();
        // act has no OIDC tokens, and moto gives a session to every token: with them the workflows use an access key.
        let environment = with_access_key(&sandbox).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let canary = Canary::of(&sandbox);
        Self { sandbox, environment, canary }
    }

    /// Lets the platform engineer set up and seed with the program itself, the runtime being the real binary.
    pub(crate) fn set_up(self) -> Self {
        for arguments in [["init", "--yes"], ["seed", "--yes"]] {
            let ran = self.as_ada(&arguments);
            assert_eq!(ran.exit_code, 0, "{arguments:?}: {}", ran.told);
        }
        self
    }

    /// Fails when what somebody else printed holds a secret.
    pub(crate) fn heard(&self, what: &str, text: &str) {
        self.canary.check(&format!("what {what} printed"), text);
    }

    /// Returns what a command came to, once it is known that it has told no secret.
    fn checked(&self, ran: Ran) -> Ran {
        self.canary.check("what a command told", &ran.told);
        self.canary.check("what a command printed", &ran.json.to_string());
        ran
    }

    /// Runs a command in this process as the platform engineer.
    pub(crate) fn as_ada(&self, arguments: &[&str]) -> Ran {
        self.checked(run(self.environment.clone(), arguments))
    }

    /// Runs a command in this process as a developer, who has credentials for Port and nothing else.
    pub(crate) fn as_dana(&self, arguments: &[&str]) -> Ran {
        self.checked(run(self.environment_of_dana(), arguments))
    }

    /// Starts a command of the developer as a process, which goes on while the test does GitHub's part.
    pub(crate) fn start_as_dana(&self, arguments: &[&str]) -> Started {
        let command = Command::new(port_iam())
            .args(arguments)
            .args(["--output", "json"])
            .env_clear()
            .envs(self.environment_of_dana())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Started(Some(command.unwrap()))
    }

    /// Gives an entity another title, as anybody with the right to edit the catalog can.
    pub(crate) fn rename(&self, blueprint: &str, identifier: &str, title: &str) {
        let world = world(self.environment.clone(), Sink::new(std::io::sink()), Sink::new(std::io::sink()));
        let base = ApiUrl::parse("PORT_API_URL", &self.environment["PORT_API_URL"]).unwrap();
        let secret = self.environment["PORT_CLIENT_SECRET"].clone().into();
        let port = Port::new(&world, &base, self.environment["PORT_CLIENT_ID"].clone(), secret).unwrap();
        let body = serde_json::json!({ "identifier": identifier, "title": title });
        block_on(port.upsert_entity(blueprint, &body, Upsert { run_id: None })).unwrap();
    }

    fn environment_of_dana(&self) -> Environment {
        [
            ("PORT_API_URL", self.environment["PORT_API_URL"].as_str()),
            ("PORT_CLIENT_ID", cast::DANA.port_client_id),
            ("PORT_CLIENT_SECRET", &self.sandbox.keys().port_client_secret(&cast::DANA)),
            ("PATH", &search_path()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

/// Waits for `work` on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn run(environment: Environment, arguments: &[&str]) -> Ran {
    let (stdout, stderr) = (Capture::default(), Capture::default());
    let world = world(environment, Sink::new(stdout.clone()), Sink::new(stderr.clone()));
    let words = ["port-iam"].iter().chain(arguments).chain(&["--output", "json"]).map(OsString::from);
    let exit_code = port_iam::run(words, &world);
    Ran { exit_code, json: serde_json::from_str(&stdout.text()).unwrap_or_default(), told: stderr.text() }
}

fn world(environment: Environment, stdout: Sink, stderr: Sink) -> World {
    World::isolated(environment, port_iam(), stdout, stderr)
}
