//! CloudTrail's event history (CloudTrail User Guide, "Working with CloudTrail Event history"): the sessions of roles that
//! were opened, and by whom, region by region. `LookupEvents` answers from it.

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::caller::{self, Caller};
use super::failure::Failure;
use super::json::{Problem, invalid, length, page};
use super::parameters::Parameters;
use super::state::State;
use crate::domain::time::utc;

/// How long the history goes back.
const KEEPS: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The longest page, and the one that is given when nobody says how long (API reference, LookupEvents).
const PAGE: usize = 50;

/// One event, as far as it is looked up.
#[derive(Clone, Debug)]
pub(super) struct TrailEvent {
    id: String,
    name: &'static str,
    source: &'static str,
    region: String,
    at: Timestamp,
    /// Who called: the name of the user, or of the session.
    username: String,
    /// Type and name of what it is about.
    resources: Vec<(&'static str, String)>,
    /// The event itself.
    told: Value,
}

/// Notes that somebody asked for a session of a role, and got one or not.
pub(super) fn note_assumed(
    state: &mut State,
    caller: &Caller,
    parameters: &Parameters,
    headers: &HeaderMap,
    failure: Option<&Failure>,
    now: Timestamp,
) {
    let role = parameters.raw("RoleArn").unwrap_or_default().to_owned();
    let session = parameters.raw("RoleSessionName").unwrap_or_default().to_owned();
    let mut told = json!({
        "eventVersion": "1.08",
        "userIdentity": { "type": if caller.session.is_some() { "AssumedRole" } else { "IAMUser" }, "arn": caller.arn,
            "accountId": state.account },
        "eventTime": utc(now), "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole",
        "awsRegion": caller::region(headers), "sourceIPAddress": "127.0.0.1",
        "requestParameters": { "roleArn": role, "roleSessionName": session },
        "resources": [{ "accountId": state.account, "type": "AWS::IAM::Role", "ARN": role }],
        "eventType": "AwsApiCall", "recipientAccountId": state.account,
    });
    if let Some(failure) = failure {
        told["errorCode"] = json!(failure.code);
        told["errorMessage"] = json!(failure.message);
    }
    let username = caller.user_name.clone().or_else(|| caller.session.as_ref().map(|session| session.name.clone()));
    let event = TrailEvent {
        id: String::new(),
        name: "AssumeRole",
        source: "sts.amazonaws.com",
        region: caller::region(headers).to_owned(),
        at: now,
        username: username.unwrap_or_default(),
        resources: vec![("AWS::IAM::Role", role)],
        told,
    };
    note(state, event);
}

/// Notes that somebody switched to a role in the console. Such an event names no resource (IAM User Guide, "Logging IAM
/// and AWS STS API calls with AWS CloudTrail").
pub(super) fn note_switched(state: &mut State, role: &str, user: &str, region: &str, now: Timestamp) {
    let arn = caller::session_arn(state.account, role, user);
    let told = json!({
        "eventVersion": "1.08",
        "userIdentity": { "type": "AssumedRole", "arn": arn, "accountId": state.account },
        "eventTime": utc(now), "eventSource": "signin.amazonaws.com", "eventName": "SwitchRole", "awsRegion": region,
        "responseElements": { "SwitchRole": "Success" }, "eventType": "AwsConsoleSignIn",
        "recipientAccountId": state.account,
    });
    let event = TrailEvent {
        id: String::new(),
        name: "SwitchRole",
        source: "signin.amazonaws.com",
        region: region.to_owned(),
        at: now,
        username: user.to_owned(),
        resources: Vec::new(),
        told,
    };
    note(state, event);
}

fn note(state: &mut State, mut event: TrailEvent) {
    event.id = state.characters(26).to_lowercase();
    event.told["eventID"] = json!(event.id);
    state.trail.push(event);
}

/// `LookupEvents`, newest first.
pub(super) fn look_up(state: &State, region: &str, body: &Value, now: Timestamp) -> Result<Value, Problem> {
    let length = length(body, "MaxResults", PAGE).map_err(|_| {
        invalid("InvalidMaxResultsException", "A maximum results value between 1 and 50 must be specified")
    })?;
    let attributes = body["LookupAttributes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let attribute = match attributes {
        [] => None,
        [one] => Some(one),
        _ => return Err(invalid("InvalidLookupAttributesException", "Only one lookup attribute may be specified")),
    };
    let moment = |name: &str| body[name].as_f64().map(seconds);
    let (from, to) = (moment("StartTime"), moment("EndTime"));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(invalid("InvalidTimeRangeException", "Start time must be before end time"));
    }
    let kept = now.checked_sub(KEEPS).unwrap_or(Timestamp::MIN);
    let mut found = Vec::new();
    for event in state.trail.iter().rev() {
        let is_meant = event.region == region
            && event.at >= kept
            && from.is_none_or(|from| event.at >= from)
            && to.is_none_or(|to| event.at <= to);
        if is_meant && attribute.map_or(Ok(true), |attribute| event.has(attribute))? {
            found.push(event);
        }
    }
    let (shown, next) = page(found.into_iter(), length.unwrap_or(PAGE), body["NextToken"].as_str())
        .map_err(|_| invalid("InvalidNextTokenException", "Invalid NextToken"))?;
    let mut answer = json!({ "Events": shown.into_iter().map(TrailEvent::answer).collect::<Vec<_>>() });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

impl TrailEvent {
    fn has(&self, attribute: &Value) -> Result<bool, Problem> {
        let value = attribute["AttributeValue"].as_str().unwrap_or_default();
        match attribute["AttributeKey"].as_str().unwrap_or_default() {
            "ResourceName" => Ok(self.resources.iter().any(|(_, name)| name == value)),
            "EventName" => Ok(self.name == value),
            "EventSource" => Ok(self.source == value),
            "Username" => Ok(self.username == value),
            "EventId" => Ok(self.id == value),
            other => Err(invalid(
                "InvalidLookupAttributesException",
                format!("the sandbox does not look up events by {other}"),
            )),
        }
    }

    fn answer(&self) -> Value {
        let resources = self.resources.iter().map(|(kind, name)| json!({ "ResourceType": kind, "ResourceName": name }));
        json!({
            "EventId": self.id, "EventName": self.name, "ReadOnly": "true", "EventTime": self.at.as_second(),
            "EventSource": self.source, "Username": self.username, "Resources": resources.collect::<Vec<_>>(),
            "CloudTrailEvent": self.told.to_string(),
        })
    }
}

fn seconds(number: f64) -> Timestamp {
    // A fraction of a second is cut off: events have none here.
    Timestamp::from_second(number as i64).unwrap_or(Timestamp::MAX)
}
