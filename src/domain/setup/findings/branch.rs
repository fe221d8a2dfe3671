//! Who may change the branch whose files decide.

use super::super::finding::{BYPASS_HIDDEN, Finding, Severity};
use super::super::guard::bypass_is_hidden;
use super::super::seen::{BranchRules, RepositorySeen, Seen};
use super::super::wanted::Wanted;

/// That it cannot be told whom the rules of the branch bind.
pub(super) fn hidden_bypass(seen: &RepositorySeen) -> Option<Finding> {
    bypass_is_hidden(seen).then(|| {
        Finding::new(
            Severity::Warning,
            BYPASS_HIDDEN,
            "who may pass the rules of the branch by cannot be told: GitHub tells it to administrators alone, and of an organisation's own rulesets to its owners",
            "port-iam doctor --only github, with the token of an administrator of the repository",
        )
    })
}

/// That nothing guards the branch whose files decide.
pub(super) fn unguarded(wanted: &Wanted, seen: &Seen) -> Option<Finding> {
    let repository = seen.repository.as_ref()?;
    (repository.rules == BranchRules::Unavailable).then(|| {
        Finding::new(
            Severity::Warning,
            "branch-unguarded",
            format!(
                "this GitHub plan has no rules for branches of private repositories: whoever may write to {}/{} can change the rules file and the workflows unreviewed",
                wanted.owner, wanted.repository
            ),
            format!("{}, or use a plan with rulesets and run `port-iam init` again", who_writes(wanted)),
        )
    })
}

/// Returns the command that shows who may write to the repository, and who only should.
pub(super) fn who_writes(wanted: &Wanted) -> String {
    format!(
        "gh api repos/{}/{}/collaborators --jq '.[] | select(.permissions.push) | .login' tells who may write: leave it to people who may administer the AWS account's permissions",
        wanted.owner, wanted.repository
    )
}
