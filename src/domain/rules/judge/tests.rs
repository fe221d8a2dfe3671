//! Which rule lets which request through.

use super::*;

const FILE: &str = r#"
version: 1
accounts:
  "123456789012":
    regions: [us-east-1]
trust: { mode: account }
rules:
  - name: storage
    requesters: ["team:Storage", "Dana@Acme.example"]
    resource-types: [S3]
    resources: ["arn:aws:s3:::team-*"]
    actions: ["s3:Get*", "s3:PutObject"]
    longest-duration: 4h
    approval: none
  - name: long reads
    requesters: ["*"]
    resource-types: ["*"]
    resources: ["*"]
    actions: ["s3:GetObject"]
    longest-duration: 2d
    approval: required
    approvers: ["lead@acme.example"]
"#;

fn user(email: &str, teams: &[&str]) -> User {
    let teams = teams.iter().map(|&team| team.to_owned()).collect();
    User {
        id: email.to_owned(),
        email: email.to_owned(),
        status: "ACTIVE".to_owned(),
        kind: None,
        teams,
        roles: Vec::new(),
    }
}

#[test]
fn the_approvers_are_those_of_the_rules_that_cover_all_of_it() {
    let rules = Rules::parse(FILE).unwrap();
    let approvers = |arn: &str, actions: &[&str]| {
        let actions: Vec<_> = actions.iter().map(|action| ActionName::parse(action).unwrap()).collect();
        rules.approvers_of(&Arn::parse("resource", arn).unwrap(), None, &actions)
    };
    assert_eq!(approvers("arn:aws:s3:::team-a", &["s3:GetObject"]), ["lead@acme.example"]);
    assert_eq!(approvers("arn:aws:s3:::team-a", &["s3:GetObject", "s3:PutObject"]), [""; 0]);
    assert_eq!(approvers("arn:aws:s3:::team-a", &["s3:PutObject"]), [""; 0]);
}

#[test]
fn a_rule_that_names_accounts_covers_nothing_in_another_one() {
    let limited = FILE
        .replacen("    regions: [us-east-1]\n", "    regions: [us-east-1]\n  \"210987654321\": {}\n", 1)
        .replacen("    resource-types: [S3]\n", "    resource-types: [S3]\n    accounts: [\"210987654321\"]\n", 1);
    let rules = Rules::parse(&limited).unwrap();
    let (arns, actions) =
        ([Arn::parse("resource", "arn:aws:s3:::team-a").unwrap()], [ActionName::parse("s3:PutObject").unwrap()]);
    let judged = |account: &str| {
        let account = AccountId::parse("account", account).unwrap();
        let question = Question {
            requester: &user("dana@acme.example", &[]),
            account: &account,
            resource_types: &["S3".to_owned()],
            resources: &arns,
            actions: &actions,
            duration: GrantDuration::HOUR,
            reason: None,
        };
        rules.judge(&question).map(|rule| rule.name.clone())
    };
    assert_eq!(judged("210987654321"), Ok("storage".to_owned()));
    assert_eq!(judged("123456789012").unwrap_err().code.as_str(), "no-rule");
    let may = |account: Option<&str>| {
        let account = account.map(|id| AccountId::parse("account", id).unwrap());
        rules.rules[0].may_cover(&arns[0], account.as_ref(), None)
    };
    assert_eq!([may(None), may(Some("210987654321")), may(Some("123456789012"))], [true, true, false]);
}

#[test]
fn the_accounts_of_a_rule_are_some_of_the_file() {
    for (accounts, words) in [("[]", "is empty"), ("[\"210987654321\"]", "is no account of this file")] {
        let file = FILE.replacen(
            "    resource-types: [S3]\n",
            &format!("    accounts: {accounts}\n    resource-types: [S3]\n"),
            1,
        );
        let error = Rules::parse(&file).unwrap_err().to_string();
        assert!(error.starts_with("line 10: ") && error.contains(words), "{error}");
    }
}

#[test]
fn a_rule_may_cover_what_can_be_of_its_types_and_one_for_all_types_everything() {
    let rules = Rules::parse(FILE).unwrap();
    let may = |rule: usize, arn: &str| rules.rules[rule].may_cover(&Arn::parse("resource", arn).unwrap(), None, None);
    let (bucket, instance) = ("arn:aws:s3:::team-a", "arn:aws:ec2:us-east-1:123456789012:instance/i-1");
    assert_eq!([may(0, bucket), may(0, instance), may(1, bucket), may(1, instance)], [true, false, true, true]);
    let all = Rules::parse(&FILE.replacen("arn:aws:s3:::team-*", "*", 1)).unwrap();
    assert!(!all.rules[0].may_cover(&Arn::parse("resource", instance).unwrap(), None, None), "S3 alone");
}

fn judge(
    requester: &User,
    resource_type: &str,
    arn: &str,
    actions: &[&str],
    duration: &str,
) -> Result<String, Refusal> {
    let rules = Rules::parse(FILE).unwrap();
    let actions: Vec<_> = actions.iter().map(|action| ActionName::parse(action).unwrap()).collect();
    let question = Question {
        requester,
        account: &AccountId::parse("account", "123456789012").unwrap(),
        resource_types: &[resource_type.to_owned()],
        resources: &[Arn::parse("entity", arn).unwrap()],
        actions: &actions,
        duration: GrantDuration::parse("duration", duration).unwrap(),
        reason: None,
    };
    rules.judge(&question).map(|rule| rule.name.clone())
}

#[test]
fn a_rule_lets_its_people_through_whatever_the_case_of_their_address() {
    for requester in [user("dana@ACME.example", &[]), user("x@acme.example", &["Storage"])] {
        assert_eq!(
            judge(&requester, "S3", "arn:aws:s3:::team-a", &["s3:putobject", "s3:GetObject"], "4h").unwrap(),
            "storage"
        );
    }
}

