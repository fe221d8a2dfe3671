//! All that is impure besides the network: clock, entropy, environment, terminal, sleep, patience, the running program.
//!
//! Everything else takes a [`World`], so that tests can hold each of these still.

#[cfg(feature = "full")]
mod system_terminal;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::stop::Stop;

/// A pause that can be waited for.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A source of randomness that fills a buffer.
type Entropy = Arc<dyn Fn(&mut [u8]) -> std::io::Result<()> + Send + Sync>;

/// What asks a person. It is only used when [`Terminal::is_interactive`] says so.
pub trait Terminal: Send + Sync {
    /// Returns whether a person can be asked: input and error output are a terminal, and this is no CI.
    fn is_interactive(&self) -> bool;
    /// Asks for a line of text.
    ///
    /// # Errors
    ///
    /// Fails when the terminal does.
    fn text(&self, question: &str) -> std::io::Result<String>;
    /// Asks for a line of text that may be left empty.
    ///
    /// # Errors
    ///
    /// Fails when the terminal does.
    fn optional_text(&self, question: &str) -> std::io::Result<Option<String>> {
        self.text(question).map(|text| Some(text).filter(|text| !text.trim().is_empty()))
    }
    /// Asks for a line of text; an empty one means `default`.
    ///
    /// # Errors
    ///
    /// Fails when the terminal does.
    fn text_or(&self, question: &str, default: &str) -> std::io::Result<String> {
        Ok(self.optional_text(&format!("{question} [{default}]"))?.unwrap_or_else(|| default.to_owned()))
    }
    /// Lets somebody choose, and returns the place of the choice; the first one is the default.
    ///
    /// # Errors
    ///
    /// Fails when the terminal does.
    fn choose(&self, question: &str, choices: &[&str]) -> std::io::Result<usize>;
    /// Says something that is wrong with an answer.
    fn say(&self, sentence: &str);
    /// Asks for a secret without showing it.
    ///
    /// # Errors
    ///
    /// Fails when the terminal does.
    fn secret(&self, question: &str) -> std::io::Result<SecretString>;
    /// Asks a yes-or-no question; no is the default.
    ///
    /// # Errors
    ///
    /// Fails when the terminal does.
    fn confirm(&self, question: &str) -> std::io::Result<bool>;
}

/// How long a service may be silent: longer than IAM and Port take for the slowest of their answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program's surroundings.
#[derive(Clone)]
pub struct World {
    /// The environment variables, read once.
    pub environment: Arc<BTreeMap<String, String>>,
    /// Where results go.
    pub stdout: Sink,
    /// Where people are told what happens.
    pub stderr: Sink,
    /// Who can be asked.
    pub terminal: Arc<dyn Terminal>,
    /// The program that `init` puts into the repository, and that the sandbox's runner starts.
    pub program: PathBuf,
    /// What `init` uploads instead of `program`, in tests.
    pub runtime_stand_in: Option<Arc<Vec<u8>>>,
    /// Whether this is a debug build, whose runtime is refused outside loopback.
    pub is_debug_build: bool,
    /// Whether credentials may be looked for beyond the environment: AWS profiles and single sign-on, the GitHub CLI.
    pub may_look_around: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is one.
    pub stderr_is_terminal: bool,
    /// Whether the program was asked to stop.
    pub stop: Stop,
    /// How long a service may be silent before its answer counts as lost.
    pub patience: Duration,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    sleeper: Arc<dyn Fn(Duration) -> Pause + Send + Sync>,
    entropy: Entropy,
}

/// A stream that can be shared.
#[derive(Clone)]
pub struct Sink(Arc<Mutex<dyn Write + Send>>);

impl Sink {
    /// Wraps a stream.
    pub fn new(stream: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(stream)))
    }

    /// Writes text and flushes. A closed pipe is not an error: the reader has seen enough.
    pub fn write(&self, text: &str) {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}

