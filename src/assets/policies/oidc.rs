//! Whom the workflows' roles trust, where the workflows prove themselves by GitHub's OIDC tokens.

use serde_json::{Value, json};

use crate::assets::{AssetError, checked::Checked, embedded, rendering};
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::domain::setup::SecretStore;

const ENVIRONMENT_KEY: &str = "token.actions.githubusercontent.com:environment";
const ACTOR_KEY: &str = "token.actions.githubusercontent.com:actor";

/// Login of Port's GitHub app when it starts a workflow.
pub const PORT_DISPATCHER: &str = "getport-io[bot]";

/// What GitHub says about the workflows in its tokens.
#[derive(Clone, Debug)]
pub struct OidcClaims {
    /// AWS account of the roles.
    pub account: AwsAccount,
    /// Owner of the target repository.
    pub organization: String,
    /// Name of the target repository.
    pub repository: String,
    /// GitHub's number of the repository, which stays when it is renamed.
    pub repository_id: String,
    /// The branch whose workflows are reviewed.
    pub default_branch: String,
    /// How the subject begins: `sub_claim_prefix` of GitHub's REST API (`/repos/O/R/actions/oidc/customization/sub`).
    /// It is not composed here: repositories made since July 2026 have numbers in it.
    pub subject_prefix: String,
    /// Where the secrets are kept: the jobs run in that environment.
    pub store: SecretStore,
    /// Logins of those who may start the grant workflow; with none it is Port's app alone.
    pub dispatchers: Vec<String>,
}

/// The trust policies of the two roles.
#[derive(Clone, Debug, PartialEq)]
pub struct OidcTrust {
    /// Of the role that makes grants: the grant workflow alone, and only if Port started it.
    pub granter: Value,
    /// Of the role that takes them away: the revoke and the sweep workflow. A schedule starts the latter, so that who
    /// started it proves nothing.
    pub revoker: Value,
}

/// Returns the trust policies of the two roles.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or an embedded file cannot be used.
pub fn oidc_trust(names: &Names, claims: &OidcClaims) -> Result<OidcTrust, AssetError> {
    Ok(OidcTrust {
        granter: trust("workflows/aws/oidc-granter.json", names, claims)?,
        revoker: trust("workflows/aws/oidc-revoker.json", names, claims)?,
    })
}

fn trust(path: &str, names: &Names, claims: &OidcClaims) -> Result<Value, AssetError> {
    let place = match claims.store {
        // GitHub writes a colon inside a value as %3A; the names of our environments have none.
        SecretStore::Environment(_) => format!("environment:{}", names.environment),
        SecretStore::Repository => format!("ref:refs/heads/{}", claims.default_branch),
    };
    for dispatcher in &claims.dispatchers {
        Checked::dispatcher(dispatcher)?;
    }
    let dispatcher = claims.dispatchers.first().map_or(PORT_DISPATCHER, String::as_str);
    let values = rendering::aws_values(&claims.account.partition, claims.account.id.as_str())?
        .with("<YOUR_GITHUB_ORG>", Checked::organization(&claims.organization)?)
        .with("<YOUR_GITHUB_REPOSITORY>", Checked::repository(&claims.repository)?)
        .with("<YOUR_GITHUB_REPOSITORY_ID>", Checked::number("repository id", &claims.repository_id)?)
        .with("<YOUR_DEFAULT_BRANCH>", Checked::branch(&claims.default_branch)?)
        .with("<YOUR_ENVIRONMENT>", Checked::name("environment", &names.environment)?)
        .with("<YOUR_DISPATCHER>", Checked::dispatcher(dispatcher)?)
        .with("<YOUR_CREATE_WORKFLOW>", Checked::name("workflow", &names.create_workflow)?)
        .with("<YOUR_DELETE_WORKFLOW>", Checked::name("workflow", &names.delete_workflow)?)
        .with("<YOUR_SWEEP_WORKFLOW>", Checked::name("workflow", &names.sweep_workflow)?)
        .with("<YOUR_OIDC_SUBJECT>", Checked::subject(&format!("{}:{place}", claims.subject_prefix))?);
    let mut document = values.fill_json(path, embedded::json(path)?)?;
    let condition = document.pointer_mut("/Statement/0/Condition/StringEquals").and_then(Value::as_object_mut);
    if let Some(condition) = condition {
        if claims.store == SecretStore::Repository {
            condition.shift_remove(ENVIRONMENT_KEY);
        }
        if let ([_, _, ..], Some(actor)) = (claims.dispatchers.as_slice(), condition.get_mut(ACTOR_KEY)) {
            *actor = json!(claims.dispatchers);
        }
    }
    Ok(document)
}
