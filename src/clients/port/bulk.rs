//! Many entities in one request.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Call, Port, answer, segment};
use crate::clients::answered::Answered;
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::clients::retry::{Repeat, waited};

/// How many entities one request takes at most (Port OpenAPI, POST entities/bulk, `maxItems`).
pub const MOST_AT_ONCE: usize = 20;

const OPERATION: &str = "write the entities";

impl Port {
    /// Writes up to [`MOST_AT_ONCE`] entities, each as [`Port::upsert_entity`] does, and returns what became of each,
    /// in the order of `bodies`. An entity that failed because Port was busy, or failed itself, is sent again without
    /// the others.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses the request as a whole or cannot be asked. What is wrong with one entity stands in its
    /// place of the answer.
    pub async fn upsert_entities(
        &self,
        blueprint: &str,
        bodies: &[Value],
    ) -> Result<Vec<Result<(), ApiError>>, ApiError> {
        let mut outcomes = self.upsert_once(blueprint, &bodies.iter().collect::<Vec<_>>()).await?;
        let mut tries = 1;
        loop {
            let places: Vec<usize> = (0..bodies.len()).filter(|&place| passing(&outcomes[place]).is_some()).collect();
            let Some(error) = places.first().and_then(|&place| passing(&outcomes[place])) else { return Ok(outcomes) };
            if !waited(&self.world, error, Repeat::Safe, tries).await {
                return Ok(outcomes);
            }
            let again: Vec<&Value> = places.iter().map(|&place| &bodies[place]).collect();
            // What is written stays written, whatever becomes of the others: their errors stand in their places.
            let Ok(results) = self.upsert_once(blueprint, &again).await else { return Ok(outcomes) };
            places.into_iter().zip(results).for_each(|(place, result)| outcomes[place] = result);
            tries += 1;
        }
    }

    /// Returns how many bulk writes may be under way at once, as far as Port's answers tell.
    pub fn bulk_width(&self) -> usize {
        self.bulk.width()
    }

    async fn upsert_once(&self, blueprint: &str, bodies: &[&Value]) -> Result<Vec<Result<(), ApiError>>, ApiError> {
        let path = format!("/blueprints/{}/entities/bulk", segment(blueprint));
        let query = [
            ("upsert", "true"),
            ("merge", "true"),
            ("create_missing_related_entities", "false"),
            ("validation_only", "false"),
        ];
        let body = json!({ "entities": bodies });
        let call = Call::new(OPERATION, Method::POST, path).query(&query).body(&body).repeatable().bulk();
        Ok(outcomes(bodies.len(), &self.send(call).await?))
    }

    /// Deletes entities. Those that are not there count as deleted.
    ///
    /// # Errors
    ///
    /// Fails when an entity of somebody else needs one of them, and when Port refuses or cannot be asked.
    pub async fn delete_entities(&self, blueprint: &str, identifiers: &[String]) -> Result<(), ApiError> {
        let path = format!("/blueprints/{}/bulk/entities/delete", segment(blueprint));
        let body = json!({ "entities": identifiers });
        let call = Call::new("delete the entities", Method::POST, path);
        let call = call.query(&[("delete_dependents", "false")]).body(&body).repeatable();
        match self.send(call).await {
            // One of them is gone already, and none was deleted.
            Err(error) if error.is_not_found() => {
                for identifier in identifiers {
                    self.delete_entity(blueprint, identifier, None).await?;
                }
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }
}

/// Returns the error of an entity that may go well in a moment.
fn passing(outcome: &Result<(), ApiError>) -> Option<&ApiError> {
    outcome.as_ref().err().filter(|error| error.is_out_of_reach())
}

/// Reads the answer, which tells failures with a status in the two hundreds. An entity that it does not mention failed.
fn outcomes(count: usize, answer: &Answered) -> Vec<Result<(), ApiError>> {
    let unmentioned = || {
        let message = "the answer does not mention the entity";
        answer.identified(ApiError::new(Api::Port, OPERATION, ApiErrorKind::Undecodable, message))
    };
    let mut outcomes: Vec<_> = (0..count).map(|_| Err(unmentioned())).collect();
    let listed = |name: &str| answer[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let index = |item: &Value| item["index"].as_u64().and_then(|index| usize::try_from(index).ok());
    for written in listed("entities") {
        if let Some(outcome) = index(written).and_then(|index| outcomes.get_mut(index)) {
            *outcome = Ok(());
        }
    }
    for failed in listed("errors") {
        if let Some(outcome) = index(failed).and_then(|index| outcomes.get_mut(index)) {
            let status = failed["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
            let mut error = answer::refused("write the entity", status.unwrap_or_default(), Some(failed), "no message");
            error.status = status;
            *outcome = Err(answer.identified(error));
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(count: usize, answer: &Value) -> Vec<Result<(), ApiError>> {
        super::outcomes(count, &Answered::new(Api::Port, answer.clone(), Some("trace-1".to_owned())))
    }

    #[test]
    fn every_entity_has_its_own_outcome_and_silence_is_no_success() {
        let answer = json!({ "ok": true,
            "entities": [{ "created": true, "identifier": "a", "index": 0 }, { "index": 9 }],
            "errors": [{ "identifier": "b", "index": 1, "statusCode": 422, "error": "invalid_request", "message": "no" }] });
        let found = outcomes(3, &answer);
        assert_eq!(found[0], Ok(()));
        let refused = found[1].as_ref().unwrap_err();
        assert_eq!((refused.kind, refused.status, refused.message.as_str()), (ApiErrorKind::Invalid, Some(422), "no"));
        assert_eq!(found[2].as_ref().unwrap_err().kind, ApiErrorKind::Undecodable);
        for failed in &found[1..] {
            assert_eq!(failed.as_ref().unwrap_err().request_id.as_deref(), Some("trace-1"), "{failed:?}");
        }
    }

    #[test]
    fn an_entity_in_both_lists_has_failed() {
        let answer = json!({ "entities": [{ "index": 0 }], "errors": [{ "index": 0, "statusCode": 500 }] });
        assert!(outcomes(1, &answer)[0].is_err());
    }
}
