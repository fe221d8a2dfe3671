//! What `scripts/bench` measures against the sandbox and moto: each figure with its target and its share of it.
//!
//! `measures SECTION…` measures these sections, and exits with 1 where a figure has missed its target.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a program that prints its figures")]

mod depth;
mod grant;
mod growth;
mod guide;
mod init;
mod job;
mod program;
mod seeding;
mod stand_ins;
mod sweep;
mod table;
mod waiting;

use std::process::ExitCode;

use table::Table;

/// Measures one section.
type Measure = fn(&mut Table);

/// What can be measured alone, in the order in which all of it is.
const SECTIONS: [(&str, Measure); 8] = [
    ("grant", grant::measure),
    ("job", job::measure),
    ("depth", depth::measure),
    ("waiting", waiting::measure),
    ("seed", seeding::measure),
    ("sweep", sweep::measure),
    ("init", init::measure),
    ("growth", growth::measure),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let name = arguments.next().unwrap_or_default();
    if let Some(code) = stand_ins::called_as(&name, arguments.by_ref()) {
        return code;
    }
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let mut table = Table::default();
    for (name, measure) in SECTIONS {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            measure(&mut table);
        }
    }
    ExitCode::from(u8::from(table.has_missed()))
}

/// The sandbox and whoever works in it are those of the tests.
macro_rules! of_the_tests {
    ($($path:literal $name:ident),*) => {
        $(
            #[allow(dead_code, unused_imports, reason = "the tests need more of it")]
            #[path = $path]
            mod $name;
        )*
    };
}

of_the_tests!(
    "../../tests/integration/act_runner.rs" act_runner,
    "../../tests/integration/canary.rs" canary,
    "../../tests/integration/counterparts.rs" counterparts,
    "../../tests/integration/crowd.rs" crowd,
    "../../tests/integration/harness.rs" harness,
    "../../tests/integration/held_pause.rs" held_pause,
    "../../tests/integration/installed.rs" installed,
    "../../tests/integration/live_installation.rs" live_installation,
    "../../tests/integration/moto_server.rs" moto_server,
    "../../tests/integration/patience.rs" patience
);
