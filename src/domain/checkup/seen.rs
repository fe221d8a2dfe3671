//! Everything that was seen. What could not be looked at says why.

use jiff::{SignedDuration, Timestamp};

use super::planned::Planned;
use crate::domain::names::Names;
use crate::domain::quotas::Quotas;
use crate::domain::reference::Edition;
use crate::domain::runtime_check::Downloaded;

/// What a look came to.
pub type Look<T> = Result<T, Unseen>;

/// Why something was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// For a reason that another check tells.
    Elsewhere(String),
    /// The look itself failed.
    Here(String),
}

/// Why one of the three systems cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// The kind of reason.
    pub bar: Bar,
    /// A sentence.
    pub why: String,
    /// What to do, where that is known.
    pub remedy: Option<String>,
}

/// The kinds of reasons why a system cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// The caller leaves it out.
    LeftOut,
    /// There are no credentials for it, or a setting is wrong.
    NoCredentials,
    /// No AWS region is set.
    NoRegion,
    /// It does not answer, or not as it should.
    Unreachable,
    /// It lets nobody in from this machine's address.
    Address,
    /// It rejects the credentials.
    Rejected,
}

/// Everything that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The target repository, `owner/name`.
    pub repository: String,
    /// The installation's names.
    pub names: Names,
    /// The time, by AWS's clock where it tells it.
    pub now: Timestamp,
    /// How far this machine's clock is off.
    pub clock: ClockSeen,
    /// Port.
    pub port: Result<PortSeen, Barred>,
    /// GitHub.
    pub github: Result<GitHubSeen, Barred>,
    /// AWS.
    pub aws: Result<AwsSeen, Barred>,
    /// The installation, as the tag of its roles names it.
    pub scope: Look<String>,
    /// What is wanted, what is there, and the plan between them.
    pub planned: Look<Planned>,
    /// The systems that failed while the plan was made, with the reasons.
    pub unplanned: Vec<(String, String)>,
    /// The runtime that the workflows download.
    pub runtime: Look<Vec<Downloaded>>,
    /// The account that the workflows name; none where they name none.
    pub named_account: Look<Option<String>>,
    /// Whether workflows may approve pull requests; none where the token may not look.
    pub workflows_approve: Look<Option<bool>>,
    /// The lines of CODEOWNERS that GitHub does not follow, each a sentence; none where there is no such file, or GitHub does
    /// not tell.
    pub code_owners_errors: Look<Option<Vec<String>>>,
    /// The sweep workflow.
    pub sweep: Look<SweepSeen>,
    /// The account's quotas; none where the credentials may not ask.
    pub quotas: Look<Option<Quotas>>,
    /// The same of the further accounts that could be looked at, or why one could not, by their numbers.
    pub further_quotas: Vec<(String, Look<Option<Quotas>>)>,
    /// The workflows' IAM user, where they use an access key.
    pub user: Look<UserSeen>,
    /// The workflows' own Port credentials.
    pub workflow_port: Look<WorkflowPortSeen>,
    /// The data of AWS's actions in this program.
    pub edition: Option<Edition>,
}

/// How far this machine's clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSeen {
    /// So far ahead of AWS's; negative when it is behind.
    Ahead(SignedDuration),
    /// AWS did not tell its time.
    Unknown,
}

/// What Port says of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSeen {
    /// The organisation.
    pub organization: String,
    /// Address of its API.
    pub address: String,
    /// Whether the credentials belong to a person; none when the token does not say.
    pub personal: Option<bool>,
    /// Kinds of the GitHub integrations; none where the credentials may not see them.
    pub integrations: Look<Option<Vec<String>>>,
    /// The automations that keep the catalog in step with other blueprints.
    pub in_step: Look<Vec<InStepSeen>>,
}

/// An automation that keeps the catalog in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InStepSeen {
    /// Its identifier.
    pub identifier: String,
    /// The blueprint whose changes it watches.
    pub blueprint: String,
    /// What keeps it from doing what it was made for, if anything does.
    pub weakness: Option<&'static str>,
}

/// What GitHub says of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitHubSeen {
    /// The login.
    pub login: String,
    /// The scopes of a classic token; none for fine-grained tokens and those of apps.
    pub scopes: Option<Vec<String>>,
}

/// What AWS says of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsSeen {
    /// ARN of the caller.
    pub arn: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The account that the environment expects.
    pub expected: Option<String>,
}

/// The workflows' IAM user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserSeen {
    /// There is none: the workflows assume roles.
    Roles,
    /// Its name is not known.
    Unnamed,
    /// The credentials may not read it.
    Hidden(String),
    /// It is there.
    User {
        /// Its ARN.
        arn: String,
        /// What its policies say beyond what is written.
        further: Vec<String>,
        /// What is written and its policies do not say.
        missing: Vec<String>,
        /// How many policies it has.
        policies: usize,
    },
}

/// The workflows' own Port credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowPortSeen {
    /// Nothing here says what they are: a secret cannot be read back.
    Untold,
    /// Port takes them.
    Known {
        /// The organisation.
        organization: String,
        /// Whether they belong to a person; none when the token does not say.
        personal: Option<bool>,
        /// Whether they are those that ask.
        is_callers: bool,
    },
}

/// What GitHub tells of the sweep workflow.
#[derive(Clone, Debug, Default)]
pub struct SweepSeen {
    /// The workflow; none when it is not on the default branch.
    pub workflow: Option<WorkflowSeen>,
    /// Its newest run that has ended.
    pub ended: Option<RunSeen>,
    /// Its newest run by the clock.
    pub scheduled: Option<RunSeen>,
    /// Whether the account that the schedule hangs on has access to the repository; none when nobody can tell.
    pub has_access: Option<bool>,
}

/// The sweep workflow.
#[derive(Clone, Debug)]
pub struct WorkflowSeen {
    /// `active`, or why it is not.
    pub state: String,
    /// When GitHub first saw it.
    pub created: Timestamp,
}

/// A run of the sweep workflow.
#[derive(Clone, Debug)]
pub struct RunSeen {
    /// Its number.
    pub id: u64,
    /// How it ended, when it has.
    pub conclusion: Option<String>,
    /// When it was started.
    pub created: Timestamp,
    /// Login in whose name it runs.
    pub actor: String,
}

impl Unseen {
    /// Returns the reason, in a sentence.
    pub fn sentence(&self) -> &str {
        match self {
            Self::Elsewhere(why) | Self::Here(why) => why,
        }
    }

    /// Returns the same for whatever depends on the look: it is told once.
    #[must_use]
    pub fn aside(self) -> Self {
        match self {
            Self::Elsewhere(why) | Self::Here(why) => Self::Elsewhere(why),
        }
    }
}

impl Barred {
    /// Returns the reason for whatever depends on the system.
    pub fn elsewhere(&self) -> Unseen {
        Unseen::Elsewhere(self.why.clone())
    }
}
