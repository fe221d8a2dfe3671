//! Roles, policies and instance profiles: names, limits, conflicts.

use super::*;

fn everything() -> Value {
    allow("*", "*")
}

#[test]
fn a_name_is_taken_whatever_its_case_and_path() {
    let office = Office::new();
    office.ada().create_role("/one/", "Grant", &trust("*")).succeeded();
    assert_eq!(office.ada().create_role("/two/", "gRANT", &trust("*")).outcome(), "409 EntityAlreadyExists");
    assert_eq!(office.ada().iam("GetRole", &[("RoleName", "grant")]).outcome(), "404 NoSuchEntity");
    office.ada().create_policy("/one/", "Grant", &everything()).succeeded();
    assert_eq!(office.ada().create_policy("/two/", "grant", &everything()).outcome(), "409 EntityAlreadyExists");
}

#[test]
fn a_role_goes_only_when_nothing_hangs_on_it() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_role("/", "r", &trust("*")).succeeded();
    ada.create_policy("/", "p", &everything()).succeeded();
    let policy = arn("policy/p");
    let document = everything().to_string();
    ada.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &policy)]).succeeded();
    ada.iam("PutRolePolicy", &[("RoleName", "r"), ("PolicyName", "i"), ("PolicyDocument", &document)]).succeeded();
    ada.iam("CreateInstanceProfile", &[("InstanceProfileName", "ip")]).succeeded();
    ada.iam("AddRoleToInstanceProfile", &[("InstanceProfileName", "ip"), ("RoleName", "r")]).succeeded();
    let steps: [(&str, Vec<(&str, &str)>); 3] = [
        ("DetachRolePolicy", vec![("RoleName", "r"), ("PolicyArn", &policy)]),
        ("DeleteRolePolicy", vec![("RoleName", "r"), ("PolicyName", "i")]),
        ("RemoveRoleFromInstanceProfile", vec![("InstanceProfileName", "ip"), ("RoleName", "r")]),
    ];
    for (action, parameters) in steps {
        assert_eq!(ada.iam("DeleteRole", &[("RoleName", "r")]).outcome(), "409 DeleteConflict");
        ada.iam(action, &parameters).succeeded();
    }
    ada.iam("DeleteRole", &[("RoleName", "r")]).succeeded();
    assert_eq!(office.account.role_names("/"), Vec::<String>::new());
}

#[test]
fn a_policy_goes_only_without_other_versions_and_users() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_policy("/", "p", &everything()).succeeded();
    let policy = arn("policy/p");
    let document = everything().to_string();
    ada.iam("CreatePolicyVersion", &[("PolicyArn", &policy), ("PolicyDocument", &document), ("SetAsDefault", "true")])
        .succeeded();
    assert_eq!(ada.iam("DeletePolicy", &[("PolicyArn", &policy)]).outcome(), "409 DeleteConflict");
    let second = [("PolicyArn", policy.as_str()), ("VersionId", "v2")];
    assert_eq!(ada.iam("DeletePolicyVersion", &second).outcome(), "409 DeleteConflict");
    ada.iam("DeletePolicyVersion", &[("PolicyArn", &policy), ("VersionId", "v1")]).succeeded();
    let trusted = trust("*").to_string();
    ada.iam(
        "CreateRole",
        &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trusted), ("PermissionsBoundary", &policy)],
    )
    .succeeded();
    assert_eq!(ada.iam("DeletePolicy", &[("PolicyArn", &policy)]).outcome(), "409 DeleteConflict");
    ada.iam("DeleteRole", &[("RoleName", "r")]).succeeded();
    ada.iam("DeletePolicy", &[("PolicyArn", &policy)]).succeeded();
    assert_eq!(office.account.policy_arns("/"), Vec::<String>::new());
}

#[test]
fn a_version_number_is_never_given_out_twice() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_policy("/", "p", &everything()).succeeded();
    let (policy, document) = (arn("policy/p"), everything().to_string());
    let create = || ada.iam("CreatePolicyVersion", &[("PolicyArn", &policy), ("PolicyDocument", &document)]);
    assert_eq!(create().value("VersionId"), Some("v2"));
    ada.iam("DeletePolicyVersion", &[("PolicyArn", &policy), ("VersionId", "v2")]).succeeded();
    assert_eq!(create().value("VersionId"), Some("v3"));
}

