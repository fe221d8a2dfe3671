//! Instance profiles: a role in one cannot be deleted.

use jiff::Timestamp;

use super::failure::Failure;
use super::role::Shown;
use super::state::State;
use super::tags::Tags;
use super::xml::Xml;

/// An instance profile.
#[derive(Clone, Debug)]
pub(super) struct InstanceProfile {
    /// The account that it is of.
    pub(super) account: &'static str,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) tags: Tags,
    /// Name of the role; a profile holds one at most.
    pub(super) role: Option<String>,
}

impl InstanceProfile {
    pub(super) fn arn(&self) -> String {
        arn(self.account, &self.path, &self.name)
    }

    pub(super) fn xml(&self, state: &State) -> Xml {
        let role = self.role.as_ref().and_then(|name| state.role(name));
        Xml::new()
            .text("Path", &self.path)
            .text("InstanceProfileName", &self.name)
            .text("InstanceProfileId", &self.id)
            .text("Arn", self.arn())
            .time("CreateDate", self.created)
            .list("Roles", role.map(|role| role.xml(Shown::Listed)))
            .then(self.tags.xml())
    }
}

/// Returns the ARN of an instance profile of an account.
pub(super) fn arn(account: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:instance-profile{path}{name}")
}

/// Returns the instance profile of that name.
pub(super) fn find<'a>(state: &'a State, name: &str) -> Result<&'a InstanceProfile, Failure> {
    let profile = state.instance_profiles.get(&name.to_lowercase()).filter(|profile| profile.name == name);
    profile.ok_or_else(|| Failure::no_such_entity(format!("Instance Profile {name} cannot be found.")))
}
