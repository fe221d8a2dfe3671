//! The boundary holds what the rules call for, and the live one is held against it.

mod power;

use super::*;
use crate::domain::digest::canonical;
use crate::domain::reference;

const NOW: &str = "2026-11-23T20:00:00Z";

fn rules(lines: &str, rules: &[(&str, &str, &str)]) -> Rules {
    let rules: String = rules
        .iter()
        .enumerate()
        .map(|(number, (types, resources, actions))| {
            format!(
                "  - {{name: r{number}, requesters: ['*'], resource-types: [{types}], resources: [{resources}], actions: [{actions}], longest-duration: 1h, approval: none}}\n"
            )
        })
        .collect();
    let rules = if rules.is_empty() { "rules: []\n".to_owned() } else { format!("rules:\n{rules}") };
    let text = format!("version: 1\naccounts: {{ '123456789012': {{}} }}\ntrust: {{ mode: account }}\n{lines}{rules}");
    Rules::parse(&text).unwrap()
}

fn first() -> Rules {
    rules("", &[("S3, EC2", "'*'", "'*'")])
}

fn allows(boundary: &Value, action: &str, resource: &str, context: Context) -> bool {
    let everything =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let request = Request { action: action.to_owned(), resource: resource.to_owned(), context };
    let boundary = PolicyDocument::parse(boundary).unwrap();
    evaluate(&[PolicyDocument::parse(&everything).unwrap()], Some(&boundary), &request).is_allowed()
}

/// Returns the services of which the boundary allows more than what is denied.
fn open_services(boundary: &Value) -> Vec<&'static str> {
    let is_open = |prefix: &&'static str| {
        let mut actions: Vec<_> = reference::service(prefix).unwrap().actions.iter().collect();
        // The first actions that are not denied, where there are any, stand for all.
        actions.sort_by_key(|action| action.is_denied);
        actions.iter().take(3).any(|action| allows(boundary, &format!("{prefix}:{}", action.name), "*", Context::new()))
    };
    reference::prefixes().filter(is_open).collect()
}

#[test]
fn the_services_of_identities_are_those_of_which_the_reference_denies_every_action() {
    let denied: Vec<&str> = reference::services().filter(|service| service.is_denied()).map(|it| it.prefix).collect();
    assert_eq!(denials::IDENTITY_SERVICES.to_vec(), denied);
}

#[test]
fn the_first_rules_mean_the_guide_s_two_services() {
    assert_eq!(open_services(&from_rules(&first()).unwrap()), ["ec2", "s3"]);
}

#[test]
fn a_rule_opens_the_services_that_it_names_and_no_other() {
    for (types, resources, actions, services) in [
        ("'*'", "'*'", "'s3:Get*'", vec!["s3"]),
        ("'*'", "'*'", "'dynamodb:*', sqs:SendMessage", vec!["dynamodb", "sqs"]),
        ("'*'", "'arn:aws:lambda:*:*:function:x'", "'*'", vec!["lambda"]),
        ("S3, Lambda", "'arn:*'", "'*'", vec!["lambda", "s3"]),
        ("S3", "'*'", "'*:Get*'", vec!["s3"]),
        ("Warehouse", "'*'", "'*'", vec!["ec2", "s3"]),
        ("Step Functions", "'*'", "'*'", vec!["states"]),
        ("'*'", "'*'", "'iam:*', 'nosuch:*'", vec![]),
    ] {
        let boundary = from_rules(&rules("", &[(types, resources, actions)])).unwrap();
        assert_eq!(open_services(&boundary), services, "{types} {resources} {actions}");
    }
    assert_eq!(open_services(&from_rules(&rules("", &[])).unwrap()), Vec::<&str>::new());
}

