//! Every call is judged by the policies of its caller.

use super::*;

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/bound";

/// A manager who may make roles under one path, within one boundary and with one tag.
fn manager() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Action": "iam:CreateRole", "Resource": arn("role/port-iam/*"),
                "Condition": {
                    "ArnEquals": { "iam:PermissionsBoundary": BOUNDARY },
                    "StringEquals": { "aws:RequestTag/managed-by": "port-iam" }
                }
            },
            {
                "Effect": "Allow", "Action": ["iam:TagRole"], "Resource": arn("role/port-iam/*"),
                "Condition": { "StringEquals": { "aws:RequestTag/managed-by": "port-iam" } }
            },
            {
                "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": arn("role/port-iam/*"),
                "Condition": {
                    "ArnLike": { "iam:PolicyARN": arn("policy/port-iam/*") },
                    "ArnEquals": { "iam:PermissionsBoundary": BOUNDARY }
                }
            },
            { "Effect": "Allow", "Action": ["iam:GetRole", "iam:ListRoles"], "Resource": arn("role/port-iam/*") }
        ]
    })
}

fn office() -> Office {
    let office = Office::with_manager(&[manager()]);
    office.ada().create_policy("/", "bound", &allow("*", "*")).succeeded();
    office.ada().create_policy("/port-iam/", "p", &allow("*", "*")).succeeded();
    office
}

fn create(office: &Office, path: &str, boundary: Option<&str>, tag: Option<&str>) -> Answer {
    let trust = trust("*").to_string();
    let mut parameters = vec![("RoleName", "r"), ("Path", path), ("AssumeRolePolicyDocument", &trust)];
    parameters.extend(boundary.map(|boundary| ("PermissionsBoundary", boundary)));
    if let Some(value) = tag {
        parameters.extend([("Tags.member.1.Key", "managed-by"), ("Tags.member.1.Value", value)]);
    }
    office.manager().iam("CreateRole", &parameters)
}

#[test]
fn a_role_is_made_only_under_the_path_within_the_boundary_and_marked() {
    let cases = [
        ("/", Some(BOUNDARY), Some("port-iam")),
        ("/port-iam/", None, Some("port-iam")),
        ("/port-iam/", Some("arn:aws:iam::aws:policy/AdministratorAccess"), Some("port-iam")),
        ("/port-iam/", Some(BOUNDARY), None),
        ("/port-iam/", Some(BOUNDARY), Some("somebody-else")),
    ];
    for (path, boundary, tag) in cases {
        let office = office();
        assert_eq!(create(&office, path, boundary, tag).outcome(), "403 AccessDenied", "{path} {boundary:?} {tag:?}");
        assert_eq!(office.account.role_names("/"), Vec::<String>::new());
    }
    let office = office();
    create(&office, "/port-iam/", Some(BOUNDARY), Some("port-iam")).succeeded();
    assert_eq!(office.account.role_names("/port-iam/"), ["r"]);
}

#[test]
fn a_refusal_says_who_may_not_do_what_and_why() {
    let refused = create(&office(), "/", Some(BOUNDARY), Some("port-iam"));
    assert_eq!(
        refused.message(),
        "User: arn:aws:iam::123456789012:user/port-iam-management-user is not authorized to perform: iam:CreateRole \
         on resource: arn:aws:iam::123456789012:role/r because no identity-based policy allows the iam:CreateRole action"
    );
}

#[test]
fn tags_at_creation_need_the_right_to_tag() {
    let office = Office::with_manager(&[allow("iam:CreateRole", "*")]);
    let refused = create(&office, "/", None, Some("x"));
    assert!(refused.message().contains("iam:TagRole"), "{}", refused.body);
    create(&office, "/", None, None).succeeded();
}

#[test]
fn attaching_looks_at_the_policy_and_at_the_boundary_that_the_role_has() {
    let office = office();
    create(&office, "/port-iam/", Some(BOUNDARY), Some("port-iam")).succeeded();
    let attach = |policy: &str| office.manager().iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", policy)]);
    assert_eq!(attach("arn:aws:iam::aws:policy/AdministratorAccess").outcome(), "403 AccessDenied");
    attach(&arn("policy/port-iam/p")).succeeded();
    office.ada().iam("DeleteRolePermissionsBoundary", &[("RoleName", "r")]).succeeded();
    assert_eq!(attach(&arn("policy/port-iam/p")).outcome(), "403 AccessDenied");
}

#[test]
fn a_list_without_resource_types_needs_a_star() {
    let office = office();
    let refused = office.manager().iam("ListRoles", &[("PathPrefix", "/port-iam/")]);
    assert_eq!(refused.outcome(), "403 AccessDenied");
    assert!(refused.message().contains("on resource: arn:aws:iam::123456789012:role/port-iam/ "));
}

#[test]
fn the_path_of_a_role_that_is_not_there_is_unknown() {
    let office = office();
    create(&office, "/port-iam/", Some(BOUNDARY), Some("port-iam")).succeeded();
    office.manager().iam("GetRole", &[("RoleName", "r")]).succeeded();
    office.ada().iam("DeleteRole", &[("RoleName", "r")]).succeeded();
    assert_eq!(office.manager().iam("GetRole", &[("RoleName", "r")]).outcome(), "403 AccessDenied");
    assert_eq!(office.ada().iam("GetRole", &[("RoleName", "r")]).outcome(), "404 NoSuchEntity");
}

#[test]
fn a_developer_may_not_even_look() {
    let office = office();
    for action in ["ListRoles", "ListPolicies", "GetAccountSummary", "GetUser"] {
        assert_eq!(office.dana().iam(action, &[]).outcome(), "403 AccessDenied", "{action}");
    }
    office.dana().sts("GetCallerIdentity", &[]).succeeded();
}

#[test]
fn a_policy_that_cannot_be_judged_lets_nobody_through() {
    let office = Office::with_manager(&[json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Maybe" }] })]);
    assert_eq!(office.manager().iam("ListRoles", &[]).outcome(), "500 ServiceFailure");
}

#[test]
fn the_simulator_knows_deny_boundary_and_what_was_not_said() {
    let office = Office::new();
    let mut dated = allow("s3:PutObject", "arn:aws:s3:::b/*");
    dated["Statement"][0]["Condition"] = json!({ "DateLessThan": { "aws:CurrentTime": "2030-01-01T00:00:00Z" } });
    let dated = dated.to_string();
    let bound = allow("s3:Get*", "*").to_string();
    let object = "arn:aws:s3:::b/key";
    let base = [
        ("PolicyInputList.member.1", dated.as_str()),
        ("ActionNames.member.1", "s3:PutObject"),
        ("ResourceArns.member.1", object),
    ];
    let time = [
        ("ContextEntries.member.1.ContextKeyName", "aws:CurrentTime"),
        ("ContextEntries.member.1.ContextKeyType", "date"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "2026-11-23T20:00:00Z"),
    ];
    let ask = |parameters: &[&[(&str, &str)]]| {
        let answer = office.ada().iam("SimulateCustomPolicy", &parameters.concat()).succeeded();
        (answer.value("EvalDecision").unwrap().to_owned(), answer.value("MissingContextValues").unwrap().to_owned())
    };
    let missing = "<member>aws:CurrentTime</member>".to_owned();
    assert_eq!(ask(&[&base]), ("implicitDeny".to_owned(), missing));
    assert_eq!(ask(&[&base, &time]).0, "allowed");
    let boundary = [("PermissionsBoundaryPolicyInputList.member.1", bound.as_str())];
    assert_eq!(ask(&[&base, &time, &boundary]).0, "implicitDeny");
    let deny_all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    assert_eq!(ask(&[&base, &time, &[("PolicyInputList.member.2", deny_all)]]).0, "explicitDeny");
}

#[test]
fn the_simulator_reads_the_policies_of_a_role() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_role("/port-iam/", "r", &trust("*")).succeeded();
    let put = allow("s3:PutObject", "arn:aws:s3:::b/*").to_string();
    ada.iam("PutRolePolicy", &[("RoleName", "r"), ("PolicyName", "i"), ("PolicyDocument", &put)]).succeeded();
    let source = arn("role/port-iam/r");
    let decision = |resource: &str| {
        let question = [
            ("PolicySourceArn", source.as_str()),
            ("ActionNames.member.1", "s3:PutObject"),
            ("ResourceArns.member.1", resource),
        ];
        let answer = ada.iam("SimulatePrincipalPolicy", &question).succeeded();
        answer.value("EvalDecision").unwrap().to_owned()
    };
    assert_eq!(decision("arn:aws:s3:::b/key"), "allowed");
    assert_eq!(decision("arn:aws:s3:::other/key"), "implicitDeny");
}
