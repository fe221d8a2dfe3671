//! Looks at everything that the checks of `doctor` judge, side by side. It only reads, and no look that fails ends
//! another.

mod plan;
mod repository;
mod who;

use futures_util::future::{join, join_all, join5};

use crate::clients::aws::Aws;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::domain::checkup::{Barred, ClockSeen, Look, Seen, Unseen, WorkflowPortSeen};
use crate::domain::names::Names;
use crate::domain::quotas::Quotas;
use crate::domain::reference;
use crate::domain::tags::{Scope, tag_value};
use crate::engine::setup::Setup;
use crate::world::World;
use repository::Inside;

/// Who is asked. Whoever cannot be is told of in the findings.
pub struct Asked<'a> {
    /// The surroundings.
    pub world: &'a World,
    /// The installation's names.
    pub names: &'a Names,
    /// Owner of the target repository.
    pub owner: &'a str,
    /// Its name.
    pub repository: &'a str,
    /// Port, or why it cannot be asked.
    pub port: Result<&'a Port, Barred>,
    /// GitHub, or why it cannot be asked.
    pub github: Result<&'a GitHub, Barred>,
    /// AWS, or why it cannot be asked.
    pub aws: Result<&'a Aws, Barred>,
    /// What makes the plan, or why there can be none.
    pub setup: Result<Setup<'a>, Unseen>,
    /// The account that the environment expects.
    pub expected_account: Option<&'a str>,
    /// The workflows' IAM user, where the operator names it.
    pub user: Option<&'a str>,
    /// Port as the workflows' own credentials see it, where the environment names them.
    pub workflow_port: Option<&'a Port>,
}

/// Looks at the installation. Each look is on the heap: together they are too large for a thread's stack.
pub async fn look(asked: &Asked<'_>) -> Seen {
    let world = asked.world;
    let inside = async {
        let github = who::github(asked.github.clone()).await;
        let inside = match &github {
            Ok((client, _)) => Box::pin(Inside::look(client, asked.names, asked.owner, asked.repository)).await,
            Err(barred) => Err(barred.elsewhere()),
        };
        (github, inside)
    };
    let (port, (github, inside), (aws, clock)) = futures_util::future::join3(
        Box::pin(who::port(asked.port.clone(), asked.names)),
        Box::pin(inside),
        Box::pin(who::aws(asked)),
    )
    .await;
    let named_account = inside.as_ref().map(|inside| inside.named_account.clone()).map_err(|why| why.clone().aside());
    let workflows_approve = match &inside {
        Ok(inside) => inside.workflows_approve.clone(),
        Err(why) => Err(why.clone().aside()),
    };
    let plan = Box::pin(plan::look(asked, &port, &github, &aws, inside.as_ref().ok()));
    let (sweep, runtime, code_owners) = match (&github, &inside) {
        (Ok((client, _)), Ok(inside)) => (
            Ok(Box::pin(inside.sweep(client, &asked.names.sweep_workflow))),
            Ok(Box::pin(inside.runtimes(client))),
            Ok(Box::pin(inside.code_owners_errors(client))),
        ),
        (_, Err(why)) => (Err(why.clone().aside()), Err(why.clone()), Err(why.clone().aside())),
        (Err(barred), _) => (Err(barred.elsewhere()), Err(barred.elsewhere()), Err(barred.elsewhere())),
    };
    let room = join(quotas(&aws), further_quotas(&aws));
    let files = join(lifted(runtime), lifted(code_owners));
    let looks = join5(plan, lifted(sweep), files, room, workflow_port(asked, &port));
    let (plan::Looked { planned, unplanned, user }, sweep, files, (quotas, further_quotas), workflow_port) =
        looks.await;
    let (runtime, code_owners_errors) = files;
    // What keeps the plan from being made keeps this from being seen; it is told once.
    let runtime = if unplanned.is_empty() { runtime } else { runtime.map_err(Unseen::aside) };
    let now = aws.as_ref().ok().and_then(|(client, _)| client.service_time());
    let scope = match (&port, &inside) {
        (Ok((_, port)), Ok(inside)) => {
            Ok(tag_value(&Scope::new(&port.organization, inside.repository.id, &asked.names.prefix).0))
        }
        (Err(barred), _) => Err(barred.elsewhere()),
        (_, Err(why)) => Err(Unseen::Elsewhere(why.sentence().to_owned())),
    };
    Seen {
        repository: format!("{}/{}", asked.owner, asked.repository),
        names: asked.names.clone(),
        now: now.unwrap_or_else(|| world.now()),
        clock: clock.map_or(ClockSeen::Unknown, ClockSeen::Ahead),
        port: port.map(|(_, seen)| seen),
        github: github.map(|(_, seen)| seen),
        aws: aws.map(|(_, seen)| seen),
        scope,
        planned,
        unplanned,
        runtime,
        named_account,
        workflows_approve,
        code_owners_errors,
        sweep,
        quotas,
        further_quotas,
        user,
        workflow_port,
        edition: reference::edition().cloned(),
    }
}

/// Waits for a look that may not have begun.
async fn lifted<T>(look: Look<impl Future<Output = Look<T>>>) -> Look<T> {
    match look {
        Ok(look) => look.await,
        Err(why) => Err(why),
    }
}

async fn quotas(aws: &who::Who<'_, Aws, crate::domain::checkup::AwsSeen>) -> Look<Option<Quotas>> {
    let (aws, _) = aws.as_ref().map_err(Barred::elsewhere)?;
    aws.quotas().await.map_err(|error| Unseen::Here(error.to_string()))
}

/// Returns how full the further accounts are of which there are credentials.
async fn further_quotas(
    aws: &who::Who<'_, Aws, crate::domain::checkup::AwsSeen>,
) -> Vec<(String, Look<Option<Quotas>>)> {
    let Ok((aws, _)) = aws else { return Vec::new() };
    let looking = aws.further_accounts().map(async |account| {
        let quotas = match aws.of_further_account(account).await? {
            Ok(there) => there.aws.quotas().await.map_err(|error| Unseen::Here(error.to_string())),
            Err(failure) => Err(Unseen::Here(failure.to_string())),
        };
        Some((account.to_string(), quotas))
    });
    join_all(looking).await.into_iter().flatten().collect()
}

async fn workflow_port(
    asked: &Asked<'_>,
    port: &who::Who<'_, Port, crate::domain::checkup::PortSeen>,
) -> Look<WorkflowPortSeen> {
    let Some(theirs) = asked.workflow_port else { return Ok(WorkflowPortSeen::Untold) };
    let (own, _) = port.as_ref().map_err(Barred::elsewhere)?;
    let is_callers = own.is_of_the_client_of(theirs);
    let here = |error: crate::clients::error::ApiError| Unseen::Here(error.to_string());
    theirs.log_in().await.map_err(here)?;
    let (organization, personal) = join(theirs.organization_id(), theirs.is_personal()).await;
    let (organization, personal) = (organization.map_err(here)?, personal.map_err(here)?);
    Ok(WorkflowPortSeen::Known { organization, personal, is_callers })
}
