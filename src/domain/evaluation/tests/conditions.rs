//! Each condition operator, and how operators, keys and values combine.

use serde_json::{Value, json};

use super::super::Context;
use super::{OBJECT, allow, judge_in, parse};

/// What a condition says about a context: the effect in an Allow, and in a Deny under a wide Allow.
fn verdicts(condition: &Value, context: &Context) -> (bool, bool) {
    let judge = |effect: &str| {
        let statement = json!({"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition});
        let statements = if effect == "Deny" { json!([allow("*", "*"), statement]) } else { statement };
        judge_in(statements, "s3:PutObject", OBJECT, context.clone()).is_allowed()
    };
    (judge("Allow"), !judge("Deny"))
}

/// Whether a condition holds; in these cases there is no doubt, so an Allow and a Deny agree on it.
fn holds_in(condition: Value, context: &Context) -> bool {
    let (allows, denies) = verdicts(&condition, context);
    assert_eq!(allows, denies, "{condition} in {context:?} is in doubt");
    allows
}

/// Whether an operator holds between the request's value and the policy's.
fn holds(operator: &str, value: &str, policy: impl Into<Value>) -> bool {
    holds_in(json!({operator: {"aws:key": policy.into()}}), &Context::new().with("aws:key", value))
}

/// Whether the condition is one that nobody can decide: it neither allows nor spares from a Deny.
fn in_doubt(condition: Value, context: &Context) -> bool {
    verdicts(&condition, context) == (false, true)
}

fn holds_without_key(operator: &str, policy: &str) -> bool {
    holds_in(json!({operator: {"aws:key": policy}}), &Context::new())
}

#[test]
fn string_equals_compares_exactly_and_knows_no_wildcards() {
    assert!(holds("StringEquals", "a*", "a*"));
    assert!(!holds("StringEquals", "ab", "a*"));
    assert!(!holds("StringEquals", "A", "a"));
    assert!(!holds("StringNotEquals", "a", "a"));
    assert!(holds("StringNotEquals", "A", "a"));
}

#[test]
fn ignoring_case_ignores_nothing_else() {
    assert!(holds("StringEqualsIgnoreCase", "ÄB", "äb"));
    assert!(!holds("StringEqualsIgnoreCase", "AB", "a*"));
    assert!(!holds("StringNotEqualsIgnoreCase", "A", "a"));
    assert!(holds("StringNotEqualsIgnoreCase", "B", "a"));
}

#[test]
fn string_like_takes_wildcards_and_minds_case() {
    assert!(holds("StringLike", "reports/a:b", "reports/*"));
    assert!(holds("StringLike", "abc", "a?c"));
    assert!(!holds("StringLike", "ABC", "a?c"));
    assert!(!holds("StringNotLike", "abc", "a*"));
    assert!(holds("StringNotLike", "bcd", "a*"));
}

#[test]
fn numbers_compare_as_numbers() {
    assert!(holds("NumericEquals", "10.0", "10"));
    assert!(holds("NumericNotEquals", "10", "11"));
    assert!(holds("NumericLessThan", "9", "10"));
    assert!(!holds("NumericLessThan", "10", "10"));
    assert!(holds("NumericLessThanEquals", "10", "10"));
    assert!(holds("NumericGreaterThan", "-1.5", "-2"));
    assert!(!holds("NumericGreaterThan", "-2", "-1.5"));
    assert!(holds("NumericGreaterThanEquals", "100", 100));
    assert!(!holds("NumericGreaterThanEquals", "99.999", 100));
}

#[test]
fn large_numbers_are_not_rounded() {
    assert!(!holds("NumericEquals", "9007199254740993", "9007199254740992"));
    assert!(holds("NumericGreaterThan", "9007199254740993", "9007199254740992"));
}

#[test]
fn dates_compare_as_moments() {
    let eight = "2026-11-23T20:00:00Z";
    assert!(holds("DateLessThan", "2026-11-23T19:59:59Z", eight));
    assert!(!holds("DateLessThan", eight, eight));
    assert!(holds("DateLessThanEquals", eight, eight));
    assert!(holds("DateGreaterThan", "2026-11-23T20:00:00.001Z", eight));
    assert!(holds("DateGreaterThanEquals", eight, eight));
    assert!(holds("DateEquals", "2026-11-23T21:00:00+01:00", eight));
    assert!(!holds("DateNotEquals", "2026-11-23T21:00:00+01:00", eight));
}

#[test]
fn dates_may_be_days_or_seconds() {
    assert!(holds("DateEquals", "2026-11-23", "2026-11-23T00:00:00Z"));
    assert!(holds("DateEquals", "1795464000", "2026-11-23T20:00:00Z"));
    assert!(holds("DateLessThan", "1795463999", 1_795_464_000));
}

#[test]
fn truth_values_compare_in_any_case() {
    assert!(holds("Bool", "true", true));
    assert!(holds("Bool", "TRUE", "true"));
    assert!(!holds("Bool", "false", "true"));
    assert!(holds("Bool", "false", "False"));
}

#[test]
fn bytes_compare_after_decoding() {
    assert!(holds("BinaryEquals", "QmluYXJ5", "QmluYXJ5"));
    assert!(!holds("BinaryEquals", "QmluYXJ6", "QmluYXJ5"));
}

#[test]
fn addresses_lie_in_ranges_of_their_family() {
    assert!(holds("IpAddress", "203.0.113.77", "203.0.113.0/24"));
    assert!(!holds("IpAddress", "203.0.114.1", "203.0.113.0/24"));
    assert!(holds("IpAddress", "203.0.113.7", "203.0.113.7"));
    assert!(!holds("IpAddress", "203.0.113.8", "203.0.113.7"));
    assert!(holds("IpAddress", "198.51.100.1", "0.0.0.0/0"));
    assert!(holds("IpAddress", "2001:db8:1234::1", "2001:DB8:1234:0::/48"));
    assert!(!holds("IpAddress", "2001:db8:1235::1", "2001:db8:1234::/48"));
    assert!(holds("IpAddress", "2001:db8::1", "::/0"));
    assert!(!holds("IpAddress", "203.0.113.7", "::/0"));
    assert!(!holds("NotIpAddress", "203.0.113.7", "203.0.113.0/24"));
    assert!(holds("NotIpAddress", "203.0.114.7", "203.0.113.0/24"));
}

#[test]
fn arns_compare_part_by_part() {
    let role = "arn:aws:iam::123456789012:role/port-iam/Permission-1";
    for operator in ["ArnLike", "ArnEquals"] {
        assert!(holds(operator, role, role));
        assert!(holds(operator, role, "arn:aws:iam::123456789012:role/port-iam/*"));
        assert!(holds(operator, role, "arn:*:iam:*:1234567890??:*"));
        assert!(!holds(operator, role, "arn:aws:iam::210987654321:role/port-iam/*"));
        // Text with this wildcard would match: but it reaches from one part into the next.
        assert!(!holds(operator, "arn:aws:iam:x:y:z:role/a", "arn:aws:iam:*:role/a:*"));
        for no_arn in ["not an arn", "arn:aws:iam", "*"] {
            assert!(!holds(operator, no_arn, "arn:*:*:*:*:*"));
        }
    }
    assert!(!holds("ArnNotLike", role, "arn:aws:iam::123456789012:role/*"));
    assert!(holds("ArnNotEquals", role, "arn:aws:iam::123456789012:user/*"));
}

#[test]
fn colons_within_the_last_part_of_an_arn_belong_to_it() {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:name:1";
    assert!(holds("ArnLike", function, "arn:aws:lambda:us-east-1:123456789012:function:*"));
    assert!(holds("ArnLike", function, "arn:aws:lambda:*:*:*:1"));
}

#[test]
fn null_asks_whether_the_key_is_missing() {
    let there = Context::new().with("aws:key", "x");
    assert!(holds_in(json!({"Null": {"aws:key": "true"}}), &Context::new()));
    assert!(!holds_in(json!({"Null": {"aws:key": true}}), &there));
    assert!(holds_in(json!({"Null": {"aws:key": "false"}}), &there));
    assert!(!holds_in(json!({"Null": {"aws:key": "false"}}), &Context::new()));
}

#[test]
fn a_missing_key_satisfies_only_negated_operators() {
    for (operator, policy) in [
        ("StringEquals", "a"),
        ("StringEqualsIgnoreCase", "a"),
        ("StringLike", "*"),
        ("NumericEquals", "1"),
        ("NumericLessThan", "1"),
        ("DateLessThan", "2026-11-23T20:00:00Z"),
        ("Bool", "true"),
        ("Bool", "false"),
        ("BinaryEquals", "QQ=="),
        ("IpAddress", "0.0.0.0/0"),
        ("ArnLike", "arn:*:*:*:*:*"),
    ] {
        assert!(!holds_without_key(operator, policy), "{operator}");
        assert!(holds_without_key(&format!("{operator}IfExists"), policy), "{operator}IfExists");
    }
    for (operator, policy) in [
        ("StringNotEquals", "a"),
        ("StringNotEqualsIgnoreCase", "a"),
        ("StringNotLike", "*"),
        ("NumericNotEquals", "1"),
        ("DateNotEquals", "2026-11-23T20:00:00Z"),
        ("NotIpAddress", "0.0.0.0/0"),
        ("ArnNotLike", "arn:*:*:*:*:*"),
    ] {
        assert!(holds_without_key(operator, policy), "{operator}");
    }
}

#[test]
fn if_exists_changes_nothing_when_the_key_is_there() {
    assert!(holds("StringEqualsIfExists", "a", "a"));
    assert!(!holds("StringEqualsIfExists", "b", "a"));
}

#[test]
fn several_values_are_alternatives_and_of_a_negated_operator_none_may_match() {
    assert!(holds("StringEquals", "b", json!(["a", "b"])));
    assert!(!holds("StringEquals", "c", json!(["a", "b"])));
    assert!(!holds("StringNotEquals", "b", json!(["a", "b"])));
    assert!(holds("StringNotEquals", "c", json!(["a", "b"])));
}

#[test]
fn all_operators_and_all_keys_must_hold() {
    let condition = || json!({"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}});
    let context = |b: &str, c: &str| Context::new().with("aws:a", "1").with("aws:b", b).with("AWS:C", c);
    assert!(holds_in(condition(), &context("2", "true")));
    assert!(!holds_in(condition(), &context("3", "true")));
    assert!(!holds_in(condition(), &context("2", "false")));
}

#[test]
fn an_empty_condition_always_holds() {
    assert!(holds_in(json!({}), &Context::new()));
    assert!(holds_in(json!({"StringEquals": {}}), &Context::new()));
}

fn tags(values: &[&str]) -> Context {
    Context::new().with_all("aws:TagKeys", values.iter().copied())
}

fn set_holds(operator: &str, policy: &[&str], values: &[&str]) -> bool {
    holds_in(json!({operator: {"aws:TagKeys": policy}}), &tags(values))
}

#[test]
fn for_all_values_needs_every_value_of_the_request() {
    assert!(set_holds("ForAllValues:StringEquals", &["a", "b"], &["a"]));
    assert!(set_holds("ForAllValues:StringEquals", &["a", "b"], &["b", "a"]));
    assert!(!set_holds("ForAllValues:StringEquals", &["a", "b"], &["a", "c"]));
    assert!(set_holds("ForAllValues:StringNotLike", &["key1*"], &["key2:audit"]));
    assert!(!set_holds("ForAllValues:StringNotLike", &["key1*"], &["key2:audit", "key1:hr"]));
}

#[test]
fn for_any_value_needs_one_value_of_the_request() {
    assert!(set_holds("ForAnyValue:StringLike", &["a*", "b"], &["x", "ab"]));
    assert!(!set_holds("ForAnyValue:StringLike", &["a*", "b"], &["x", "y"]));
    assert!(set_holds("ForAnyValue:StringNotEquals", &["a"], &["a", "b"]));
    assert!(!set_holds("ForAnyValue:StringNotEquals", &["a"], &["a"]));
}

#[test]
fn without_any_value_for_all_holds_and_for_any_does_not() {
    for context in [Context::new(), tags(&[]), tags(&[""])] {
        for operator in ["StringEquals", "StringNotEquals"] {
            let condition = |set: &str| json!({format!("{set}:{operator}"): {"aws:TagKeys": "a"}});
            assert!(holds_in(condition("ForAllValues"), &context), "{operator} {context:?}");
            assert!(!holds_in(condition("ForAnyValue"), &context), "{operator} {context:?}");
        }
    }
}

#[test]
fn for_any_value_if_exists_is_in_doubt_without_the_key() {
    assert!(in_doubt(json!({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}}), &Context::new()));
    assert!(holds_without_key("ForAllValues:StringEqualsIfExists", "a"));
}

#[test]
fn variables_are_resolved_in_texts_and_arns() {
    let context = Context::new().with("aws:key", "dana").with("aws:username", "dana");
    assert!(holds_in(json!({"StringEquals": {"aws:key": "${aws:username}"}}), &context));
    assert!(holds_in(
        json!({"StringLike": {"aws:key": "d*${aws:username, 'x'}"}}),
        &Context::new().with("aws:key", "dax")
    ));
    assert!(!holds_in(json!({"StringNotEquals": {"aws:key": "${aws:username}"}}), &context));
    let arn = Context::new().with("aws:key", "arn:aws:iam::123456789012:user/dana").with("aws:username", "dana");
    assert!(holds_in(json!({"ArnLike": {"aws:key": "arn:aws:iam::*:user/${aws:username}"}}), &arn));
    assert!(holds_in(
        json!({"ArnEquals": {"aws:key": "${aws:PrincipalArn}"}}),
        &arn.clone().with("aws:PrincipalArn", "arn:aws:iam::123456789012:user/dana")
    ));
}

#[test]
fn a_variable_without_value_equals_nothing_and_leaves_a_negated_operator_in_doubt() {
    let context = Context::new().with("aws:key", "dana");
    assert!(!holds_in(json!({"StringEquals": {"aws:key": "${aws:username}"}}), &context));
    assert!(in_doubt(json!({"StringNotEquals": {"aws:key": "${aws:username}"}}), &context));
    // One that equals decides all the same.
    assert!(!holds_in(json!({"StringNotEquals": {"aws:key": ["${aws:username}", "dana"]}}), &context));
}

#[test]
fn a_value_of_the_wrong_type_in_the_request_is_in_doubt() {
    for (operator, policy) in [
        ("NumericLessThan", "10"),
        ("NumericNotEquals", "10"),
        ("DateLessThan", "2026-11-23T20:00:00Z"),
        ("Bool", "true"),
        ("IpAddress", "0.0.0.0/0"),
        ("NotIpAddress", "10.0.0.0/8"),
        ("BinaryEquals", "QQ=="),
    ] {
        assert!(
            in_doubt(json!({operator: {"aws:key": policy}}), &Context::new().with("aws:key", "so-so")),
            "{operator}"
        );
    }
}

#[test]
fn several_values_without_a_set_operator_are_in_doubt() {
    for operator in ["StringEquals", "StringNotEquals"] {
        assert!(in_doubt(json!({operator: {"aws:TagKeys": "a"}}), &tags(&["a", "b"])), "{operator}");
    }
}

#[test]
fn a_false_condition_decides_over_one_in_doubt() {
    let condition = json!({"NumericEquals": {"aws:a": "1"}, "StringEquals": {"aws:b": "2"}});
    assert!(!holds_in(condition, &Context::new().with("aws:a", "so-so").with("aws:b", "3")));
}

#[test]
fn values_of_the_wrong_type_in_a_policy_are_refused() {
    for (operator, policy) in [
        ("NumericEquals", json!("ten")),
        ("NumericEquals", json!("1e5")),
        ("NumericEquals", json!("${aws:x}")),
        ("NumericEquals", json!("")),
        ("NumericEquals", json!(".5")),
        ("NumericEquals", json!("1.")),
        ("NumericEquals", json!("99999999999999999999")),
        ("DateLessThan", json!("tomorrow")),
        ("DateLessThan", json!("2026")),
        ("DateLessThan", json!("20")),
        ("DateLessThan", json!("2026-11-23T20:00:00")),
        ("DateLessThan", json!("23.11.2026")),
        ("DateLessThan", json!("2026-13-01T00:00:00Z")),
        ("DateLessThan", json!("99999999999999")),
        ("Bool", json!("yes")),
        ("Null", json!("maybe")),
        ("BinaryEquals", json!("%%")),
        ("IpAddress", json!("10.0.0.0/33")),
        ("IpAddress", json!("10.0.0/8")),
        ("IpAddress", json!("10.0.0.0/+8")),
        ("IpAddress", json!("example.com")),
        ("ArnLike", json!("*")),
        ("ArnLike", json!("arn:aws:iam")),
        ("StringEquals", json!([])),
        ("StringEquals", json!(null)),
        ("StringEquals", json!({})),
        ("StringEquals", json!([["a"]])),
    ] {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"aws:key": policy.clone()}}});
        assert!(parse(statement).is_err(), "{operator} {policy}");
    }
}

#[test]
fn an_unknown_operator_is_refused_with_its_place() {
    for operator in [
        "StringMatches",
        "stringEquals",
        "StringEqualsIfexists",
        "ForSomeValues:StringEquals",
        "NullIfExists",
        "ForAnyValue:Null",
        "NumericLike",
        "DateBefore",
        "BoolNotEquals",
        "",
        "IfExists",
        "ForAnyValue:",
        "StringEqualsIfExistsIfExists",
    ] {
        let statement =
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {"aws:key": "x"}}});
        let error = parse(json!([allow("*", "*"), statement])).expect_err(operator);
        assert_eq!(
            error.to_string(),
            format!("policy document: Statement[1].Condition.{operator} is no condition operator")
        );
    }
}

#[test]
fn a_condition_key_without_a_prefix_is_refused() {
    for key in ["CurrentTime", "aws:", ":x", ""] {
        let statement =
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {key: "x"}}});
        assert!(parse(statement).is_err(), "{key}");
    }
}
