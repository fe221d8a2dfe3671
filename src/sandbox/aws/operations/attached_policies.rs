//! Managed policies on roles.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, POLICY_PATH, ROLE_NAME};
use super::super::failure::Failure;
use super::super::managed_policy;
use super::super::paging::Page;
use super::super::role::{find, find_mut};
use super::super::xml::Xml;

pub(super) fn attach(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    managed_policy::check_arn(&arn)?;
    let asked = Asked::on_role("iam:AttachRolePolicy", call.state(), &name).with("iam:PolicyARN", &arn);
    let state = call.authorize(&[asked])?;
    find(state, &name)?;
    managed_policy::find(state, &arn)?;
    let quota = state.attached_policies_quota();
    let attached = &mut find_mut(state, &name)?.attached;
    if !attached.contains(&arn) && attached.len() >= quota {
        let message = format!("Cannot exceed quota for PoliciesPerRole: {quota}");
        return Err(Failure::limit_exceeded(message));
    }
    attached.insert(arn);
    Ok(Xml::new())
}

pub(super) fn detach(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    managed_policy::check_arn(&arn)?;
    let asked = Asked::on_role("iam:DetachRolePolicy", call.state(), &name).with("iam:PolicyARN", &arn);
    let state = call.authorize(&[asked])?;
    if !find_mut(state, &name)?.attached.remove(&arn) {
        return Err(Failure::no_such_entity(format!("Policy {arn} was not found.")));
    }
    Ok(Xml::new())
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let prefix = call.parameters.optional("PathPrefix", &POLICY_PATH)?.unwrap_or_else(|| "/".to_owned());
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_role("iam:ListAttachedRolePolicies", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let mut items = Vec::new();
    for arn in &find(state, &name)?.attached {
        let policy = managed_policy::find(state, arn)?;
        if policy.path.starts_with(&prefix) {
            items.push((arn.clone(), Xml::new().text("PolicyName", &policy.name).text("PolicyArn", arn)));
        }
    }
    let (policies, closing) = page.cut(items);
    Ok(Xml::new().list("AttachedPolicies", policies).then(closing))
}
