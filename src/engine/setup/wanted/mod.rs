//! What is wanted, rendered from the assets.

mod identities;
mod rules;
mod secret_store;

pub(super) use identities::Place;
pub(super) use rules::boundary_of;

use super::accounts::Accounts;
use super::{BackendChoice, Identity, Setup};
use crate::assets::{self, AssetError, Backend, Keeper, Rendering, Runtime};
use crate::clients::github::{Repository, blob_hash};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::rules::ApprovalsNeeded;
use crate::domain::setup::{
    AccessSource, Approval, SecretStore, Seen, Wanted, WantedApproval, WantedFile, WantedIdentities, WantedRelease,
    WorkflowAccess,
};
use crate::failure::Failure;

/// What GitHub calls the first branch of a repository that is not there yet, unless the owner chose otherwise. After
/// its creation everything is planned again with the name it really has.
const PRESUMED_BRANCH: &str = "main";

impl Setup<'_> {
    /// Returns what is wanted in and around `repository`, with the secrets in `store`.
    fn wanted(
        &self,
        (identity, repository, seen): (&Identity, Option<&Repository>, &Seen),
        store: SecretStore,
        access: WorkflowAccess,
        accounts: &Accounts,
    ) -> Result<Wanted, Failure> {
        let (account, region) =
            accounts.home.as_ref().map_or((&identity.account, &identity.region), |home| (&home.0, &home.1));
        let rendering = Rendering {
            names: self.names.clone(),
            organization: repository.map_or(&self.asked.owner, |repository| &repository.owner).clone(),
            repository: repository.map_or(&self.asked.repository, |repository| &repository.name).clone(),
            default_branch: repository
                .map_or(PRESUMED_BRANCH, |repository| repository.default_branch.as_str())
                .to_owned(),
            resource_types: self.asked.resource_types.clone(),
            backend: self.backend(identity)?,
            account_id: account.id.as_str().to_owned(),
            further_accounts: accounts.roles(&account.partition),
            region: region.clone(),
            partition: account.partition.clone(),
            port_api_url: self.found.port_api_url.clone(),
            aws_endpoint_url: self.found.aws_endpoint_url.clone(),
            access,
            store,
            host: self.found.host,
            runtime: self.runtime(seen),
            code_owners: self.code_owners(identity),
            approvers: identity.approvers.clone(),
            approvals: match self.asked.approval {
                Some(Approval::All) => ApprovalsNeeded::All,
                Some(Approval::Any) | None => ApprovalsNeeded::One,
            },
        };
        let files = assets::repository_files(&rendering).map_err(unrendered)?;
        let file = |file: assets::RepositoryFile| WantedFile {
            blob: blob_hash(file.contents.as_bytes()),
            blobs_before: Vec::new(),
            only_if_missing: file.keeper == Keeper::Operator,
            instead: file.instead,
            path: file.path,
            contents: file.contents,
        };
        let files: Vec<WantedFile> = files.into_iter().map(file).collect();
        let rules = files.iter().find(|file| file.path == self.names.rules_path);
        let boundary = boundary_of(&self.names.rules_path, rules.map_or("", |file| &file.contents));
        Ok(Wanted {
            names: self.names.clone(),
            blueprints: assets::blueprints(self.names, &rendering.resource_types).map_err(unrendered)?,
            actions: assets::actions(&rendering).map_err(unrendered)?,
            page: assets::dashboard(self.names).map_err(unrendered)?,
            page_choice: self.asked.page,
            through_the_app: rendering.backend == Backend::GitHub,
            files,
            store: rendering.store,
            access,
            access_source: AccessSource::default(),
            // They are known when the rules are read, which is after this.
            identities: WantedIdentities::none(),
            release: WantedRelease {
                tag: rendering.runtime.tag,
                asset: rendering.runtime.asset,
                digest: format!("sha256:{}", rendering.runtime.sha256),
            },
            boundary,
            owner: rendering.organization,
            repository: rendering.repository,
            default_branch: rendering.default_branch,
            consent: self.asked.consent,
            share: self.asked.share,
            invocation: self.asked.invocation.clone(),
            // They follow from the rules, which are read after this.
            approval: WantedApproval::default(),
            asks_for_approval: self.asked.approval.is_some(),
            approvers: Vec::new(),
            administrators: self.asked.administrators.clone(),
        })
    }

    /// Returns the runtime under the tag that its release has, or gets.
    fn runtime(&self, seen: &Seen) -> Runtime {
        let runtime = self.found.runtime.runtime.clone();
        match seen.repository.as_ref().and_then(|held| held.release_tag.clone()) {
            Some(tag) => Runtime { tag, ..runtime },
            None => runtime,
        }
    }

    /// Returns who reviews changes of the files that decide: whom the operator names, else whoever sets it up.
    fn code_owners(&self, identity: &Identity) -> Vec<String> {
        if !self.asked.code_owners.is_empty() {
            return self.asked.code_owners.clone();
        }
        let login = identity.token.as_ref().map_or(&self.asked.owner, |token| &token.login);
        vec![format!("@{login}")]
    }

    /// Returns the way Port starts the workflows: the older app wherever it is, since both forms work with it.
    fn backend(&self, identity: &Identity) -> Result<Backend, Failure> {
        let integrations = identity.integrations.as_deref().unwrap_or_default();
        let is_ocean = |kind: &str| kind.contains("ocean");
        let ocean = integrations.iter().find(|integration| is_ocean(&integration.kind));
        let app = integrations.iter().any(|integration| !is_ocean(&integration.kind));
        match (self.asked.backend, ocean) {
            (BackendChoice::Auto, Some(ocean)) if !app => {
                Ok(Backend::IntegrationAction { installation_id: ocean.installation_id.clone() })
            }
            (BackendChoice::Ocean, Some(ocean)) => {
                Ok(Backend::IntegrationAction { installation_id: ocean.installation_id.clone() })
            }
            (BackendChoice::Ocean, None) => {
                Err(Failure::usage("--backend ocean: Port tells no GitHub Ocean integration of the organisation")
                    .hint("install GitHub Ocean in Port (Builder > Data sources), or use --backend github"))
            }
            (BackendChoice::Auto | BackendChoice::GitHub, _) => Ok(Backend::GitHub),
        }
    }
}

/// A placeholder that is left is a refusal and is never sent; any other value that cannot be rendered is a wrong
/// setting.
fn unrendered(error: AssetError) -> Failure {
    match &error {
        AssetError::PlaceholderLeft { .. } => placeholder(error.to_string()),
        AssetError::Value { value, .. } if value.contains("<YOUR") => placeholder(error.to_string()),
        AssetError::Value { .. } => Failure::usage(error.to_string()),
        _ => Failure::failed(error.to_string()),
    }
}

fn placeholder(reason: String) -> Failure {
    Refusal::new(RefusalCode::Placeholder, "settings", reason, "replace the placeholder by the real name").into()
}