impl World {
    /// Returns the real surroundings of this process.
    pub fn system() -> Self {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            terminal: terminal(&environment),
            environment: Arc::new(environment),
            stdout: Sink::new(std::io::stdout()),
            stderr: Sink::new(std::io::stderr()),
            program: std::env::current_exe().unwrap_or_default(),
            runtime_stand_in: None,
            is_debug_build: cfg!(debug_assertions),
            may_look_around: true,
            stdout_is_terminal: std::io::IsTerminal::is_terminal(&std::io::stdout()),
            stderr_is_terminal: std::io::IsTerminal::is_terminal(&std::io::stderr()),
            stop: Stop::default(),
            patience: PATIENCE,
            clock: Arc::new(Timestamp::now),
            sleeper: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))),
            entropy: Arc::new(|bytes| getrandom::fill(bytes).map_err(std::io::Error::other)),
        }
    }

    /// Returns surroundings for a test or an embedded run: nothing of this process shows through.
    pub fn isolated(environment: BTreeMap<String, String>, program: PathBuf, stdout: Sink, stderr: Sink) -> Self {
        Self {
            environment: Arc::new(environment),
            stdout,
            stderr,
            terminal: Arc::new(NoTerminal),
            program,
            may_look_around: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            ..Self::system()
        }
    }

    /// Returns the same surroundings with pauses that take no time.
    #[must_use]
    pub fn without_pauses(mut self) -> Self {
        self.sleeper = Arc::new(|_| Box::pin(tokio::task::yield_now()));
        self
    }

    /// Returns the same surroundings, in which `pass` is what a pause comes to.
    #[must_use]
    pub fn with_pauses(mut self, pass: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.sleeper = Arc::new(move |duration| {
            pass(duration);
            Box::pin(tokio::task::yield_now())
        });
        self
    }

    /// Returns the same surroundings with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Returns the same surroundings with nobody to ask.
    #[must_use]
    pub fn with_nobody(&self) -> Self {
        Self { terminal: Arc::new(NoTerminal), ..self.clone() }
    }

    /// Returns the same surroundings for a program that reads standard output: no workflow command goes there, and
    /// nobody is asked.
    #[must_use]
    pub fn for_a_program(&self) -> Self {
        let mut environment = (*self.environment).clone();
        environment.remove("GITHUB_ACTIONS");
        Self { environment: Arc::new(environment), ..self.with_nobody() }
    }

    /// Returns the variable `name`; an empty one counts as absent.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns whether this process is a step of a GitHub workflow.
    pub fn is_in_actions(&self) -> bool {
        self.variable("GITHUB_ACTIONS") == Some("true")
    }

    /// Lets the runner show `***` for a secret, wherever it would come up in the log. It reads commands on both streams
    /// (actions/runner, `ScriptHandler`), and standard output may be a document that goes to a file. That they are read one
    /// beside the other does no harm: nothing of ours prints a secret. Outside Actions nobody listens, and nothing is written.
    pub fn hide_in_log(&self, secret: &SecretString) {
        // GitHub Docs, "Masking a value in a log"; a short value would garble the whole log.
        let value = secret.expose_secret();
        if self.is_in_actions() && value.len() >= 8 {
            let data = value.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
            self.stderr.write(&format!("::add-mask::{data}\n"));
        }
    }

    /// Asks the GitHub CLI for its token for `host`. Inside an embedded run there is none.
    pub fn gh_token(&self, host: &str) -> Option<SecretString> {
        if !self.may_look_around {
            return None;
        }
        let output = std::process::Command::new("gh").args(["auth", "token", "--hostname", host]).output().ok()?;
        let token = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        Some(SecretString::from(token.trim().to_owned()))
    }

    /// Returns the owner of the repository that the working directory is a checkout of, as far as `git` tells.
    pub fn owner_of_checkout(&self) -> Option<String> {
        if !self.may_look_around {
            return None;
        }
        let output = std::process::Command::new("git").args(["remote", "get-url", "origin"]).output().ok()?;
        let url = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        let path = url.trim().trim_end_matches(".git").replace(':', "/");
        let mut parts = path.rsplit('/').skip(1);
        let is_name = |name: &&str| {
            !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        };
        parts.next().filter(is_name).map(str::to_owned)
    }

    /// Returns the machine's time. What decides about access is judged by the services' clocks, never by this one.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        (self.sleeper)(duration).await;
    }

    /// Fills `bytes` with randomness.
    ///
    /// # Errors
    ///
    /// Fails when the system has none to give.
    pub fn fill_random(&self, bytes: &mut [u8]) -> std::io::Result<()> {
        (self.entropy)(bytes)
    }

    /// Returns a random number in 0..1, for spreading pauses; without randomness the middle.
    pub fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        match self.fill_random(&mut bytes) {
            Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
            Err(_) => 0.5,
        }
    }

    /// Returns 32 random hexadecimal digits.
    ///
    /// # Errors
    ///
    /// Fails when the system has no randomness to give.
    pub fn random_word(&self) -> std::io::Result<String> {
        let mut bytes = [0; 16];
        self.fill_random(&mut bytes)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(feature = "full")]
fn terminal(environment: &BTreeMap<String, String>) -> Arc<dyn Terminal> {
    let in_ci = environment.contains_key("CI") || environment.contains_key("GITHUB_ACTIONS");
    Arc::new(system_terminal::SystemTerminal { in_ci })
}

/// The runtime is for workflows and schedulers, where nobody can be asked.
#[cfg(not(feature = "full"))]
fn terminal(_: &BTreeMap<String, String>) -> Arc<dyn Terminal> {
    Arc::new(NoTerminal)
}

struct NoTerminal;

impl Terminal for NoTerminal {
    fn is_interactive(&self) -> bool {
        false
    }

    fn text(&self, _: &str) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotConnected.into())
    }

    fn secret(&self, _: &str) -> std::io::Result<SecretString> {
        Err(std::io::ErrorKind::NotConnected.into())
    }

    fn choose(&self, _: &str, _: &[&str]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::NotConnected.into())
    }

    fn say(&self, _: &str) {}

    fn confirm(&self, _: &str) -> std::io::Result<bool> {
        Err(std::io::ErrorKind::NotConnected.into())
    }
}
