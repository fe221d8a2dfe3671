//! Tells somebody's webhook. Its address may be as good as a secret, so that it is never part of a message.

use serde_json::Value;

use super::http::{self, ApiUrl};
use crate::failure::Failure;
use crate::world::World;

/// Posts `body` as JSON and waits for the answer.
///
/// # Errors
///
/// Fails when the address cannot be used, when nobody answers, and on any answer but a success.
pub async fn tell(world: &World, address: &str, body: &Value) -> Result<(), Failure> {
    let failure = |what: String| Failure::failed(format!("the webhook of the rules file {what}"));
    let base = ApiUrl::parse("webhook", address)?;
    let answer = http::client(world, &base)?.post(address).json(body).send().await;
    let answer = answer.map_err(|error| {
        tracing::debug!(error = %error.without_url(), "the webhook did not answer");
        failure("did not answer".to_owned())
    })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(failure(format!("answered {}", status.as_u16()))),
    }
}
