//! What of an installation is there, and what hangs on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::names::Names;
use crate::domain::overview::Row;
use crate::domain::setup::{Origin, PageSeen, is_setup_commit, repository_of};

/// What the operator agreed to beyond what is always done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Grants that can be used are revoked.
    pub revoke_all: bool,
    /// Entities that `seed` did not make go with our blueprints; permanent records never do.
    pub delete_entities: bool,
    /// The repository goes with its history.
    pub delete_repository: bool,
    /// Files that somebody has edited since `init` wrote them go as well.
    pub force: bool,
}

/// What `init` makes in Port, as against what people have added to it.
#[derive(Clone, Debug, Default)]
pub struct Originals {
    /// The blueprints, of the resource types that are there without being chosen.
    pub blueprints: Vec<Value>,
    /// What is filled in to run each action, by its identifier.
    pub forms: BTreeMap<String, Value>,
    /// The dashboard.
    pub page: Value,
}

/// What was seen in the three systems.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The installation's names.
    pub names: Names,
    /// Owner and name of the target repository.
    pub target: (String, String),
    /// What an installation of these names begins with.
    pub originals: Originals,
    /// All blueprints.
    pub blueprints: Vec<Value>,
    /// All actions and automations.
    pub actions: Vec<Value>,
    /// Who may do what with the entities of our blueprints, by blueprint.
    pub permissions: BTreeMap<String, Value>,
    /// The dashboard.
    pub page: PageSeen,
    /// The entities of our blueprints, by blueprint.
    pub entities: BTreeMap<String, EntitiesSeen>,
    /// The grants, as Port and AWS together tell of them.
    pub grants: Vec<Row>,
    /// Names of the grants that another installation of the organisation has on record.
    pub grants_of_others: BTreeSet<String>,
    /// The target repository.
    pub repository: Option<RepositorySeen>,
    /// The scope of this installation, as its tag says it; none where the repository is gone, whose number is in it.
    pub scope: Option<String>,
    /// AWS, in the account of the credentials.
    pub aws: AwsSeen,
    /// The same in further accounts whose credentials were given.
    pub further: Vec<AwsSeen>,
    /// Further accounts that the operator leaves as they are.
    pub left_accounts: BTreeSet<AccountId>,
}

impl Seen {
    /// Returns whether a grant is of this installation: its role bears no other scope, whatever an entity says, and Port
    /// lists it, or no record of another one has it. Two in one repository had one scope once: there it has to be on our
    /// record.
    pub(super) fn is_ours(&self, row: &Row) -> bool {
        let is_of_others = self.grants_of_others.contains(&row.grant);
        let is_told_apart = row.is_recorded || !self.shares_the_repository();
        let is_of_our_scope = row.scope.is_none() || row.scope == self.scope;
        is_of_our_scope && (row.is_listed || !is_of_others && is_told_apart)
    }

    /// Returns whether the actions of another installation start workflows of the target repository.
    pub(super) fn shares_the_repository(&self) -> bool {
        let names = &self.names;
        let own: Vec<&str> = names.granting_actions().into_iter().chain(names.revoking_actions()).collect();
        let plain = Names::default();
        let plain: Vec<&str> = plain.granting_actions().into_iter().chain(plain.revoking_actions()).collect();
        let (owner, name) = &self.target;
        self.actions.iter().any(|action| {
            let identifier = action["identifier"].as_str().unwrap_or_default();
            !own.contains(&identifier)
                && plain.iter().any(|plain| identifier.ends_with(plain))
                && repository_of(action)
                    .is_some_and(|(org, repo)| org.eq_ignore_ascii_case(owner) && repo.eq_ignore_ascii_case(name))
        })
    }

    /// Returns whether another installation seems to be in the account or the organisation: what both use stays.
    pub(super) fn shares_the_account(&self) -> bool {
        let is_another = |blueprint: &Value| {
            let identifier = blueprint["identifier"].as_str().unwrap_or_default();
            identifier != self.names.provisioned_permissions
                && (identifier == "provisioned_permissions" || identifier.ends_with("_provisioned_permissions"))
        };
        self.shares_the_repository()
            || self.blueprints.iter().any(is_another)
            || self.grants.iter().any(|row| !self.is_ours(row))
            || self.accounts().flat_map(|aws| &aws.roles).any(|role| role.scope.is_some() && role.scope != self.scope)
    }

    /// Returns what every account holds that was looked at, that of the credentials first.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &AwsSeen> {
        std::iter::once(&self.aws).chain(&self.further)
    }
}

