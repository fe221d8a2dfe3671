//! The services that speak JSON: the Resource Groups Tagging API and CloudTrail (JSON 1.1, the operation in
//! `X-Amz-Target`) and Resource Explorer (REST, the operation in the path).

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::Asked;
use super::authorization;
use super::caller::{self, Caller};
use super::failure::Failure;
use super::resources::Resource;
use super::state::State;
use super::trail;

const TAGGING: &str = "ResourceGroupsTaggingAPI_20170126.";
/// How many resources the tagging API gives when nobody says how many (API reference, GetResources).
const TAGGED_PAGE: usize = 50;
const EXPLORED_PAGE: usize = 100;
/// With this page length Resource Explorer names no further page (API reference, ListResources).
const LONGEST_EXPLORED_PAGE: usize = 1_000;

/// The SDKs name the service with or without the package that it is of.
const LOOK_UP: &str = "CloudTrail_20131101.LookupEvents";

/// A call of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    GetResources,
    GetDefaultView,
    ListResources,
    LookupEvents,
}

impl Operation {
    /// Returns what a request calls; none where it is one of the query protocol.
    pub(super) fn of(path: &str, headers: &HeaderMap) -> Option<Self> {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        match (target.strip_prefix(TAGGING), path) {
            (Some("GetResources"), _) => Some(Self::GetResources),
            (None, _) if target.rsplit_once(".v20131101.").map_or(target, |(_, name)| name) == LOOK_UP => {
                Some(Self::LookupEvents)
            }
            (None, "/GetDefaultView") => Some(Self::GetDefaultView),
            (None, "/ListResources") => Some(Self::ListResources),
            _ => None,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::GetResources => "tag:GetResources",
            Self::GetDefaultView => "resource-explorer-2:GetDefaultView",
            Self::ListResources => "resource-explorer-2:ListResources",
            Self::LookupEvents => "cloudtrail:LookupEvents",
        }
    }
}

/// Answers a call, with the status and the body of the answer.
pub(super) fn answer(
    state: &State,
    operation: Operation,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> (u16, Value) {
    let result = caller::authenticate(state, headers, now).map_err(Problem::from).and_then(|caller| {
        let body: Value = if body.is_empty() { json!({}) } else { serde_json::from_slice(body)? };
        let region = caller::region(headers);
        authorize(state, &caller, operation, region, now)?;
        match operation {
            Operation::GetResources => tagged(state, region, &body),
            Operation::GetDefaultView => Ok(default_view(state, region)),
            Operation::ListResources => explored(state, region, &body),
            Operation::LookupEvents => trail::look_up(state, region, &body, now),
        }
    });
    match result {
        Ok(body) => (200, body),
        Err(Problem { status, code, message }) => (status, json!({ "__type": code, "message": message })),
    }
}

pub(super) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let code = match failure.code {
            "AccessDenied" => "AccessDeniedException",
            "InvalidClientTokenId" => "UnrecognizedClientException",
            "ExpiredToken" => "ExpiredTokenException",
            other => other,
        };
        Self { status: failure.status.min(400), code, message: failure.message }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self { status: 400, code: "SerializationException", message: error.to_string() }
    }
}

pub(super) fn invalid(code: &'static str, message: impl Into<String>) -> Problem {
    Problem { status: 400, code, message: message.into() }
}

fn authorize(
    state: &State,
    caller: &Caller,
    operation: Operation,
    region: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let asked = match operation {
        Operation::ListResources => Asked::on(operation.action(), view_arn(state.account, region)),
        Operation::GetResources | Operation::GetDefaultView | Operation::LookupEvents => {
            Asked::on_everything(operation.action())
        }
    };
    authorization::judge(caller, &asked, now)
}

