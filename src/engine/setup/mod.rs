//! The set-up as a flow: look, plan, apply, look again.
//!
//! What is done is decided by [`domain::setup`](crate::domain::setup) alone. This module reads what it decides on, and
//! carries out the very steps that were shown.

mod accounts;
mod apply;
mod emission;
mod observe;
pub(super) mod page;
pub mod runtime;
pub mod secrets;
mod wanted;

pub use apply::{Applied, refuse};
pub use observe::{Identity, Observation, Who};

use crate::clients::aws::Aws;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::domain::account::AwsAccount;
use crate::domain::github_host::GitHubHost;
use crate::domain::identifier::AccountId;
use crate::domain::names::Names;
use crate::domain::own_command::Invocation;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::setup::{
    Approval, ApprovalNotification, Consent, Finding, PageChoice, People, Severity, System, Systems, WorkflowAccess,
};
use crate::domain::tags::MARK;
use crate::world::World;
use runtime::PackedRuntime;

impl Setup<'_> {
    /// Returns the same for a look at `systems` alone; `account` stands for AWS where that is not among them.
    #[must_use]
    pub fn looking_at(&self, systems: Systems, account: Option<AwsAccount>) -> Setup<'_> {
        let presumed_account = account.filter(|_| !systems.contains(System::Aws));
        let found = Found { looks_at: systems, presumed_account, ..self.found.clone() };
        Setup { asked: self.asked.clone(), found, ..*self }
    }
}

/// Which way Port starts the workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
    /// What the organisation has; the app where it has both.
    #[default]
    Auto,
    /// Port's GitHub app.
    GitHub,
    /// Port's GitHub Ocean integration.
    Ocean,
}

/// What the operator asks for, be it said or left at what it is without a word.
#[derive(Clone, Debug)]
pub struct Asked {
    /// How this program is called for this installation.
    pub invocation: Invocation,
    /// Owner of the target repository.
    pub owner: String,
    /// Name of the target repository.
    pub repository: String,
    /// The resource types of the catalog and of the first rule.
    pub resource_types: ResourceTypes,
    /// Which way Port starts the workflows.
    pub backend: BackendChoice,
    /// Who reviews changes of workflows and rules; nobody means whoever sets it up.
    pub code_owners: Vec<String>,
    /// How many approvers have to agree, where the operator says so.
    pub approval: Option<Approval>,
    /// The approvers of the first rules file.
    pub approvers: People,
    /// How approvers are told, where the operator says so.
    pub notification: Option<ApprovalNotification>,
    /// Who besides Port's administrators edits what the portal shows, where the operator says so.
    pub administrators: Option<People>,
    /// What the operator says about the dashboard.
    pub page: PageChoice,
    /// What the operator agrees to.
    pub consent: Consent,
    /// How the workflows shall reach AWS; none leaves it as it is, and is OIDC at first.
    pub access: Option<WorkflowAccess>,
    /// Whether the workflows' identities are made in AWS.
    pub aws_setup: bool,
    /// Whether the user of the access key is looked at: what `init` writes does not depend on it.
    pub looks_at_user: bool,
    /// The further account that is set up, whose credentials these are.
    pub add_account: Option<AccountId>,
    /// The systems that are written to.
    pub share: Systems,
}

/// What is found where this program runs, and nobody is asked about.
#[derive(Clone, Debug)]
pub struct Found {
    /// The program that the workflows will run.
    pub runtime: PackedRuntime,
    /// Address of Port, which the workflows call.
    pub port_api_url: String,
    /// Address of AWS, where it is not AWS's own.
    pub aws_endpoint_url: Option<String>,
    /// The kind of GitHub that the repository is on.
    pub host: GitHubHost,
    /// Whether the workflows get Port credentials of their own, and not the caller's.
    pub has_workflow_pair: bool,
    /// The systems that are looked at: those for which there are credentials.
    pub looks_at: Systems,
    /// The account, where AWS is not looked at.
    pub presumed_account: Option<AwsAccount>,
}

/// What the set-up works with.
pub struct Setup<'a> {
    /// The surroundings.
    pub world: &'a World,
    /// The installation's names.
    pub names: &'a Names,
    /// Port.
    pub port: &'a Port,
    /// GitHub.
    pub github: &'a GitHub,
    /// AWS.
    pub aws: &'a Aws,
    /// What the operator asks for.
    pub asked: Asked,
    /// What is found where this program runs.
    pub found: Found,
    /// Told each step as it begins, one short sentence.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// Returns the tag of what this tool makes in AWS.
fn mark() -> (String, String) {
    (MARK.0.to_owned(), MARK.1.to_owned())
}
