//! What AWS has now, and what it would answer: judged from the documents that lie in the account, by the evaluator.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::evaluation::{
    Context, Decision, MatchedStatement, PolicyDocument, PolicySource, Principal, Request, evaluate, may_assume,
};
use crate::domain::time::utc;
use crate::sandbox::aws::RoleDocuments;

/// A question to AWS: would this be allowed to whoever has taken the role?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) role: String,
    pub(super) action: String,
    pub(super) resource: String,
    /// What else the request would say of itself, `KEY=VALUE` a line.
    pub(super) context: String,
}

/// Keys of a request's context with their values.
pub(super) type Keys = BTreeMap<String, Vec<String>>;

impl Question {
    /// Returns the keys that were given beside those that AWS fills in.
    ///
    /// # Errors
    ///
    /// Returns the line that is none: a question that is understood by half would be answered wrongly.
    fn given(&self) -> Result<Keys, String> {
        let mut keys = Keys::new();
        for line in self.context.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=').ok_or_else(|| line.to_owned())?;
            if !key.contains(':') {
                return Err(line.to_owned());
            }
            keys.entry(key.trim().to_owned()).or_default().push(value.trim().to_owned());
        }
        Ok(keys)
    }

    pub(super) fn is_asked(&self) -> bool {
        !self.action.trim().is_empty() && !self.resource.trim().is_empty()
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) is_allowed: bool,
    pub(super) why: String,
    /// The statement that decided, as JSON.
    pub(super) statement: Option<String>,
    /// What the request was taken to say of itself.
    pub(super) context: Keys,
}

impl Verdict {
    fn denied(why: impl Into<String>) -> Self {
        Self { is_allowed: false, why: why.into(), statement: None, context: Keys::new() }
    }
}

/// Whether somebody may take a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taker {
    pub(super) who: String,
    pub(super) verdict: Verdict,
}

/// Returns a document for people, indented.
pub(super) fn pretty(document: &str) -> String {
    serde_json::from_str::<Value>(document)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| document.to_owned())
}

/// Returns the account that an ARN names, the fifth part.
pub(super) fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// Judges a question. A role that is not there allows nothing.
///
/// # Errors
///
/// Returns the line of the context that is none.
pub(super) fn judge(role: Option<&RoleDocuments>, question: &Question, now: Timestamp) -> Result<Verdict, String> {
    let given = question.given()?;
    let Some(role) = role else {
        let why = format!("there is no role {} in AWS, so nobody can do anything with it", question.role);
        return Ok(Verdict::denied(why));
    };
    Ok(judge_with(role, question, given, now))
}

fn judge_with(role: &RoleDocuments, question: &Question, given: Keys, now: Timestamp) -> Verdict {
    let (action, resource) = (question.action.trim(), question.resource.trim());
    let Some((policies, boundary)) = documents(role) else {
        return Verdict::denied("a document of the role cannot be judged");
    };
    // S3 sends the account that owns the bucket, which no ARN names.
    let owner = if account(resource).is_empty() { account(&role.arn) } else { account(resource) };
    let session = format!("arn:aws:sts::{}:assumed-role/{}/test", account(&role.arn), role.name);
    let Ok(principal) = Principal::assumed_role(&session, &role.arn, "AROASANDBOX:test") else {
        return Verdict::denied("the role's ARN is none");
    };
    let context = Context::new().with("aws:CurrentTime", utc(now)).with("s3:ResourceAccount", owner);
    let context = context.overlaid_with(principal.context());
    let context = given.iter().fold(context, |context, (key, values)| context.with_all(key, values.clone()));
    let keys = shown(&context, given);
    let request = Request::new(action, resource).with_context(context);
    let decision = evaluate(&policies, boundary.as_ref(), &request);
    Verdict { context: keys, ..told(role, &decision) }
}

