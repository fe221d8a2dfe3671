//! Permissions boundaries of roles.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, ROLE_NAME};
use super::super::failure::Failure;
use super::super::managed_policy;
use super::super::role::{find, find_mut};
use super::super::state::State;
use super::super::xml::Xml;

pub(super) fn put(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let boundary = call.parameters.required("PermissionsBoundary", &ARN)?;
    let asked = Asked::on_role("iam:PutRolePermissionsBoundary", call.state(), &name)
        .with("iam:PermissionsBoundary", &boundary);
    let state = call.authorize(&[asked])?;
    find(state, &name)?;
    check_boundary(state, &boundary)?;
    find_mut(state, &name)?.boundary = Some(boundary);
    Ok(Xml::new())
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let asked = Asked::on_role("iam:DeleteRolePermissionsBoundary", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let role = find_mut(state, &name)?;
    if role.boundary.take().is_none() {
        return Err(Failure::no_such_entity(format!("Role {name} does not have a permissions boundary.")));
    }
    Ok(Xml::new())
}

/// Refuses a boundary that is no policy of this account or of AWS.
pub(super) fn check_boundary(state: &State, arn: &str) -> Result<(), Failure> {
    managed_policy::check_arn(arn)?;
    if state.policies.contains_key(arn) {
        return Ok(());
    }
    Err(Failure::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")))
}
