//! Looks at what the workflows on the default branch pin, at what their releases hold, and at whether those workflows are
//! what this program writes. It only reads.

use futures_util::future::join_all;

use crate::assets::{self, Backend, FurtherRoles, Rendering, Runtime};
use crate::clients::error::ApiError;
use crate::clients::github::{GitHub, Repository};
use crate::domain::github_host::GitHubHost;
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::rules::ApprovalsNeeded;
use crate::domain::runtime::{PinnedRuntime, own_version, tag};
use crate::domain::runtime_check::{Downloaded, Own, Written};
use crate::domain::setup::{Likeness, Origin, SecretStore, WantedRelease, WorkflowAccess, is_setup_commit, likeness};
use crate::domain::workflow_settings::{KnownAddresses, WorkflowSettings, further_roles};

/// Where the workflows are looked at, and what they are held against.
pub struct RuntimeCheck<'a> {
    /// GitHub.
    pub github: &'a GitHub,
    /// The repository.
    pub repository: &'a Repository,
    /// The kind of GitHub that it is on.
    pub host: GitHubHost,
    /// The installation's names.
    pub names: &'a Names,
    /// The program that `init` would publish from here.
    pub own: &'a Own,
    /// The addresses that the workflows may call.
    pub known: &'a KnownAddresses,
}

/// What was found.
pub struct RuntimesFound {
    /// What each of our workflows downloads, and which of them are not there; nothing where none is.
    pub workflows: Vec<Downloaded>,
    /// What they name alike.
    pub settings: Option<WorkflowSettings>,
}

