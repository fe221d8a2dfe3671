//! The program `port-iam`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(port_iam::run(std::env::args_os(), &port_iam::world::World::system()))
}
