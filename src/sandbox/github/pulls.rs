//! Pull requests between branches of one repository.

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, created, list, ok};
use super::directory::Caller;
use super::repository::{BRANCHES, Repository};
use super::shapes::{date, extend, node_id};

/// A pull request.
#[derive(Clone, Debug)]
pub(super) struct PullRequest {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) head: String,
    pub(super) base: String,
    /// Head commit, kept for the time after its branch is gone.
    pub(super) head_sha: String,
    pub(super) base_sha: String,
    pub(super) open: bool,
    pub(super) author: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) merged: Option<(Timestamp, String)>,
}

/// `POST pulls`
pub(super) async fn create(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_PULLS, |repository| {
        let title = body.required("PullRequest", "title")?.to_owned();
        let head = body.required("PullRequest", "head")?;
        let head = own_branch(repository, head).to_owned();
        let base = body.required("PullRequest", "base")?.to_owned();
        let sha = |branch: &str, field: &str| {
            let sha = repository.branch(branch).map(str::to_owned);
            sha.ok_or_else(|| Refusal::invalid("PullRequest", field, "invalid"))
        };
        let (head_sha, base_sha) = (sha(&head, "head")?, sha(&base, "base")?);
        if repository.objects.history(&base_sha).contains(&head_sha) {
            return Err(Refusal::custom("PullRequest", &format!("No commits between {base} and {head}")));
        }
        if repository.pulls.iter().any(|pull| pull.open && pull.head == head && pull.base == base) {
            let message = format!("A pull request already exists for {}:{head}.", repository.owner);
            return Err(Refusal::custom("PullRequest", &message));
        }
        let number = repository.pulls.len() as u64 + 1;
        let now = github.now();
        let pull = PullRequest {
            id: github.next_id(),
            number,
            title,
            body: body.text("body").map(str::to_owned),
            head,
            base,
            head_sha,
            base_sha,
            open: true,
            author: caller.login.clone(),
            created_at: now,
            updated_at: now,
            merged: None,
        };
        let answer = shape(&github, &caller, repository, &pull);
        repository.pulls.push(pull);
        created(answer)
    })
}

/// Returns the branch of `owner:branch` or `branch`.
fn own_branch<'a>(repository: &Repository, head: &'a str) -> &'a str {
    head.split_once(':')
        .filter(|(owner, _)| owner.eq_ignore_ascii_case(&repository.owner))
        .map_or(head, |(_, branch)| branch)
}

/// `GET pulls`: state, head and base are honoured; open ones by default.
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_PULLS, |repository| {
        let state = query.get("state").unwrap_or("open");
        let wanted = |pull: &&PullRequest| {
            (state == "all" || (state == "open") == pull.open)
                && query.get("head").is_none_or(|head| own_branch(repository, head) == pull.head)
                && query.get("base").is_none_or(|base| base == pull.base)
        };
        let shapes = repository.pulls.iter().rev().filter(wanted).map(|pull| shape(&github, &caller, repository, pull));
        query.page(github.base_url(), shapes.collect(), list)
    })
}

/// `GET pulls/{number}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_PULLS, |repository| {
        let pull = repository.pulls.iter().find(|pull| pull.number == number).ok_or_else(Refusal::not_found)?;
        ok(shape(&github, &caller, repository, pull))
    })
}

/// `PATCH pulls/{number}`: title, body and state.
pub(super) async fn update(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, number)): Path<(String, String, u64)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_PULLS, |repository| {
        let now = github.now();
        let pull = repository.pulls.iter_mut().find(|pull| pull.number == number).ok_or_else(Refusal::not_found)?;
        if let Some(title) = body.text("title") {
            title.clone_into(&mut pull.title);
        }
        pull.body = body.text("body").map(str::to_owned).or_else(|| pull.body.take());
        match body.text("state") {
            Some("closed") => pull.open = false,
            Some("open") if pull.merged.is_none() => pull.open = true,
            _ => {}
        }
        pull.updated_at = now;
        let pull = pull.clone();
        ok(shape(&github, &caller, repository, &pull))
    })
}

/// `PUT pulls/{number}/merge`: moves the base to the head. Nobody reviews anything here, so that a rule which asks for an
/// approval forbids it; and only what needs no merge commit is merged, whichever way is asked for.
pub(super) async fn merge(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, number)): Path<(String, String, u64)>,
    body: JsonBody,
) -> Answer {
    const NOT_MERGEABLE: u16 = 405;
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let pull = repository.pulls.iter().find(|pull| pull.number == number).ok_or_else(Refusal::not_found)?;
        let (head, base) = (pull.head.clone(), pull.base.clone());
        if !pull.open {
            return Err(Refusal::new(NOT_MERGEABLE, "Pull Request is not mergeable"));
        }
        if body.text("sha").is_some_and(|sha| Some(sha) != repository.branch(&head)) {
            return Err(Refusal::new(409, "Head branch was modified. Review and try the merge again."));
        }
        let asks = |rule: &Value| {
            let asked = &rule["parameters"];
            rule["type"] == "pull_request"
                && (asked["required_approving_review_count"].as_u64() > Some(0)
                    || asked["require_code_owner_review"] == true)
        };
        if repository.rules_for(&base).iter().any(asks) {
            let message = "Repository rule violations found\n\nAt least 1 approving review is required by reviewers with write access.\n\n";
            return Err(Refusal::new(NOT_MERGEABLE, message));
        }
        let sha = repository
            .merge(number, github.now())
            .ok_or_else(|| Refusal::new(NOT_MERGEABLE, "Pull Request is not mergeable"))?;
        ok(json!({ "sha": sha, "merged": true, "message": "Pull Request successfully merged" }))
    })
}

