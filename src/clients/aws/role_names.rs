//! Lists the names of the roles under a path.

use super::error::api_error;
use super::pages::{LONGEST_PAGE, next, pages};
use super::{Aws, Repeat};
use crate::clients::error::ApiError;

impl Aws {
    /// Returns the names of all roles whose path begins with `path`, over all pages.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn role_names(&self, path: &str) -> Result<Vec<String>, ApiError> {
        pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_roles().path_prefix(path).max_items(LONGEST_PAGE);
                    request.set_marker(marker.clone()).send().await.map_err(|error| api_error("list the roles", &error))
                })
                .await?;
            let names = answer.roles().iter().map(|role| role.role_name().to_owned());
            Ok((names.collect(), next(answer.is_truncated(), answer.marker())))
        })
        .await
    }
}
