//! How GitHub writes accounts, repositories and commits in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::directory::{Account, Level};
use super::objects::{Commit, Signature};
use super::repository::Repository;

/// Writes a time as the API does: whole seconds, UTC.
pub(super) fn date(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Adds the fields of one object to another.
pub(super) fn extend(shape: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (shape, more) {
        fields.extend(more);
    }
}

pub(super) fn node_id(kind: &str, id: impl std::fmt::Display) -> String {
    STANDARD.encode(format!("0:{kind}{id}"))
}

/// An account as it stands inside other objects.
pub(super) fn account(base_url: &str, account: &Account) -> Value {
    let url = format!("{base_url}/users/{}", account.login);
    json!({
        "login": account.login, "id": account.id, "node_id": node_id("User", account.id),
        "avatar_url": format!("{base_url}/avatars/{}", account.id), "gravatar_id": "", "url": url,
        "html_url": format!("{base_url}/{}", account.login), "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"), "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"), "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"), "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"), "received_events_url": format!("{url}/received_events"),
        "type": account.kind, "site_admin": false,
    })
}

/// Links of a repository below its own address, as GitHub lists them.
const LINKS: [(&str, &str); 39] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("svn_url", ""),
    ("clone_url", ".git"),
    ("git_url", ".git"),
];

/// A repository in full; `level` is what the caller may do with it.
pub(super) fn repository(base_url: &str, repository: &Repository, owner: &Value, level: Option<Level>) -> Value {
    let (id, full_name) = (repository.id, repository.full_name());
    let url = format!("{base_url}/repos/{full_name}");
    let visibility = match (repository.private, repository.internal) {
        (true, true) => "internal",
        (true, false) => "private",
        (false, _) => "public",
    };
    let mut shape = json!({
        "id": id, "node_id": node_id("Repository", id), "name": repository.name, "full_name": full_name,
        "owner": owner, "private": repository.private, "visibility": visibility,
        "html_url": format!("{base_url}/{full_name}"), "url": url, "ssh_url": format!("git@127.0.0.1:{full_name}.git"),
        "default_branch": repository.default_branch, "pushed_at": date(repository.pushed_at),
        "created_at": date(repository.created_at), "updated_at": date(repository.pushed_at),
        "permissions": {
            "admin": level >= Some(Level::Admin), "maintain": level >= Some(Level::Admin),
            "push": level >= Some(Level::Write), "triage": level >= Some(Level::Write), "pull": level.is_some(),
        },
    });
    extend(&mut shape, unchanged());
    if let Value::Object(fields) = &mut shape {
        for (name, suffix) in LINKS {
            fields.insert(name.to_owned(), Value::from(format!("{url}{suffix}")));
        }
        fields.extend(repository.settings.clone());
    }
    shape
}

/// What a new repository has, and what this emulator never changes.
fn unchanged() -> Value {
    json!({
        "description": null, "fork": false, "mirror_url": null, "homepage": null, "language": null, "license": null,
        "forks_count": 0, "forks": 0, "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "size": 0,
        "open_issues_count": 0, "open_issues": 0, "subscribers_count": 0, "network_count": 0,
        "is_template": false, "topics": [],
        "has_issues": true, "has_projects": true, "has_wiki": true, "has_pages": false, "has_downloads": true,
        "has_discussions": false, "archived": false, "disabled": false, "delete_branch_on_merge": false,
        "allow_squash_merge": true, "allow_merge_commit": true, "allow_rebase_merge": true, "allow_auto_merge": false,
    })
}

/// Keeps the fields of a creation or an update that this emulator only has to remember.
pub(super) fn remembered_settings(body: &Value) -> Map<String, Value> {
    const KEPT: [&str; 12] = [
        "description",
        "homepage",
        "has_issues",
        "has_projects",
        "has_wiki",
        "has_discussions",
        "allow_squash_merge",
        "allow_merge_commit",
        "allow_rebase_merge",
        "allow_auto_merge",
        "delete_branch_on_merge",
        "archived",
    ];
    let fields = body.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn signature(signature: &Signature) -> Value {
    let when = Timestamp::from_second(signature.seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    json!({ "name": signature.name, "email": signature.email, "date": date(when) })
}

fn verification(commit: &Commit) -> Value {
    let reason = if commit.verified { "valid" } else { "unsigned" };
    json!({ "verified": commit.verified, "reason": reason, "signature": null, "payload": null, "verified_at": null })
}

/// A commit of the git data API, `url` being the repository's.
pub(super) fn git_commit(base_url: &str, full_name: &str, id: &str, commit: &Commit) -> Value {
    let (url, html) = (format!("{base_url}/repos/{full_name}"), format!("{base_url}/{full_name}/commit"));
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|id| json!({ "sha": id, "url": format!("{url}/git/commits/{id}"), "html_url": format!("{html}/{id}") }))
        .collect();
    json!({
        "sha": id, "node_id": node_id("Commit", id), "url": format!("{url}/git/commits/{id}"),
        "html_url": format!("{html}/{id}"), "author": signature(&commit.author),
        "committer": signature(&commit.committer), "message": commit.message,
        "tree": { "sha": commit.tree, "url": format!("{url}/git/trees/{}", commit.tree) },
        "parents": parents, "verification": verification(commit),
    })
}

/// A commit of the commits API.
pub(super) fn commit(base_url: &str, full_name: &str, id: &str, commit: &Commit, author: &Value) -> Value {
    let git = git_commit(base_url, full_name, id, commit);
    let url = format!("{base_url}/repos/{full_name}/commits/{id}");
    json!({
        "sha": id, "node_id": git["node_id"], "url": url, "html_url": git["html_url"],
        "comments_url": format!("{url}/comments"), "author": author, "committer": author, "parents": git["parents"],
        "commit": {
            "url": git["url"], "author": git["author"], "committer": git["committer"], "message": commit.message,
            "tree": git["tree"], "comment_count": 0, "verification": git["verification"],
        },
    })
}
