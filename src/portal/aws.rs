//! What AWS has now, and what it would answer: judged from the documents that lie in the account, by the evaluator.

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
}

impl Question {
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
}

impl Verdict {
    fn denied(why: impl Into<String>) -> Self {
        Self { is_allowed: false, why: why.into(), statement: None }
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
pub(super) fn judge(role: Option<&RoleDocuments>, question: &Question, now: Timestamp) -> Verdict {
    let Some(role) = role else {
        return Verdict::denied(format!(
            "there is no role {} in AWS, so nobody can do anything with it",
            question.role
        ));
    };
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
    let request = Request::new(action, resource).with_context(context.overlaid_with(principal.context()));
    let decision = evaluate(&policies, boundary.as_ref(), &request);
    let (Decision::Allowed { statement }
    | Decision::ExplicitlyDenied { statement }
    | Decision::OutsideBoundary { statement }) = &decision
    else {
        return Verdict::denied(decision.to_string());
    };
    let statement = written(role, statement);
    Verdict { is_allowed: decision.is_allowed(), why: decision.to_string(), statement }
}

/// Judges whether a user with these policies of their own may take the role.
pub(super) fn judge_taker(role: &RoleDocuments, (name, user): (&str, &str), own: &Value, now: Timestamp) -> Taker {
    let verdict = match (parsed(&role.trust), PolicyDocument::parse(own), Principal::from_arn(user, "AIDASANDBOX")) {
        (Some(trust), Ok(own), Ok(principal)) => {
            let context = Context::new().with("aws:CurrentTime", utc(now));
            let decision = may_assume(&trust, &role.arn, &principal, &[own], None, &context);
            Verdict { is_allowed: decision.is_allowed(), why: decision.to_string(), statement: None }
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
            "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*", "Condition": until }] });
        let boundary = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
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
        let question =
            Question { role: "Permission-r_1".to_owned(), action: action.to_owned(), resource: resource.to_owned() };
        judge(Some(&role()), &question, at.parse().unwrap())
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
        let question =
            Question { role: "Permission-r_2".to_owned(), action: "s3:PutObject".to_owned(), resource: "*".to_owned() };
        let verdict = judge(None, &question, Timestamp::UNIX_EPOCH);
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
