//! Keys, versions, pages and ids.

use super::*;
use axum::http::HeaderMap;

#[test]
fn a_call_without_authorization_is_refused() {
    let office = Office::new();
    let answer = office.account.answer("", &HeaderMap::new(), b"Action=ListRoles&Version=2010-05-08");
    assert_eq!(answer.outcome(), "403 MissingAuthenticationToken");
}

#[test]
fn an_unknown_key_is_refused_and_so_is_that_of_somebody_who_left() {
    let office = Office::new();
    for id in ["AKIANOBODY0000000000", crate::sandbox::cast::GONE.aws_access_key_id] {
        let answer = office.worker(&long_term(id)).sts("GetCallerIdentity", &[]);
        assert_eq!(answer.outcome(), "403 InvalidClientTokenId");
    }
}

#[test]
fn the_key_says_who_calls() {
    let office = Office::new();
    let answer = office.dana().sts("GetCallerIdentity", &[]).succeeded();
    assert_eq!(answer.value("Arn"), Some(arn("user/dana").as_str()));
    assert!(answer.value("UserId").unwrap().starts_with("AIDA"));
    let answer = office.ada().iam("GetUser", &[]).succeeded();
    assert_eq!(answer.value("UserName"), Some("ada"));
}

#[test]
fn an_action_of_the_other_service_or_of_none_is_unknown() {
    let office = Office::new();
    assert_eq!(office.ada().iam("GetCallerIdentity", &[]).outcome(), "400 InvalidAction");
    assert_eq!(office.ada().sts("CreateRole", &[]).outcome(), "400 InvalidAction");
    assert_eq!(office.ada().iam("CreateAccountAlias", &[]).outcome(), "400 InvalidAction");
}

#[test]
fn every_answer_has_its_own_request_id() {
    let office = Office::new();
    let first = office.ada().iam("GetAccountSummary", &[]).succeeded();
    let second = office.ada().iam("GetRole", &[("RoleName", "nobody")]);
    assert_eq!(second.outcome(), "404 NoSuchEntity");
    assert_eq!(first.value("RequestId"), Some(first.request_id.as_str()));
    assert_eq!(second.value("RequestId"), Some(second.request_id.as_str()));
    assert_ne!(first.request_id, second.request_id);
}

#[test]
fn a_list_is_complete_over_its_pages() {
    let office = Office::new();
    for name in ["b", "a", "d", "c", "e"] {
        office.ada().create_role("/p/", name, &trust("*")).succeeded();
    }
    office.ada().create_role("/q/", "other", &trust("*")).succeeded();
    let mut seen = Vec::new();
    let mut marker = None::<String>;
    loop {
        let mut parameters = vec![("PathPrefix", "/p/"), ("MaxItems", "2")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let answer = office.ada().iam("ListRoles", &parameters).succeeded();
        seen.extend(answer.body.split("<RoleName>").skip(1).map(|rest| rest[..1].to_owned()));
        marker = answer.value("Marker").map(str::to_owned);
        assert_eq!(answer.value("IsTruncated"), Some(if marker.is_some() { "true" } else { "false" }));
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_web_identity_has_no_provider_to_vouch_for_it() {
    let office = Office::new();
    let body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=run&WebIdentityToken=a.eyJpc3MiOiJodHRwczovL2V4YW1wbGUifQ.c&RoleArn=arn:aws:iam::123456789012:role/x";
    let answer = office.account.answer("", &HeaderMap::new(), body.as_bytes());
    assert_eq!(answer.outcome(), "400 InvalidIdentityToken");
    assert!(answer.message().ends_with("https://example"));
}

#[test]
fn reads_may_lag_behind_writes() {
    let office = Office::new();
    office.account.delay_visibility(2);
    office.ada().create_role("/port-iam/", "r", &trust(&arn("user/dana"))).succeeded();
    assert_eq!(office.ada().iam("GetRole", &[("RoleName", "r")]).outcome(), "404 NoSuchEntity");
    let early = office.dana().assume(&arn("role/port-iam/r"), "dana");
    assert_eq!(early.err().as_deref(), Some("403 AccessDenied"));
    office.ada().iam("GetRole", &[("RoleName", "r")]).succeeded();
    let key = office.dana().assume(&arn("role/port-iam/r"), "dana").unwrap();
    office.worker(&key).sts("GetCallerIdentity", &[]).succeeded();
    office.ada().iam("DeleteRole", &[("RoleName", "r")]).succeeded();
    assert_eq!(office.account.role_names("/"), Vec::<String>::new());
    office.ada().iam("GetRole", &[("RoleName", "r")]).succeeded();
}
