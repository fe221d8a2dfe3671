//! `port-iam revoke --requester` and `--resource`: several grants at once, shown before they go.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::aws_only::told;
use super::reach::Reach;
use super::receipt;
use crate::commands::confirmation::{confirmed, declined};
use crate::commands::{Surroundings, connected};
use crate::domain::counting::count;
use crate::domain::printable::printable_lines;
use crate::domain::receipt::{Cause, Revoked};
use crate::domain::selection::{Found, Selection};
use crate::domain::time::{relative, utc};
use crate::engine::Engine;
use crate::engine::revoke::Revocation;
use crate::failure::Failure;
use crate::report::Report;
use crate::stop::{BEGUN_WITHIN, GO_ON, Signal};

/// How many grants are taken apart at once: each is a dozen requests, and IAM's writes are throttled early.
const AT_ONCE: usize = 4;

pub(super) async fn run(
    surroundings: &Surroundings<'_>,
    selection: &Selection,
    aws_only: bool,
    yes: bool,
    profiles: &[String],
) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let port = if aws_only {
        connected::silent_port(world)?
    } else {
        connected::check_port_and_aws(world, None).await?;
        connected::port(world).map_err(|failure| failure.hint("or pass --aws-only to leave Port out"))?
    };
    let aws = connected::aws_of_several(world, "revoke", profiles).await?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    let caller = aws.caller().await?;
    ui.status(&format!("As {}", caller.arn));
    // Nothing has begun yet.
    let finding = Box::pin(engine.find_everywhere(selection, !aws_only));
    let (selected, unreached) = world.stop.within(Duration::ZERO, finding).await?;
    let now = aws.told_time()?;
    let reach = Reach::new(&caller.account.id, aws.further_accounts(), unreached, selected.port_answered);
    if selected.grants.is_empty() {
        let text = format!("No live grant was found.{}", reach.unlooked());
        return Ok(Report::done(text, reach.json(Vec::new(), Vec::new())).with_exit_code(reach.exit_code()));
    }
    let lines: Vec<String> = selected.grants.iter().map(|found| line(found, now)).collect();
    let list = printable_lines(&lines.join("\n"));
    if yes {
        ui.status(&list);
    } else if !confirmed(
        world,
        &format!("Take {} away?", count(lines.len(), "grant", "grants")),
        Some(&list),
        "pass --yes to take them away",
    )? {
        let left: Vec<Value> = selected
            .grants
            .iter()
            .map(|found| json!({ "grant": found.grant.as_str(), "until": found.end.map(utc) }))
            .collect();
        return Ok(declined("Nothing was taken away.", reach.json(Vec::new(), left)));
    }
    let organization = engine.organization_of(&selected).await;
    let results: Vec<(Found, Result<Revoked, Failure>)> = stream::iter(selected.grants)
        .map(|found| async {
            if let Some(signal) = world.stop.asked() {
                return (found, Err(not_begun(signal)));
            }
            let grant = found.grant.clone();
            let taking = async {
                let at = engine.whereabouts(&caller.account, &grant).await?;
                let revocation = Revocation { grant, cause: Cause::Direct(caller.arn.clone()), run_id: None };
                let in_port = engine.told_of(&found, selected.port_answered, organization.as_deref());
                engine.revoke(&at, revocation, in_port).await
            };
            // What has begun is finished, in a time that leaves enough to tell of it.
            let result = world.stop.within(BEGUN_WITHIN, taking).await;
            (found, result)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok(report(&results, &reach, now))
}

/// A signal has come before this one was begun: it is as it was.
fn not_begun(signal: Signal) -> Failure {
    let failure = signal.failure();
    Failure { message: format!("not begun, {}", failure.message), ..failure }.hint(GO_ON)
}

fn line(found: &Found, now: Timestamp) -> String {
    let unknown = "unknown";
    let requester = found.requester.as_deref().unwrap_or(unknown);
    let resource = found.resource.as_deref().unwrap_or(unknown);
    let scope = found.scope.as_ref().map(|scope| format!(", made by {scope}")).unwrap_or_default();
    format!("{}: {requester} on {resource}, {}{scope}", found.grant, until(found.end, now))
}

fn until(end: Option<Timestamp>, now: Timestamp) -> String {
    end.map_or_else(
        || "until nobody knows when".to_owned(),
        |end| format!("until {} ({})", utc(end), relative(end, now)),
    )
}

/// Returns what Port has not been told of, for people.
fn untold(results: &[(Found, Result<Revoked, Failure>)], reach: &Reach) -> impl Iterator<Item = &'static str> {
    let is_kept = |done: &Revoked| !done.removed.kept.is_empty();
    let done = || results.iter().filter_map(|(_, result)| result.as_ref().ok());
    let has_kept = done().any(is_kept);
    let has_others = !done().all(is_kept) || !has_kept;
    let others = "Port has not been told and still lists them: when Port is back, run `port-iam revoke GRANT --direct` \
                  for each, or let the sweeps do it, which mark each as missing and complete its record an hour later.";
    let kept = "Port has not been told of what was granted without it: run `port-iam revoke GRANT --direct` for each \
                when Port is back, or let the next sweep do it, which puts it on record for review and takes its role \
                away.";
    let kept_for_others = "What was granted without Port and is not known to bear the scope of this installation is on no \
                           record here: the next sweep of its own installation puts it on record for review and takes its role \
                           away.";
    let kept = if reach.port_told { kept_for_others } else { kept };
    let lines = [(!reach.port_told && has_others, others), (has_kept, kept)];
    lines.into_iter().filter(|(is_so, _)| *is_so).map(|(_, line)| line)
}

fn report(results: &[(Found, Result<Revoked, Failure>)], reach: &Reach, now: Timestamp) -> Report {
    let (mut lines, mut revoked, mut left): (Vec<String>, Vec<Value>, Vec<Value>) = Default::default();
    for (found, result) in results {
        let until = until(found.end, now);
        match result {
            Ok(done) => {
                let is_told = reach.port_told && done.removed.kept.is_empty();
                let unlike = if is_told { done.line_of_tampering() } else { None };
                let what = match (is_told, done.removed.is_nothing()) {
                    (false, _) => told(done),
                    (true, false) => format!("{} is revoked ({}).", done.grant, done.cause.who()),
                    (true, true) => format!("{} was gone already.", done.grant),
                };
                let namesakes = if is_told { done.lines_of_namesakes() } else { Vec::new() };
                let what =
                    [what].into_iter().chain(unlike).chain(namesakes).chain([format!("It was granted {until}.")]);
                lines.push(what.collect::<Vec<_>>().join(" "));
                let mut receipt = receipt(done);
                receipt["until"] = json!(found.end.map(utc));
                revoked.push(receipt);
            }
            Err(failure) => {
                lines.push(format!(
                    "{} is not taken away completely and may be live, {until}: {}",
                    found.grant,
                    failure.in_a_line()
                ));
                left.push(json!({ "grant": found.grant.as_str(), "until": found.end.map(utc), "message": failure.message, "hints": failure.hints }));
            }
        }
    }
    if !left.is_empty() {
        lines.push(format!("{} of {} could not be taken away: run the same command again.", left.len(), results.len()));
    }
    lines.extend(untold(results, reach).map(str::to_owned));
    let exit_code = u8::from(!left.is_empty()).max(reach.exit_code());
    let text = format!("{}{}", lines.join("\n"), reach.unlooked());
    Report::done(text, reach.json(revoked, left)).with_exit_code(exit_code)
}
