//! What the file's bundles, reasons and lists come to.

use super::*;
use crate::domain::arn::Arn;
use crate::domain::catalog::User;
use crate::domain::refusal::Refusal;

const FILE: &str = r#"version: 1
accounts: { "123456789012": {} }
trust: { mode: account }
dispatchers: ["getport-io[bot]"]
bundles:
  read-objects: ["s3:GetObject", "s3:List*"]
rules:
  - name: storage
    requesters: ["team:Storage", dana@acme.example]
    resource-types: [S3]
    resources: ["arn:aws:s3:::team-*"]
    actions: [bundle:read-objects, s3:PutObject]
    longest-duration: 4h
    approval: none
    reason: "(?i)because .+"
    ticket: "^[A-Z]+-[0-9]+$"
  - name: approved
    requesters: ["*"]
    resource-types: ["*"]
    resources: ["*"]
    actions: ["s3:*"]
    longest-duration: 1h
    approval: required
    approvers: [lead@acme.example, second@acme.example]
    reason: required
"#;

fn judge(file: &str, action: &str, duration: &str, reason: Option<&str>) -> Result<String, Refusal> {
    let requester = User {
        id: "u".to_owned(),
        email: "max@acme.example".to_owned(),
        status: "ACTIVE".to_owned(),
        kind: None,
        teams: vec!["Storage".to_owned()],
        roles: Vec::new(),
    };
    let rules = Rules::parse(file).unwrap();
    let question = Question {
        requester: &requester,
        account: &AccountId::parse("account", "123456789012").unwrap(),
        resource_types: &["S3".to_owned()],
        resources: &[Arn::parse("entity", "arn:aws:s3:::team-a").unwrap()],
        actions: &[ActionName::parse(action).unwrap()],
        duration: GrantDuration::parse("duration", duration).unwrap(),
        reason,
    };
    rules.judge(&question).map(|rule| rule.name.clone())
}

#[test]
fn a_bundle_stands_for_its_actions() {
    let file = FILE.split("  - name: approved").next().unwrap();
    let reason = Some("because of OPS-7");
    for action in ["s3:getobject", "s3:ListBucket", "s3:PutObject"] {
        assert_eq!(judge(file, action, "1h", reason).unwrap(), "storage", "{action}");
    }
    assert_eq!(judge(file, "s3:DeleteObject", "1h", reason).unwrap_err().field, "permissions");
    let rules = Rules::parse(FILE).unwrap();
    assert_eq!(rules.rules[0].actions, ["s3:GetObject", "s3:List*", "s3:PutObject"]);
    assert_eq!(rules.rules[0].bundles, ["read-objects"]);
}

#[test]
fn the_reason_must_be_as_the_rule_wants_it() {
    let file = FILE.split("  - name: approved").next().unwrap();
    for reason in ["because of OPS-7", "Because the\nreport (OPS-7) is late", "because OPS-7: x, ABC-12."] {
        assert_eq!(judge(file, "s3:PutObject", "1h", Some(reason)).unwrap(), "storage", "{reason}");
    }
    for (reason, words) in [
        (None, "wants a reason"),
        (Some("OPS-7"), "a reason like"),
        (Some("just because of OPS-7"), "a reason like"),
        (Some("because of ops-7"), "a ticket like"),
        (Some("because of XOPS-7x"), "a ticket like"),
        (Some("because of OPS-"), "a ticket like"),
    ] {
        let refusal = judge(file, "s3:PutObject", "1h", reason).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("reason", "reason"), "{reason:?}");
        assert!(refusal.reason.contains(words), "{reason:?}: {refusal}");
    }
}

#[test]
fn a_rule_that_wants_another_reason_leaves_the_request_to_the_next() {
    assert_eq!(judge(FILE, "s3:PutObject", "1h", Some("because of OPS-7")).unwrap(), "storage");
    assert_eq!(judge(FILE, "s3:PutObject", "1h", Some("I must")).unwrap(), "approved");
    // Nothing fits any more: the first rule that would have done tells why.
    assert!(judge(FILE, "s3:PutObject", "1h", None).unwrap_err().reason.contains("`storage`"));
    assert_eq!(judge(FILE, "s3:PutObject", "2h", Some("I must")).unwrap_err().code.as_str(), "reason");
    assert_eq!(judge(FILE, "s3:PutObject", "5h", Some("I must")).unwrap_err().code.as_str(), "too-long-for-rule");
}

