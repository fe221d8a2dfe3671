//! The calls that the emulator answers, one entry each.

mod access_keys;
mod account_summary;
mod assume_role;
mod attached_elsewhere;
mod attached_policies;
mod groups;
mod identity;
mod inline_elsewhere;
mod inline_policies;
mod instance_profiles;
mod last_accessed;
mod oidc_providers;
mod policies;
mod policy_tags;
mod policy_versions;
mod role_boundary;
mod role_tags;
mod roles;
mod simulation;
mod trust_policy;

pub(super) use assume_role::answer as session_answer;

use super::call::Call;
use super::failure::Failure;
use super::xml::Xml;

/// One of the two services, told apart by the API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// Identity and Access Management.
    Iam,
    /// Security Token Service.
    Sts,
}

const STS_VERSION: &str = "2011-06-15";
const IAM_VERSION: &str = "2010-05-08";

impl Service {
    /// Returns the service whose API version this is; IAM answers what nobody knows.
    pub(super) fn of(version: &str) -> Self {
        if version == STS_VERSION { Self::Sts } else { Self::Iam }
    }

    /// Returns the XML namespace of the answers.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::Iam => IAM_VERSION,
            Self::Sts => STS_VERSION,
        }
    }
}

/// One call of one service.
pub(super) struct Operation {
    pub(super) service: Service,
    pub(super) name: &'static str,
    pub(super) run: fn(&mut Call<'_>) -> Result<Xml, Failure>,
}

impl Operation {
    /// Returns whether the call changes nothing but the sessions.
    pub(super) fn is_read(&self) -> bool {
        ["Get", "List", "Simulate", "AssumeRole", "Generate"].iter().any(|read| self.name.starts_with(read))
    }
}

/// Returns the operation of that name in that API version.
pub(super) fn find(version: &str, name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name && operation.service.version() == version)
}

const fn iam(name: &'static str, run: fn(&mut Call<'_>) -> Result<Xml, Failure>) -> Operation {
    Operation { service: Service::Iam, name, run }
}

const fn sts(name: &'static str, run: fn(&mut Call<'_>) -> Result<Xml, Failure>) -> Operation {
    Operation { service: Service::Sts, name, run }
}

static OPERATIONS: &[Operation] = &[
    iam("CreatePolicy", policies::create),
    iam("GetPolicy", policies::get),
    iam("ListPolicies", policies::list),
    iam("ListEntitiesForPolicy", policies::list_entities),
    iam("DeletePolicy", policies::delete),
    iam("CreatePolicyVersion", policy_versions::create),
    iam("GetPolicyVersion", policy_versions::get),
    iam("ListPolicyVersions", policy_versions::list),
    iam("SetDefaultPolicyVersion", policy_versions::set_default),
    iam("DeletePolicyVersion", policy_versions::delete),
    iam("TagPolicy", policy_tags::tag),
    iam("UntagPolicy", policy_tags::untag),
    iam("ListPolicyTags", policy_tags::list),
    iam("CreateRole", roles::create),
    iam("GetRole", roles::get),
    iam("ListRoles", roles::list),
    iam("UpdateRole", roles::update),
    iam("DeleteRole", roles::delete),
    iam("UpdateAssumeRolePolicy", trust_policy::update),
    iam("TagRole", role_tags::tag),
    iam("UntagRole", role_tags::untag),
    iam("ListRoleTags", role_tags::list),
    iam("PutRolePermissionsBoundary", role_boundary::put),
    iam("DeleteRolePermissionsBoundary", role_boundary::delete),
    iam("AttachRolePolicy", attached_policies::attach),
    iam("DetachRolePolicy", attached_policies::detach),
    iam("ListAttachedRolePolicies", attached_policies::list),
    iam("AttachUserPolicy", attached_elsewhere::attach_to_user),
    iam("DetachUserPolicy", attached_elsewhere::detach_from_user),
    iam("ListAttachedUserPolicies", attached_elsewhere::list_of_user),
    iam("ListUserPolicies", inline_elsewhere::list_of_user),
    iam("GetUserPolicy", inline_elsewhere::get_of_user),
    iam("AttachGroupPolicy", attached_elsewhere::attach_to_group),
    iam("DetachGroupPolicy", attached_elsewhere::detach_from_group),
    iam("ListAttachedGroupPolicies", attached_elsewhere::list_of_group),
    iam("ListGroupPolicies", inline_elsewhere::list_of_group),
    iam("CreateGroup", groups::create),
    iam("AddUserToGroup", groups::add_user),
    iam("RemoveUserFromGroup", groups::remove_user),
    iam("ListGroupsForUser", groups::list_for_user),
    iam("PutRolePolicy", inline_policies::put),
    iam("GetRolePolicy", inline_policies::get),
    iam("DeleteRolePolicy", inline_policies::delete),
    iam("ListRolePolicies", inline_policies::list),
    iam("CreateInstanceProfile", instance_profiles::create),
    iam("DeleteInstanceProfile", instance_profiles::delete),
    iam("AddRoleToInstanceProfile", instance_profiles::add_role),
    iam("RemoveRoleFromInstanceProfile", instance_profiles::remove_role),
    iam("ListInstanceProfilesForRole", instance_profiles::list_for_role),
    iam("CreateOpenIDConnectProvider", oidc_providers::create),
    iam("GetOpenIDConnectProvider", oidc_providers::get),
    iam("ListOpenIDConnectProviders", oidc_providers::list),
    iam("DeleteOpenIDConnectProvider", oidc_providers::delete),
    iam("AddClientIDToOpenIDConnectProvider", oidc_providers::add_client_id),
    iam("RemoveClientIDFromOpenIDConnectProvider", oidc_providers::remove_client_id),
    iam("GetUser", identity::get_user),
    iam("CreateAccessKey", access_keys::create),
    iam("ListAccessKeys", access_keys::list),
    iam("UpdateAccessKey", access_keys::update),
    iam("DeleteAccessKey", access_keys::delete),
    iam("GetAccessKeyLastUsed", access_keys::last_used),
    iam("GetAccountSummary", account_summary::get),
    iam("GenerateServiceLastAccessedDetails", last_accessed::generate),
    iam("GetServiceLastAccessedDetails", last_accessed::get),
    iam("SimulateCustomPolicy", simulation::custom_policy),
    iam("SimulatePrincipalPolicy", simulation::principal_policy),
    sts("GetCallerIdentity", identity::get_caller_identity),
    sts("GetAccessKeyInfo", identity::get_access_key_info),
    sts("AssumeRole", assume_role::run),
];
