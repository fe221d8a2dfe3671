//! Where the commands of a page are run: by bash, with the real program, in a sandbox that is as the page supposes.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use port_iam::assets;
use port_iam::domain::names::Names;
use port_iam::domain::rules::Rules;
use port_iam::sandbox::{Options, Sandbox, cast};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::canary::Canary;
use crate::counterparts::{port_iam, search_path};
use crate::harness::{Harness, cast_account, without_credentials};
use crate::installed::{BUCKET, REPOSITORY};

/// The grant of the documents.
pub(super) const GRANT: &str = "Permission-r_k86OUzq80jRlxFV0";
/// The grant without Port of the documents.
pub(super) const BREAK_GLASS: &str = "Permission-bg-20261128T011500Z-0a1b2c3d";
/// The scope of the documents, and that of the first installation of a sandbox.
pub(super) const SCOPE: [&str; 2] = ["org_acme/123456", "org_sandboxacme/700000005"];
const RULES: &str = ".github/port-iam.yaml";

/// Answers what a person at a terminal is asked, and is the one build of this program.
const PORT_IAM: &str = r#"#!/usr/bin/env bash
case " $* " in
  *" --help "* | *" --dry-run "* | *" --yes "*) ;;
  " init "* | " seed "* | " rotate "* | " uninstall "* | " revoke --requester "* | " revoke --resource "* | " grant --break-glass "*)
    exec "$REAL_PORT_IAM" "$@" --yes ;;
esac
exec "$REAL_PORT_IAM" "$@"
"#;
/// Builds nothing: what it would build is there.
const CARGO: &str = r#"#!/usr/bin/env bash
case "$*" in
  "run -- "*) shift 2; exec port-iam "$@" ;;
  "build --release" | "install --path .") ;;
  *) echo "the test knows no cargo $*" >&2; exit 97 ;;
esac
"#;

/// GitHub's program as a reader uses it on a release: what it verifies has to be there.
const GH: &str = r#"#!/usr/bin/env bash
case "$*" in
  "api repos/OWNER/port-iam/commits/heads/main --jq .sha") echo 0b; exit 0 ;;
  "api repos/OWNER/port-iam/commits/tags/v0.1.0 --jq .sha") echo 0a; exit 0 ;;
  "api repos/OWNER/port-iam/compare/0b...0a --jq .status") echo behind; exit 0 ;;
  "attestation verify "*" --repo "*" --signer-workflow "*" --source-ref "*" --source-digest 0a") [[ -f $3 ]] && exit 0 ;;
esac
echo "the test knows no gh $*" >&2; exit 97
"#;
/// A file of a release, as one has downloaded it.
const DOWNLOADED: &str = "port-iam-runtime-0.1.0-x86_64-unknown-linux-musl.tar.gz";

/// What a page supposes (`<!-- stage: NAME -->`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An installation that is set up, seeded and shared with the other pages. It is what a page has that says nothing.
    Shared,
    /// The same, for this page alone: it changes much.
    Own,
    /// An installation whose workflows use an access key.
    AccessKey,
    /// Port, GitHub and AWS, and nothing set up.
    Empty,
    /// Nothing but a checkout of this repository.
    Bare,
}

impl Kind {
    pub(super) fn of(text: &str) -> Self {
        let named = text.lines().find_map(|line| line.strip_prefix("<!-- stage: ")?.strip_suffix(" -->"));
        match named {
            None => Self::Shared,
            Some("own") => Self::Own,
            Some("access-key") => Self::AccessKey,
            Some("empty") => Self::Empty,
            Some("bare") => Self::Bare,
            Some(other) => panic!("there is no stage {other}"),
        }
    }
}