#[test]
fn nothing_that_the_reference_denies_gets_through_and_everything_else_of_the_services_does() {
    let rules = rules("", &[("'*'", "'*'", "'s3:*', 'ec2:*', 'lambda:*', 'cloudtrail:*', 'quicksight:*'")]);
    let boundary = from_rules(&rules).unwrap();
    let mut held_back = Vec::new();
    for prefix in ["s3", "ec2", "lambda", "quicksight", "iam", "sts", "organizations", "sso", "account"] {
        let service = reference::service(prefix).unwrap();
        for action in &service.actions {
            let name = format!("{prefix}:{}", action.name);
            let allowed = allows(&boundary, &name, "*", Context::new());
            assert!(!(action.is_denied && allowed), "{name}");
            if !action.is_denied && !allowed {
                held_back.push(name);
            }
        }
    }
    // What the boundary adds to the reference, and nothing by the way of a pattern that is too wide.
    let known = [
        "s3:GetDataAccess",
        "ec2:AssociateIamInstanceProfile",
        "ec2:DeleteFlowLogs",
        "ec2:DisassociateIamInstanceProfile",
        "ec2:ReplaceIamInstanceProfileAssociation",
    ];
    held_back.retain(|name| !known.contains(&name.as_str()));
    assert_eq!(held_back, Vec::<String>::new());
    for action in ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "config:StopConfigurationRecorder"] {
        assert!(!allows(&boundary, action, "*", Context::new()), "{action}");
    }
}

#[test]
fn an_allowed_action_is_let_through_alone() {
    let lines = "allow-actions: [iam:PassRole, s3:PutBucketPolicy, cloudtrail:StopLogging, ssm:StartSession]\n";
    let boundary = from_rules(&rules(lines, &[("S3", "'*'", "'*'")])).unwrap();
    for action in ["iam:PassRole", "s3:PutBucketPolicy", "cloudtrail:StopLogging", "ssm:StartSession"] {
        assert!(allows(&boundary, action, "*", Context::new()), "{action}");
    }
    for action in ["iam:PutRolePolicy", "iam:GetRole", "s3:PutBucketAcl", "cloudtrail:DeleteTrail", "ssm:GetParameter"]
    {
        assert!(!allows(&boundary, action, "*", Context::new()), "{action}");
    }
}

#[test]
fn account_wide_actions_and_companions_are_allowed_by_name() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let lines = format!(
        "account-wide-actions: ['ec2:Describe*', 'iam:List*']\ncompanions:\n  - {{kind: bucket, actions: [cloudwatch:GetMetricData], keys: ['{key}']}}\n"
    );
    let boundary = from_rules(&rules(&lines, &[("S3", "'*'", "'*'")])).unwrap();
    let via = |service: &str| Context::new().with("kms:ViaService", format!("{service}.us-east-1.amazonaws.com"));
    assert!(allows(&boundary, "ec2:DescribeInstances", "*", Context::new()));
    assert!(allows(&boundary, "cloudwatch:GetMetricData", "*", Context::new()));
    assert!(allows(&boundary, "kms:Decrypt", key, via("s3")));
    assert!(!allows(&boundary, "kms:Decrypt", key, via("ec2")));
    assert!(!allows(&boundary, "kms:Decrypt", key, Context::new()));
    assert!(!allows(&boundary, "kms:Decrypt", &key.replace("1234abcd", "9234abcd"), via("s3")));
    for action in ["ec2:StopInstances", "iam:ListRoles", "kms:Encrypt"] {
        assert!(!allows(&boundary, action, "*", Context::new()), "{action}");
    }
    let policy = |service: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [key],
            "Condition": { "StringEquals": { "kms:ViaService": format!("{service}.us-east-1.amazonaws.com") } } }] })
    };
    assert_eq!(first_forbidden(&policy("s3"), &boundary, NOW.parse().unwrap()).unwrap(), None);
    assert!(first_forbidden(&policy("ec2"), &boundary, NOW.parse().unwrap()).unwrap().is_some());
}

