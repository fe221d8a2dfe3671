//! The files of the default branch: pushed, or brought by one pull request where a rule forbids the push.

use sha2::{Digest as _, Sha256};

use super::super::{Finding, Setup, Severity};
use super::Done;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{Head, PullRequest, Repository};
use crate::domain::setup::{SETUP_COMMIT, WAITING_FOR_PULL_REQUEST, WantedFile};
use crate::failure::Failure;

/// So many branches of one name are looked at.
const MOST_BRANCHES: u32 = 9;
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
    /// finds both again, wherever the default branch has gone meanwhile.
    async fn propose(
        &self,
        repository: &Repository,
        head: &Head,
        files: &[WantedFile],
        refused: &ApiError,
    ) -> Result<Done, Failure> {
        let branch = self.proposal(repository, head, files).await?;
        let request = match self.github.open_pull_request(repository, &branch).await? {
            Some(request) => request,
            None => self.github.create_pull_request(repository, &branch, &self.title(), TEXT).await?,
        };
        Ok(Done::Waiting(waiting(&request, repository, refused)))
    }

    /// Returns the branch that holds the files, after it has brought them there. One whose commit was merged before holds
    /// nothing that a pull request could bring; the next one has a number.
    async fn proposal(&self, repository: &Repository, head: &Head, files: &[WantedFile]) -> Result<String, Failure> {
        let name = branch_of(files);
        for number in 1..=MOST_BRANCHES {
            let branch = if number == 1 { name.clone() } else { format!("{name}-{number}") };
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
            match self.standing(repository, head, &there, files).await? {
                Standing::Proposed => return Ok(branch),
                Standing::Bare => {
                    self.push(repository, &branch, &there, files).await?;
                    return Ok(branch);
                }
                Standing::Merged => {}
                // Whoever may write to the repository may have put something else there, which nobody shall review as ours.
                Standing::Strange => {
                    return Err(Failure::failed(format!(
                        "the branch {branch} holds something else than what `init` proposes"
                    ))
                    .hint("look at who pushed to it, delete it, and run the same command again"));
                }
            }
        }
        Err(Failure::failed(format!("all branches {name}, {name}-2 and so on were merged before"))
            .hint("delete them, and run the same command again"))
    }
}

/// What a branch holds that bears the name of what is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The files, on top of a commit of the default branch, and nothing else.
    Proposed,
    /// A commit of the default branch, without what is proposed.
    Bare,
    /// What is proposed, in a commit of the default branch: it was merged, and is no longer there.
    Merged,
    /// Something else.
    Strange,
}

impl Setup<'_> {
    /// Returns what the branch `there` holds. Its base may be an older commit than the `head` of the default branch.
    async fn standing(
        &self,
        repository: &Repository,
        head: &Head,
        there: &Head,
        files: &[WantedFile],
    ) -> Result<Standing, ApiError> {
        let is_proposed_on = |base: &Head| {
            let mut proposed = base.blobs.clone();
            proposed.extend(files.iter().map(|file| (file.path.clone(), file.blob.clone())));
            there.blobs == proposed
        };
        // A commit of the default branch has nothing that a pull request could bring, whatever it holds.
        if there.commit == head.commit || self.github.is_on_default_branch(repository, &there.commit).await? {
            return Ok(if is_proposed_on(there) { Standing::Merged } else { Standing::Bare });
        }
        if is_proposed_on(head) {
            return Ok(Standing::Proposed);
        }
        let Some(base) = self.github.parent(repository, &there.commit).await? else { return Ok(Standing::Strange) };
        let is_ours = is_proposed_on(&base) && self.github.is_on_default_branch(repository, &base.commit).await?;
        Ok(if is_ours { Standing::Proposed } else { Standing::Strange })
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
        "have it reviewed and merged, and run the same command again: only then are the actions in Port made. Where it conflicts with that branch, delete its own branch and run the same command again",
    )
}

/// Returns the branch of these files: the same ones have the same one, whatever else is committed meanwhile.
fn branch_of(files: &[WantedFile]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(format!("{}\0{}\0", file.path, file.blob));
    }
    let hexadecimal: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("port-iam/{hexadecimal}")
}
