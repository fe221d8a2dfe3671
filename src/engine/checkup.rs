//! Looks at everything that the checks of `doctor` judge. It only reads.

use futures_util::future::{join, join3};
use jiff::Timestamp;

use crate::clients::error::ApiError;
use crate::clients::github::{Access, GitHub, Repository, WorkflowRun};
use crate::clients::port::Port;
use crate::domain::checkup::{RunSeen, Seen, SweepSeen, WorkflowSeen};
use crate::domain::names::Names;
use crate::domain::reference;
use crate::domain::tags::{Scope, tag_value};

/// Who is asked. Whoever cannot be is told of in the findings.
pub struct Asked<'a> {
    /// GitHub, or why it cannot be asked.
    pub github: Result<&'a GitHub, String>,
    /// Port, or why it cannot be asked.
    pub port: Result<&'a Port, String>,
    /// The time.
    pub now: Timestamp,
}

/// Looks at the installation in the repository `owner/name`.
pub async fn look(asked: &Asked<'_>, names: &Names, owner: &str, name: &str) -> Seen {
    let repository = async {
        let github = asked.github.clone()?;
        let found = github.repository(owner, name).await.map_err(|error| error.to_string())?;
        found.ok_or_else(|| format!("there is no repository {owner}/{name}, or the token may not see it"))
    };
    let organization = async {
        let port = asked.port.clone()?;
        port.organization_id().await.map_err(|error| error.to_string())
    };
    let (repository, organization) = join(repository, organization).await;
    let sweep = match (&asked.github, &repository) {
        (Ok(github), Ok(repository)) => {
            look_at_sweep(github, repository, &names.sweep_workflow).await.map_err(|error| error.to_string())
        }
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    };
    let scope = organization.and_then(|organization| {
        let repository = repository.as_ref().map_err(Clone::clone)?;
        Ok(tag_value(&Scope::new(&organization, repository.id).0))
    });
    Seen {
        repository: format!("{owner}/{name}"),
        sweep_workflow: names.sweep_workflow.clone(),
        now: asked.now,
        scope,
        sweep,
        edition: reference::edition().cloned(),
    }
}

async fn look_at_sweep(github: &GitHub, repository: &Repository, file: &str) -> Result<SweepSeen, ApiError> {
    let (workflow, ended, scheduled) = join3(
        github.workflow(repository, file),
        github.newest_run(repository, file, "&status=completed"),
        github.newest_run(repository, file, "&event=schedule"),
    )
    .await;
    let (workflow, ended, scheduled) = (workflow?, ended?, scheduled?);
    let has_access = match &scheduled {
        None => None,
        Some(run) => match github.access_of(repository, &run.actor).await? {
            Access::Yes => Some(true),
            Access::No => Some(false),
            Access::CannotTell => None,
        },
    };
    let workflow = workflow.map(|workflow| WorkflowSeen { state: workflow.state, created: workflow.created });
    Ok(SweepSeen { workflow, ended: ended.map(seen), scheduled: scheduled.map(seen), has_access })
}

fn seen(run: WorkflowRun) -> RunSeen {
    RunSeen { id: run.id, conclusion: run.conclusion, created: run.created, actor: run.actor }
}
