//! Settings: flag before environment before file before default, each with where it came from.

pub mod aws;
pub mod github;
pub mod port;
pub mod variables;

use std::fmt;

use crate::failure::Failure;
use crate::world::World;

/// Where a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line, by its name.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A file of another tool.
    File(&'static str),
    /// Another program's answer.
    Program(&'static str),
    /// A person's answer.
    Prompt,
    /// The default.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) | Self::File(name) | Self::Program(name) => {
                formatter.write_str(name)
            }
            Self::Prompt => formatter.write_str("your answer"),
            Self::Default => formatter.write_str("the default"),
        }
    }
}

/// A setting and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Setting<T> {
    /// Creates a setting.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// Returns the flag's value, else the first of `variables` that is set.
pub fn flag_or_variable(
    world: &World,
    flag: Option<(&str, &'static str)>,
    variables: &[&'static str],
) -> Option<Setting<String>> {
    if let Some((value, name)) = flag {
        return Some(Setting::new(value.to_owned(), Source::Flag(name)));
    }
    variables.iter().find_map(|name| {
        let value = world.variable(name)?;
        Some(Setting::new(value.to_owned(), Source::Variable(name)))
    })
}

/// Refuses addresses of which some are this machine's and some are not: a forgotten sandbox environment would end up in
/// a real repository.
///
/// # Errors
///
/// Fails when `addresses` (name and whether it is loopback) disagree.
pub fn same_place(addresses: &[(&str, bool)]) -> Result<(), Failure> {
    let names = |loopback: bool| {
        let matching = addresses.iter().filter(|(_, is_loopback)| *is_loopback == loopback);
        matching.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    let (near, far) = (names(true), names(false));
    if near.is_empty() || far.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!("{near} is on this machine, and {far} is not")).hint(
        "unset the variables of a sandbox (PORT_API_URL, GITHUB_API_URL, AWS_ENDPOINT_URL), or set all three of them",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_sandbox_is_noticed() {
        assert!(same_place(&[("Port", true), ("GitHub", true), ("AWS", true)]).is_ok());
        assert!(same_place(&[("Port", false), ("GitHub", false), ("AWS", false)]).is_ok());
        let failure = same_place(&[("Port", true), ("GitHub", false), ("AWS", true)]).unwrap_err();
        assert_eq!(failure.kind.exit_code(), 2);
        assert_eq!(failure.message, "Port, AWS is on this machine, and GitHub is not");
    }
}
