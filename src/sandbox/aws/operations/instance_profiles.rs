//! Instance profiles.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{INSTANCE_PROFILE_NAME, PATH, ROLE_NAME};
use super::super::failure::Failure;
use super::super::instance_profile::{InstanceProfile, arn, find};
use super::super::paging::Page;
use super::super::role;
use super::super::state::{State, quota};
use super::super::tags::Tags;
use super::super::xml::Xml;

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("InstanceProfileName", &INSTANCE_PROFILE_NAME)?;
    let path = call.parameters.optional("Path", &PATH)?.unwrap_or_else(|| "/".to_owned());
    let tags = Tags::from_parameters(call.parameters)?;
    let now = call.now;
    let mut asked =
        vec![Asked::on("iam:CreateInstanceProfile", arn(call.state().account, &path, &name)).request_tags(&tags)];
    if !tags.is_empty() {
        asked.push(Asked::on("iam:TagInstanceProfile", arn(call.state().account, &path, &name)).request_tags(&tags));
    }
    let state = call.authorize(&asked)?;
    let key = name.to_lowercase();
    if state.instance_profiles.contains_key(&key) {
        return Err(Failure::entity_already_exists(format!("Instance Profile {name} already exists.")));
    }
    if state.instance_profiles.len() >= quota::INSTANCE_PROFILES {
        let message = format!("Cannot exceed quota for InstanceProfilesPerAccount: {}", quota::INSTANCE_PROFILES);
        return Err(Failure::limit_exceeded(message));
    }
    let profile = InstanceProfile {
        account: state.account,
        id: state.unique_id("AIPA"),
        name,
        path,
        created: now,
        tags,
        role: None,
    };
    let answer = Xml::new().element("InstanceProfile", profile.xml(state));
    state.instance_profiles.insert(key, profile);
    Ok(answer)
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("InstanceProfileName", &INSTANCE_PROFILE_NAME)?;
    let asked = on_profile("iam:DeleteInstanceProfile", call.state(), &name);
    let state = call.authorize(&[asked])?;
    if find(state, &name)?.role.is_some() {
        let message = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(Failure::delete_conflict(message));
    }
    state.instance_profiles.remove(&name.to_lowercase());
    Ok(Xml::new())
}

pub(super) fn add_role(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("InstanceProfileName", &INSTANCE_PROFILE_NAME)?;
    let role_name = call.parameters.required("RoleName", &ROLE_NAME)?;
    // Whoever hands a role to an instance passes it (IAM API reference, AddRoleToInstanceProfile).
    let pass =
        Asked::on_role("iam:PassRole", call.state(), &role_name).with("iam:PassedToService", "ec2.amazonaws.com");
    let add = on_profile("iam:AddRoleToInstanceProfile", call.state(), &name);
    let state = call.authorize(&[add, pass])?;
    role::find(state, &role_name)?;
    if find(state, &name)?.role.is_some() {
        return Err(Failure::limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    if let Some(profile) = state.instance_profiles.get_mut(&name.to_lowercase()) {
        profile.role = Some(role_name);
    }
    Ok(Xml::new())
}

pub(super) fn remove_role(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("InstanceProfileName", &INSTANCE_PROFILE_NAME)?;
    let role_name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let asked = on_profile("iam:RemoveRoleFromInstanceProfile", call.state(), &name);
    let state = call.authorize(&[asked])?;
    if find(state, &name)?.role.as_ref() != Some(&role_name) {
        let message = format!("Role {role_name} in instance profile {name} cannot be found.");
        return Err(Failure::no_such_entity(message));
    }
    if let Some(profile) = state.instance_profiles.get_mut(&name.to_lowercase()) {
        profile.role = None;
    }
    Ok(Xml::new())
}

pub(super) fn list_for_role(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_role("iam:ListInstanceProfilesForRole", call.state(), &name);
    let state = call.authorize(&[asked])?;
    role::find(state, &name)?;
    let profiles = state.instance_profiles.iter().filter(|(_, profile)| profile.role.as_ref() == Some(&name));
    let (profiles, closing) = page.cut(profiles.map(|(key, profile)| (key.clone(), profile.xml(state))));
    Ok(Xml::new().list("InstanceProfiles", profiles).then(closing))
}

/// As with roles, the path of a profile that is not there is unknown.
fn on_profile(action: &'static str, state: &State, name: &str) -> Asked {
    let arn = find(state, name).map_or_else(|_| arn(state.account, "/", name), InstanceProfile::arn);
    Asked::on(action, arn).shown_as(format!("instance profile {name}"))
}
