//! Whether the workflow that runs is the reviewed one, and started by somebody who may start it: what is looked at before
//! anything that it was told is read.

use super::refusal::{Refusal, RefusalCode, quoted};
use super::revocation::other_dispatcher;
use super::rules::Rules;

const START_IN_PORT: &str = "start the action in Port";

/// What the runner tells of the workflow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Workflow<'a> {
    /// Whether it is one at all, so that GitHub must have told the branch and who started it.
    pub is_in_actions: bool,
    /// `GITHUB_REPOSITORY_ID`.
    pub repository_id: Option<&'a str>,
    /// `GITHUB_REF`.
    pub git_ref: Option<&'a str>,
    /// GitHub logins that started or repeated it.
    pub starters: &'a [String],
}

impl Workflow<'_> {
    /// Checks that the repository whose rules were read is the one that it runs in. What it grants bears the number, and by
    /// another one it would be another installation's. A runner that tells none is believed, as everybody is by hand.
    ///
    /// # Errors
    ///
    /// Refuses another number.
    pub fn verify_repository(self, number: u64) -> Result<(), Refusal> {
        match self.repository_id.filter(|told| *told != number.to_string()) {
            None => Ok(()),
            Some(told) => {
                let reason =
                    format!("the workflow runs in the repository {}, and GitHub answered for {number}", quoted(told));
                Err(Refusal::new(RefusalCode::OtherRepository, "GITHUB_REPOSITORY_ID", reason, START_IN_PORT))
            }
        }
    }

    /// Checks that it runs on the default branch. On another branch it is another workflow: its file and its rules were
    /// reviewed by nobody.
    ///
    /// # Errors
    ///
    /// Refuses another branch, and a workflow that does not say on which it runs.
    pub fn verify_branch(self, default_branch: &str) -> Result<(), Refusal> {
        let reason = match self.git_ref {
            Some(git_ref) if git_ref.strip_prefix("refs/heads/") == Some(default_branch) => return Ok(()),
            // By hand there is no branch, and the rules of the default branch are read all the same.
            None if !self.is_in_actions => return Ok(()),
            Some(git_ref) => format!("the workflow runs on {}, not on the default branch", quoted(git_ref)),
            None => "the workflow does not say on which branch it runs".to_owned(),
        };
        Err(Refusal::new(RefusalCode::OtherBranch, "GITHUB_REF", reason, START_IN_PORT))
    }

    /// Checks a first line, which the rules file may draw: everybody who started or repeated the workflow must be on its
    /// list. Returns whether it draws it, so that nobody else can have started this one; by hand nobody starts a workflow.
    ///
    /// # Errors
    ///
    /// Refuses a login that is not on the list, and a workflow that does not say who started it.
    pub fn verify_starters(self, rules: &Rules) -> Result<bool, Refusal> {
        match rules.stranger(self.starters) {
            Some(login) => Err(other_dispatcher(login)),
            None if !self.is_in_actions => Ok(true),
            None if rules.dispatchers.is_empty() => Ok(false),
            None if !self.starters.is_empty() => Ok(true),
            None => {
                let reason = "the workflow does not say who started it";
                Err(Refusal::new(RefusalCode::OtherDispatcher, "dispatchers", reason, START_IN_PORT))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(verdict: Result<T, Refusal>) -> &'static str {
        verdict.map_or_else(|refusal| refusal.code.as_str(), |_| "passed")
    }

    #[test]
    fn the_rules_are_those_of_the_repository_that_the_workflow_runs_in() {
        for (told, expected) in [
            (Some("42"), "passed"),
            (None, "passed"),
            (Some("43"), "other-repository"),
            (Some("042"), "other-repository"),
            (Some("acme/port-iam-permissions"), "other-repository"),
        ] {
            let verdict = Workflow { repository_id: told, ..Workflow::default() }.verify_repository(42);
            assert_eq!(code(verdict), expected, "{told:?}");
        }
    }

    #[test]
    fn only_the_default_branch_itself_is_run_and_by_hand_none_is_named() {
        for (git_ref, is_in_actions, expected) in [
            (Some("refs/heads/main"), true, "passed"),
            (Some("refs/heads/main"), false, "passed"),
            (Some("refs/heads/mainly"), true, "other-branch"),
            (Some("refs/heads/a/main"), true, "other-branch"),
            (Some("refs/tags/main"), true, "other-branch"),
            (Some("main"), true, "other-branch"),
            (Some("refs/heads/other"), false, "other-branch"),
            (None, true, "other-branch"),
            (None, false, "passed"),
        ] {
            let verdict = Workflow { is_in_actions, git_ref, ..Workflow::default() }.verify_branch("main");
            assert_eq!(code(verdict), expected, "{git_ref:?} {is_in_actions}");
        }
    }

    #[test]
    fn everybody_who_started_the_workflow_is_on_the_list_where_there_is_one() {
        for (listed, starters, is_in_actions, expected) in [
            (&[][..], &[][..], true, "passed"),
            (&[], &["mallory"], true, "passed"),
            (&["port-app[bot]"], &["Port-App[bot]"], true, "passed"),
            (&["port-app[bot]"], &["port-app[bot]", "mallory"], true, "other-dispatcher"),
            (&["port-app[bot]"], &["mallory"], false, "other-dispatcher"),
            (&["port-app[bot]"], &[], true, "other-dispatcher"),
            // By hand nobody is named.
            (&["port-app[bot]"], &[], false, "passed"),
        ] {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            let text = "version: 1\naccounts: { '123456789012': {} }\ntrust: { mode: account }\nrules: []\n";
            let rules = Rules { dispatchers: owned(listed), ..Rules::parse(text).unwrap() };
            let starters = owned(starters);
            let verdict =
                Workflow { is_in_actions, starters: &starters, ..Workflow::default() }.verify_starters(&rules);
            assert_eq!(code(verdict), expected, "{listed:?} {starters:?} {is_in_actions}");
        }
    }
}
