//! Whose token it is, and what it says of its rights.

use super::{GitHub, Repeat, api_error, read, request_id, retrying};
use crate::clients::error::ApiError;

/// The owner and the scopes of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOwner {
    /// The owner's login.
    pub login: String,
    /// The scopes of a classic token; none for tokens that have permissions instead of scopes.
    pub scopes: Option<Vec<String>>,
}

impl GitHub {
    /// Returns whose token this is, and its scopes where GitHub tells them.
    ///
    /// # Errors
    ///
    /// Fails when the token is rejected or GitHub cannot be asked.
    pub async fn token_owner(&self) -> Result<TokenOwner, ApiError> {
        const OPERATION: &str = "ask GitHub whose token this is";
        let failed = |error: octocrab::Error| api_error(OPERATION, &error);
        retrying(&self.world, Repeat::Safe, || async {
            let answer = self.octocrab._get("/user").await.map_err(failed)?;
            let answer = octocrab::map_github_error(answer).await.map_err(failed)?;
            let scopes = answer.headers().get("x-oauth-scopes").and_then(|value| value.to_str().ok());
            let scopes = scopes.map(|scopes| {
                scopes.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect()
            });
            let request_id = request_id(answer.headers());
            let body = self.octocrab.body_to_string(answer).await.map_err(failed)?;
            let user = read(OPERATION, &body, request_id)?;
            let login = user["login"].as_str().ok_or_else(|| user.undecodable(OPERATION))?.to_owned();
            Ok(TokenOwner { login, scopes })
        })
        .await
    }
}
