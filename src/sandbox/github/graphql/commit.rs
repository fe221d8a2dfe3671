//! `createCommitOnBranch`: one signed commit, if the branch still is where the caller saw it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::access::Need;
use super::super::push::{Changes, PushRefusal};
use super::super::repository::{BRANCHES, Repository};
use super::document::Field;
use super::{Execution, Failure};

impl Execution<'_> {
    /// Answers a field of the mutation root.
    pub(super) fn mutation(&self, field: &Field) -> Result<Value, Failure> {
        if field.name != "createCommitOnBranch" {
            return Err(Failure::unknown_field(&field.name, "Mutation"));
        }
        let input = self.argument(field, "input");
        let full_name = text(&input, "/branch/repositoryNameWithOwner")?;
        let (owner, name) = full_name.split_once('/').unwrap_or_default();
        let mut outcome = Ok(Value::Null);
        let found = self.github.with(self.caller, owner, name, Need::WRITE_CONTENTS, |repository| {
            outcome = self.create_commit(field, &input, repository);
            Ok(())
        });
        found.map_err(|refusal| {
            if refusal.message() == "Not Found" {
                return Failure::new(
                    "NOT_FOUND",
                    format!("Could not resolve to a Repository with the name '{full_name}'."),
                );
            }
            Failure::new("FORBIDDEN", refusal.message())
        })?;
        outcome
    }

    fn create_commit(&self, of: &Field, input: &Value, repository: &mut Repository) -> Result<Value, Failure> {
        let branch = text(input, "/branch/branchName")?;
        let branch = branch.strip_prefix(BRANCHES).unwrap_or(branch).to_owned();
        let headline = text(input, "/message/headline")?;
        let message = match input.pointer("/message/body").and_then(Value::as_str).filter(|body| !body.is_empty()) {
            Some(body) => format!("{headline}\n\n{body}"),
            None => headline.to_owned(),
        };
        let expected = text(input, "/expectedHeadOid")?;
        let head = repository.branch(&branch).map(str::to_owned);
        let head =
            head.ok_or_else(|| Failure::new("NOT_FOUND", format!("A branch named \"{branch}\" does not exist.")))?;
        if head != expected {
            let message = format!("Expected branch to point to \"{expected}\" but it did not. Pull and try again.");
            return Err(Failure::new("STALE_DATA", message));
        }
        let changes = changes(input, repository, &head)?;
        let pusher = self.github.pusher(self.caller, repository);
        let commit = repository.commit(Some(&head), changes, &message, &pusher);
        let pushed = repository.push(&pusher, &format!("{BRANCHES}{branch}"), &commit, false, self.github.now());
        pushed.map_err(|refusal| match refusal {
            PushRefusal::NotFastForward => Failure::new("STALE_DATA", refusal.message()),
            PushRefusal::Rules(_) | PushRefusal::WorkflowScope(_) => Failure::new("FORBIDDEN", refusal.message()),
        })?;
        self.object(of, "CreateCommitOnBranchPayload", |field| match field.name.as_str() {
            "clientMutationId" => Ok(input["clientMutationId"].clone()),
            "commit" => self.git_object(field, repository, &commit),
            "ref" => self.reference(field, repository, &branch),
            other => Err(Failure::unknown_field(other, "CreateCommitOnBranchPayload")),
        })
    }
}

/// Returns a required text of the input.
fn text<'a>(input: &'a Value, pointer: &str) -> Result<&'a str, Failure> {
    let name = pointer.trim_start_matches('/').replace('/', ".");
    let found = input.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| {
        Failure::document(format!(
            "Variable $input was provided invalid value for {name} (Expected value to not be null)"
        ))
    })
}

fn changes(input: &Value, repository: &Repository, head: &str) -> Result<Changes, Failure> {
    let listed = |name: &str| input["fileChanges"][name].as_array().cloned().unwrap_or_default();
    let mut changes = Changes::new();
    for deletion in listed("deletions") {
        let path = path(&deletion)?;
        if repository.objects.find(head, &path).is_none_or(|entry| entry.is_directory()) {
            let message =
                format!("A path was requested for deletion which does not exist as of commit oid `{head}`: {path}");
            return Err(Failure::new("UNPROCESSABLE", message));
        }
        changes.insert(path, None);
    }
    for addition in listed("additions") {
        let path = path(&addition)?;
        let contents = addition["contents"].as_str().unwrap_or_default();
        let contents = STANDARD
            .decode(contents)
            .map_err(|_| Failure::new("UNPROCESSABLE", format!("The contents of {path} are not Base64")))?;
        if changes.insert(path.clone(), Some(contents)).is_some_and(|known| known.is_some()) {
            return Err(Failure::new("UNPROCESSABLE", format!("The path {path} is given twice")));
        }
    }
    Ok(changes)
}

fn path(change: &Value) -> Result<String, Failure> {
    let path = change["path"].as_str().unwrap_or_default();
    let malformed = path.split('/').any(|name| ["", ".", "..", ".git"].contains(&name));
    if malformed {
        Err(Failure::new("UNPROCESSABLE", format!("The path \"{path}\" is malformed")))
    } else {
        Ok(path.to_owned())
    }
}
