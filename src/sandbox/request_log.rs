//! What went over the wire: one record an exchange, secrets left out, in memory and on request in a file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, request::Parts};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which of the three systems an exchange was with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// Port's REST API.
    Port,
    /// GitHub's REST and GraphQL API.
    Github,
    /// AWS IAM and STS.
    Aws,
    /// The service that hands OIDC tokens to jobs of GitHub Actions.
    Actions,
}

/// One request and its answer. Field names are those that the contract checker reads.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The system that was asked.
    pub api: Api,
    /// HTTP method.
    pub method: String,
    /// Path as sent, percent-encoding kept.
    pub path: String,
    /// Query string without `?`, empty when there is none.
    pub query: String,
    /// Request headers, lower-case names; `authorization` is only said to be present.
    pub headers: Map<String, Value>,
    /// Request body: JSON as JSON, a form as an object, anything else as its length.
    pub body: Value,
    /// HTTP status of the answer; 0 when the connection was cut.
    pub status: u16,
    /// Answer body, in the form of `body`.
    pub response: Value,
    /// When it arrived and when it was answered, since the log began.
    #[serde(skip)]
    pub span: (Duration, Duration),
}

impl Exchange {
    /// Returns the call that the exchange made, for AWS exchanges.
    pub fn aws_action(&self) -> Option<&str> {
        if self.api != Api::Aws {
            return None;
        }
        aws_call(&self.path, self.headers.get("x-amz-target").and_then(Value::as_str), &self.body)
    }

    /// Returns whether the exchange may have changed something.
    pub fn is_write(&self) -> bool {
        let target = self.headers.get("x-amz-target").and_then(Value::as_str);
        is_write(self.api, &self.method, &self.path, target, &self.body)
    }
}

/// Returns the name of a call of AWS: a parameter of the query protocol, a header of JSON 1.1, else the path.
fn aws_call<'a>(path: &'a str, target: Option<&'a str>, body: &'a Value) -> Option<&'a str> {
    let of_target = || target.and_then(|target| target.rsplit('.').next());
    let of_path = || path.strip_prefix('/').filter(|path| !path.is_empty());
    body.get("Action").and_then(Value::as_str).or_else(of_target).or_else(of_path)
}

/// Returns whether a request may change something.
fn is_write(api: Api, method: &str, path: &str, target: Option<&str>, body: &Value) -> bool {
    const AWS_READS: [&str; 7] = ["Get", "List", "Simulate", "AssumeRole", "Describe", "Generate", "Lookup"];
    match api {
        Api::Aws => {
            aws_call(path, target, body).is_none_or(|action| !AWS_READS.iter().any(|read| action.starts_with(read)))
        }
        Api::Port => method != "GET" && !path.ends_with("/search") && path != "/v1/auth/access_token",
        Api::Github if path.ends_with("/graphql") => {
            body.get("query").and_then(Value::as_str).is_none_or(|query| query.trim_start().starts_with("mutation"))
        }
        Api::Github | Api::Actions => method != "GET",
    }
}

/// The record of all exchanges of one sandbox.
#[derive(Debug)]
pub struct RequestLog {
    exchanges: Mutex<Vec<Exchange>>,
    file: Option<Mutex<File>>,
    began: Instant,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self { exchanges: Mutex::default(), file: None, began: Instant::now() }
    }
}

impl RequestLog {
    /// Creates a log that also writes each exchange as one JSON line to `path`.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be created.
    pub fn to_file(path: &Path) -> std::io::Result<Self> {
        Ok(Self { file: Some(Mutex::new(File::create(path)?)), ..Self::default() })
    }

