//! What the three systems hold, as far as it matters for the set-up.

use std::collections::BTreeMap;

use serde_json::Value;

use super::generated::Origin;
use super::identities::IdentitiesSeen;
use super::page::PageSeen;
use super::share::Systems;
use super::templates::TemplateSeen;
use super::wanted::Wanted;

/// What was seen in the three systems.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// All blueprints of the organisation.
    pub blueprints: Vec<Value>,
    /// The actions and automations of our names that are there.
    pub actions: Vec<Value>,
    /// Who may do what with the entities of our blueprints that are there, by identifier.
    pub blueprint_permissions: BTreeMap<String, Value>,
    /// Who may execute and approve our actions that are there, by identifier.
    pub action_permissions: BTreeMap<String, Value>,
    /// The dashboard.
    pub page: PageSeen,
    /// The target repository.
    pub repository: Option<RepositorySeen>,
    /// The permissions boundary.
    pub boundary: BoundarySeen,
    /// The workflows' identities in AWS.
    pub identities: IdentitiesSeen,
    /// Whether Port's app is installed on the owner of the repository.
    pub app: App,
    /// The scopes of the GitHub token; none where GitHub does not tell them (fine-grained tokens).
    pub token_scopes: Option<Vec<String>>,
    /// Whether Port told its integrations.
    pub integrations_visible: bool,
    /// The systems that were looked at.
    pub looked_at: Systems,
}

impl Seen {
    /// Returns the files of the default branch, each with the id of its content; none where they were not listed.
    pub fn blobs(&self) -> Option<&BTreeMap<String, String>> {
        self.repository.as_ref()?.blobs.as_ref()
    }

    /// Returns whether the default branch holds a file.
    pub fn holds(&self, path: &str) -> bool {
        self.blobs().is_some_and(|blobs| blobs.contains_key(path))
    }

    /// Returns whether a file in the place of one of ours says that this tool wrote it, and `init` has not committed it.
    pub fn is_forged(&self, path: &str) -> bool {
        self.repository.as_ref().and_then(|seen| seen.differing.get(path)).is_some_and(|found| found.is_forged)
    }

    /// Returns whether the default branch holds a file exactly as it is wanted.
    pub fn holds_as(&self, path: &str, wanted: &Wanted) -> bool {
        let held = self.repository.as_ref().and_then(|seen| seen.blobs.as_ref()?.get(path));
        let ours = wanted.files.iter().find(|file| file.path == path).map(|file| &file.blob);
        held.is_some() && held == ours
    }
}

/// The target repository.
#[derive(Clone, Debug, PartialEq)]
pub struct RepositorySeen {
    /// Who can read it.
    pub visibility: Visibility,
    /// The rules of its default branch.
    pub rules: BranchRules,
    /// The repository's own rulesets that hold for that branch, and the one of our name, in force or not, each whole.
    pub rulesets: Vec<Value>,
    /// The file that says who reviews what, as GitHub finds it: its path and its text.
    pub code_owners: Option<(String, String)>,
    /// Workflows beside ours that would get the secrets, by path.
    pub users_of_secrets: Vec<String>,
    /// Whether its releases cannot be changed once they are published; none where GitHub has no such setting.
    pub immutable_releases: Option<bool>,
    /// Git blob hash of every file of the default branch, by path; none while there is no commit.
    pub blobs: Option<BTreeMap<String, String>>,
    /// Files that stand where one of ours belongs and differ from it, by path.
    pub differing: BTreeMap<String, DifferingFile>,
    /// Templates that are not as they are written, by path.
    pub templates: BTreeMap<String, TemplateSeen>,
    /// Workflows of ours that GitHub does not run, by file name, with its word for why.
    pub disabled_workflows: BTreeMap<String, String>,
    /// The environment of our name.
    pub environment: Option<BranchesSeen>,
    /// Names of the secrets in that environment.
    pub environment_secrets: Vec<String>,
    /// Names of the secrets of the repository.
    pub repository_secrets: Vec<String>,
    /// The release of the program, or none of it.
    pub release: ReleaseSeen,
    /// The tag that it has, or that it gets, where that is not the first of the program.
    pub release_tag: Option<String>,
}

/// Who can read a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Whom it was shared with.
    Private,
    /// Every member of the enterprise.
    Internal,
    /// Everybody.
    Public,
}

/// The rules of a branch.
#[derive(Clone, Debug, PartialEq)]
pub enum BranchRules {
    /// The GitHub plan has none for private repositories.
    Unavailable,
    /// These hold, from whatever ruleset.
    InForce(Vec<Value>),
}

/// A file that stands where one of ours belongs and differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferingFile {
    /// Where it comes from.
    pub origin: Origin,
    /// What it holds; none when that is no text.
    pub text: Option<String>,
    /// Whether it is a workflow that says that this tool wrote it, and the newest commit to it is not one of `init`.
    pub is_forged: bool,
}

/// The branches that may use an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchesSeen {
    /// Every branch.
    Every,
    /// Every branch that is protected.
    Protected,
    /// The branches (or tags, or patterns of them) of these names.
    Named(Vec<String>),
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseSeen {
    /// None of that tag is published.
    Absent,
    /// It is published, with the asset's digest where GitHub tells it.
    Published {
        /// `sha256:` and hexadecimal digits.
        digest: Option<String>,
    },
    /// It is published without a complete asset of our name.
    WithoutAsset,
}

/// The permissions boundary.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundarySeen {
    /// There is none.
    Absent,
    /// There is one with our mark, with this document.
    Present(Value),
    /// There is one that somebody else made, with this document.
    Foreign(Value),
    /// The AWS credentials may not look.
    Hidden,
}

/// Whether Port's GitHub app is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    /// It is, and may start workflows.
    Installed,
    /// It is not.
    Absent,
    /// It is, but suspended or without the right to start workflows.
    Powerless,
    /// The token may not see installations.
    Unknown,
}
