//! Queries: a repository, its default branch, and objects by expression.

use serde_json::{Map, Value};

use super::super::access::{Need, permission};
use super::super::answer::Refusal;
use super::super::directory::Level;
use super::super::repository::{BRANCHES, Repository};
use super::super::shapes::{date, node_id};
use super::document::Field;
use super::{Execution, Failure, fields};

/// Longer files are cut on GitHub, which is as if their text were not there.
const LONGEST_TEXT: usize = 512 * 1024;

type Outcome = Result<Value, Failure>;

impl Execution<'_> {
    /// Returns an argument of a field with variables filled in; `null` when it is not there.
    pub(super) fn argument(&self, field: &Field, name: &str) -> Value {
        field.arguments.get(name).map(|argument| argument.value(self.variables)).unwrap_or_default()
    }

    fn text(&self, field: &Field, name: &str) -> Result<String, Failure> {
        let value = self.argument(field, name);
        let message = || format!("Field '{}' is missing required arguments: {name}", field.name);
        value.as_str().map(str::to_owned).ok_or_else(|| Failure::document(message()))
    }

    /// Answers what is asked of one value: `resolve` gives each field by name.
    pub(super) fn object(&self, of: &Field, kind: &str, mut resolve: impl FnMut(&Field) -> Outcome) -> Outcome {
        if of.selections.is_empty() {
            return Err(Failure::document(format!("Field '{}' must have selections (type {kind})", of.name)));
        }
        let mut object = Map::new();
        for field in fields(&of.selections, kind) {
            let key = field.alias.as_ref().unwrap_or(&field.name).clone();
            let value = if field.name == "__typename" { Value::from(kind) } else { resolve(field)? };
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }

    /// Answers a field of the query root.
    pub(super) fn query(&self, field: &Field) -> Outcome {
        match field.name.as_str() {
            "repository" => {
                let (owner, name) = (self.text(field, "owner")?, self.text(field, "name")?);
                let mut outcome = Ok(Value::Null);
                let found = self.github.with(self.caller, &owner, &name, Need::READ_CONTENTS, |repository| {
                    outcome = self.repository(field, repository);
                    Ok(())
                });
                found.map_err(|refusal| not_found(&owner, &name, &refusal))?;
                outcome
            }
            "viewer" => self.object(field, "User", |field| match field.name.as_str() {
                "login" => Ok(Value::from(self.caller.login.as_str())),
                other => Err(Failure::unknown_field(other, "User")),
            }),
            "__typename" => Ok(Value::from("Query")),
            other => Err(Failure::unknown_field(other, "Query")),
        }
    }

    fn repository(&self, of: &Field, repository: &Repository) -> Outcome {
        self.object(of, "Repository", |field| {
            Ok(match field.name.as_str() {
                "id" => Value::from(node_id("Repository", repository.id)),
                "databaseId" => Value::from(repository.id),
                "name" => Value::from(repository.name.as_str()),
                "nameWithOwner" => Value::from(repository.full_name()),
                "isPrivate" => Value::from(repository.private),
                "isEmpty" => Value::from(repository.is_empty()),
                "isArchived" => repository.settings.get("archived").cloned().unwrap_or(Value::Bool(false)),
                "visibility" => Value::from(if repository.private { "PRIVATE" } else { "PUBLIC" }),
                "url" => Value::from(format!("{}/{}", self.github.base_url(), repository.full_name())),
                "viewerPermission" => {
                    let level = permission(&self.github.directory(), self.caller, repository);
                    level.map_or(Value::Null, |level| Value::from(level_name(level)))
                }
                "owner" => self.object(field, "Organization", |field| match field.name.as_str() {
                    "login" => Ok(Value::from(repository.owner.as_str())),
                    other => Err(Failure::unknown_field(other, "RepositoryOwner")),
                })?,
                "defaultBranchRef" => self.reference(field, repository, &repository.default_branch)?,
                "ref" => {
                    let name = self.text(field, "qualifiedName")?;
                    self.reference(field, repository, name.strip_prefix(BRANCHES).unwrap_or(&name))?
                }
                "object" => {
                    let id = match self.argument(field, "oid").as_str() {
                        Some(id) => repository.objects.contains(id).then(|| id.to_owned()),
                        None => by_expression(repository, &self.text(field, "expression")?),
                    };
                    id.map_or(Ok(Value::Null), |id| self.git_object(field, repository, &id))?
                }
                other => return Err(Failure::unknown_field(other, "Repository")),
            })
        })
    }

    /// Answers a branch; `null` when there is none of that name.
    pub(super) fn reference(&self, of: &Field, repository: &Repository, branch: &str) -> Outcome {
        let Some(id) = repository.branch(branch) else { return Ok(Value::Null) };
        self.object(of, "Ref", |field| match field.name.as_str() {
            "id" => Ok(Value::from(node_id("Ref", format!("{BRANCHES}{branch}")))),
            "name" => Ok(Value::from(branch)),
            "prefix" => Ok(Value::from(BRANCHES)),
            "target" => self.git_object(field, repository, id),
            other => Err(Failure::unknown_field(other, "Ref")),
        })
    }

    pub(super) fn git_object(&self, of: &Field, repository: &Repository, id: &str) -> Outcome {
        let objects = &repository.objects;
        let html = format!("{}/{}", self.github.base_url(), repository.full_name());
        if let Some(commit) = objects.commit(id) {
            return self.object(of, "Commit", |field| {
                Ok(match field.name.as_str() {
                    "id" => Value::from(node_id("Commit", id)),
                    "oid" => Value::from(id),
                    "url" | "commitUrl" => Value::from(format!("{html}/commit/{id}")),
                    "message" => Value::from(commit.message.as_str()),
                    "messageHeadline" => Value::from(commit.message.lines().next().unwrap_or_default()),
                    "committedDate" => {
                        Value::from(date(jiff::Timestamp::from_second(commit.committer.seconds).unwrap_or_default()))
                    }
                    "tree" => self.git_object(field, repository, &commit.tree)?,
                    other => return Err(Failure::unknown_field(other, "Commit")),
                })
            });
        }
        if let Some(content) = objects.blob(id) {
            let text = std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'));
            return self.object(of, "Blob", |field| {
                Ok(match field.name.as_str() {
                    "id" => Value::from(node_id("Blob", id)),
                    "oid" => Value::from(id),
                    "text" => text.filter(|text| text.len() <= LONGEST_TEXT).map_or(Value::Null, Value::from),
                    "byteSize" => Value::from(content.len()),
                    "isBinary" => Value::from(text.is_none()),
                    "isTruncated" => Value::from(content.len() > LONGEST_TEXT),
                    other => return Err(Failure::unknown_field(other, "Blob")),
                })
            });
        }
        self.object(of, "Tree", |field| match field.name.as_str() {
            "id" => Ok(Value::from(node_id("Tree", id))),
            "oid" => Ok(Value::from(id)),
            "entries" => {
                let entries = objects.tree(id).into_iter().flatten();
                entries.map(|(name, entry)| self.tree_entry(field, repository, name, &entry.id, entry.kind())).collect()
            }
            other => Err(Failure::unknown_field(other, "Tree")),
        })
    }

    fn tree_entry(&self, of: &Field, repository: &Repository, name: &str, id: &str, kind: &str) -> Outcome {
        self.object(of, "TreeEntry", |field| match field.name.as_str() {
            "name" => Ok(Value::from(name)),
            "oid" => Ok(Value::from(id)),
            "type" => Ok(Value::from(kind)),
            "object" => self.git_object(field, repository, id),
            other => Err(Failure::unknown_field(other, "TreeEntry")),
        })
    }
}

/// Resolves `REVISION` or `REVISION:PATH`.
fn by_expression(repository: &Repository, expression: &str) -> Option<String> {
    match expression.split_once(':') {
        Some((revision, path)) => {
            let commit = repository.resolve(revision)?;
            repository.objects.find(&commit, path).map(|entry| entry.id)
        }
        None => repository.resolve(expression),
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Read => "READ",
        Level::Write => "WRITE",
        Level::Admin => "ADMIN",
    }
}

fn not_found(owner: &str, name: &str, refusal: &Refusal) -> Failure {
    if refusal.message() == Refusal::not_found().message() {
        return Failure::new("NOT_FOUND", format!("Could not resolve to a Repository with the name '{owner}/{name}'."));
    }
    Failure::new("FORBIDDEN", refusal.message())
}
