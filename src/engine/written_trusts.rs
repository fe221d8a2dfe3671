//! The trust policies that `init --aws-setup` would write today, for `doctor --security` to compare the live ones with.

use futures_util::future::try_join3;

use super::token_claims::{TokenClaims, token_claims};
use crate::assets::{self, OidcTrust};
use crate::clients::github::GitHub;
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::domain::printable::one_line;
use crate::domain::rules::Rules;
use crate::domain::security::WrittenTrust;
use crate::domain::setup::SecretStore;
use crate::failure::Failure;

/// What `init --aws-setup` would write as the trust of the two roles.
#[derive(Clone, Debug)]
pub struct WrittenTrusts {
    /// Of the role that makes grants.
    pub granter: WrittenTrust,
    /// Of the role that takes them away.
    pub revoker: WrittenTrust,
}

/// Asks GitHub about the repository `owner/name`, and returns what `init --aws-setup` would write as the trust of the
/// roles.
///
/// # Errors
///
/// Fails when the repository is not there, when GitHub cannot be asked, and when the rules file does not tell who may
/// start the workflows.
pub async fn written_trusts(
    github: &GitHub,
    names: &Names,
    account: &AwsAccount,
    owner: &str,
    name: &str,
) -> Result<WrittenTrusts, Failure> {
    let repository = github.repository(owner, name).await?.ok_or_else(|| {
        Failure::failed(format!("there is no repository {owner}/{name}, or the token may not see it"))
    })?;
    let (environment, rules, subject) = try_join3(
        github.environment_branches(&repository, &names.environment),
        github.file(&repository, &names.rules_path),
        github.oidc_subject(&repository),
    )
    .await?;
    check_rules(&names.rules_path, rules.as_deref())?;
    let in_environment = |_| SecretStore::Environment(names.environment.clone());
    let store = environment.map_or(SecretStore::Repository, in_environment);
    let TokenClaims { claims, has_custom_subject } =
        token_claims(&subject, account, &repository, &store, rules.as_deref());
    let OidcTrust { granter, revoker } =
        assets::oidc_trust(names, &claims).map_err(|error| Failure::failed(error.to_string()))?;
    let written = |document| WrittenTrust { document, has_custom_subject };
    Ok(WrittenTrusts { granter: written(granter), revoker: written(revoker) })
}

/// Whom the granter is to trust stands in the rules file: what is not known is not taken to be Port's app.
fn check_rules(path: &str, rules: Option<&str>) -> Result<(), Failure> {
    let why = match rules.map(Rules::parse) {
        Some(Ok(_)) => return Ok(()),
        Some(Err(error)) => one_line(&error.to_string()),
        None => "it is not there".to_owned(),
    };
    let message = format!("{path} of the default branch does not tell who may start the workflows: {why}");
    Err(Failure::failed(message).hint("mend it, and run this again"))
}
