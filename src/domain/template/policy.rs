//! The template of the permission policy: a frame for our Allow statements, and statements that deny.

mod further;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{conditions, refuse, statements};
use crate::domain::arn::holds_placeholder;
use crate::domain::evaluation::PolicyDocument;
use crate::domain::policy_text::check_alphabet_of;
use crate::domain::refusal::Refusal;

/// The checked policy template: a frame for our Allow statements, and statements that deny.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTemplate {
    conditions: Map<String, Value>,
    /// Statements that allow more than was asked for; only where the rules file permits it.
    further: Vec<Map<String, Value>>,
    denials: Vec<Value>,
}

impl PolicyTemplate {
    /// The file, as refusals call it.
    pub(in crate::domain) const FILE: &'static str = "iamPolicyDocument.json";

    /// Checks the policy template. Its first statement is the frame that our statements are written into; the others
    /// deny. With `may_widen` the frame may allow something itself, and so may the others: every grant gets that too,
    /// until its end.
    ///
    /// # Errors
    ///
    /// Refuses a template that IAM would not take, one that still holds a placeholder, and without `may_widen` one that
    /// could widen a grant: an Allow that is not the empty frame, `NotAction`, `NotResource`.
    pub fn parse(template: &Value, may_widen: bool) -> Result<Self, Refusal> {
        let entries = statements(Self::FILE, template)?;
        let Some((frame, rest)) = entries.split_first() else {
            return Err(refuse(Self::FILE, "has no Statement"));
        };
        // A Deny whose resource is a placeholder denies nothing.
        let text = template.to_string();
        if text.contains("<YOUR") || holds_placeholder(&text) {
            return Err(refuse(Self::FILE, "still holds a placeholder"));
        }
        // Our documents are of this version; in an older one `${…}` is no variable and would come to mean another thing.
        if template.get("Version").is_some_and(|version| version != "2012-10-17") {
            return Err(refuse(Self::FILE, "must be of Version 2012-10-17"));
        }
        if frame.get("Effect") != Some(&json!("Allow")) {
            return Err(refuse(Self::FILE, "must begin with an Allow statement, the frame"));
        }
        let mut further: Vec<Map<String, Value>> = own_allow(frame, may_widen)?.into_iter().collect();
        let mut denials = Vec::new();
        for statement in rest {
            match statement.get("Effect").and_then(Value::as_str) {
                Some("Deny") => denials.push(Value::Object((*statement).clone())),
                Some("Allow") if may_widen => further.push((*statement).clone()),
                _ => return Err(refuse(Self::FILE, "has a further statement that does not deny")),
            }
        }
        check_grammar(template, frame, rest)?;
        check_alphabet_of(Self::FILE, template)?;
        let conditions = frame.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default();
        let all = further.iter().filter_map(|statement| statement.get("Condition").and_then(Value::as_object));
        all.chain([&conditions]).try_for_each(|conditions| conditions::check(Self::FILE, conditions))?;
        Ok(Self { conditions, further, denials })
    }

    /// Returns the conditions of one of our statements: its own, the frame's and the end, all of which must hold.
    ///
    /// # Errors
    ///
    /// Refuses two conditions on one key that cannot stand in one statement: neither may replace the other.
    pub(in crate::domain) fn conditions(
        &self,
        ours: &Map<String, Value>,
        end: Timestamp,
    ) -> Result<Map<String, Value>, Refusal> {
        conditions::until(Self::FILE, conditions::both(Self::FILE, &self.conditions, ours)?, end)
    }

    /// Returns the conditions that the frame puts on each of our statements.
    pub(in crate::domain) fn frame_conditions(&self) -> &Map<String, Value> {
        &self.conditions
    }

    /// Returns the statements of the template that allow something themselves, each with the end.
    ///
    /// # Errors
    ///
    /// Refuses an end of their own that cannot be read.
    pub(in crate::domain) fn further_allows(&self, end: Timestamp) -> Result<Vec<Value>, Refusal> {
        let bounded = |statement: &Map<String, Value>| {
            let own = statement.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default();
            let mut statement = statement.clone();
            statement.insert("Condition".to_owned(), Value::Object(conditions::until(Self::FILE, own, end)?));
            Ok(Value::Object(statement))
        };
        self.further.iter().map(bounded).collect()
    }

