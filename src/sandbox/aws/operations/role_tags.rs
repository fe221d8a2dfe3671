//! Tags of roles.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ROLE_NAME, TAG_KEY};
use super::super::failure::Failure;
use super::super::paging::Page;
use super::super::role::{find, find_mut};
use super::super::tags::{KeyCase, TAGS_PER_RESOURCE, Tags};
use super::super::xml::Xml;

pub(super) fn tag(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let tags = Tags::from_parameters(call.parameters)?;
    let asked = Asked::on_role("iam:TagRole", call.state(), &name).request_tags(&tags);
    let state = call.authorize(&[asked])?;
    find_mut(state, &name)?.tags.set(tags, KeyCase::Ignored)?;
    Ok(Xml::new())
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let keys = call.parameters.list("TagKeys", TAGS_PER_RESOURCE, &TAG_KEY)?;
    let asked = Asked::on_role("iam:UntagRole", call.state(), &name).tag_keys(keys.clone());
    let state = call.authorize(&[asked])?;
    find_mut(state, &name)?.tags.remove(&keys, KeyCase::Ignored);
    Ok(Xml::new())
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_role("iam:ListRoleTags", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let (tags, closing) = page.cut_in_order(find(state, &name)?.tags.members());
    Ok(Xml::new().list("Tags", tags).then(closing))
}
