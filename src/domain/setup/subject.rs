//! What a step of the plan is about: a value that is told apart as such, and written only to be read by people.

use std::fmt;

use super::plan::Step;
use super::wanted::SecretStore;
use crate::domain::identifier::AccountId;

/// One thing of the set-up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// All that a system holds, of which nothing was looked at.
    Everything,
    /// A managed policy of this name: the boundary, or one of the workflows' identities.
    Policy(String),
    /// The identity provider of this name.
    IdentityProvider(String),
    /// A role of the workflows.
    Role(String),
    /// The workflows' IAM user.
    User(String),
    /// A role, by its ARN, that the rules file names and that is its owner's.
    OwnRole(String),
    /// A blueprint.
    Blueprint(String),
    /// What somebody demands of the entities of a blueprint.
    Demands(String),
    /// Who may do what with the entities of a blueprint.
    BlueprintPermissions(String),
    /// A self-service action.
    Action(String),
    /// An automation.
    Automation(String),
    /// The dashboard.
    Page(String),
    /// Who may do what with an action.
    ActionPermissions {
        /// Its identifier.
        action: String,
        /// What of it: `execute` or `approve`.
        section: String,
    },
    /// The target repository.
    Repository {
        /// Its owner.
        owner: String,
        /// Its name.
        name: String,
    },
    /// An environment of the repository.
    Environment(String),
    /// The secrets of the workflows.
    Secrets(SecretStore),
    /// Whether a release can be changed once it is published.
    ImmutableReleases,
    /// The release of this tag.
    Release(String),
    /// Which program the workflows run, where it is another than this one would have them run.
    Runtime,
    /// All files that are committed at once, on this branch.
    Files(String),
    /// One file, by its path.
    File(String),
    /// A template of the policies, by its path, where it is not as this program writes it.
    Template(String),
    /// Whether GitHub runs the workflow of this file name.
    Workflow(String),
    /// The rules of a branch.
    BranchRules(String),
}

/// What a step is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The account in which it lies; none where that is the one of the credentials, or it lies in none.
    pub account: Option<AccountId>,
    /// The thing.
    pub thing: Thing,
}

impl Subject {
    /// Returns the same thing of another account than that of the credentials.
    #[must_use]
    pub fn of(self, account: &AccountId) -> Self {
        Self { account: Some(account.clone()), ..self }
    }
}

impl From<Thing> for Subject {
    fn from(thing: Thing) -> Self {
        Self { account: None, thing }
    }
}

impl Step {
    /// Returns what the step is about, with its system.
    pub fn named(&self) -> String {
        format!("{} {}", self.system, self.subject)
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => formatter.write_str("everything"),
            Self::Policy(name) => write!(formatter, "policy {name}"),
            Self::IdentityProvider(name) => write!(formatter, "identity provider {name}"),
            Self::Role(name) => write!(formatter, "role {name}"),
            Self::User(name) => write!(formatter, "user {name}"),
            Self::OwnRole(arn) => write!(formatter, "own role {arn}"),
            Self::Blueprint(identifier) => write!(formatter, "blueprint {identifier}"),
            Self::Demands(identifier) => write!(formatter, "demands on the blueprint {identifier}"),
            Self::BlueprintPermissions(identifier) => write!(formatter, "permissions of the blueprint {identifier}"),
            Self::Action(identifier) => write!(formatter, "action {identifier}"),
            Self::Automation(identifier) => write!(formatter, "automation {identifier}"),
            Self::Page(identifier) => write!(formatter, "page {identifier}"),
            Self::ActionPermissions { action, section } => {
                write!(formatter, "permissions of the action {action}: {section}")
            }
            Self::Repository { owner, name } => write!(formatter, "repository {owner}/{name}"),
            Self::Environment(name) => write!(formatter, "environment {name}"),
            Self::Secrets(SecretStore::Environment(name)) => {
                write!(formatter, "secrets of the environment {name}")
            }
            Self::Secrets(SecretStore::Repository) => formatter.write_str("secrets of the repository"),
            Self::ImmutableReleases => formatter.write_str("immutable releases"),
            Self::Release(tag) => write!(formatter, "release {tag}"),
            Self::Runtime => formatter.write_str("runtime of the workflows"),
            Self::Files(branch) => write!(formatter, "files on the branch {branch}"),
            Self::File(path) => write!(formatter, "file {path}"),
            Self::Template(path) => write!(formatter, "template {path}"),
            Self::Workflow(file) => write!(formatter, "workflow {file}"),
            Self::BranchRules(branch) => write!(formatter, "rules of the branch {branch}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, thing } = self;
        match account {
            Some(account) => write!(formatter, "{thing} of {account}"),
            None => thing.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_of_another_account_is_another_subject_and_is_told_so() {
        let here = Subject::from(Thing::Policy("port-iam-boundary".to_owned()));
        let there = here.clone().of(&AccountId::parse("account", "210987654321").unwrap());
        assert_ne!(here, there);
        assert_eq!(here.thing, there.thing);
        assert_eq!(
            (here.to_string().as_str(), there.to_string().as_str()),
            ("policy port-iam-boundary", "policy port-iam-boundary of 210987654321")
        );
    }
}
