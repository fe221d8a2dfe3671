//! The canary of the whole suite: no secret of a sandbox is ever printed, written or recorded, as it is, percent-encoded or
//! in base64.
//!
//! Every command that a [`crate::harness::Harness`] runs is looked through, and at its end everything that went over the
//! wire, as the request log would write it: addresses, headers, bodies and answers; every file in its folder that the
//! test has not written itself, summaries and outputs of steps among them; and what others were told, such as a webhook.

// The benchmarks take this file by its path, and this one with it.
#[path = "canary/readings.rs"]
mod readings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use port_iam::sandbox::request_log::RequestLog;
use port_iam::sandbox::{Sandbox, Secrets};

use readings::readings;

/// Looks through what a sandbox's commands print, and at its end through everything that is left of them.
pub(crate) struct Canary {
    secrets: Secrets,
    log: Arc<RequestLog>,
    /// Where commands may leave files.
    folder: Option<PathBuf>,
    /// What the test has written there itself, which may well hold a secret for a command to read.
    written: Mutex<BTreeMap<PathBuf, String>>,
    /// What was told to others than the sandbox.
    heard: Heard,
}

/// What somebody else than the sandbox was sent.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

impl Canary {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self {
            secrets: sandbox.secrets(),
            log: Arc::clone(&sandbox.log),
            folder: None,
            written: Mutex::default(),
            heard: Heard::default(),
        }
    }

    /// The same, which looks through the files of a folder too.
    pub(crate) fn watching(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Remembers a file that the test writes; what a command adds to it is looked through all the same.
    pub(crate) fn has_written(&self, path: &Path, text: &str) {
        self.written.lock().unwrap().insert(path.to_owned(), text.to_owned());
    }

    /// Returns where whoever is told something puts it.
    pub(crate) fn heard(&self) -> Heard {
        Arc::clone(&self.heard)
    }

    /// Fails when `text` holds a secret; `what` says where it was found.
    #[track_caller]
    pub(crate) fn check(&self, what: &str, text: &str) {
        // What the runner is told to hide it has to be told; it shows the command with `***`.
        let text: String =
            text.lines().filter(|line| !line.starts_with("::add-mask::")).map(|line| format!("{line}\n")).collect();
        let readings = readings(&text);
        let found = self.secrets.known().into_iter().find(|secret| is_in(secret, &readings));
        // The secret itself is of the sandbox and opens nothing.
        assert_eq!(found, None, "a secret in {what}: {text}");
    }

    /// Returns the files of the folder that a command has written or changed.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let written = self.written.lock().unwrap();
        let mut files = Vec::new();
        let mut folders: Vec<PathBuf> = self.folder.iter().filter(|folder| folder.exists()).cloned().collect();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let (kind, path) = (entry.file_type().unwrap(), entry.path());
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    let is_of_test = written.get(&path).is_some_and(|text| text.as_bytes() == bytes);
                    files.extend((!is_of_test).then_some((path, bytes)));
                }
            }
        }
        files
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        // A test that fails already says why.
        if std::thread::panicking() {
            return;
        }
        // Each command brings tokens of its own, and a log may have thousands of lines: all are looked for at once.
        let secrets = any_of(&self.secrets.known());
        let tells = |text: &str| secrets.is_match(&readings(text));
        let found = self.log.look(|exchanges| {
            let mut lines = exchanges.iter().map(|exchange| serde_json::to_string(exchange).unwrap());
            lines.find(|line| tells(line))
        });
        assert_eq!(found, None, "a secret in the request log");
        let found = self.files().into_iter().find(|(_, bytes)| tells(&String::from_utf8_lossy(bytes)));
        assert_eq!(found.map(|(path, _)| path), None, "a secret in a file");
        let found = self.heard.lock().unwrap().iter().find(|text| tells(text)).cloned();
        assert_eq!(found, None, "a secret in what somebody else was told");
    }
}

fn is_in(secret: &str, text: &[u8]) -> bool {
    memchr::memmem::find(text, secret.as_bytes()).is_some()
}

/// A pattern of any of these texts.
fn any_of(texts: &[String]) -> regex::bytes::Regex {
    let any = texts.iter().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
    regex::bytes::RegexBuilder::new(&any).size_limit(usize::MAX).dfa_size_limit(1 << 26).build().unwrap()
}

#[test]
fn each_secret_is_found_wherever_it_stands_and_nothing_else() {
    let texts = ["a.b", "c|d", "secret"].map(str::to_owned);
    for found in ["a.b", "x c|d", "no secret!"] {
        let found = found.as_bytes();
        assert!(any_of(&texts).is_match(found) && texts.iter().any(|text| is_in(text, found)), "{found:?}");
    }
    for other in ["", "axb", "c d", "secre t"] {
        let other = other.as_bytes();
        assert!(!any_of(&texts).is_match(other) && !texts.iter().any(|text| is_in(text, other)), "{other:?}");
    }
}

#[test]
fn the_canary_knows_the_secrets_of_all_three_systems_and_turns_red() {
    use base64::Engine as _;
    let sandbox = Sandbox::start(&port_iam::sandbox::Options::default()).unwrap();
    let canary = Canary::of(&sandbox);
    let known = canary.secrets.known();
    let variables = ["PORT_CLIENT_SECRET", "GH_TOKEN", "AWS_SECRET_ACCESS_KEY", "PORT_IAM_MANAGER_SECRET_ACCESS_KEY"];
    for (name, value) in sandbox.environment().into_iter().filter(|(name, _)| variables.contains(name)) {
        assert!(known.contains(&value), "{name}");
        let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("client:{value}"));
        for told in [&value, &encoded, &basic] {
            let check = std::panic::AssertUnwindSafe(|| canary.check("a test", &format!("token={told}!")));
            assert!(std::panic::catch_unwind(check).is_err(), "{name}: {told}");
        }
    }
    canary.check("a test", "nothing to hide");
}