#[test]
fn a_boundary_that_does_not_fit_is_refused_with_the_arithmetic() {
    let all: Vec<String> = reference::prefixes().map(|prefix| format!("'{prefix}:*'")).collect();
    let refusal = from_rules(&rules("", &[("'*'", "'*'", &all.join(", "))])).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("boundary-too-long", "boundary"));
    assert!(refusal.reason.contains("6144") && refusal.reason.contains("ec2 "), "{}", refusal.reason);
    let (_, largest) = refusal.reason.rsplit_once(": ").unwrap();
    let mut sizes = Vec::new();
    for told in largest.split(", ") {
        let (prefix, size) = told.split_once(' ').unwrap();
        // The room that it takes between the brackets of the list, with a comma behind each.
        let list = json!(denials::widening(reference::service(prefix).unwrap(), &[])).to_string();
        assert_eq!(size, (list.len() - 1).to_string(), "{prefix}");
        sizes.push(size.parse::<usize>().unwrap());
    }
    assert!(sizes.len() == 5 && sizes.is_sorted_by(|one, other| one >= other), "{sizes:?}");
}

#[test]
fn what_is_named_takes_no_room_where_its_service_is_open_or_unknown() {
    let lines = "allow-actions: [s3:PutBucketPolicy, nosuch:Do]\naccount-wide-actions: [sqs:ListQueues]\n";
    let boundary = from_rules(&rules(lines, &[("S3", "'*'", "'*'")])).unwrap();
    assert_eq!(boundary["Statement"][0]["Action"], json!(["s3:*", "sqs:ListQueues"]));
}

#[test]
fn the_same_rules_give_the_same_document_whatever_their_order() {
    let (one, other) = (("'*'", "'*'", "'s3:*'"), ("'*'", "'*'", "'sqs:*', 'ec2:*'"));
    assert_eq!(from_rules(&rules("", &[one, other])).unwrap(), from_rules(&rules("", &[other, one])).unwrap());
}

#[test]
fn the_boundary_of_the_first_rules_is_the_one_that_is_shown() {
    let shown = crate::assets::boundary_policy().unwrap();
    let generated = from_rules(&first()).unwrap();
    assert_eq!(canonical(&generated), canonical(&shown), "workflows/aws/boundary.json should be:\n{generated:#}");
}

#[test]
fn the_boundary_is_not_blamed_for_what_the_template_narrows() {
    let now = NOW.parse().unwrap();
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"], "Condition": {
            "DateLessThan": { "aws:CurrentTime": "2026-11-23T21:00:00Z" },
            "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } },
        { "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {
            "Bool": { "aws:MultiFactorAuthPresent": "false" } } }] });
    let boundary = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": action, "Resource": "*" }] })
    };
    assert_eq!(first_forbidden(&policy, &boundary("s3:*"), now).unwrap(), None);
    assert!(first_forbidden(&policy, &boundary("s3:Get*"), now).unwrap().is_some());
}

/// Returns the generated boundary with its statements edited.
fn edited(edit: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut document = from_rules(&first()).unwrap();
    edit(document["Statement"].as_array_mut().unwrap());
    document
}