/// Returns what a context says, as far as it is filled in here.
fn shown(context: &Context, given: Keys) -> Keys {
    const FILLED_IN: [&str; 6] = [
        "aws:CurrentTime",
        "s3:ResourceAccount",
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:userid",
    ];
    let is_given = |key: &str| given.keys().any(|given| given.eq_ignore_ascii_case(key));
    let filled_in = FILLED_IN.into_iter().filter(|key| !is_given(key));
    let filled_in = filled_in.filter_map(|key| Some((key.to_owned(), context.values(key)?.to_vec())));
    let filled_in: Vec<_> = filled_in.collect();
    given.into_iter().chain(filled_in).collect()
}

fn told(role: &RoleDocuments, decision: &Decision) -> Verdict {
    let (Decision::Allowed { statement }
    | Decision::ExplicitlyDenied { statement }
    | Decision::OutsideBoundary { statement }) = decision
    else {
        return Verdict::denied(decision.to_string());
    };
    let statement = written(role, statement);
    Verdict { is_allowed: decision.is_allowed(), why: decision.to_string(), statement, context: Keys::new() }
}

/// Judges whether a user with these policies of their own may take the role.
pub(super) fn judge_taker(role: &RoleDocuments, (name, user): (&str, &str), own: &Value, now: Timestamp) -> Taker {
    let verdict = match (parsed(&role.trust), PolicyDocument::parse(own), Principal::from_arn(user, "AIDASANDBOX")) {
        (Some(trust), Ok(own), Ok(principal)) => {
            let context = Context::new().with("aws:CurrentTime", utc(now));
            let decision = may_assume(&trust, &role.arn, &principal, &[own], None, &context);
            Verdict {
                is_allowed: decision.is_allowed(),
                why: decision.to_string(),
                statement: None,
                context: Keys::new(),
            }
        }
        _ => Verdict::denied("a document cannot be judged"),
    };
    Taker { who: name.to_owned(), verdict }
}

/// Returns the role's policies and its boundary; none when one of them is no policy.
fn documents(role: &RoleDocuments) -> Option<(Vec<PolicyDocument>, Option<PolicyDocument>)> {
    let policies = role.policies.iter().map(|text| parsed(text)).collect::<Option<Vec<_>>>()?;
    let boundary = match &role.boundary {
        Some(text) => Some(parsed(text)?),
        None => None,
    };
    Some((policies, boundary))
}

fn parsed(text: &str) -> Option<PolicyDocument> {
    PolicyDocument::parse(&serde_json::from_str(text).ok()?).ok()
}

