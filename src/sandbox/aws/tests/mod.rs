//! The rules that the rest of the sandbox relies on, asked through the query protocol.

mod assume_role;
mod authorization;
mod documents;
mod entities;
mod fidelity;
mod protocol;
mod web_identity;

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::Account;
use super::account::Answer;
use crate::sandbox::cast::{ADA, AWS_ACCOUNT_ID, DANA, MANAGER_ACCESS_KEY_ID, MAX};
use crate::sandbox::clock::SandboxClock;

/// An account with people at work in it.
struct Office {
    account: Account,
    clock: SandboxClock,
}

/// Somebody's access key, with the token of a temporary one.
#[derive(Clone)]
struct Key {
    id: String,
    token: Option<String>,
}

/// Somebody who calls.
struct Worker<'a> {
    office: &'a Office,
    key: Key,
}

impl Office {
    fn new() -> Self {
        Self::with_manager(&[])
    }

    fn with_manager(policies: &[Value]) -> Self {
        let clock = SandboxClock::default();
        Self { account: Account::new(clock.clone(), policies), clock }
    }

    fn worker(&self, key: &Key) -> Worker<'_> {
        Worker { office: self, key: key.clone() }
    }

    fn ada(&self) -> Worker<'_> {
        self.worker(&long_term(ADA.aws_access_key_id))
    }

    fn dana(&self) -> Worker<'_> {
        self.worker(&long_term(DANA.aws_access_key_id))
    }

    fn max(&self) -> Worker<'_> {
        self.worker(&long_term(MAX.aws_access_key_id))
    }

    fn manager(&self) -> Worker<'_> {
        self.worker(&long_term(MANAGER_ACCESS_KEY_ID))
    }
}

impl Worker<'_> {
    fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("2010-05-08", action, parameters)
    }

    fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("2011-06-15", action, parameters)
    }

    fn call(&self, version: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("Action", action), ("Version", version)])
            .extend_pairs(parameters)
            .finish();
        self.office.account.answer("", &headers(&self.key), body.as_bytes())
    }

    /// Assumes a role and returns the key of the session.
    fn assume(&self, role_arn: &str, session: &str) -> Result<Key, String> {
        let answer = self.sts("AssumeRole", &[("RoleArn", role_arn), ("RoleSessionName", session)]);
        answer.key()
    }

    fn create_role(&self, path: &str, name: &str, trust: &Value) -> Answer {
        let trust = trust.to_string();
        self.iam("CreateRole", &[("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", &trust)])
    }

    fn create_policy(&self, path: &str, name: &str, document: &Value) -> Answer {
        let document = document.to_string();
        self.iam("CreatePolicy", &[("PolicyName", name), ("Path", path), ("PolicyDocument", &document)])
    }
}

impl Answer {
    /// Returns the text of the first element of that name.
    fn value(&self, element: &str) -> Option<&str> {
        let after = self.body.split(&format!("<{element}>")).nth(1)?;
        after.split(&format!("</{element}>")).next()
    }

    /// Returns `STATUS Code` of an error, `200` of a success.
    fn outcome(&self) -> String {
        self.value("Code").map_or_else(|| self.status.to_string(), |code| format!("{} {code}", self.status))
    }

    fn message(&self) -> &str {
        self.value("Message").unwrap_or_default()
    }

    fn succeeded(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    fn key(&self) -> Result<Key, String> {
        match (self.value("AccessKeyId"), self.value("SessionToken")) {
            (Some(id), Some(token)) => Ok(Key { id: id.to_owned(), token: Some(token.to_owned()) }),
            _ => Err(self.outcome()),
        }
    }
}

fn long_term(id: &str) -> Key {
    Key { id: id.to_owned(), token: None }
}

fn headers(key: &Key) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential={}/20261123/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
        key.id
    );
    headers.insert("authorization", credential.parse().unwrap());
    if let Some(token) = &key.token {
        headers.insert("x-amz-security-token", token.parse().unwrap());
    }
    headers
}

/// An identity policy that allows one thing.
fn allow(action: &str, resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }] })
}

/// A trust policy for one AWS principal.
fn trust(principal: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" }]
    })
}

/// The ARN of something of the account.
fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{AWS_ACCOUNT_ID}:{resource}")
}
