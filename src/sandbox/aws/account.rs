//! The account behind its HTTP endpoint.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::Value;

use super::call::Call;
use super::caller;
use super::failure::Failure;
use super::identity_center::{self, SessionKeys};
use super::inhabitants::{settle, settle_second};
use super::lag::Lag;
use super::operations::{Service, find};
use super::parameters::Parameters;
use super::resources::Resource;
use super::role::Role;
use super::state::State;
use super::xml::Xml;
use super::{json, managed_policy, trail, web_identity};
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::issuer::Issuer;

/// One AWS account with IAM and STS. Clones share the same state.
#[derive(Clone, Debug)]
pub struct Account {
    clock: SandboxClock,
    issuer: Issuer,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug)]
struct Inside {
    state: State,
    lag: Lag,
    bucket: Option<Bucket>,
}

/// IAM's limit on requests: a bucket of tokens, one for each request.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    most: f64,
    refill: Refill,
    throttled: usize,
}

/// How a bucket fills again.
#[derive(Debug)]
enum Refill {
    /// A refused request gives this many tokens, as the pause does that it forces on the caller.
    WhenRefused(f64),
    /// By the clock of the machine: so many a second, since then.
    PerSecond(f64, Instant),
}

impl Bucket {
    /// Takes a token.
    fn admits(&mut self) -> bool {
        if let Refill::PerSecond(rate, since) = &mut self.refill {
            self.tokens = (self.tokens + *rate * since.elapsed().as_secs_f64()).min(self.most);
            *since = Instant::now();
        }
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return true;
        }
        if let Refill::WhenRefused(tokens) = self.refill {
            self.tokens = tokens;
        }
        self.throttled += 1;
        false
    }
}

/// A role with what decides who can take it and what it can do then, as texts of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDocuments {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The trust policy.
    pub trust: String,
    /// ARNs of the attached policies, sorted.
    pub attached: Vec<String>,
    /// The inline policies and the default versions of the attached ones.
    pub policies: Vec<String>,
    /// The permissions boundary.
    pub boundary: Option<String>,
}

impl RoleDocuments {
    fn of(state: &State, role: &Role) -> Option<Self> {
        let (policies, boundary) = caller::role_policies(state, role).ok()?;
        Some(Self {
            name: role.name.clone(),
            arn: role.arn(),
            trust: role.trust.clone(),
            attached: role.attached.iter().cloned().collect(),
            policies,
            boundary,
        })
    }
}

impl Account {
    /// Creates the account of the cast. `manager_policies` become the inline policies of the workflows' user.
    pub fn new(clock: SandboxClock, manager_policies: &[Value]) -> Self {
        let state = settle(in_seconds(clock.now()), manager_policies);
        Self::of(clock, state)
    }

    /// Creates the second account, in which nothing is set up.
    pub fn second(clock: SandboxClock) -> Self {
        let state = settle_second(in_seconds(clock.now()));
        Self::of(clock, state)
    }

    fn of(clock: SandboxClock, state: State) -> Self {
        let inside = Inside { state, lag: Lag::default(), bucket: None };
        Self { clock, issuer: Issuer::default(), inside: Arc::new(Mutex::new(inside)) }
    }

    /// Lets the account know the keys of this issuer, whose tokens it then takes where it has a provider for them.
    #[must_use]
    pub fn knowing(self, issuer: Issuer) -> Self {
        Self { issuer, ..self }
    }

    /// Lets the first `reads` reads after each write answer what was there before it, as IAM may for some seconds.
    ///
    /// `AssumeRole` counts as a read: it fails while the role, its trust or the caller's right is not visible yet. Who
    /// calls and what he may do is always up to date.
    pub fn delay_visibility(&self, reads: usize) {
        self.lock().lag.set(reads);
    }

    /// Lets no read show a write before `delay` has passed by the sandbox's clock. Otherwise as
    /// [`Account::delay_visibility`].
    pub fn delay_visibility_for(&self, delay: SignedDuration) {
        self.lock().lag.set_delay(delay);
    }

