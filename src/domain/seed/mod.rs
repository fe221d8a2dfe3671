//! What `seed` puts into the catalog: entities from files, samples and answers, checked, and compared with what is
//! there.
//!
//! Everything is a function of texts and facts. Each mistake knows the file and the line where it stands, and all of
//! them are found in one go.

mod check;
mod difference;
mod discovery;
mod facts;
mod file;
mod gone;
pub mod in_step;
mod node;
mod offer;
mod outside;
mod records;
mod samples;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod title;

use std::fmt;
use std::sync::Arc;

pub use check::{Checked, check};
pub use difference::{Difference, FieldChange, Step, compare};
pub use discovery::{FoundResource, Sought, entries_of_discovery};
pub use facts::{Property, SEEDED, properties_of};
pub use file::{ParsedFile, parse};
pub use gone::{Extent, gone};
pub use in_step::{InStep, keep_in_step};
pub use offer::{Offer, entries_of_reference};
pub use outside::{Facts, Types};
pub use samples::entries_of_samples;
pub use source::{Source, entries_of_source};
pub use title::Title;

use super::arn::Arn;
use super::names::Names;
use super::refusal::quoted;

/// Which of the two catalogs an entity belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An AWS resource; its identifier is the ARN.
    Resource,
    /// An IAM permission; its identifier is the action.
    Permission,
}

impl Kind {
    /// Both, in the order in which they are written.
    pub const ALL: [Self; 2] = [Self::Resource, Self::Permission];

    /// Returns the blueprint of this installation.
    pub fn blueprint(self, names: &Names) -> &str {
        match self {
            Self::Resource => &names.aws_resource,
            Self::Permission => &names.iam_permissions,
        }
    }

    /// Returns the key under which a file lists them.
    pub fn key(self) -> &'static str {
        match self {
            Self::Resource => "resources",
            Self::Permission => "permissions",
        }
    }
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file.
    Line {
        /// Name of the file.
        file: Arc<str>,
        /// Line, counted from 1.
        line: u64,
    },
    /// Among the guide's samples.
    Samples,
    /// In the dialogue.
    Answer,
    /// In `--permissions-for`, with what it names.
    Asked(Arc<str>),
    /// In an argument that says what is looked for.
    Sought(Arc<str>),
    /// In AWS, in this region.
    Found(Arc<str>),
    /// In an entity of another blueprint.
    Source {
        /// The blueprint.
        blueprint: Arc<str>,
        /// The entity.
        entity: Arc<str>,
    },
    /// In the blueprint of this kind.
    Blueprint(Kind),
}

impl Place {
    /// Returns whether it was found and not written down by whoever runs the command: what is wrong with it is left out,
    /// and the rest goes on, since a single odd resource that somebody else looks after must not stand in the way.
    pub fn is_found(&self) -> bool {
        matches!(self, Self::Found(_) | Self::Source { .. })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { file, line } => write!(formatter, "{file}:{line}"),
            Self::Samples => formatter.write_str("samples"),
            Self::Answer => formatter.write_str("your answer"),
            Self::Asked(of) => write!(formatter, "--permissions-for {of}"),
            Self::Sought(text) | Self::Found(text) => formatter.write_str(text),
            Self::Source { blueprint, entity } => write!(formatter, "{blueprint} {}", quoted(entity)),
            Self::Blueprint(kind) => write!(formatter, "the blueprint of {}", kind.key()),
        }
    }
}

/// A remark on what was said at a place: a mistake, or something to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The text, as it was written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One entry, as it was written and before it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Resource or permission.
    pub kind: Kind,
    /// ARN or action.
    pub identifier: Placed,
    /// Title, when one is given.
    pub title: Option<Placed>,
    /// Resource type, when one is given.
    pub resource_type: Option<Placed>,
    /// AWS account of a resource, when one is given: not every ARN names it.
    pub account: Option<Placed>,
}

/// A checked entity, as it shall be in the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedEntity {
    /// Resource or permission.
    pub kind: Kind,
    /// ARN or action.
    pub identifier: String,
    /// The title.
    pub title: Title,
    /// The resource type.
    pub resource_type: String,
    /// What AWS's reference says about it.
    pub properties: Vec<Property>,
    /// Whether it is marked as made here, when it is new; not where the blueprint of an earlier version has no place
    /// for that.
    pub is_marked: bool,
}

/// What an entry of a file may say.
const ENTRY_KEYS: [&str; 4] = ["identifier", "title", "resource_type", "account"];

/// Returns an ARN as the catalog has it: some services' end in `:*`, which stands for what lies in the resource. What is
/// no ARN stays as it is.
fn plain(text: &str) -> String {
    Arn::parse("identifier", text).map_or_else(|_| text.to_owned(), |arn| arn.to_string())
}

/// One mistake in the form of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LineMistake {
    line: u64,
    message: String,
}
