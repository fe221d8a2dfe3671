//! The statements of an identity's policies against the written ones. The questions of the battery are tried on some
//! things of each kind; a statement about any other thing shows here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

/// A statement that is in an identity's policies and not written, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementDifference {
    /// Whether it is written; else it is there and not written.
    pub is_written: bool,
    /// The statement; the whole document where that has none that can be read.
    pub statement: Value,
}

impl StatementDifference {
    /// Returns the difference for machines.
    pub fn json(&self) -> Value {
        let Self { is_written, statement } = self;
        json!({ "written": is_written, "statement": statement })
    }
}

impl fmt::Display for StatementDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_written, statement } = self;
        let word = if *is_written { "is written and missing" } else { "is not written" };
        write!(formatter, "a statement {word}: {statement}")
    }
}

/// Returns which statements of the documents `found` allow something and are not written, and which written ones that
/// deny something are missing. A further denial only narrows, and what is allowed no longer is no power; where it was
/// needed, the battery misses it.
pub fn statement_differences(found: &[Value], written: &[Value]) -> Vec<StatementDifference> {
    let (is_there, is_known) = (canonical_statements(found), canonical_statements(written));
    let further =
        of(found, |statement| !denies(statement) && !is_known.contains(&canonical_statement(statement)), false);
    let missing =
        of(written, |statement| denies(statement) && !is_there.contains(&canonical_statement(statement)), true);
    further.into_iter().chain(missing).collect()
}

/// Returns the statements that `differs`, each once.
fn of(documents: &[Value], differs: impl Fn(&Value) -> bool, is_written: bool) -> Vec<StatementDifference> {
    let mut told = BTreeSet::new();
    let all = documents.iter().flat_map(statements).filter(|statement| differs(statement));
    let each = all.filter(|statement| told.insert(canonical_statement(statement)));
    each.map(|statement| StatementDifference { is_written, statement: statement.clone() }).collect()
}

fn statements(document: &Value) -> &[Value] {
    match &document["Statement"] {
        Value::Array(statements) => statements,
        one @ Value::Object(_) => std::slice::from_ref(one),
        // Nothing that could be taken for a denial, or for a written statement.
        _ => std::slice::from_ref(document),
    }
}

fn denies(statement: &Value) -> bool {
    statement["Effect"] == "Deny"
}

/// A value of a statement in the one form that says the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Canonical {
    /// One or many values, in any order.
    Values(BTreeSet<String>),
    /// Keys and what they hold.
    Keys(BTreeMap<String, Self>),
}

fn canonical_statements(documents: &[Value]) -> BTreeSet<Canonical> {
    documents.iter().flat_map(statements).map(canonical_statement).collect()
}

fn canonical_statement(statement: &Value) -> Canonical {
    let mut canonical = canonical(statement);
    if let Canonical::Keys(keys) = &mut canonical {
        keys.remove("Sid");
    }
    canonical
}