impl RuntimeCheck<'_> {
    /// Looks at our workflows.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn look(&self) -> Result<RuntimesFound, ApiError> {
        let names = self.names;
        let files = [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow];
        let texts = files.map(async |file| {
            let text = self.github.file(self.repository, &path_of(file)).await?;
            Ok::<_, ApiError>((file, text))
        });
        let texts: Vec<(&String, Option<String>)> = join_all(texts).await.into_iter().collect::<Result<_, _>>()?;
        let there: Vec<&str> = texts.iter().filter_map(|(_, text)| text.as_deref()).collect();
        if there.is_empty() {
            return Ok(RuntimesFound { workflows: Vec::new(), settings: None });
        }
        let settings = WorkflowSettings::of(&there);
        let looks = texts.iter().map(async |(file, text)| match text {
            Some(text) => {
                let written = self.written(file, text, settings.as_ref()).await?;
                let found = downloaded(self.github, self.repository, file, text).await?;
                Ok::<_, ApiError>(Downloaded { written, ..found })
            }
            None => Ok(Downloaded {
                workflow: (*file).to_owned(),
                origin: None,
                written: Written::Unasked,
                pinned: None,
                is_there: false,
                digest: None,
            }),
        });
        let workflows = join_all(looks).await.into_iter().collect::<Result<_, _>>()?;
        Ok(RuntimesFound { workflows, settings })
    }

    /// Returns how a workflow stands to what this program would write in its place. A seal proves nothing: everybody can
    /// compute it, and whoever gives a pull request its title writes the message of the commit.
    async fn written(&self, file: &str, text: &str, settings: Option<&WorkflowSettings>) -> Result<Written, ApiError> {
        if Origin::of(text) != Origin::AsWritten {
            return Ok(Written::Unasked);
        }
        let Some(settings) = settings else { return Ok(Written::SettingsDiffer) };
        let found = self.likeness(file, text, settings);
        if found == Likeness::Other {
            return Ok(Written::Otherwise);
        }
        if let Some(address) = settings.strange_address(self.known) {
            return Ok(Written::StrangeAddress(address.to_owned()));
        }
        let newest = self.github.last_commit_to(self.repository, &path_of(file)).await?;
        Ok(match found {
            _ if !newest.is_some_and(|headline| is_setup_commit(&headline)) => Written::CommitOfOthers,
            Likeness::OtherVersion => Written::OtherVersion,
            Likeness::Same | Likeness::Other => Written::AsOurs,
        })
    }

    fn likeness(&self, file: &str, text: &str, settings: &WorkflowSettings) -> Likeness {
        let mut nearest = Likeness::Other;
        for access in [WorkflowAccess::Oidc, WorkflowAccess::AccessKey] {
            for store in [SecretStore::Environment(self.names.environment.clone()), SecretStore::Repository] {
                let rendering = self.rendering(text, settings, access, store);
                let Some(ours) = text_of(&rendering, &path_of(file)) else { continue };
                let Runtime { tag, asset, sha256, .. } = rendering.runtime;
                let release = WantedRelease { tag, asset, digest: format!("sha256:{sha256}") };
                match likeness(&ours, &release, text) {
                    Likeness::Same => return Likeness::Same,
                    Likeness::OtherVersion => nearest = Likeness::OtherVersion,
                    Likeness::Other => {}
                }
            }
        }
        nearest
    }

    /// Returns what a workflow of these settings is written from. What no workflow holds is anything that can be rendered.
    fn rendering(
        &self,
        text: &str,
        settings: &WorkflowSettings,
        access: WorkflowAccess,
        store: SecretStore,
    ) -> Rendering {
        let role = |arn: String| FurtherRoles { granter: arn.clone(), revoker: arn };
        // Of a program that cannot be published from here nobody knows the digest: this one is nobody's.
        let sha256 = self.own.sha256.clone().unwrap_or_else(|| "0".repeat(64));
        Rendering {
            names: self.names.clone(),
            organization: self.repository.owner.clone(),
            repository: self.repository.name.clone(),
            default_branch: self.repository.default_branch.clone(),
            resource_types: ResourceTypes::default(),
            backend: Backend::GitHub,
            account_id: settings.account.as_str().to_owned(),
            further_accounts: further_roles(text).into_iter().map(role).collect(),
            region: settings.region.clone(),
            partition: settings.partition.clone(),
            port_api_url: settings.port_api_url.clone(),
            aws_endpoint_url: settings.aws_endpoint_url.clone(),
            access,
            store,
            host: self.host,
            runtime: Runtime {
                tag: tag(self.own.version.as_ref(), &sha256),
                asset: "port-iam-x86_64-linux.gz".to_owned(),
                sha256,
                version: own_version().to_owned(),
            },
            code_owners: vec!["@nobody".to_owned()],
            approvers: Vec::new(),
            approvals: ApprovalsNeeded::One,
        }
    }
}

fn path_of(file: &str) -> String {
    format!(".github/workflows/{file}")
}

/// Returns the text of one file; none where the settings that a workflow names cannot be written into any.
fn text_of(rendering: &Rendering, path: &str) -> Option<String> {
    let files = assets::repository_files(rendering).ok()?;
    files.into_iter().find(|file| file.path == path).map(|file| file.contents)
}

/// Returns what a workflow of this text downloads. Whether it is what this program would write is not asked.
pub(super) async fn downloaded(
    github: &GitHub,
    repository: &Repository,
    workflow: &str,
    text: &str,
) -> Result<Downloaded, ApiError> {
    let pinned = PinnedRuntime::of_workflow(text);
    let assets = match &pinned {
        Some(pinned) => github.release_assets(repository, &pinned.tag).await?,
        None => None,
    };
    let name = pinned.as_ref().map(|pinned| pinned.asset.as_str());
    let asset = assets.into_iter().flatten().find(|asset| asset.is_complete && Some(asset.name.as_str()) == name);
    let (is_there, digest) = (asset.is_some(), asset.and_then(|asset| asset.digest));
    let (workflow, origin) = (workflow.to_owned(), Some(Origin::of(text)));
    Ok(Downloaded { workflow, origin, written: Written::Unasked, pinned, is_there, digest })
}
