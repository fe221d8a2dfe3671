//! The organisation, its users and its integrations.

use reqwest::Method;
use serde_json::Value;

use super::decoding::user;
use super::token::claim;
use super::{Call, Port, segment};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::domain::catalog::User;

/// An integration of the organisation, as far as we look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Identifier by which actions name it.
    pub installation_id: String,
    /// Its kind, for example `github-ocean`, in lower case.
    pub kind: String,
}

impl Port {
    /// Returns the organisation's id: from the token where it stands there, else from Port.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, or tells neither id nor name.
    pub async fn organization_id(&self) -> Result<String, ApiError> {
        self.log_in().await?;
        if let Some(id) = self.claim("orgId").await.as_ref().and_then(Value::as_str) {
            return Ok(id.to_owned());
        }
        let answer = self.send(Call::new("read the organisation", Method::GET, "/organization".to_owned())).await?;
        let organization = &answer["organization"];
        let id = organization["id"].as_str().or_else(|| organization["name"].as_str());
        id.map(str::to_owned).ok_or_else(|| {
            let message = "the answer names no organisation";
            answer.identified(ApiError::new(Api::Port, "read the organisation", ApiErrorKind::Undecodable, message))
        })
    }

    /// Returns whether the credentials belong to a person; none when the token does not say.
    ///
    /// # Errors
    ///
    /// Fails when the login does.
    pub async fn is_personal(&self) -> Result<Option<bool>, ApiError> {
        self.log_in().await?;
        let personal = self.claim("personalToken").await.and_then(|value| value.as_bool());
        let machine = self.claim("isMachine").await.and_then(|value| value.as_bool());
        Ok(personal.or(machine.map(|machine| !machine)))
    }

    /// Returns the e-mail address of the person whom the credentials belong to; none of a machine, and when the token does not
    /// say.
    ///
    /// # Errors
    ///
    /// Fails when the login does.
    pub(super) async fn own_email(&self) -> Result<Option<String>, ApiError> {
        self.log_in().await?;
        Ok(self.claim("email").await.and_then(|email| email.as_str().map(str::to_owned)))
    }

    async fn claim(&self, name: &str) -> Option<Value> {
        self.token.lock().await.as_ref().and_then(|token| claim(&token.claims, name).cloned())
    }

    /// Returns a user by e-mail; none when the organisation has none of that address.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, or answers with what is no user: that is not nobody.
    pub async fn user(&self, email: &str) -> Result<Option<User>, ApiError> {
        // What a dispatch calls an address may be anything; a path segment of dots would lead elsewhere.
        if !email.contains('@') {
            return Ok(None);
        }
        const OPERATION: &str = "read the user";
        let path = format!("/users/{}", segment(email));
        match self.send(Call::new(OPERATION, Method::GET, path)).await {
            // Port documents the member as one that may be missing.
            Ok(answer) if answer["user"].is_null() => Ok(None),
            Ok(answer) => user(&answer["user"]).map(Some).ok_or_else(|| answer.undecodable(OPERATION)),
            Err(error) if error.is_not_found() || error.kind == ApiErrorKind::Invalid => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the GitHub integrations of the organisation; none when the credentials may not see integrations.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn github_integrations(&self) -> Result<Option<Vec<Integration>>, ApiError> {
        const OPERATION: &str = "read the integrations";
        let answer = match self.send(Call::new(OPERATION, Method::GET, "/integration".to_owned())).await {
            Ok(answer) => answer,
            Err(error) if matches!(error.kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let integrations = answer["integrations"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        Ok(Some(integrations.iter().filter_map(integration).collect()))
    }
}

fn integration(value: &Value) -> Option<Integration> {
    let kind = value["installationAppType"].as_str().or_else(|| value["integrationType"].as_str())?.to_lowercase();
    let id = value["installationId"].as_str().or_else(|| value["identifier"].as_str())?;
    kind.contains("github").then(|| Integration { installation_id: id.to_owned(), kind })
}
