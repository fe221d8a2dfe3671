//! One step, by the system that it is of.

use super::super::secrets::SecretValues;
use super::super::{Identity, Observation, Setup, page};
use crate::clients::error::ApiError;
use crate::clients::github::Repository;
use crate::domain::setup::{Finding, SecretStore, WantedRelease, Write};
use crate::failure::Failure;

const FIRST_FILE: &str = "# IAM permissions on request\n\nRules, workflows and templates of port-iam. See .github/.\n";

/// What a step came to.
#[derive(Debug)]
pub(in crate::engine::setup) enum Done {
    Yes,
    /// What follows has to be planned anew, since it depends on what this step brought about.
    PlanAgain,
    /// The release has got another tag than was planned, and what follows has to name that.
    Published(String),
    /// The GitHub plan has no environments.
    NoEnvironments,
    /// The branch has moved on: plan the commit anew.
    Moved,
    Pending(Finding),
    /// The files wait for somebody to merge them; so does what is of no use without them.
    Waiting(Finding),
}

impl Setup<'_> {
    pub(super) async fn carry_out(
        &self,
        identity: &Identity,
        now: &Observation,
        write: &Write,
        values: &SecretValues,
    ) -> Result<Done, Failure> {
        match write {
            Write::Boundary { name, document } => return self.create_boundary(name, document).await,
            Write::BoundaryDocument { name, document } => {
                let arn = identity.account.boundary_arn(self.names);
                return self.change_boundary(name, &arn, document).await;
            }
            Write::OidcProvider
            | Write::IdentityPolicy { .. }
            | Write::IdentityPolicyDocument { .. }
            | Write::NewRole { .. }
            | Write::Role { .. } => {
                return Ok(self.make_identity(write).await?.map_or(Done::Yes, Done::Pending));
            }
            Write::NewBlueprint(body) => self.port.create_blueprint(body).await?,
            Write::Blueprint { identifier, body } => self.port.replace_blueprint(identifier, body).await?,
            Write::BlueprintPermissions { identifier, body } => {
                self.port.set_blueprint_permissions(identifier, body).await?;
            }
            Write::ActionPermissions { identifier, body } => {
                self.port.set_action_permissions(identifier, body).await?;
            }
            Write::NewAction(body) => self.port.create_action(body).await?,
            Write::Action { identifier, body } => self.port.replace_action(identifier, body).await?,
            Write::NewPage(body) => return page::written(self.port.create_page(body).await, &now.wanted),
            Write::Page { identifier, body } => {
                return page::written(self.port.replace_page(identifier, body).await, &now.wanted);
            }
            Write::Repository { owner, name } => {
                let repository = self.github.create_repository(owner, name, identity.owner_is_user).await?;
                self.github.first_head(&repository).await?;
                return Ok(Done::PlanAgain);
            }
            Write::FirstCommit => {
                let repository = present(now)?;
                self.github.first_commit(repository, "README.md", FIRST_FILE).await?;
                self.github.first_head(repository).await?;
                return Ok(Done::PlanAgain);
            }
            Write::Environment { name, branch } => {
                let created = self.github.create_environment(present(now)?, name, branch).await?;
                return Ok(if created { Done::Yes } else { Done::NoEnvironments });
            }
            Write::Secrets { store, names } => self.set_secrets(present(now)?, store, names, values).await?,
            Write::Release(release) => {
                let tag = self.publish(present(now)?, release).await?;
                return Ok(if tag == release.tag { Done::Yes } else { Done::Published(tag) });
            }
            Write::ImmutableReleases => self.github.make_releases_immutable(present(now)?).await?,
            Write::Ruleset { id, body } => self.github.set_ruleset(present(now)?, *id, body).await?,
            Write::EnableWorkflow { file } => self.github.enable_workflow(present(now)?, file).await?,
            Write::Commit(files) => return self.commit(present(now)?, now.head.as_ref(), files).await,
        }
        Ok(Done::Yes)
    }

    async fn set_secrets(
        &self,
        repository: &Repository,
        store: &SecretStore,
        names: &[&'static str],
        values: &SecretValues,
    ) -> Result<(), Failure> {
        let secrets = names
            .iter()
            .map(|name| Some((*name, values.values.get(name)?.clone())))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                Failure::failed("a secret was taken away while this ran").hint("run the same command again")
            })?;
        Ok(self.github.set_secrets(repository, store, &secrets).await?)
    }

    async fn publish(&self, repository: &Repository, release: &WantedRelease) -> Result<String, ApiError> {
        let WantedRelease { tag, asset, digest } = release;
        self.github.publish_release(repository, tag, asset, self.found.runtime.bytes.clone(), digest).await
    }
}

fn present(now: &Observation) -> Result<&Repository, Failure> {
    now.repository.as_ref().ok_or_else(|| {
        Failure::failed("GitHub does not show the new repository yet").hint("run the same command again in a minute")
    })
}
