//! Secrets of a repository or of one of its environments; each has a public key of its own.

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, counted, created, no_content, ok};
use super::directory::Caller;
use super::repository::Repository;
use super::vault::Vault;

/// What an address of a secret or a variable names.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) repository: String,
    #[serde(default)]
    environment: Option<String>,
    /// Name of the secret or variable, empty for lists.
    #[serde(default)]
    pub(super) name: String,
}

impl Place {
    /// Returns what it takes to read: of an environment, rights on environments.
    pub(super) fn reading(&self, of_repository: Need) -> Need {
        if self.environment.is_some() { Need::READ_ENVIRONMENT } else { of_repository }
    }

    /// Returns what it takes to write.
    pub(super) fn writing(&self, of_repository: Need) -> Need {
        if self.environment.is_some() { Need::WRITE_ENVIRONMENT } else { of_repository }
    }

    /// Returns the vault of the environment, or of the repository when the address names no environment.
    pub(super) fn vault<'a>(&self, repository: &'a mut Repository) -> Result<&'a mut Vault, Refusal> {
        match &self.environment {
            None => Ok(&mut repository.vault),
            Some(name) => {
                let environment = repository.environments.get_mut(&name.to_lowercase());
                environment.map(|environment| &mut environment.vault).ok_or_else(Refusal::not_found)
            }
        }
    }
}

/// `GET .../secrets/public-key`
pub(super) async fn public_key(State(github): State<GitHub>, caller: Caller, Path(place): Path<Place>) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.reading(Need::READ_SECRETS), |repository| {
        ok(place.vault(repository)?.public_key())
    })
}

/// `GET .../secrets`
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path(place): Path<Place>,
    query: Query,
) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.reading(Need::READ_SECRETS), |repository| {
        query.page(github.base_url(), place.vault(repository)?.secret_shapes(), counted("secrets"))
    })
}

/// `GET .../secrets/{name}`: dates, never the value.
pub(super) async fn show(State(github): State<GitHub>, caller: Caller, Path(place): Path<Place>) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.reading(Need::READ_SECRETS), |repository| {
        ok(place.vault(repository)?.secret_shape(&place.name).ok_or_else(Refusal::not_found)?)
    })
}

/// `PUT .../secrets/{name}`
pub(super) async fn put(
    State(github): State<GitHub>,
    caller: Caller,
    Path(place): Path<Place>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.writing(Need::WRITE_SECRETS), |repository| {
        let (sealed, key_id) = (body.required("Secret", "encrypted_value")?, body.required("Secret", "key_id")?);
        let new = place.vault(repository)?.put_secret(&place.name, sealed, key_id, github.now())?;
        if new { created(json!({})) } else { no_content() }
    })
}

/// `DELETE .../secrets/{name}`
pub(super) async fn delete(State(github): State<GitHub>, caller: Caller, Path(place): Path<Place>) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.writing(Need::WRITE_SECRETS), |repository| {
        if place.vault(repository)?.remove_secret(&place.name) { no_content() } else { Err(Refusal::not_found()) }
    })
}
