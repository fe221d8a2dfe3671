//! What GitHub finds wrong with a CODEOWNERS file (GitHub Docs, REST API, "List CODEOWNERS errors").

use super::{GitHub, Repository};
use crate::clients::error::{ApiError, printable};

/// A line of CODEOWNERS that GitHub does not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeOwnersError {
    /// Path of the file.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
    /// GitHub's word: `Unknown owner`, `Invalid pattern` and others.
    pub kind: String,
    /// The line as it stands there.
    pub source: String,
}

impl GitHub {
    /// Returns what GitHub does not follow in the CODEOWNERS file of the default branch; none when there is no such file, or
    /// this GitHub does not tell.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn code_owners_errors(&self, repository: &Repository) -> Result<Option<Vec<CodeOwnersError>>, ApiError> {
        const OPERATION: &str = "read what is wrong with CODEOWNERS";
        let route = format!("{}/codeowners/errors", repository.route());
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(None) };
        let errors = answer["errors"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let decoded = errors.iter().map(|error| {
            let text = |name: &str| printable(error[name].as_str().unwrap_or_default());
            CodeOwnersError {
                path: text("path"),
                line: error["line"].as_u64().unwrap_or_default(),
                kind: text("kind"),
                source: text("source"),
            }
        });
        Ok(Some(decoded.collect()))
    }
}
