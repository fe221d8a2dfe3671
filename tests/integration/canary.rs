//! The canary of the whole suite: no secret of a sandbox is ever printed or recorded.
//!
//! Every command that a [`crate::harness::Harness`] runs is looked through, and at its end everything that went over the
//! wire, as the request log would write it: addresses, headers, bodies and answers.

use std::sync::Arc;

use port_iam::sandbox::request_log::RequestLog;
use port_iam::sandbox::{Sandbox, Secrets};

/// Looks through what a sandbox's commands print, and at its end through its request log.
pub(crate) struct Canary {
    secrets: Secrets,
    log: Arc<RequestLog>,
}

impl Canary {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self { secrets: sandbox.secrets(), log: Arc::clone(&sandbox.log) }
    }

    /// Fails when `text` holds a secret; `what` says where it was found.
    #[track_caller]
    pub(crate) fn check(&self, what: &str, text: &str) {
        // What the runner is told to hide it has to be told; it shows the command with `***`.
        let text: String =
            text.lines().filter(|line| !line.starts_with("::add-mask::")).map(|line| format!("{line}\n")).collect();
        let found = self.secrets.known().into_iter().find(|secret| is_in(secret, &text));
        // The secret itself is of the sandbox and opens nothing.
        assert_eq!(found, None, "a secret in {what}: {text}");
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
        let found = self.log.look(|exchanges| {
            let mut lines = exchanges.iter().map(|exchange| serde_json::to_string(exchange).unwrap());
            lines.find(|line| secrets.is_match(line))
        });
        assert_eq!(found, None, "a secret in the request log");
    }
}

fn is_in(secret: &str, text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), secret.as_bytes()).is_some()
}

/// A pattern of any of these texts.
fn any_of(texts: &[String]) -> regex::Regex {
    let any = texts.iter().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
    regex::RegexBuilder::new(&any).size_limit(usize::MAX).dfa_size_limit(1 << 26).build().unwrap()
}

#[test]
fn each_secret_is_found_wherever_it_stands_and_nothing_else() {
    let texts = ["a.b", "c|d", "secret"].map(str::to_owned);
    for found in ["a.b", "x c|d", "no secret!"] {
        assert!(any_of(&texts).is_match(found) && texts.iter().any(|text| is_in(text, found)), "{found}");
    }
    for other in ["", "axb", "c d", "secre t"] {
        assert!(!any_of(&texts).is_match(other) && !texts.iter().any(|text| is_in(text, other)), "{other}");
    }
}

#[test]
fn the_canary_knows_the_secrets_of_all_three_systems_and_turns_red() {
    let sandbox = Sandbox::start(&port_iam::sandbox::Options::default()).unwrap();
    let canary = Canary::of(&sandbox);
    let known = canary.secrets.known();
    let variables = ["PORT_CLIENT_SECRET", "GH_TOKEN", "AWS_SECRET_ACCESS_KEY", "PORT_IAM_MANAGER_SECRET_ACCESS_KEY"];
    for (name, value) in sandbox.environment().into_iter().filter(|(name, _)| variables.contains(name)) {
        assert!(known.contains(&value), "{name}");
        let check = std::panic::AssertUnwindSafe(|| canary.check("a test", &format!("token={value}!")));
        let checked = std::panic::catch_unwind(check);
        assert!(checked.is_err(), "{name}");
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
        assert_eq!(ran.stdout.as_bytes(), run(&mut std::iter::empty()).stdout, "{arguments:?}");
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
