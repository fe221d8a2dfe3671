//! Commits: many files at once, on top of a head that must still be the newest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::{GitHub, Head, Repeat, Repository};
use crate::clients::error::ApiError;

/// Returns the hash that git gives a file of these contents.
pub fn blob_hash(contents: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", contents.len()));
    hash.update(contents);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

const MUTATION: &str = "mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url } }
}";

impl GitHub {
    /// Deletes the files at `paths` of `branch` in one commit on top of `head`. Returns the commit.
    ///
    /// # Errors
    ///
    /// Fails as [`GitHub::commit`] does, and when one of the files is not there.
    pub async fn commit_deletions(
        &self,
        repository: &Repository,
        branch: &str,
        head: &Head,
        message: &str,
        paths: &[String],
    ) -> Result<String, ApiError> {
        let deletions: Vec<Value> = paths.iter().map(|path| json!({ "path": path })).collect();
        self.commit_changes(repository, branch, head, message, &json!({ "deletions": deletions })).await
    }

    /// Commits `files` (path and contents) to `branch` on top of `head` in one commit, which GitHub signs. Returns the
    /// commit.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when the branch has moved on, with [`BranchRule`](crate::clients::error::ApiErrorKind)
    /// when a rule forbids the push, and when GitHub refuses or cannot be asked.
    pub async fn commit(
        &self,
        repository: &Repository,
        branch: &str,
        head: &Head,
        message: &str,
        files: &[(String, String)],
    ) -> Result<String, ApiError> {
        let additions: Vec<Value> = files
            .iter()
            .map(|(path, contents)| json!({ "path": path, "contents": STANDARD.encode(contents) }))
            .collect();
        self.commit_changes(repository, branch, head, message, &json!({ "additions": additions })).await
    }

    async fn commit_changes(
        &self,
        repository: &Repository,
        branch: &str,
        head: &Head,
        message: &str,
        changes: &Value,
    ) -> Result<String, ApiError> {
        let variables = json!({ "input": {
            "branch": { "repositoryNameWithOwner": repository.full_name(), "branchName": branch },
            "expectedHeadOid": head.commit,
            "message": { "headline": message },
            "fileChanges": changes,
        }});
        // Not repeated when its answer is lost: its own commit would be in the way of a second one on the expected head.
        let data = self.graphql("commit the files", MUTATION, &variables, Repeat::OnlyIfNothingHappened).await?;
        let commit = data["createCommitOnBranch"]["commit"]["oid"].as_str();
        commit.map(str::to_owned).ok_or_else(|| data.undecodable("commit the files"))
    }

    /// Makes the first commit of an empty repository, which only the contents API can.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn first_commit(&self, repository: &Repository, path: &str, contents: &str) -> Result<(), ApiError> {
        let route = format!("{}/contents/{}", repository.route(), super::path(path));
        let body = json!({ "message": "Begin the repository", "content": STANDARD.encode(contents) });
        self.put("make the first commit", &route, &body).await
    }
}

#[cfg(test)]
mod tests {
    use super::blob_hash;

    #[test]
    fn a_file_has_git_s_own_hash() {
        // `printf 'on: workflow_dispatch\n' | git hash-object --stdin`
        assert_eq!(blob_hash(b"on: workflow_dispatch\n"), "301b07520749e1da909f0623f5afad07d5c131be");
        assert_eq!(blob_hash(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }
}
