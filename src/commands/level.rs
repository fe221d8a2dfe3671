//! AWS's access levels on the command line.

use clap::ValueEnum;

use crate::domain::reference::AccessLevel;

/// AWS's access levels, in AWS's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// AWS's List: finds out what exists.
    List,
    /// AWS's Read: reads.
    Read,
    /// AWS's Write: creates, changes, deletes.
    Write,
    /// AWS's Tagging: changes tags only.
    Tagging,
    /// AWS's Permissions management: changes who may do what.
    PermissionsManagement,
}

impl From<Level> for AccessLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::List => Self::List,
            Level::Read => Self::Read,
            Level::Write => Self::Write,
            Level::Tagging => Self::Tagging,
            Level::PermissionsManagement => Self::PermissionsManagement,
        }
    }
}
