//! What one installation shall consist of.

use serde_json::Value;

use super::access::AccessSource;
use super::identities::WantedIdentities;
use super::page::PageChoice;
use super::permissions::People;
use super::share::Systems;
use crate::domain::names::Names;
use crate::domain::own_command::Invocation;
use crate::domain::refusal::Refusal;

/// The secrets of the workflows, each pair set together: a half of a new pair is worth nothing beside a half of an old.
pub const PORT_SECRETS: [&str; 2] = ["PORT_CLIENT_ID", "PORT_CLIENT_SECRET"];

/// The secrets of the access-key mode.
pub const AWS_SECRETS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// How the workflows prove to AWS who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkflowAccess {
    /// By GitHub's OIDC tokens, which AWS exchanges for a session of a role.
    #[default]
    Oidc,
    /// By an access key that lies in the secrets.
    AccessKey,
}

impl WorkflowAccess {
    /// Returns the pairs of secrets that the workflows need.
    pub fn secret_pairs(self) -> Vec<[&'static str; 2]> {
        match self {
            Self::Oidc => vec![PORT_SECRETS],
            Self::AccessKey => vec![PORT_SECRETS, AWS_SECRETS],
        }
    }
}

/// Where the secrets of the workflows are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretStore {
    /// In an environment of this name, which only runs of the default branch get.
    Environment(String),
    /// In the repository, where everybody who may push can get them.
    Repository,
}

/// How many approvers have to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// One of them.
    Any,
    /// All of them.
    All,
}

/// How Port tells approvers that somebody waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalNotification {
    /// By e-mail. Port sends none to approvers that a policy chooses.
    Email,
    /// By a call of this address.
    Webhook(String),
}

/// Whether Port asks for an approval before it starts a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WantedApproval {
    /// As it is there: no rule of the rules file wants one.
    #[default]
    AsItIs,
    /// It does, since a rule wants one and the runtime refuses what nobody approved.
    Demanded {
        /// How many have to agree; none leaves what is there, and is one of them at first.
        approval: Option<Approval>,
        /// How they are told; none leaves what is there.
        notification: Option<ApprovalNotification>,
    },
}

/// What the operator agreed to about the program that the workflows run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuntimeConsent {
    /// The workflows stay with the one that they pin.
    #[default]
    Keep,
    /// They may be moved to this one, unless it is older.
    Upgrade,
    /// They may be moved to this one, even if it is older.
    Downgrade,
}

/// What the operator agreed to beyond what is always done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Objects of our names that are not ours may be changed.
    pub adopt: bool,
    /// Files of this tool that somebody has edited may be written anew.
    pub force: bool,
    /// The workflows may be moved to another runtime.
    pub runtime: RuntimeConsent,
    /// Secrets that are there are set again.
    pub rotate_secrets: bool,
    /// Whoever may write to the repository may use the access key in its secrets.
    pub writers_are_admins: bool,
}

/// A file of the target repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFile {
    /// Path from the root of the repository.
    pub path: String,
    /// The whole text.
    pub contents: String,
    /// The hash that git gives these contents.
    pub blob: String,
    /// The same of what this very program writes there for this installation before the change that the run makes.
    pub blobs_before: Vec<String>,
    /// Whether a file that is there stays as it is.
    pub only_if_missing: bool,
    /// Paths at which a file would do the same, so that this one is not needed.
    pub instead: &'static [&'static str],
}

/// The release that carries the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRelease {
    /// Its tag.
    pub tag: String,
    /// Name of its one asset.
    pub asset: String,
    /// `sha256:` and hexadecimal digits.
    pub digest: String,
}

/// What one installation shall consist of.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The installation's names.
    pub names: Names,
    /// Owner of the target repository.
    pub owner: String,
    /// Name of the target repository.
    pub repository: String,
    /// Its default branch.
    pub default_branch: String,
    /// The blueprints, targets of relations first.
    pub blueprints: Vec<Value>,
    /// The actions and the automation.
    pub actions: Vec<Value>,
    /// The dashboard.
    pub page: Value,
    /// What the operator says about it.
    pub page_choice: PageChoice,
    /// Whether Port starts the workflows through its GitHub app, not through its integration.
    pub through_the_app: bool,
    /// The files of the target repository.
    pub files: Vec<WantedFile>,
    /// Where the secrets are kept.
    pub store: SecretStore,
    /// How the workflows reach AWS.
    pub access: WorkflowAccess,
    /// Why they reach it so.
    pub access_source: AccessSource,
    /// The workflows' identities in AWS.
    pub identities: WantedIdentities,
    /// The release that carries the runtime.
    pub release: WantedRelease,
    /// The permissions boundary of every grant, as the rules call for it; why there is none, when they call for none.
    pub boundary: Result<Value, Refusal>,
    /// Whether Port asks for an approval.
    pub approval: WantedApproval,
    /// Whether the operator said that somebody has to approve.
    pub asks_for_approval: bool,
    /// E-mail addresses of all approvers of the rules file, in lower case.
    pub approvers: Vec<String>,
    /// Who besides Port's administrators edits what the portal shows; none leaves those who do.
    pub administrators: Option<People>,
    /// What the operator agreed to.
    pub consent: Consent,
    /// The systems that are written to.
    pub share: Systems,
    /// How this program is called for this installation.
    pub invocation: Invocation,
}

impl Wanted {
    /// Says that the run changes what was wanted `before`, which the repository may still hold.
    pub fn follows(&mut self, before: Self) {
        for before in before.files {
            if let Some(file) = self.files.iter_mut().find(|file| file.path == before.path) {
                file.blobs_before.push(before.blob);
            }
        }
    }
}
