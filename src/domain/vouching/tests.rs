use serde_json::json;

use super::*;
use crate::domain::iam::{PolicyState, RoleState};
use crate::domain::identifier::AccountId;
use crate::domain::quotas::Limits;
use crate::domain::refusal::RefusalCode;

const BUCKET: &str = "arn:aws:s3:::bucket";
const END: &str = "2026-11-23T20:00:00Z";

pub(super) fn configuration(more: &str) -> Configuration {
    let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": [], "Resource": "" }] });
    with_template(more, &policy)
}

pub(super) fn with_template(more: &str, policy: &Value) -> Configuration {
    let rules = format!(
        "version: 1\naccounts: {{\"123456789012\": {{}}}}\ntrust: {{mode: account}}\n{more}rules:\n  - {{name: all, requesters: [dana@acme.example], resource-types: [S3], resources: [\"*\"], actions: [\"s3:*\"], longest-duration: 8h, approval: none}}\n"
    );
    let trust = json!({ "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": "sts:AssumeRole" }] });
    Configuration::parse(Some(&rules), Some(&policy.to_string()), Some(&trust.to_string())).unwrap()
}

fn account() -> AwsAccount {
    AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What is there of a grant of `s3:PutObject` on the bucket, with another trust policy and policy.
pub(super) fn observed(change: impl FnOnce(&mut Value, &mut Value)) -> Observed {
    let configuration = configuration("");
    let (resources, actions) = (resources(), actions());
    let compiled =
        policy::compile(&resources, &actions, &account().id, &Allowances::from(&configuration.rules)).unwrap();
    let room = Limits::default().room();
    let mut policies =
        policy::documents_within(&configuration.policy_template, &compiled.statements, at(END), room).unwrap();
    let mode = &configuration.rules.trust;
    let mut trust =
        trust::document(&configuration.trust_template, mode, &account(), "dana@acme.example", at(END)).unwrap();
    change(&mut trust, &mut policies[0]);
    let policy = PolicyState {
        arn: String::new(),
        document: policies.remove(0),
        default_version: "v1".to_owned(),
        attachments: 1,
        tags: Vec::new(),
    };
    let role = RoleState {
        path: "/port-iam/".to_owned(),
        arn: String::new(),
        trust,
        created: None,
        boundary: None,
        max_session_seconds: None,
        tags: Vec::new(),
    };
    Observed { role: Some(role), policies: vec![Some(policy)], ..Observed::default() }
}

fn resources() -> Vec<Arn> {
    vec![Arn::parse("entity", BUCKET).unwrap()]
}

fn actions() -> Vec<ActionName> {
    vec![ActionName::parse("s3:PutObject").unwrap()]
}

fn judge(observed: &Observed, configuration: &Configuration) -> Result<(), Refusal> {
    let asked = Asked { requester: "dana@acme.example", resources: &resources(), actions: &actions(), end: at(END) };
    goes_no_further(&asked, configuration, &account(), observed)
}

#[test]
fn what_a_run_asked_for_is_no_more_than_it_asked_for() {
    assert_eq!(judge(&observed(|_, _| ()), &configuration("")), Ok(()));
    assert_eq!(judge(&Observed::default(), &configuration("")), Ok(()));
}

#[test]
fn what_other_rules_made_narrower_or_in_other_words_goes_no_further() {
    type Change = fn(&mut Value, &mut Value);
    let changes: [Change; 5] = [
        |trust, _| {
            trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] = json!("2026-11-23T19:00:00Z")
        },
        |_, policy| policy["Statement"][0]["Resource"] = json!("arn:aws:s3:::bucket/reports/*"),
        |_, policy| policy["Statement"][0]["Action"] = json!("S3:putobject"),
        |_, policy| policy["Statement"][0]["Condition"]["StringEquals"]["aws:SourceVpc"] = json!("vpc-1"),
        |_, policy| {
            let denial = json!({ "Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*" });
            policy["Statement"].as_array_mut().unwrap().push(denial);
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(judge(&observed(change), &configuration("")), Ok(()), "change {number}");
    }
}

#[test]
fn what_only_begins_with_the_name_that_was_asked_for_reaches_further_than_the_request() {
    let judge = |asked: &str, action: &str, resource: &str| {
        let (resources, actions) = ([Arn::parse("entity", asked).unwrap()], [ActionName::parse(action).unwrap()]);
        let there = observed(|_, policy| {
            policy["Statement"][0]["Action"] = json!(action);
            policy["Statement"][0]["Resource"] = json!(resource);
        });
        let asked = Asked { requester: "dana@acme.example", resources: &resources, actions: &actions, end: at(END) };
        goes_no_further(&asked, &configuration(""), &account(), &there)
    };
    let regional = |rest: &str| format!("arn:aws:{rest}").replace("::", ":eu-west-1:123456789012:");
    let (parameter, repository) = (regional("ssm::parameter/team"), regional("ecr::repository/team"));
    let (object, group) = (format!("{BUCKET}/reports"), regional("logs::log-group:/aws/lambda"));
    for (asked, action, wider) in [
        (&parameter, "ssm:GetParameter", format!("{parameter}/*")),
        (&parameter, "ssm:GetParameter", format!("{parameter}/database")),
        (&repository, "ecr:BatchGetImage", format!("{repository}/*")),
        (&object, "s3:PutObject", format!("{object}/*")),
        (&group, "logs:FilterLogEvents", format!("{group}/billing:*")),
        (&group, "logs:GetLogEvents", format!("{group}/*:log-stream:*")),
        (&group, "logs:GetLogEvents", format!("{group}*")),
    ] {
        assert!(judge(asked, action, asked).is_ok(), "{asked}");
        let refusal = judge(asked, action, &wider).unwrap_err();
        assert!(refusal.reason.contains(&format!("reaches `{wider}`")), "{wider}: {refusal}");
    }
    let (bucket, table) = (BUCKET.to_owned(), regional("dynamodb::table/orders"));
    for (asked, action, within) in [
        (&bucket, "s3:PutObject", format!("{bucket}/*")),
        (&bucket, "s3:PutObject", format!("{bucket}/reports/2026/*")),
        (&group, "logs:FilterLogEvents", format!("{group}:*")),
        (&group, "logs:GetLogEvents", format!("{group}:log-stream:one")),
        (&table, "dynamodb:Query", format!("{table}/index/*")),
    ] {
        assert_eq!(judge(asked, action, &within), Ok(()), "{within}");
    }
}

#[test]
fn whatever_reaches_further_than_the_request_was_let_in_by_no_rules() {
    type Change = fn(&mut Value, &mut Value);
    // What no configuration made of it, and what one of another day may have.
    use RefusalCode::{BeyondItsRequest as Never, BeyondTodaysConfiguration as NotToday};
    let changes: [(Change, RefusalCode, &str); 16] = [
        (
            |trust, _| {
                trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] = json!("2026-11-23T20:00:01Z");
            },
            Never,
            "does not end by 2026-11-23T20:00:00Z",
        ),
        (|trust, _| trust["Statement"][0]["Condition"] = json!({}), Never, "does not end by"),
        (
            |trust, _| trust["Statement"][0]["Principal"]["AWS"] = json!("arn:aws:iam::999999999999:root"),
            Never,
            "not that of its requester",
        ),
        (|trust, _| trust["Statement"][0]["Principal"] = json!("*"), Never, "not that of its requester"),
        (
            |trust, _| trust["Statement"][0]["Principal"]["Service"] = json!("ec2.amazonaws.com"),
            Never,
            "not that of its requester",
        ),
        (
            |trust, _| trust["Statement"][0]["Principal"]["AWS"] = json!("arn:aws:iam::123456789012:user/someone"),
            NotToday,
            "not that of its requester",
        ),
        (
            |trust, _| {
                let second = trust["Statement"][0].clone();
                trust["Statement"].as_array_mut().unwrap().push(second);
            },
            Never,
            "does not end by",
        ),
        (
            |_, policy| {
                policy["Statement"][0]["Condition"].as_object_mut().unwrap().shift_remove("DateLessThan").unwrap();
            },
            Never,
            "a policy of it does not end by",
        ),
        (
            |_, policy| {
                policy["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] = json!("2026-11-23T20:00:01Z");
            },
            Never,
            "a policy of it does not end by",
        ),
        (|_, policy| policy["Statement"][0]["Action"] = json!("s3:*"), Never, "allows `s3:*`"),
        (
            |_, policy| policy["Statement"][0]["Action"] = json!(["s3:PutObject", "s3:GetObject"]),
            NotToday,
            "allows `s3:GetObject`",
        ),
        (|_, policy| policy["Statement"][0]["Resource"] = json!("*"), NotToday, "reaches `*`"),
        (
            |_, policy| policy["Statement"][0]["Resource"] = json!("arn:aws:s3:::bucket-of-others/*"),
            NotToday,
            "reaches",
        ),
        (
            |_, policy| policy["Statement"][0]["Resource"] = json!(["arn:aws:s3:::bucket/*", "arn:aws:s3:::other/*"]),
            NotToday,
            "other/*",
        ),
        (
            |_, policy| {
                policy["Statement"][0] = json!({ "Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*" });
            },
            Never,
            "everything but something",
        ),
        (
            |_, policy| {
                let mut more = policy["Statement"][0].clone();
                (more["Action"], more["Resource"]) = (json!("iam:PassRole"), json!("*"));
                policy["Statement"].as_array_mut().unwrap().push(more);
            },
            NotToday,
            "allows `iam:PassRole`",
        ),
    ];
    for (number, (change, code, expected)) in changes.into_iter().enumerate() {
        let refusal = judge(&observed(change), &configuration("")).unwrap_err();
        assert_eq!(refusal.code, code, "change {number}");
        assert!(refusal.reason.contains(expected), "change {number}: {}", refusal.reason);
    }
}

/// Where nobody can tell any more what was asked for.
#[test]
fn until_when_a_role_is_and_to_whom_is_told_without_what_it_gives() {
    let judge = |observed: &Observed, requester: &str, last: &str| {
        lets_nobody_else_in(requester, at(last), &configuration(""), &account(), observed)
            .map_err(|refusal| refusal.code)
    };
    let (dana, wide) = ("dana@acme.example", observed(|_, policy| policy["Statement"][0]["Resource"] = json!("*")));
    assert_eq!(judge(&wide, dana, END), Ok(()));
    assert_eq!(judge(&wide, dana, "2026-11-23T19:59:59Z"), Err(RefusalCode::BeyondItsRequest));
    let theirs = json!("arn:aws:iam::999999999999:root");
    let of_others = observed(|trust, _| trust["Statement"][0]["Principal"]["AWS"] = theirs);
    assert_eq!(judge(&of_others, dana, END), Err(RefusalCode::BeyondItsRequest));
}

#[test]
fn only_a_run_that_port_may_have_lost_leaves_it_to_a_person() {
    let why = Refusal::new(RefusalCode::NotExtendable, "entity", "it was never asked for", "look at it");
    for (refusal, code) in [
        (lost_beginning(), RefusalCode::BeyondTodaysConfiguration),
        (no_beginning(), RefusalCode::BeyondItsRequest),
        (never_attempted(&why), RefusalCode::BeyondItsRequest),
    ] {
        assert_eq!(refusal.code, code, "{refusal}");
    }
    assert!(lost_beginning().reason.contains("which it may have lost"));
}

#[test]
fn an_account_wide_action_lets_no_other_action_reach_the_account() {
    let rules = "account-wide-actions: [s3:ListAllMyBuckets]\n";
    let configuration = configuration(rules);
    let actions = ["s3:PutObject", "s3:ListAllMyBuckets"].map(|name| ActionName::parse(name).unwrap());
    let asked = Asked { requester: "dana@acme.example", resources: &resources(), actions: &actions, end: at(END) };
    let judge = |observed: &Observed| goes_no_further(&asked, &configuration, &account(), observed);
    let with_listing = |more: &'static str| {
        observed(move |_, policy| {
            let mut wide = policy["Statement"][0].clone();
            (wide["Action"], wide["Resource"]) = (json!(["s3:ListAllMyBuckets", more]), json!("*"));
            policy["Statement"].as_array_mut().unwrap().push(wide);
        })
    };
    assert_eq!(judge(&with_listing("s3:ListAllMyBuckets")), Ok(()));
    let refusal = judge(&with_listing("s3:PutObject")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::BeyondTodaysConfiguration);
    assert!(refusal.reason.contains("reaches `*` with `s3:PutObject`"), "{}", refusal.reason);
}

