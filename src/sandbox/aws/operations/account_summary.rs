//! `GetAccountSummary`: what the account uses and what it may use.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::failure::Failure;
use super::super::state::{State, quota};
use super::super::xml::Xml;

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let state = call.authorize(&[Asked::on_everything("iam:GetAccountSummary")])?;
    let entries = summary(state).into_iter().fold(Xml::new(), |entries, (key, value)| {
        entries.element("entry", Xml::new().text("key", key).value("value", value))
    });
    Ok(Xml::new().element("SummaryMap", entries))
}

fn summary(state: &State) -> Vec<(&'static str, usize)> {
    let own = || state.policies.values().filter(|policy| !policy.is_aws_managed());
    vec![
        ("Users", state.users.len()),
        ("UsersQuota", quota::USERS),
        ("Groups", state.groups.len()),
        ("GroupsQuota", quota::GROUPS),
        ("Roles", state.roles.len()),
        ("RolesQuota", state.roles_quota()),
        ("Policies", own().count()),
        ("PoliciesQuota", state.policies_quota()),
        ("PolicySizeQuota", quota::POLICY_SIZE),
        ("PolicyVersionsInUse", own().map(|policy| policy.versions.len()).sum()),
        ("PolicyVersionsInUseQuota", quota::POLICY_VERSIONS_IN_USE),
        ("VersionsPerPolicyQuota", quota::VERSIONS_PER_POLICY),
        ("AttachedPoliciesPerRoleQuota", state.attached_policies_quota()),
        ("AttachedPoliciesPerUserQuota", quota::ATTACHED_POLICIES),
        ("AttachedPoliciesPerGroupQuota", quota::ATTACHED_POLICIES),
        ("AssumeRolePolicySizeQuota", quota::TRUST_POLICY_SIZE),
        ("RolePolicySizeQuota", quota::ROLE_POLICY_SIZE),
        ("UserPolicySizeQuota", quota::USER_POLICY_SIZE),
        ("GroupPolicySizeQuota", quota::GROUP_POLICY_SIZE),
        ("InstanceProfiles", state.instance_profiles.len()),
        ("InstanceProfilesQuota", quota::INSTANCE_PROFILES),
        ("Providers", 0),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("AccessKeysPerUserQuota", 2),
        ("GroupsPerUserQuota", 10),
        ("SigningCertificatesPerUserQuota", 2),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("AccountMFAEnabled", 1),
        ("AccountAccessKeysPresent", 0),
        ("AccountSigningCertificatesPresent", 0),
        ("AccountPasswordPresent", 1),
        ("GlobalEndpointTokenVersion", 1),
    ]
}
