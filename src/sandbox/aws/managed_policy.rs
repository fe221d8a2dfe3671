//! Managed policies and their versions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::failure::Failure;
use super::state::{State, Uses};
use super::tags::Tags;
use super::xml::Xml;

/// The owner part of the ARNs of AWS's own policies.
pub(super) const AWS_OWNER: &str = "aws";

/// A managed policy, AWS's or the customer's.
#[derive(Clone, Debug)]
pub(super) struct ManagedPolicy {
    pub(super) name: String,
    pub(super) path: String,
    /// The account, or `aws`.
    pub(super) owner: String,
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// By number: `v1` is 1.
    pub(super) versions: BTreeMap<u32, Version>,
    pub(super) default_version: u32,
    /// The number that was given out last; numbers are never used again.
    pub(super) last_version: u32,
    pub(super) tags: Tags,
}

/// One version of a managed policy.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) document: String,
    pub(super) created: Timestamp,
}

/// How much of a policy an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// What `GetPolicy` and `CreatePolicy` answer.
    Whole,
    /// What `ListPolicies` answers: neither tags nor description.
    Listed,
}

impl ManagedPolicy {
    pub(super) fn arn(&self) -> String {
        arn(&self.owner, &self.path, &self.name)
    }

    pub(super) fn is_aws_managed(&self) -> bool {
        self.owner == AWS_OWNER
    }

    /// Returns the document of the default version.
    pub(super) fn document(&self) -> Result<&str, Failure> {
        self.version(&format!("v{}", self.default_version)).map(|(_, version)| version.document.as_str())
    }

    /// Returns a version by its id, such as `v2`, with its number.
    pub(super) fn version(&self, id: &str) -> Result<(u32, &Version), Failure> {
        let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
        number.and_then(|number| Some((number, self.versions.get(&number)?))).ok_or_else(|| {
            Failure::no_such_entity(format!("Policy {} version {id} does not exist or is not attachable.", self.arn()))
        })
    }

    pub(super) fn xml(&self, uses: Uses, shown: Shown) -> Xml {
        let arn = self.arn();
        let description = self.description.as_ref().filter(|_| shown == Shown::Whole);
        let policy = Xml::new()
            .text("PolicyName", &self.name)
            .text("PolicyId", &self.id)
            .text("Arn", &arn)
            .text("Path", &self.path)
            .text("DefaultVersionId", format!("v{}", self.default_version))
            .value("AttachmentCount", uses.attachments)
            .value("PermissionsBoundaryUsageCount", uses.as_boundary)
            .value("IsAttachable", true)
            .optional("Description", description)
            .time("CreateDate", self.created)
            .time("UpdateDate", self.updated);
        if shown == Shown::Whole { policy.then(self.tags.xml()) } else { policy }
    }

    /// Returns one version; lists and `CreatePolicyVersion` leave the document out.
    pub(super) fn version_xml(&self, number: u32, version: &Version, with_document: bool) -> Xml {
        let document = if with_document { Xml::new().document("Document", &version.document) } else { Xml::new() };
        document
            .text("VersionId", format!("v{number}"))
            .value("IsDefaultVersion", number == self.default_version)
            .time("CreateDate", version.created)
    }
}

/// Returns the ARN of a managed policy.
pub(super) fn arn(owner: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{owner}:policy{path}{name}")
}

/// Returns the policy with that ARN.
pub(super) fn find<'a>(state: &'a State, arn: &str) -> Result<&'a ManagedPolicy, Failure> {
    check_arn(arn)?;
    state.policies.get(arn).ok_or_else(|| missing(arn))
}

/// Returns the customer's policy with that ARN to be changed; AWS's own are nobody's to change.
pub(super) fn find_own_mut<'a>(state: &'a mut State, arn: &str) -> Result<&'a mut ManagedPolicy, Failure> {
    check_arn(arn)?;
    let policy = state.policies.get_mut(arn).ok_or_else(|| missing(arn))?;
    if policy.is_aws_managed() {
        return Err(Failure::access_denied("Cannot perform the operation on an AWS managed policy."));
    }
    Ok(policy)
}

/// Refuses what is no ARN of a policy.
pub(super) fn check_arn(arn: &str) -> Result<(), Failure> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", "aws", "iam", "", owner, resource]
            if resource.starts_with("policy/") && (*owner == AWS_OWNER || is_account(owner)) =>
        {
            Ok(())
        }
        _ => Err(Failure::invalid_input(format!("ARN {arn} is not valid."))),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|digit| digit.is_ascii_digit())
}

fn missing(arn: &str) -> Failure {
    Failure::no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}
