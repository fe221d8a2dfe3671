//! One request: who calls, what is done, and how it is answered.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;

use super::super::call::Call;
use super::super::caller;
use super::super::failure::Failure;
use super::super::operations::{Service, find};
use super::super::parameters::Parameters;
use super::super::state::State;
use super::super::xml::Xml;
use super::super::{json, trail, web_identity};
use super::{Account, Inside, in_seconds};
use crate::sandbox::issuer::Issuer;

impl Account {
    /// Answers one request of a service that speaks JSON.
    pub(in crate::sandbox::aws) fn answer_json(
        &self,
        operation: json::Operation,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response<Body> {
        let now = self.clock.now();
        let inside = &mut *self.lock();
        inside.lag.pass(now);
        let now = in_seconds(now);
        let request_id = request_id(&mut inside.state);
        let (status, body) = json::answer(&inside.state, operation, headers, body, now);
        Answer { status, request_id, body: body.to_string() }.into_response("application/x-amz-json-1.1")
    }

    /// Answers one request of the query protocol.
    pub(in crate::sandbox::aws) fn answer(&self, query: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        let parameters = Parameters::parse(query, body);
        let now = self.clock.now();
        let inside = &mut *self.lock();
        inside.lag.pass(now);
        let now = in_seconds(now);
        let request_id = request_id(&mut inside.state);
        let service = Service::of(parameters.raw("Version").unwrap_or_default());
        let (status, body) = match perform(inside, &self.issuer, &parameters, headers, now) {
            Ok((name, result)) => (200, success(name, service, result, &request_id)),
            Err(failure) => (failure.status, failure.body(service.namespace(), &request_id)),
        };
        Answer { status, request_id, body }
    }
}

/// An answer before it is put into HTTP.
#[derive(Clone, Debug)]
pub(in crate::sandbox::aws) struct Answer {
    pub(in crate::sandbox::aws) status: u16,
    pub(in crate::sandbox::aws) request_id: String,
    pub(in crate::sandbox::aws) body: String,
}

impl Answer {
    pub(in crate::sandbox::aws) fn into_response(self, content_type: &'static str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(request_id) = HeaderValue::from_str(&self.request_id) {
            response.headers_mut().insert("x-amzn-requestid", request_id);
        }
        response
    }
}

fn perform(
    inside: &mut Inside,
    issuer: &Issuer,
    parameters: &Parameters,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(&'static str, Xml), Failure> {
    if inside.bucket.as_mut().is_some_and(|bucket| !bucket.admits()) {
        return Err(Failure::throttling());
    }
    let action = parameters.raw("Action").ok_or_else(Failure::missing_action)?;
    let version = parameters.raw("Version").unwrap_or_default();
    let Inside { state, lag, .. } = inside;
    if action == web_identity::ACTION && Service::of(version) == Service::Sts {
        return Ok((web_identity::ACTION, web_identity::exchange(state, parameters, issuer, now)?));
    }
    let caller = caller::authenticate(state, headers, now)?;
    caller::note_use(state, headers, now);
    note_use(state, &caller, if Service::of(version) == Service::Sts { "sts" } else { "iam" }, now);
    let operation = find(version, action).ok_or_else(|| Failure::invalid_action(action, version))?;
    if operation.is_read()
        && let Some(mut view) = lag.next_view()
    {
        let result = (operation.run)(&mut Call::new(parameters, &caller, now, &mut view))?;
        // The session that was opened must last: it is opened once more in the present state.
        if operation.name != "AssumeRole" {
            return Ok((operation.name, result));
        }
    }
    let before = lag.snapshot(state);
    let result = (operation.run)(&mut Call::new(parameters, &caller, now, state));
    if operation.name == "AssumeRole" {
        trail::note_assumed(state, &caller, parameters, headers, result.as_ref().err(), now);
    }
    let result = result?;
    if !operation.is_read() {
        lag.wrote(before);
    }
    Ok((operation.name, result))
}

fn note_use(state: &mut State, caller: &caller::Caller, service: &str, now: Timestamp) {
    if let Some(session) = &caller.session
        && let Some(role) = state.roles.values_mut().find(|role| role.id == session.role_id)
    {
        role.last_used = Some(now);
        state.accessed.entry(role.id.clone()).or_default().insert(service.to_owned(), now);
    }
}

fn success(name: &str, service: Service, result: Xml, request_id: &str) -> String {
    let metadata = Xml::new().text("RequestId", request_id);
    // Calls that return nothing have no result element either, but for UpdateRole: its output is an empty structure.
    let without = result.is_empty() && name != "UpdateRole";
    let inner = if without { Xml::new() } else { Xml::new().element(&format!("{name}Result"), result) };
    let inner = inner.element("ResponseMetadata", metadata).into_text();
    format!("<{name}Response xmlns=\"{}\">{inner}</{name}Response>", service.namespace())
}

/// Returns an id in the form of a UUID.
fn request_id(state: &mut State) -> String {
    let hexadecimal: String =
        state.characters(32).bytes().map(|byte| char::from(b"0123456789abcdef"[usize::from(byte % 16)])).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hexadecimal[..8],
        &hexadecimal[8..12],
        &hexadecimal[12..16],
        &hexadecimal[16..20],
        &hexadecimal[20..]
    )
}
