//! What the rules file calls for: the boundary, and whom Port asks for an approval.

use serde_json::Value;

use super::super::{Asked, Identity, Setup};
use crate::domain::boundary::from_rules;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::rules::Rules;
use crate::domain::setup::{Approval, Finding, Wanted, WantedApproval, approvers_that_moved};

impl Setup<'_> {
    /// Says what Port asks for: whom the rules file names as an approver, on the default branch or as it will be there.
    pub(in crate::engine::setup) fn follow_the_rules(&self, rules: Option<&str>, wanted: &mut Wanted) {
        let ours = wanted.files.iter().find(|file| file.path == self.names.rules_path);
        let text = rules.or(ours.map(|file| file.contents.as_str())).unwrap_or_default();
        let Ok(rules) = Rules::parse(text) else {
            wanted.approvers = Vec::new();
            return;
        };
        wanted.approvers = rules.all_approvers();
        if !wanted.approvers.is_empty() {
            let Asked { approval, notification, .. } = &self.asked;
            // A run that starts at the first yes is refused where the rule wants them all.
            let approval = if rules.want_all_approvers() { Some(Approval::All) } else { *approval };
            wanted.approval = WantedApproval::Demanded { approval, notification: notification.clone() };
        }
    }

    /// Tells which approvers have left or joined a team since the rules file was written. A first one names them as they
    /// are; one that is there does not follow a team.
    pub(in crate::engine::setup) fn moved_approvers(
        &self,
        identity: &Identity,
        rules: Option<&str>,
        wanted: &Wanted,
    ) -> Option<Finding> {
        if rules.is_none() || self.asked.approvers.teams.is_empty() {
            return None;
        }
        let moved = approvers_that_moved(&identity.approvers, &wanted.approvers, &self.names.rules_path);
        moved.map(|finding| finding.completed(&wanted.invocation))
    }
}

/// Returns the boundary that the rules file `path`, with this text, calls for.
pub(in crate::engine::setup) fn boundary_of(path: &str, text: &str) -> Result<Value, Refusal> {
    let rules = Rules::parse(text).map_err(|error| {
        let reason = format!("it is generated from {path}, which cannot be used: {error}");
        Refusal::new(RefusalCode::RulesUnusable, "rules", reason, format!("mend {path}, and run `port-iam init` again"))
    })?;
    from_rules(&rules)
}
