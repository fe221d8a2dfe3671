//! Answers in GitHub's form: JSON bodies, refusals with a message, and pages with a `Link` header.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

/// What a handler returns.
pub(super) type Answer = Result<Response, Refusal>;

/// An answer of class 4xx.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    errors: Vec<Value>,
    unknown_route: bool,
    /// A header that says what was needed, and its value.
    needed: Option<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), unknown_route: false, needed: None }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// A fine-grained token lacks a permission, such as `contents=write`.
    pub(super) fn lacks_permission(permission: String) -> Self {
        let needed = Some(("x-accepted-github-permissions", permission));
        Self { needed, ..Self::new(403, "Resource not accessible by personal access token") }
    }

    /// The same, to a classic token that lacks all of these scopes.
    pub(super) fn for_want_of(self, scopes: &str) -> Self {
        Self { needed: Some(("x-accepted-oauth-scopes", scopes.to_owned())), ..self }
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, message)
    }

    /// A 422 that names the field, with one of GitHub's codes (`already_exists`, `missing_field`, `invalid`, `custom`).
    pub(super) fn invalid(resource: &str, field: &str, code: &str) -> Self {
        let mut refusal = Self::new(422, "Validation Failed");
        refusal.errors.push(json!({ "resource": resource, "field": field, "code": code }));
        refusal
    }

    /// A 422 with a sentence as its error.
    pub(super) fn custom(resource: &str, message: &str) -> Self {
        let mut refusal = Self::new(422, "Validation Failed");
        refusal.errors.push(json!({ "resource": resource, "code": "custom", "message": message }));
        refusal
    }

    /// A 422 for a tag that an immutable release has, or had: with `taken` a release has it now, and without `is_there` the
    /// tag itself is gone and cannot come back.
    pub(super) fn used_tag(taken: bool, is_there: bool) -> Self {
        let mut refusal = if taken {
            Self::invalid("Release", "tag_name", "already_exists")
        } else {
            Self::new(422, "Validation Failed")
        };
        let mut add = |field: &str, message: &str| {
            let error = json!({ "resource": "Release", "code": "custom", "field": field, "message": message });
            refusal.errors.push(error);
        };
        if !is_there {
            add(
                "pre_receive",
                "pre_receive Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n",
            );
        }
        add("tag_name", "tag_name was used by an immutable release");
        if !is_there {
            let message = "Published releases must have a valid tag";
            refusal.errors.push(json!({ "resource": "Release", "code": "custom", "message": message }));
        }
        refusal
    }

    pub(super) fn empty_repository() -> Self {
        Self::new(409, "Git Repository is empty.")
    }

    /// The plan of the organisation lacks a feature for private repositories.
    pub(super) fn plan() -> Self {
        Self::new(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.")
    }

    /// The emulator does not have this route; told apart by the header `x-sandbox`.
    pub(super) fn unknown_route(method: &str, path: &str) -> Self {
        let mut refusal = Self::new(404, format!("The sandbox's GitHub does not know {method} {path}"));
        refusal.unknown_route = true;
        refusal
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.to_string(),
        });
        if !self.errors.is_empty() {
            body["errors"] = Value::from(self.errors);
        }
        let mut response = respond(self.status, &body);
        if let Some((name, value)) = self.needed
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        if self.unknown_route {
            response.headers_mut().insert("x-sandbox", HeaderValue::from_static("unknown-route"));
        }
        response
    }
}

fn respond(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

pub(super) fn ok(body: Value) -> Answer {
    Ok(respond(200, &body))
}

pub(super) fn created(body: Value) -> Answer {
    Ok(respond(201, &body))
}

pub(super) fn accepted() -> Answer {
    Ok(respond(202, &Value::Object(serde_json::Map::new())))
}

pub(super) fn no_content() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Answers bytes as they are.
pub(super) fn bytes(content_type: &str, content: impl Into<Body>) -> Answer {
    let mut response = Response::new(content.into());
    let content_type = HeaderValue::from_str(content_type);
    let fallback = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type.unwrap_or(fallback));
    Ok(response)
}

/// The JSON body of a request whatever its content type; `null` when there is none.
#[derive(Clone, Debug)]
pub(super) struct JsonBody(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let collected = request.into_body().collect().await;
        let content = collected.map_err(|_| Refusal::new(400, "The body ended early"))?.to_bytes();
        if content.is_empty() {
            return Ok(Self(Value::Null));
        }
        serde_json::from_slice(&content).map(Self).map_err(|_| Refusal::new(400, "Problems parsing JSON"))
    }
}

impl JsonBody {
    /// Returns a text field, or `None` when it is absent or `null`.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    /// Returns a text field that must be there.
    pub(super) fn required(&self, resource: &str, field: &str) -> Result<&str, Refusal> {
        self.text(field).ok_or_else(|| Refusal::invalid(resource, field, "missing_field"))
    }

    pub(super) fn flag(&self, field: &str) -> Option<bool> {
        self.0.get(field).and_then(Value::as_bool)
    }
}

/// The query of a request.
#[derive(Clone, Debug)]
pub(super) struct Query {
    path: String,
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        // A nested router sees only the rest of the path; a link needs the whole.
        let path = parts.extensions.get::<OriginalUri>().map_or(parts.uri.path(), |uri| uri.0.path()).to_owned();
        Ok(Self { path, pairs })
    }
}

impl Query {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.get(name).and_then(|value| value.parse().ok()).filter(|number| *number > 0).unwrap_or(default)
    }

    /// Answers one page of `items`, wrapped by `wrap`, with a `Link` to the next page when there is one.
    pub(super) fn page(
        &self,
        base_url: &str,
        items: Vec<Value>,
        wrap: impl FnOnce(usize, Vec<Value>) -> Value,
    ) -> Answer {
        let (page, per_page) = (self.number("page", 1), self.number("per_page", 30).min(100));
        let total = items.len();
        let shown: Vec<Value> = items.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect();
        let mut response = respond(200, &wrap(total, shown));
        if page.saturating_mul(per_page) < total {
            let mut next = url::form_urlencoded::Serializer::new(String::new());
            next.extend_pairs(self.pairs.iter().filter(|(name, _)| name != "page"));
            next.append_pair("page", &(page + 1).to_string());
            let link = format!("<{base_url}{}?{}>; rel=\"next\"", self.path, next.finish());
            if let Ok(link) = HeaderValue::from_str(&link) {
                response.headers_mut().insert(header::LINK, link);
            }
        }
        Ok(response)
    }
}

/// Wraps a page under `name` beside `total_count`, as the Actions endpoints do.
pub(super) fn counted(name: &str) -> impl FnOnce(usize, Vec<Value>) -> Value {
    let name = name.to_owned();
    move |total, items| json!({ "total_count": total, name: items })
}

/// Answers a page as a bare list.
pub(super) fn list(_: usize, items: Vec<Value>) -> Value {
    Value::from(items)
}
