//! What a step writes.

use serde_json::Value;

use crate::domain::setup::wanted::{SecretStore, WantedFile, WantedRelease};

/// A write, whole: nothing has to be looked up to carry it out, except the values of secrets and the runtime's bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Create the permissions boundary.
    Boundary {
        /// Name of the managed policy.
        name: String,
        /// Its document.
        document: Value,
    },
    /// Give the permissions boundary another document.
    BoundaryDocument {
        /// Name of the managed policy.
        name: String,
        /// Its document.
        document: Value,
    },
    /// Create the identity provider for GitHub's tokens.
    OidcProvider,
    /// Create a policy of the workflows' identities.
    IdentityPolicy {
        /// Name of the managed policy.
        name: String,
        /// Its document.
        document: Value,
    },
    /// Give a policy of the workflows' identities another document.
    IdentityPolicyDocument {
        /// ARN of the managed policy.
        arn: String,
        /// Its document.
        document: Value,
    },
    /// Create a role of the workflows, and attach its policy.
    NewRole {
        /// Its name.
        name: String,
        /// Whom it trusts; none while the repository is not there, whose number it names.
        trust: Option<Value>,
        /// The policy.
        policy_arn: String,
        /// Its tags.
        tags: Vec<(String, String)>,
    },
    /// Make a role of the workflows what it shall be.
    Role {
        /// Its name.
        name: String,
        /// Whom it trusts, when that differs.
        trust: Option<Value>,
        /// Policies that it lacks.
        attach: Vec<String>,
        /// Policies that it has beyond its own.
        detach: Vec<String>,
        /// Inline policies, of which it has none.
        delete_inline: Vec<String>,
        /// Its tags.
        tags: Vec<(String, String)>,
    },
    /// Create a blueprint.
    NewBlueprint(Value),
    /// Replace a blueprint by one that holds everything it held.
    Blueprint {
        /// Its identifier.
        identifier: String,
        /// The whole body.
        body: Value,
    },
    /// Create the target repository.
    Repository {
        /// Its owner.
        owner: String,
        /// Its name.
        name: String,
    },
    /// Make the first commit of an empty repository.
    FirstCommit,
    /// Create the environment and bind it to a branch.
    Environment {
        /// Its name.
        name: String,
        /// The branch.
        branch: String,
    },
    /// Set secrets.
    Secrets {
        /// Where.
        store: SecretStore,
        /// Their names.
        names: Vec<&'static str>,
    },
    /// Publish the release that carries the runtime.
    Release(WantedRelease),
    /// Commit files, all at once.
    Commit(Vec<WantedFile>),
    /// Let nobody change a release once it is published.
    ImmutableReleases,
    /// Create our ruleset, or make the one of our name what it shall be.
    Ruleset {
        /// The number of the one that is there.
        id: Option<u64>,
        /// The whole body.
        body: Value,
    },
    /// Let GitHub run a workflow again.
    EnableWorkflow {
        /// Its file name.
        file: String,
    },
    /// Say who may do what with the entities of a blueprint.
    BlueprintPermissions {
        /// Identifier of the blueprint.
        identifier: String,
        /// The keys that are set.
        body: Value,
    },
    /// Say who may execute or approve an action.
    ActionPermissions {
        /// Identifier of the action.
        identifier: String,
        /// The keys that are set.
        body: Value,
    },
    /// Create an action or automation.
    NewAction(Value),
    /// Create the dashboard.
    NewPage(Value),
    /// Replace the dashboard by one that holds everything it held.
    Page {
        /// Its identifier.
        identifier: String,
        /// The whole body.
        body: Value,
    },
    /// Replace an action or automation.
    Action {
        /// Its identifier.
        identifier: String,
        /// The whole body.
        body: Value,
    },
}

impl Write {
    /// Returns whether it gives power to the workflows at certain paths, whatever they hold.
    pub fn gives_to_workflows(&self) -> bool {
        match self {
            Self::NewRole { .. } => true,
            Self::Role { trust, attach, .. } => trust.is_some() || !attach.is_empty(),
            _ => false,
        }
    }

    /// Returns whether workflows can do something with it that is nobody else's to do: secrets, and that power.
    pub fn entrusts_workflows(&self) -> bool {
        matches!(self, Self::Secrets { .. }) || self.gives_to_workflows()
    }
}