#[test]
fn every_mistake_in_a_rule_is_told_at_its_line() {
    for (from, to, word) in [
        ("bundle:read-objects", "bundle:write-objects", "there is no bundle"),
        ("  read-objects: [", "  \"Read objects\": [", "is no name"),
        ("\"s3:GetObject\", \"s3:List*\"", "", "is empty"),
        ("\"s3:GetObject\"", "bundle:read-objects", "no action of one service"),
        ("\"s3:GetObject\"", "\"*\"", "no action of one service"),
        ("s3:PutObject]", "PutObject]", "is no action"),
        ("name: approved", "name: storage", "line 8"),
        ("name: approved", "name: \"\"", "needs a name"),
        ("requesters: [\"team:Storage\", dana@acme.example]", "requesters: []", "`requesters` is empty"),
        ("resource-types: [S3]", "resource-types: []", "`resource-types` is empty"),
        ("resource-types: [S3]", "resource-types: [\"\"]", "no resource type"),
        ("resources: [\"arn:aws:s3:::team-*\"]", "resources: []", "`resources` is empty"),
        ("\"arn:aws:s3:::team-*\"", "team-*", "is no ARN"),
        ("actions: [\"s3:*\"]", "actions: []", "`actions` is empty"),
        ("reason: \"(?i)because .+\"", "reason: \"(because\"", "regular expression"),
        ("reason: \"(?i)because .+\"", "reason: \"a)|(b\"", "regular expression"),
        ("reason: \"(?i)because .+\"", "reason: \"(\\\\w{1000}){1000}\"", "regular expression"),
        ("reason: \"(?i)because .+\"", "reason: \"\"", "1 to 500"),
        ("\"^[A-Z]+-[0-9]+$\"", "\"[\"", "`ticket`"),
        ("    approval: none", "    approval: none\n    approvers: [lead@acme.example]", "but `approval` is `none`"),
        ("dana@acme.example]", "\"*@acme.example\"]", "is no e-mail address"),
        ("dana@acme.example]", "dana]", "is no e-mail address"),
        ("\"team:Storage\"", "\"team:\"", "is no e-mail address"),
        ("\"team:Storage\"", "\"team:Sto\\u200brage\"", "is no e-mail address"),
        ("\"getport-io[bot]\"", "\"a person\"", "GitHub login"),
        ("\"getport-io[bot]\"", "\"[bot]\"", "GitHub login"),
    ] {
        let file = FILE.replacen(from, to, 1);
        assert_ne!(file, FILE, "{from}");
        let error = Rules::parse(&file).unwrap_err();
        let line = 1 + FILE[..FILE.find(from).unwrap()].matches('\n').count() as u64;
        let told = |mistake: &Mistake| mistake.line == line && mistake.message.contains(word);
        assert!(error.mistakes.iter().any(told), "{to}: {error}");
    }
}

#[test]
fn an_expression_that_would_take_for_ever_elsewhere_is_decided_at_once() {
    let file = FILE.replacen("(?i)because .+", "(a+)+b", 1);
    let long = "a".repeat(2_000);
    let rules = Rules::parse(&file).unwrap();
    assert!(rules.rules[0].reason.check("storage", Some(&long)).is_err());
}

#[test]
fn the_longest_time_of_all_rules_counts_the_one_without_port_too() {
    let longest = |file: &str| Rules::parse(file).unwrap().longest().map(|time| time.to_string());
    assert_eq!(longest(FILE).as_deref(), Some("4h"));
    let with_break_glass =
        FILE.replacen("rules:\n", "break-glass: { longest: 8h, people: [ada], webhook: none }\nrules:\n", 1);
    assert_eq!(longest(&with_break_glass).as_deref(), Some("8h"));
    assert_eq!(longest(&format!("{}rules: []\n", FILE.split("rules:\n").next().unwrap())), None);
}

