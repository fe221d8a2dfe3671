//! Lists the names of the roles under a path.

use super::error::api_error;
use super::{Aws, Repeat};
use crate::clients::error::ApiError;

/// The longest page that IAM gives (IAM API reference, ListRoles).
const PAGE: i32 = 1_000;

impl Aws {
    /// Returns the names of all roles whose path begins with `path`, over all pages.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn role_names(&self, path: &str) -> Result<Vec<String>, ApiError> {
        let mut names = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_roles().path_prefix(path).max_items(PAGE).set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error("list the roles", &error))
                })
                .await?;
            names.extend(answer.roles().iter().map(|role| role.role_name().to_owned()));
            marker = answer.marker().filter(|_| answer.is_truncated()).map(str::to_owned);
            if marker.is_none() {
                return Ok(names);
            }
        }
    }
}
