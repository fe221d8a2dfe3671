//! How far a plan has come, and what is told when it goes no further.

use std::collections::BTreeSet;

use super::super::Observation;
use crate::domain::setup::{Finding, Outcome, SecretStore, Step, Subject, Write, holds_strange_workflow};
use crate::failure::Failure;
use crate::stop::GO_ON;

/// How far a plan has come.
pub(super) struct Way {
    /// What was seen last, with the plan from there.
    pub(super) now: Observation,
    pub(super) done: Vec<Step>,
    pub(super) pending: Vec<Finding>,
    /// Subjects of the steps that are over.
    pub(super) attempted: BTreeSet<Subject>,
    /// Subjects of those that wait for somebody else.
    pub(super) waiting: BTreeSet<Subject>,
    /// The step at work.
    pub(super) begun: Option<Step>,
    /// Whether the workflows were looked at behind everything that could change them.
    pub(super) has_looked_again: bool,
    /// Where the secrets are to be kept, as far as it is known.
    pub(super) store: SecretStore,
}

impl Way {
    /// Notes that the files wait for somebody to merge them. Nobody shall be able to execute an action whose workflow is not
    /// there, nor a workflow have secrets that somebody has edited, nor be one that a role trusts.
    pub(super) fn wait_for_files(&mut self, step: &Step, finding: Finding) {
        self.pending.push(finding);
        self.waiting.insert(step.subject.clone());
        let distrusted = holds_strange_workflow(&self.now.wanted, self.now.seen.repository.as_ref());
        let waits =
            |step: &Step| needs_workflows(step) || (distrusted && step.write().is_some_and(Write::entrusts_workflows));
        let is_left = |step: &&Step| waits(step) && !self.attempted.contains(&step.subject);
        let left = self.now.plan.writes().map(|(step, _)| step).filter(is_left);
        let left: Vec<Subject> = left.map(|step| step.subject.clone()).collect();
        self.attempted.extend(left.clone());
        self.waiting.extend(left);
    }

    /// Adds to the failure of being stopped what is done and what is left, be it for somebody with more rights.
    pub(super) fn cut_off(&self, failure: Failure) -> Failure {
        let is_other = |one: &Step, other: &Step| one.subject != other.subject;
        let is_left = |step: &Step| self.done.iter().chain(&self.begun).all(|other| is_other(step, other));
        let left = self.now.plan.writes().map(|(step, _)| step).filter(|step| is_left(step));
        let (done, left): (Vec<_>, Vec<_>) =
            (self.done.iter().map(Step::named).collect(), left.map(Step::named).collect());
        let or = |list: Vec<String>, nothing: &str| if list.is_empty() { nothing.to_owned() } else { list.join(", ") };
        let mut failure = failure.hint(format!("done: {}", or(done, "nothing")));
        if let Some(begun) = &self.begun {
            failure = failure.hint(format!("begun, and its end was not waited for: {}", begun.named()));
        }
        let left = or(left, "to look whether everything is as it shall be");
        failure.hint(format!("left: {left}")).hint(GO_ON)
    }
}

/// Returns whether a step makes something that starts workflows, or gives them their first secrets: that others are set in
/// their place waits for no file.
fn needs_workflows(step: &Step) -> bool {
    let has_first_secrets = matches!(step.outcome, Outcome::Create(Write::Secrets { .. }));
    has_first_secrets
        || matches!(
            step.write(),
            Some(
                Write::NewAction(_)
                    | Write::Action { .. }
                    | Write::NewPage(_)
                    | Write::Page { .. }
                    | Write::ActionPermissions { .. }
            )
        )
}
