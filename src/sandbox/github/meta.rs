//! `/user`, organisations, memberships, app installations, and what GitHub says about itself.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::answer::{Answer, Query, Refusal, counted, ok};
use super::directory::{Account, Caller};
use super::shapes::{date, extend, node_id};
use crate::sandbox::cast;

/// `GET /user`
pub(super) async fn user(State(github): State<GitHub>, caller: Caller) -> Answer {
    caller.human()?;
    let mut shape = github.account_shape(&caller.login);
    let directory = github.directory();
    let account = directory.account(&caller.login).ok_or_else(Refusal::not_found)?;
    let founded = date(directory.founded);
    extend(
        &mut shape,
        json!({
            "name": account.name, "email": account.email, "company": null, "blog": null, "location": null,
            "hireable": null, "bio": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
            "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0,
            "collaborators": 0, "two_factor_authentication": true, "created_at": founded, "updated_at": founded,
        }),
    );
    ok(shape)
}

/// `GET /orgs/{org}`
pub(super) async fn organization(State(github): State<GitHub>, caller: Caller, Path(name): Path<String>) -> Answer {
    let directory = github.directory();
    let account = organization_account(directory.account(&name))?;
    let mut shape = organization_shape(github.base_url(), account);
    let founded = date(directory.founded);
    extend(
        &mut shape,
        json!({
            "name": account.name, "has_organization_projects": true, "has_repository_projects": true,
            "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "archived_at": null,
            "html_url": format!("{}/{}", github.base_url(), account.login), "type": "Organization",
            "created_at": founded, "updated_at": founded,
        }),
    );
    // Only owners are told the plan and what members may do.
    if directory.role(&name, &caller.login) == Some("admin") {
        let base = directory.base_permission.map_or("none", |_| "read");
        extend(
            &mut shape,
            json!({ "default_repository_permission": base, "members_can_create_repositories": true,
                    "two_factor_requirement_enabled": true }),
        );
    }
    ok(shape)
}

/// `GET /user/memberships/orgs/{org}`
pub(super) async fn membership(State(github): State<GitHub>, caller: Caller, Path(name): Path<String>) -> Answer {
    caller.human()?;
    let user = github.account_shape(&caller.login);
    let directory = github.directory();
    let role = directory.role(&name, &caller.login).ok_or_else(Refusal::not_found)?;
    let account = organization_account(directory.account(&name))?;
    let organization = organization_shape(github.base_url(), account);
    ok(json!({
        "url": format!("{}/orgs/{}/memberships/{}", github.base_url(), account.login, caller.login),
        "state": "active", "role": role, "organization_url": organization["url"],
        "organization": organization, "user": user,
    }))
}

/// `GET /orgs/{org}/installations`: for owners whose token has `admin:org`, 404 to everybody else.
pub(super) async fn installations(
    State(github): State<GitHub>,
    caller: Caller,
    Path(name): Path<String>,
    query: Query,
) -> Answer {
    let (allowed, installed, others) = {
        let directory = github.directory();
        let scope = ["admin:org", "write:org", "read:org", "admin:read"].iter().any(|scope| caller.has_scope(scope));
        let owner = directory.role(&name, &caller.login) == Some("admin");
        (owner && scope, directory.port_app_installed, directory.other_apps)
    };
    if !allowed {
        return Err(Refusal::not_found());
    }
    let others = (1..=others).map(|number| installation(&github, 40_000 + number, &format!("app-{number}")));
    let port = installed.then(|| installation(&github, 31_415, cast::PORT_APP_SLUG));
    query.page(github.base_url(), others.chain(port).collect(), counted("installations"))
}

/// `GET /repos/{owner}/{repo}/installation`: answered to apps with a JSON web token only.
pub(super) async fn repository_installation(_: Caller) -> Answer {
    Err(Refusal::new(401, "A JSON web token could not be decoded"))
}

/// `GET /rate_limit`
pub(super) async fn rate_limit(State(github): State<GitHub>) -> Answer {
    let rate = json!({ "limit": 5000, "remaining": 4999, "used": 1, "reset": github.now().as_second() + 3600 });
    ok(json!({ "resources": { "core": rate, "search": rate, "graphql": rate }, "rate": rate }))
}

/// `GET /meta`
pub(super) async fn meta() -> Answer {
    ok(json!({ "verifiable_password_authentication": false, "hooks": [], "api": [], "actions": [] }))
}

fn installation(github: &GitHub, id: u64, slug: &str) -> Value {
    let account = github.account_shape(cast::GITHUB_ORGANIZATION);
    let founded = date(github.directory().founded);
    let url = format!("{}/app/installations/{id}", github.base_url());
    json!({
        "id": id, "account": account, "target_id": account["id"], "target_type": "Organization", "app_id": 27182,
        "app_slug": slug, "repository_selection": "all",
        "permissions": { "actions": "write", "metadata": "read" }, "events": ["workflow_run"],
        "access_tokens_url": format!("{url}/access_tokens"),
        "repositories_url": format!("{}/installation/repositories", github.base_url()),
        "html_url": format!("{}/organizations/{}/settings/installations/{id}", github.base_url(), cast::GITHUB_ORGANIZATION),
        "created_at": founded, "updated_at": founded, "single_file_name": null,
        "suspended_by": null, "suspended_at": null,
    })
}

fn organization_account(account: Option<&Account>) -> Result<&Account, Refusal> {
    account.filter(|account| account.kind == "Organization").ok_or_else(Refusal::not_found)
}

fn organization_shape(base_url: &str, account: &Account) -> Value {
    let url = format!("{base_url}/orgs/{}", account.login);
    json!({
        "login": account.login, "id": account.id, "node_id": node_id("Organization", account.id), "url": url,
        "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"), "hooks_url": format!("{url}/hooks"),
        "issues_url": format!("{url}/issues"), "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("{base_url}/avatars/{}", account.id), "description": null,
    })
}
