//! Sessions: who may open one, how long it lasts, what it may do.

use super::*;
use jiff::SignedDuration;

fn role(name: &str) -> String {
    arn(&format!("role/port-iam/{name}"))
}

#[test]
fn who_is_trusted_by_name_needs_no_policy_of_his_own_and_nobody_else_gets_in() {
    let office = Office::with_manager(&[]);
    office.ada().create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    let key = office.dana().assume(&role("r"), "dana").unwrap();
    assert!(key.id.starts_with("ASIA"));
    let identity = office.worker(&key).sts("GetCallerIdentity", &[]).succeeded();
    assert_eq!(identity.value("Arn"), Some("arn:aws:sts::123456789012:assumed-role/r/dana"));
    // Max may assume what lies under the path, and Ada may do anything: the trust policy knows neither.
    assert_eq!(office.max().assume(&role("r"), "max").err().as_deref(), Some("403 AccessDenied"));
    assert_eq!(office.ada().assume(&role("r"), "ada").err().as_deref(), Some("403 AccessDenied"));
}

#[test]
fn trust_in_the_account_needs_a_policy_of_the_caller() {
    let office = Office::with_manager(&[]);
    office.ada().create_role("/port-iam/", "r", &trust(&arn("root"))).succeeded();
    assert!(office.dana().assume(&role("r"), "dana").is_ok());
    let answer = office.manager().sts("AssumeRole", &[("RoleArn", &role("r")), ("RoleSessionName", "manager")]);
    assert_eq!(answer.outcome(), "403 AccessDenied");
    assert!(answer.message().ends_with("because no identity-based policy allows the sts:AssumeRole action"));
}

#[test]
fn trust_ends_at_its_date() {
    let office = Office::new();
    let until = (office.clock.now() + SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut document = trust(&arn("user/dana"));
    document["Statement"][0]["Condition"] = json!({ "DateLessThan": { "aws:CurrentTime": until } });
    office.ada().create_role("/port-iam/", "r", &document).succeeded();
    assert!(office.dana().assume(&role("r"), "dana").is_ok());
    office.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(office.dana().assume(&role("r"), "dana").err().as_deref(), Some("403 AccessDenied"));
}

#[test]
fn a_session_does_what_is_attached_within_the_boundary_and_loses_it_at_once() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_policy("/", "list", &allow("iam:List*", "*")).succeeded();
    ada.create_policy("/", "bound", &allow("iam:ListRoles", "*")).succeeded();
    ada.create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    let key = office.dana().assume(&role("r"), "dana").unwrap();
    let session = office.worker(&key);
    assert_eq!(session.iam("ListRoles", &[]).outcome(), "403 AccessDenied");
    ada.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn("policy/list"))]).succeeded();
    session.iam("ListRoles", &[]).succeeded();
    session.iam("ListPolicies", &[]).succeeded();
    let bound = [("RoleName", "r"), ("PermissionsBoundary", &arn("policy/bound"))];
    ada.iam("PutRolePermissionsBoundary", &bound).succeeded();
    session.iam("ListRoles", &[]).succeeded();
    let refused = session.iam("ListPolicies", &[]);
    assert!(refused.message().ends_with("because no permissions boundary allows the iam:ListPolicies action"));
    let deny_all = [("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/AWSDenyAll")];
    ada.iam("AttachRolePolicy", &deny_all).succeeded();
    let refused = session.iam("ListRoles", &[]);
    assert!(refused.message().ends_with("with an explicit deny in an identity-based policy"), "{}", refused.message());
}

#[test]
fn a_session_ends_with_its_time_and_with_its_role() {
    let office = Office::new();
    office.ada().create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    let expiring = office.dana().assume(&role("r"), "dana").unwrap();
    office.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(office.worker(&expiring).sts("GetCallerIdentity", &[]).outcome(), "403 ExpiredToken");
    let orphan = office.dana().assume(&role("r"), "dana").unwrap();
    office.ada().iam("DeleteRole", &[("RoleName", "r")]).succeeded();
    office.ada().create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    assert_eq!(office.worker(&orphan).sts("GetCallerIdentity", &[]).outcome(), "403 InvalidClientTokenId");
}

#[test]
fn a_temporary_key_is_nothing_without_its_token() {
    let office = Office::new();
    office.ada().create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    let key = office.dana().assume(&role("r"), "dana").unwrap();
    let bare = office.worker(&long_term(&key.id));
    assert_eq!(bare.sts("GetCallerIdentity", &[]).outcome(), "403 InvalidClientTokenId");
}

