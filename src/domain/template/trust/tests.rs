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
    TrustStatement { principal, further_actions: &[], conditions: Map::new() }
}

fn document(template: &TrustTemplate, ours: TrustStatement, name: Option<&str>) -> Result<Value, Refusal> {
    let document = template.document(ours, &account(), END.parse().unwrap(), || Ok(name.and_then(AwsName::parse)))?;
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
    let changes: [fn(&mut Value); 29] = [
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::<YOUR_AWS_ACCOUNT_ID>:root"}),
        |it| it["Principal"] = json!("*"),
        |it| it["Principal"] = json!({"AWS": "*"}),
        |it| it["Principal"] = json!({"AWS": ["arn:aws:iam::123456789012:root", "*"]}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/*"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::*:root"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/${aws:username}"}),
        |it| it["Principal"] = json!({"AWS": []}),
        |it| it["Principal"] = json!({"AWS": "12345"}),
        |it| it["Principal"] = json!({"AWS": "abcdefghijkl"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::12345:root"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam:us-east-1:123456789012:root"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:group/people"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:sts::123456789012:federated-user/dana"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:s3:::bucket"}),
        |it| it["Principal"] = json!({"AWS": "arn:aws:sqs:us-east-1:123456789012:root"}),
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
        assert_eq!(template(change).unwrap_err().code.as_str(), "template", "change {index}");
    }
    for wrong in [json!({}), json!({"Statement": []}), json!({"Statement": [{}, {}]}), json!({"Statement": "x"})] {
        assert!(TrustTemplate::parse(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn accounts_users_roles_and_sessions_are_named_in_full() {
    for identity in [
        "123456789012",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/people/dana",
        "arn:aws:iam::123456789012:role/ops",
        "arn:aws:sts::123456789012:assumed-role/ops/dana",
    ] {
        assert!(template(|it| it["Principal"] = json!({ "AWS": identity })).is_ok(), "{identity}");
    }
}

#[test]
fn an_account_is_twelve_digits_and_stands_for_its_root() {
    for text in ["12345", "1234567890123", "abcdefghijkl"] {
        let refusal = template(|it| it["Principal"] = json!({ "AWS": text })).unwrap_err();
        assert!(refusal.reason.contains("no account, user, role or session in full"), "{text}: {refusal}");
    }
    for principal in [json!("210987654321"), json!(["210987654321"])] {
        let template = template(|it| it["Principal"] = json!({ "AWS": principal })).unwrap();
        let decided = document(&template, ours(None), None).unwrap()["Principal"]["AWS"].clone();
        let root = "arn:aws:iam::210987654321:root";
        assert_eq!(decided, if principal.is_string() { json!(root) } else { json!([root]) });
    }
}

#[test]
fn a_statement_alone_is_read_like_a_list_of_one() {
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/<REQUESTER>"},
        "Action": "sts:AssumeRole"});
    let alone = TrustTemplate::parse(&json!({"Statement": statement})).unwrap();
    let listed = TrustTemplate::parse(&json!({"Statement": [statement]})).unwrap();
    assert_eq!(document(&alone, ours(None), Some("dana")), document(&listed, ours(None), Some("dana")));
}

#[test]
fn a_name_is_wanted_where_what_stays_of_the_template_holds_the_requester() {
    let (principal, condition) = (
        template(|it| it["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/<REQUESTER>"})).unwrap(),
        template(|it| it["Condition"] = json!({"StringLike": {"aws:PrincipalTag/who": "*:<REQUESTER>"}})).unwrap(),
    );
    let wants = |template: &TrustTemplate| [false, true].map(|replaces| template.wants_name(replaces));
    assert_eq!(wants(&template(|_| ()).unwrap()), [false, false]);
    assert_eq!(wants(&principal), [true, false]);
    assert_eq!(wants(&condition), [true, true]);
}

#[test]
fn of_two_ends_the_earlier_stands_however_the_key_is_spelled() {
    for (theirs, stands) in [
        (json!("2099-01-01T00:00:00Z"), END),
        (json!("2026-11-23T19:30:00Z"), "2026-11-23T19:30:00Z"),
        (json!(["2026-11-23T19:00:00Z", "2026-11-23T19:30:00Z"]), "2026-11-23T19:30:00Z"),
    ] {
        for key in ["aws:CurrentTime", "AWS:currenttime"] {
            let template = template(|it| it["Condition"]["DateLessThan"][key] = theirs.clone()).unwrap();
            let document = document(&template, ours(Some("x")), None).unwrap();
            assert_eq!(document["Condition"], json!({"DateLessThan": {"aws:CurrentTime": stands}}), "{key} {theirs}");
            assert!(template.own_end().unwrap().is_some());
        }
    }
    assert_eq!(template(|_| ()).unwrap().own_end(), Ok(None));
}

#[test]
fn conditions_that_iam_would_not_take_or_would_read_otherwise_are_refused() {
    for condition in [
        json!({"StringEqual": {"aws:SourceIdentity": "dana"}}),
        json!({"stringequals": {"aws:SourceIdentity": "dana"}}),
        json!({"StringEquals": {"SourceIdentity": "dana"}}),
        json!({"StringEquals": {"aws:SourceIdentity": "dana", "AWS:sourceidentity": "max"}}),
        json!({"StringEquals": {"aws:SourceIdentity": []}}),
        json!({"StringEquals": {"aws:SourceIdentity": {"is": "dana"}}}),
        json!({"DateLessThan": {"aws:CurrentTime": "soon"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "${aws:TokenIssueTime}"}}),
        json!({"Bool": "true"}),
        json!(["Bool"]),
        json!("Bool"),
        Value::Null,
    ] {
        let refusal = template(|it| it["Condition"] = condition.clone()).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("template", FILE), "{condition}");
    }
    for version in [json!("2008-10-17"), json!(2012)] {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"});
        assert!(TrustTemplate::parse(&json!({"Version": version, "Statement": [statement]})).is_err(), "{version}");
    }
}

#[test]
fn conditions_of_the_template_hold_besides_ours_and_never_in_their_place() {
    let mut person = ours(Some("x"));
    person.add("StringLike", "aws:userid", json!("*:dana"));
    let narrower = template(|it| {
        it["Condition"] = json!({"StringLike": {"aws:PrincipalTag/team": "a*"},
            "DateLessThan": {"aws:TokenIssueTime": END}, "Bool": {"aws:MultiFactorAuthPresent": "true"}});
    });
    let expected = json!({
        "DateLessThan": {"aws:CurrentTime": END, "aws:TokenIssueTime": END},
        "StringLike": {"aws:userid": "*:dana", "aws:PrincipalTag/team": "a*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    });
    assert_eq!(document(&narrower.unwrap(), person.clone(), None).unwrap()["Condition"], expected);
    let looser = template(|it| it["Condition"]["StringLike"]["AWS:UserId"] = json!("*")).unwrap();
    assert!(document(&looser, person, None).unwrap_err().reason.contains("aws:userid"));
}

#[test]
fn a_condition_on_the_requester_that_others_satisfy_is_refused() {
    for condition in [
        json!({"StringEqualsIfExists": {"aws:SourceIdentity": "<REQUESTER>"}}),
        json!({"StringLikeIfExists": {"aws:PrincipalTag/who": "*:<REQUESTER>"}}),
        json!({"ForAllValues:StringEquals": {"aws:SourceIdentity": "<REQUESTER>"}}),
        json!({"ForAnyValue:StringEqualsIfExists": {"aws:SourceIdentity": "<REQUESTER>"}}),
        json!({"Null": {"aws:SourceIdentity": "<REQUESTER>"}}),
        json!({"StringNotEquals": {"aws:SourceIdentity": "<REQUESTER>"}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/<REQUESTER>"}}),
        json!({"StringLike": {"aws:PrincipalTag/who": "*<REQUESTER>"}}),
        json!({"StringLike": {"aws:PrincipalTag/who": "*:<REQUESTER>*"}}),
        json!({"StringLike": {"aws:PrincipalTag/who": "*:?<REQUESTER>"}}),
        // `*-dana` is also the end of `max-dana`.
        json!({"StringLike": {"aws:PrincipalTag/who": "*-<REQUESTER>"}}),
        json!({"StringLike": {"aws:PrincipalTag/who": "*:<REQUESTER>@acme.*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/<REQUESTER>*"}}),
        json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/<REQUESTER>?"}}),
        json!({"StringEquals": {"aws:SourceIdentity": ["<REQUESTER>", "max"]}}),
        json!({"StringLike": {"aws:PrincipalTag/who": ["*:<REQUESTER>", "*"]}}),
        // `danax` and `x-dana` are somebody else.
        json!({"StringEquals": {"aws:SourceIdentity": ["<REQUESTER>", "<REQUESTER>x"]}}),
        json!({"StringLike": {"aws:PrincipalTag/who": ["*:<REQUESTER>", "*:x-<REQUESTER>"]}}),
        // Whoever calls says these of themselves.
        json!({"StringEquals": {"sts:RoleSessionName": "<REQUESTER>"}}),
        json!({"StringEquals": {"sts:SourceIdentity": "<REQUESTER>"}}),
        json!({"StringLike": {"STS:ExternalId": "*:<REQUESTER>"}}),
        json!({"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "<REQUESTER>"}}),
        json!({"StringEquals": {"aws:RequestTag/who": "<REQUESTER>"}}),
        json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "<REQUESTER>"}}),
        json!({"StringEquals": {"aws:UserAgent": "<REQUESTER>"}}),
        json!({"StringEquals": {"aws:referer": "<REQUESTER>"}}),
    ] {
        let refusal = template(|it| it["Condition"] = condition.clone()).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("template", FILE), "{condition}");
    }
    for condition in [
        json!({"StringEquals": {"aws:SourceIdentity": "<REQUESTER>"}}),
        json!({"StringEquals": {"aws:SourceIdentity": "<REQUESTER>*"}}),
        json!({"StringLike": {"aws:PrincipalTag/who": ["AROA1:<REQUESTER>", "*:<REQUESTER>"]}}),
        json!({"StringEquals": {"aws:SourceIdentity": ["<REQUESTER>-admin"]}}),
        json!({"StringEquals": {"aws:PrincipalTag/mail": "<REQUESTER>", "sts:RoleSessionName": "port"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/*/<REQUESTER>"}}),
        // Of others than the requester, any operator will do.
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}, "Null": {"aws:SourceIdentity": "false"}}),
    ] {
        assert!(template(|it| it["Condition"] = condition.clone()).is_ok(), "{condition}");
    }
}

