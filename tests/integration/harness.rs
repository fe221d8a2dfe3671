//! A sandbox, surroundings that point at it, and what a command printed.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use port_iam::assets;
use port_iam::clients::github::GitHub;
use port_iam::clients::http::ApiUrl;
use port_iam::clients::port::{Port, Upsert};
use port_iam::domain::account::AwsAccount;
use port_iam::domain::names::Names;
use port_iam::domain::resource_types::ResourceTypes;
use port_iam::sandbox::request_log::{Api, Exchange};
use port_iam::sandbox::{Options, Sandbox, cast};
use port_iam::world::{Sink, Terminal, World};
use secrecy::SecretString;
use serde_json::Value;

use crate::canary::Canary;
use crate::held_pause::HeldPause;

/// The account of the sandbox that the workflows are set up in.
pub(crate) fn cast_account() -> AwsAccount {
    AwsAccount::parse("account", cast::AWS_ACCOUNT_ID, "aws").unwrap()
}

/// A sandbox and whoever works in it.
pub(crate) struct Harness {
    pub(crate) sandbox: Sandbox,
    /// Variables that differ from the sandbox's own.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Who sits in front of it; nobody by default.
    pub(crate) terminal: Option<Arc<dyn Terminal>>,
    /// Looks through everything that is printed, sent and left in the folder, which therefore goes behind it.
    pub(crate) canary: Canary,
    pub(crate) folder: tempfile::TempDir,
    /// Whether a pause moves the sandbox's clock, and this machine's with it, instead of taking time.
    pub(crate) waits_by_the_clock: bool,
    /// Holds the next pause of a command.
    pub(crate) held_pause: HeldPause,
    /// Whether pauses take the time that they take: where two commands are at work, each waits for the other.
    pub(crate) pauses_in_earnest: AtomicBool,
    /// How far this machine's clock is ahead of the services'; none leaves it alone when the sandbox's is moved.
    pub(crate) clock_ahead: Option<jiff::SignedDuration>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit_code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Harness {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(&Options::default()).unwrap();
        Self::of(sandbox)
    }

