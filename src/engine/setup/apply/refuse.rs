//! What is refused before anything of a plan is done.

use crate::domain::setup::{Outcome, Plan, Severity, Step};
use crate::failure::{Failure, FailureKind};

/// Refuses a plan that holds what must not be touched, or that cannot succeed, before anything of it is done.
///
/// # Errors
///
/// Refuses, or fails with "login needed" when the GitHub token lacks a right.
pub fn refuse(plan: &Plan) -> Result<(), Failure> {
    let refused: Vec<&Step> = plan.refused().collect();
    if !refused.is_empty() {
        let mut failure = Failure::new(FailureKind::Refused, summary(&refused));
        for step in &refused {
            if let Outcome::Refused { remedy, .. } = &step.outcome
                && !failure.hints.contains(remedy)
            {
                failure.hints.push(remedy.clone());
            }
        }
        return Err(failure);
    }
    match plan.findings.iter().find(|finding| finding.severity == Severity::Blocking) {
        Some(finding) => Err(Failure::login(finding.message.clone()).hint(finding.remedy.clone())),
        None => Ok(()),
    }
}

fn summary(refused: &[&Step]) -> String {
    let sentences = refused.iter().map(|step| match &step.outcome {
        Outcome::Refused { reason, .. } => format!("{}: {reason}", step.subject),
        _ => step.subject.to_string(),
    });
    sentences.collect::<Vec<_>>().join("; ")
}