/// Roles that IAM Identity Center made, as the trust mode `identity-center` names them.
const OF_IDENTITY_CENTER: [&str; 2] = [
    "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Dev_????????????????",
    "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_????????????????",
];

#[test]
fn a_session_s_name_tells_the_requester_only_where_identity_center_chose_it() {
    let told = |operator: &str, key: &str, roles: Value| {
        template(|it| {
            it["Condition"] = json!({"StringLike": {"aws:userid": "*:<REQUESTER>"}});
            it["Condition"][operator][key] = roles;
        })
    };
    for operator in ["ArnLike", "ArnEquals", "StringLike"] {
        assert!(told(operator, "AWS:principalarn", json!(OF_IDENTITY_CENTER)).is_ok(), "{operator}");
    }
    assert!(told("StringEquals", "aws:PrincipalArn", json!(OF_IDENTITY_CENTER[0].replace(['*', '?'], "a"))).is_ok());
    let refused = [
        ("ArnLike", "aws:PrincipalTag/role", json!(OF_IDENTITY_CENTER)),
        ("ArnLikeIfExists", "aws:PrincipalArn", json!(OF_IDENTITY_CENTER)),
        ("ForAllValues:ArnLike", "aws:PrincipalArn", json!(OF_IDENTITY_CENTER)),
        ("ArnNotLike", "aws:PrincipalArn", json!(OF_IDENTITY_CENTER)),
        ("ArnLike", "aws:PrincipalArn", json!([OF_IDENTITY_CENTER[0], "arn:aws:iam::123456789012:role/ops"])),
        ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::123456789012:role/*")),
        ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::123456789012:role/AWSReservedSSO_Dev_*")),
        ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::123456789012:role/x/aws-reserved/sso.amazonaws.com/*")),
        ("StringLike", "aws:PrincipalArn", json!("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*")),
        ("StringLike", "aws:PrincipalArn", json!("*:role/aws-reserved/sso.amazonaws.com/*")),
    ];
    let alone = template(|it| it["Condition"] = json!({"StringEquals": {"AWS:UserId": "AROA1:<REQUESTER>"}}));
    for result in refused.map(|(operator, key, roles)| told(operator, key, roles)).into_iter().chain([alone]) {
        let refusal = result.unwrap_err();
        assert!(refusal.reason.contains("by the name of a session") && refusal.remedy.contains("ArnLike"), "{refusal}");
    }
    let principal = |role: &str, name: &str| {
        let session = format!("arn:aws:sts::123456789012:assumed-role/{role}/{name}");
        template(|it| it["Principal"] = json!({ "AWS": ["123456789012", session] }))
    };
    assert!(principal("AWSReservedSSO_Dev_0123456789abcdef", "<REQUESTER>").is_ok());
    assert!(principal("ops", "nightly").is_ok() && principal("<REQUESTER>", "nightly").is_ok());
    for (role, name) in [("ops", "<REQUESTER>"), ("ops", "x-<REQUESTER>"), ("x-AWSReservedSSO_Dev", "<REQUESTER>")] {
        let refusal = principal(role, name).unwrap_err();
        assert!(refusal.reason.contains("the Principal") && refusal.remedy.contains("AWSReservedSSO_"), "{refusal}");
    }
}

#[test]
fn identities_of_another_account_or_partition_are_foreign() {
    let own = ["123456789012", "arn:aws:iam::123456789012:user/<REQUESTER>"];
    let foreign = ["210987654321", "arn:aws:iam::210987654321:user/<REQUESTER>", "arn:aws-cn:iam::123456789012:root"];
    let all: Vec<&str> = own.into_iter().chain(foreign).collect();
    let template = template(|it| it["Principal"] = json!({ "AWS": all })).unwrap();
    assert_eq!(template.foreign_principals(&account()), foreign);
}

#[test]
fn the_requester_s_name_replaces_its_placeholder_and_nothing_else() {
    let template = template(|it| {
        it["Principal"] = json!({"AWS": ["arn:aws:iam::123456789012:user/people/<REQUESTER>", "210987654321"]});
        it["Condition"] = json!({"StringLike": {"aws:PrincipalTag/who": "*:<REQUESTER>"}});
    });
    let template = template.unwrap();
    let decided = document(&template, ours(None), Some("dana.k")).unwrap();
    let identities = ["arn:aws:iam::123456789012:user/people/dana.k", "arn:aws:iam::210987654321:root"];
    assert_eq!(decided["Principal"], json!({ "AWS": identities }));
    assert_eq!(decided["Condition"]["StringLike"], json!({"aws:PrincipalTag/who": "*:dana.k"}));
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

#[test]
fn every_character_of_a_template_counts() {
    let length = |role: &str| {
        let arn = format!("arn:aws:iam::123456789012:role/{role}");
        template(|statement| statement["Principal"] = json!({ "AWS": arn })).unwrap().length()
    };
    let (short, long) = (length("a"), length("abcd"));
    assert!(short > "arn:aws:iam::123456789012:role/a".len(), "{short}");
    assert_eq!(long - short, 3);
}
