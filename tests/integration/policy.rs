//! `port-iam policy` as a process: no network, no credentials, an empty environment.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc";
const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
const RULES: &str = r#"version: 1
accounts: {"123456789012": {regions: [us-east-1]}}
trust: {mode: iam-user, name: local-part, domains: [acme.example]}
account-wide-actions: ["ec2:DescribeInstances"]
companions:
  - {kind: instance, actions: [ec2:DescribeInstanceStatus]}
rules:
  - {name: machines, requesters: ["*"], resource-types: [EC2], resources: ["arn:aws:ec2:*"], actions: ["ec2:*"], longest-duration: 4h, approval: none}
examples:
  - {name: dana stops, requester: dana@acme.example, resource-type: EC2, resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-0abc"], actions: ["ec2:StopInstances"], duration: 1h, expect: granted}
  - {requester: dana@acme.example, resource-type: EC2, resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-0abc"], actions: ["ec2:ModifyInstanceAttribute"], duration: 1h, expect: refused, code: privilege-escalation}
"#;

fn port_iam(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_port-iam")).env_clear().arg("policy").args(arguments).output().unwrap()
}

/// Returns exit code and JSON.
fn judged(arguments: &[&str]) -> (i32, Value) {
    let output = port_iam(&[arguments, &["--output", "json"]].concat());
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), json)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A checkout of the target repository with these rules and the templates of `init`.
fn checkout(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(".github/port-iam.yaml", rules);
    write(
        ".github/templates/iamPolicyDocument.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":""}]}"#,
    );
    write(
        ".github/templates/iamTrustPolicy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#,
    );
    folder
}

fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

