//! Who calls, and whether they may: tokens, scopes, rights on a repository.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::GitHub;
use super::answer::Refusal;
use super::directory::{Area, Caller, Directory, Level, Rights};
use super::repository::Repository;

/// What a call needs: rights in an area for apps and jobs, a level on the repository for users.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    area: Area,
    /// What a user needs on the repository.
    level: Level,
    /// How far a permission has to reach.
    reach: Level,
}

impl Need {
    const fn of(area: Area, level: Level, reach: Level) -> Self {
        Self { area, level, reach }
    }

    /// Returns the permission as GitHub writes it.
    fn word(self) -> String {
        let reach = if self.reach == Level::Read { "read" } else { "write" };
        format!("{}={reach}", self.area.word())
    }

    pub(super) const METADATA: Self = Self::of(Area::Metadata, Level::Read, Level::Read);
    pub(super) const READ_CONTENTS: Self = Self::of(Area::Contents, Level::Read, Level::Read);
    pub(super) const WRITE_CONTENTS: Self = Self::of(Area::Contents, Level::Write, Level::Write);
    pub(super) const READ_ACTIONS: Self = Self::of(Area::Actions, Level::Read, Level::Read);
    pub(super) const WRITE_ACTIONS: Self = Self::of(Area::Actions, Level::Write, Level::Write);
    pub(super) const READ_SECRETS: Self = Self::of(Area::Secrets, Level::Write, Level::Read);
    pub(super) const WRITE_SECRETS: Self = Self::of(Area::Secrets, Level::Write, Level::Write);
    pub(super) const READ_ENVIRONMENT: Self = Self::of(Area::Environments, Level::Write, Level::Read);
    pub(super) const WRITE_ENVIRONMENT: Self = Self::of(Area::Environments, Level::Write, Level::Write);
    pub(super) const READ_VARIABLES: Self = Self::of(Area::Variables, Level::Write, Level::Read);
    pub(super) const WRITE_VARIABLES: Self = Self::of(Area::Variables, Level::Write, Level::Write);
    pub(super) const READ_PULLS: Self = Self::of(Area::PullRequests, Level::Read, Level::Read);
    pub(super) const WRITE_PULLS: Self = Self::of(Area::PullRequests, Level::Write, Level::Write);
    pub(super) const READ_ADMINISTRATION: Self = Self::of(Area::Administration, Level::Read, Level::Read);
    pub(super) const ADMINISTRATION: Self = Self::of(Area::Administration, Level::Admin, Level::Write);
}

/// Authenticates a request and stamps the answer with what GitHub says about every caller.
pub(super) async fn identify(State(github): State<GitHub>, mut request: Request, next: Next) -> Response {
    let token = token(request.headers());
    let caller = token.as_ref().and_then(|token| github.directory().caller(token));
    if let Some(caller) = &caller {
        request.extensions_mut().insert(caller.clone());
    }
    let mut response = if token.is_some() && caller.is_none() {
        Refusal::new(401, "Bad credentials").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let id = format!("{:04X}:SANDBOX", github.next_id());
    for (name, value) in [
        ("x-github-request-id", Some(id)),
        ("x-oauth-scopes", caller.and_then(|caller| caller.scopes())),
        ("x-ratelimit-limit", Some("5000".to_owned())),
        ("x-ratelimit-remaining", Some("4999".to_owned())),
        ("x-ratelimit-reset", Some((github.now().as_second() + 3600).to_string())),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// Returns the token of either scheme that GitHub takes.
fn token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    Some(if known { token.trim().to_owned() } else { String::new() })
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Refusal::new(401, "Requires authentication"))
    }
}

/// Refuses a caller who may not do what `need` says: 404 to those who may not know of a private repository.
pub(super) fn check(
    directory: &Directory,
    caller: &Caller,
    repository: &Repository,
    need: Need,
) -> Result<(), Refusal> {
    match &caller.rights {
        Rights::Scopes(_) | Rights::Permissions(_) => {
            let level = permission(directory, caller, repository).ok_or_else(Refusal::not_found)?;
            if level < need.level {
                return Err(Refusal::new(403, "Must have admin rights to Repository."));
            }
            match caller.permits(need.area, need.reach) {
                Some(false) => Err(Refusal::lacks_permission(need.word())),
                _ => Ok(()),
            }
        }
        Rights::Areas { areas, repository_id } => {
            if repository_id.is_some_and(|id| id != repository.id) {
                return Err(Refusal::not_found());
            }
            let given = areas.iter().find(|(area, _)| *area == need.area).map(|(_, level)| *level);
            let enough = given.is_some_and(|level| level >= need.reach);
            if enough { Ok(()) } else { Err(Refusal::new(403, "Resource not accessible by integration")) }
        }
    }
}

/// Returns what a human may do with a repository.
pub(super) fn permission(directory: &Directory, caller: &Caller, repository: &Repository) -> Option<Level> {
    let sees = caller.permits(Area::Metadata, Level::Read).unwrap_or_else(|| caller.has_scope("repo"));
    if repository.private && !sees {
        return None;
    }
    level_of(directory, &caller.login, repository)
}

/// Returns what somebody may do with a repository, whichever token they use.
pub(super) fn level_of(directory: &Directory, login: &str, repository: &Repository) -> Option<Level> {
    let role = directory.role(&repository.owner, login);
    if repository.owner.eq_ignore_ascii_case(login) || role == Some("admin") {
        return Some(Level::Admin);
    }
    let as_member = role.and(directory.base_permission);
    let as_anybody = (!repository.private).then_some(Level::Read);
    repository.collaborators.get(login).copied().max(as_member).max(as_anybody)
}