    /// Returns the end that the frame gives every grant, when it has one.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], which has refused an end that cannot be read.
    pub(in crate::domain) fn own_end(&self) -> Result<Option<Timestamp>, Refusal> {
        conditions::own_end(Self::FILE, &self.conditions)
    }

    /// Returns what every grant gets beside what was asked for, one sentence for each Allow of the template: for the
    /// approver, who sees nothing of it in the request.
    pub fn notes(&self) -> Vec<String> {
        self.further.iter().map(further::sentence).collect()
    }

    /// Returns the statements that deny.
    pub(in crate::domain) fn denials(&self) -> &[Value] {
        &self.denials
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// Returns what the frame itself allows: nothing, unless it may widen and is filled.
fn own_allow(frame: &Map<String, Value>, may_widen: bool) -> Result<Option<Map<String, Value>>, Refusal> {
    const FILE: &str = PolicyTemplate::FILE;
    let negated = frame.contains_key("NotAction") || frame.contains_key("NotResource");
    let filled = !is_empty(frame.get("Action")) || !is_empty(frame.get("Resource"));
    if !negated && !filled {
        return Ok(None);
    }
    if !may_widen {
        let reason = if negated {
            "must begin with an Allow statement without NotAction or NotResource"
        } else {
            "fills Action or Resource of its first statement, which every grant would get"
        };
        return Err(refuse(FILE, reason));
    }
    let mut own = frame.clone();
    for (element, opposite) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if is_empty(own.get(element)) {
            own.remove(element);
        }
        if !own.contains_key(element) && !own.contains_key(opposite) {
            return Err(refuse(FILE, "fills only one of Action and Resource of its first statement"));
        }
    }
    Ok(Some(own))
}

/// Refuses what IAM would refuse, and what it would read otherwise than the reviewer: an element whose name is
/// misspelt, an operator that there is none of.
fn check_grammar(template: &Value, frame: &Map<String, Value>, rest: &[&Map<String, Value>]) -> Result<(), Refusal> {
    let mut frame = frame.clone();
    // The frame is empty by intention: any action and any resource make it whole.
    for (element, opposite, example) in [("Action", "NotAction", "s3:GetObject"), ("Resource", "NotResource", "*")] {
        if is_empty(frame.get(element)) {
            frame.remove(element);
            if !frame.contains_key(opposite) {
                frame.insert(element.to_owned(), json!(example));
            }
        }
    }
    let mut document = template.as_object().cloned().unwrap_or_default();
    let all = std::iter::once(&frame).chain(rest.iter().copied());
    document.insert("Statement".to_owned(), all.map(|statement| Value::Object(statement.clone())).collect());
    document.insert("Version".to_owned(), json!("2012-10-17"));
    PolicyDocument::parse(&Value::Object(document))
        .and_then(|document| document.require_identity_policy())
        .map_err(|error| refuse(PolicyTemplate::FILE, &format!("is no policy that IAM takes: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guide() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [], "Resource": ""}]})
    }

    fn with(statement: Value) -> Value {
        let mut template = guide();
        template["Statement"].as_array_mut().unwrap().push(statement);
        template
    }

    const END: &str = "2026-11-23T20:00:00Z";

    fn end() -> Timestamp {
        END.parse().unwrap()
    }

    fn conditions_of(condition: Value) -> Result<Value, Refusal> {
        let mut template = guide();
        template["Statement"][0]["Condition"] = condition;
        let ours = json!({"StringEquals": {"s3:ResourceAccount": "123456789012"}});
        let template = PolicyTemplate::parse(&template, false)?;
        template.conditions(ours.as_object().unwrap(), end()).map(Value::Object)
    }

    #[test]
    fn the_guide_s_template_is_a_frame() {
        assert!(PolicyTemplate::parse(&guide(), false).is_ok());
    }

    #[test]
    fn a_template_that_could_widen_a_grant_is_refused_unless_the_rules_permit_it() {
        for statement in [
            json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x"}),
        ] {
            let alone = json!({"Statement": [statement.clone()]});
            for template in [alone, with(statement)] {
                assert!(PolicyTemplate::parse(&template, false).is_err(), "{template}");
                let allows = PolicyTemplate::parse(&template, true).unwrap().further_allows(end()).unwrap();
                assert_eq!(allows.len(), 1, "{template}");
                assert_eq!(allows[0]["Condition"], json!({"DateLessThan": {"aws:CurrentTime": END}}));
            }
        }
        assert!(PolicyTemplate::parse(&json!({"Statement": []}), true).is_err());
        assert!(PolicyTemplate::parse(&json!({}), true).is_err());
        let half = json!({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ""}]});
        assert!(PolicyTemplate::parse(&half, true).is_err());
    }

    #[test]
    fn a_frame_that_leaves_out_by_name_is_none_that_is_empty() {
        let negated = [
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": ""}),
            json!({"Effect": "Allow", "Action": [], "NotResource": "arn:aws:s3:::x"}),
        ];
        let full = json!({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::x"});
        let refused = |frame: &Value, may_widen| {
            PolicyTemplate::parse(&json!({"Statement": [frame]}), may_widen).map_err(|refusal| refusal.reason)
        };
        for frame in negated.iter().chain([&full]) {
            let reason = refused(frame, false).unwrap_err();
            assert!(reason.contains("without NotAction or NotResource"), "{frame}: {reason}");
        }
        for frame in &negated {
            let reason = refused(frame, true).unwrap_err();
            assert!(reason.contains("fills only one of Action and Resource"), "{frame}: {reason}");
        }
        assert!(refused(&full, true).is_ok());
        let filled = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        assert!(refused(&filled, false).unwrap_err().contains("fills Action or Resource"));
    }

    #[test]
    fn the_frame_is_a_statement_alone_or_the_first_of_a_list_and_its_conditions_and_end_are_told() {
        let condition = json!({"DateLessThan": {"aws:CurrentTime": END}, "Bool": {"aws:SecureTransport": "true"}});
        let frame = json!({"Effect": "Allow", "Action": [], "Resource": "", "Condition": condition});
        for statement in [frame.clone(), json!([frame])] {
            let template = PolicyTemplate::parse(&json!({"Statement": statement}), false).unwrap();
            assert_eq!(Value::Object(template.frame_conditions().clone()), condition);
            assert_eq!(template.own_end(), Ok(Some(end())));
        }
        assert_eq!(PolicyTemplate::parse(&guide(), false).unwrap().own_end(), Ok(None));
    }

    #[test]
    fn a_template_says_in_a_sentence_what_every_grant_gets_beside() {
        assert!(PolicyTemplate::parse(&guide(), true).unwrap().notes().is_empty());
        let denial = with(json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}));
        assert!(PolicyTemplate::parse(&denial, true).unwrap().notes().is_empty());
        for (statement, told) in [
            (json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}), "iam:* on *"),
            (
                json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::a"]}),
                "s3:GetObject, s3:ListBucket on arn:aws:s3:::a",
            ),
            (
                json!({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::a"}),
                "everything but iam:* on everything but arn:aws:s3:::a",
            ),
        ] {
            let mut all = [json!({"Statement": [statement.clone()]}), with(statement.clone())];
            all[1]["Statement"][1]["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
            for (template, conditional) in all.iter().zip([false, true]) {
                let notes = PolicyTemplate::parse(template, true).unwrap().notes();
                let under = if conditional { ", under conditions of its own" } else { "" };
                assert_eq!(notes, [format!("the template gives every grant besides: {told}{under}")]);
            }
        }
    }

    #[test]
    fn a_frame_that_is_none_is_refused_whatever_is_permitted() {
        for may_widen in [false, true] {
            for frame in [
                json!({"Effect": "Deny", "Action": [], "Resource": ""}),
                json!({"Action": [], "Resource": ""}),
                json!({"Effect": "Allow", "Action": [], "Resource": "", "Conditions": {}}),
                json!({"Effect": "Allow", "Action": [], "Resource": "", "Condition": []}),
                json!({"Effect": "Allow", "Action": [], "Resource": "", "Condition": {"StringEqual": {"aws:a": "b"}}}),
                json!({"Effect": "Allow", "Action": [], "Resource": "", "Principal": "*"}),
            ] {
                assert!(PolicyTemplate::parse(&json!({"Statement": [frame]}), may_widen).is_err(), "{frame}");
            }
            let old = json!({"Version": "2008-10-17", "Statement": guide()["Statement"]});
            assert!(PolicyTemplate::parse(&old, may_widen).is_err());
        }
    }

    #[test]
    fn conditions_of_the_frame_hold_besides_ours_whatever_their_operator() {
        for condition in [
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            json!({"DateLessThanIfExists": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}),
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}),
            json!({"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        ] {
            let all = conditions_of(condition.clone()).unwrap();
            assert_eq!(all["DateLessThan"]["aws:CurrentTime"], END, "{all}");
            assert_eq!(all["StringEquals"]["s3:ResourceAccount"], "123456789012", "{all}");
            for (operator, keys) in condition.as_object().unwrap() {
                for (key, value) in keys.as_object().unwrap() {
                    assert_eq!(all[operator][key], *value, "{all}");
                }
            }
        }
    }

    #[test]
    fn of_two_ends_the_earlier_stands() {
        for (theirs, stands) in [
            (json!("2099-01-01T00:00:00Z"), END),
            (json!("2026-11-23T19:30:00Z"), "2026-11-23T19:30:00Z"),
            (json!(["2026-11-23T19:00:00Z", "2026-11-23T19:30:00Z"]), "2026-11-23T19:30:00Z"),
        ] {
            for key in ["aws:CurrentTime", "AWS:currenttime"] {
                let all = conditions_of(json!({"DateLessThan": {key: theirs}})).unwrap();
                assert_eq!(all["DateLessThan"], json!({"aws:CurrentTime": stands}), "{key} {theirs}");
            }
        }
        assert_eq!(
            conditions_of(json!({"DateLessThan": {"aws:CurrentTime": "${aws:x}"}})).unwrap_err().code.as_str(),
            "template"
        );
    }

    #[test]
    fn two_conditions_on_one_key_become_what_both_allow_or_are_refused() {
        let key = "S3:resourceaccount";
        let both = conditions_of(json!({"StringEquals": {key: ["999999999999", "123456789012"]}})).unwrap();
        assert_eq!(both["StringEquals"], json!({"s3:ResourceAccount": ["123456789012"]}));
        for theirs in [json!("999999999999"), json!("${aws:PrincipalAccount}")] {
            assert_eq!(conditions_of(json!({"StringEquals": {key: theirs}})).unwrap_err().code.as_str(), "template");
        }
        let like = json!({"StringLike": {"aws:x": "a"}});
        let template = json!({"Statement": [{"Effect": "Allow", "Action": [], "Resource": "", "Condition": like}]});
        let template = PolicyTemplate::parse(&template, false).unwrap();
        let ours = json!({"StringLike": {"aws:x": "b"}});
        assert_eq!(template.conditions(ours.as_object().unwrap(), end()).unwrap_err().code.as_str(), "template");
        assert!(template.conditions(like.as_object().unwrap(), end()).is_ok());
    }

    #[test]
    fn one_key_in_two_spellings_is_refused() {
        let twice = json!({"StringEquals": {"aws:x": "a", "AWS:X": "b"}});
        assert_eq!(conditions_of(twice).unwrap_err().code.as_str(), "template");
    }

    #[test]
    fn a_denial_survives_as_it_was_written() {
        let denial = json!({"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"});
        let template = PolicyTemplate::parse(&with(denial.clone()), false).unwrap();
        assert_eq!(template.denials(), [denial]);
        assert_eq!(template.further_allows(end()).unwrap(), [Value::Null; 0]);
    }

    #[test]
    fn a_template_with_a_placeholder_or_a_character_that_iam_does_not_take_is_refused() {
        for (resource, code) in
            [("<YOUR_SECRET_BUCKET>", "template"), ("<BUCKET>", "template"), ("тайна", "policy-alphabet")]
        {
            let arn = format!("arn:aws:s3:::{resource}/*");
            let template = with(json!({"Effect": "Deny", "Action": "s3:*", "Resource": arn}));
            let refusal = PolicyTemplate::parse(&template, false).unwrap_err();
            assert_eq!((refusal.code.as_str(), refusal.field), (code, PolicyTemplate::FILE));
        }
    }
}
