//! The verbs of the REST API, each repeated as far as that is safe.

use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::{GitHub, Repeat, api_error, read, request_id, retrying};
use crate::clients::answered::Answered;
use crate::clients::error::ApiError;
use crate::domain::url::COMPONENT;

/// The longest page of GitHub's lists.
pub(super) const PAGE: usize = 100;

/// Returns a name as one path segment.
pub(super) fn segment(name: &str) -> String {
    utf8_percent_encode(name, COMPONENT).to_string()
}

/// Returns a path whose slashes stay.
pub(super) fn path(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Returns a moment as GitHub tells it; none where it does not.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// A request that is answered with a body.
enum Verb<'a> {
    Get,
    Post(&'a Value),
    Patch(&'a Value),
}

impl GitHub {
    pub(super) async fn get(&self, operation: &str, route: &str) -> Result<Answered, ApiError> {
        retrying(&self.world, Repeat::Safe, || self.ask(operation, Verb::Get, route)).await
    }

    /// Reads what may not be there.
    pub(super) async fn find(&self, operation: &str, route: &str) -> Result<Option<Answered>, ApiError> {
        match self.get(operation, route).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn post(
        &self,
        operation: &str,
        route: &str,
        body: &Value,
        repeat: Repeat,
    ) -> Result<Answered, ApiError> {
        retrying(&self.world, repeat, || self.ask(operation, Verb::Post(body), route)).await
    }

    pub(super) async fn patch(&self, operation: &str, route: &str, body: &Value) -> Result<Answered, ApiError> {
        retrying(&self.world, Repeat::OnlyIfNothingHappened, || self.ask(operation, Verb::Patch(body), route)).await
    }

    /// Asks once. The body is read here and not by octocrab, since the id of the request is in the headers.
    async fn ask(&self, operation: &str, verb: Verb<'_>, route: &str) -> Result<Answered, ApiError> {
        let failed = |error: octocrab::Error| api_error(operation, &error);
        let answer = match verb {
            Verb::Get => self.octocrab._get(route).await,
            Verb::Post(body) => self.octocrab._post(route, Some(body)).await,
            Verb::Patch(body) => self.octocrab._patch(route, Some(body)).await,
        };
        let answer = octocrab::map_github_error(answer.map_err(failed)?).await.map_err(failed)?;
        let request_id = request_id(answer.headers());
        let text = self.octocrab.body_to_string(answer).await.map_err(failed)?;
        read(operation, &text, request_id)
    }

    /// PUTs and reads no body: GitHub answers some of them without one.
    pub(super) async fn put(&self, operation: &str, route: &str, body: &Value) -> Result<(), ApiError> {
        retrying(&self.world, Repeat::Safe, || async {
            let answer = self.octocrab._put(route, Some(body)).await.map_err(|error| api_error(operation, &error))?;
            octocrab::map_github_error(answer).await.map(|_| ()).map_err(|error| api_error(operation, &error))
        })
        .await
    }

    pub(super) async fn delete(&self, operation: &str, route: &str) -> Result<(), ApiError> {
        retrying(&self.world, Repeat::Safe, || async {
            let answer =
                self.octocrab._delete(route, None::<&()>).await.map_err(|error| api_error(operation, &error))?;
            match octocrab::map_github_error(answer).await.map_err(|error| api_error(operation, &error)) {
                Err(error) if !error.is_not_found() => Err(error),
                _ => Ok(()),
            }
        })
        .await
    }
}
