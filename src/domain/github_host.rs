//! The kinds of GitHub that a repository can be on, as far as they differ for what `init` writes.

/// A kind of GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitHubHost {
    /// github.com itself. The sandbox speaks for it.
    GithubCom,
    /// A host of GitHub's own under ghe.com (GitHub Docs, "About GitHub Enterprise Cloud with data residency").
    GheCom,
    /// A server of somebody's own.
    EnterpriseServer,
}

impl GitHubHost {
    /// Returns whether GitHub runs it: it has what GitHub Enterprise Server lacks.
    pub fn is_cloud(self) -> bool {
        self != Self::EnterpriseServer
    }
}