/// Returns a statement as it stands in its document.
fn written(role: &RoleDocuments, statement: &MatchedStatement) -> Option<String> {
    let text = match statement.source {
        PolicySource::Identity(index) => role.policies.get(index)?,
        PolicySource::Boundary => role.boundary.as_ref()?,
        PolicySource::Trust => &role.trust,
    };
    let document: Value = serde_json::from_str(text).ok()?;
    let all = &document["Statement"];
    let found = all.get(statement.index).unwrap_or(all);
    serde_json::to_string_pretty(found).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role() -> RoleDocuments {
        let until = json!({ "DateLessThan": { "aws:CurrentTime": "2026-11-23T21:00:00Z" } });
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "Upload", "Effect": "Allow",
            "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*", "Condition": until },
            { "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:123456789012:key/k",
              "Condition": { "DateLessThan": until["DateLessThan"],
                             "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" } } }] });
        let boundary = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*" },
            { "Sid": "NeverDelete", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*" }] });
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::123456789012:user/dana" } }] });
        RoleDocuments {
            name: "Permission-r_1".to_owned(),
            arn: "arn:aws:iam::123456789012:role/port-iam/Permission-r_1".to_owned(),
            trust: trust.to_string(),
            attached: vec!["arn:aws:iam::123456789012:policy/port-iam/Permission-r_1".to_owned()],
            policies: vec![policy.to_string()],
            boundary: Some(boundary.to_string()),
        }
    }

    fn asked(action: &str, resource: &str, at: &str) -> Verdict {
        asked_with(action, resource, at, "").unwrap()
    }

    fn asked_with(action: &str, resource: &str, at: &str, context: &str) -> Result<Verdict, String> {
        let (action, resource, context) = (action.to_owned(), resource.to_owned(), context.to_owned());
        let question = Question { role: "Permission-r_1".to_owned(), action, resource, context };
        judge(Some(&role()), &question, at.parse().unwrap())
    }

    #[test]
    fn what_the_request_says_of_itself_is_told_and_can_be_given() {
        let (key, at) = ("arn:aws:kms:us-east-1:123456789012:key/k", "2026-11-23T20:00:00Z");
        let silent = asked("kms:Decrypt", key, at);
        assert!(!silent.is_allowed, "{}", silent.why);
        assert_eq!(silent.context["aws:CurrentTime"], [at]);
        assert_eq!(silent.context["aws:PrincipalArn"], [role().arn]);
        assert_eq!(silent.context["s3:ResourceAccount"], ["123456789012"]);
        let through = |service: &str| format!("\n kms:ViaService = {service}.us-east-1.amazonaws.com\n");
        let with = |context: &str| asked_with("kms:Decrypt", key, at, context).unwrap();
        assert!(with(&through("s3")).is_allowed, "{}", with(&through("s3")).why);
        assert_eq!(with(&through("s3")).context["kms:ViaService"], ["s3.us-east-1.amazonaws.com"]);
        assert!(!with(&through("sqs")).is_allowed);
        // What is given stands in the place of what would be filled in, and is told once.
        let late = with(&format!("{}AWS:CurrentTime=2026-11-23T21:00:00Z", through("s3")));
        assert!(!late.is_allowed && !late.context.contains_key("aws:CurrentTime"), "{:?}", late.context);
        assert_eq!(late.context["AWS:CurrentTime"], ["2026-11-23T21:00:00Z"]);
        let twice = with("aws:TagKeys=a\naws:TagKeys=b");
        assert_eq!(twice.context["aws:TagKeys"], ["a", "b"]);
    }

    #[test]
    fn a_line_that_is_no_key_with_a_value_is_not_passed_over() {
        for line in ["kms:ViaService", "ViaService=s3", "=s3"] {
            let context = format!("aws:TagKeys=a\n{line}\n");
            assert_eq!(
                asked_with("s3:PutObject", "arn:aws:s3:::b/x", "2026-11-23T20:00:00Z", &context),
                Err(line.to_owned())
            );
        }
    }

    #[test]
    fn the_tester_tells_the_statement_that_decided() {
        let (before, after) = ("2026-11-23T20:00:00Z", "2026-11-23T21:00:00Z");
        let allowed = asked(" s3:PutObject ", "arn:aws:s3:::b/x", before);
        assert!(allowed.is_allowed, "{}", allowed.why);
        assert!(allowed.why.contains("statement 1 (Upload)"), "{}", allowed.why);
        assert!(allowed.statement.unwrap().contains("\"Sid\": \"Upload\""));
        assert!(!asked("s3:PutObject", "arn:aws:s3:::b/x", after).is_allowed);
        assert!(!asked("s3:PutObject", "arn:aws:s3:::other/x", before).is_allowed);
        let denied = asked("s3:DeleteObject", "arn:aws:s3:::b/x", before);
        assert!(denied.statement.unwrap().contains("NeverDelete"));
    }

    #[test]
    fn a_role_that_is_gone_allows_nothing() {
        let (role, action, resource) = ("Permission-r_2".to_owned(), "s3:PutObject".to_owned(), "*".to_owned());
        let question = Question { role, action, resource, ..Question::default() };
        let verdict = judge(None, &question, Timestamp::UNIX_EPOCH).unwrap();
        assert!(!verdict.is_allowed && verdict.why.contains("no role Permission-r_2"));
    }

    #[test]
    fn only_whom_the_trust_names_may_take_the_role() {
        let silent = json!({ "Version": "2012-10-17", "Statement": [] });
        let own = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/port-iam/*" }] });
        let takes = |user: &str, own: &Value| {
            let arn = format!("arn:aws:iam::123456789012:user/{user}");
            judge_taker(&role(), (user, &arn), own, Timestamp::UNIX_EPOCH).verdict.is_allowed
        };
        assert!(takes("dana", &own) && !takes("max", &own));
        assert!(!takes("max", &silent));
    }
}