#[test]
fn an_address_that_only_looks_like_that_of_the_rule_is_another_one() {
    let rules = Rules::parse(&FILE.replace("Dana@Acme.example", "Mark@Acme.example")).unwrap();
    assert!(rules.rules[0].is_for(&user("mark@acme.example", &[])));
    // The Kelvin sign, whose lower case is a plain k.
    assert!(!rules.rules[0].is_for(&user("mar\u{212a}@acme.example", &[])));
}

#[test]
fn the_next_rule_decides_when_the_first_allows_too_little_time() {
    let dana = user("dana@acme.example", &[]);
    assert_eq!(judge(&dana, "S3", "arn:aws:s3:::team-a", &["s3:GetObject"], "1d").unwrap(), "long reads");
    let refusal = judge(&dana, "S3", "arn:aws:s3:::team-a", &["s3:PutObject"], "1d").unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("too-long-for-rule", "duration"));
}

#[test]
fn whatever_no_rule_covers_is_refused_by_the_name_of_what_is_missing() {
    let stranger = user("max@acme.example", &[]);
    for (requester, resource_type, arn, action, code, field) in [
        (&stranger, "S3", "arn:aws:s3:::team-a", "s3:PutObject", "no-rule", "permissions"),
        (&user("dana@acme.example", &[]), "S3", "arn:aws:s3:::other", "s3:PutObject", "no-rule", "permissions"),
        (
            &stranger,
            "EC2",
            "arn:aws:ec2:us-east-1:999999999999:instance/i-1",
            "s3:GetObject",
            "foreign-account",
            "entity",
        ),
        (
            &stranger,
            "EC2",
            "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
            "s3:GetObject",
            "foreign-region",
            "entity",
        ),
    ] {
        let refusal = judge(requester, resource_type, arn, &[action], "1h").unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), (code, field), "{arn} {action}");
    }
}

#[test]
fn what_two_rules_cover_together_is_to_be_split_and_what_none_covers_is_named() {
    let split = FILE.replace("[\"s3:Get*\", \"s3:PutObject\"]", "[\"s3:PutObject\"]");
    let dana = user("dana@acme.example", &[]);
    let refused = |actions: &[&str]| {
        let actions: Vec<_> = actions.iter().map(|action| ActionName::parse(action).unwrap()).collect();
        let question = Question {
            requester: &dana,
            account: &AccountId::parse("account", "123456789012").unwrap(),
            resource_types: &["S3".to_owned()],
            resources: &[Arn::parse("entity", "arn:aws:s3:::team-a").unwrap()],
            actions: &actions,
            duration: GrantDuration::parse("duration", "1h").unwrap(),
            reason: None,
        };
        Rules::parse(&split).unwrap().judge(&question).unwrap_err().reason
    };
    assert!(refused(&["s3:PutObject", "s3:GetObject"]).contains("no single rule covers"));
    assert!(refused(&["s3:PutObject", "s3:DeleteObject"]).contains("ask for s3:DeleteObject here"));
}

#[test]
fn a_place_is_one_that_the_file_names_whoever_asks() {
    let rules = Rules::parse(FILE).unwrap();
    let place = |arn: &str| {
        rules
            .check_place_of("resource", &Arn::parse("resource", arn).unwrap(), None)
            .map_err(|refusal| refusal.code.as_str())
    };
    assert_eq!(place("arn:aws:ec2:us-east-1:123456789012:instance/i-1"), Ok(()));
    assert_eq!(place("arn:aws:s3:::team-a"), Ok(()));
    assert_eq!(place("arn:aws:ec2:us-east-1:999999999999:instance/i-1"), Err("foreign-account"));
    assert_eq!(place("arn:aws:ec2:eu-west-1:123456789012:instance/i-1"), Err("foreign-region"));
}

/// Returns the line, counted from 1, on which `needle` ends for the last time in `file`.
fn line_of(file: &str, needle: &str) -> u64 {
    let at = file.rfind(needle).unwrap() + needle.trim_end().len();
    1 + file[..at].matches('\n').count() as u64
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_line() {
    let file = FILE
        .replace("longest-duration: 4h", "longest-duration: forever")
        .replace("approval: required", "approval: maybe")
        .replace("mode: account", "mode: nobody");
    let lines: Vec<u64> = Rules::parse(&file).unwrap_err().mistakes.iter().map(|mistake| mistake.line).collect();
    assert_eq!(lines, ["nobody", "forever", "maybe"].map(|word| line_of(&file, word)));
}

#[test]
fn unknown_missing_and_repeated_words_are_errors_at_their_line() {
    for (from, to, at) in [
        ("longest-duration: 2d", "longest-durations: 2d", "longest-durations: 2d"),
        ("version: 1", "version: 2", "version: 2"),
        ("version: 1", "version: 1\nversion: 1", "version: 1"),
        ("\"123456789012\":", "\"12345678\":", "regions: [us-east-1]"),
        ("    approvers: [\"lead@acme.example\"]\n", "", "approval: required"),
        ("approvers: [\"lead@acme.example\"]", "approvers: [\"lead\"]", "[\"lead\"]"),
        ("\"team:Storage\"", "\"Storage*\"", "Storage*"),
    ] {
        let file = FILE.replace(from, to);
        let error = Rules::parse(&file).unwrap_err();
        assert_eq!(error.mistakes[0].line, line_of(&file, at), "{to}: {error}");
    }
    assert!(Rules::parse("").is_err() && Rules::parse("- x").is_err());
}
