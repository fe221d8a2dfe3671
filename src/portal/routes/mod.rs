//! Which page is where. A route gathers what its page shows, as whoever acts, and knows nothing else.

mod actions;
mod aws;
mod catalog;
mod chosen;
mod runs;
mod taken;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::pages::refused::unreadable;
use super::port::Refused;
use super::{Portal, door};

/// Returns all pages behind the door.
pub(super) fn router(portal: Portal) -> Router {
    Router::new()
        .route("/", get(catalog::start))
        .route("/catalog/{blueprint}", get(catalog::table))
        .route("/catalog/{blueprint}/{entity}", get(catalog::entity))
        .route("/actions/{action}", get(actions::form).post(actions::execute))
        .route("/runs", get(runs::list))
        .route("/runs/{run}", get(runs::one))
        .route("/runs/{run}/approval", post(runs::decide))
        .route("/audit", get(runs::audit))
        .route("/aws", get(aws::page))
        .route("/person", post(chosen::person))
        .route("/time", post(chosen::time))
        .route("/portal.css", get(async || file("text/css; charset=utf-8", include_str!("../portal.css"))))
        .route("/portal.js", get(async || file("text/javascript; charset=utf-8", include_str!("../portal.js"))))
        .route("/portal.svg", get(async || file("image/svg+xml", include_str!("../portal.svg"))))
        .fallback(unknown)
        .method_not_allowed_fallback(only_sent)
        .layer(from_fn_with_state(portal.clone(), door::guard))
        .with_state(portal)
}

fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], content)
}

/// An address that a form is sent to, and that somebody loads again.
async fn only_sent(State(portal): State<Portal>, here: Uri) -> Response {
    let page = unreadable(
        StatusCode::METHOD_NOT_ALLOWED.as_u16(),
        "This address takes what a form sends, or shows a page, and was asked for something else. Nothing was done",
        "Go back to the page where you came from",
    );
    portal.show(&here, async { Ok(page) }).await
}

async fn unknown(State(portal): State<Portal>, here: Uri) -> Response {
    portal.show(&here, async { Err(Refused::not_found("The portal has no such page")) }).await
}
