//! What a trust template may be, and what becomes of it.

use super::*;
use crate::domain::identifier::AccountId;

const END: &str = "2026-11-23T20:00:00Z";

fn account() -> AwsAccount {
    let id = AccountId::parse("account", "123456789012").expect("an account");
    AwsAccount { id, partition: "aws".to_owned() }
}

fn template(change: impl FnOnce(&mut Value)) -> Result<TrustTemplate, Refusal> {
    let mut statement =
        json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"});
    change(&mut statement);
    TrustTemplate::parse(&json!({"Version": "2012-10-17", "Statement": [statement]}))
}

fn ours(principal: Option<&str>) -> TrustStatement {
    let principal = principal.map(|principal| json!({ "AWS": principal }));
    let mut ours = TrustStatement { principal, further_actions: &[], conditions: Map::new() };
    ours.add("DateLessThan", "aws:CurrentTime", json!(END));
    ours
}

fn document(template: &TrustTemplate, ours: TrustStatement, name: Option<&str>) -> Result<Value, Refusal> {
    let document = template.document(ours, &account(), || Ok(name.and_then(AwsName::parse)))?;
    Ok(document["Statement"][0].clone())
}

#[test]
fn the_guide_s_template_is_a_frame_for_principal_and_end() {
    let document = document(&template(|_| ()).unwrap(), ours(Some("x")), None).unwrap();
    let end = json!({"DateLessThan": {"aws:CurrentTime": END}});
    let expected = json!({"Effect": "Allow", "Principal": {"AWS": "x"}, "Action": "sts:AssumeRole", "Condition": end});
    assert_eq!(document, expected);
}

#[test]
fn a_trust_template_allows_one_thing_to_named_identities_and_has_no_placeholder() {
    let changes: [fn(&mut Value); 20] = [
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::<YOUR_AWS_ACCOUNT_ID>:root"}),
        |it| it["Principal"] = json!("*"),
        |it| it["Principal"] = json!({"AWS": "*"}),
        |it| it["Principal"] = json!({"AWS": ["arn:aws:iam::123456789012:root", "*"]}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/*"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::*:root"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/${aws:username}"}),
        |it| it["Principal"] = json!({"AWS": []}),
        |it| it["Principal"] = json!({"Service": "ec2.amazonaws.com"}),
        |it| it["Principal"] = json!({"Federated": "accounts.google.com"}),
        |it| it["Principal"] = json!({"AWS": "123456789012", "Service": "ec2.amazonaws.com"}),
        |it| it["NotPrincipal"] = json!({"AWS": "123456789012"}),
        |it| it["Action"] = json!("sts:*"),
        |it| it["Action"] = json!(["sts:AssumeRole", "sts:AssumeRoleWithSAML"]),
        |it| it["Action"] = json!("sts:TagSession"),
        |it| it["NotAction"] = json!("s3:*"),
        |it| it["Effect"] = json!("Deny"),
        |it| it["Resource"] = json!("*"),
        |it| it["Condition"] = json!({"StringEquals": {"<REQUESTER>": "x"}}),
        |it| it["Sid"] = json!("<REQUESTER>"),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert_eq!(template(change).unwrap_err().code, "template", "change {index}");
    }
    for wrong in [json!({}), json!({"Statement": []}), json!({"Statement": [{}, {}]}), json!({"Statement": "x"})] {
        assert!(TrustTemplate::parse(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_trust_template_cannot_move_the_end_however_it_is_spelled() {
    for (operator, key) in [("DateLessThan", "aws:CurrentTime"), ("datelessthan", "AWS:currenttime")] {
        let template = template(|it| it["Condition"][operator][key] = json!("2099-01-01T00:00:00Z")).unwrap();
        let document = document(&template, ours(Some("x")), None).unwrap();
        assert_eq!(document["Condition"], json!({"DateLessThan": {"aws:CurrentTime": END}}));
    }
}

#[test]
fn conditions_of_the_template_hold_besides_ours_and_never_in_their_place() {
    let mut person = ours(Some("x"));
    person.add("StringLike", "aws:userid", json!("*:dana"));
    let narrower = template(|it| {
        it["Condition"] = json!({"stringlike": {"aws:SourceIp": "10.*"}, "DateLessThan": {"aws:TokenIssueTime": END},
            "Bool": {"aws:MultiFactorAuthPresent": "true"}});
    });
    let expected = json!({
        "DateLessThan": {"aws:CurrentTime": END, "aws:TokenIssueTime": END},
        "StringLike": {"aws:userid": "*:dana", "aws:SourceIp": "10.*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    });
    assert_eq!(document(&narrower.unwrap(), person.clone(), None).unwrap()["Condition"], expected);
    for operator in ["StringLike", "STRINGLIKE"] {
        let looser = template(|it| it["Condition"][operator]["AWS:UserId"] = json!("*")).unwrap();
        assert!(document(&looser, person.clone(), None).unwrap_err().reason.contains("which the trust mode sets"));
    }
    let malformed = template(|it| it["Condition"] = json!({"Bool": "true"})).unwrap();
    assert!(document(&malformed, person, None).is_err());
}

#[test]
fn the_requester_s_name_replaces_its_placeholder_and_nothing_else() {
    let template = template(|it| {
        it["Principal"] = json!({"AWS": ["arn:aws:iam::123456789012:user/people/<REQUESTER>", "210987654321"]});
        it["Condition"] = json!({"StringLike": {"aws:userid": "*:<REQUESTER>"}});
    });
    let template = template.unwrap();
    let decided = document(&template, ours(None), Some("dana.k")).unwrap();
    let identities = ["arn:aws:iam::123456789012:user/people/dana.k", "arn:aws:iam::210987654321:root"];
    assert_eq!(decided["Principal"], json!({ "AWS": identities }));
    assert_eq!(decided["Condition"]["StringLike"], json!({"aws:userid": "*:dana.k"}));
    let refusal = document(&template, ours(None), None).unwrap_err();
    assert!(refusal.remedy.contains("`names`"), "{refusal}");
}

#[test]
fn a_template_decides_the_principal_only_when_it_has_one() {
    let template = template(|it| {
        it.as_object_mut().unwrap().shift_remove("Principal");
    });
    let template = template.unwrap();
    assert!(document(&template, ours(None), None).unwrap_err().reason.contains("no Principal"));
    assert_eq!(document(&template, ours(Some("x")), None).unwrap()["Principal"], json!({"AWS": "x"}));
}

#[test]
fn the_actions_of_template_and_mode_are_both_allowed() {
    let template = template(|it| it["Action"] = json!(["sts:TagSession", "sts:AssumeRole"])).unwrap();
    let mut ours = ours(Some("x"));
    assert_eq!(document(&template, ours.clone(), None).unwrap()["Action"], json!(["sts:AssumeRole", "sts:TagSession"]));
    ours.further_actions = &["sts:SetSourceIdentity"];
    let all = json!(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]);
    assert_eq!(document(&template, ours, None).unwrap()["Action"], all);
}
