//! What the workflows on the default branch name: the runtime that they download, and the account.

use futures_util::future::{join, join_all, join3};

use crate::clients::error::ApiError;
use crate::clients::github::{Access, CodeOwnersError, GitHub, Repository, WorkflowRun};
use crate::domain::checkup::{Look, RunSeen, SweepSeen, Unseen, WorkflowSeen};
use crate::domain::names::Names;
use crate::domain::runtime_check::Downloaded;
use crate::domain::workflow_literal::literal;
use crate::engine::runtime_check::downloaded;

/// The repository and its workflows.
pub(super) struct Inside {
    pub(super) repository: Repository,
    /// The workflows of ours that are there: file name and text.
    workflows: Vec<(String, String)>,
    /// The account that they name.
    pub(super) named_account: Option<String>,
    /// The address of Port that they name.
    pub(super) named_port: Option<String>,
    /// Whether workflows may approve pull requests; none where the token may not look.
    pub(super) workflows_approve: Look<Option<bool>>,
}

impl Inside {
    /// Reads the workflows of ours.
    pub(super) async fn look(github: &GitHub, names: &Names, owner: &str, name: &str) -> Look<Self> {
        let here = |error: ApiError| Unseen::Here(error.to_string());
        let found = github.repository(owner, name).await.map_err(here)?;
        let missing =
            || Unseen::Elsewhere(format!("there is no repository {owner}/{name}, or the token may not see it"));
        let repository = found.ok_or_else(missing)?;
        let files = [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow];
        let texts = join_all(files.map(async |file| {
            let text = github.file(&repository, &format!(".github/workflows/{file}")).await?;
            Ok::<_, ApiError>(text.map(|text| (file.clone(), text)))
        }));
        let (texts, approve) = join(texts, github.workflows_approve(&repository)).await;
        let texts = texts.into_iter().collect::<Result<Vec<_>, _>>().map_err(here)?;
        let workflows: Vec<(String, String)> = texts.into_iter().flatten().collect();
        let named = |name| workflows.iter().find_map(|(_, text)| literal(text, name));
        let (named_account, named_port) = (named("AWS_ACCOUNT_ID"), named("PORT_API_URL"));
        let workflows_approve = approve.map_err(here);
        Ok(Self { repository, workflows, named_account, named_port, workflows_approve })
    }

    /// Looks whether what the workflows download is there.
    pub(super) async fn runtimes(&self, github: &GitHub) -> Look<Vec<Downloaded>> {
        let looks = self.workflows.iter();
        let looks = looks.map(|(workflow, text)| downloaded(github, &self.repository, workflow, text));
        let looks = join_all(looks).await.into_iter().collect::<Result<_, ApiError>>();
        looks.map_err(|error| Unseen::Here(error.to_string()))
    }

    /// Looks which lines of CODEOWNERS GitHub does not follow.
    pub(super) async fn code_owners_errors(&self, github: &GitHub) -> Look<Option<Vec<String>>> {
        let told = |error: CodeOwnersError| {
            let CodeOwnersError { path, line, kind, source } = error;
            format!("{path}:{line} ({kind}): {source}")
        };
        let errors = github.code_owners_errors(&self.repository).await;
        let errors = errors.map_err(|error| Unseen::Here(error.to_string()))?;
        Ok(errors.map(|errors| errors.into_iter().map(told).collect()))
    }

    /// Looks whether the sweep is alive.
    pub(super) async fn sweep(&self, github: &GitHub, file: &str) -> Look<SweepSeen> {
        look_at_sweep(github, &self.repository, file).await.map_err(|error| Unseen::Here(error.to_string()))
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
