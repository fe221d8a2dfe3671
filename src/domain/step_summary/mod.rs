//! What the step of a workflow leaves in its summary, as Markdown (GitHub Docs, "Adding a job summary").
//!
//! Whoever may read the target repository reads it: nothing stands in it but what the catalog tells them as well, and no
//! reason in somebody's own words. All of it is text that others may have written.

mod granted;
mod not_done;
mod revoked;
mod swept;
#[cfg(test)]
mod tests;

pub use granted::GrantTold;
pub use not_done::{AskedFor, NotDone, ToldNotDone};
pub use revoked::revoked;
pub use swept::SweepTold;

use super::markdown::table;

/// Returns names and values as a table without a head.
fn facts(rows: Vec<(&str, String)>) -> String {
    table(&["", ""], rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]))
}
