//! Versions of managed policies.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, DOCUMENT, VERSION_ID};
use super::super::failure::Failure;
use super::super::grammar::{self, Kind};
use super::super::managed_policy::{Version, find, find_own_mut};
use super::super::paging::Page;
use super::super::state::quota;
use super::super::xml::Xml;

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let document = call.parameters.required("PolicyDocument", &DOCUMENT)?;
    let as_default = call.parameters.flag("SetAsDefault")?;
    let now = call.now;
    let asked = Asked::on_policy("iam:CreatePolicyVersion", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let policy = find_own_mut(state, &arn)?;
    grammar::check(&document, Kind::Managed)?;
    if policy.versions.len() >= quota::VERSIONS_PER_POLICY {
        return Err(Failure::limit_exceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
        ));
    }
    policy.last_version += 1;
    let number = policy.last_version;
    let version = Version { document, created: now };
    policy.versions.insert(number, version.clone());
    policy.updated = now;
    if as_default {
        policy.default_version = number;
    }
    Ok(Xml::new().element("PolicyVersion", policy.version_xml(number, &version, false)))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let id = call.parameters.required("VersionId", &VERSION_ID)?;
    let asked = Asked::on_policy("iam:GetPolicyVersion", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let policy = find(state, &arn)?;
    let (number, version) = policy.version(&id)?;
    Ok(Xml::new().element("PolicyVersion", policy.version_xml(number, version, true)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_policy("iam:ListPolicyVersions", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let policy = find(state, &arn)?;
    // The newest comes first.
    let versions = policy.versions.iter().rev();
    let versions = versions.map(|(number, version)| policy.version_xml(*number, version, false)).collect();
    let (versions, closing) = page.cut_in_order(versions);
    Ok(Xml::new().list("Versions", versions).then(closing))
}

pub(super) fn set_default(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let id = call.parameters.required("VersionId", &VERSION_ID)?;
    let now = call.now;
    let asked = Asked::on_policy("iam:SetDefaultPolicyVersion", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let policy = find_own_mut(state, &arn)?;
    policy.default_version = policy.version(&id)?.0;
    policy.updated = now;
    Ok(Xml::new())
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let id = call.parameters.required("VersionId", &VERSION_ID)?;
    let asked = Asked::on_policy("iam:DeletePolicyVersion", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let policy = find_own_mut(state, &arn)?;
    let number = policy.version(&id)?.0;
    if number == policy.default_version {
        return Err(Failure::delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    Ok(Xml::new())
}
