//! `port-iam revoke`: the whole job of the revoke workflow, and the same by hand.

mod aws_only;
mod reach;
mod several;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::given::{self, check_requester};
use super::named_grant::{named, never_known};
use super::workflow_step::{event, repository, starters, summarize, summarize_failure};
use super::{Surroundings, connected, through_port};
use crate::clients::github::GitHub;
use crate::domain::identifier::{GrantId, RunId};
use crate::domain::receipt::{Cause, Revoked};
use crate::domain::request::Dispatch;
use crate::domain::selection::Selection;
use crate::domain::step_summary;
use crate::domain::time::utc;
use crate::engine::Engine;
use crate::engine::reporting::{Asked, report_failure};
use crate::engine::revoke::{InPort, Revocation};
use crate::engine::starters::Starters;
use crate::failure::Failure;
use crate::report::Report;
use crate::world::World;

const NAME_THE_GRANT: &str = "name the grant: `port-iam revoke GRANT`; `port-iam list` tells which there are";

/// Take a grant away.
///
/// With a grant it executes the action `Revoke permissions` in Port and follows its run; that needs your own
/// credentials of Port (PORT_CLIENT_ID, PORT_CLIENT_SECRET). With --direct it does the work itself; that needs
/// credentials of AWS too, with the rights that `port-iam aws revoker` prints. With --requester or --resource it takes
/// away all live grants of a person or on a resource, directly as well. When Port is down, --aws-only leaves it out.
/// Without arguments it is the job of the revoke workflow.
#[derive(Clone, Debug, clap::Args)]
pub struct RevokeArgs {
    /// The grant as the catalog calls it, for example Permission-r_k86OUzq80jRlxFV0.
    #[arg(value_name = "GRANT")]
    grant: Option<String>,
    /// Do the work with your own AWS credentials, without Port's action and the workflow.
    #[arg(long, requires = "grant")]
    direct: bool,
    /// Do not ask Port at all, and do not tell it: for when it is down. The next revocation or sweep tells it.
    #[arg(long)]
    aws_only: bool,
    /// Take away all live grants of a person, with your own AWS credentials.
    #[arg(long, value_name = "EMAIL", conflicts_with_all = ["grant", "event"])]
    requester: Option<String>,
    /// Take away all live grants on a resource, be it the first or an additional one, with your own AWS credentials.
    #[arg(long, value_name = "ARN", conflicts_with_all = ["grant", "event"])]
    resource: Option<String>,
    /// Do not ask before several grants are taken away.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    profiles: connected::Profiles,
    /// File with the `workflow_dispatch` event [environment: GITHUB_EVENT_PATH].
    #[arg(long, value_name = "FILE", conflicts_with = "grant")]
    event: Option<PathBuf>,
    /// How long to follow the run, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = given::seconds)]
    timeout: u64,
}

