//! One demo, run as a user would, with everything that went over the wire.

use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use crate::counterparts::{port_iam, search_path};

/// The demo, run once for all tests.
pub(crate) static DEMO: LazyLock<RecordedDemo> = LazyLock::new(RecordedDemo::run);

/// What a demo came to.
pub(crate) struct RecordedDemo {
    pub(crate) output: Output,
    /// The request log as it was written, one JSON line an exchange.
    pub(crate) request_log: String,
    /// The environment file, which holds secrets and is for its user alone.
    pub(crate) environment_file: String,
}

impl RecordedDemo {
    fn run() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (log, environment) = (folder.path().join("requests.jsonl"), folder.path().join("environment"));
        let output = Command::new(port_iam())
            .args(["demo", "--output", "json", "--request-log"])
            .arg(&log)
            .arg("--env-file")
            .arg(&environment)
            .env_clear()
            .env("PATH", search_path())
            // A proxy that answers nothing: loopback must not be asked through it.
            .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:9")))
            .output()
            .unwrap();
        // A demo that failed early has written neither; the test of its exit code then shows why.
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        Self { output, request_log: read(log), environment_file: read(environment) }
    }

    /// Returns the demo's result.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.output.stdout).unwrap()
    }

    /// Returns the exchanges with one system.
    pub(crate) fn exchanges(&self, api: &str) -> Vec<Value> {
        let lines = self.request_log.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|exchange: &Value| exchange["api"] == api).collect()
    }
}
