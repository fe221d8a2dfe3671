//! `port-iam demo --serve`: sets the sandbox up, and leaves the rest to whoever clicks.

use std::sync::Arc;

use serde_json::json;

use super::child::Person;
use crate::commands::{Surroundings, serving};
use crate::failure::Failure;
use crate::portal::{Portal, Progress};
use crate::report::Report;
use crate::sandbox::{Sandbox, cast};

/// Serves the portal until the command is stopped. Its address is told before anything is set up.
pub(super) async fn run(
    surroundings: &Surroundings<'_>,
    sandbox: Sandbox,
    needs_approval: bool,
) -> Result<Report, Failure> {
    let sandbox = Arc::new(sandbox);
    let ada = Person::engineer(surroundings.world, &sandbox).with_prefix(&surroundings.names.prefix);
    let (portal, listener) = serving::open_portal(&sandbox, &surroundings.names)?;
    let address = portal.address();
    Report::done(format!("The portal: {address}"), json!({ "portal": address })).print(
        surroundings.world,
        surroundings.global.output,
        false,
    );
    // Said before anybody can look: a catalog that is empty so far is no catalog that nobody fills.
    portal.tell(Progress::Running(shown(&init(needs_approval))));
    let serving = serving::serve_portal(portal.clone(), listener);
    let serving = async {
        tokio::select! {
            ended = serving => ended,
            failed = set_up(surroundings, &portal, &ada, needs_approval) => failed,
        }
    };
    serving::until_stopped(surroundings.world, serving).await
}

/// Sets everything up, and returns only when that fails.
async fn set_up(
    surroundings: &Surroundings<'_>,
    portal: &Portal,
    ada: &Person,
    needs_approval: bool,
) -> Result<Report, Failure> {
    let commands = [init(needs_approval), vec!["seed", "--yes"]];
    for command in &commands {
        let shown = shown(command);
        surroundings.ui.status(&format!("Ada runs `{shown}` …"));
        portal.tell(Progress::Running(shown));
        ada.run(command).await?;
    }
    portal.tell(Progress::Done);
    surroundings.ui.status("Everything is set up. Stop it with Ctrl-C.");
    std::future::pending().await
}

fn init(needs_approval: bool) -> Vec<&'static str> {
    let mut init = vec!["init", "--yes", "--aws-setup", "--no-page"];
    if needs_approval {
        init.extend(["--approval", "any", "--approvers", cast::ADA.email]);
    }
    init
}

fn shown(command: &[&str]) -> String {
    format!("port-iam {}", command.join(" "))
}
