//! Grant and revoke as processes, beside the shell steps of the guide: the same moto, the same Port of the sandbox.

use std::path::Path;

use port_iam::domain::names::Names;
use port_iam::sandbox::cast;
use serde_json::json;

use crate::guide;
use crate::harness::Harness;
use crate::installed::{Dispatched, Installed};
use crate::moto_server::Moto;
use crate::program::{environment, installed, run, run_for_memory, runtime};
use crate::table::{Table, median};

/// How often each side does its work, in turns, so that a busy moment falls on both alike.
const ROUNDS: usize = 7;
/// The most of the guide's time that ours may take.
const SHARE: f64 = 1.0 / 20.0;
/// The most memory that a grant may hold, in MB.
const MEMORY: f64 = 25.0;

/// An installation whose AWS is moto.
struct Stage {
    moto: Moto,
    installed: Installed,
    /// What the workflows reach AWS with.
    key: [(&'static str, String); 2],
}

impl Stage {
    fn new() -> Self {
        let moto = Moto::start(&installed("PORT_IAM_MOTO_SERVER"));
        let (ada, manager) = (moto.add_user(cast::ADA.iam_user), moto.add_user(cast::MANAGER_IAM_USER));
        let mut harness = Harness::for_installation();
        for (name, value) in [
            ("AWS_ENDPOINT_URL", &moto.url()),
            ("AWS_ACCESS_KEY_ID", &ada.id),
            ("AWS_SECRET_ACCESS_KEY", &ada.secret),
            ("PORT_IAM_MANAGER_ACCESS_KEY_ID", &manager.id),
            ("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", &manager.secret),
        ] {
            harness.set(name, Some(value));
        }
        harness.run(&["init", "--yes"]).exits(0);
        harness.run(&["seed", "--yes"]).exits(0);
        let key = [("AWS_ACCESS_KEY_ID", manager.id), ("AWS_SECRET_ACCESS_KEY", manager.secret)];
        Self { moto, installed: Installed { harness }, key }
    }

    /// Returns what a step of our workflows is started with.
    fn of_step(&self, dispatched: &Dispatched) -> Vec<(String, String)> {
        let variables = self.installed.variables_of_step(dispatched).into_iter().chain(self.key.clone());
        environment(&self.installed.harness, variables)
    }

    /// Returns what the guide's steps are started with.
    fn of_guide(&self, dispatched: &Dispatched, grant: &str) -> Vec<(String, String)> {
        let own = Installed::credentials_of_workflow().map(|(name, value)| (name, value.to_owned()));
        let path = std::env::var("PATH").unwrap_or_default();
        let others = [("PATH", path), ("HOME", self.installed.harness.folder.path().display().to_string())];
        let variables = own.into_iter().chain(self.key.clone()).chain(others);
        environment(&self.installed.harness, variables.chain(guide::variables(dispatched, grant)))
    }

    /// Executes the guide's steps; returns how long they took, in milliseconds.
    fn by_guide(&self, steps: &'static [(&'static str, &'static str)], dispatched: &Dispatched, grant: &str) -> f64 {
        guide::execute(steps, self.installed.harness.folder.path(), &self.of_guide(dispatched, grant))
    }

    fn by_us(&self, program: &Path, command: &str, dispatched: &Dispatched) -> f64 {
        run(program, &[command], &self.of_step(dispatched)).well().milliseconds
    }

    /// Returns how many requests Port and moto were asked so far.
    fn requests(&self) -> usize {
        let is_of_command = |exchange: &&port_iam::sandbox::request_log::Exchange| {
            !exchange.path.ends_with("/dispatches") && !exchange.path.ends_with("/runs")
        };
        let to_port = self.installed.harness.sandbox.log.exchanges().iter().filter(is_of_command).count();
        to_port + self.moto.log().matches("POST / HTTP").count()
    }

    /// Lets Dana ask, as the guide has it or as we do: in Port there is no difference.
    fn asked(&self) -> Dispatched {
        self.installed.request()
    }

    fn given_back(&self, grant: &str) -> Dispatched {
        let blueprint = Names::default().provisioned_permissions;
        let entities = self.installed.harness.sandbox.port.entities(&blueprint);
        assert!(entities.iter().any(|entity| entity["identifier"] == grant), "{grant} is not on record");
        self.installed.execute(cast::DANA, "revoke_permissions", grant, &json!({}))
    }
}

/// Measures both sides.
pub(crate) fn measure(table: &mut Table) {
    let stage = Stage::new();
    let program = runtime();
    table.about(&format!("Grant and revoke as processes, {ROUNDS} times in turns; AWS is moto on both sides"));
    let (mut ours, mut theirs) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    let mut requests = [0; 4];
    for round in 0..ROUNDS {
        let mut counted = |which: usize, work: &mut dyn FnMut() -> f64| {
            let before = stage.requests();
            let took = work();
            requests[which] = stage.requests() - before;
            took
        };
        let asked = stage.asked();
        ours.0.push(counted(0, &mut || stage.by_us(&program, "grant", &asked)));
        let returned = stage.given_back(&asked.grant());
        ours.1.push(counted(1, &mut || stage.by_us(&program, "revoke", &returned)));
        let (asked, grant) = (stage.asked(), format!("Permission-{}", 1_000 + round));
        theirs.0.push(counted(2, &mut || stage.by_guide(guide::GRANT, &asked, &grant)));
        let returned = stage.given_back(&grant);
        theirs.1.push(counted(3, &mut || stage.by_guide(guide::REVOKE, &returned, &grant)));
    }
    for (what, ours, theirs, [of_ours, of_theirs]) in [
        ("grant", &ours.0, &theirs.0, [requests[0], requests[2]]),
        ("revoke", &ours.1, &theirs.1, [requests[1], requests[3]]),
    ] {
        let (ours, theirs) = (median(ours), median(theirs));
        table.figure(&format!("the guide's shell steps of a {what}, {of_theirs} requests"), theirs, "ms");
        table.figure(&format!("`port-iam {what}`, {of_ours} requests"), ours, "ms");
        table.at_most(&format!("`port-iam {what}` beside the guide's shell steps"), ours / theirs, SHARE, "of it");
    }
    memory(table, &stage, &program);
}

fn memory(table: &mut Table, stage: &Stage, program: &Path) {
    let asked = stage.asked();
    let peak = run_for_memory(program, &["grant"], &stage.of_step(&asked)).well().megabytes;
    table.at_most("the most memory that a grant holds", peak, MEMORY, "MB");
}
