//! What should be known beyond the steps: prerequisites that nobody but the operator can see to.

mod access;
mod approval;
mod branch;
mod github;
mod secrets;
mod workflow_pair;

use super::code_owners;
use super::finding::{Finding, Severity};
use super::identities::user_findings;
use super::page;
use super::plan::{Step, System};
use super::seen::Seen;
use super::wanted::Wanted;
use crate::domain::trust::Trust;
use access::access;
use approval::approval;
use branch::{hidden_bypass, unguarded};
use github::{app, scopes};
use secrets::{exposed, secrets};
pub use workflow_pair::{PERSONAL_PAIR, SHARED_PAIR, weakness_of_pair};

pub(in crate::domain::setup) fn findings(wanted: &Wanted, seen: &Seen, steps: &[Step]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let writes_to_github = steps.iter().any(|step| step.system == System::GitHub && step.write().is_some())
        && wanted.share.contains(System::GitHub);
    findings.extend(scopes(seen.token_scopes.as_deref()).filter(|_| writes_to_github));
    findings
        .extend(app(wanted, seen.app).filter(|_| wanted.through_the_app && seen.looked_at.contains(System::GitHub)));
    if !seen.integrations_visible && seen.looked_at.contains(System::Port) {
        findings.push(Finding::new(
            Severity::Warning,
            "integrations-hidden",
            "the Port credentials may not see the organisation's integrations, so the backend was not chosen by them",
            "port-iam init --backend github (or --backend ocean); a Port administrator's credentials see which one there is",
        ));
    }
    findings.extend(secrets(wanted, seen));
    findings.extend(exposed(wanted, seen));
    findings.extend(access(wanted, seen));
    if seen.looked_at.contains(System::Aws) {
        findings.extend(user_findings(&wanted.identities, &seen.identities));
    }
    findings.extend(unguarded(wanted, seen));
    if let Some(repository) = &seen.repository {
        findings.extend(code_owners::finding(wanted, repository));
        findings.extend(hidden_bypass(repository));
    }
    findings.extend(approval(wanted).filter(|_| seen.looked_at.contains(System::GitHub)));
    if page::is_done_without(wanted, seen) && seen.looked_at.contains(System::Port) {
        findings.push(Finding::new(
            Severity::Note,
            "no-page",
            "this installation does without a page in Port that shows who has access, until when, and what was asked for",
            "port-iam init --page makes it",
        ));
    }
    findings.push(Finding::new(
        Severity::Note,
        "trust-account",
        format!("the first rules file has, as Port's guide, {}", Trust::Account.what_it_proves()),
        "give that right to few people, with `port-iam aws requester-policy`, or choose another mode in the rules file",
    ));
    findings.push(Finding::new(
        Severity::Note,
        "requester-policy",
        "people can only use a grant if their own AWS identity may assume roles under /port-iam/",
        "attach what `port-iam aws requester-policy` prints to the people who ask",
    ));
    findings
}
