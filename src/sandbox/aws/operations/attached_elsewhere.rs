//! Managed policies on users and groups.

use std::collections::BTreeSet;

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, GROUP_NAME, POLICY_PATH, USER_NAME};
use super::super::failure::Failure;
use super::super::managed_policy;
use super::super::paging::Page;
use super::super::state::{State, User, quota};
use super::super::xml::Xml;
use super::groups;

pub(super) fn attach_to_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (name, arn) = (call.parameters.required("UserName", &USER_NAME)?, policy(call)?);
    let asked = asked_of_user("iam:AttachUserPolicy", call.state(), &name).with("iam:PolicyARN", &arn);
    let state = call.authorize(&[asked])?;
    managed_policy::find(state, &arn)?;
    attach(&mut user_mut(state, &name)?.attached, arn, "User")
}

pub(super) fn detach_from_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (name, arn) = (call.parameters.required("UserName", &USER_NAME)?, policy(call)?);
    let asked = asked_of_user("iam:DetachUserPolicy", call.state(), &name).with("iam:PolicyARN", &arn);
    let state = call.authorize(&[asked])?;
    detach(&mut user_mut(state, &name)?.attached, &arn)
}

pub(super) fn list_of_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("UserName", &USER_NAME)?;
    let (prefix, page) = (prefix(call)?, Page::from_parameters(call.parameters)?);
    let asked = asked_of_user("iam:ListAttachedUserPolicies", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let attached = user_mut(state, &name)?.attached.clone();
    list(state, &attached, &prefix, &page)
}

pub(super) fn attach_to_group(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (name, arn) = (call.parameters.required("GroupName", &GROUP_NAME)?, policy(call)?);
    let asked = groups::asked("iam:AttachGroupPolicy", call.state(), &name).with("iam:PolicyARN", &arn);
    let state = call.authorize(&[asked])?;
    managed_policy::find(state, &arn)?;
    attach(&mut groups::find_mut(state, &name)?.attached, arn, "Group")
}

pub(super) fn detach_from_group(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (name, arn) = (call.parameters.required("GroupName", &GROUP_NAME)?, policy(call)?);
    let asked = groups::asked("iam:DetachGroupPolicy", call.state(), &name).with("iam:PolicyARN", &arn);
    let state = call.authorize(&[asked])?;
    detach(&mut groups::find_mut(state, &name)?.attached, &arn)
}

pub(super) fn list_of_group(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("GroupName", &GROUP_NAME)?;
    let (prefix, page) = (prefix(call)?, Page::from_parameters(call.parameters)?);
    let asked = groups::asked("iam:ListAttachedGroupPolicies", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let attached = groups::find_mut(state, &name)?.attached.clone();
    list(state, &attached, &prefix, &page)
}

fn policy(call: &Call<'_>) -> Result<String, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    managed_policy::check_arn(&arn)?;
    Ok(arn)
}

fn prefix(call: &Call<'_>) -> Result<String, Failure> {
    Ok(call.parameters.optional("PathPrefix", &POLICY_PATH)?.unwrap_or_else(|| "/".to_owned()))
}

pub(super) fn asked_of_user(action: &'static str, state: &State, name: &str) -> Asked {
    let arn = state.users.get(name).map_or_else(|| format!("arn:aws:iam::{}:user/{name}", state.account), User::arn);
    Asked::on(action, arn).shown_as(format!("user {name}"))
}

pub(super) fn user_mut<'a>(state: &'a mut State, name: &str) -> Result<&'a mut User, Failure> {
    let missing = || Failure::no_such_entity(format!("The user with name {name} cannot be found."));
    state.users.get_mut(name).ok_or_else(missing)
}

fn attach(attached: &mut BTreeSet<String>, arn: String, kind: &str) -> Result<Xml, Failure> {
    let quota = quota::ATTACHED_POLICIES;
    if !attached.contains(&arn) && attached.len() >= quota {
        return Err(Failure::limit_exceeded(format!("Cannot exceed quota for PoliciesPer{kind}: {quota}")));
    }
    attached.insert(arn);
    Ok(Xml::new())
}

fn detach(attached: &mut BTreeSet<String>, arn: &str) -> Result<Xml, Failure> {
    if attached.remove(arn) {
        return Ok(Xml::new());
    }
    Err(Failure::no_such_entity(format!("Policy {arn} was not found.")))
}

fn list(state: &State, attached: &BTreeSet<String>, prefix: &str, page: &Page) -> Result<Xml, Failure> {
    let mut items = Vec::new();
    for arn in attached {
        let policy = managed_policy::find(state, arn)?;
        if policy.path.starts_with(prefix) {
            items.push((arn.clone(), Xml::new().text("PolicyName", &policy.name).text("PolicyArn", arn)));
        }
    }
    let (policies, closing) = page.cut(items);
    Ok(Xml::new().list("AttachedPolicies", policies).then(closing))
}