#[test]
fn an_instance_is_named_itself_and_ends_by_itself() {
    let (exit_code, json) =
        judged(&["--resource", INSTANCE, "--permission", "ec2:StopInstances", "--requester", "dana@acme.example"]);
    assert_eq!((exit_code, &json["version"]), (0, &json!(1)));
    let verdict = &json["verdicts"][0];
    assert_eq!((&verdict["verdict"], &verdict["resources"]), (&json!("allow"), &json!([INSTANCE])));
    assert_eq!(
        (&verdict["level"], &verdict["flags"], &verdict["granted"]),
        (&json!("write"), &json!([]), &json!(true))
    );
    let [statement] = json["policy"]["Statement"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!((&statement["Action"], &statement["Resource"]), (&json!(["ec2:StopInstances"]), &json!([INSTANCE])));
    for document in ["policy", "trust"] {
        let end = &json[document]["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"];
        assert_eq!(end, &json["expires"], "{document}");
    }
    assert_eq!(json["trust"]["Statement"][0]["Principal"], json!({"AWS": "arn:aws:iam::123456789012:root"}));
    assert_eq!(json["limits"]["most_policy_characters"], 6144);
    assert_eq!(json["account"], json!({"id": "123456789012", "partition": "aws", "example": false}));
}

#[test]
fn whatever_is_not_granted_exits_5_with_its_verdict_and_no_document() {
    for (resource, action, verdict) in [
        ("arn:aws:ec2:us-east-1:12345678:instance/i-1", "ec2:StopInstances", "invalid_arn"),
        (INSTANCE, "ec2:*", "wildcard_action"),
        (INSTANCE, "ec2:StopInstance", "unknown_action"),
        (INSTANCE, "StopInstances", "unknown_action"),
        (INSTANCE, "ec2:ModifyInstanceAttribute", "privilege_escalation"),
        (INSTANCE, "ec2:DescribeInstances", "needs_wildcard"),
        (INSTANCE, "s3:PutObject", "wrong_type"),
        (INSTANCE, "ec2:AttachVolume", "incomplete"),
    ] {
        let (exit_code, json) = judged(&["--resource", resource, "--permission", action]);
        assert_eq!((exit_code, &json["verdicts"][0]["verdict"]), (5, &json!(verdict)), "{action}");
        assert_eq!((&json["policy"], &json["policies"], &json["trust"]), (&Value::Null, &json!([]), &Value::Null));
        let told = port_iam(&["--resource", resource, "--permission", action]);
        let (reason, remedy) = (&json["verdicts"][0]["reason"], &json["verdicts"][0]["remedy"]);
        assert!(text(&told.stdout).contains(reason.as_str().unwrap()), "{action}");
        assert!(text(&told.stdout).contains(&format!("→ {}", remedy.as_str().unwrap())), "{action}");
        // What stands above is not said again.
        assert_eq!(text(&told.stderr), "refused: 1 of 1 actions cannot be granted\n", "{action}");
    }
}

#[test]
fn an_action_is_grantable_when_one_of_the_resources_allows_it() {
    let volume = "arn:aws:ec2:us-east-1:123456789012:volume/vol-1";
    let both = ["--resource", INSTANCE, "--resource", volume, "--permission"];
    let (exit_code, json) = judged(&[&both[..], &["ec2:AttachVolume"]].concat());
    assert_eq!((exit_code, json["verdicts"].as_array().unwrap().len()), (0, 2));
    let (exit_code, json) = judged(&[&both[..], &["ec2:AttachVolume", "ec2:StopInstances"]].concat());
    assert_eq!((exit_code, &json["verdicts"][3]["verdict"]), (0, &json!("wrong_type")));
    // Nothing is done with the volume.
    let (exit_code, json) = judged(&[&both[..], &["ec2:StopInstances"]].concat());
    assert_eq!((exit_code, &json["refusal"]["code"]), (5, &json!("unused-resource")));
    // No verdict says so.
    let told = port_iam(&[&both[..], &["ec2:StopInstances"]].concat());
    assert!(text(&told.stderr).contains("is used by none of the permissions"), "{}", text(&told.stderr));
    // Where one resource has what the action works on, nothing is to be done about the other.
    let told = port_iam(&[&both[..], &["ec2:AttachVolume", "ec2:StopInstances"]].concat());
    assert!(text(&told.stdout).contains("wrong_type") && !text(&told.stdout).contains('→'), "{}", text(&told.stdout));
}

#[test]
fn what_a_grant_would_refuse_is_shown_with_its_verdicts_and_no_document() {
    let elsewhere = "arn:aws:ec2:us-east-1:210987654321:instance/i-1";
    let in_china = "arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-1";
    for (arguments, code) in [
        (&["--resource", INSTANCE, "--resource", elsewhere][..], "foreign-account"),
        (&["--resource", INSTANCE, "--account", "210987654321"], "foreign-account"),
        (&["--resource", INSTANCE, "--resource", in_china], "foreign-partition"),
        (&["--resource", INSTANCE, "--resource", INSTANCE], "duplicate"),
    ] {
        let arguments = [arguments, &["--permission", "ec2:StopInstances"]].concat();
        let (exit_code, json) = judged(&arguments);
        assert_eq!((exit_code, &json["refusal"]["code"]), (5, &json!(code)), "{json}");
        assert_eq!((&json["verdicts"][0]["verdict"], &json["policies"]), (&json!("allow"), &json!([])), "{code}");
        let told = text(&port_iam(&arguments).stderr);
        assert!(told.contains(json["refusal"]["reason"].as_str().unwrap()), "{told}");
        assert!(told.contains(json["refusal"]["remedy"].as_str().unwrap()), "{told}");
    }
}

#[test]
fn the_rules_are_judged_for_the_person_who_asks() {
    let rules = RULES
        .replacen("mode: iam-user, name: local-part, domains: [acme.example]", "mode: account", 1)
        .replacen("requesters: [\"*\"]", "requesters: [\"team:Ops\", max@acme.example]", 1);
    let folder = checkout(&rules);
    let ask = |rest: &[&str]| {
        let arguments = ["--repository", path(folder.path()), "--permission", "ec2:StopInstances"];
        let arguments = [&arguments[..], rest].concat();
        let (exit_code, json) = judged(&arguments);
        (exit_code, json, text(&port_iam(&arguments).stderr))
    };
    let on = ["--resource", INSTANCE];
    let (exit_code, json, told) = ask(&on);
    assert_eq!((exit_code, &json["rule"]), (0, &Value::Null), "{json}");
    assert!(told.contains("rules were not judged") && told.lines().count() == 1, "{told}");
    let dana = ["--requester", "dana@acme.example"];
    let max = ["--requester", "max@acme.example"];
    let (exit_code, json, _) = ask(&[&on[..], &max].concat());
    assert_eq!((exit_code, &json["rule"]), (0, &json!({"name": "machines", "approval": "none"})), "{json}");
    let (exit_code, json, told) = ask(&[&on[..], &dana].concat());
    assert_eq!((exit_code, &json["refusal"]["code"]), (5, &json!("no-rule")), "{json}");
    assert!(told.contains("no rule speaks of"), "{told}");
    assert_eq!(ask(&[&on[..], &dana, &["--team", "Ops"]].concat()).0, 0);
    for (rest, code) in [
        (&["--duration", "8h"][..], "too-long-for-rule"),
        (&["--resource-type", "S3"], "other-resource-type"),
        (&["--resource-type", "Machine"], "no-rule"),
    ] {
        let (exit_code, json, _) = ask(&[&on[..], &max, rest].concat());
        assert_eq!((exit_code, &json["refusal"]["code"]), (5, &json!(code)), "{json}");
    }
    // Account and regions of the file count whoever asks.
    let elsewhere = ["--resource", "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"];
    assert_eq!(ask(&elsewhere).1["refusal"]["code"], "foreign-region");
    let another = ["--resource", "arn:aws:ec2:us-east-1:210987654321:instance/i-1"];
    assert_eq!(ask(&another).1["refusal"]["code"], "foreign-account");
}

#[test]
fn a_template_that_widens_every_grant_says_so() {
    let folder = checkout(&RULES.replacen("version: 1\n", "version: 1\ntemplate-may-widen: true\n", 1));
    std::fs::write(
        folder.path().join(".github/templates/iamPolicyDocument.json"),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":""},{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#,
    )
    .unwrap();
    let arguments = [
        "--repository",
        path(folder.path()),
        "--resource",
        INSTANCE,
        "--permission",
        "ec2:StopInstances",
        "--requester",
        "dana@acme.example",
    ];
    let sentence = "the template gives every grant besides: iam:* on *";
    let (exit_code, json) = judged(&arguments);
    assert_eq!(exit_code, 0, "{json}");
    assert!(json["warnings"].as_array().unwrap().contains(&json!(sentence)), "{json}");
    assert!(text(&port_iam(&arguments).stdout).contains(sentence));
}

#[test]
fn only_a_wrong_command_line_exits_2() {
    for arguments in [
        &["--resource", INSTANCE][..],
        &["--resource", INSTANCE, "--permission", "ec2:StopInstances", "--duration", "forever"],
        &["--resource", INSTANCE, "--permission", "ec2:StopInstances", "--account", "12"],
        &["--resource", INSTANCE, "--permission", "ec2:StopInstances", "--requester", "dana"],
        &["--resource", INSTANCE, "--permission", "ec2:StopInstances", "--repository", "/nowhere"],
        &["actions", "--service", "nosuch"],
        &["actions", "--resource", "arn:aws:nosuch:us-east-1:123456789012:thing/1"],
        &["actions", "--resource", "my-bucket"],
    ] {
        assert_eq!(port_iam(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_bucket_without_an_account_is_shown_for_the_example_account_and_says_so() {
    let arguments = ["--resource", BUCKET, "--permission", "s3:PutObject"];
    let (exit_code, json) = judged(&arguments);
    assert_eq!((exit_code, &json["account"]["example"]), (0, &json!(true)));
    assert!(text(&port_iam(&arguments).stderr).contains("--account ID"));
    // Without documents it does not matter for whom they would be.
    let refused = port_iam(&["--resource", BUCKET, "--permission", "s3:PutBucketPolicy"]);
    assert!(!text(&refused.stderr).contains("--account ID"), "{}", text(&refused.stderr));
    let (_, json) = judged(&[&arguments[..], &["--account", "210987654321"]].concat());
    let statement = &json["policy"]["Statement"][0];
    assert_eq!(statement["Resource"], json!([format!("{BUCKET}/*")]));
    assert_eq!(statement["Condition"]["StringEquals"]["s3:ResourceAccount"], "210987654321");
    assert_eq!(json["trust"]["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::210987654321:root");
}

#[test]
fn the_other_partitions_are_written_in_their_own_names() {
    let arn = "arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-1";
    let (exit_code, json) = judged(&["--resource", arn, "--permission", "ec2:StopInstances"]);
    assert_eq!((exit_code, &json["policy"]["Statement"][0]["Resource"]), (0, &json!([arn])));
    assert_eq!(json["trust"]["Statement"][0]["Principal"]["AWS"], "arn:aws-cn:iam::123456789012:root");
}

#[test]
fn the_reviewed_files_of_a_checkout_count() {
    let folder = checkout(RULES);
    let arguments = ["--repository", path(folder.path()), "--resource", INSTANCE, "--permission"];
    let dana = ["--requester", "dana@acme.example"];
    let (exit_code, json) = judged(&[&arguments[..], &["ec2:DescribeInstances"], &dana].concat());
    assert_eq!((exit_code, &json["verdicts"][0]["verdict"]), (0, &json!("needs_wildcard")), "{json}");
    let [statement] = json["policy"]["Statement"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!(statement["Action"], json!(["ec2:DescribeInstanceStatus", "ec2:DescribeInstances"]));
    assert_eq!(statement["Resource"], json!(["*"]));
    assert_eq!(statement["Condition"]["StringEquals"]["aws:RequestedRegion"], json!(["us-east-1"]));
    assert_eq!(json["companions"].as_array().unwrap().len(), 1);
    let trusted = json["trust"]["Statement"][0]["Principal"]["AWS"].clone();
    assert_eq!(trusted, "arn:aws:iam::123456789012:user/dana");
    // Whom it trusts depends on who asks.
    let (exit_code, json) = judged(&[&arguments[..], &["ec2:StopInstances"]].concat());
    assert_eq!((exit_code, &json["verdicts"]), (2, &Value::Null), "{json}");
    let told = text(&port_iam(&[&arguments[..], &["ec2:StopInstances"]].concat()).stderr);
    assert!(told.contains("--requester EMAIL"), "{told}");
}

#[test]
fn the_examples_of_the_rules_file_are_tests_of_it() {
    let good = checkout(RULES);
    let output = port_iam(&["test", "--repository", path(good.path())]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("2 of 2 examples as expected"));
    for (from, to) in [
        ("actions: [\"ec2:*\"]", "actions: [\"ec2:Start*\"]"),
        ("code: privilege-escalation", "code: no-rule"),
        ("rules:\n", "allow-actions: [\"ec2:ModifyInstanceAttribute\"]\nrules:\n"),
        ("domains: [acme.example]", "domains: [other.example]"),
        ("regions: [us-east-1]", "regions: [eu-west-1]"),
    ] {
        let bad = checkout(&RULES.replacen(from, to, 1));
        let output = port_iam(&["test", "--repository", path(bad.path())]);
        assert_eq!(output.status.code(), Some(1), "{to}: {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("FAILED line"), "{to}");
    }
    let broken = checkout("version: 2\n");
    assert_eq!(port_iam(&["test", "--repository", path(broken.path())]).status.code(), Some(1));
}

#[test]
fn what_can_be_asked_for_a_resource_is_listed_from_the_data() {
    let output = port_iam(&["actions", "--resource", BUCKET, "--level", "write", "--output", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let actions = json["actions"].as_array().unwrap();
    let named = |name: &str| actions.iter().find(|action| action["action"] == name);
    assert!(named("s3:PutObject").unwrap()["resource_kinds"].as_array().unwrap().contains(&json!("bucket")));
    assert!(named("s3:GetObject").is_none() && named("s3:PutAccessPointPolicy").is_none());
    assert!(actions.iter().all(|action| action["level"] == "write"));
    let all = |more: &[&str]| text(&port_iam(&[&["actions", "--resource", BUCKET], more].concat()).stdout);
    assert!(!all(&[]).contains("s3:ListAllMyBuckets") && all(&["--account-wide"]).contains("s3:ListAllMyBuckets"));
    let services = text(&port_iam(&["actions"]).stdout);
    assert!(services.lines().count() > 400 && services.contains("dynamodb"));
    assert!(text(&port_iam(&["actions", "--service", "dynamodb"]).stdout).contains("dynamodb:Query"));
}

#[test]
fn every_name_of_a_wider_kind_is_data_and_no_terminal_command() {
    let output = port_iam(&["--resource", "arn:aws:s3:::b\u{1b}]0;x\u{7}", "--permission", "s3:\u{1b}[2J"]);
    assert_eq!(output.status.code(), Some(5));
    let all = text(&output.stdout) + &text(&output.stderr);
    assert!(!all.contains('\u{1b}') && !all.contains('\u{7}'), "{all:?}");
}

#[test]
fn the_version_names_the_date_of_the_data_when_asked_for_more() {
    let version = |arguments: &[&str]| {
        text(&Command::new(env!("CARGO_BIN_EXE_port-iam")).env_clear().args(arguments).output().unwrap().stdout)
    };
    assert_eq!(version(&["--version"]).lines().count(), 1);
    let edition = port_iam::domain::reference::edition().unwrap();
    for arguments in [&["--version", "--verbose"][..], &["--verbose", "--version"], &["-Vv"]] {
        assert!(version(arguments).contains(&edition.describe()), "{arguments:?}");
    }
}

const SHARED: &str = r#"version: 1
accounts: {"123456789012": {regions: [us-east-1]}}
trust: {mode: account}
bundles: {read-objects: ["s3:GetObject", "s3:ListBucket"]}
rules:
  - {name: readers, requesters: ["team:Storage", dana@acme.example], resource-types: [S3], resources: ["arn:aws:s3:::my-*"], actions: ["bundle:read-objects"], longest-duration: 4h, approval: none, ticket: "[A-Z]+-[0-9]+"}
  - {name: administrators, requesters: ["*"], resource-types: ["*"], resources: ["*"], actions: ["*"], longest-duration: 1h, approval: required, approvers: [ada@acme.example, max@acme.example], reason: required}
  - {name: machines, requesters: ["*"], resource-types: [EC2], resources: ["*"], actions: ["*"], longest-duration: 1h, approval: none}
"#;

#[test]
fn who_can_ask_is_answered_from_the_file() {
    let folder = checkout(SHARED);
    let ask = |resource: &str, permission: &str| {
        judged(&["who-can", "--resource", resource, "--permission", permission, "--repository", path(folder.path())])
    };
    let (code, answer) = ask(BUCKET, "s3:GetObject");
    assert_eq!(code, 0);
    assert_eq!(answer["rules"][0]["name"], "readers");
    assert_eq!(answer["rules"][0]["requesters"], json!(["team:Storage", "dana@acme.example"]));
    assert_eq!(answer["rules"][0]["actions"], json!(["s3:GetObject", "s3:ListBucket"]));
    assert_eq!(answer["rules"][0]["bundles"], json!(["read-objects"]));
    assert_eq!(answer["rules"][0]["ticket"], "[A-Z]+-[0-9]+");
    assert_eq!(answer["rules"][1]["longest_duration"], "1h");
    assert_eq!(answer["rules"][1]["approvers"], json!(["ada@acme.example", "max@acme.example"]));
    assert_eq!(answer["rules"][1]["reason"], "required");
    assert_eq!(answer["rules"].as_array().unwrap().len(), 2);
    assert_eq!(answer["verdict"]["granted"], true);
    // A rule is there, and yet nobody would get it.
    let (code, answer) = ask(BUCKET, "s3:PutBucketPolicy");
    assert_eq!((code, answer["rules"].as_array().unwrap().len()), (0, 1));
    assert_eq!(answer["verdict"]["granted"], false);
    let (code, answer) = ask(&INSTANCE.replace("us-east-1", "eu-west-1"), "ec2:StopInstances");
    assert_eq!((code, &answer["rules"]), (0, &json!([])));
    assert!(answer["nobody_because"].as_str().unwrap().contains("eu-west-1"));
}

#[test]
fn who_can_ask_looks_at_the_accounts_of_a_rule() {
    let limited = SHARED.replacen("{\"123456789012\":", "{\"210987654321\": {}, \"123456789012\":", 1).replacen(
        "{name: readers, ",
        "{name: readers, accounts: [\"210987654321\"], ",
        1,
    );
    let folder = checkout(&limited);
    let rules = |more: &[&str]| {
        let all = [&["who-can", "--resource", BUCKET, "--permission", "s3:GetObject"], more].concat();
        let (code, answer) = judged(&[&all[..], &["--repository", path(folder.path())]].concat());
        let names = answer["rules"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap().to_owned());
        (code, names.collect::<Vec<_>>(), answer)
    };
    let (_, names, answer) = rules(&[]);
    assert_eq!(names, ["readers", "administrators"]);
    assert_eq!(answer["rules"][0]["accounts"], json!(["210987654321"]));
    assert_eq!(rules(&["--account", "210987654321"]).1, ["readers", "administrators"]);
    assert_eq!(rules(&["--account", "123456789012"]).1, ["administrators"]);
    let (_, names, answer) = rules(&["--account", "999999999999"]);
    assert_eq!(names, [""; 0]);
    let because = answer["nobody_because"].as_str().unwrap();
    assert!(because.ends_with("belongs to account 999999999999, which the rules file does not name"), "{because}");
    let elsewhere = "arn:aws:ec2:us-east-1:999999999999:instance/i-1";
    let (_, answer) = judged(&["who-can", "--resource", elsewhere, "--repository", path(folder.path())]);
    let because = answer["nobody_because"].as_str().unwrap();
    assert!(because.ends_with("which the rules file does not name"), "{because}");
    let output = port_iam(&["who-can", "--resource", BUCKET, "--repository", path(folder.path())]);
    assert!(text(&output.stdout).contains("in the accounts: 210987654321"), "{}", text(&output.stdout));
}

#[test]
fn a_value_of_another_form_is_told_by_its_key_and_the_file_that_was_read() {
    for (from, to, line, told) in [
        ("requesters: [\"*\"]", "requesters: \"*\"", 8, "`requesters` must be a list, such as [\"*\"]"),
        ("name: machines", "name: [machines]", 8, "`name` must be a single value"),
        ("rules:\n", "rules:\n  first:\n", 8, "`rules` must be a list"),
        ("trust: {mode: iam-user", "trust: iam-user # {", 3, "`trust` must hold keys and values"),
        ("resource-types: [EC2]", "resource-types: [[EC2]]", 8, "a single value is expected here"),
        ("resources: [\"arn:aws:ec2:*\"]", "resources:", 8, "a list is expected here"),
    ] {
        let folder = checkout(&RULES.replacen(from, to, 1));
        for (command, code) in [("who-can", 5), ("test", 1)] {
            let resource = if command == "who-can" { &["--resource", BUCKET][..] } else { &[] };
            let output = port_iam(&[&[command], resource, &["--repository", path(folder.path())]].concat());
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{to}: {stderr}");
            let place = format!(": {}/.github/port-iam.yaml: line {line}: ", path(folder.path()));
            assert!(stderr.contains(&place) && stderr.contains(told), "{to}: {stderr}");
            assert!(stderr.contains("hint: mend it there"), "{stderr}");
        }
    }
    let folder = checkout(RULES);
    std::fs::remove_file(folder.path().join(".github/templates/iamTrustPolicy.json")).unwrap();
    let output = port_iam(&["who-can", "--resource", BUCKET, "--repository", path(folder.path())]);
    let stderr = text(&output.stderr);
    assert!(stderr.contains("/.github/templates/iamTrustPolicy.json: is not there\n"), "{stderr}");
}

#[test]
fn a_pattern_that_matches_no_action_of_aws_is_warned_of_and_fails_nothing() {
    let rules = RULES
        .replace("actions: [\"ec2:*\"]", "actions: [\"ec2:*\", \"s3:Putobjekt\", \"s4:Get*\", \"*:GetObj*\", \"bundle:reads\"]")
        .replace("account-wide-actions: [", "account-wide-actions: [\"ec2:Descripe*\", ")
        .replace("rules:\n", "allow-actions: [\"ssm:Startsess\", \"SSM:startsession\"]\nbundles: {reads: [\"s3:Get*\", \"s3:Gett*\"]}\nrules:\n");
    let folder = checkout(&rules);
    let (code, answer) = judged(&["test", "--repository", path(folder.path())]);
    let warnings: Vec<&str> = answer["warnings"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let none = "matches no action of AWS that this version knows";
    let expected = [
        format!("`allow-actions`: `ssm:Startsess` {none}; did you mean ssm:StartSession?"),
        format!("`account-wide-actions`: `ec2:Descripe*` {none}"),
        format!("bundle `reads`: `s3:Gett*` {none}"),
        format!("rule `machines`: `s3:Putobjekt` {none}; did you mean s3:PutObject"),
        format!("rule `machines`: `s4:Get*` {none}"),
    ];
    assert_eq!((code, warnings.len()), (0, expected.len()), "{answer}");
    for (warning, expected) in warnings.iter().zip(&expected) {
        assert!(warning.starts_with(expected), "{warning}: {expected}");
    }
    let output = port_iam(&["test", "--repository", path(folder.path())]);
    let stderr = text(&output.stderr);
    assert_eq!((output.status.code(), stderr.matches("warning: ").count()), (Some(0), expected.len()), "{stderr}");
    let (_, answer) = judged(&["test", "--repository", path(checkout(RULES).path())]);
    assert_eq!(answer["warnings"], json!([]));
}

#[test]
fn who_can_ask_is_told_in_words_and_without_an_action_too() {
    let folder = checkout(SHARED);
    let output = port_iam(&["who-can", "--resource", BUCKET, "--repository", path(folder.path())]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    for words in [
        "team:Storage, dana@acme.example — rule `readers`, for at most 4h",
        "one of ada@acme.example, max@acme.example has to approve",
        "of the bundles: read-objects",
        "ticket in the reason: like [A-Z]+-[0-9]+",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let nobody = checkout(&SHARED.replace("resources: [\"*\"]", "resources: [\"arn:aws:sqs:*\"]"));
    let output = port_iam(&["who-can", "--resource", INSTANCE, "--repository", path(nobody.path())]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("Nobody can ask for anything"), "{}", text(&output.stdout));
    assert_eq!(port_iam(&["who-can", "--resource", "my-bucket"]).status.code(), Some(2));
}
