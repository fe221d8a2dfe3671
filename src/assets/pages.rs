//! The dashboard in Port, as the body of `POST /v1/pages`.

use serde_json::Value;

use super::{AssetError, embedded, identifiers};
use crate::domain::names::Names;

const DASHBOARD: &str = "pages/iam_permissions_dashboard.json";

/// Returns the dashboard of an installation.
///
/// # Errors
///
/// Fails when the embedded file cannot be used: unreadable, an identifier nobody replaces.
pub fn dashboard(names: &Names) -> Result<Value, AssetError> {
    let mut page = embedded::json(DASHBOARD)?;
    identifiers::rename(DASHBOARD, names, &mut page)?;
    Ok(page)
}
