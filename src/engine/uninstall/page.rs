//! Takes the dashboard away, or what is ours of it.

use super::apply::Removed;
use crate::clients::error::ApiError;
use crate::domain::setup::PageSeen;
use crate::domain::uninstall::{Removal, Seen};
use crate::engine::Engine;

/// Takes the page, or our widgets, away. Port replaces and deletes a page whole, whatever it has become: it is read once
/// more, and one that somebody has changed since it was looked at is looked at anew.
///
/// # Errors
///
/// Fails when Port refuses or cannot be asked.
pub(super) async fn remove(engine: &Engine<'_>, seen: &Seen, removal: &Removal) -> Result<Removed, ApiError> {
    let port = engine.port;
    let now = port.page(&seen.names.dashboard).await?;
    if now.is_some_and(|now| seen.page != PageSeen::Present(now)) {
        return Ok(Removed::InTheWay);
    }
    match removal {
        Removal::Widgets { identifier, body } => port.replace_page(identifier, body).await?,
        Removal::Page(identifier) => port.delete_page(identifier).await?,
        _ => {}
    }
    Ok(Removed::Gone)
}