impl RevokeArgs {
    /// Returns whether the work is that of a run of Port's, which goes on without whoever follows it.
    pub fn follows_a_run(&self) -> bool {
        let Self { grant, direct, aws_only, .. } = self;
        grant.is_some() && !direct && !aws_only
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails or refuses as the engine does.
pub async fn run(surroundings: &Surroundings<'_>, args: RevokeArgs) -> Result<Report, Failure> {
    if args.requester.is_some() || args.resource.is_some() {
        args.requester.as_deref().map(check_requester).transpose()?;
        args.resource.as_deref().map(|arn| given::arn("--resource", arn)).transpose()?;
        let selection = Selection { requester: args.requester, resource: args.resource };
        return Box::pin(several::run(surroundings, &selection, args.aws_only, args.yes, &args.profiles.profiles))
            .await;
    }
    if args.aws_only && !args.direct {
        return Err(Failure::usage("--aws-only needs to know what to take away")
            .hint("pass --direct and a GRANT, or --requester EMAIL, or --resource ARN"));
    }
    match &args.grant {
        Some(grant) if args.aws_only => Box::pin(aws_only::run(surroundings, grant, &args.profiles.profiles)).await,
        None => in_workflow(surroundings, &args).await,
        Some(grant) if args.direct => Box::pin(directly(surroundings, grant, &args.profiles.profiles)).await,
        Some(grant) => {
            let action = &surroundings.names.revoke_permissions;
            through_port::revocation(surroundings, action, grant, "revoked", args.timeout).await
        }
    }
}

async fn in_workflow(surroundings: &Surroundings<'_>, args: &RevokeArgs) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let event = event(world, args.event.as_deref(), NAME_THE_GRANT)?;
    let run_id = Dispatch::run_id_of(&event);
    connected::check_port_and_aws(world, None).await?;
    let port = connected::port(surroundings.world)?;
    let progress = |sentence: &str| ui.status(sentence);
    let github = connected::github(world).ok();
    let starters = github.as_ref().and_then(|github| list_of(world, github, &event));
    ui.group("Revoke permissions");
    let result = async {
        let dispatch = Dispatch::from_event(&event)?;
        let aws = match (connected::aws_for(surroundings.world, "revoke").await, &starters) {
            (Ok(aws), _) => aws,
            (Err(failure), Some(starters)) => return Err(starters.not_let_in(&surroundings.names, failure).await),
            (Err(failure), None) => return Err(failure),
        };
        let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
        engine.revoke_for_run(&dispatch, connected::expected_account(world)?.as_ref(), starters.as_ref()).await
    }
    .await;
    ui.end_group();
    match result {
        Ok(revoked) => Ok(report(surroundings, &revoked)),
        Err(failure) => {
            let failure = match &starters {
                Some(starters) if !failure.leaves_run_open => starters.failing(&surroundings.names, failure).await,
                _ => failure,
            };
            let asked = match &run_id {
                Some(run_id) => {
                    report_failure(&port, &surroundings.names, run_id.as_str(), Asked::Revocation, &failure).await
                }
                None => None,
            };
            let run = run_id.as_ref().map(RunId::as_str);
            summarize_failure(surroundings, Asked::Revocation.not_done(), run, asked.as_ref(), &failure);
            Err(failure)
        }
    }
}

/// Returns who started the workflow and where the list of those who may stands; none by hand, where nobody is on a
/// list, and where GitHub cannot be asked, since a revocation fails towards removal.
fn list_of<'a>(world: &World, github: &'a GitHub, event: &Value) -> Option<Starters<'a>> {
    let logins = starters(world, event);
    if !world.is_in_actions() || logins.is_empty() {
        return None;
    }
    let (owner, repository) = repository(world, None).ok()?;
    Some(Starters { github, owner, repository, logins })
}

async fn directly(surroundings: &Surroundings<'_>, grant: &str, profiles: &[String]) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let grant = named(grant)?;
    connected::check_port_and_aws(surroundings.world, None).await?;
    let port = connected::port(surroundings.world)?;
    let aws = connected::aws_of_several(surroundings.world, "revoke", profiles).await?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    let caller = aws.caller().await?;
    ui.status(&format!("As {}", caller.arn));
    let revocation = Revocation { grant, cause: Cause::Direct(caller.arn.clone()), run_id: None };
    let looking = async {
        let found = engine.whereabouts(&caller.account, &revocation.grant).await?;
        let may_have_been = engine.may_have_been(&found, &revocation.grant).await;
        Ok((found, may_have_been))
    };
    let (found, may_have_been) = world.stop.within(Duration::ZERO, looking).await?;
    let revoked = engine.revoke(&found, revocation, InPort::Told).await?;
    if !may_have_been && revoked.has_found_nothing() {
        return Err(never_known(&revoked.grant, found.asked()));
    }
    Ok(report(surroundings, &revoked))
}

fn report(surroundings: &Surroundings<'_>, revoked: &Revoked) -> Report {
    let mut text = if revoked.removed.is_nothing() {
        format!("{} was gone already.", revoked.grant)
    } else {
        format!("{} is revoked ({}).", revoked.grant, revoked.cause.who())
    };
    let lines = revoked.line_of_tampering().into_iter().chain(revoked.lines_of_namesakes());
    for line in lines.chain(revoked.lines_of_live_extensions()) {
        text.push_str(&format!("\n{line}"));
    }
    summarize(surroundings, &step_summary::revoked(revoked, &surroundings.names.prefix));
    Report::done(text, json!({ "revoked": receipt(revoked) }))
}

/// What was taken away, for machines.
fn receipt(revoked: &Revoked) -> Value {
    let mut receipt = json!({
        "grant": revoked.grant.as_str(),
        "by": revoked.cause.who(),
        "at": utc(revoked.now),
    });
    for (key, value) in revoked.removed.to_json() {
        receipt[key] = value;
    }
    receipt["aws_request_ids"] = json!(revoked.aws_request_ids);
    receipt["live_extensions"] = json!(revoked.live_extensions.iter().map(GrantId::as_str).collect::<Vec<_>>());
    receipt["already"] = json!(revoked.removed.is_nothing());
    receipt["tampering"] = json!(revoked.tampering());
    receipt
}
