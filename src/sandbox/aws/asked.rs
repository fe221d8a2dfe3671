//! What a call asks permission for: an action on a resource, with the condition keys that AWS puts into the request.
//!
//! Which keys an action carries follows AWS's service authorization reference for IAM and STS.

use super::managed_policy;
use super::role::{self, Role};
use super::state::State;
use super::tags::Tags;

/// IAM actions whose request carries the boundary of the role that they are about.
const SHOWS_THE_ROLES_BOUNDARY: [&str; 9] = [
    "iam:AttachRolePolicy",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
];

/// One question to the policies of the caller.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) action: &'static str,
    pub(super) resource: String,
    /// How a refusal names the resource.
    pub(super) shown: String,
    pub(super) context: Vec<(String, Vec<String>)>,
}

impl Asked {
    /// Asks about an ARN.
    pub(super) fn on(action: &'static str, resource: impl Into<String>) -> Self {
        let resource = resource.into();
        Self { action, shown: resource.clone(), resource, context: Vec::new() }
    }

    /// Asks for an action without resource types: only `"Resource": "*"` allows it.
    pub(super) fn on_everything(action: &'static str) -> Self {
        Self::on(action, "*")
    }

    /// Asks about a role that is known by its name alone.
    ///
    /// The name of a role says nothing of its path. IAM finds the path where the role exists; where it does not, the
    /// only ARN that can be asked about is the one without a path, so that a policy for `role/some-path/*` alone
    /// answers `AccessDenied` and not `NoSuchEntity`.
    pub(super) fn on_role(action: &'static str, state: &State, name: &str) -> Self {
        let role = state.role(name);
        let arn = role.map_or_else(|| role::arn(state.account, "/", name), Role::arn);
        let mut asked = Self::on(action, arn).shown_as(format!("role {name}"));
        let Some(role) = role else { return asked };
        for prefix in ["aws:ResourceTag", "iam:ResourceTag"] {
            asked = asked.tagged(prefix, &role.tags);
        }
        match &role.boundary {
            Some(boundary) if SHOWS_THE_ROLES_BOUNDARY.contains(&action) => {
                asked.with("iam:PermissionsBoundary", boundary)
            }
            _ => asked,
        }
    }

    /// Asks about a managed policy.
    pub(super) fn on_policy(action: &'static str, state: &State, arn: &str) -> Self {
        let asked = Self::on(action, arn).shown_as(format!("policy {arn}"));
        match managed_policy::find(state, arn) {
            Ok(policy) => asked.tagged("aws:ResourceTag", &policy.tags),
            Err(_) => asked,
        }
    }

    /// Names the resource in refusals as `shown`.
    pub(super) fn shown_as(mut self, shown: String) -> Self {
        self.shown = shown;
        self
    }

    /// Adds a condition key with one value.
    pub(super) fn with(mut self, key: &str, value: &str) -> Self {
        self.context.push((key.to_owned(), vec![value.to_owned()]));
        self
    }

    /// Adds `aws:RequestTag/…` and `aws:TagKeys`.
    pub(super) fn request_tags(self, tags: &Tags) -> Self {
        self.tagged("aws:RequestTag", tags).tag_keys(tags.keys())
    }

    /// Adds `aws:TagKeys`.
    pub(super) fn tag_keys(mut self, keys: Vec<String>) -> Self {
        if !keys.is_empty() {
            self.context.push(("aws:TagKeys".to_owned(), keys));
        }
        self
    }

    /// Adds the tags as the keys `PREFIX/…`.
    pub(super) fn tagged(mut self, prefix: &str, tags: &Tags) -> Self {
        self.context.extend(tags.iter().map(|(key, value)| (format!("{prefix}/{key}"), vec![value.to_owned()])));
        self
    }
}