    /// Lets `burst` requests pass, and throttles one whenever `refill` more have passed after it.
    pub fn throttle(&self, burst: u32, refill: u32) {
        self.set_bucket(burst, Refill::WhenRefused(refill.into()));
    }

    /// Lets `burst` requests pass at once and `rate` a second, by the clock of the machine, and throttles the others.
    pub fn throttle_by_time(&self, burst: u32, rate: u32) {
        self.set_bucket(burst, Refill::PerSecond(rate.into(), Instant::now()));
    }

    fn set_bucket(&self, burst: u32, refill: Refill) {
        let most = f64::from(burst);
        self.lock().bucket = Some(Bucket { tokens: most, most, refill, throttled: 0 });
    }

    /// Returns how many requests were throttled.
    pub fn throttled(&self) -> usize {
        self.lock().bucket.as_ref().map_or(0, |bucket| bucket.throttled)
    }

    /// Lets a role take this many managed policies, as an account may that asked AWS for it.
    pub fn set_attached_policies_quota(&self, quota: usize) {
        self.lock().state.attached_policies_quota = Some(quota);
    }

    /// Lets the account have this many roles, and as many policies, as one may that asked AWS for it.
    pub fn set_roles_quota(&self, quota: usize) {
        self.lock().state.roles_quota = Some(quota);
    }

    /// Gives a user an inline policy, as an administrator would. Returns whether there is such a user.
    pub fn give_user_policy(&self, user: &str, name: &str, document: &Value) -> bool {
        let given = |user: &mut super::state::User| user.inline.insert(name.to_owned(), document.to_string());
        self.lock().state.users.get_mut(user).map(given).is_some()
    }

    /// Makes a resource. Without tags, even none, it is one that never had any.
    pub fn add_resource(&self, region: &str, arn: &str, tags: Option<&[(&str, &str)]>) {
        let state = &mut self.lock().state;
        state.resources.push(Resource::new(state.account, region, arn, tags));
    }

    /// Makes a resource of another account, which a view of Resource Explorer over an organisation names too.
    pub fn add_foreign_resource(&self, owner: &str, region: &str, arn: &str) {
        let resource = Resource { owner: owner.to_owned(), ..Resource::new(owner, region, arn, None) };
        self.lock().state.resources.push(resource);
    }

    /// Deletes a resource. Returns whether there was one.
    pub fn remove_resource(&self, arn: &str) -> bool {
        let resources = &mut self.lock().state.resources;
        let before = resources.len();
        resources.retain(|resource| resource.arn != arn);
        resources.len() < before
    }

    /// Lets somebody switch to a role in the console, which CloudTrail logs in this region.
    pub fn switch_in_console(&self, role_name: &str, user: &str, region: &str) {
        let now = in_seconds(self.clock.now());
        trail::note_switched(&mut self.lock().state, role_name, user, region, now);
    }

    /// Lets a role be used with a service that the sandbox does not have. Returns whether there is such a role.
    pub fn use_role_with(&self, role_name: &str, service: &str) -> bool {
        let now = in_seconds(self.clock.now());
        let state = &mut self.lock().state;
        let Some(id) = state.role(role_name).map(|role| role.id.clone()) else { return false };
        state.accessed.entry(id).or_default().insert(service.to_owned(), now);
        true
    }

    /// Turns Resource Explorer on in a region, with a default view.
    pub fn turn_on_resource_explorer(&self, region: &str) {
        self.lock().state.explored_regions.insert(region.to_owned());
    }

    /// Returns the names of the roles whose path begins with `path_prefix`, sorted.
    pub fn role_names(&self, path_prefix: &str) -> Vec<String> {
        let state = &self.lock().state;
        let roles = state.roles.values().filter(|role| role.path.starts_with(path_prefix));
        roles.map(|role| role.name.clone()).collect()
    }

