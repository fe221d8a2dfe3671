//! What GitHub says in the tokens of the workflows, gathered once for the trust that `init` writes and for the one that
//! `doctor --security` compares a live one with.

use crate::assets::{OidcClaims, PORT_DISPATCHER};
use crate::clients::github::{OidcSubject, Repository};
use crate::domain::account::AwsAccount;
use crate::domain::rules::Rules;
use crate::domain::setup::SecretStore;

/// What the tokens of a repository's workflows hold.
#[derive(Clone, Debug)]
pub(super) struct TokenClaims {
    /// What a trust policy is rendered from.
    pub(super) claims: OidcClaims,
    /// Whether somebody told GitHub to write other subjects into the tokens than its own: what the subject of `claims`
    /// begins with is then not theirs.
    pub(super) has_custom_subject: bool,
}

/// Returns what the tokens of the workflows in `repository` hold, whose subject is made as GitHub says. `rules` is the text
/// of the rules file on the default branch, which names who may start the grant workflow.
pub(super) fn token_claims(
    subject: &OidcSubject,
    account: &AwsAccount,
    repository: &Repository,
    store: &SecretStore,
    rules: Option<&str>,
) -> TokenClaims {
    let has_custom_subject = *subject == OidcSubject::Custom;
    let subject_prefix = match subject {
        OidcSubject::Own(Some(prefix)) => prefix.clone(),
        // Where GitHub does not tell it, it is the older form (GitHub Docs, "OpenID Connect reference").
        OidcSubject::Own(None) | OidcSubject::Custom => format!("repo:{}", repository.full_name()),
    };
    let claims = OidcClaims {
        account: account.clone(),
        organization: repository.owner.clone(),
        repository: repository.name.clone(),
        repository_id: repository.id.to_string(),
        default_branch: repository.default_branch.clone(),
        subject_prefix,
        store: store.clone(),
        // Rules that name nobody, and rules that cannot be used, leave it to Port's app.
        dispatchers: rules
            .and_then(|text| Rules::parse(text).ok())
            .map(|rules| rules.dispatchers)
            .filter(|dispatchers| !dispatchers.is_empty())
            .unwrap_or_else(|| vec![PORT_DISPATCHER.to_owned()]),
    };
    TokenClaims { claims, has_custom_subject }
}
