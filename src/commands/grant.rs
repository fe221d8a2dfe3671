//! `port-iam grant`: the whole job of the grant workflow.

mod break_glass;

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::workflow_step::{event, repository_id, set_outputs, starters, summarize, summarize_failure};
use super::{Surroundings, connected};
use crate::config::variables::GITHUB_REF;
use crate::domain::identifier::{GrantId, RunId};
use crate::domain::request::Dispatch;
use crate::domain::step_summary::GrantTold;
use crate::domain::time::{relative, utc};
use crate::engine::Engine;
use crate::engine::grant::{GrantSettings, Granted, STILL_PROPAGATING, not_let_in};
use crate::engine::reporting::{Asked, report_failure};
use crate::failure::Failure;
use crate::report::Report;
use crate::world::World;

/// Grant what a Port run asks for.
///
/// Runs inside the grant workflow and needs no arguments there: the event, the repository and the credentials come
/// from the runner's environment. What the event says is a hint; Port's run decides, and the rules on the default
/// branch. By hand use `port-iam request`.
///
/// With --break-glass an administrator grants with AWS credentials of their own while Port or GitHub is down, as far as
/// `break-glass` of the rules file allows. It needs neither of the two: rules and templates may come from a checkout,
/// and the next sweep puts the grant on record, for review.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = break_glass::EXAMPLE)]
pub struct GrantArgs {
    /// File with the `workflow_dispatch` event [environment: GITHUB_EVENT_PATH].
    #[arg(long, value_name = "FILE", conflicts_with = "break_glass")]
    event: Option<PathBuf>,
    /// Target repository [environment: GITHUB_REPOSITORY]; with --break-glass also a folder with a checkout of it.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    #[command(flatten)]
    break_glass: break_glass::BreakGlassArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Fails or refuses as the engine does; the run in Port is told.
pub async fn run(surroundings: &Surroundings<'_>, args: GrantArgs) -> Result<Report, Failure> {
    if let Some(reason) = args.break_glass.reason() {
        return break_glass::run(surroundings, reason, &args.break_glass, args.repository.as_deref()).await;
    }
    let world = surroundings.world;
    let event = event(world, args.event.as_deref(), "use `port-iam request`")?;
    connected::check_addresses(world, None).await?;
    let port = connected::port(surroundings.world)?;
    let ui = surroundings.ui;
    let run_id = Dispatch::run_id_of(&event);
    let prepared = async {
        let settings = settings(world, args.repository.as_deref(), &event)?;
        let github = connected::github(world)?;
        match connected::aws_for(world, "grant").await {
            Ok(aws) => Ok((settings, github, aws)),
            Err(failure) => Err(not_let_in(&surroundings.names, &github, &settings, failure).await),
        }
    };
    let progress = |sentence: &str| ui.status(sentence);
    ui.group("Grant permissions");
    let result = match prepared.await {
        Ok((settings, github, aws)) => {
            let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
            let region = aws.region().map(str::to_owned);
            engine.grant(&github, &settings, &event).await.map(|granted| (granted, region))
        }
        Err(failure) => Err(failure),
    };
    ui.end_group();
    match result {
        Ok((mut granted, region)) => {
            let report = report(surroundings, &granted, region.as_deref());
            // The run must not be reported as failed: the grant is live.
            granted.untold.take().map_or(Ok(report), Err)
        }
        Err(failure) => {
            let asked = match &run_id {
                Some(run_id) => {
                    report_failure(&port, &surroundings.names, run_id.as_str(), Asked::Grant, &failure).await
                }
                None => None,
            };
            let run = run_id.as_ref().map(RunId::as_str);
            summarize_failure(surroundings, Asked::Grant.not_done(), run, asked.as_ref(), &failure);
            Err(failure)
        }
    }
}

fn settings(world: &World, repository: Option<&str>, event: &Value) -> Result<GrantSettings, Failure> {
    let (owner, name) = super::workflow_step::repository(world, repository)?;
    Ok(GrantSettings {
        owner,
        repository: name,
        is_in_actions: world.is_in_actions(),
        repository_id: repository_id(world, repository),
        git_ref: world.variable(GITHUB_REF).map(str::to_owned),
        expected_account: connected::expected_account(world)?,
        dispatchers: starters(world, event),
    })
}

fn report(surroundings: &Surroundings<'_>, granted: &Granted, region: Option<&str>) -> Report {
    let Granted { grant, now, was_live, still_propagating, untold: _ } = granted;
    let names = &surroundings.names;
    let (url, sign_in) = (grant.sign_in_url(names), grant.how_to_sign_in(names));
    let role_arn = grant.account.role_arn(names, &grant.id);
    let until = format!("{} ({})", utc(grant.expires), relative(grant.expires, *now));
    let mut text = format!(
        "{}: {} on {} for {}, until {until}\nSign in: {sign_in}",
        grant.id,
        grant.permissions.join(", "),
        grant.resource,
        grant.requester
    );
    let extends = grant.extends.first().map(GrantId::as_str);
    if let Some(extended) = extends {
        let _ = write!(text, "\nIt goes on from {extended}, which ends by itself.");
    }
    if *was_live {
        text.push_str("\nIt was granted before; nothing was changed.");
    }
    if *still_propagating {
        let _ = write!(text, "\n{STILL_PROPAGATING}");
    }
    for note in &grant.notes {
        surroundings.ui.warning(note);
    }
    surroundings.ui.status(grant.trust_sentence);
    let note = still_propagating.then_some(STILL_PROPAGATING);
    let told = GrantTold { grant, names, now: *now, region, was_live: *was_live, note };
    summarize(surroundings, &told.markdown());
    set_outputs(
        surroundings,
        &[
            ("grant", grant.id.as_str()),
            ("role_arn", &role_arn),
            ("sign_in_url", url.as_deref().unwrap_or_default()),
            ("expires", &utc(grant.expires)),
        ],
    );
    Report::done(
        text,
        json!({ "grant": {
            "id": grant.id.as_str(),
            "extends": extends,
            "requester": grant.requester,
            "resource": grant.resource.as_str(),
            "permissions": grant.permissions,
            "role_arn": role_arn,
            "policy_arn": grant.account.policy_arn(names, &grant.id),
            "policy_arns": grant.policy_arns(names),
            "policy": grant.policy(),
            "trust": grant.trust,
            "sign_in_url": url,
            "expires": utc(grant.expires),
            "rule": grant.rule,
            "notes": grant.notes,
            "already": was_live,
            "still_propagating": still_propagating,
        }}),
    )
}
