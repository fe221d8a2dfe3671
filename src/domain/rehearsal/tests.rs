//! An example passes exactly when a grant would be decided as it says.

use super::*;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":""}]}"#;
const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc";

fn configuration(example: &str, trust_template: &str) -> Configuration {
    let rules = format!(
        r#"version: 1
accounts: {{"123456789012": {{regions: [us-east-1]}}, "210987654321": {{}}}}
trust: {{mode: account}}
rules:
  - {{name: machines, requesters: ["*"], resource-types: ["*"], resources: ["*"], actions: ["ec2:*Instances"], longest-duration: 4h, approval: none}}
  - {{name: storage, requesters: ["*"], resource-types: ["S3", "Machine"], resources: ["*"], actions: ["s3:*"], longest-duration: 4h, approval: required, approvers: [lead@acme.example]}}
examples:
  - {{{example}}}
"#
    );
    Configuration::parse(Some(&rules), Some(POLICY), Some(trust_template)).expect("usable files")
}

fn outcome_with(example: &str, trust_template: &str) -> Outcome {
    let configuration = configuration(example, trust_template);
    let now = "2026-11-23T20:00:00Z".parse().expect("a moment");
    rehearse(&configuration, &configuration.rules.examples[0], now)
}

fn example(requester: &str, kind: &str, resources: &[&str], actions: &[&str], rest: &str) -> String {
    let list = |texts: &[&str]| texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ");
    format!(
        "requester: {requester}, resource-type: {kind}, resources: [{}], actions: [{}], duration: 1h, {rest}",
        list(resources),
        list(actions)
    )
}

fn outcome(kind: &str, resources: &[&str], actions: &[&str], rest: &str) -> Outcome {
    outcome_with(&example("dana@acme.example", kind, resources, actions, rest), TRUST)
}

#[test]
fn what_a_grant_refuses_no_example_is_granted() {
    let many: Vec<String> = (0..22).map(|number| format!("{INSTANCE}{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let repeated = vec!["ec2:StopInstances"; 101];
    let cases: [(&str, &[&str], &[&str], &str); 9] = [
        ("EC2", &[INSTANCE, INSTANCE], &["ec2:StopInstances"], "duplicate"),
        ("EC2", &[INSTANCE], &["ec2:StopInstances", "EC2:stopinstances"], "duplicate"),
        ("EC2", &many, &["ec2:StopInstances"], "too-many"),
        ("EC2", &[INSTANCE], &repeated, "too-many"),
        ("S3", &[INSTANCE], &["ec2:StopInstances"], "other-resource-type"),
        ("S3", &["arn:aws-cn:s3:::b"], &["s3:PutObject"], "foreign-partition"),
        ("S3", &["arn:aws:s3:::b", "arn:aws-cn:s3:::c"], &["s3:PutObject"], "foreign-partition"),
        (
            "EC2",
            &[INSTANCE, "arn:aws:ec2:us-east-1:210987654321:instance/i-1"],
            &["ec2:StopInstances"],
            "foreign-account",
        ),
        ("EC2", &["arn:aws:ec2:eu-west-1:123456789012:instance/i-1"], &["ec2:StopInstances"], "foreign-region"),
    ];
    for (kind, resources, actions, code) in cases {
        let granted = outcome(kind, resources, actions, "expect: granted");
        assert!(!granted.is_as_expected && granted.got.contains(code), "{code}: {granted:?}");
        assert!(outcome(kind, resources, actions, &format!("expect: refused, code: {code}")).is_as_expected, "{code}");
    }
    assert!(outcome("Machine", &[INSTANCE], &["ec2:StopInstances"], "expect: granted").is_as_expected);
}

#[test]
fn an_example_that_is_refused_for_its_own_mistake_fails_unless_it_says_so() {
    for (kind, resources, action, code) in [
        ("EC2", &[INSTANCE][..], "ec2:StopInstance", "unknown-action"),
        // By the rules alone it would be refused too: no rule speaks of it.
        ("S3", &["arn:aws:s3:::b"], "ec2:TerminateInstance", "unknown-action"),
        ("S3", &[INSTANCE], "ec2:StopInstances", "other-resource-type"),
        ("EC2", &[INSTANCE, INSTANCE], "ec2:StopInstances", "duplicate"),
    ] {
        let plain = outcome(kind, resources, &[action], "expect: refused");
        assert!(!plain.is_as_expected && plain.got.contains(&format!("code: {code}")), "{plain:?}");
    }
    let said = outcome("EC2", &[INSTANCE], &["ec2:StopInstance"], "expect: refused, code: no-rule");
    assert!(said.is_as_expected, "{said:?}");
    let said = outcome("S3", &["arn:aws:s3:::b"], &["s3:PutObjects"], "expect: refused, code: unknown-action");
    assert!(said.is_as_expected, "{said:?}");
    assert!(outcome("EC2", &[INSTANCE], &["ec2:AttachVolume"], "expect: refused").is_as_expected);
}

#[test]
fn an_example_may_say_whether_somebody_has_to_approve() {
    for (kind, resource, action, approval, other) in [
        ("EC2", INSTANCE, "ec2:StopInstances", "none", "required"),
        ("S3", "arn:aws:s3:::b", "s3:PutObject", "required", "none"),
    ] {
        let ask = |rest: &str| outcome(kind, &[resource], &[action], rest);
        assert!(ask("expect: granted").is_as_expected);
        assert!(ask(&format!("expect: granted, approval: {approval}")).is_as_expected);
        let wrong = ask(&format!("expect: granted, approval: {other}"));
        assert!(!wrong.is_as_expected && wrong.got.contains(&format!("approval {approval}")), "{wrong:?}");
    }
}

#[test]
fn whoever_is_the_only_approver_cannot_approve_the_own_request() {
    let ask = |requester: &str| {
        let text = example(requester, "S3", &["arn:aws:s3:::b"], &["s3:PutObject"], "expect: granted");
        outcome_with(&text, TRUST)
    };
    assert!(ask("dana@acme.example").is_as_expected);
    assert!(ask("Lead@acme.example").got.contains("not-approved"));
}

#[test]
fn templates_whose_own_end_is_over_grant_nothing() {
    let ask = |end: &str| {
        let condition = format!(r#""Condition":{{"DateLessThan":{{"aws:CurrentTime":"{end}"}}}},"Action""#);
        let template = TRUST.replacen(r#""Action""#, &condition, 1);
        let text = example("dana@acme.example", "EC2", &[INSTANCE], &["ec2:StopInstances"], "expect: granted");
        outcome_with(&text, &template)
    };
    assert!(ask("2026-11-23T20:30:00Z").is_as_expected);
    assert!(ask("2026-11-23T20:00:00Z").got.contains("refused (template)"));
}
