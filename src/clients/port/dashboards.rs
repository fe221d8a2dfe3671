//! The pages of the portal (Port OpenAPI, Pages: reading and deleting). Creating and changing is not in that document:
//! the forms are those of Port's Terraform provider (`internal/cli/page.go`).

use reqwest::Method;
use serde_json::Value;

use super::{Call, Port, segment};
use crate::clients::error::ApiError;

fn path(identifier: &str) -> String {
    format!("/pages/{}", segment(identifier))
}

impl Port {
    /// Returns a page; none when there is none of that identifier.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, and when its answer holds no page.
    pub async fn page(&self, identifier: &str) -> Result<Option<Value>, ApiError> {
        const OPERATION: &str = "read the page";
        match self.send(Call::new(OPERATION, Method::GET, path(identifier))).await {
            Ok(mut answer) if answer["page"].is_object() => Ok(Some(answer["page"].take())),
            Ok(answer) => Err(answer.undecodable(OPERATION)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a page.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when one of that identifier is there, and when Port refuses or cannot be asked.
    pub async fn create_page(&self, body: &Value) -> Result<(), ApiError> {
        self.send(Call::new("create the page", Method::POST, "/pages".to_owned()).body(body)).await.map(|_| ())
    }

    /// Replaces a page.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn replace_page(&self, identifier: &str, body: &Value) -> Result<(), ApiError> {
        self.send(Call::new("change the page", Method::PUT, path(identifier)).body(body)).await.map(|_| ())
    }

    /// Deletes a page. One that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn delete_page(&self, identifier: &str) -> Result<(), ApiError> {
        match self.send(Call::new("delete the page", Method::DELETE, path(identifier))).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
