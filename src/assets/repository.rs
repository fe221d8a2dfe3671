//! The files of the target repository: workflows, IAM templates and rules, as `init` commits them.

use super::{AssetError, Backend, Rendering, blocks, embedded};
use crate::domain::github_host::GitHubHost;
use crate::domain::setup::{SecretStore, WorkflowAccess, first_version, sealed};

/// A file of the target repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Path from the root of the repository, with `/` between the parts.
    pub path: String,
    /// The whole text.
    pub contents: String,
    /// Who looks after the file once it is there.
    pub keeper: Keeper,
    /// Paths at which a file would do the same, so that this one is not needed.
    pub instead: &'static [&'static str],
}

/// Who looks after a file once it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// `init`: it brings the file up to its own version, and tells when somebody has edited it.
    Tool,
    /// The operator: `init` writes it where it is missing, and never touches one that is there.
    Operator,
}

/// Returns the files of the target repository.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or an embedded file cannot be used.
pub fn repository_files(rendering: &Rendering) -> Result<Vec<RepositoryFile>, AssetError> {
    let names = &rendering.names;
    let workflow = |name: &str| format!(".github/workflows/{name}");
    [
        ("workflows/create-iam-permissions.yaml", workflow(&names.create_workflow), Keeper::Tool),
        ("workflows/delete-iam-permissions.yaml", workflow(&names.delete_workflow), Keeper::Tool),
        ("workflows/sweep-iam-permissions.yaml", workflow(&names.sweep_workflow), Keeper::Tool),
        ("workflows/templates/iamPolicyDocument.json", names.policy_template_path.clone(), Keeper::Operator),
        ("workflows/templates/iamTrustPolicy.json", names.trust_template_path.clone(), Keeper::Operator),
        ("workflows/port-iam.yaml", names.rules_path.clone(), Keeper::Operator),
        ("workflows/CODEOWNERS", ".github/CODEOWNERS".to_owned(), Keeper::Operator),
    ]
    .into_iter()
    .map(|(asset, path, keeper)| {
        let contents = contents(rendering, asset)?;
        let contents = match keeper {
            Keeper::Tool => sealed(&contents),
            // JSON has no comments.
            Keeper::Operator if asset.ends_with(".json") => contents,
            Keeper::Operator => first_version(&contents),
        };
        // GitHub looks at one of three places ("About code owners"), this one first.
        let instead: &[&str] = if asset.ends_with("CODEOWNERS") { &["CODEOWNERS", "docs/CODEOWNERS"] } else { &[] };
        Ok(RepositoryFile { path, contents, keeper, instead })
    })
    .collect()
}

fn contents(rendering: &Rendering, asset: &str) -> Result<String, AssetError> {
    let chosen = blocks::choose(
        asset,
        embedded::text(asset)?,
        &[
            ("environment", rendering.store != SecretStore::Repository),
            ("repository-secrets", rendering.store == SecretStore::Repository),
            ("cloud", rendering.host.is_cloud()),
            ("enterprise-server", rendering.host == GitHubHost::EnterpriseServer),
            ("own-host", rendering.host != GitHubHost::GithubCom),
            ("oidc", rendering.access == WorkflowAccess::Oidc),
            ("access-key", rendering.access == WorkflowAccess::AccessKey),
            ("further-accounts", rendering.access == WorkflowAccess::Oidc && !rendering.further_accounts.is_empty()),
            ("port-app", rendering.backend == Backend::GitHub),
            ("ocean", rendering.backend != Backend::GitHub),
            ("prefix", !rendering.names.prefix.is_empty()),
            ("approval", !rendering.approvers.is_empty()),
            ("no-approval", rendering.approvers.is_empty()),
            ("aws-endpoint", rendering.aws_endpoint_url.is_some()),
        ],
    )?;
    let filled = rendering.repository_values()?.fill(asset, &chosen)?;
    if asset.ends_with(".json") {
        embedded::parse(asset, &filled)?;
    }
    Ok(filled)
}
