//! Who calls: client credentials, the tokens they yield, and what their owner may do.

use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Port;
use super::problem::{Answer, Problem, ok};
use super::request::Body;
use super::state::{State as Model, random_id};
use crate::sandbox::cast::{self, Person};
use crate::sandbox::keys::Keys;

/// Port's documented lifetime of a token.
const LIFETIME: SignedDuration = SignedDuration::from_hours(3);

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    text: String,
    expires_at: Timestamp,
    caller: Caller,
}

/// Whose token a request bears.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// The organisation's machine credentials, which have the rights of an administrator.
    Machine,
    /// A human with a personal token.
    Person(Person),
}

impl Caller {
    /// Returns the user id; for a machine that is its client id.
    pub(super) fn id(&self) -> &'static str {
        match self {
            Self::Machine => cast::WORKFLOW_PORT_CLIENT_ID,
            Self::Person(person) => person.port_user_id,
        }
    }

    pub(super) fn email(&self) -> Option<&'static str> {
        match self {
            Self::Machine => None,
            Self::Person(person) => Some(person.email),
        }
    }

    pub(super) fn role(&self) -> &'static str {
        match self {
            Self::Machine => "Admin",
            Self::Person(person) => person.port_role,
        }
    }

    pub(super) fn is_admin(&self) -> bool {
        self.role() == "Admin"
    }

    /// Refuses everybody but administrators.
    pub(super) fn must_be_admin(&self) -> Result<(), Problem> {
        if self.is_admin() {
            return Ok(());
        }
        Err(Problem::missing_permissions("this operation needs the Admin role"))
    }

    /// Returns the body of `trigger.by`, as templates and the audit log show it.
    pub(super) fn by(&self) -> Value {
        json!({ "orgId": cast::PORT_ORGANIZATION_ID, "userId": self.id() })
    }

    /// Returns whether `{users, roles, teams}` names this caller. Nobody in the sandbox is in a team.
    pub(super) fn is_named_by(&self, rule: &Value) -> bool {
        let listed = |key: &str, wanted: Option<&str>| {
            let list = rule.get(key).and_then(Value::as_array);
            wanted.is_some_and(|wanted| list.is_some_and(|list| list.iter().any(|entry| entry == wanted)))
        };
        listed("roles", Some(self.role())) || listed("users", self.email()) || listed("users", Some(self.id()))
    }

    fn by_credentials(state: &Model, keys: &Keys, id: &str, secret: &str) -> Option<Self> {
        if id == cast::WORKFLOW_PORT_CLIENT_ID && secret == keys.workflow_port_client_secret() {
            return Some(Self::Machine);
        }
        cast::port_users()
            .find(|person| person.port_client_id == id && keys.port_client_secret(person) == secret)
            .filter(|person| state.is_active(person))
            .map(Self::Person)
    }
}

impl FromRequestParts<Port> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, port: &Port) -> Result<Self, Problem> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| Problem::unauthorized("No authorization token was found"))?;
        let now = port.now();
        let state = port.state();
        state.must_let_in()?;
        let known = state.tokens.values().find(|known| known.text == token);
        match known {
            Some(Token { caller: Self::Person(person), .. }) if !state.is_active(person) => {
                Err(Problem::unauthorized("The user is disabled"))
            }
            Some(known) if known.expires_at > now => Ok(known.caller),
            Some(_) => Err(Problem::unauthorized("The token has expired")),
            None => Err(Problem::unauthorized("The token is invalid")),
        }
    }
}

/// `POST /v1/auth/access_token`. While a token of these credentials is valid, the same one is answered again.
pub(super) async fn access_token(State(port): State<Port>, body: Body) -> Answer {
    let body = body.checked(&json!({
        "required": ["clientId", "clientSecret"], "additionalProperties": false,
        "properties": { "clientId": { "type": "string" }, "clientSecret": { "type": "string" } } }))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let now = port.now();
    let mut state = port.state();
    state.must_let_in()?;
    let caller = Caller::by_credentials(&state, port.keys(), text("clientId"), text("clientSecret"))
        .ok_or_else(|| Problem::unauthorized("The client id or the client secret is wrong"))?;
    let active = state.tokens.get(text("clientId")).filter(|token| token.expires_at > now).cloned();
    let token = active.unwrap_or_else(|| mint(caller, now, port.base_url()));
    let expires_in = token.expires_at.duration_since(now).as_secs();
    let access_token = token.text.clone();
    state.handed_out.keep(&token.text);
    state.tokens.insert(text("clientId").to_owned(), token);
    ok(json!({ "accessToken": access_token, "expiresIn": expires_in, "tokenType": "Bearer" }))
}

/// Makes a token in the shape of a JWT. Nothing verifies its signature: the sandbox knows its tokens by heart.
fn mint(caller: Caller, now: Timestamp, audience: &str) -> Token {
    let expires_at = now.checked_add(LIFETIME).unwrap_or(now);
    let is_machine = matches!(caller, Caller::Machine);
    let mut claims = json!({ "iss": audience, "aud": audience, "sub": caller.id(), "jti": random_id(16),
        "iat": now.as_second(), "exp": expires_at.as_second(), "isMachine": is_machine, "personalToken": !is_machine,
        "orgId": cast::PORT_ORGANIZATION_ID });
    claims[format!("{audience}/orgId")] = cast::PORT_ORGANIZATION_ID.into();
    claims[format!("{audience}/orgName")] = super::organization::NAME.into();
    if let Some(email) = caller.email() {
        claims["email"] = email.into();
        claims[format!("{audience}/email")] = email.into();
    }
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let text = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(Sha256::digest(&signed)));
    Token { text, expires_at, caller }
}