    /// Returns the ARNs of the customer's managed policies whose path begins with `path_prefix`, sorted.
    pub fn policy_arns(&self, path_prefix: &str) -> Vec<String> {
        let state = &self.lock().state;
        let policies = state.policies.values().filter(|policy| !policy.is_aws_managed());
        policies.filter(|policy| policy.path.starts_with(path_prefix)).map(managed_policy::ManagedPolicy::arn).collect()
    }

    /// Returns the ARNs of the policies that are attached to a role, or nothing when there is no such role.
    pub fn attached_policies(&self, role_name: &str) -> Option<Vec<String>> {
        self.lock().state.role(role_name).map(|role| role.attached.iter().cloned().collect())
    }

    /// Returns every secret access key and session token that was handed out so far.
    pub fn secrets_handed_out(&self) -> Vec<String> {
        self.lock().state.handed_out()
    }

    /// Signs a user of Identity Center in, and returns the keys of the session. The role of the permission set is made
    /// by AWS, where nobody else may make one; it lets its people assume what lies under `/port-iam/`.
    pub fn sign_in(&self, permission_set: &str, user: &str) -> SessionKeys {
        let now = in_seconds(self.clock.now());
        identity_center::sign_in(&mut self.lock().state, permission_set, user, now)
    }

    /// Returns the roles whose path begins with `path_prefix`, by name, with every document that decides about them.
    pub fn roles(&self, path_prefix: &str) -> Vec<RoleDocuments> {
        let state = &self.lock().state;
        let roles = state.roles.values().filter(|role| role.path.starts_with(path_prefix));
        roles.filter_map(|role| RoleDocuments::of(state, role)).collect()
    }

    /// Moves a role to another path, also to a reserved one, where AWS alone makes roles.
    #[cfg(test)]
    pub(super) fn move_role(&self, name: &str, path: &str) {
        if let Some(role) = self.lock().state.roles.values_mut().find(|role| role.name == name) {
            path.clone_into(&mut role.path);
        }
    }

    /// Returns the account as it is now, for later.
    pub(super) fn copy(&self) -> Self {
        let inside = Inside { state: self.lock().state.clone(), lag: Lag::default(), bucket: None };
        Self { clock: self.clock.clone(), issuer: self.issuer.clone(), inside: Arc::new(Mutex::new(inside)) }
    }

    /// Takes over who calls, and what users may do, from another account.
    pub(super) fn with_callers_of(self, live: &Self) -> Self {
        let now = live.lock().state.clone();
        self.with_state(|state| {
            (state.access_keys, state.users, state.sessions) = (now.access_keys, now.users, now.sessions);
        });
        self
    }

    /// Returns whether an access key is one of this account's.
    pub(super) fn knows_key(&self, access_key_id: &str) -> bool {
        let state = &self.lock().state;
        state.access_keys.contains_key(access_key_id) || state.sessions.contains_key(access_key_id)
    }

    /// Returns the account's id.
    pub fn id(&self) -> &'static str {
        self.lock().state.account
    }

    /// Does something with the state, past every rule.
    pub(super) fn with_state(&self, work: impl FnOnce(&mut State)) {
        work(&mut self.lock().state);
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request of a service that speaks JSON.
    pub(super) fn answer_json(&self, operation: json::Operation, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
        let now = self.clock.now();
        let inside = &mut *self.lock();
        inside.lag.pass(now);
        let now = in_seconds(now);
        let request_id = request_id(&mut inside.state);
        let (status, body) = json::answer(&inside.state, operation, headers, body, now);
        Answer { status, request_id, body: body.to_string() }.into_response("application/x-amz-json-1.1")
    }

    /// Answers one request of the query protocol.
    pub(super) fn answer(&self, query: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
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
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn into_response(self, content_type: &'static str) -> Response<Body> {
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

fn in_seconds(time: Timestamp) -> Timestamp {
    time.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(time)
}