#[test]
fn what_was_asked_for_and_is_allowed_no_more_reaches_what_was_named_and_nothing_else() {
    let actions = [ActionName::parse("s3:PutBucketPolicy").unwrap()];
    let asked = Asked { requester: "dana@acme.example", resources: &resources(), actions: &actions, end: at(END) };
    let judge = |resource: &'static str| {
        let observed = observed(|_, policy| {
            policy["Statement"][0]["Action"] = json!("s3:PutBucketPolicy");
            policy["Statement"][0]["Resource"] = json!(resource);
        });
        goes_no_further(&asked, &configuration(""), &account(), &observed)
    };
    assert_eq!(judge(BUCKET), Ok(()));
    for other in ["arn:aws:s3:::other", "*"] {
        let refusal = judge(other).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::BeyondTodaysConfiguration);
        assert!(refusal.reason.contains(&format!("reaches `{other}` with `s3:PutBucketPolicy`")), "{refusal}");
    }
}

#[test]
fn a_condition_that_narrows_what_was_asked_for_belongs_to_it() {
    type Change = fn(&mut Value);
    let changes: [Change; 3] = [
        |conditions| drop(conditions.as_object_mut().unwrap().shift_remove("StringEquals").unwrap()),
        |conditions| conditions["StringEquals"]["s3:ResourceAccount"] = json!("999999999999"),
        |conditions| conditions["StringEquals"]["s3:ResourceAccount"] = json!(["123456789012", "999999999999"]),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let observed = observed(|_, policy| change(&mut policy["Statement"][0]["Condition"]));
        let refusal = judge(&observed, &configuration("")).unwrap_err();
        assert!(refusal.reason.contains("without the conditions"), "change {number}: {}", refusal.reason);
    }
}

