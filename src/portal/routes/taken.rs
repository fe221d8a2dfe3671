//! What a request brings. What cannot be read is answered with a page, as everything else is: axum alone would answer with
//! bare text.

use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::de::DeserializeOwned;

use crate::portal::Portal;
use crate::portal::pages::refused::unreadable;

/// What stands in the path.
pub(super) struct InPath<T>(pub(super) T);

/// What stands behind the `?`.
pub(super) struct InQuery<T>(pub(super) T);

/// What a form sends.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Portal> for InPath<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Response> {
        match Path::from_request_parts(parts, portal).await {
            Ok(Path(found)) => Ok(Self(found)),
            Err(_) => Err(bad_address(portal, &parts.uri).await),
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Portal> for InQuery<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Response> {
        match Query::from_request_parts(parts, portal).await {
            Ok(Query(found)) => Ok(Self(found)),
            Err(_) => Err(bad_address(portal, &parts.uri).await),
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequest<Portal> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Response> {
        let here = request.uri().clone();
        match Form::from_request(request, portal).await {
            Ok(Form(sent)) => Ok(Self(sent)),
            Err(rejected) => {
                let page = unreadable(
                    rejected.status().as_u16(),
                    "What was sent is not what a form of the portal sends. Nothing was done",
                    "Load the page of the form again, and send it once more",
                );
                Err(portal.show(&here, async { Ok(page) }).await)
            }
        }
    }
}

async fn bad_address(portal: &Portal, here: &Uri) -> Response {
    let page = unreadable(
        StatusCode::BAD_REQUEST.as_u16(),
        "Something is missing in this address, or is no text",
        "Come here by a link of the portal: an action, for instance, by its button on the page of what it acts on",
    );
    portal.show(here, async { Ok(page) }).await
}
