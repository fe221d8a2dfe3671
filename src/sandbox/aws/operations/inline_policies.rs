//! Inline policies of roles.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{DOCUMENT, POLICY_NAME, ROLE_NAME};
use super::super::failure::Failure;
use super::super::grammar::{self, Kind};
use super::super::paging::Page;
use super::super::role::{find, find_mut};
use super::super::state::{policy_size, quota};
use super::super::xml::Xml;

pub(super) fn put(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let policy_name = call.parameters.required("PolicyName", &POLICY_NAME)?;
    let document = call.parameters.required("PolicyDocument", &DOCUMENT)?;
    let asked = Asked::on_role("iam:PutRolePolicy", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let role = find_mut(state, &name)?;
    grammar::check(&document, Kind::Inline)?;
    let others = role.inline.iter().filter(|(other, _)| **other != policy_name);
    let size: usize = others.map(|(_, document)| policy_size(document)).sum::<usize>() + policy_size(&document);
    if size > quota::ROLE_POLICY_SIZE {
        let message = format!("Maximum policy size of {} bytes exceeded for role {name}", quota::ROLE_POLICY_SIZE);
        return Err(Failure::limit_exceeded(message));
    }
    role.inline.insert(policy_name, document);
    Ok(Xml::new())
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let policy_name = call.parameters.required("PolicyName", &POLICY_NAME)?;
    let asked = Asked::on_role("iam:GetRolePolicy", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let document = find(state, &name)?.inline.get(&policy_name).ok_or_else(|| missing(&policy_name))?;
    Ok(Xml::new().text("RoleName", &name).text("PolicyName", &policy_name).document("PolicyDocument", document))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let policy_name = call.parameters.required("PolicyName", &POLICY_NAME)?;
    let asked = Asked::on_role("iam:DeleteRolePolicy", call.state(), &name);
    let state = call.authorize(&[asked])?;
    find_mut(state, &name)?.inline.remove(&policy_name).ok_or_else(|| missing(&policy_name))?;
    Ok(Xml::new())
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_role("iam:ListRolePolicies", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let names = find(state, &name)?.inline.keys().map(|name| (name.clone(), name.clone()));
    let (names, closing) = page.cut(names);
    Ok(Xml::new().values("PolicyNames", names).then(closing))
}

fn missing(name: &str) -> Failure {
    Failure::no_such_entity(format!("The role policy with name {name} cannot be found."))
}
