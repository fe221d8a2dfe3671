//! What a request carries: a JSON body and query parameters, read the way Port reads them.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use super::problem::Problem;
use super::schema;

/// Port's limit on every request body.
const BODY_LIMIT: usize = 1024 * 1024;

/// A JSON object as request body.
#[derive(Debug)]
pub(super) struct Body(pub(super) Map<String, Value>);

impl Body {
    /// Returns the body if `schema` allows it.
    ///
    /// # Errors
    ///
    /// 422 `invalid_request` that names the member.
    pub(super) fn checked(self, schema: &Value) -> Result<Map<String, Value>, Problem> {
        let body = Value::Object(self.0);
        schema::check(schema, &body, "body").map_err(Problem::invalid)?;
        match body {
            Value::Object(map) => Ok(map),
            _ => Err(Problem::invalid("body must be object")),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/json"));
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::invalid("the request body could not be read"))?;
        if bytes.len() > BODY_LIMIT {
            let message = "Request body is too large (limit is 1MiB)";
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "bad_request", message));
        }
        if !json {
            return Err(Problem::invalid("the Content-Type must be application/json"));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Problem::invalid("body must be object")),
            Err(error) => Err(Problem::invalid(format!("the request body is no JSON: {error}"))),
        }
    }
}

/// The query string. Arrays come as `name=a&name=b` or `name[]=a&name[]=b`.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let array = format!("{name}[]");
        self.0.iter().filter(|(key, _)| key == name || *key == array).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the boolean, `None` when it is absent.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Problem::invalid(format!("querystring/{name} must be boolean"))),
        }
    }

    /// Returns the boolean, `false` when it is absent: the live server lets `required` booleans be left out.
    pub(super) fn is_set(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.flag(name)?.unwrap_or(false))
    }

    /// Returns the number if it lies within `least..=most`, `None` when it is absent.
    pub(super) fn number(&self, name: &str, least: usize, most: usize) -> Result<Option<usize>, Problem> {
        self.text(name)
            .map(|text| {
                text.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
                    Problem::invalid(format!("querystring/{name} must be a number from {least} to {most}"))
                })
            })
            .transpose()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}
