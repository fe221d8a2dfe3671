//! A grant that Port's action makes: executed, followed, and told.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::commands::{Surroundings, connected};
use crate::domain::identifier::RunId;
use crate::domain::time::{relative, utc};
use crate::engine::following::{Followed, follow};
use crate::engine::starting::Start;
use crate::failure::Failure;
use crate::report::Report;

/// Lets Port make a grant, and tells how to get at it.
///
/// # Errors
///
/// Fails when Port refuses, with `when_missing` where it knows no such action or entity, and as the run does.
pub(in crate::commands) async fn grant(
    surroundings: &Surroundings<'_>,
    action: &str,
    entity: &str,
    form: &Value,
    when_missing: &str,
    timeout: u64,
) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let port = connected::port(world)?;
    let run = Start { action, entity, form, when_missing }.once(world, &port).await?;
    ui.status(&format!("Started {action} on {entity}: run {run}"));
    let Followed { run_id, lines } = follow(&port, world, &run, timeout, &|line: &str| ui.status(line)).await?;
    let grant = RunId::parse(&run_id)?.grant_id();
    let Some(entity) = port.entity(&surroundings.names.provisioned_permissions, grant.as_str()).await? else {
        return Err(Failure::failed(format!("the run {run_id} ended well, but {grant} is not in the catalog"))
            .hint("something else than the grant workflow ended the run; look at the run in Port"));
    };
    let text = |name: &str| entity.text(name).unwrap_or_default().to_owned();
    let (url, expires, role) = (text("sign_in_url"), text("expiry_time"), text("role_arn"));
    let how = if url.is_empty() { format!("Assume the role {role}") } else { format!("Sign in: {url}") };
    Ok(Report::done(
        format!("{grant} is live until {}\n{how}", until(&expires, world.now())),
        json!({ "run": run_id, "grant": grant.as_str(), "extends": entity.text("extends"), "sign_in_url": url,
            "expires": expires, "role_arn": role, "log": lines }),
    ))
}

/// Returns the end as Port has it, and how far away that is.
fn until(expires: &str, now: Timestamp) -> String {
    expires.parse().map_or_else(|_| expires.to_owned(), |end| format!("{} ({})", utc(end), relative(end, now)))
}
