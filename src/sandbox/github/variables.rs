//! Variables of a repository or of one of its environments.

use axum::extract::{Path, State};
use serde_json::json;

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, counted, created, no_content, ok};
use super::directory::Caller;
use super::secrets::Place;

/// `GET .../variables`
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path(place): Path<Place>,
    query: Query,
) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.reading(Need::READ_VARIABLES), |repository| {
        query.page(github.base_url(), place.vault(repository)?.variable_shapes(), counted("variables"))
    })
}

/// `GET .../variables/{name}`
pub(super) async fn show(State(github): State<GitHub>, caller: Caller, Path(place): Path<Place>) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.reading(Need::READ_VARIABLES), |repository| {
        ok(place.vault(repository)?.variable_shape(&place.name).ok_or_else(Refusal::not_found)?)
    })
}

/// `POST .../variables`: 409 when it is there already.
pub(super) async fn create(
    State(github): State<GitHub>,
    caller: Caller,
    Path(place): Path<Place>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.writing(Need::WRITE_VARIABLES), |repository| {
        let (name, value) = (body.required("Variable", "name")?, body.required("Variable", "value")?);
        let vault = place.vault(repository)?;
        if vault.has_variable(name) {
            return Err(Refusal::new(409, "Already exists - Variable already exists"));
        }
        vault.put_variable(name, value, github.now())?;
        created(json!({}))
    })
}

/// `PATCH .../variables/{name}`
pub(super) async fn update(
    State(github): State<GitHub>,
    caller: Caller,
    Path(place): Path<Place>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.writing(Need::WRITE_VARIABLES), |repository| {
        let vault = place.vault(repository)?;
        if !vault.has_variable(&place.name) {
            return Err(Refusal::not_found());
        }
        if let Some(value) = body.text("value") {
            vault.put_variable(&place.name, value, github.now())?;
        }
        no_content()
    })
}

/// `DELETE .../variables/{name}`
pub(super) async fn delete(State(github): State<GitHub>, caller: Caller, Path(place): Path<Place>) -> Answer {
    github.with(&caller, &place.owner, &place.repository, place.writing(Need::WRITE_VARIABLES), |repository| {
        if place.vault(repository)?.remove_variable(&place.name) { no_content() } else { Err(Refusal::not_found()) }
    })
}
