//! What one installation differs in from another.

use super::{AssetError, checked::Checked, placeholders::Placeholders};
use crate::domain::github_host::GitHubHost;
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::rules::ApprovalsNeeded;
use crate::domain::setup::{SecretStore, WorkflowAccess};

/// Everything that is rendered into actions and workflows.
///
/// The fields are text as it came from settings and APIs; each function that renders checks those it writes, and
/// refuses what could end a quotation or begin an expression.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// Identifiers of the installation.
    pub names: Names,
    /// GitHub organisation (or user) that owns the repository.
    pub organization: String,
    /// Name of the target repository, without its owner.
    pub repository: String,
    /// Default branch of the target repository.
    pub default_branch: String,
    /// The resource types of the catalog and of the first rule.
    pub resource_types: ResourceTypes,
    /// How Port starts the workflows.
    pub backend: Backend,
    /// AWS account of the grants, twelve digits.
    pub account_id: String,
    /// The roles in further accounts.
    pub further_accounts: Vec<FurtherRoles>,
    /// AWS region that the runtime talks to.
    pub region: String,
    /// AWS partition, such as `aws`.
    pub partition: String,
    /// Base address of Port's API, with or without `/v1`.
    pub port_api_url: String,
    /// Address of AWS, where it is not AWS's own (the sandbox, a private endpoint).
    pub aws_endpoint_url: Option<String>,
    /// How the workflows prove to AWS who they are.
    pub access: WorkflowAccess,
    /// Where the secrets are kept.
    pub store: SecretStore,
    /// The kind of GitHub that the repository is on.
    pub host: GitHubHost,
    /// The binary that the workflows download.
    pub runtime: Runtime,
    /// Who reviews changes of workflows and rules: `@login`, `@organisation/team` or e-mail addresses.
    pub code_owners: Vec<String>,
    /// E-mail addresses of the approvers of the first rule; none means that nobody has to approve.
    pub approvers: Vec<String>,
    /// How many of them have to agree by that rule.
    pub approvals: ApprovalsNeeded,
}

/// The workflows' roles in a further account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FurtherRoles {
    /// ARN of the granter.
    pub granter: String,
    /// ARN of the revoker.
    pub revoker: String,
}

/// Port's way to start a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Port's GitHub App (`GITHUB`), the guide's way.
    GitHub,
    /// Port's GitHub integration (`INTEGRATION_ACTION`), the app's successor.
    IntegrationAction {
        /// The integration's `installationId` in Port.
        installation_id: String,
    },
}

/// The binary that the workflows download from a release of the target repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// Tag of the release.
    pub tag: String,
    /// Name of the asset, the binary packed by gzip.
    pub asset: String,
    /// SHA-256 of the asset as it is downloaded, so packed, in lower-case hexadecimal. GitHub shows the same number
    /// as the asset's digest.
    pub sha256: String,
    /// Version of the program, for the first line of the workflows.
    pub version: String,
}

impl Rendering {
    /// Returns the values of the actions.
    pub(super) fn action_values(&self) -> Result<Placeholders, AssetError> {
        Ok(Placeholders::default()
            .with("<YOUR_GITHUB_ORG>", Checked::organization(&self.organization)?)
            .with("<YOUR_GITHUB_REPOSITORY>", Checked::repository(&self.repository)?))
    }

    /// Returns the values of the files in the repository.
    pub(super) fn repository_values(&self) -> Result<Placeholders, AssetError> {
        let values = aws_values(&self.partition, &self.account_id)?
            .with("<YOUR_AWS_REGION>", Checked::region(&self.region)?)
            .with("<YOUR_PORT_API_URL>", Checked::address("address of Port", &self.port_api_url)?)
            .with("<YOUR_PORT_IAM_VERSION>", Checked::version(&self.runtime.version)?)
            .with("<YOUR_RUNTIME_TAG>", Checked::tag(&self.runtime.tag)?)
            .with("<YOUR_RUNTIME_ASSET>", Checked::asset(&self.runtime.asset)?)
            .with("<YOUR_RUNTIME_SHA256>", Checked::sha256(&self.runtime.sha256)?)
            .with("<YOUR_RESOURCE_TYPES>", Checked::resource_types(&self.resource_types)?)
            .with("<YOUR_CODE_OWNERS>", Checked::code_owners(&self.code_owners)?)
            .with("<YOUR_APPROVAL>", Checked::approval(&self.approvers, self.approvals)?)
            .with("<YOUR_SWEEP_MINUTE>", Checked::minute(self.sweep_minute()))
            .with("<YOUR_ENVIRONMENT>", Checked::name("environment", &self.names.environment)?)
            .with("<YOUR_FURTHER_GRANTER_ARNS>", self.further(|roles| &roles.granter)?)
            .with("<YOUR_FURTHER_REVOKER_ARNS>", self.further(|roles| &roles.revoker)?);
        let values = match &self.aws_endpoint_url {
            Some(url) => values.with("<YOUR_AWS_ENDPOINT_URL>", Checked::address("address of AWS", url)?),
            None => values,
        };
        Ok(match self.names.prefix.as_str() {
            "" => values,
            prefix => values.with("<YOUR_PREFIX>", Checked::name("prefix", prefix)?),
        })
    }
}

impl Rendering {
    fn further(&self, role: fn(&FurtherRoles) -> &String) -> Result<Checked, AssetError> {
        let roles: Vec<&str> = self.further_accounts.iter().map(|roles| role(roles).as_str()).collect();
        Checked::roles(&roles)
    }

    /// Returns the minute of the hour at which the sweep runs. Every installation has its own, always the same one, and
    /// an odd one: GitHub delays and drops what everybody schedules at the full hour and its halves.
    fn sweep_minute(&self) -> u8 {
        use sha2::{Digest as _, Sha256};
        let name = format!("{}/{}/{}", self.organization, self.repository, self.names.prefix).to_lowercase();
        let first = Sha256::digest(name).first().copied().unwrap_or_default();
        // Without the multiples of five, which are everybody's.
        const MINUTES: [u8; 24] =
            [1, 3, 7, 9, 11, 13, 17, 19, 21, 23, 27, 29, 31, 33, 37, 39, 41, 43, 47, 49, 51, 53, 57, 59];
        MINUTES[usize::from(first) % MINUTES.len()]
    }
}

/// Returns the values that every ARN needs.
pub(super) fn aws_values(partition: &str, account_id: &str) -> Result<Placeholders, AssetError> {
    Ok(partition_value(partition)?.with("<YOUR_AWS_ACCOUNT_ID>", Checked::account(account_id)?))
}

/// Returns the value that ARNs of every account need.
pub(super) fn partition_value(partition: &str) -> Result<Placeholders, AssetError> {
    Ok(Placeholders::default().with("<YOUR_AWS_PARTITION>", Checked::partition(partition)?))
}
