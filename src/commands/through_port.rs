//! What people do about grants with their own credentials of Port: an action is executed, and its run followed to its
//! end.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::named_grant::named;
use super::{Surroundings, connected};
use crate::clients::port::Port;
use crate::domain::identifier::{GrantId, RunId};
use crate::domain::time::{relative, utc};
use crate::engine::following::{Followed, follow};
use crate::failure::Failure;
use crate::report::Report;

/// Lets Port make a grant, and tells how to get at it.
///
/// # Errors
///
/// Fails when Port refuses, with `when_missing` where it knows no such action or entity, and as the run does.
pub(super) async fn grant(
    surroundings: &Surroundings<'_>,
    action: &str,
    entity: &str,
    form: &Value,
    when_missing: &str,
    timeout: u64,
) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let port = connected::port(world)?;
    let run = port.execute(action, entity, form).await.map_err(|error| Failure::of_call(error, when_missing))?;
    ui.status(&format!("Started {action} on {entity}: run {}", run.id));
    let Followed { run_id, lines } = follow(&port, world, &run.id, timeout, &|line: &str| ui.status(line)).await?;
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
    let run = match port.execute(action, grant.as_str(), &json!({})).await {
        Ok(run) => run,
        // Without its entity there is nothing to run the action on; the record tells whether it was revoked before.
        Err(error) if error.is_not_found() && is_revoked(&port, surroundings, &grant).await? => {
            let text = format!("{grant} was gone already.");
            return Ok(Report::done(text, json!({ "grant": grant.as_str(), "already": true })));
        }
        Err(error) => {
            let when_missing = format!("if something of it is left in AWS, run `port-iam revoke {grant} --direct`");
            return Err(Failure::of_call(error, when_missing));
        }
    };
    ui.status(&format!("Started {action} on {grant}: run {}", run.id));
    let Followed { run_id, lines } = follow(&port, world, &run.id, timeout, &|line: &str| ui.status(line)).await?;
    Ok(Report::done(format!("{grant} is {done}."), json!({ "run": run_id, "grant": grant.as_str(), "log": lines })))
}

/// Returns whether the permanent record says that the grant has ended.
async fn is_revoked(port: &Port, surroundings: &Surroundings<'_>, grant: &GrantId) -> Result<bool, Failure> {
    let record = port.entity(&surroundings.names.permission_records, grant.as_str()).await?;
    Ok(record.is_some_and(|record| record.text("revoked_at").is_some()))
}

/// Returns the end as Port has it, and how far away that is.
fn until(expires: &str, now: Timestamp) -> String {
    expires.parse().map_or_else(|_| expires.to_owned(), |end| format!("{} ({})", utc(end), relative(end, now)))
}
