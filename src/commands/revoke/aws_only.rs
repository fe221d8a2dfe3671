//! `port-iam revoke --direct --aws-only GRANT`: takes a grant away while Port is down.

use std::time::Duration;

use serde_json::json;

use super::receipt;
use crate::commands::named_grant::named;
use crate::commands::{Surroundings, connected};
use crate::domain::identifier::AccountId;
use crate::domain::receipt::{Cause, Revoked};
use crate::domain::time::{relative, utc};
use crate::engine::Engine;
use crate::engine::revoke::{InPort, Revocation};
use crate::failure::Failure;
use crate::report::Report;

pub(super) async fn run(surroundings: &Surroundings<'_>, grant: &str, profiles: &[String]) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let grant = named(grant)?;
    let port = connected::silent_port(world)?;
    let aws = connected::aws_of_several(world, "revoke", profiles).await?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    let caller = aws.caller().await?;
    ui.status(&format!("As {}; Port is not asked", caller.arn));
    let looking = async {
        let found = engine.whereabouts(&caller.account, &grant).await?;
        let end = engine.end_of(&found, &grant).await?;
        Ok((found, end))
    };
    let (found, end) = world.stop.within(Duration::ZERO, looking).await?;
    let revocation = Revocation { grant, cause: Cause::Direct(caller.arn.clone()), run_id: None };
    let revoked = engine.revoke(&found, revocation, InPort::Untouched).await?;
    // Nothing tells whether there ever was such a grant.
    let is_unknown = revoked.has_found_nothing();
    let mut text = if is_unknown { not_asked(&revoked) } else { told(&revoked) };
    if let Some(end) = end {
        text.push_str(&format!("\nIt was granted until {} ({}).", utc(end), relative(end, revoked.now)));
    }
    let accounts: Vec<&str> = found.asked().map(AccountId::as_str).collect();
    if revoked.removed.is_nothing() {
        text.push_str(&format!(
            "\nIt was looked for in {} alone: in another account it would be live.",
            accounts.join(", ")
        ));
    }
    if !is_unknown {
        text.push_str(&format!("\n{}", untold(&revoked)));
    }
    let mut receipt = receipt(&revoked);
    receipt["until"] = json!(end.map(utc));
    receipt["accounts"] = json!(accounts);
    receipt["port_told"] = json!(false);
    Ok(Report::done(text, json!({ "revoked": receipt })))
}

/// The receipt, for people.
pub(super) fn told(revoked: &Revoked) -> String {
    let grant = &revoked.grant;
    if revoked.removed.is_nothing() {
        let gone = format!("{grant} was gone from AWS already.");
        return std::iter::once(gone).chain(revoked.lines_of_namesakes()).collect::<Vec<_>>().join("\n");
    }
    let removed = &revoked.removed;
    let became = if removed.kept.is_empty() { "is gone from AWS" } else { "can do nothing any more in AWS" };
    let mut lines = vec![format!("{grant} {became} at {}, by {}.", utc(revoked.now), revoked.cause.who())];
    lines.extend(removed.kept.iter().map(|role| {
        format!(
            "  kept {role}, denied and empty: its tags alone tell of a grant that was made without Port. Until it is \
                 deleted, whoever may write IAM can undo that"
        )
    }));
    lines.extend(removed.role.iter().map(|role| format!("  deleted {role}")));
    lines.extend(removed.policies.iter().map(|policy| format!("  deleted {policy}")));
    let foreign = removed.detached.iter().filter(|policy| !removed.policies.contains(policy));
    lines.extend(foreign.map(|policy| format!("  detached {policy}")));
    lines.extend(removed.inline.iter().map(|name| format!("  deleted the inline policy {name}")));
    lines.extend(revoked.line_of_tampering());
    lines.extend(revoked.lines_of_namesakes());
    lines.join("\n")
}

/// What is told of a name of which AWS holds nothing.
fn not_asked(revoked: &Revoked) -> String {
    format!(
        "There is nothing of the name {} in AWS. Whether there ever was such a grant was not asked of Port.",
        revoked.grant
    )
}

fn untold(revoked: &Revoked) -> String {
    let grant = &revoked.grant;
    if !revoked.removed.kept.is_empty() {
        return format!(
            "Port has not been told: when Port is back, run `port-iam revoke {grant} --direct`, or let the next sweep do \
             it, which puts it on record for review and takes its role away."
        );
    }
    format!(
        "Port has not been told and still lists it: when Port is back, run `port-iam revoke {grant} --direct`, or let \
         the sweeps do it, which mark it as missing and complete its record an hour later."
    )
}