#[test]
fn policies_of_aws_can_be_attached_but_not_changed() {
    let office = Office::new();
    let ada = office.ada();
    let deny_all = "arn:aws:iam::aws:policy/AWSDenyAll";
    ada.create_role("/", "r", &trust("*")).succeeded();
    ada.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", deny_all)]).succeeded();
    assert_eq!(office.account.attached_policies("r"), Some(vec![deny_all.to_owned()]));
    assert_eq!(ada.iam("DeletePolicy", &[("PolicyArn", deny_all)]).outcome(), "403 AccessDenied");
}

#[test]
fn lists_of_roles_show_the_trust_policy_but_no_tags_and_no_boundary() {
    let office = Office::new();
    let ada = office.ada();
    let trusted = trust("*").to_string();
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let tag = [("Tags.member.1.Key", "managed-by"), ("Tags.member.1.Value", "port-iam")];
    let mut parameters =
        vec![("RoleName", "r"), ("AssumeRolePolicyDocument", &trusted), ("PermissionsBoundary", boundary)];
    parameters.extend(tag);
    ada.iam("CreateRole", &parameters).succeeded();
    let whole = ada.iam("GetRole", &[("RoleName", "r")]).succeeded();
    assert_eq!(whole.value("PermissionsBoundaryArn"), Some(boundary));
    assert_eq!(whole.value("Key"), Some("managed-by"));
    let listed = ada.iam("ListRoles", &[]).succeeded();
    assert_eq!(listed.value("PermissionsBoundaryArn"), None);
    assert_eq!(listed.value("Key"), None);
    assert_eq!(listed.value("AssumeRolePolicyDocument"), whole.value("AssumeRolePolicyDocument"));
}

#[test]
fn tag_keys_of_a_role_are_compared_without_case() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_role("/", "r", &trust("*")).succeeded();
    let tag = |key, value| {
        ada.iam("TagRole", &[("RoleName", "r"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)])
    };
    tag("Owner", "one").succeeded();
    tag("oWNER", "two").succeeded();
    let tags = ada.iam("ListRoleTags", &[("RoleName", "r")]).succeeded();
    assert_eq!(tags.body.matches("<Key>").count(), 1);
    assert_eq!((tags.value("Key"), tags.value("Value")), (Some("oWNER"), Some("two")));
    assert_eq!(tag("aws:reserved", "x").outcome(), "400 InvalidInput");
}

#[test]
fn a_fifty_first_tag_is_refused_and_changes_nothing() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_role("/", "r", &trust("*")).succeeded();
    for number in 0..50 {
        let key = format!("k{number}");
        ada.iam("TagRole", &[("RoleName", "r"), ("Tags.member.1.Key", &key), ("Tags.member.1.Value", "v")]).succeeded();
    }
    let more = [("RoleName", "r"), ("Tags.member.1.Key", "more"), ("Tags.member.1.Value", "v")];
    assert_eq!(ada.iam("TagRole", &more).outcome(), "409 LimitExceeded");
    assert_eq!(ada.iam("ListRoleTags", &[("RoleName", "r")]).body.matches("<Key>").count(), 50);
}

#[test]
fn the_summary_counts_what_is_there() {
    let office = Office::new();
    office.ada().create_role("/", "r", &trust("*")).succeeded();
    let summary = office.ada().iam("GetAccountSummary", &[]).succeeded().body;
    for entry in ["<key>Roles</key><value>1</value>", "<key>Policies</key><value>0</value>", "<key>RolesQuota</key>"] {
        assert!(summary.contains(entry), "{entry} in {summary}");
    }
}

#[test]
fn a_role_takes_as_many_policies_as_the_account_says() {
    for (set, most) in [(None, 10), (Some(12), 12)] {
        let office = Office::new();
        if let Some(set) = set {
            office.account.set_attached_policies_quota(set);
        }
        let ada = office.ada();
        let told = ada.iam("GetAccountSummary", &[]).body;
        assert!(told.contains(&format!("<key>AttachedPoliciesPerRoleQuota</key><value>{most}</value>")), "{told}");
        ada.create_role("/", "r", &trust("*")).succeeded();
        let attach = |number: usize| {
            let name = format!("p{number}");
            ada.create_policy("/", &name, &everything()).succeeded();
            ada.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn(&format!("policy/{name}")))]).outcome()
        };
        for number in 1..=most {
            assert_eq!(attach(number), "200");
        }
        assert_eq!(attach(most + 1), "409 LimitExceeded");
        let first = arn("policy/p1");
        assert_eq!(ada.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &first)]).outcome(), "200");
    }
}