#[test]
fn fewer_values_narrow_a_condition_but_a_negated_one() {
    let condition = |operator: &str, values: &[&str]| json!({ operator: { "aws:SourceIp": values } });
    for (operator, narrows) in [
        ("StringEquals", true),
        ("IpAddress", true),
        ("ForAnyValue:StringLike", true),
        ("NotIpAddress", false),
        ("StringNotEquals", false),
        ("ForAnyValue:StringNotLike", false),
        ("ForAllValues:StringEquals", false),
        ("Null", false),
    ] {
        let ours = condition(operator, &["a", "b"]);
        assert!(is_narrowed_by(&ours, &ours), "{operator}");
        assert_eq!(is_narrowed_by(&condition(operator, &["a"]), &ours), narrows, "{operator}");
        assert!(!is_narrowed_by(&condition(operator, &["a", "b", "c"]), &ours), "{operator}");
    }
}

#[test]
fn a_condition_that_the_template_has_since_takes_nothing_from_anybody() {
    let vpc = json!({ "StringEquals": { "aws:SourceVpc": "vpc-1" } });
    let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": [], "Resource": "", "Condition": vpc }] });
    assert_eq!(judge(&observed(|_, _| ()), &with_template("", &policy)), Ok(()));
}

#[test]
fn what_the_template_allows_beside_keeps_its_conditions() {
    let signed = json!({ "Bool": { "aws:SecureTransport": "true" } });
    let beside = json!({ "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": signed });
    let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": [], "Resource": "" }, beside] });
    let with_listing = |is_signed: bool| {
        observed(move |_, policy| {
            let mut beside = policy["Statement"][0].clone();
            (beside["Action"], beside["Resource"]) = (json!("s3:ListAllMyBuckets"), json!("*"));
            if is_signed {
                beside["Condition"]["Bool"]["aws:SecureTransport"] = json!("true");
            }
            policy["Statement"].as_array_mut().unwrap().push(beside);
        })
    };
    let configuration = with_template("template-may-widen: true\n", &policy);
    assert_eq!(judge(&with_listing(true), &configuration), Ok(()));
    assert_eq!(judge(&with_listing(false), &configuration).unwrap_err().code, RefusalCode::BeyondTodaysConfiguration);
}

#[test]
fn what_the_configuration_grants_beside_is_no_more_than_was_asked_for() {
    let with_companion = |_: &mut Value, policy: &mut Value| {
        let mut beside = policy["Statement"][0].clone();
        (beside["Action"], beside["Resource"]) = (json!("s3:ListAllMyBuckets"), json!("*"));
        policy["Statement"].as_array_mut().unwrap().push(beside);
    };
    let companion = configuration("companions: [{kind: bucket, actions: [s3:ListAllMyBuckets]}]\n");
    assert_eq!(judge(&observed(with_companion), &companion), Ok(()));
    assert_eq!(
        judge(&observed(with_companion), &configuration("")).unwrap_err().code,
        RefusalCode::BeyondTodaysConfiguration
    );
}
