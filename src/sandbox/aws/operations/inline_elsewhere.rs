//! Inline policies of users and groups, which are only read: users have theirs from the start, and groups have none.

use super::super::call::Call;
use super::super::constraint::{GROUP_NAME, POLICY_NAME, USER_NAME};
use super::super::failure::Failure;
use super::super::paging::Page;
use super::super::xml::Xml;
use super::attached_elsewhere::{asked_of_user, user_mut};
use super::groups;

pub(super) fn list_of_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("UserName", &USER_NAME)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = asked_of_user("iam:ListUserPolicies", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let names = user_mut(state, &name)?.inline.keys().map(|name| (name.clone(), name.clone()));
    let (names, closing) = page.cut(names);
    Ok(Xml::new().values("PolicyNames", names).then(closing))
}

pub(super) fn get_of_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("UserName", &USER_NAME)?;
    let policy_name = call.parameters.required("PolicyName", &POLICY_NAME)?;
    let asked = asked_of_user("iam:GetUserPolicy", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let missing = || Failure::no_such_entity(format!("The user policy with name {policy_name} cannot be found."));
    let document = user_mut(state, &name)?.inline.get(&policy_name).ok_or_else(missing)?;
    Ok(Xml::new().text("UserName", &name).text("PolicyName", &policy_name).document("PolicyDocument", document))
}

pub(super) fn list_of_group(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("GroupName", &GROUP_NAME)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = groups::asked("iam:ListGroupPolicies", call.state(), &name);
    let state = call.authorize(&[asked])?;
    groups::find_mut(state, &name)?;
    let (names, closing) = page.cut(Vec::<(String, String)>::new());
    Ok(Xml::new().values("PolicyNames", names).then(closing))
}