#[test]
fn the_canary_knows_what_is_handed_out_later_whatever_becomes_of_it() {
    let harness = crate::harness::Harness::new();
    let keys = harness.sandbox.aws.sign_in("Developer", port_iam::sandbox::cast::DANA.email);
    let mut handed_out = vec![keys.secret_access_key, keys.session_token];
    harness.with_aws(async |iam| {
        let user = port_iam::sandbox::cast::MANAGER_IAM_USER;
        let made = iam.create_access_key().user_name(user).send().await.unwrap().access_key.unwrap();
        iam.delete_access_key().user_name(user).access_key_id(made.access_key_id).send().await.unwrap();
        handed_out.push(made.secret_access_key);
    });
    for secret in handed_out {
        let check = std::panic::AssertUnwindSafe(|| harness.canary.check("a test", &format!("secret: {secret}")));
        assert!(std::panic::catch_unwind(check).is_err(), "{secret}");
    }
}

/// They run with nothing in their environment elsewhere; here they find all of the engineer's secrets in it.
#[test]
fn commands_that_need_no_credentials_print_none_that_are_there() {
    let harness = crate::harness::Harness::new();
    // A second may pass between the two.
    let moment = regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    let but_for_moments = |text: &str| moment.replace_all(text, "then").into_owned();
    for arguments in [
        &["aws", "--account", "123456789012"][..],
        &["policy", "--resource", "arn:aws:s3:::b", "--permission", "s3:ListBucket", "--account", "123456789012"],
    ] {
        let environment = harness.environment.iter().cloned();
        let run = |environment: &mut dyn Iterator<Item = (&'static str, String)>| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_port-iam"));
            command.env_clear().envs(environment).args(arguments).args(["--output", "json", "--verbose"]);
            command.output().unwrap()
        };
        let ran = harness.heard(&format!("{arguments:?}"), &run(&mut environment.into_iter())).exits(0);
        let bare = String::from_utf8(run(&mut std::iter::empty()).stdout).unwrap();
        assert_eq!(but_for_moments(&ran.stdout), but_for_moments(&bare), "{arguments:?}");
    }
}

#[test]
fn a_secret_in_an_address_that_was_asked_for_turns_the_canary_red_at_the_end() {
    use std::io::{Read as _, Write as _};
    for (asked, is_red) in [("nothing", false), (port_iam::sandbox::cast::DANA.github_token, true)] {
        let sandbox = Sandbox::start(&port_iam::sandbox::Options::default()).unwrap();
        let canary = Canary::of(&sandbox);
        let environment = sandbox.environment();
        let url = &environment.iter().find(|(name, _)| *name == "GITHUB_API_URL").unwrap().1;
        let authority = url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(authority).unwrap();
        write!(stream, "GET /rate_limit?x={asked} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(canary)));
        assert_eq!(ended.is_err(), is_red, "{asked}");
    }
}

/// Ends a harness, and returns whether its canary has turned red.
fn ends_red(harness: crate::harness::Harness) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(harness))).is_err()
}

#[test]
fn a_secret_in_a_file_that_a_command_leaves_turns_the_canary_red_at_the_end() {
    use base64::Engine as _;
    let secret = port_iam::sandbox::cast::DANA.aws_secret_access_key;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("dana:{secret}"));
    for (left, is_red) in [("nothing", false), (secret, true), (basic.as_str(), true)] {
        let harness = crate::harness::Harness::new();
        std::fs::create_dir(harness.folder.path().join("below")).unwrap();
        std::fs::write(harness.folder.path().join("below/summary.md"), format!("### Granted\n{left}\n")).unwrap();
        assert_eq!(ends_red(harness), is_red, "{left}");
    }
    // What a test itself gives to a command to read is none that a command leaves, unless it is another one by then.
    for (added, is_red) in [("", false), ("x", true)] {
        let harness = crate::harness::Harness::new();
        let path = harness.file("credentials", secret);
        if !added.is_empty() {
            std::fs::write(path, format!("{secret}{added}")).unwrap();
        }
        assert_eq!(ends_red(harness), is_red, "{added}");
    }
}

#[test]
fn the_summary_and_the_outputs_of_a_step_are_among_the_files_that_are_looked_through() {
    let installed = crate::installed::Installed::new();
    let grant = installed.granted().grant();
    installed.sweep(&[]).exits(0);
    let files = installed.harness.canary.files();
    for (name, told) in [("step-summary.md", "### "), ("step-outputs", grant.as_str())] {
        let file = files.iter().find(|(path, _)| path.ends_with(name));
        let text = String::from_utf8_lossy(&file.unwrap().1).into_owned();
        assert!(text.contains(told), "{name}: {text}");
    }
}

#[test]
fn a_secret_that_somebody_else_is_told_turns_the_canary_red_at_the_end() {
    for (told, is_red) in [("nothing", false), (port_iam::sandbox::cast::DANA.port_client_secret, true)] {
        let harness = crate::harness::Harness::new();
        harness.canary.heard().lock().unwrap().push(format!("{{\"reason\":\"{told}\"}}"));
        assert_eq!(ends_red(harness), is_red, "{told}");
    }
}
