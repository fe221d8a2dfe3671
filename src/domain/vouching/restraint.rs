//! Whether what is there still holds what the reviewed template demands of every grant.
//!
//! None of it was asked for, so that a role without it goes no further than its request. A template that was tightened
//! since explains that it is missing, and so does somebody who took it away: nobody can tell the two apart by the role.

use jiff::Timestamp;
use serde_json::Value;

use super::{allowing, is_narrowed_by, statements, texts};
use crate::domain::decision::Configuration;
use crate::domain::digest::canonical;
use crate::domain::iam::Observed;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::template::PolicyTemplate;

/// Checks that each policy of a grant holds the denials of the template of today, and each of its statements the
/// conditions of the template's frame. More of either takes nothing from the answer.
///
/// # Errors
///
/// Refuses the first that is missing, and names it.
pub fn keeps_what_the_template_demands(configuration: &Configuration, observed: &Observed) -> Result<(), Refusal> {
    let template = &configuration.policy_template;
    observed.policies.iter().flatten().try_for_each(|policy| check(template, &policy.document))
}

fn check(template: &PolicyTemplate, document: &Value) -> Result<(), Refusal> {
    let holds = |denial: &&Value| statements(document).iter().any(|held| canonical(held) == canonical(denial));
    if let Some(denial) = template.denials().iter().find(|denial| !holds(denial)) {
        let named = denial["Sid"].as_str().map_or_else(|| denial.to_string(), str::to_owned);
        return Err(looser(&format!("the denial {}", quoted(&named))));
    }
    let frame = Value::Object(template.frame_conditions().clone());
    // The end of it is compared with the request's, or is the template's own.
    let beside = template.further_allows(Timestamp::MAX).unwrap_or_default();
    let is_restrained = |statement: &&Value| {
        is_narrowed_by(&statement["Condition"], &frame) || beside.iter().any(|ours| is_of(statement, ours))
    };
    match allowing(document).find(|statement| !is_restrained(statement)) {
        Some(_) => Err(looser(&format!("the conditions {}", quoted(&frame.to_string())))),
        None => Ok(()),
    }
}

/// Returns whether a statement allows no more than one that the template itself allows.
fn is_of(statement: &Value, ours: &Value) -> bool {
    let lies_within = |key: &str| texts(&statement[key]).all(|one| texts(&ours[key]).any(|other| other == one));
    lies_within("Action") && lies_within("Resource") && is_narrowed_by(&statement["Condition"], &ours["Condition"])
}

fn looser(what: &str) -> Refusal {
    let reason = format!("a policy of it lacks {what} of today's template");
    let remedy = "where the template was not changed since it was made, look at CloudTrail for who changed the role";
    Refusal::new(RefusalCode::LooserThanTemplate, "templates", reason, remedy)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{configuration, observed, with_template};
    use super::*;

    /// What the template demands: one denial, one condition of every statement; and what it gives everybody besides.
    fn tightened() -> Configuration {
        with_template("template-may-widen: true\n", &template())
    }

    fn template() -> Value {
        let condition =
            json!({ "StringEquals": { "aws:SourceVpc": "vpc-1" }, "Bool": { "aws:SecureTransport": true } });
        json!({ "Statement": [
            { "Effect": "Allow", "Action": [], "Resource": "", "Condition": condition },
            { "Sid": "NeverFromOutside", "Effect": "Deny", "Action": "s3:*", "Resource": "*" },
            { "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" },
        ] })
    }

    /// What is there of a grant under that template, with a change of its statements.
    fn held(change: impl FnOnce(&mut Vec<Value>)) -> Observed {
        observed(|_, policy| {
            let [frame, denial, beside] = template()["Statement"].as_array().unwrap().clone().try_into().unwrap();
            let statements = policy["Statement"].as_array_mut().unwrap();
            for (operator, keys) in frame["Condition"].as_object().unwrap() {
                let held = statements[0]["Condition"].as_object_mut().unwrap();
                let held = held.entry(operator).or_insert_with(|| json!({})).as_object_mut().unwrap();
                held.extend(keys.as_object().unwrap().clone());
            }
            statements.extend([beside, denial]);
            change(statements);
        })
    }

    #[test]
    fn whatever_the_template_demands_and_a_role_lacks_is_named() {
        type Change = fn(&mut Vec<Value>);
        let lacking: [(Change, &str); 5] = [
            (|statements| drop(statements.pop()), "the denial `NeverFromOutside`"),
            (|statements| statements.last_mut().unwrap()["Action"] = json!("s3:GetObject"), "`NeverFromOutside`"),
            (
                |statements| {
                    drop(statements[0]["Condition"]["StringEquals"].as_object_mut().unwrap().remove("aws:SourceVpc"));
                },
                "the conditions",
            ),
            (|statements| statements[0]["Condition"]["Bool"]["aws:SecureTransport"] = json!(false), "the conditions"),
            // What the template gives everybody besides is no more than that.
            (|statements| statements[1]["Resource"] = json!(["*", "arn:aws:s3:::bucket"]), "the conditions"),
        ];
        for (number, (change, expected)) in lacking.into_iter().enumerate() {
            let refusal = keeps_what_the_template_demands(&tightened(), &held(change)).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::LooserThanTemplate, "change {number}");
            assert!(refusal.reason.contains(expected), "change {number}: {}", refusal.reason);
        }
    }

    #[test]
    fn what_holds_it_all_and_more_lacks_nothing() {
        assert_eq!(keeps_what_the_template_demands(&tightened(), &held(|_| ())), Ok(()));
        // The template has lost both since.
        assert_eq!(keeps_what_the_template_demands(&configuration(""), &held(|_| ())), Ok(()));
        assert_eq!(keeps_what_the_template_demands(&tightened(), &Observed::default()), Ok(()));
    }

    #[test]
    fn a_second_policy_is_held_to_it_like_the_first() {
        let mut both = held(|_| ());
        both.policies.extend(held(|statements| drop(statements.pop())).policies);
        assert!(keeps_what_the_template_demands(&tightened(), &both).is_err());
    }
}
