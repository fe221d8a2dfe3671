//! Which address is answered by what.

use axum::Router;
use axum::extract::OriginalUri;
use axum::http::Method;
use axum::middleware;
use axum::routing::{get, patch, post, put};

use super::answer::{Answer, Refusal};
use super::{
    GitHub, access, assets, branches, collaborators, contents, dispatch, environments, git_data, graphql, meta, pulls,
    releases, repositories, rulesets, runs, secrets, settings, trees, variables, workflows,
};

/// Returns GitHub over one state: at the paths of github.com, and at those of an Enterprise Server.
pub(crate) fn router(github: GitHub) -> Router {
    let api = api(github.clone());
    let graphql = Router::new()
        .route("/api/graphql", post(graphql::answer))
        .layer(middleware::from_fn_with_state(github.clone(), access::identify))
        .with_state(github);
    Router::new().nest("/api/v3", api.clone()).nest("/api/uploads", api.clone()).merge(graphql).fallback_service(api)
}

/// Returns the API. What it does not know is a 404 with the header `x-sandbox: unknown-route`.
fn api(github: GitHub) -> Router {
    let repository = Router::new()
        .route("/", get(repositories::show).patch(repositories::update).delete(repositories::delete))
        .merge(content())
        .merge(actions())
        .merge(collaboration());
    Router::new()
        .route("/user", get(meta::user))
        .route("/user/repos", post(repositories::create_for_user))
        .route("/user/memberships/orgs/{organization}", get(meta::membership))
        .route("/orgs/{organization}", get(meta::organization))
        .route(
            "/orgs/{organization}/repos",
            get(repositories::list_of_organization).post(repositories::create_in_organization),
        )
        .route("/orgs/{organization}/installations", get(meta::installations))
        .route("/rate_limit", get(meta::rate_limit))
        .route("/meta", get(meta::meta))
        .route("/graphql", post(graphql::answer))
        .nest("/repos/{owner}/{repository}", repository)
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn_with_state(github.clone(), access::identify))
        .with_state(github)
}

/// Files, git data, branches.
fn content() -> Router<GitHub> {
    Router::new()
        .route("/contents", get(contents::root))
        .route("/contents/", get(contents::root))
        .route("/contents/{*path}", get(contents::show).put(contents::put).delete(contents::delete))
        .route("/git/blobs", post(git_data::create_blob))
        .route("/git/blobs/{sha}", get(git_data::blob))
        .route("/git/trees", post(trees::create))
        .route("/git/trees/{*sha}", get(trees::show))
        .route("/git/commits", post(git_data::create_commit))
        .route("/git/commits/{sha}", get(git_data::commit))
        .route("/git/refs", post(git_data::create_reference))
        .route("/git/refs/{*reference}", patch(git_data::update_reference).delete(git_data::delete_reference))
        .route("/git/ref/{*reference}", get(git_data::reference))
        .route("/branches", get(branches::list_all))
        .route("/branches/{*branch}", get(branches::show).put(branches::protect).delete(branches::unprotect))
        .route("/commits", get(branches::commits))
}

/// Actions: secrets, variables, environments, workflows, runs.
fn actions() -> Router<GitHub> {
    let vault = || {
        Router::new()
            .route("/secrets", get(secrets::list_all))
            .route("/secrets/public-key", get(secrets::public_key))
            .route("/secrets/{name}", get(secrets::show).put(secrets::put).delete(secrets::delete))
            .route("/variables", get(variables::list_all).post(variables::create))
            .route("/variables/{name}", get(variables::show).patch(variables::update).delete(variables::delete))
    };
    Router::new()
        .nest("/actions", vault())
        .route("/actions/workflows", get(workflows::list_all))
        .route("/actions/workflows/{workflow}", get(workflows::show))
        .route("/actions/workflows/{workflow}/enable", put(workflows::enable))
        .route("/actions/workflows/{workflow}/dispatches", post(dispatch::dispatch))
        .route("/actions/workflows/{workflow}/runs", get(runs::list_of_workflow))
        .route("/actions/runs", get(runs::list_all))
        .route("/actions/runs/{run}", get(runs::show).delete(runs::delete))
        .route("/actions/runs/{run}/cancel", post(runs::cancel))
        .route("/actions/permissions", get(settings::actions).put(settings::set_actions))
        .route("/actions/permissions/workflow", get(settings::workflows).put(settings::set_workflows))
        .route("/actions/oidc/customization/sub", get(settings::oidc_subject).put(settings::set_oidc_subject))
        .route("/environments", get(environments::list_all))
        .route(
            "/environments/{environment}",
            get(environments::show).put(environments::put).delete(environments::delete),
        )
        .route(
            "/environments/{environment}/deployment-branch-policies",
            get(environments::policies).post(environments::add_policy),
        )
        .nest("/environments/{environment}", vault())
}

/// Rules, releases, pull requests, the app.
fn collaboration() -> Router<GitHub> {
    Router::new()
        .route("/rules/branches/{*branch}", get(rulesets::for_branch))
        .route("/rulesets", get(rulesets::list_all).post(rulesets::create))
        .route("/rulesets/{ruleset}", get(rulesets::show).put(rulesets::replace).delete(rulesets::delete))
        .route("/releases", get(releases::list_all).post(releases::create))
        .route("/releases/{release}", get(releases::show).patch(releases::update).delete(releases::delete))
        .route("/releases/tags/{*tag}", get(releases::by_tag))
        .route("/releases/{release}/assets", get(assets::list_all).post(assets::upload))
        .route("/releases/assets/{asset}", get(assets::show).patch(assets::update).delete(assets::delete))
        .route(
            "/immutable-releases",
            get(settings::immutable_releases)
                .put(settings::enable_immutable_releases)
                .delete(settings::disable_immutable_releases),
        )
        .route("/pulls", get(pulls::list_all).post(pulls::create))
        .route("/pulls/{number}", get(pulls::show).patch(pulls::update))
        .route("/collaborators/{login}", get(collaborators::is_one))
        .route("/installation", get(meta::repository_installation))
}

async fn unknown(method: Method, OriginalUri(uri): OriginalUri) -> Answer {
    Err(Refusal::unknown_route(method.as_str(), uri.path()))
}
