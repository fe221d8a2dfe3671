//! The dashboard, looked at once more before it goes.

use crate::clients::error::ApiError;
use crate::domain::setup::PageSeen;
use crate::domain::uninstall::Seen;
use crate::engine::Engine;

/// Returns whether the page is what was seen. Port replaces and deletes a page whole, whatever it has become since.
///
/// # Errors
///
/// Fails when Port cannot be asked.
pub(super) async fn is_as_seen(engine: &Engine<'_>, seen: &Seen) -> Result<bool, ApiError> {
    let now = engine.port.page(&seen.names.dashboard).await?;
    Ok(seen.page == now.map_or(PageSeen::Absent, PageSeen::Present))
}
