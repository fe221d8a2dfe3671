//! What people do about grants with their own credentials of Port: an action is executed, and its run followed to its
//! end.

#[cfg(feature = "full")]
mod grant;

use serde_json::json;

#[cfg(feature = "full")]
pub(super) use grant::grant;

use super::named_grant::named;
use super::{Surroundings, connected};
use crate::clients::port::Port;
use crate::domain::identifier::GrantId;
use crate::engine::following::{Followed, follow};
use crate::engine::starting::Start;
use crate::failure::Failure;
use crate::report::Report;

/// Lets Port end a grant. What is gone already is no failure.
///
/// # Errors
///
/// Fails when Port refuses, and as the run does.
pub(super) async fn revocation(
    surroundings: &Surroundings<'_>,
    action: &str,
    grant: &str,
    done: &str,
    timeout: u64,
) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let grant = named(grant)?;
    let port = connected::port(world)?;
    let when_missing = format!("if something of it is left in AWS, run `port-iam revoke {grant} --direct`");
    let start = Start { action, entity: grant.as_str(), form: &json!({}), when_missing: &when_missing };
    let run = match start.once(world, &port).await {
        Ok(run) => run,
        // Without its entity there is nothing to run the action on; the record tells whether it was revoked before.
        Err(failure) if failure.is_of_something_missing() && is_revoked(&port, surroundings, &grant).await? => {
            let text = format!("{grant} was gone already.");
            return Ok(Report::done(text, json!({ "grant": grant.as_str(), "already": true })));
        }
        Err(failure) => return Err(failure),
    };
    ui.status(&format!("Started {action} on {grant}: run {run}"));
    let Followed { run_id, lines } = follow(&port, world, &run, timeout, &|line: &str| ui.status(line)).await?;
    Ok(Report::done(format!("{grant} is {done}."), json!({ "run": run_id, "grant": grant.as_str(), "log": lines })))
}

/// Returns whether the permanent record says that the grant has ended.
async fn is_revoked(port: &Port, surroundings: &Surroundings<'_>, grant: &GrantId) -> Result<bool, Failure> {
    let record = port.entity(&surroundings.names.permission_records, grant.as_str()).await?;
    Ok(record.is_some_and(|record| record.has_ended()))
}