/// A program that goes on while the next block is run, with what it prints.
struct Served(Child, #[expect(dead_code, reason = "it ends when nobody reads it")] BufReader<ChildStdout>);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A folder, an environment and, unless the page brings its own, a sandbox.
pub(super) struct Stage {
    served: Vec<Served>,
    harness: Option<Harness>,
    canary: Option<Canary>,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(super) fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "home/.aws", "work"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for (name, text) in [("port-iam", PORT_IAM), ("cargo", CARGO), ("gh", GH)] {
            let path = folder.path().join("bin").join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let digest = format!("{:x}", Sha256::digest(DOWNLOADED));
        let sums = format!("{digest}  {DOWNLOADED}\n{digest}  port-iam-0.1.0.cdx.json\n");
        for (name, text) in [(DOWNLOADED, DOWNLOADED), ("SHA256SUMS", &sums)] {
            std::fs::write(folder.path().join("work").join(name), text).unwrap();
        }
        let mut stage = Self { served: Vec::new(), harness: None, canary: None, folder };
        if kind != Kind::Bare {
            stage.open_sandbox();
        }
        match kind {
            Kind::Bare | Kind::Empty => {}
            Kind::Shared | Kind::Own => stage.set_up(&["--aws-setup"]),
            Kind::AccessKey => stage.set_up(&["--aws-auth", "access-key"]),
        }
        stage
    }

    fn open_sandbox(&mut self) {
        let manager = assets::manager_policies(&Names::default(), &cast_account()).unwrap();
        let options = Options {
            manager_policies: vec![manager.granter, manager.revoker],
            request_log: None,
            run_workflows_with: Some(port_iam()),
        };
        let harness = Harness::of(Sandbox::start(&options).unwrap());
        // The engineer's AWS credentials are profiles, as people have them; one of each account.
        let (_, second_id, second_secret) = cast::IN_SECOND_ACCOUNT[0];
        let profile = |name: &str, id: &str, secret: &str| {
            format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
        };
        let profiles = profile("default", cast::ADA.aws_access_key_id, cast::ADA.aws_secret_access_key)
            + &profile("production", second_id, second_secret);
        std::fs::write(self.path("home/.aws/credentials"), profiles).unwrap();
        harness.sandbox.port.set_teams(&cast::ADA, &["Platform"]);
        // What Port's own AWS integration would have brought.
        harness.with_port(async |port| {
            let arn = json!({ "type": "string", "title": "ARN" });
            let schema = json!({ "properties": { "arn": arn }, "required": [] });
            let blueprint = json!({ "identifier": "ec2Instance", "title": "EC2 Instance", "schema": schema });
            port.create_blueprint(&blueprint).await.unwrap();
        });
        let arn = "arn:aws:ec2:us-east-1:123456789012:instance/i-0exported";
        harness.upsert("ec2Instance", &json!({ "identifier": "i-0exported", "properties": { "arn": arn } }));
        let own = harness.sandbox.environment();
        let kept = own.into_iter().filter(|(name, _)| !["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].contains(name));
        let lines: String = kept.map(|(name, value)| format!("export {name}='{value}'\n")).collect();
        std::fs::write(self.path("state"), lines).unwrap();
        self.canary = Some(Canary::of(&harness.sandbox));
        self.harness = Some(harness);
    }

    fn set_up(&mut self, flags: &[&str]) {
        for command in [[&["init"], flags].concat(), vec!["seed", "--samples"]] {
            let (output, failed) = self.run(&format!("port-iam {}", command.join(" ")));
            assert!(failed.is_empty(), "{command:?}: {output}");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bash(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-c", script])
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", format!("{}:{}", self.path("bin").display(), search_path()))
            .env("HOME", self.path("home"))
            .env("REAL_PORT_IAM", port_iam())
            .env("STATE", self.path("state"))
            .env("FAILED", self.path("failed"))
            .stdin(Stdio::null());
        command
    }

    /// Runs the text of a block, and returns what is printed and the exit codes of the commands that failed.
    pub(super) fn run(&mut self, text: &str) -> (String, Vec<String>) {
        self.check_out();
        let script = format!(
            "exec 2>&1\nif [ -f \"$STATE\" ]; then . \"$STATE\"; fi\nset -E -o pipefail\n\
             trap 'echo \"$?\" >> \"$FAILED\"' ERR\n{text}\ntrap - ERR\nexport -p > \"$STATE\"\n"
        );
        std::fs::write(self.path("failed"), "").unwrap();
        let output = self.bash(&script).output().unwrap();
        let failed = std::fs::read_to_string(self.path("failed")).unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        if let Some(canary) = &self.canary {
            // The one result that is secret; whoever asks for it in a block is shown no more of it.
            canary.check(
                text,
                &if text.contains("port-iam credentials ") { without_credentials(&output) } else { output.clone() },
            );
        }
        self.merge();
        (output, failed.lines().map(str::to_owned).collect())
    }

    /// Starts the text of a block, and waits until it has printed a line.
    pub(super) fn serve(&mut self, text: &str) {
        let first = self.first_words(text, |_| true);
        assert!(!first.is_empty(), "{text}: it ended without a word");
    }

    /// Starts the text of a block, and returns the first lines that it prints, as many as make a whole.
    pub(super) fn first_words(&mut self, text: &str, is_whole: impl Fn(&str) -> bool) -> String {
        let script = format!("if [ -f \"$STATE\" ]; then . \"$STATE\"; fi\nexec {}", text.trim());
        let mut child = self.bash(&script).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        while lines.read_line(&mut first).unwrap() > 0 && !is_whole(&first) {}
        self.served.push(Served(child, lines));
        first
    }

    /// Writes a file that a block shows.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path("work").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Puts lines into the rules file of the default branch, in the place of the keys that they have.
    pub(super) fn change_rules(&self, lines: &str) -> Result<(), String> {
        let github = &self.harness.as_ref().unwrap().sandbox.github;
        let rules = github.file(REPOSITORY, "main", RULES).ok_or("there is no rules file yet")?;
        let key = |line: &str| {
            line.split_once(':')
                .filter(|_| line.starts_with(|it: char| it.is_ascii_alphabetic()))
                .map(|(key, _)| key.to_owned())
        };
        let new: Vec<String> = lines.lines().filter_map(key).collect();
        let (mut kept, mut is_replaced) = (String::new(), false);
        for line in rules.lines() {
            if let Some(key) = key(line) {
                is_replaced = new.contains(&key);
            }
            if !is_replaced {
                kept.push_str(&format!("{line}\n"));
            }
        }
        let changed = format!("{kept}\n{lines}");
        Rules::parse(&changed).map_err(|error| error.to_string())?;
        let committed = github.commit_file(REPOSITORY, "main", RULES, Some(changed.as_bytes()));
        committed.map(|_| ()).ok_or_else(|| "it was not committed".to_owned())
    }

    /// Returns the name of a live grant, after asking for one where there is none.
    pub(super) fn live_grant(&mut self) -> String {
        let list = "port-iam list --live --output json 2>/dev/null | grep -o 'Permission-[A-Za-z0-9_-]*' | head -n 1";
        let ask = format!(
            "port-iam request --resource {BUCKET} --permission s3:PutObject --duration 30m --reason 'OPS-7: report'"
        );
        let (mut name, _) = self.run(list);
        if name.trim().is_empty() {
            let (told, failed) = self.run(&ask);
            assert!(failed.is_empty(), "{told}");
            name = self.run(list).0;
        }
        name.trim().to_owned()
    }

    /// Brings the folder in step with the default branch, as whoever works in a checkout does.
    fn check_out(&self) {
        let Some(harness) = &self.harness else { return };
        for (name, content) in harness.sandbox.github.files(REPOSITORY, "main").unwrap_or_default() {
            let path = self.path("work").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    /// Merges what waits for a review.
    fn merge(&self) {
        let Some(harness) = &self.harness else { return };
        for number in 1..20 {
            harness.sandbox.github.merge_pull_request(REPOSITORY, number);
        }
    }
}
