//! Tags of managed policies.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, TAG_KEY};
use super::super::failure::Failure;
use super::super::managed_policy::{find, find_own_mut};
use super::super::paging::Page;
use super::super::tags::{KeyCase, TAGS_PER_RESOURCE, Tags};
use super::super::xml::Xml;

pub(super) fn tag(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let tags = Tags::from_parameters(call.parameters)?;
    let asked = Asked::on_policy("iam:TagPolicy", call.state(), &arn).request_tags(&tags);
    let state = call.authorize(&[asked])?;
    find_own_mut(state, &arn)?.tags.set(tags, KeyCase::Kept)?;
    Ok(Xml::new())
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let keys = call.parameters.list("TagKeys", TAGS_PER_RESOURCE, &TAG_KEY)?;
    let asked = Asked::on_policy("iam:UntagPolicy", call.state(), &arn).tag_keys(keys.clone());
    let state = call.authorize(&[asked])?;
    find_own_mut(state, &arn)?.tags.remove(&keys, KeyCase::Kept);
    Ok(Xml::new())
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_policy("iam:ListPolicyTags", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let (tags, closing) = page.cut_in_order(find(state, &arn)?.tags.members());
    Ok(Xml::new().list("Tags", tags).then(closing))
}