#[test]
fn a_chained_session_lasts_an_hour_at_most() {
    let office = Office::new();
    let ada = office.ada();
    let trusted = trust("*").to_string();
    for name in ["first", "second"] {
        ada.iam(
            "CreateRole",
            &[("RoleName", name), ("AssumeRolePolicyDocument", &trusted), ("MaxSessionDuration", "43200")],
        )
        .succeeded();
    }
    let long = |name: &str| {
        [
            ("RoleArn", arn(&format!("role/{name}"))),
            ("RoleSessionName", "s1".to_owned()),
            ("DurationSeconds", "7200".to_owned()),
        ]
    };
    let call = |worker: &Worker<'_>, name: &str| {
        let parameters = long(name);
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        worker.sts("AssumeRole", &parameters)
    };
    let key = call(&ada, "first").key().unwrap();
    assert_eq!(call(&office.worker(&key), "second").outcome(), "400 ValidationError");
    assert!(office.worker(&key).assume(&arn("role/second"), "s2").is_ok());
}

#[test]
fn a_source_identity_must_be_allowed_by_the_trust_policy_and_stays() {
    let office = Office::new();
    office.ada().create_role("/port-iam/", "plain", &trust(&arn("user/dana"))).succeeded();
    let mut document = trust("*");
    document["Statement"][0]["Action"] = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
    office.ada().create_role("/port-iam/", "named", &document).succeeded();
    let assume = |worker: &Worker<'_>, name: &str, identity: &str| {
        let parameters =
            [("RoleArn", role(name)), ("RoleSessionName", "s1".to_owned()), ("SourceIdentity", identity.to_owned())];
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        worker.sts("AssumeRole", &parameters)
    };
    assert_eq!(assume(&office.dana(), "plain", "dana").outcome(), "403 AccessDenied");
    let first = assume(&office.dana(), "named", "dana").succeeded();
    assert_eq!(first.value("SourceIdentity"), Some("dana"));
    let session = office.worker(&first.key().unwrap());
    assert_eq!(assume(&session, "named", "max").outcome(), "403 AccessDenied");
    assert_eq!(assume(&session, "named", "dana").value("SourceIdentity"), Some("dana"));
}

#[test]
fn a_session_policy_narrows_the_session() {
    let office = Office::new();
    office.ada().create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    let everything = allow("iam:*", "*").to_string();
    let put = [("RoleName", "r"), ("PolicyName", "i"), ("PolicyDocument", everything.as_str())];
    office.ada().iam("PutRolePolicy", &put).succeeded();
    let (role_arn, narrow) = (role("r"), allow("iam:ListRoles", "*").to_string());
    let parameters = [("RoleArn", role_arn.as_str()), ("RoleSessionName", "s1"), ("Policy", &narrow)];
    let key = office.dana().sts("AssumeRole", &parameters).key().unwrap();
    office.worker(&key).iam("ListRoles", &[]).succeeded();
    let refused = office.worker(&key).iam("ListPolicies", &[]);
    assert!(refused.message().ends_with("because no session policy allows the iam:ListPolicies action"));
}

#[test]
fn a_role_made_anew_is_not_trusted_in_place_of_the_old_one() {
    let office = Office::new();
    let ada = office.ada();
    ada.create_role("/", "first", &trust(&arn("user/dana"))).succeeded();
    ada.create_role("/", "second", &trust(&arn("role/first"))).succeeded();
    let second = arn("role/second");
    let key = office.dana().assume(&arn("role/first"), "dana").unwrap();
    assert!(office.worker(&key).assume(&second, "s2").is_ok());
    ada.iam("DeleteRole", &[("RoleName", "first")]).succeeded();
    ada.create_role("/", "first", &trust(&arn("user/dana"))).succeeded();
    let key = office.dana().assume(&arn("role/first"), "dana").unwrap();
    assert_eq!(office.worker(&key).assume(&second, "s2").err().as_deref(), Some("403 AccessDenied"));
    let shown = ada.iam("GetRole", &[("RoleName", "second")]).succeeded();
    assert!(shown.value("AssumeRolePolicyDocument").unwrap().contains("AROA"));
}

