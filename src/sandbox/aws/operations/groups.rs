//! Groups of users.

use std::collections::BTreeSet;

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{GROUP_NAME, PATH, USER_NAME};
use super::super::failure::Failure;
use super::super::paging::Page;
use super::super::state::{Group, State, quota};
use super::super::xml::Xml;
use super::attached_elsewhere::{asked_of_user, user_mut};

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("GroupName", &GROUP_NAME)?;
    let path = call.parameters.optional("Path", &PATH)?.unwrap_or_else(|| "/".to_owned());
    let now = call.now;
    let arn = format!("arn:aws:iam::{}:group{path}{name}", call.state().account);
    let state = call.authorize(&[Asked::on("iam:CreateGroup", arn)])?;
    if state.groups.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
        return Err(Failure::entity_already_exists(format!("Group with name {name} already exists.")));
    }
    if state.groups.len() >= quota::GROUPS {
        return Err(Failure::limit_exceeded(format!("Cannot exceed quota for GroupsPerAccount: {}", quota::GROUPS)));
    }
    let id = state.unique_id("AGPA");
    let (members, attached) = (BTreeSet::new(), BTreeSet::new());
    let group = Group { account: state.account, name: name.clone(), path, id, created: now, members, attached };
    let answer = described(&group);
    state.groups.insert(name, group);
    Ok(Xml::new().element("Group", answer))
}

pub(super) fn add_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (name, user) = named(call)?;
    let state = call.authorize(&[asked("iam:AddUserToGroup", call.state(), &name)])?;
    if !state.users.contains_key(&user) {
        return Err(Failure::no_such_entity(format!("The user with name {user} cannot be found.")));
    }
    find_mut(state, &name)?.members.insert(user);
    Ok(Xml::new())
}

pub(super) fn remove_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (name, user) = named(call)?;
    let state = call.authorize(&[asked("iam:RemoveUserFromGroup", call.state(), &name)])?;
    if !find_mut(state, &name)?.members.remove(&user) {
        return Err(Failure::no_such_entity(format!("The user with name {user} cannot be found.")));
    }
    Ok(Xml::new())
}

pub(super) fn list_for_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let user = call.parameters.required("UserName", &USER_NAME)?;
    let page = Page::from_parameters(call.parameters)?;
    let state = call.authorize(&[asked_of_user("iam:ListGroupsForUser", call.state(), &user)])?;
    user_mut(state, &user)?;
    let groups = state.groups.values().filter(|group| group.members.contains(&user));
    let (groups, closing) = page.cut(groups.map(|group| (group.name.clone(), described(group))));
    Ok(Xml::new().list("Groups", groups).then(closing))
}

fn described(group: &Group) -> Xml {
    Xml::new()
        .text("Path", &group.path)
        .text("GroupName", &group.name)
        .text("GroupId", &group.id)
        .text("Arn", group.arn())
        .time("CreateDate", group.created)
}

fn named(call: &Call<'_>) -> Result<(String, String), Failure> {
    let name = call.parameters.required("GroupName", &GROUP_NAME)?;
    Ok((name, call.parameters.required("UserName", &USER_NAME)?))
}

/// Asks about a group that is known by its name alone.
pub(super) fn asked(action: &'static str, state: &State, name: &str) -> Asked {
    let arn = state.groups.get(name).map_or_else(|| format!("arn:aws:iam::{}:group/{name}", state.account), Group::arn);
    Asked::on(action, arn).shown_as(format!("group {name}"))
}

/// Returns the group of that name to be changed.
pub(super) fn find_mut<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Group, Failure> {
    let missing = || Failure::no_such_entity(format!("The group with name {name} cannot be found."));
    state.groups.get_mut(name).ok_or_else(missing)
}
