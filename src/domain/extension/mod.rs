//! An extension: a new grant that gives what a live one gives, and goes on where that one ends.
//!
//! Nothing that the entity of the live grant claims is believed, since other people may edit it. What it gives follows
//! from the run of the first request, that it stands from AWS, and that nobody has ended it from the permanent record.

mod form;
mod lineage;
mod standing;
#[cfg(test)]
mod tests;
mod total;

use jiff::Timestamp;

pub use form::ExtensionForm;
pub use lineage::{Lineage, MOST_IN_A_ROW, lacks_its_beginning};
use standing::When;
pub use standing::{Owner, verify_still_standing};

use super::catalog::{Entity, Run};
use super::duration::GrantDuration;
use super::iam::RoleState;
use super::identifier::GrantId;
use super::refusal::{Refusal, RefusalCode};
use super::request::{Dispatch, RequestForm};
use super::time::utc;
use super::verification::{
    Evidence, ExpectedRun, RunStage, VerifiedRequest, verify_asked, verify_run_of_grant, verify_same,
};

const ASK_ANEW: &str = "ask for a new grant with `Request permissions` in Port";

/// What a grant goes on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The grants before it: the one that it extends first, the first one last.
    pub grants: Vec<GrantId>,
    /// When the first of them began, as far as the rules count it.
    pub since: Timestamp,
}

impl Extension {
    /// Returns the time that the rules have to allow for a grant that ends at `end`: extending it again and again must
    /// not come to more than asking once.
    pub fn total(&self, end: Timestamp) -> GrantDuration {
        GrantDuration::between(self.since, end)
    }

    /// Returns a refusal of the rules in words that tell how the time is counted.
    #[must_use]
    pub fn explained(&self, refusal: Refusal) -> Refusal {
        if refusal.code != RefusalCode::TooLongForRule {
            return refusal;
        }
        let reason = format!("counted from {}, when the first grant began, {}", utc(self.since), refusal.reason);
        let remedy = format!("extend it by less, or {ASK_ANEW} when it has ended");
        Refusal { reason, remedy, ..refusal }
    }
}

/// What Port and AWS hold of the grant that is to be extended.
#[derive(Clone, Debug, Default)]
pub struct Extended {
    /// Its run, those of the grants before it, and that of the first request, in this order.
    pub runs: Vec<Run>,
    /// Its permanent record.
    pub record: Option<Entity>,
    /// The permanent record of the first grant.
    pub first_record: Option<Entity>,
    /// The role of its name.
    pub role: Option<RoleState>,
    /// The policies that are attached to the role.
    pub attached: Vec<String>,
}

/// What is known of the attempt to extend.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// How far the extension's run has to have come.
    pub stage: RunStage,
    /// The end of the extension's role, where an earlier attempt has made it.
    pub first_end: Option<Timestamp>,
    /// The time, by AWS's clock.
    pub now: Timestamp,
}

/// Checks the request for an extension against Port's answers and what AWS holds.
///
/// # Errors
///
/// Refuses the first difference; the refusal names the field.
pub fn verify_extension(
    dispatch: &Dispatch,
    evidence: &Evidence,
    extended: &Extended,
    owner: Owner<'_>,
    attempt: Attempt,
) -> Result<VerifiedRequest, Refusal> {
    let expected = ExpectedRun { action: &owner.names.extend_permissions, stage: attempt.stage };
    let (run, requester) = verify_run_of_grant(dispatch, evidence, expected)?;
    let form = ExtensionForm::parse(run.form())?;
    verify_same(ExtensionForm::parse(&dispatch.properties)? == form)?;
    let duration = GrantDuration::of_form(form.duration.as_deref())?;
    let grant = GrantId::parse(&dispatch.entity)?;
    let lineage = Lineage::follow(owner.names, &grant, &extended.runs, requester)?;
    let asked = RequestForm::parse(lineage.first.form())?;
    let when = When::of(run, attempt, duration);
    let end = standing::verify(owner, &grant, extended, when)?;
    if let (When::Now(now), Some(end)) = (when, end)
        && duration.after(now) <= end
    {
        let reason = format!("{duration} from now is not beyond {}, when {grant} ends", utc(end));
        return Err(Refusal::new(RefusalCode::ExtendsNothing, "duration", reason, "ask for a longer duration"));
    }
    let since = total::began(&lineage, &asked, extended.first_record.as_ref())?;
    let request = verify_asked(dispatch, lineage.resource, &asked, evidence, requester.clone())?;
    let extends = Some(Extension { grants: lineage.grants, since });
    Ok(VerifiedRequest { duration, reason: form.reason, extends, ..request })
}
