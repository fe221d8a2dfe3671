//! `GET codeowners/errors`: the lines of CODEOWNERS that name nobody who could review.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::{self, Need};
use super::answer::{Answer, Query, Refusal, ok};
use super::directory::{Caller, Level};
use super::repository::Repository;

/// Where GitHub looks for the file, in its order.
const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// `GET codeowners/errors`. Teams are not modelled: one of the owning organisation counts as there.
pub(super) async fn errors(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let branch = query.get("ref").unwrap_or(&repository.default_branch).to_owned();
        let head = repository.branch(&branch).ok_or_else(Refusal::not_found)?.to_owned();
        let found = PLACES.iter().find_map(|place| Some((*place, repository.file(&head, place)?)));
        let (path, content) = found.ok_or_else(Refusal::not_found)?;
        let text = String::from_utf8_lossy(content).into_owned();
        let errors: Vec<Value> = text
            .lines()
            .enumerate()
            .filter_map(|(index, line)| error(&github, repository, path, index + 1, line))
            .collect();
        ok(json!({ "errors": errors }))
    })
}

fn error(github: &GitHub, repository: &Repository, path: &str, line: usize, source: &str) -> Option<Value> {
    let before = source.split_once('#').map_or(source, |(before, _)| before);
    let mut words = before.split_whitespace();
    let pattern = words.next()?;
    let told = |kind: &str, what: &str, suggestion: &str| {
        let column = source.find(what).unwrap_or_default() + 1;
        let message = format!("{kind} on line {line}: {suggestion}\n\n  {source}\n  {}^", " ".repeat(column - 1));
        Some(json!({ "line": line, "column": column, "kind": kind, "source": source, "suggestion": suggestion,
            "message": message, "path": path }))
    };
    if pattern.starts_with('!') || pattern.contains(['[', ']']) {
        return told("Invalid pattern", pattern, "Make sure the pattern is one that CODEOWNERS takes");
    }
    let wrong = words.find(|owner| !may_review(github, repository, owner))?;
    if wrong.contains('@') {
        return told("Unknown owner", wrong, "make sure they exist and have write access to the repository");
    }
    told("Invalid owner", wrong, "Make sure the owner is a user, a team or an e-mail address")
}

fn may_review(github: &GitHub, repository: &Repository, owner: &str) -> bool {
    let directory = github.directory();
    let writes = |login: &str| access::level_of(&directory, login, repository) >= Some(Level::Write);
    match owner.strip_prefix('@') {
        Some(team) if team.contains('/') => {
            team.split_once('/').is_some_and(|(organization, _)| organization.eq_ignore_ascii_case(&repository.owner))
        }
        Some(login) => directory.account(login).is_some() && writes(login),
        None if owner.contains('@') => directory.by_email(owner).is_some_and(|account| writes(&account.login)),
        None => false,
    }
}