/// Identifiers of the entities of a blueprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntitiesSeen {
    /// Those that bear the mark of `seed`.
    pub seeded: Vec<String>,
    /// The others.
    pub others: Vec<String>,
}

/// The target repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositorySeen {
    /// Name of the default branch.
    pub branch: String,
    /// The files in the places of ours.
    pub files: Vec<FileSeen>,
    /// How many other files the default branch has.
    pub other_files: usize,
    /// When `init` committed a file of ours first, as far as that is known.
    pub first_commit: Option<Timestamp>,
    /// The ruleset of our name.
    pub ruleset: Option<RulesetSeen>,
    /// Whether nobody can change a release once it is published.
    pub has_immutable_releases: bool,
    /// The environment of our name.
    pub environment: Option<EnvironmentSeen>,
    /// Names of its secrets.
    pub environment_secrets: Vec<String>,
    /// Names of its variables.
    pub environment_variables: Vec<String>,
    /// Names of the secrets of the repository.
    pub repository_secrets: Vec<String>,
    /// The releases.
    pub releases: Vec<ReleaseSeen>,
}

/// A ruleset of our name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesetSeen {
    /// Its number.
    pub id: u64,
    /// Whether it says what ours says, and nothing beyond it.
    pub is_ours: bool,
    /// Kinds of its rules.
    pub rules: Vec<String>,
    /// When it was made, where GitHub tells it.
    pub made: Option<Timestamp>,
}

/// An environment of our name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentSeen {
    /// What holds its runs up that `init` does not set.
    pub beyond: Vec<String>,
    /// When it was made, where GitHub tells it.
    pub made: Option<Timestamp>,
}

/// A file in the place of one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSeen {
    /// Its path.
    pub path: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl FileSeen {
    /// Returns what the text of a file says of itself, which anybody could have written, held against the first line of the
    /// message of the newest commit to it: one that is not of `init` is an edit. A text that is none is none of ours.
    pub fn of_text(path: String, text: Option<&str>, newest: Option<&str>) -> Self {
        let origin = match text.map_or(Origin::Foreign, Origin::of) {
            Origin::AsWritten if !newest.is_some_and(is_setup_commit) => Origin::Edited,
            origin => origin,
        };
        Self { path, origin }
    }

    /// Returns the same of a file in JSON, in which no digest can stand: its content decides, and that nobody but `init`
    /// has ever committed it; Port's guide has the same templates. `commits` are the first lines of the messages of all
    /// commits that changed it.
    pub fn of_template(path: String, is_as_written: bool, commits: &[String]) -> Self {
        let is_ours = |message: &String| is_setup_commit(message);
        let origin = match commits.iter().any(is_ours) {
            false => Origin::Foreign,
            true if is_as_written && commits.iter().all(is_ours) => Origin::AsWritten,
            true => Origin::Edited,
        };
        Self { path, origin }
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSeen {
    /// Its number.
    pub id: u64,
    /// Its tag.
    pub tag: String,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Whether nobody can change it, and no release can ever have its tag again.
    pub is_immutable: bool,
    /// When everybody could see it; none of a draft.
    pub published: Option<Timestamp>,
    /// Names of its assets.
    pub assets: Vec<String>,
}

/// What AWS holds.
#[derive(Clone, Debug)]
pub struct AwsSeen {
    /// The account.
    pub account: AwsAccount,
    /// The roles of our names.
    pub roles: Vec<RoleSeen>,
    /// The policies of our names, the boundary among them.
    pub policies: Vec<PolicySeen>,
    /// The identity provider for GitHub's tokens.
    pub provider: Option<ProviderSeen>,
}

/// A role of the workflows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSeen {
    /// Its name.
    pub name: String,
    /// Whether it bears our mark.
    pub is_marked: bool,
    /// Whether it was there before it was taken over.
    pub was_there_before: bool,
    /// The installation that it says it is of.
    pub scope: Option<String>,
    /// ARNs of what is attached to it.
    pub attached: Vec<String>,
    /// Names of what is written into it.
    pub inline: Vec<String>,
}

/// A managed policy of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySeen {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it bears our mark.
    pub is_marked: bool,
    /// Who holds it, as permissions or as a boundary.
    pub holders: Vec<Holder>,
}

/// Who holds a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// `user`, `group` or `role`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

/// The identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSeen {
    /// Its ARN.
    pub arn: String,
    /// Whether it bears our mark.
    pub is_marked: bool,
    /// Names of the roles that trust its tokens.
    pub trusted_by: Vec<String>,
}