fn canonical(value: &Value) -> Canonical {
    // IAM compares as text, also what is written as a number or a truth value.
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(keys) => {
            Canonical::Keys(keys.iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(values) => Canonical::Values(values.iter().map(text).collect()),
        one => Canonical::Values(BTreeSet::from([text(one)])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::manager_policies;
    use crate::domain::account::AwsAccount;
    use crate::domain::names::Names;

    const ACCOUNT: &str = "arn:aws:iam::123456789012";

    type Change = fn(&mut Value);

    fn written() -> [Value; 2] {
        let account = AwsAccount::parse("account", "123456789012", "aws").unwrap();
        let policies = manager_policies(&Names::default(), &account).unwrap();
        [policies.granter, policies.revoker]
    }

    fn granter() -> Value {
        written()[0].clone()
    }

    fn document(statement: &Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": statement })
    }

    /// Returns the place of the statement with this name.
    fn place(document: &Value, sid: &str) -> usize {
        document["Statement"].as_array().unwrap().iter().position(|statement| statement["Sid"] == sid).unwrap()
    }

    #[test]
    fn what_init_writes_is_what_is_written_in_however_many_policies_it_lies() {
        let both = written();
        assert_eq!(statement_differences(&both, &both), []);
        let single: Vec<Value> = both.iter().flat_map(statements).map(document).collect();
        assert_eq!(statement_differences(&single, &both), []);
    }

    #[test]
    fn a_statement_that_allows_more_is_told_whatever_it_is_about() {
        for (action, resource) in [
            (json!("iam:*"), json!(format!("{ACCOUNT}:role/OrganizationAccountAccessRole"))),
            (json!("iam:PutRolePolicy"), json!(format!("{ACCOUNT}:role/port-iam/Permission-r_*"))),
            (json!(["s3:GetObject"]), json!("*")),
        ] {
            let more = json!({ "Sid": "ReadQuota", "Effect": "Allow", "Action": action, "Resource": resource });
            let differences = statement_differences(&[granter(), document(&more)], &[granter()]);
            assert_eq!(differences, [StatementDifference { is_written: false, statement: more.clone() }]);
            assert_eq!(differences[0].to_string(), format!("a statement is not written: {more}"));
            // Of two that say the same one is told.
            let twice = [granter(), document(&more), document(&json!([more]))];
            assert_eq!(statement_differences(&twice, &[granter()]).len(), 1);
        }
    }

    #[test]
    fn each_part_of_a_statement_counts() {
        let place = place(&granter(), "AttachOwnPoliciesToBoundedRoles");
        let changes: [(&str, Change); 7] = [
            ("another action", |it| it["Action"] = json!("iam:*")),
            ("a further action", |it| it["Action"] = json!(["iam:AttachRolePolicy", "iam:PassRole"])),
            ("all other actions", |it| {
                let action = it.as_object_mut().unwrap().remove("Action").unwrap();
                it["NotAction"] = action;
            }),
            ("another resource", |it| it["Resource"] = json!("*")),
            ("no condition", |it| drop(it.as_object_mut().unwrap().remove("Condition"))),
            ("a condition less", |it| drop(it["Condition"].as_object_mut().unwrap().remove("ArnEquals"))),
            ("a wider condition", |it| it["Condition"]["ArnLike"]["iam:PolicyARN"] = json!("*")),
        ];
        for (what, change) in changes {
            let mut changed = granter();
            change(&mut changed["Statement"][place]);
            let differences = statement_differences(&[changed], &[granter()]);
            assert!(
                matches!(&differences[..], [StatementDifference { is_written: false, .. }]),
                "{what}: {differences:?}"
            );
        }
    }

    #[test]
    fn the_way_in_which_the_same_is_written_does_not_count() {
        let mut other = granter();
        for statement in other["Statement"].as_array_mut().unwrap() {
            let mut keys: Vec<(String, Value)> = statement.as_object().unwrap().clone().into_iter().rev().collect();
            for (key, value) in &mut keys {
                match value {
                    Value::Array(values) => values.reverse(),
                    Value::String(_) if key == "Sid" => *value = json!("AnotherName"),
                    Value::String(_) if key != "Effect" => *value = json!([value.clone()]),
                    _ => {}
                }
            }
            *statement = Value::Object(keys.into_iter().collect());
        }
        assert_ne!(other, granter());
        assert_eq!(statement_differences(&[other], &[granter()]), []);
        let (text, truth) = (json!({ "Bool": { "a": "true" } }), json!({ "Bool": { "a": [true] } }));
        assert_eq!(canonical(&text), canonical(&truth));
    }

    #[test]
    fn a_written_denial_that_is_missing_or_narrower_is_told_and_a_further_one_is_not() {
        let further = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" });
        assert_eq!(statement_differences(&[granter(), document(&further)], &[granter()]), []);
        let place = place(&granter(), "NeverGrantWithoutPort");
        let denial = granter()["Statement"][place].clone();
        let mut without = granter();
        without["Statement"].as_array_mut().unwrap().remove(place);
        let mut narrower = granter();
        narrower["Statement"][place]["Action"] = json!("iam:CreateRole");
        for found in [without, narrower] {
            let differences = statement_differences(&[found], &[granter()]);
            assert_eq!(differences, [StatementDifference { is_written: true, statement: denial.clone() }]);
            assert!(differences[0].to_string().starts_with("a statement is written and missing: {"));
        }
        assert_eq!(statement_differences(&[], &[granter()]).len(), 2);
    }

    #[test]
    fn a_document_that_cannot_be_read_is_told() {
        for unread in [json!({}), json!("text"), json!({ "Statement": "text" }), document(&json!(["text"]))] {
            assert_eq!(statement_differences(&[granter(), unread.clone()], &[granter()]).len(), 1, "{unread}");
        }
        let odd = json!({ "Effect": "deny", "Action": "*", "Resource": "*" });
        assert_eq!(statement_differences(&[document(&odd)], &[]).len(), 1);
    }
}