#[test]
fn what_the_file_allows_and_refuses_reaches_the_judgement_of_actions() {
    let lines = "allow-actions: [iam:PassRole]\naccount-wide-actions: ['sqs:List*']\nrefuse-classes: [sensitive]\ncompanions: [{kind: bucket, actions: [s3:ListAllMyBuckets]}]\n";
    let rules = Rules::parse(&FILE.replacen("rules:\n", &format!("{lines}rules:\n"), 1)).unwrap();
    let allowances = Allowances::from(&rules);
    assert_eq!(allowances.denied_actions, [ActionName::parse("iam:PassRole").unwrap()]);
    assert_eq!(allowances.account_wide_actions, ["sqs:List*"]);
    assert_eq!(allowances.refused_classes, [ActionClass::Sensitive]);
    assert_eq!(allowances.companions.iter().map(|companion| companion.kind.as_str()).collect::<Vec<_>>(), ["bucket"]);
}

#[test]
fn a_stranger_is_the_first_whom_the_list_of_dispatchers_does_not_name() {
    let rules = Rules::parse(FILE).unwrap();
    let logins = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(rules.stranger(&logins(&["getport-io[bot]", "max", "ada"])), Some("max"));
    assert_eq!(rules.stranger(&logins(&["Getport-IO[bot]"])), None);
    let without = Rules::parse(&FILE.replacen("dispatchers: [\"getport-io[bot]\"]\n", "", 1)).unwrap();
    assert_eq!(without.stranger(&logins(&["max"])), None);
}

#[test]
fn a_pattern_is_known_by_its_text_and_may_be_five_hundred_characters_long() {
    let pattern = |text: &str| {
        let file = FILE.replacen("\"(?i)because .+\"", &format!("\"{text}\""), 1);
        Rules::parse(&file)
            .map(|rules| rules.rules[0].reason.pattern.clone().unwrap())
            .map_err(|error| error.to_string())
    };
    assert_eq!(pattern("a+").unwrap().as_str(), "a+");
    assert_eq!(pattern("a+").unwrap(), pattern("a+").unwrap());
    assert_ne!(pattern("a+").unwrap(), pattern("b+").unwrap());
    assert!(pattern(&"a".repeat(500)).is_ok());
    assert!(pattern(&"a".repeat(501)).unwrap_err().contains("1 to 500 characters"));
}

#[test]
fn a_carriage_return_that_ends_no_line_is_told_at_the_line_that_an_editor_shows() {
    let told = |file: &str| {
        let error = Rules::parse(file).unwrap_err();
        (error.mistakes.len(), error.mistakes[0].line, error.mistakes[0].message.clone())
    };
    // YAML counts it as the end of a line; what follows would be told at lines that nobody sees.
    let (count, line, message) = told(&FILE.replacen("name: approved", "name: !!binary a\r\r\r\rb: {", 1));
    let at = 1 + FILE[..FILE.find("name: approved").unwrap()].matches('\n').count() as u64;
    assert_eq!((count, line), (1, at));
    assert!(message.contains("carriage return"), "{message}");
    assert!(Rules::parse(&FILE.replace('\n', "\r\n")).is_ok(), "as Windows writes it");
}

/// Whoever takes the items of a list out, and leaves its key, does not ask for what the list kept out.
#[test]
fn a_key_that_is_written_without_a_value_is_a_mistake_at_its_line_and_no_limit_that_is_left_out() {
    let told = |old: &str, new: &str| {
        assert!(FILE.contains(old), "{old}");
        let file = FILE.replacen(old, new, 1);
        (Rules::parse(&file).map_err(|error| error.to_string()), line_of(&file, new))
    };
    for (old, new) in [
        ("    reason: \"(?i)because .+\"", "    reason:"),
        ("    ticket: \"^[A-Z]+-[0-9]+$\"", "    ticket: ~"),
        ("    approval: none", "    accounts:\n    approval: none"),
        ("dispatchers: [\"getport-io[bot]\"]", "dispatchers:"),
        ("dispatchers: [\"getport-io[bot]\"]", "open-grants:\n  per-requester: null"),
        ("dispatchers: [\"getport-io[bot]\"]", "open-grants:\n  per-resource:"),
        ("dispatchers: [\"getport-io[bot]\"]", "break-glass:"),
    ] {
        let (parsed, line) = told(old, new);
        let error = parsed.err().unwrap_or_else(|| panic!("{new:?} was taken"));
        assert!((line..=line + 1).any(|line| error.contains(&format!("line {line}"))), "{new:?}: {error}");
    }
}

fn line_of(file: &str, text: &str) -> usize {
    file[..file.find(text).unwrap()].lines().count() + 1
}
