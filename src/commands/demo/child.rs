//! Runs the commands of the demo as processes of their own, each with the environment of one person.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::config::variables::PORT_IAM_PREFIX;
use crate::failure::Failure;
use crate::sandbox::{Sandbox, cast};
use crate::world::World;

/// Somebody at a terminal.
pub(super) struct Person {
    name: &'static str,
    program: PathBuf,
    environment: BTreeMap<String, String>,
}

/// What a command came to.
pub(super) struct Ran {
    /// The command, as it would be typed.
    pub(super) command: String,
    /// What it told on the way.
    pub(super) told: String,
    /// Its result.
    pub(super) json: Value,
}

impl Person {
    /// Returns the platform engineer, with the whole environment.
    pub(super) fn engineer(world: &World, sandbox: &Sandbox) -> Self {
        let environment = sandbox.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { name: cast::ADA.name, program: world.program.clone(), environment }
    }

    /// Lets the person work in the installation of this prefix.
    #[must_use]
    pub(super) fn with_prefix(mut self, prefix: &str) -> Self {
        if !prefix.is_empty() {
            self.environment.insert(PORT_IAM_PREFIX.to_owned(), prefix.to_owned());
        }
        self
    }

    /// Returns a developer, who has credentials for Port and nothing else.
    pub(super) fn developer(world: &World, sandbox: &Sandbox, person: cast::Person) -> Self {
        let mut environment: BTreeMap<String, String> =
            sandbox.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        environment.retain(|name, _| name == "PORT_API_URL");
        environment.insert("PORT_CLIENT_ID".to_owned(), person.port_client_id.to_owned());
        environment.insert("PORT_CLIENT_SECRET".to_owned(), sandbox.keys().port_client_secret(&person));
        Self { name: person.name, program: world.program.clone(), environment }
    }

    /// Runs `port-iam` with these arguments.
    ///
    /// # Errors
    ///
    /// Fails when the command does, with everything that it said.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Ran, Failure> {
        let command = format!("port-iam {}", arguments.iter().map(|word| shown(word)).collect::<Vec<_>>().join(" "));
        let output = tokio::process::Command::new(&self.program)
            .args(arguments)
            .args(["--output", "json"])
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| Failure::failed(format!("could not start {}: {error}", self.program.display())))?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(Failure::failed(format!(
                "{} ran `{command}`, which failed ({}):\n{told}",
                self.name, output.status
            )));
        }
        let json = serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::failed(format!("`{command}` printed no JSON: {error}")))?;
        Ok(Ran { command, told, json })
    }
}

fn shown(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}
