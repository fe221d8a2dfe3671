//! The form of an action, and what happens when it is sent.

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::taken::{InPath, InQuery, Sent};
use crate::portal::Portal;
use crate::portal::catalog::Catalog;
use crate::portal::form::{Filled, Form};
use crate::portal::pages::form as page;
use crate::portal::port::Refused;
use crate::portal::view::{EntityLink, segment, text};

/// On what an action is executed.
#[derive(Debug, serde::Deserialize)]
pub(super) struct On {
    entity: String,
}

/// `GET /actions/ACTION?entity=ENTITY`
pub(super) async fn form(
    State(portal): State<Portal>,
    InPath(action): InPath<String>,
    InQuery(on): InQuery<On>,
    here: Uri,
) -> Response {
    let page = async {
        let (form, entity) = read(&portal, &action, &on.entity).await?;
        Ok(page::page(&form, &entity, None, None))
    };
    portal.show(&here, page).await
}

/// `POST /actions/ACTION?entity=ENTITY`: executes it, and leads to the run.
pub(super) async fn execute(
    State(portal): State<Portal>,
    InPath(action): InPath<String>,
    InQuery(on): InQuery<On>,
    here: Uri,
    Sent(filled): Sent<Filled>,
) -> Response {
    let started = async {
        let (form, entity) = read(&portal, &action, &on.entity).await?;
        let values = form.values(&filled);
        let run = portal.port().execute(portal.who(), &form.action, &entity.identifier, &values).await;
        Ok::<_, Refused>((form, entity, run))
    };
    match started.await {
        Ok((_, _, Ok(run))) => Redirect::to(&format!("/runs/{}", segment(&run))).into_response(),
        Ok((form, entity, Err(refused))) => {
            let shown = page::page(&form, &entity, Some(&filled), Some(&refused.message));
            portal.show(&here, async { Ok(shown.with_status(refused.status)) }).await
        }
        Err(refused) => portal.show(&here, async { Err(refused) }).await,
    }
}

/// Reads the form of an action with what its inputs offer on an entity.
async fn read(portal: &Portal, action: &str, entity: &str) -> Result<(Form, EntityLink), Refused> {
    let answer = portal.port().get(portal.who(), &format!("/actions/{}", segment(action))).await?;
    let catalog = Catalog::read(portal).await?;
    let action = &answer["action"];
    let blueprint = text(&action["trigger"], "blueprintIdentifier");
    let subject = catalog.entity(&blueprint, entity);
    let subject = subject.ok_or_else(|| Refused::not_found(format!("{blueprint} has no entity \"{entity}\"")))?;
    let mut broken = None;
    let form = Form::read(action, |input, entities| {
        let identifier = text(action, "identifier");
        let offered = portal.sandbox().port.offered(&identifier, input, &blueprint, entity);
        let offered = offered.unwrap_or_else(|message| {
            broken = Some(Refused { status: 422, message });
            Vec::new()
        });
        let kind = of(entities);
        // Nobody needs a thing in addition to itself.
        let others = offered.iter().filter(|identifier| kind != blueprint || identifier.as_str() != entity);
        others.map(|identifier| catalog.link(&kind, identifier)).collect()
    });
    broken.map_or_else(|| Ok((form, subject.link())), Err)
}

/// Returns the blueprint whose entities an input offers.
fn of(entities: &Value) -> String {
    text(entities, "blueprint")
}