fn tagged(state: &State, region: &str, body: &Value) -> Result<Value, Problem> {
    let length = length(body, "ResourcesPerPage", 100)?.unwrap_or(TAGGED_PAGE);
    let filters: Vec<&str> = texts(&body["ResourceTypeFilters"]);
    if filters.len() > 100 {
        return Err(invalid("InvalidParameterException", "ResourceTypeFilters: at most 100"));
    }
    let meant = |resource: &&Resource| {
        resource.region == region
            && resource.tags.is_some()
            && (filters.is_empty() || filters.iter().any(|filter| resource.is_meant_by(filter)))
    };
    let (page, next) = page(state.resources.iter().filter(meant), length, body["PaginationToken"].as_str())?;
    let shown = page.iter().map(|resource| {
        let tags = resource.tags.iter().flatten().map(|(key, value)| json!({ "Key": key, "Value": value }));
        json!({ "ResourceARN": resource.arn, "Tags": tags.collect::<Vec<_>>() })
    });
    // The last page has an empty token, not none.
    Ok(json!({ "PaginationToken": next.unwrap_or_default(), "ResourceTagMappingList": shown.collect::<Vec<_>>() }))
}

fn view_arn(account: &str, region: &str) -> String {
    format!("arn:aws:resource-explorer-2:{region}:{account}:view/all-resources/00000000-0000-0000-0000-000000000000")
}

fn default_view(state: &State, region: &str) -> Value {
    if state.explored_regions.contains(region) {
        json!({ "ViewArn": view_arn(state.account, region) })
    } else {
        json!({})
    }
}

fn explored(state: &State, region: &str, body: &Value) -> Result<Value, Problem> {
    if !state.explored_regions.contains(region)
        || body["ViewArn"].as_str().is_some_and(|view| view != view_arn(state.account, region))
    {
        return Err(Problem { status: 401, code: "UnauthorizedException", message: "no such view".to_owned() });
    }
    let length = length(body, "MaxResults", LONGEST_EXPLORED_PAGE)?.unwrap_or(EXPLORED_PAGE);
    let mut found: Vec<&Resource> = state.resources.iter().collect();
    for word in body["Filters"]["FilterString"].as_str().unwrap_or_default().split_whitespace() {
        match word.split_once(':') {
            Some(("region", wanted)) => found.retain(|resource| resource.region == wanted),
            Some(("service" | "resourcetype", wanted)) => found.retain(|resource| resource.is_meant_by(wanted)),
            _ => return Err(invalid("ValidationException", format!("the sandbox does not evaluate {word}"))),
        }
    }
    let (page, next) = page(found.into_iter(), length, body["NextToken"].as_str())?;
    let shown = page
        .iter()
        .map(|resource| json!({ "Arn": resource.arn, "OwningAccountId": resource.owner, "Region": resource.region }));
    let mut answer = json!({ "Resources": shown.collect::<Vec<_>>(), "ViewArn": view_arn(state.account, region) });
    if let Some(next) = next.filter(|_| length < LONGEST_EXPLORED_PAGE) {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(super) fn length(body: &Value, name: &str, most: usize) -> Result<Option<usize>, Problem> {
    let Some(length) = body.get(name) else { return Ok(None) };
    let length = length.as_u64().and_then(|length| usize::try_from(length).ok());
    match length.filter(|length| (1..=most).contains(length)) {
        Some(length) => Ok(Some(length)),
        None => Err(invalid("InvalidParameterException", format!("{name}: between 1 and {most}"))),
    }
}

/// Cuts a page; the token tells how many were given out before.
pub(super) fn page<'a, T>(
    all: impl Iterator<Item = &'a T>,
    length: usize,
    token: Option<&str>,
) -> Result<(Vec<&'a T>, Option<String>), Problem> {
    let given = match token.filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok();
            let given = bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
            given.ok_or_else(|| invalid("PaginationTokenExpiredException", "the token was never given out"))?
        }
    };
    let mut rest = all.skip(given).peekable();
    let page: Vec<&T> = rest.by_ref().take(length).collect();
    let next = rest.peek().map(|_| URL_SAFE_NO_PAD.encode((given + page.len()).to_string()));
    Ok((page, next))
}
