//! Roles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::failure::Failure;
use super::state::State;
use super::tags::Tags;
use super::xml::Xml;
use crate::sandbox::cast::AWS_REGION;

/// An IAM role.
#[derive(Clone, Debug)]
pub(super) struct Role {
    /// The account that it is of.
    pub(super) account: &'static str,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created: Timestamp,
    /// The trust policy.
    pub(super) trust: String,
    pub(super) description: Option<String>,
    /// In seconds.
    pub(super) max_session_duration: u32,
    /// ARN of the permissions boundary.
    pub(super) boundary: Option<String>,
    pub(super) tags: Tags,
    /// ARNs of the attached managed policies.
    pub(super) attached: BTreeSet<String>,
    /// Name of an inline policy and its document.
    pub(super) inline: BTreeMap<String, String>,
    /// When a session of the role last made a call.
    pub(super) last_used: Option<Timestamp>,
}

/// How much of a role an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// What `GetRole` and `CreateRole` answer.
    Whole,
    /// What lists answer: neither tags nor boundary nor last use (`ListRoles`, IAM API reference).
    Listed,
}

impl Role {
    pub(super) fn arn(&self) -> String {
        arn(self.account, &self.path, &self.name)
    }

    pub(super) fn xml(&self, shown: Shown) -> Xml {
        let role = Xml::new()
            .text("Path", &self.path)
            .text("RoleName", &self.name)
            .text("RoleId", &self.id)
            .text("Arn", self.arn())
            .time("CreateDate", self.created)
            .document("AssumeRolePolicyDocument", &self.trust)
            .optional("Description", self.description.as_ref())
            .value("MaxSessionDuration", self.max_session_duration);
        if shown == Shown::Listed {
            return role;
        }
        let boundary = self.boundary.iter().fold(Xml::new(), |xml, arn| {
            let boundary = Xml::new().text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", arn);
            xml.element("PermissionsBoundary", boundary)
        });
        let last_used = self
            .last_used
            .iter()
            .fold(Xml::new(), |xml, time| xml.time("LastUsedDate", *time).text("Region", AWS_REGION));
        role.then(boundary).then(self.tags.xml()).element("RoleLastUsed", last_used)
    }
}

/// Returns the ARN of a role of an account.
pub(super) fn arn(account: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role{path}{name}")
}

/// Returns the role of that name to be changed.
pub(super) fn find_mut<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Role, Failure> {
    state.roles.get_mut(&name.to_lowercase()).filter(|role| role.name == name).ok_or_else(|| missing(name))
}

/// Returns the role of that name.
pub(super) fn find<'a>(state: &'a State, name: &str) -> Result<&'a Role, Failure> {
    state.role(name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Failure {
    Failure::no_such_entity(format!("The role with name {name} cannot be found."))
}
