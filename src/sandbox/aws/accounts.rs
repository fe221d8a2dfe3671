//! Several accounts behind one address, as AWS has them: who calls decides which one is meant.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Response, Uri};

use super::account::Account;
use super::parameters::Parameters;
use super::{caller, json, web_identity};
use crate::sandbox::past::AsItWas;

/// Returns the router that answers the calls for `accounts`, of which there is at least one. A caller whom none of them
/// knows is refused by the first.
pub(crate) fn router(accounts: Vec<Account>) -> Router {
    async fn endpoint(
        Shared(accounts): Shared<Vec<Account>>,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response<Body> {
        let query = uri.query().unwrap_or_default();
        let account = meant(&accounts, query, &headers, &body);
        match json::Operation::of(uri.path(), &headers) {
            Some(operation) => account.answer_json(operation, &headers, &body),
            None => account.answer(query, &headers, &body).into_response("text/xml"),
        }
    }
    Router::new().fallback(endpoint).with_state(accounts)
}

/// Returns the accounts as they are now, for later. Who calls and what he may do stays up to date.
pub(crate) fn as_it_was(accounts: &[&Account]) -> AsItWas {
    let then: Vec<(Account, Account)> = accounts.iter().map(|&live| (live.clone(), live.copy())).collect();
    Box::new(move || router(then.iter().map(|(live, then)| then.copy().with_callers_of(live)).collect()))
}

/// A key belongs to an account; a token is exchanged for a role, whose ARN names one.
fn meant<'a>(accounts: &'a [Account], query: &str, headers: &HeaderMap, body: &[u8]) -> &'a Account {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let found = match caller::access_key_id(authorization) {
        Some(key) => accounts.iter().find(|account| account.knows_key(key)),
        None => {
            let parameters = Parameters::parse(query, body);
            let is_exchange = parameters.raw("Action") == Some(web_identity::ACTION);
            let role = parameters.raw("RoleArn").filter(|_| is_exchange).unwrap_or_default();
            let id = role.split(':').nth(4).unwrap_or_default();
            accounts.iter().find(|account| account.id() == id)
        }
    };
    found.unwrap_or(&accounts[0])
}
