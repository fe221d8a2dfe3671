//! The start, the tables of the catalog, and the page of an entity.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde_json::Value;

use super::aws::{Asked, panel};
use super::taken::{InPath, InQuery};
use crate::portal::Portal;
use crate::portal::catalog::Catalog;
use crate::portal::pages::entity::{self, ActionLink};
use crate::portal::pages::{Page, catalog, home};
use crate::portal::port::Refused;
use crate::portal::run::Run;
use crate::portal::view::{Blueprint, Entity, Kind, segment, text};

/// `GET /`
pub(super) async fn start(State(portal): State<Portal>, here: Uri) -> Response {
    let page = async {
        let catalog = Catalog::read(&portal).await?;
        let counted = catalog.blueprints.iter().map(|blueprint| {
            let count = catalog.entities(&blueprint.identifier).len();
            (blueprint.clone(), count)
        });
        let links = |blueprint: &str| catalog.entities(blueprint).iter().map(Entity::link).collect::<Vec<_>>();
        let names = portal.names();
        let (resources, live) = (links(&names.aws_resource), links(&names.provisioned_permissions));
        let progress = portal.progress().clone();
        Ok(home::page(&progress, &counted.collect::<Vec<_>>(), &resources, &live))
    };
    portal.show(&here, page).await
}

/// `GET /catalog/BLUEPRINT`
pub(super) async fn table(State(portal): State<Portal>, InPath(blueprint): InPath<String>, here: Uri) -> Response {
    let page = async {
        let catalog = Catalog::read(&portal).await?;
        let named = |blueprint: &str, identifier: &str| catalog.link(blueprint, identifier);
        let entities = catalog.entities(&blueprint);
        Ok(catalog::page(catalog.blueprint(&blueprint)?, entities, &named, portal.sandbox().clock.now()))
    };
    portal.show(&here, page).await
}

/// `GET /catalog/BLUEPRINT/ENTITY`
pub(super) async fn entity(
    State(portal): State<Portal>,
    InPath((blueprint, identifier)): InPath<(String, String)>,
    InQuery(asked): InQuery<Asked>,
    here: Uri,
) -> Response {
    portal.show(&here, entity_page(&portal, &blueprint, &identifier, &asked, here.path())).await
}

async fn entity_page(
    portal: &Portal,
    blueprint: &str,
    identifier: &str,
    asked: &Asked,
    here: &str,
) -> Result<Page, Refused> {
    let now = portal.sandbox().clock.now();
    let catalog = Catalog::read(portal).await?;
    let mut runs = runs_on(portal, blueprint, identifier).await?;
    let names = portal.names();
    let Some(entity) = catalog.entity(blueprint, identifier) else {
        let record = catalog.entity(&names.permission_records, identifier);
        if blueprint == names.provisioned_permissions && (record.is_some() || !runs.is_empty()) {
            return Ok(entity::gone(identifier, record.map(Entity::link).as_ref(), &runs, now));
        }
        return Err(Refused::not_found(format!("{blueprint} has no entity \"{identifier}\"")));
    };
    let described = catalog.blueprint(blueprint)?;
    if let Some(made_by) = run_behind(portal, described, entity).await? {
        runs.retain(|run| run.id != made_by.id);
        runs.push(made_by);
    }
    let is_grant = [&names.provisioned_permissions, &names.permission_records].contains(&&entity.blueprint);
    Ok(entity::page(&entity::Shown {
        blueprint: described,
        entity,
        actions: &actions_on(portal, blueprint).await?,
        leading_here: &catalog.leading_to(entity),
        runs: &runs,
        beside: is_grant.then(|| panel(portal, identifier, asked, here)),
        named: &|blueprint, identifier| catalog.link(blueprint, identifier),
        now,
    }))
}

async fn runs_on(portal: &Portal, blueprint: &str, identifier: &str) -> Result<Vec<Run>, Refused> {
    let (blueprint, identifier) = (segment(blueprint), segment(identifier));
    let path = format!("/actions/runs?version=v2&limit=20&blueprint={blueprint}&entity={identifier}");
    Ok(Run::list(&portal.port().get(portal.who(), &path).await?))
}

/// Returns the run that an entity names as the one behind it. It was executed on something else. Port need not know it, nor
/// show it to everybody.
async fn run_behind(portal: &Portal, blueprint: &Blueprint, entity: &Entity) -> Result<Option<Run>, Refused> {
    let named = blueprint.properties.iter().find(|property| property.kind == Kind::Run);
    let Some(id) = named.and_then(|property| entity.property(&property.key).as_str()) else { return Ok(None) };
    match portal.port().get(portal.who(), &format!("/actions/runs/{}?version=v2", segment(id))).await {
        Ok(answer) => Ok(Some(Run::read(&answer["run"]))),
        Err(Refused { status: 403 | 404, .. }) => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// Returns the self-service actions on entities of a blueprint.
async fn actions_on(portal: &Portal, blueprint: &str) -> Result<Vec<ActionLink>, Refused> {
    let answer = portal.port().get(portal.who(), "/actions?trigger_type=self-service").await?;
    let all = answer["actions"].as_array().into_iter().flatten();
    let here = all.filter(|action| {
        let trigger = &action["trigger"];
        let is_shown = action["publish"] != Value::Bool(false);
        is_shown && trigger["blueprintIdentifier"] == blueprint && trigger["operation"] != "CREATE"
    });
    let mut links: Vec<ActionLink> = here
        .map(|action| ActionLink {
            identifier: text(action, "identifier"),
            title: text(action, "title"),
            description: text(action, "description"),
            deletes: action["trigger"]["operation"] == "DELETE",
        })
        .collect();
    links.sort_by_key(|action| action.deletes);
    Ok(links)
}