    /// Whoever works in this sandbox, as the platform engineer.
    pub(crate) fn of(sandbox: Sandbox) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (environment, canary) = (with_access_key(&sandbox), Canary::of(&sandbox).watching(folder.path()));
        Self {
            sandbox,
            environment,
            terminal: None,
            canary,
            folder,
            waits_by_the_clock: false,
            held_pause: HeldPause::default(),
            pauses_in_earnest: AtomicBool::new(false),
            clock_ahead: None,
        }
    }

    /// A sandbox whose Port has the guide's blueprints.
    pub(crate) fn with_blueprints() -> Self {
        let harness = Self::new();
        harness.with_port(async |port| {
            for blueprint in assets::blueprints(&Names::default(), &ResourceTypes::default()).unwrap() {
                port.create_blueprint(&blueprint).await.unwrap();
            }
        });
        harness
    }

    /// Does something in Port by hand, as the platform engineer.
    pub(crate) fn with_port(&self, work: impl AsyncFnOnce(&Port)) {
        self.with_port_as(&self.variable("PORT_CLIENT_ID"), &self.variable("PORT_CLIENT_SECRET"), work);
    }

    /// Does something in Port as somebody.
    pub(crate) fn with_port_as(&self, id: &str, secret: &str, work: impl AsyncFnOnce(&Port)) {
        let world = self.world(&[], Sink::new(std::io::sink()), Sink::new(std::io::sink()));
        let url = ApiUrl::parse("PORT_API_URL", &self.variable("PORT_API_URL")).unwrap();
        let port = Port::new(&world, &url, id.to_owned(), secret.to_owned().into()).unwrap();
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work(&port));
    }

    /// Does something in GitHub by hand, as the platform engineer.
    pub(crate) fn with_github(&self, work: impl AsyncFnOnce(&GitHub)) {
        let world = self.world(&[], Sink::new(std::io::sink()), Sink::new(std::io::sink()));
        let url = ApiUrl::parse("GITHUB_API_URL", &self.variable("GITHUB_API_URL")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let github = GitHub::new(&world, &url, self.variable("GH_TOKEN").into()).unwrap();
            work(&github).await;
        });
    }

    /// Writes an entity by hand, as whoever may edit the catalog can.
    pub(crate) fn upsert(&self, blueprint: &str, body: &Value) {
        self.with_port(async |port| {
            port.upsert_entity(blueprint, body, Upsert { run_id: None }).await.unwrap();
        });
    }

    /// Deletes an entity by hand.
    pub(crate) fn delete_entity(&self, blueprint: &str, identifier: &str) {
        self.with_port(async |port| port.delete_entity(blueprint, identifier, None).await.unwrap());
    }

    /// Puts somebody in front of a terminal, who answers with these lines; `y` is a yes.
    pub(crate) fn answers(&mut self, lines: &[&str]) -> Arc<Script> {
        let script = Arc::new(Script {
            lines: Mutex::new(lines.iter().map(|&line| line.to_owned()).collect()),
            asked: Mutex::default(),
        });
        self.terminal = Some(Arc::clone(&script) as Arc<dyn Terminal>);
        script
    }

    /// Returns a variable.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.environment.iter().find(|(known, _)| *known == name).unwrap().1.clone()
    }

    /// Sets a variable, or takes it away.
    pub(crate) fn set(&mut self, name: &'static str, value: Option<&str>) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.extend(value.map(|value| (name, value.to_owned())));
    }

    /// Writes a file that a command may be given.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        self.canary.has_written(&path, text);
        path.to_str().unwrap().to_owned()
    }

    /// Runs a command as the platform engineer.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    /// Runs a command with these variables instead of the engineer's.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&'static str, &str)]) -> Ran {
        self.run_patiently(arguments, variables, Duration::from_secs(30))
    }

    /// The same, where an answer counts as lost after this time.
    pub(crate) fn run_patiently(
        &self,
        arguments: &[&str],
        variables: &[(&'static str, &str)],
        patience: Duration,
    ) -> Ran {
        let (stdout, stderr) = (Capture::default(), Capture::default());
        let mut world = self.world(variables, Sink::new(stdout.clone()), Sink::new(stderr.clone()));
        world.patience = patience;
        let all = std::iter::once("port-iam").chain(arguments.iter().copied()).map(OsString::from);
        let exit_code = port_iam::run(all, &world);
        self.ran(arguments, exit_code, &stdout, &stderr)
    }

    /// Returns what a command came to, once it is known that it has told no secret.
    #[track_caller]
    pub(crate) fn ran(&self, arguments: &[&str], exit_code: u8, stdout: &Capture, stderr: &Capture) -> Ran {
        let (stdout, stderr) = (stdout.text(), stderr.text());
        let what = format!("what {arguments:?} printed");
        // The one command whose result is secret: what is beside the credentials is looked through all the same.
        let result =
            if arguments.first() == Some(&"credentials") { without_credentials(&stdout) } else { stdout.clone() };
        for text in [&result, &stderr] {
            self.canary.check(&what, text);
        }
        Ran { exit_code, stdout, stderr }
    }

    /// Returns what the spawned program came to, once it is known that it has told no secret.
    #[track_caller]
    pub(crate) fn heard(&self, what: &str, output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        for text in [&stdout, &stderr] {
            self.canary.check(&format!("what {what} printed"), text);
        }
        // What a signal has ended at once has no code.
        let exit_code = output.status.code().map_or(u8::MAX, |code| code.try_into().unwrap());
        Ran { exit_code, stdout, stderr }
    }

    /// Returns the requests to `api` that may have changed something, since the first `since` exchanges.
    pub(crate) fn writes(&self, api: Api, since: usize) -> Vec<Exchange> {
        let exchanges = self.sandbox.log.exchanges_since(since);
        exchanges.into_iter().filter(|exchange| exchange.api == api && exchange.is_write()).collect()
    }

    /// The engineer's surroundings, but for these variables.
    fn world(&self, variables: &[(&'static str, &str)], stdout: Sink, stderr: Sink) -> World {
        let own = self.environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let others = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = own.chain(others).collect();
        let mut world = World::isolated(environment, PathBuf::from("port-iam"), stdout, stderr);
        if !self.pauses_in_earnest.load(Ordering::SeqCst) {
            let held_pause = self.held_pause.clone();
            world = world.with_pauses(move |_| held_pause.pass());
        }
        world.runtime_stand_in = Some(Arc::new(runtime()));
        if let Some(ahead) = self.clock_ahead {
            let clock = self.sandbox.clock.clone();
            world = world.with_clock(move || clock.now() + ahead);
        }
        if self.waits_by_the_clock {
            let (clock, own) = (self.sandbox.clock.clone(), self.sandbox.clock.clone());
            world = world.with_clock(move || own.now());
            world = world.with_pauses(move |pause| clock.advance(pause.try_into().unwrap()));
        }
        if let Some(terminal) = &self.terminal {
            world.terminal = Arc::clone(terminal);
        }
        world
    }
}

/// The engineer's environment, where the workflows use an access key: the steps of most tests run in this process, and
/// not in a job of a runner that has OIDC tokens. `oidc` tests the default.
pub(crate) fn with_access_key(sandbox: &Sandbox) -> Vec<(&'static str, String)> {
    let mut environment = sandbox.environment();
    environment.push(("PORT_IAM_AWS_AUTH", "access-key".to_owned()));
    environment
}

/// Returns the form of a `credential_process` without the values that it is there to tell; any other text as it is.
pub(crate) fn without_credentials(text: &str) -> String {
    let Ok(Value::Object(mut form)) = serde_json::from_str(text) else { return text.to_owned() };
    for secret in ["SecretAccessKey", "SessionToken"] {
        form.shift_remove(secret);
    }
    Value::Object(form).to_string()
}

/// Reads a document as IAM gives it back: percent-encoded (RFC 3986).
pub(crate) fn decoded(document: &str) -> Value {
    let text = percent_encoding::percent_decode_str(document).decode_utf8().unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A small file that has the head of a Linux program, in the place of the real one.
pub(crate) fn runtime() -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
    bytes[18] = 0x3e;
    bytes.extend(concat!("port-iam-runtime-version=", env!("CARGO_PKG_VERSION"), ";").bytes());
    bytes
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, exit_code: u8) -> Self {
        assert_eq!(self.exit_code, exit_code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Somebody whose answers are known beforehand.
#[derive(Debug, Default)]
pub(crate) struct Script {
    lines: Mutex<VecDeque<String>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn next(&self, question: &str) -> std::io::Result<String> {
        self.asked.lock().unwrap().push(question.to_owned());
        self.lines.lock().unwrap().pop_front().ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

impl Terminal for Script {
    fn is_interactive(&self) -> bool {
        true
    }

    fn text(&self, question: &str) -> std::io::Result<String> {
        self.next(question)
    }

    fn secret(&self, question: &str) -> std::io::Result<SecretString> {
        self.next(question).map(SecretString::from)
    }

    fn choose(&self, question: &str, choices: &[&str]) -> std::io::Result<usize> {
        let line = self.next(question)?;
        let chosen = if line.is_empty() { 0 } else { line.parse().unwrap() };
        assert!(chosen < choices.len(), "{question}: {chosen}");
        Ok(chosen)
    }

    fn say(&self, _: &str) {}

    fn confirm(&self, question: &str) -> std::io::Result<bool> {
        Ok(self.next(question)? == "y")
    }
}

/// A stream that can be read back.
#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }
}

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
