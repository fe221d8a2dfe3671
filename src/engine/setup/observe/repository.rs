//! Looks into the repository: reads only, side by side, each thing once.

use std::collections::BTreeMap;

use futures_util::future::{join_all, try_join, try_join5};

use super::super::Setup;
use super::Who;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{Head, Repository};
use crate::config::variables::PORT_IAM_GITHUB_ORG;
use crate::domain::setup::{
    DifferingFile, Origin, ReleaseSeen, RepositorySeen, SecretStore, Seen, System, Wanted, WantedFile, is_setup_commit,
    is_workflow,
};
use crate::failure::Failure;

/// What lies in a repository.
pub(super) struct InRepository {
    /// The newest commit of its default branch.
    pub(super) head: Option<Head>,
    /// What the plan is made from.
    pub(super) seen: RepositorySeen,
    /// The published releases under the tags of this program.
    pub(super) releases: Vec<(String, ReleaseSeen)>,
}

impl Setup<'_> {
    /// Returns the repository, where GitHub is looked at and has it.
    pub(super) async fn repository(&self) -> Result<Option<Repository>, ApiError> {
        if !self.found.looks_at.contains(System::GitHub) {
            return Ok(None);
        }
        self.github.repository(&self.asked.owner, &self.asked.repository).await
    }

    pub(super) async fn inside(&self, who: &Who) -> Result<Option<(Repository, InRepository)>, Failure> {
        match &who.repository {
            Some(repository) => Ok(Some((repository.clone(), Box::pin(self.in_repository(repository)).await?))),
            None => self.check_owner(who).await.map(|()| None),
        }
    }

    /// Finds out that a repository cannot be created before anything else is: a misspelt owner would otherwise show
    /// only when half of the set-up is done.
    async fn check_owner(&self, who: &Who) -> Result<(), Failure> {
        let owner = &self.asked.owner;
        let Some(token) = &who.token else { return Ok(()) };
        if who.owner_is_user || self.github.organization_exists(owner).await? {
            return Ok(());
        }
        let message = format!("GitHub knows no organisation {owner}, or the token of {} cannot see it", token.login);
        Err(Failure::usage(message).hint(format!(
            "give the organisation, or the token's own user, with --github-org or {PORT_IAM_GITHUB_ORG}; or use a token of a member"
        )))
    }

    /// Looks at everything in a repository but at the contents of files.
    async fn in_repository(&self, repository: &Repository) -> Result<InRepository, ApiError> {
        let guard = async {
            if !self.found.host.is_cloud() {
                // Enterprise Server has rulesets, and no immutable releases.
                let (rules, rulesets) = self.rules(repository).await?;
                return Ok((rules, rulesets, None));
            }
            let ((rules, rulesets), immutable) =
                try_join(self.rules(repository), self.github.immutable_releases(repository)).await?;
            Ok((rules, rulesets, immutable))
        };
        let configured = try_join(self.releases(repository), self.disabled_workflows(repository));
        let (head, environment, repository_secrets, configured, guard) = try_join5(
            self.github.head(repository, &repository.default_branch),
            self.github.environment(repository, &self.names.environment),
            self.github.secret_names(repository, &SecretStore::Repository),
            configured,
            guard,
        )
        .await?;
        let (environment, environment_secrets) = environment.unzip();
        let (releases, disabled_workflows) = configured;
        let (rules, rulesets, immutable_releases) = guard;
        let seen = RepositorySeen {
            visibility: repository.visibility,
            rules,
            rulesets,
            // These as well, and what else there is.
            code_owners: None,
            users_of_secrets: Vec::new(),
            immutable_releases,
            blobs: head.as_ref().map(|head| head.blobs.clone()),
            // Which files are in the place of ours is only known when it is known what is wanted.
            differing: BTreeMap::new(),
            templates: BTreeMap::new(),
            disabled_workflows,
            environment,
            environment_secrets: environment_secrets.unwrap_or_default(),
            repository_secrets,
            // Which of them it is depends on what the workflows pin.
            release: ReleaseSeen::Absent,
            release_tag: None,
        };
        Ok(InRepository { head, seen, releases })
    }

    pub(in crate::engine::setup) fn grant_workflow(&self) -> String {
        format!(".github/workflows/{}", self.names.create_workflow)
    }

    /// Returns the text of the grant workflow as it stands on the default branch; none where it is not there.
    pub(super) async fn workflow_text(&self, repository: &Repository) -> Result<Option<String>, ApiError> {
        match self.github.file(repository, &self.grant_workflow()).await {
            Err(error) if matches!(error.kind, ApiErrorKind::EmptyRepository | ApiErrorKind::Undecodable) => Ok(None),
            text => text,
        }
    }

    /// Returns the files in the place of ours that differ from them. Only those are read, and `workflow` was read before.
    pub(super) async fn differing(
        &self,
        repository: &Repository,
        held: &RepositorySeen,
        wanted: &Wanted,
        workflow: Option<&str>,
    ) -> Result<BTreeMap<String, DifferingFile>, ApiError> {
        let held = |path: &String| held.blobs.as_ref().and_then(|blobs| blobs.get(path));
        let differs = |file: &&WantedFile| held(&file.path).is_some_and(|blob| *blob != file.blob);
        let files = wanted.files.iter().filter(|file| !file.only_if_missing).filter(differs);
        let differing = files.map(async |file| {
            let text = match workflow.filter(|_| file.path == self.grant_workflow()) {
                Some(text) => Some(text.to_owned()),
                // Ours are text.
                None => self.github.readable_file(repository, &file.path).await?,
            };
            let origin = text.as_deref().map_or(Origin::Foreign, Origin::of);
            let is_forged = origin == Origin::AsWritten
                && is_workflow(&file.path)
                && !self.is_of_setup(repository, &file.path).await?;
            Ok((file.path.clone(), DifferingFile { origin, text, is_forged }))
        });
        join_all(differing).await.into_iter().collect()
    }

    /// Returns whether the newest commit to a file is one of `init`.
    pub(super) async fn is_of_setup(&self, repository: &Repository, path: &str) -> Result<bool, ApiError> {
        Ok(self.github.last_commit_to(repository, path).await?.is_some_and(|headline| is_setup_commit(&headline)))
    }

    /// Returns the workflows of ours that are on the default branch and that GitHub does not run, with its word for why.
    async fn disabled_workflows(&self, repository: &Repository) -> Result<BTreeMap<String, String>, ApiError> {
        let names = [&self.names.create_workflow, &self.names.delete_workflow, &self.names.sweep_workflow];
        let mut states = self.github.workflow_states(repository).await?;
        let ours = names.into_iter().filter_map(|name| states.remove_entry(name));
        Ok(ours.filter(|(_, state)| state.starts_with("disabled")).collect())
    }

    /// Returns the text of the rules file on the default branch, if it is there. Only one that is not ours is read.
    pub(super) async fn rules_text(
        &self,
        repository: Option<&Repository>,
        seen: &Seen,
        wanted: &Wanted,
    ) -> Result<Option<String>, ApiError> {
        let path = &self.names.rules_path;
        let held = seen.blobs().and_then(|blobs| blobs.get(path));
        let ours = wanted.files.iter().find(|file| file.path == *path);
        match (held, ours, repository) {
            (Some(blob), Some(ours), _) if *blob == ours.blob => Ok(Some(ours.contents.clone())),
            (Some(_), _, Some(repository)) => self.github.readable_file(repository, path).await,
            _ => Ok(None),
        }
    }
}
