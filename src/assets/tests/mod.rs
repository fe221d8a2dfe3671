//! Tests of the assets as a whole: what is rendered, against the guide and against what it must never hold.

mod guardrails;
mod guide;
mod names;
mod policies;
mod refusals;
mod rules_file;
mod workflows;

use super::{Backend, Rendering, Runtime};
use crate::domain::account::AwsAccount;
use crate::domain::github_host::GitHubHost;
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::rules::ApprovalsNeeded;
use crate::domain::setup::{SecretStore, WorkflowAccess};

fn account(partition: &str) -> AwsAccount {
    AwsAccount::parse("account", "012345678901", partition).unwrap()
}

/// The rendering that most tests begin with: the guide's names, an environment, github.com.
fn rendering() -> Rendering {
    Rendering {
        further_accounts: Vec::new(),
        names: Names::default(),
        organization: "acme".to_owned(),
        repository: "port-iam-permissions".to_owned(),
        default_branch: "main".to_owned(),
        resource_types: ResourceTypes::default(),
        backend: Backend::GitHub,
        account_id: "012345678901".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        port_api_url: "https://api.getport.io".to_owned(),
        aws_endpoint_url: None,
        access: WorkflowAccess::Oidc,
        store: SecretStore::Environment("port-iam".to_owned()),
        host: GitHubHost::GithubCom,
        runtime: Runtime {
            tag: "port-iam-v0.1.0-0a1b2c3d".to_owned(),
            asset: "port-iam-x86_64-linux.gz".to_owned(),
            sha256: "0a1b2c3d".repeat(8),
            version: "0.1.0".to_owned(),
        },
        code_owners: vec!["@acme/platform".to_owned()],
        approvers: Vec::new(),
        approvals: ApprovalsNeeded::One,
    }
}

fn yaml(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
