//! Settings: flag before environment before file before default, each with where it came from.

pub mod aws;
pub mod aws_profile;
pub mod catalog;
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

/// Tells, with `--verbose`, whose word is taken: a rejected credential is often not the one that was meant.
fn trace_credentials(system: &str, source: Source) {
    tracing::debug!("credentials of {system} from {source}");
}

/// The address of a system, as far as it tells a sandbox from the real thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The system.
    pub system: &'static str,
    /// Whether it is this machine.
    pub is_loopback: bool,
    /// Where the address came from.
    pub source: Source,
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.system, self.source)
    }
}

/// Refuses addresses of which some are this machine's and some are not: a forgotten sandbox environment would end up in
/// a real repository.
///
/// # Errors
///
/// Fails when `addresses` disagree.
pub fn same_place(addresses: &[Address]) -> Result<(), Failure> {
    let (near, far): (Vec<&Address>, Vec<&Address>) = addresses.iter().partition(|address| address.is_loopback);
    if near.is_empty() || far.is_empty() {
        return Ok(());
    }
    let list = |addresses: &[&Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    Err(Failure::usage(format!(
        "a sandbox and the real systems are mixed: on this machine is {}, and elsewhere {}",
        list(&near),
        list(&far)
    ))
    .hint(
        "unset the variables of a sandbox (PORT_API_URL, GITHUB_API_URL, AWS_ENDPOINT_URL), or set all three of them",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_sandbox_is_noticed() {
        let port = Address { system: "Port", is_loopback: true, source: Source::Variable("PORT_API_URL") };
        let github = Address { system: "GitHub", is_loopback: true, source: Source::Default };
        let aws = Address { system: "AWS", is_loopback: true, source: Source::Variable("AWS_ENDPOINT_URL") };
        assert!(same_place(&[port, github, aws]).is_ok());
        let far = |address: Address| Address { is_loopback: false, ..address };
        assert!(same_place(&[far(port), far(github), far(aws)]).is_ok());
        let failure = same_place(&[port, far(github), aws]).unwrap_err();
        assert_eq!(failure.kind.exit_code(), 2);
        assert_eq!(
            failure.message,
            "a sandbox and the real systems are mixed: on this machine is Port (PORT_API_URL) and AWS \
             (AWS_ENDPOINT_URL), and elsewhere GitHub (the default)"
        );
    }
}
