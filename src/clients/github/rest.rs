//! The verbs of the REST API, each repeated as far as that is safe.

use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::{GitHub, Repeat, api_error, retrying};
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

impl GitHub {
    pub(super) async fn get(&self, operation: &str, route: &str) -> Result<Value, ApiError> {
        retrying(&self.world, Repeat::Safe, || async {
            self.octocrab.get::<Value, _, ()>(route, None).await.map_err(|error| api_error(operation, &error))
        })
        .await
    }

    /// Reads what may not be there.
    pub(super) async fn find(&self, operation: &str, route: &str) -> Result<Option<Value>, ApiError> {
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
    ) -> Result<Value, ApiError> {
        retrying(&self.world, repeat, || async {
            self.octocrab.post::<_, Value>(route, Some(body)).await.map_err(|error| api_error(operation, &error))
        })
        .await
    }

    pub(super) async fn patch(&self, operation: &str, route: &str, body: &Value) -> Result<Value, ApiError> {
        retrying(&self.world, Repeat::OnlyIfNothingHappened, || async {
            self.octocrab.patch::<Value, _, _>(route, Some(body)).await.map_err(|error| api_error(operation, &error))
        })
        .await
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