#[test]
fn a_live_boundary_that_is_tighter_passes_however_it_is_written() {
    let wanted = from_rules(&first()).unwrap();
    for live in [
        wanted.clone(),
        edited(|statements| statements[0]["Action"] = json!(["S3:Get*", "ec2:*"])),
        edited(|statements| statements[0]["Resource"] = json!("arn:aws:s3:::b")),
        edited(|statements| {
            statements[0]["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } })
        }),
        edited(|statements| statements.push(json!({ "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" }))),
        edited(|statements| {
            statements.truncate(1);
            statements.push(json!({ "Effect": "Deny", "Action": "*", "Resource": ["*"] }));
        }),
    ] {
        assert_eq!(wider(&live, &wanted), None, "{live:#}");
    }
}

#[test]
fn a_live_boundary_that_is_wider_in_any_way_is_found_out() {
    let wanted = from_rules(&first()).unwrap();
    for (live, word) in [
        (edited(|statements| statements[0]["Action"] = json!("*")), "`*`"),
        (edited(|statements| statements[0]["Action"] = json!(["s3:*", "ec2:*", "sqs:SendMessage"])), "sqs:SendMessage"),
        (edited(|statements| statements[0]["Action"] = json!(["s3:*", "e*"])), "`e*`"),
        (edited(|statements| statements[0]["Action"] = json!(["nosuch:*"])), "`nosuch:*`"),
        (
            edited(|statements| {
                statements[0].as_object_mut().unwrap().shift_remove("Action");
                statements[0]["NotAction"] = json!("iam:*");
            }),
            "NotAction",
        ),
        (
            edited(|statements| statements[1]["Action"].as_array_mut().unwrap().retain(|action| action != "iam:*")),
            "iam:",
        ),
        (edited(|statements| statements[1]["Resource"] = json!("arn:aws:iam::123456789012:role/*")), "deny"),
        (
            edited(|statements| statements[3]["Condition"] = json!({ "Bool": { "aws:ViaAWSService": "false" } })),
            "allows ec2:",
        ),
        (edited(|statements| drop(statements.remove(2))), "does not deny access-analyzer:"),
    ] {
        let difference = wider(&live, &wanted).unwrap_or_else(|| panic!("{live:#}"));
        assert!(difference.contains(word), "{difference}");
    }
}

#[test]
fn a_grant_is_refused_under_a_boundary_that_is_wider_than_the_rules_even_if_it_allows_it() {
    let arn = "arn:aws:iam::123456789012:policy/port-iam-boundary";
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"] }] });
    let only_s3 = rules("", &[("S3", "'*'", "'*'")]);
    let judged = |live: Option<&Value>, rules: &Rules| {
        check(live, rules, &policy, arn, NOW.parse().unwrap()).map_err(|refusal| {
            assert!(refusal.remedy.contains("`port-iam aws boundary"), "an administrator is told how: {refusal:?}");
            (refusal.code.as_str(), refusal.field)
        })
    };
    // One that nobody can read is restored as one that is missing is made.
    let unreadable = json!({ "Version": "2012-10-17", "Statement": "none" });
    assert_eq!(judged(Some(&unreadable), &first()), Err(("boundary", "boundary")));
    let both = from_rules(&first()).unwrap();
    assert_eq!(judged(Some(&both), &first()), Ok(()));
    assert_eq!(judged(Some(&both), &only_s3), Err(("boundary", "boundary")));
    assert_eq!(judged(Some(&from_rules(&only_s3).unwrap()), &first()), Ok(()));
    assert_eq!(judged(None, &first()), Err(("no-boundary", "boundary")));
    let without = from_rules(&rules("", &[("EC2", "'*'", "'*'")])).unwrap();
    assert_eq!(judged(Some(&without), &first()), Err(("boundary", "permissions")));
}

#[test]
fn the_key_of_a_companion_is_opened_through_the_service_of_its_resources_alone() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let through = |kind: &str, actions: &str| -> Vec<&str> {
        let lines = format!("companions:\n  - {{kind: '{kind}', keys: ['{key}']}}\n");
        let boundary = from_rules(&rules(&lines, &[("'*'", "'*'", actions)])).unwrap();
        let is_open = |service: &&str| {
            let context = Context::new().with("kms:ViaService", format!("{service}.us-east-1.amazonaws.com"));
            allows(&boundary, "kms:Decrypt", key, context)
        };
        ["dynamodb", "glue", "kafka", "kafka-cluster", "ec2", "ebs"].into_iter().filter(is_open).collect()
    };
    assert_eq!(through("dynamodb:table", "'dynamodb:*', 'glue:*'"), ["dynamodb"]);
    assert_eq!(through("dynamodb:table", "'glue:*'"), Vec::<&str>::new());
    // KMS is told the service that the resource's ARN names, and `kafka-cluster` has actions on clusters of Kafka.
    assert_eq!(through("kafka-cluster:cluster", "'kafka-cluster:*'"), ["kafka"]);
    assert_eq!(through("kafka:cluster", "'kafka-cluster:*'"), ["kafka"]);
}
