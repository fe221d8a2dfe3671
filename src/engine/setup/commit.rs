//! The files of the default branch: pushed, or brought by one pull request where a rule forbids the push.

use sha2::{Digest as _, Sha256};

use super::apply::Done;
use super::{Finding, Setup, Severity};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{Head, PullRequest, Repository};
use crate::domain::setup::{SETUP_COMMIT, WAITING_FOR_PULL_REQUEST, WantedFile};
use crate::failure::Failure;

const TEXT: &str = "Workflows, templates and rules of port-iam. `port-iam init` made this pull request, since a rule of the \
branch forbids a push. Run it again when this is merged: only then can people execute the actions in Port.";

impl Setup<'_> {
    /// Commits files to the default branch. Whether a rule forbids it is only known by trying: who may bypass it is
    /// told nobody.
    pub(super) async fn commit(
        &self,
        repository: &Repository,
        head: Option<&Head>,
        files: &[WantedFile],
    ) -> Result<Done, Failure> {
        let Some(head) = head else { return Err(Failure::failed("the repository has no commit to go on from")) };
        match self.push(repository, &repository.default_branch, head, files).await {
            Ok(()) => Ok(Done::Yes),
            Err(error) if error.kind == ApiErrorKind::Conflict => Ok(Done::Moved),
            Err(error) if error.kind == ApiErrorKind::BranchRule => self.propose(repository, head, files, &error).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn push(
        &self,
        repository: &Repository,
        branch: &str,
        head: &Head,
        files: &[WantedFile],
    ) -> Result<(), ApiError> {
        let contents: Vec<_> = files.iter().map(|file| (file.path.clone(), file.contents.clone())).collect();
        self.github.commit(repository, branch, head, &self.title(), &contents).await.map(|_| ())
    }

    fn title(&self) -> String {
        format!("{SETUP_COMMIT}{}", self.found.runtime.runtime.version)
    }

    /// Brings files to a branch whose name follows from what they hold, and opens one pull request for it. A second run
    /// finds both again.
    async fn propose(
        &self,
        repository: &Repository,
        head: &Head,
        files: &[WantedFile],
        refused: &ApiError,
    ) -> Result<Done, Failure> {
        let branch = branch_of(head, files);
        (self.progress)(&format!(
            "A rule of the branch {} forbids the push: proposing the files on {branch}",
            repository.default_branch
        ));
        self.github.create_branch(repository, &branch, head).await?;
        let Some(there) = self.github.head(repository, &branch).await? else {
            return Err(Failure::failed(format!("the branch {branch} could not be made")).hint(
                "a rule of the repository may forbid new branches; let this token bypass it, and run the same command again",
            ));
        };
        let mut proposed = head.blobs.clone();
        proposed.extend(files.iter().map(|file| (file.path.clone(), file.blob.clone())));
        // Whoever may write to the repository may have put something else there, which nobody shall review as ours.
        if there.blobs != head.blobs && there.blobs != proposed {
            return Err(Failure::failed(format!("the branch {branch} holds something else than what `init` proposes"))
                .hint("look at who pushed to it, delete it, and run the same command again"));
        }
        if there.blobs != proposed {
            self.push(repository, &branch, &there, files).await?;
        }
        let request = match self.github.open_pull_request(repository, &branch).await? {
            Some(request) => request,
            None => self.github.create_pull_request(repository, &branch, &self.title(), TEXT).await?,
        };
        Ok(Done::Waiting(waiting(&request, repository, refused)))
    }
}

fn waiting(request: &PullRequest, repository: &Repository, refused: &ApiError) -> Finding {
    let PullRequest { number, url } = request;
    Finding::new(
        Severity::Warning,
        WAITING_FOR_PULL_REQUEST,
        format!(
            "waiting for pull request #{number} ({url}): a rule of the branch {} forbids the push ({})",
            repository.default_branch, refused.message
        ),
        "have it reviewed and merged, and run the same command again: only then are the actions in Port made",
    )
}

/// Returns the branch of these files on top of this commit: the same ones have the same one.
fn branch_of(head: &Head, files: &[WantedFile]) -> String {
    let mut hash = Sha256::new();
    hash.update(&head.commit);
    for file in files {
        hash.update(format!("{}\0{}\0", file.path, file.blob));
    }
    let hexadecimal: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("port-iam/{hexadecimal}")
}
