mod breadth;
mod by_path;
mod properties;
pub(in crate::domain::policy) mod reach;

use serde::Deserialize;

use super::*;
use crate::domain::reference::{self, Service};

/// One case: what is asked and what must come of it. They were checked by hand against AWS's own pages.
#[derive(Deserialize)]
struct Case {
    id: String,
    arn: String,
    action: String,
    verdict: String,
    spelled: Option<String>,
    resources: Vec<String>,
    missing_types: Vec<String>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../../tests/fixtures/policy-cases.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn judged(arn: &str, action: &str) -> Judged {
    only(judge(&[arn], &[action], &Allowances::default()))
}

/// Returns the first verdict, which is the only one where there is one resource and one action.
fn only(judgement: Judgement) -> Judged {
    judgement.into_iter().next().unwrap()
}

#[test]
fn every_case_gets_its_verdict_its_resources_and_its_missing_types() {
    let cases = cases();
    assert_eq!(cases.len(), 172);
    for case in cases {
        let judged = judged(&case.arn, &case.action);
        let got = (judged.verdict.as_str(), &judged.resources, &judged.missing_types);
        assert_eq!(got, (case.verdict.as_str(), &case.resources, &case.missing_types), "{}", case.id);
        assert_eq!(Some(judged.action), case.spelled, "{}", case.id);
    }
}

fn arns(texts: &[&str]) -> Vec<Arn> {
    texts.iter().map(|text| Arn::parse("entity", text).unwrap()).collect()
}

fn compiled(resources: &[&str], actions: &[&str], allowances: &Allowances) -> Result<Compiled, Refusal> {
    let actions: Vec<_> = actions.iter().map(|action| ActionName::parse(action).unwrap()).collect();
    let account = AccountId::parse("account", "123456789012").unwrap();
    compile(&arns(resources), &actions, &account, allowances)
}

/// Actions, resources and conditions of each statement.
fn statements(resources: &[&str], actions: &[&str], allowances: &Allowances) -> Vec<serde_json::Value> {
    let compiled = compiled(resources, actions, allowances).unwrap();
    let shown =
        |statement: &Statement| serde_json::json!([statement.actions, statement.resources, statement.conditions]);
    compiled.statements.iter().map(shown).collect()
}

fn rules(text: &str) -> Allowances {
    let file = format!("version: 1\naccounts: {{\"123456789012\": {{}}}}\ntrust: {{mode: account}}\nrules: []\n{text}");
    Allowances::from(&crate::domain::rules::Rules::parse(&file).unwrap())
}

const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789";
const VOLUME: &str = "arn:aws:ec2:us-east-1:123456789012:volume/vol-1";

#[test]
fn actions_on_equal_resources_share_a_statement_and_storage_is_bound_to_the_account() {
    let owner = serde_json::json!({"StringEquals": {"s3:ResourceAccount": "123456789012"}});
    assert_eq!(
        statements(&[BUCKET], &["s3:ListBucket", "S3:putobject", "s3:AbortMultipartUpload"], &Allowances::default()),
        [
            serde_json::json!([["s3:ListBucket"], [BUCKET], owner]),
            serde_json::json!([["s3:AbortMultipartUpload", "s3:PutObject"], ["arn:aws:s3:::my-s3-bucket/*"], owner]),
        ]
    );
}

#[test]
fn a_type_that_one_resource_satisfies_is_missing_of_none() {
    let alone = judged(INSTANCE, "ec2:AttachVolume");
    assert_eq!((alone.verdict, alone.missing_types), (Verdict::Incomplete, vec!["volume".to_owned()]));
    let both = judge(&[INSTANCE, VOLUME], &["ec2:AttachVolume"], &Allowances::default());
    assert!(both.verdicts().all(|judged| judged.verdict == Verdict::Allow), "{both:?}");
    let together = statements(&[VOLUME, INSTANCE], &["ec2:AttachVolume"], &Allowances::default());
    assert_eq!(together, [serde_json::json!([["ec2:AttachVolume"], [INSTANCE, VOLUME], {}])]);
}

#[test]
fn what_does_not_fit_is_refused_and_never_widened() {
    for (resources, action, code) in [
        (&[BUCKET][..], "ec2:StopInstances", "wrong-type"),
        (&[INSTANCE][..], "s3:PutObject", "wrong-type"),
        (&["arn:aws:s3:::b/k"][..], "s3:ListBucket", "wrong-type"),
        (&[VOLUME][..], "ec2:StopInstances", "wrong-type"),
        (&[INSTANCE][..], "ec2:AttachVolume", "incomplete"),
        (&[BUCKET][..], "s3:PutBucketPolicy", "privilege-escalation"),
        (&[INSTANCE][..], "ec2:ModifyInstanceAttribute", "privilege-escalation"),
        (&[BUCKET][..], "iam:PassRole", "privilege-escalation"),
        (&[BUCKET][..], "ec2:PutObject", "unknown-action"),
        (&[INSTANCE][..], "ec2:DescribeInstances", "needs-wildcard"),
        (&[BUCKET, INSTANCE][..], "s3:PutObject", "unused-resource"),
    ] {
        let refusal = compiled(resources, &[action], &Allowances::default()).unwrap_err();
        assert_eq!(refusal.code.as_str(), code, "{resources:?} {action}");
        assert!(!refusal.remedy.is_empty());
    }
    let twice = compiled(&[BUCKET], &["s3:PutObject", "s3:putobject"], &Allowances::default()).unwrap_err();
    assert_eq!(twice.code.as_str(), "duplicate");
}

#[test]
fn a_refusal_tells_of_every_action_that_cannot_be_granted() {
    let refusal =
        compiled(&[BUCKET], &["s3:PutObject", "s3:GetObjekt", "iam:PassRole"], &Allowances::default()).unwrap_err();
    assert!(refusal.reason.contains("s3:GetObjekt") && refusal.reason.contains("iam:PassRole"), "{refusal}");
    assert!(!refusal.reason.contains("s3:PutObject ") && refusal.remedy.contains("did you mean s3:GetObject"));
}

#[test]
fn an_object_is_told_to_ask_for_its_bucket() {
    let judged = judged("arn:aws:s3:::b/k", "s3:ListBucket");
    assert_eq!((judged.verdict, judged.suggestions), (Verdict::WrongType, vec!["arn:aws:s3:::b".to_owned()]));
}

#[test]
fn the_rules_file_may_lift_the_denial_of_single_actions_and_the_grant_says_so() {
    let lifted = rules("allow-actions: [\"s3:putbucketpolicy\"]\n");
    let compiled = compiled(&[BUCKET], &["s3:PutBucketPolicy"], &lifted).unwrap();
    assert_eq!(compiled.statements[0].resources, [BUCKET]);
    assert!(compiled.warnings[0].contains("denied by default"), "{compiled:?}");
    assert!(self::compiled(&[BUCKET], &["s3:DeleteBucketPolicy"], &lifted).is_err());
}

#[test]
fn an_account_wide_action_gets_a_statement_of_its_own_bound_to_the_region() {
    let allowed = rules("account-wide-actions: [\"ec2:Describe*\"]\n");
    assert_eq!(
        statements(&[INSTANCE], &["ec2:StopInstances", "ec2:DescribeInstances"], &allowed),
        [
            serde_json::json!([["ec2:StopInstances"], [INSTANCE], {}]),
            serde_json::json!([["ec2:DescribeInstances"], ["*"],
                {"StringEquals": {"aws:RequestedRegion": ["us-east-1"]}}]),
        ]
    );
    let warnings = compiled(&[INSTANCE], &["ec2:DescribeInstances"], &allowed).unwrap().warnings;
    assert!(warnings[0].contains("account-wide"), "{warnings:?}");
    // It has nothing to do with a bucket, and would be unbound there.
    assert_eq!(compiled(&[BUCKET], &["ec2:DescribeInstances"], &allowed).unwrap_err().code.as_str(), "needs-wildcard");
}

#[test]
fn a_class_of_actions_is_warned_of_or_refused() {
    let warnings = compiled(&[BUCKET], &["s3:GetObject", "s3:PutReplicationConfiguration"], &Allowances::default());
    let warnings = warnings.unwrap().warnings.join("\n");
    assert!(warnings.contains("s3:GetObject reads data"), "{warnings}");
    assert!(warnings.contains("s3:PutReplicationConfiguration can leave something behind"), "{warnings}");
    let refused = rules("refuse-classes: [leaves-behind]\n");
    assert!(compiled(&[BUCKET], &["s3:GetObject"], &refused).is_ok());
    let refusal = compiled(&[BUCKET], &["s3:PutReplicationConfiguration"], &refused).unwrap_err();
    assert_eq!(refusal.code.as_str(), "refused-class");
}

#[test]
fn companions_come_with_the_kind_they_are_for_and_are_told() {
    let companions = rules(
        "companions:\n  - {kind: instance, actions: [ec2:DescribeInstances]}\n  - {kind: bucket, resources: [\"arn:aws:s3:::my-*\"], keys: [\"arn:aws:kms:eu-west-1:123456789012:key/k1\"]}\n",
    );
    let instance = compiled(&[INSTANCE], &["ec2:StopInstances"], &companions).unwrap();
    assert_eq!(instance.statements[1].actions, ["ec2:DescribeInstances"]);
    assert_eq!(instance.statements[1].conditions["StringEquals"]["aws:RequestedRegion"][0], "us-east-1");
    assert_eq!(instance.companions, ["companion of instance: ec2:DescribeInstances, account-wide, read-only"]);
    let key = |actions: &[&str]| statements(&[BUCKET], actions, &companions).pop().unwrap();
    let through = serde_json::json!({
        "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [BUCKET, "arn:aws:s3:::my-s3-bucket/*"]},
    });
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/k1";
    assert_eq!(key(&["s3:GetObject"]), serde_json::json!([["kms:Decrypt"], [arn], through]));
    assert_eq!(key(&["s3:PutObject"]), serde_json::json!([["kms:Decrypt", "kms:GenerateDataKey"], [arn], through]));
    // Nothing is read or written, the bucket is another one, or the rules refuse what is sensitive.
    for (bucket, action) in
        [(BUCKET, "s3:DeleteObject"), (BUCKET, "s3:ListBucket"), ("arn:aws:s3:::other", "s3:PutObject")]
    {
        let other = compiled(&[bucket], &[action], &companions).unwrap();
        assert_eq!((other.statements.len(), other.companions.len()), (1, 0), "{action}");
    }
    let refusing = Allowances { refused_classes: vec![ActionClass::Sensitive], ..companions };
    assert_eq!(compiled(&[BUCKET], &["s3:PutObject"], &refusing).unwrap().statements.len(), 1);
}

#[test]
fn a_companion_of_one_service_s_table_is_none_of_another_s() {
    let tables = rules("companions: [{kind: \"dynamodb:table\", actions: [dynamodb:ListTables]}]\n");
    let of = |arn: &str, action: &str| compiled(&[arn], &[action], &tables).unwrap().companions.len();
    assert_eq!(of("arn:aws:dynamodb:us-east-1:123456789012:table/T", "dynamodb:PutItem"), 1);
    assert_eq!(of("arn:aws:glue:us-east-1:123456789012:table/db/t", "glue:GetTable"), 0);
}

#[test]
fn the_order_of_the_request_changes_nothing() {
    let one = statements(&[BUCKET, "arn:aws:s3:::other"], &["s3:GetObject", "s3:PutObject"], &Allowances::default());
    let two = statements(&["arn:aws:s3:::other", BUCKET], &["s3:PutObject", "s3:GetObject"], &Allowances::default());
    assert_eq!(one, two);
}

const GLUE: &str = "arn:aws:glue:us-east-1:123456789012";

fn verdict_on(arns: &[&str], action: &str) -> (Verdict, Vec<String>, Vec<String>) {
    let arns: Vec<String> = arns.iter().map(|arn| format!("{GLUE}:{arn}")).collect();
    let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
    let judged = only(judge(&arns, &[action], &Allowances::default()));
    let resources = judged.resources.iter().map(|arn| arn.trim_start_matches(GLUE).to_owned()).collect();
    (judged.verdict, resources, judged.missing_types)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn the_hierarchy_above_a_glue_table_is_added_where_a_request_has_to_match_all_of_it() {
    let whole = owned(&[":catalog", ":database/db", ":table/db/t"]);
    assert_eq!(verdict_on(&["table/db/t"], "glue:GetTable"), (Verdict::Allow, whole, Vec::new()));
    let children = owned(&[":catalog", ":database/db", ":table/db/*"]);
    assert_eq!(verdict_on(&["database/db"], "glue:GetTable"), (Verdict::AllowChildren, children, Vec::new()));
}

#[test]
fn nothing_above_a_glue_resource_is_added_that_could_be_meant_by_itself() {
    for (named, action, missing) in [
        (&["catalog/foo"][..], "glue:DeleteCatalog", &["rootcatalog"][..]),
        (&["table/db/t"], "glue:GetResourcePolicy", &["rootcatalog"]),
        (&["connectionType:JDBC"], "glue:CreateConnection", &["rootcatalog"]),
        (&["table/db/t", "userDefinedFunction/db/f"], "glue:DeleteDatabase", &["database"]),
        // Every federated catalog of the account would be meant by `catalog/*`.
        (&["connection/c"], "glue:GetEntityRecords", &["catalog"]),
    ] {
        let (verdict, resources, missing_types) = verdict_on(named, action);
        assert_eq!((verdict, missing_types), (Verdict::Incomplete, owned(missing)), "{action}");
        assert!(!resources.contains(&":catalog".to_owned()) || named.len() > 1, "{action}: {resources:?}");
        assert!(!resources.iter().any(|arn| arn == ":catalog/*" || arn == ":database/db"), "{action}: {resources:?}");
    }
}

#[test]
fn an_arn_of_no_resource_frees_nothing_from_its_region() {
    let allowed = rules("account-wide-actions: [\"ec2:*\"]\n");
    let nothing = "arn:aws:ec2:::x";
    assert_eq!(compiled(&[nothing], &["ec2:DescribeInstances"], &allowed).unwrap_err().code.as_str(), "needs-wildcard");
    assert!(compiled(&[INSTANCE, nothing], &["ec2:DescribeInstances"], &allowed).is_err());
}

#[test]
fn what_iam_cannot_write_is_allowed_by_the_tables_and_granted_to_nobody() {
    let judged = judged("arn:aws:s3:::b/\u{416}", "s3:GetObject");
    assert_eq!((judged.verdict, judged.is_granted()), (Verdict::Allow, false));
    let refusal = compiled(&["arn:aws:s3:::b/\u{416}"], &["s3:GetObject"], &Allowances::default()).unwrap_err();
    assert_eq!(refusal.code.as_str(), "policy-alphabet");
}

#[test]
fn a_resource_that_cannot_be_named_is_refused_for_that_and_not_as_unused() {
    let refusal = compiled(&[BUCKET, "arn:aws:s3:::my-s3-bucket/\u{416}"], &["s3:GetObject"], &Allowances::default());
    let refusal = refusal.unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("policy-alphabet", "resource"), "{refusal}");
    // The guide's own example: 8 digits are no account.
    let invalid = "arn:aws:ec2:us-east-1:12345678:instance/i-abc123456789";
    let account = AccountId::parse("account", "123456789012").unwrap();
    let none = Allowances::default();
    let judgement = judge(&[INSTANCE, invalid], &["ec2:StopInstances"], &none);
    let refusal = assemble(&judgement, &account, &none).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("invalid-arn", "resource"), "{refusal}");
    assert!(refusal.remedy.contains("12 digits"), "{refusal}");
}

#[test]
fn what_cannot_be_written_satisfies_nothing() {
    let service = reference::service("ec2").unwrap();
    assert!(service.action("AttachVolume").is_some());
    let volume = "arn:aws:ec2:us-east-1:123456789012:volume/vol-\u{416}";
    let verdicts: Vec<Judged> =
        judge(&[INSTANCE, volume], &["ec2:AttachVolume"], &Allowances::default()).into_iter().collect();
    assert_eq!((verdicts[0].verdict, &verdicts[0].missing_types), (Verdict::Incomplete, &owned(&["volume"])));
    assert!(verdicts.iter().all(|judged| !judged.is_granted()), "{verdicts:?}");
}

#[test]
fn the_gravest_verdict_gives_the_refusal_its_code_whatever_comes_first() {
    for actions in [["iam:PassRole", "s3:PutObject"], ["s3:PutObject", "iam:PassRole"]] {
        let refusal = compiled(&[INSTANCE], &actions, &Allowances::default()).unwrap_err();
        assert_eq!(refusal.code.as_str(), "privilege-escalation", "{actions:?}");
    }
}

#[test]
fn an_action_with_a_hyphen_in_its_name_is_an_action() {
    let name = "vpc-lattice:AssociateViaAWSService-EventsAndStates";
    assert_eq!(judged(BUCKET, name).verdict, Verdict::PrivilegeEscalation);
    assert_eq!(spelled(&ActionName::parse(name).unwrap(), true).unwrap(), name);
    let lifted = rules(&format!("allow-actions: [\"{name}\"]\naccount-wide-actions: [\"{name}\"]\n"));
    assert_eq!(lifted.denied_actions[0].as_str(), name);
}

#[test]
fn an_s3_action_that_does_not_tell_the_owner_is_not_granted() {
    let judged = judged(BUCKET, "s3:AllowVendedLogDeliveryForResource");
    assert_eq!((judged.verdict, judged.is_granted()), (Verdict::Allow, false));
    let refusal = compiled(&[BUCKET], &["s3:AllowVendedLogDeliveryForResource"], &Allowances::default()).unwrap_err();
    assert_eq!(refusal.code.as_str(), "no-owner");
    assert!(refusal.reason.contains("s3:ResourceAccount"), "{refusal}");
}

#[test]
fn what_names_the_service_and_none_of_its_resources_is_not_called_another_service_s() {
    for (arn, what) in [
        ("arn:aws:ec2:us-east-1::instance/i-1", "has the form of no resource of Amazon EC2"),
        ("arn:aws:ec2:us-east-1:123456789012:thing/i-1", "has the form of no resource of Amazon EC2"),
        ("arn:aws:s3:::b", "belongs to another service"),
        // Some resources of EC2 have ARNs of IAM.
        ("arn:aws:iam::123456789012:user/dana", "belongs to another service"),
    ] {
        for (action, verdict) in
            [("ec2:StopInstances", Verdict::WrongType), ("ec2:DescribeInstances", Verdict::NeedsWildcard)]
        {
            let judged = judged(arn, action);
            assert_eq!(judged.verdict, verdict, "{arn}");
            assert!(judged.reason.contains(what), "{}", judged.reason);
        }
    }
}

#[test]
fn the_narrowest_parent_is_recommended_first() {
    let version = format!("{GLUE}:tableVersion/db/t/1");
    let judged = judged(&version, "glue:GetTableVersion");
    assert_eq!(judged.verdict, Verdict::WrongType);
    assert_eq!(judged.suggestions[0], format!("{GLUE}:table/db/t"));
    assert!(judged.remedy.contains("ask for the table "), "{}", judged.remedy);
}

#[test]
fn a_companion_is_of_the_kind_that_the_rules_file_names_whatever_service_its_arn_names() {
    for (kind, arn, action) in [
        (
            "servicecatalog:portfolio",
            "arn:aws:catalog:us-east-1:123456789012:portfolio/port-1",
            "servicecatalog:DescribePortfolio",
        ),
        ("kafka-cluster:cluster", "arn:aws:kafka:us-east-1:123456789012:cluster/c/u-1", "kafka:DescribeCluster"),
        ("kafka:cluster", "arn:aws:kafka:us-east-1:123456789012:cluster/c/u-1", "kafka:DescribeCluster"),
    ] {
        let allowances = rules(&format!("companions: [{{kind: \"{kind}\", actions: [ec2:DescribeInstances]}}]\n"));
        let compiled = compiled(&[arn], &[action], &allowances).unwrap();
        assert_eq!(compiled.companions.len(), 1, "{kind}");
    }
}

/// After a refresh of the data, this tells of actions that belong into `except_actions` of overlay.json.
#[test]
fn no_action_that_is_named_after_a_parent_gets_it_with_what_lies_under_it() {
    let service = reference::service("glue").unwrap();
    let is_named = |action: &str, kind: &str| action.to_lowercase().contains(&kind.to_lowercase());
    for (below, matched) in
        service.types.iter().enumerate().map(|(at, kind)| (at, kind.patterns[0].example(str::to_owned)))
    {
        let arn = Arn::parse("resource", &matched).unwrap();
        for action in &service.actions {
            let judged = judged(&matched, &format!("glue:{}", action.name));
            for (above, kind) in service.types.iter().enumerate().filter(|(above, _)| *above != below) {
                let is_above = service.parentage(above, below).is_some() || service.singletons.contains(&above);
                let is_added = judged.resources.iter().filter_map(|text| Arn::parse("resource", text).ok());
                let is_added =
                    is_added.filter(|added| *added != arn).any(|added| service.is_of_kind(&added, kind.name));
                assert!(!(is_above && is_added && is_named(action.name, kind.name)), "{judged:?}");
            }
        }
    }
}
