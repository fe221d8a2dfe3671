//! act: a runner for GitHub Actions that we did not write. It executes a workflow file as it was committed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use port_iam::domain::names::Names;
use port_iam::sandbox::cast;
use port_iam::sandbox::github::WorkflowRun;
use serde_json::json;

use crate::counterparts::{port_iam, search_path};
use crate::installed::REPOSITORY;
use crate::live_installation::LiveInstallation;

/// Keys of GitHub's workflow syntax that act 0.2.89 refuses.
const UNKNOWN_TO_ACT: [&str; 2] = ["queue:", "deployment:"];
const SECRETS: [&str; 4] = ["PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// act with a home, a checkout and a search path of its own.
pub(crate) struct Act {
    program: PathBuf,
    folder: tempfile::TempDir,
}

/// How act ended.
pub(crate) struct ActEnded {
    pub(crate) succeeded: bool,
    pub(crate) log: String,
}

impl Act {
    pub(crate) fn new(program: PathBuf) -> Self {
        let act = Self { program, folder: tempfile::tempdir().unwrap() };
        for name in ["home", "bin"] {
            std::fs::create_dir(act.path(name)).unwrap();
        }
        // The workflow calls GitHub's own `gh`. This one asks the sandbox over HTTP: for the tag, then for the asset.
        let gh = act.path("bin/gh");
        std::fs::write(&gh, format!("#!/bin/sh\nexec '{}' sandbox-gh \"$@\"\n", port_iam().display())).unwrap();
        std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
        act
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Executes a dispatched run: the files of the run's repository, the inputs that Port rendered.
    pub(crate) fn execute(&self, installation: &LiveInstallation, run: &WorkflowRun) -> ActEnded {
        self.prepare(installation);
        self.run(installation, run)
    }

    /// Lays everything out that GitHub has before a job begins.
    pub(crate) fn prepare(&self, installation: &LiveInstallation) {
        self.check_out(installation);
        self.write_secrets(installation);
    }

    /// Executes a dispatched run where everything is laid out.
    pub(crate) fn run(&self, installation: &LiveInstallation, run: &WorkflowRun) -> ActEnded {
        let owner = cast::GITHUB_ORGANIZATION;
        let event = json!({
            "inputs": run.inputs, "ref": run.reference, "workflow": run.workflow_path,
            "repository": { "full_name": REPOSITORY, "default_branch": "main", "owner": { "login": owner } },
            "sender": { "login": run.actor },
        });
        std::fs::write(self.path("event.json"), event.to_string()).unwrap();
        let run_id = run.id.to_string();
        let number = installation.sandbox.github.repository_id(REPOSITORY).unwrap().to_string();
        // What act makes up by itself and GitHub would set.
        let forced = [
            ("GITHUB_API_URL", installation.sandbox.github.base_url()),
            ("GITHUB_RUN_ID", &run_id),
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_REPOSITORY_ID", &number),
            ("GITHUB_TRIGGERING_ACTOR", &run.triggering_actor),
            ("GITHUB_SHA", &run.sha),
        ];
        let output = Command::new(&self.program)
            .args(["workflow_dispatch", "-P", "ubuntu-latest=-self-hosted", "--action-offline-mode"])
            .args(["--no-cache-server", "--actor", &run.actor, "--workflows", &run.workflow_path])
            .args(forced.iter().flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")]))
            .arg("--eventpath")
            .arg(self.path("event.json"))
            .arg("--secret-file")
            .arg(self.path("secrets"))
            .current_dir(self.path("checkout"))
            .env_clear()
            .env("PATH", format!("{}:{}", self.path("bin").display(), search_path()))
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("home/cache"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        installation.heard("act", &log);
        ActEnded { succeeded: output.status.success(), log: log.into_owned() }
    }

    /// Lays the default branch into a folder that is a git repository, as act asks for.
    fn check_out(&self, installation: &LiveInstallation) {
        let checkout = self.path("checkout");
        let _ = std::fs::remove_dir_all(&checkout);
        for (path, content) in installation.sandbox.github.files(REPOSITORY, "main").unwrap() {
            let file = checkout.join(&path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let content = if path.starts_with(".github/workflows/") { without_unknown_keys(&content) } else { content };
            std::fs::write(file, content).unwrap();
        }
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "--all"],
            &["-c", "user.name=ada", "-c", "user.email=ada@acme.example", "commit", "--quiet", "--message=x"],
        ] {
            let mut git = Command::new("git");
            git.args(arguments).current_dir(&checkout).env("HOME", self.path("home"));
            assert!(git.status().unwrap().success(), "git {arguments:?}");
        }
    }

    /// The secrets are what GitHub opened with its own key, from the environment that the workflow names.
    fn write_secrets(&self, installation: &LiveInstallation) {
        let environment = Names::default().environment;
        let secret = |name: &str| {
            let secret = installation.sandbox.github.secret(REPOSITORY, Some(&environment), name);
            secret.unwrap_or_else(|| panic!("init set no secret {name}"))
        };
        let mut lines: String = SECRETS.iter().map(|name| format!("{name}={}\n", secret(name))).collect();
        // The job's token may read the repository and nothing else; so may a member who is no collaborator.
        lines.push_str(&format!("GITHUB_TOKEN={}\n", installation.sandbox.keys().github_token(&cast::DANA)));
        std::fs::write(self.path("secrets"), lines).unwrap();
    }

    /// Returns whether a file of this name lies anywhere below act's folder.
    pub(crate) fn holds_file(&self, name: &str) -> bool {
        fn below(folder: &Path, name: &str) -> bool {
            std::fs::read_dir(folder).unwrap().map(Result::unwrap).any(|entry| {
                entry.file_name() == name || (entry.file_type().unwrap().is_dir() && below(&entry.path(), name))
            })
        }
        below(self.folder.path(), name)
    }
}

fn without_unknown_keys(workflow: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(workflow).unwrap();
    let known = text.lines().filter(|line| !UNKNOWN_TO_ACT.iter().any(|key| line.trim_start().starts_with(key)));
    known.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}