    /// Returns a copy of everything recorded so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.look(<[Exchange]>::to_vec)
    }

    /// Returns a copy of what was recorded behind the first so many.
    pub fn exchanges_since(&self, since: usize) -> Vec<Exchange> {
        self.look(|all| all.get(since..).unwrap_or_default().to_vec())
    }

    /// Looks at everything recorded so far, of which there may be much.
    pub fn look<T>(&self, at: impl FnOnce(&[Exchange]) -> T) -> T {
        at(&self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns how many exchanges were recorded so far.
    pub fn len(&self) -> usize {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how much time has passed since the log began.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn record(&self, arrived: Duration, exchange: Exchange) {
        let exchange = Exchange { span: (arrived, self.now()), ..exchange };
        if let Some(file) = &self.file
            && let Ok(mut line) = serde_json::to_vec(&exchange)
        {
            line.push(b'\n');
            // A full disk must not change what the emulator answers; the log is then short.
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line);
        }
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}

/// Builds the record of one exchange, without secrets.
pub(super) fn exchange(
    api: Api,
    parts: &Parts,
    body: &[u8],
    status: u16,
    answer_headers: &HeaderMap,
    answer: &[u8],
) -> Exchange {
    Exchange {
        api,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers(&parts.headers),
        body: redacted(readable(body, &content_type(&parts.headers))),
        status,
        response: match api {
            // The whole answer is a secret.
            Api::Actions => json!({ "__bytes": answer.len() }),
            _ => redacted(readable(answer, &content_type(answer_headers))),
        },
        span: (Duration::ZERO, Duration::ZERO),
    }
}

/// Returns the longest chain of exchanges that came one after the other, each begun when the one before it was answered: the
/// round trips that somebody waits for. It means something where answers take long, compared with what is done between.
pub fn round_trips(exchanges: &[Exchange]) -> Vec<&Exchange> {
    let mut by_end: Vec<&Exchange> = exchanges.iter().collect();
    by_end.sort_by_key(|exchange| exchange.span.1);
    // Of each the longest chain that ends with it: its length, and where the one before it stands.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::new();
    for exchange in &by_end {
        let before = (0..chains.len()).filter(|at| by_end.get(*at).is_some_and(|it| it.span.1 <= exchange.span.0));
        let longest = before.max_by_key(|at| chains.get(*at).map(|(length, _)| *length));
        let length = longest.and_then(|at| chains.get(at)).map_or(0, |(length, _)| *length);
        chains.push((length + 1, longest));
    }
    let mut at = (0..chains.len()).max_by_key(|at| chains.get(*at).map(|(length, _)| *length));
    let mut chain = Vec::new();
    while let Some((exchange, (_, before))) = at.and_then(|at| Some((*by_end.get(at)?, *chains.get(at)?))) {
        chain.push(exchange);
        at = before;
    }
    chain.reverse();
    chain
}

/// Returns how many exchanges with one system were under way at the same moment, at most.
pub fn most_at_once(exchanges: &[Exchange], api: Api) -> usize {
    let spans: Vec<_> = exchanges.iter().filter(|exchange| exchange.api == api).map(|exchange| exchange.span).collect();
    let at_once = |moment: Duration| spans.iter().filter(|(begin, end)| *begin <= moment && moment < *end).count();
    spans.iter().map(|(begin, _)| at_once(*begin)).max().unwrap_or_default()
}

/// Returns whether a request that was not recorded yet may change something.
pub(super) fn may_change(api: Api, parts: &Parts, body: &[u8]) -> bool {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    is_write(api, parts.method.as_str(), parts.uri.path(), target, &readable(body, &content_type(&parts.headers)))
}

fn content_type(headers: &HeaderMap) -> String {
    headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn headers(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .iter()
        .map(|(name, value)| {
            let secret = matches!(name.as_str(), "authorization" | "cookie" | "x-amz-security-token");
            let shown = if secret { "present" } else { value.to_str().unwrap_or("(not text)") };
            (name.to_string(), Value::from(shown))
        })
        .collect()
}

fn readable(body: &[u8], content_type: &str) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if let Ok(value) = serde_json::from_slice(body) {
        return value;
    }
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return url::form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
            .collect::<Map<_, _>>()
            .into();
    }
    match std::str::from_utf8(body) {
        Ok(text) if content_type.contains("xml") || content_type.starts_with("text/") => Value::from(text),
        _ => json!({ "__bytes": body.len() }),
    }
}

/// Replaces secrets in place. A sealed value keeps base64 form, since the contract asks for it.
fn redacted(mut value: Value) -> Value {
    redact(&mut value);
    value
}

fn redact(value: &mut Value) {
    const SECRET: [&str; 6] =
        ["clientSecret", "accessToken", "client_secret", "token", "SecretAccessKey", "WebIdentityToken"];
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if key == "encrypted_value" {
                    *value = Value::from("cmVkYWN0ZWQ=");
                } else if SECRET.contains(&key.as_str()) && value.is_string() {
                    *value = Value::from("[redacted]");
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) if text.contains("<SecretAccessKey>") || text.contains("<SessionToken>") => {
            *text = without_element(&without_element(text, "SecretAccessKey"), "SessionToken");
        }
        _ => {}
    }
}

fn without_element(text: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    match (text.find(&open), text.find(&close)) {
        (Some(start), Some(end)) if start + open.len() <= end => {
            format!("{}[redacted]{}", &text[..start + open.len()], &text[end..])
        }
        _ => text.to_owned(),
    }
}
