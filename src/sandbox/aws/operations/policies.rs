//! Managed policies: create, look at, delete.

use std::collections::{BTreeMap, BTreeSet};

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, DOCUMENT, PATH_PREFIX, POLICY_DESCRIPTION, POLICY_NAME, POLICY_PATH};
use super::super::failure::Failure;
use super::super::grammar::{self, Kind};
use super::super::managed_policy::{ManagedPolicy, Shown, Version, arn, check_arn, find, find_own_mut};
use super::super::paging::Page;
use super::super::role::Role;
use super::super::state::{State, Uses};
use super::super::tags::Tags;
use super::super::xml::Xml;

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("PolicyName", &POLICY_NAME)?;
    let path = call.parameters.optional("Path", &POLICY_PATH)?.unwrap_or_else(|| "/".to_owned());
    let document = call.parameters.required("PolicyDocument", &DOCUMENT)?;
    let description = call.parameters.optional("Description", &POLICY_DESCRIPTION)?;
    let tags = Tags::from_parameters(call.parameters)?;
    let now = call.now;
    let arn = arn(call.state().account, &path, &name);
    let mut asked = vec![Asked::on("iam:CreatePolicy", &arn).shown_as(format!("policy {name}")).request_tags(&tags)];
    if !tags.is_empty() {
        asked.push(Asked::on("iam:TagPolicy", &arn).shown_as(format!("policy {name}")).request_tags(&tags));
    }
    let state = call.authorize(&asked)?;
    grammar::check(&document, Kind::Managed)?;
    check_name_and_quota(state, &name)?;
    let policy = ManagedPolicy {
        id: state.unique_id("ANPA"),
        name,
        path,
        owner: state.account.to_owned(),
        description,
        created: now,
        updated: now,
        versions: BTreeMap::from([(1, Version { document, created: now })]),
        default_version: 1,
        last_version: 1,
        tags,
    };
    let answer = Xml::new().element("Policy", policy.xml(Uses::default(), Shown::Whole));
    state.policies.insert(arn, policy);
    Ok(answer)
}

fn check_name_and_quota(state: &State, name: &str) -> Result<(), Failure> {
    let mut own = state.policies.values().filter(|policy| !policy.is_aws_managed());
    if own.any(|policy| policy.name.eq_ignore_ascii_case(name)) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Failure::entity_already_exists(message));
    }
    if state.policies.values().filter(|policy| !policy.is_aws_managed()).count() >= state.policies_quota() {
        return Err(Failure::limit_exceeded(format!(
            "Cannot exceed quota for PoliciesPerAccount: {}",
            state.policies_quota()
        )));
    }
    Ok(())
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let asked = Asked::on_policy("iam:GetPolicy", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    let uses = Uses { attachments: state.attachments(&arn), as_boundary: state.boundary_uses(&arn) };
    Ok(Xml::new().element("Policy", find(state, &arn)?.xml(uses, Shown::Whole)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let scope = call.parameters.choice("Scope", &["All", "AWS", "Local"])?.unwrap_or("All");
    let usage = call.parameters.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let only_attached = call.parameters.flag("OnlyAttached")?;
    let prefix = call.parameters.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_else(|| "/".to_owned());
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_everything("iam:ListPolicies").shown_as(format!("policy path {prefix}"));
    let state = call.authorize(&[asked])?;
    let in_scope = |policy: &ManagedPolicy| match scope {
        "AWS" => policy.is_aws_managed(),
        "Local" => !policy.is_aws_managed(),
        _ => true,
    };
    let used = |policy: &ManagedPolicy| match usage {
        Some("PermissionsPolicy") => state.attachments(&policy.arn()) > 0,
        Some(_) => state.boundary_uses(&policy.arn()) > 0,
        None => !only_attached || state.attachments(&policy.arn()) > 0,
    };
    let policies = state
        .policies
        .iter()
        .filter(|(_, policy)| in_scope(policy) && used(policy) && policy.path.starts_with(&prefix));
    let (policies, closing) = page.cut(policies.map(|(arn, policy)| (arn.clone(), policy)));
    let uses = state.all_uses();
    let use_of = |policy: &ManagedPolicy| uses.get(policy.arn().as_str()).copied().unwrap_or_default();
    let policies = policies.into_iter().map(|policy| policy.xml(use_of(policy), Shown::Listed));
    Ok(Xml::new().list("Policies", policies).then(closing))
}

pub(super) fn list_entities(call: &mut Call<'_>) -> Result<Xml, Failure> {
    const KINDS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    let kind = call.parameters.choice("EntityFilter", &KINDS)?;
    let usage = call.parameters.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let prefix = call.parameters.optional("PathPrefix", &PATH_PREFIX)?.unwrap_or_else(|| "/".to_owned());
    let page = Page::from_parameters(call.parameters)?;
    let asked = Asked::on_policy("iam:ListEntitiesForPolicy", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    find(state, &arn)?;
    let uses = |role: &Role| {
        let attached = usage != Some("PermissionsBoundary") && role.attached.contains(&arn);
        let bounds = usage != Some("PermissionsPolicy") && role.boundary.as_ref() == Some(&arn);
        attached || bounds
    };
    let is_asked_for = |what: &str| kind.is_none_or(|kind| kind == what);
    // Users and groups have no boundary here.
    let attached = |attached: &BTreeSet<String>| usage != Some("PermissionsBoundary") && attached.contains(&arn);
    let groups = state.groups.values().filter(|group| group.path.starts_with(&prefix) && attached(&group.attached));
    let groups = groups.filter(|_| is_asked_for("Group"));
    let groups = groups.map(|group| Holder { kind: "Group", name: &group.name, id: &group.id });
    let users = state.users.values().filter(|user| prefix == "/" && attached(&user.attached));
    let users = users.filter(|_| is_asked_for("User"));
    let users = users.map(|user| Holder { kind: "User", name: &user.name, id: &user.id });
    let roles = state.roles.values().filter(|role| role.path.starts_with(&prefix) && uses(role));
    let roles = roles.filter(|_| is_asked_for("Role"));
    let roles = roles.map(|role| Holder { kind: "Role", name: &role.name, id: &role.id });
    let holders = groups.chain(users).chain(roles).map(|holder| (format!("{} {}", holder.kind, holder.name), holder));
    let mut holders: Vec<(String, Holder<'_>)> = holders.collect();
    holders.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (holders, closing) = page.cut(holders);
    let of_kind = |kind: &str| -> Vec<Xml> {
        let of_kind = holders.iter().filter(|holder| holder.kind == kind);
        of_kind
            .map(|holder| Xml::new().text(&format!("{kind}Name"), holder.name).text(&format!("{kind}Id"), holder.id))
            .collect()
    };
    let (groups, users, roles) = (of_kind("Group"), of_kind("User"), of_kind("Role"));
    Ok(Xml::new().list("PolicyGroups", groups).list("PolicyUsers", users).list("PolicyRoles", roles).then(closing))
}

/// An identity that a policy is attached to.
struct Holder<'a> {
    kind: &'static str,
    name: &'a str,
    id: &'a str,
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("PolicyArn", &ARN)?;
    check_arn(&arn)?;
    let asked = Asked::on_policy("iam:DeletePolicy", call.state(), &arn);
    let state = call.authorize(&[asked])?;
    if find_own_mut(state, &arn)?.versions.len() > 1 {
        return Err(Failure::delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        ));
    }
    if state.attachments(&arn) + state.boundary_uses(&arn) > 0 {
        return Err(Failure::delete_conflict("Cannot delete a policy attached to entities."));
    }
    state.policies.remove(&arn);
    Ok(Xml::new())
}
