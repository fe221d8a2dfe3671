//! A command that serves a portal, as a process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::counterparts::{port_iam, search_path};

/// Starts a command of the program, whose output is read here.
pub(super) fn spawned(arguments: &[&str]) -> Child {
    let mut command = Command::new(port_iam());
    command.args(arguments).env_clear().env("PATH", search_path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// A command that serves its portal, until this is dropped.
pub(super) struct Served {
    pub(super) command: Child,
    /// Kept open: what comes behind the address has to go somewhere.
    output: BufReader<ChildStdout>,
    pub(super) address: String,
}

impl Served {
    pub(super) fn start(arguments: &[&str]) -> Self {
        let mut command = spawned(arguments);
        let output = BufReader::new(command.stdout.take().unwrap());
        let mut served = Self { command, output, address: String::new() };
        served.address = served.told_address();
        served
    }

    /// Waits for the address. It comes before anything is set up.
    fn told_address(&mut self) -> String {
        let mut told = String::new();
        for line in self.output.by_ref().lines() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("# The portal: ") {
                return address.to_owned();
            }
            told.push_str(&line);
            if let Ok(Value::Object(result)) = serde_json::from_str(&told) {
                return result["portal"].as_str().unwrap().to_owned();
            }
        }
        panic!("the command ended without an address: {told}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which the story has told then.
        _ = self.command.kill();
        _ = self.command.wait();
    }
}
