//! Roles: create, look at, change, delete.

use std::collections::{BTreeMap, BTreeSet};

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, DOCUMENT, PATH, PATH_PREFIX, ROLE_DESCRIPTION, ROLE_NAME};
use super::super::failure::Failure;
use super::super::grammar;
use super::super::paging::Page;
use super::super::role::{Role, Shown, arn, find, find_mut};
use super::super::state::State;
use super::super::tags::Tags;
use super::super::xml::Xml;
use super::role_boundary::check_boundary;
use super::trust_policy;

/// A role's session may last so long, in seconds, when nobody says otherwise.
const DEFAULT_SESSION: u32 = 3600;
const LONGEST_SESSION: u32 = 43_200;

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let path = call.parameters.optional("Path", &PATH)?.unwrap_or_else(|| "/".to_owned());
    let trust = call.parameters.required("AssumeRolePolicyDocument", &DOCUMENT)?;
    let description = call.parameters.optional("Description", &ROLE_DESCRIPTION)?;
    let session = call.parameters.number("MaxSessionDuration", DEFAULT_SESSION..=LONGEST_SESSION)?;
    let boundary = call.parameters.optional("PermissionsBoundary", &ARN)?;
    let tags = Tags::from_parameters(call.parameters)?;
    let now = call.now;
    let state =
        call.authorize(&questions_of_create(&arn(call.state().account, &path, &name), boundary.as_deref(), &tags))?;
    let trust = grammar::check_trust(&trust, state)?;
    check_name_and_quota(state, &name, &path)?;
    if let Some(boundary) = &boundary {
        check_boundary(state, boundary)?;
    }
    let role = Role {
        account: state.account,
        id: state.unique_id("AROA"),
        name,
        path,
        created: now,
        trust,
        description,
        max_session_duration: session.unwrap_or(DEFAULT_SESSION),
        boundary,
        tags,
        attached: BTreeSet::new(),
        inline: BTreeMap::new(),
        last_used: None,
    };
    let answer = Xml::new().element("Role", role.xml(Shown::Whole));
    state.roles.insert(role.name.to_lowercase(), role);
    Ok(answer)
}

/// A role that is created with tags needs `iam:TagRole` as well (IAM API reference, CreateRole).
fn questions_of_create(arn: &str, boundary: Option<&str>, tags: &Tags) -> Vec<Asked> {
    let mut create = Asked::on("iam:CreateRole", arn).request_tags(tags);
    if let Some(boundary) = boundary {
        create = create.with("iam:PermissionsBoundary", boundary);
    }
    let mut asked = vec![create];
    if !tags.is_empty() {
        asked.push(Asked::on("iam:TagRole", arn).request_tags(tags));
    }
    asked
}

fn check_name_and_quota(state: &State, name: &str, path: &str) -> Result<(), Failure> {
    for reserved in ["/aws-service-role/", "/aws-reserved/"] {
        if path.starts_with(reserved) {
            let message = format!("Path prefix '{reserved}' can only be used for AWS Service linked Roles");
            return Err(Failure::invalid_input(message));
        }
    }
    if state.roles.contains_key(&name.to_lowercase()) {
        return Err(Failure::entity_already_exists(format!("Role with name {name} already exists.")));
    }
    if state.roles.len() >= state.roles_quota() {
        return Err(Failure::limit_exceeded(format!(
            "Cannot exceed quota for RolesPerAccount: {}",
            state.roles_quota()
        )));
    }
    Ok(())
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let asked = Asked::on_role("iam:GetRole", call.state(), &name);
    let state = call.authorize(&[asked])?;
    Ok(Xml::new().element("Role", find(state, &name)?.xml(Shown::Whole)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let prefix = call.parameters.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_else(|| "/".to_owned());
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_everything("iam:ListRoles").shown_as(arn(call.state().account, &prefix, ""));
    let state = call.authorize(&[asked])?;
    let roles = state.roles.iter().filter(|(_, role)| role.path.starts_with(&prefix));
    let (roles, closing) = page.cut(roles.map(|(key, role)| (key.clone(), role.xml(Shown::Listed))));
    Ok(Xml::new().list("Roles", roles).then(closing))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let description = call.parameters.optional("Description", &ROLE_DESCRIPTION)?;
    let session = call.parameters.number("MaxSessionDuration", DEFAULT_SESSION..=LONGEST_SESSION)?;
    let asked = Asked::on_role("iam:UpdateRole", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let role = find_mut(state, &name)?;
    if description.is_some() {
        role.description = description;
    }
    if let Some(session) = session {
        role.max_session_duration = session;
    }
    Ok(Xml::new())
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let asked = Asked::on_role("iam:DeleteRole", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let role = find(state, &name)?;
    let conflict = if !role.attached.is_empty() {
        Some("Cannot delete entity, must detach all policies first.")
    } else if !role.inline.is_empty() {
        Some("Cannot delete entity, must delete policies first.")
    } else if state.instance_profiles.values().any(|profile| profile.role.as_ref() == Some(&name)) {
        Some("Cannot delete entity, must remove roles from instance profile first.")
    } else {
        None
    };
    if let Some(conflict) = conflict {
        return Err(Failure::delete_conflict(conflict));
    }
    if let Some(role) = state.roles.remove(&name.to_lowercase()) {
        trust_policy::forget_principal(state, &role);
    }
    Ok(Xml::new())
}