impl Repository {
    /// Merges an open pull request by moving its base to its head, and returns the new head of the base. Only what needs
    /// no merge commit: a conflict is for people to solve.
    pub(super) fn merge(&mut self, number: u64, now: Timestamp) -> Option<String> {
        let index = self.pulls.iter().position(|pull| pull.open && pull.number == number)?;
        let (head, base) = (self.pulls[index].head.clone(), self.pulls[index].base.clone());
        let (head, base_head) = (self.branch(&head)?.to_owned(), self.branch(&base)?.to_owned());
        if !self.objects.history(&head).contains(&base_head) {
            return None;
        }
        self.references.insert(format!("{BRANCHES}{base}"), head.clone());
        self.pushed_at = now;
        let pull = &mut self.pulls[index];
        pull.head_sha.clone_from(&head);
        pull.base_sha = base_head;
        pull.open = false;
        pull.updated_at = now;
        pull.merged = Some((now, head.clone()));
        Some(head)
    }
}

fn shape(github: &GitHub, caller: &Caller, repository: &Repository, pull: &PullRequest) -> Value {
    let number = pull.number;
    let url = github.url(repository, &format!("/pulls/{number}"));
    let issue = github.url(repository, &format!("/issues/{number}"));
    let html = format!("{}/{}/pull/{number}", github.base_url(), repository.full_name());
    let own = github.repository_shape(caller, repository);
    let end = |branch: &str, kept: &str| {
        let sha = if pull.open { repository.branch(branch).unwrap_or(kept) } else { kept };
        json!({ "label": format!("{}:{branch}", repository.owner), "ref": branch, "sha": sha, "repo": own, "user": own["owner"] })
    };
    let (head, base) = (end(&pull.head, &pull.head_sha), end(&pull.base, &pull.base_sha));
    let changed = changed_files(repository, base["sha"].as_str(), head["sha"].as_str());
    let statuses = github.url(repository, &format!("/statuses/{}", head["sha"].as_str().unwrap_or_default()));
    let link = |href: &str| json!({ "href": href });
    let mut shape = json!({
        "id": pull.id, "node_id": node_id("PullRequest", pull.id), "number": number, "url": url, "html_url": html,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "issue_url": issue,
        "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
        "review_comment_url": github.url(repository, "/pulls/comments{/number}"),
        "comments_url": format!("{issue}/comments"), "statuses_url": statuses,
        "_links": {
            "self": link(&url), "html": link(&html), "issue": link(&issue), "statuses": link(&statuses),
            "comments": link(&format!("{issue}/comments")), "commits": link(&format!("{url}/commits")),
            "review_comments": link(&format!("{url}/comments")),
            "review_comment": link(&github.url(repository, "/pulls/comments{/number}")),
        },
        "title": pull.title, "body": pull.body, "user": github.account_shape(&pull.author),
        "head": head, "base": base, "changed_files": changed,
    });
    extend(&mut shape, state(pull));
    shape
}

/// The fields of a pull request that do not depend on where it is.
fn state(pull: &PullRequest) -> Value {
    json!({
        "state": if pull.open { "open" } else { "closed" }, "locked": false, "labels": [], "milestone": null,
        "assignee": null, "assignees": [], "requested_reviewers": [], "requested_teams": [],
        "created_at": date(pull.created_at), "updated_at": date(pull.updated_at),
        "closed_at": (!pull.open).then(|| date(pull.updated_at)),
        "merged_at": pull.merged.as_ref().map(|(when, _)| date(*when)),
        "merge_commit_sha": pull.merged.as_ref().map(|(_, commit)| commit), "merged": pull.merged.is_some(),
        "mergeable": pull.open.then_some(true), "rebaseable": pull.open.then_some(true),
        "mergeable_state": if pull.open { "clean" } else { "unknown" }, "merged_by": null, "draft": false,
        "author_association": "OWNER", "auto_merge": null, "maintainer_can_modify": false,
        "comments": 0, "review_comments": 0, "commits": 1, "additions": 0, "deletions": 0,
    })
}

fn changed_files(repository: &Repository, base: Option<&str>, head: Option<&str>) -> usize {
    let files = |id: Option<&str>| id.map(|id| repository.objects.files(id)).unwrap_or_default();
    let (before, after) = (files(base), files(head));
    let changed = after.iter().filter(|(path, entry)| before.get(*path) != Some(entry)).count();
    changed + before.keys().filter(|path| !after.contains_key(*path)).count()
}
