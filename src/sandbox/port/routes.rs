//! Which call is answered where.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, patch, post};

use super::problem::Problem;
use super::state::random_id;
use super::{
    Port, actions, approval, audit, blueprints, bulk, entities, execute, limits, organization, pages, runs, search,
    token,
};

/// Returns the emulator's router. An identifier is one path segment: its slashes must be sent as `%2F`.
pub(crate) fn router(port: Port) -> Router {
    Router::new()
        .merge(organization_routes())
        .merge(catalog_routes())
        .merge(action_routes())
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        // The limit is Port's own, with Port's own answer.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(port.clone(), limits::hold))
        .layer(map_response(with_trace_id))
        .with_state(port)
}

fn organization_routes() -> Router<Port> {
    Router::new()
        .route("/v1/auth/access_token", post(token::access_token))
        .route("/v1/auth/permissions", get(organization::permissions))
        .route("/v1/organization", get(organization::get))
        .route("/v1/integration", get(organization::list_integrations))
        .route("/v1/integration/{identifier}", get(organization::get_integration))
        .route("/v1/users", get(organization::list_users))
        .route("/v1/users/{user_email}", get(organization::get_user))
        .route("/v1/audit-log", get(audit::list))
        .route("/v1/pages", post(pages::create))
        .route("/v1/pages/{identifier}", get(pages::get).put(pages::replace).delete(pages::delete))
}

fn catalog_routes() -> Router<Port> {
    const ONE: &str = "/v1/blueprints/{blueprint_identifier}";
    Router::new()
        .route("/v1/blueprints", get(blueprints::list).post(blueprints::create))
        .route(ONE, get(blueprints::get).put(blueprints::replace).patch(blueprints::patch).delete(blueprints::delete))
        .route(&format!("{ONE}/permissions"), get(blueprints::get_permissions).patch(blueprints::patch_permissions))
        .route(&format!("{ONE}/entities"), get(entities::list).post(entities::create))
        .route(&format!("{ONE}/entities/bulk"), post(bulk::upsert))
        .route(&format!("{ONE}/entities/search"), post(search::in_blueprint))
        .route(
            &format!("{ONE}/entities/{{entity_identifier}}"),
            get(entities::get).put(entities::replace).patch(entities::patch).delete(entities::delete),
        )
        .route(&format!("{ONE}/entities-count"), get(entities::count))
        .route(&format!("{ONE}/bulk/entities/delete"), post(bulk::delete))
        .route("/v1/entities/search", post(search::everywhere))
}

fn action_routes() -> Router<Port> {
    Router::new()
        .route("/v1/actions", get(actions::list).post(actions::create))
        .route("/v1/actions/runs", get(runs::list))
        .route("/v1/actions/runs/{run_id}", get(runs::get).patch(runs::patch))
        .route("/v1/actions/runs/{run_id}/logs", get(runs::list_logs).post(runs::add_log))
        .route("/v1/actions/runs/{run_id}/approval", patch(approval::decide))
        .route("/v1/actions/runs/{run_id}/approvers", get(approval::list))
        .route("/v1/actions/{action_identifier}", get(actions::get).put(actions::replace).delete(actions::delete))
        .route(
            "/v1/actions/{action_identifier}/permissions",
            get(actions::get_permissions).patch(actions::patch_permissions),
        )
        .route("/v1/actions/{action_identifier}/runs", post(execute::execute))
}

async fn unknown(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "route_not_found", format!("Route {method}:{} not found", uri.path()))
}

async fn with_trace_id(mut response: Response) -> Response {
    if let Ok(id) = HeaderValue::from_str(&random_id(22)) {
        response.headers_mut().insert("x-trace-id", id);
    }
    response
}