/// A role as IAM Identity Center makes it for a permission set, which Ada trusts to Dana.
fn permission_set(office: &Office, name: &str) -> Key {
    office.ada().create_role("/", name, &trust(&arn("user/dana"))).succeeded();
    office.account.move_role(name, "/aws-reserved/sso.amazonaws.com/eu-west-1/");
    let everything = allow("sts:*", "*").to_string();
    let put = [("RoleName", name), ("PolicyName", "i"), ("PolicyDocument", everything.as_str())];
    office.ada().iam("PutRolePolicy", &put).succeeded();
    let role = arn(&format!("role/aws-reserved/sso.amazonaws.com/eu-west-1/{name}"));
    office.dana().assume(&role, "dana@acme.example").unwrap()
}

#[test]
fn a_role_trusted_to_one_session_is_for_this_session_and_exists_only_with_its_role() {
    let office = Office::new();
    let session = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/dana@acme.example";
    let refused = office.ada().create_role("/port-iam/", "early", &trust(session));
    assert_eq!(refused.outcome(), "400 MalformedPolicyDocument");
    let dev = permission_set(&office, "AWSReservedSSO_Dev_0123456789abcdef");
    let ops = permission_set(&office, "AWSReservedSSO_Ops_0123456789abcdef");
    office.ada().create_role("/port-iam/", "r", &trust(session)).succeeded();
    assert!(office.worker(&dev).assume(&role("r"), "dana").is_ok());
    assert_eq!(office.worker(&ops).assume(&role("r"), "dana").err().as_deref(), Some("403 AccessDenied"));
    assert_eq!(office.dana().assume(&role("r"), "dana").err().as_deref(), Some("403 AccessDenied"));
}

#[test]
fn a_role_trusted_to_a_permission_set_looks_at_role_and_session() {
    let office = Office::new();
    let dev = permission_set(&office, "AWSReservedSSO_Dev_0123456789abcdef");
    let ops = permission_set(&office, "AWSReservedSSO_Ops_0123456789abcdef");
    let trusting = |user: &str| {
        let mut document = trust(&arn("root"));
        document["Statement"][0]["Condition"] = json!({
            "ArnLike": {"aws:PrincipalArn": [
                arn("role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Dev_????????????????"),
                arn("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_????????????????"),
            ]},
            "StringLike": {"aws:userid": format!("*:{user}")},
        });
        document
    };
    office.ada().create_role("/port-iam/", "r", &trusting("dana@acme.example")).succeeded();
    office.ada().create_role("/port-iam/", "other", &trusting("max@acme.example")).succeeded();
    assert!(office.worker(&dev).assume(&role("r"), "s1").is_ok());
    for refused in [office.worker(&ops).assume(&role("r"), "s1"), office.worker(&dev).assume(&role("other"), "s1")] {
        assert_eq!(refused.err().as_deref(), Some("403 AccessDenied"));
    }
}

#[test]
fn a_role_trusted_to_a_source_identity_is_for_whoever_carries_it() {
    let office = Office::new();
    let mut document = trust(&arn("root"));
    document["Statement"][0]["Action"] = json!(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]);
    document["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:SourceIdentity": "dana"}});
    office.ada().create_role("/port-iam/", "r", &document).succeeded();
    document["Statement"][0].as_object_mut().unwrap().remove("Condition");
    office.ada().create_role("/", "idp", &document).succeeded();
    let everything = allow("sts:*", "*").to_string();
    let put = [("RoleName", "idp"), ("PolicyName", "i"), ("PolicyDocument", everything.as_str())];
    office.ada().iam("PutRolePolicy", &put).succeeded();
    let session = |identity: &str| {
        let idp = arn("role/idp");
        let parameters = [("RoleArn", idp.as_str()), ("RoleSessionName", "s1"), ("SourceIdentity", identity)];
        office.ada().sts("AssumeRole", &parameters).key().unwrap()
    };
    assert!(office.worker(&session("dana")).assume(&role("r"), "s2").is_ok());
    let refused = office.worker(&session("max")).assume(&role("r"), "s2");
    assert_eq!(refused.err().as_deref(), Some("403 AccessDenied"));
    // Asking for a source identity in this very request is not carrying it.
    let (role, dana) = (role("r"), office.dana());
    let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "s2"), ("SourceIdentity", "dana")];
    assert_eq!(dana.sts("AssumeRole", &parameters).outcome(), "403 AccessDenied");
}
