//! The runs that a grant goes back to: its own, those that it extends, and the first request.

use super::ASK_ANEW;
use crate::domain::catalog::{Run, User};
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::verification::is_started_by;

/// How many grants may hang together. Each is one question to Port; whoever needs more has a need for good.
pub const MOST_IN_A_ROW: usize = 20;

/// A chain of runs that Port vouches for.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineage<'a> {
    /// The grants: the one that is to be extended first, the first one last.
    pub grants: Vec<GrantId>,
    /// The run of the first request, which says what is granted.
    pub first: &'a Run,
    /// The entity that the first request is about.
    pub resource: &'a str,
}

impl<'a> Lineage<'a> {
    /// Follows the runs from that of `grant` to the first request. `runs` are Port's answers in this order.
    ///
    /// # Errors
    ///
    /// Refuses a run that is missing or another one, that did not end well, that somebody else started or started in
    /// another's name, that made no grant, and a chain without an end.
    pub fn follow(names: &Names, grant: &GrantId, runs: &'a [Run], requester: &User) -> Result<Self, Refusal> {
        let mut grants = vec![grant.clone()];
        for run in runs.iter().take(MOST_IN_A_ROW) {
            let grant = grants.last().unwrap_or(grant);
            verify_granted(run, grant, requester)?;
            let Some(entity) = run.entity.as_deref() else {
                return Err(not_extended(grant, "its run is about nothing"));
            };
            if run.action == names.request_permissions {
                return Ok(Self { grants, first: run, resource: entity });
            }
            if run.action != names.extend_permissions {
                let what = format!("its run belongs to the action {}, which grants nothing", quoted(&run.action));
                return Err(not_extended(grant, &what));
            }
            grants.push(GrantId::parse(entity)?);
        }
        if grants.len() > MOST_IN_A_ROW {
            return Err(not_extended(grant, &format!("it has been extended {MOST_IN_A_ROW} times")));
        }
        let grant = grants.last().unwrap_or(grant);
        Err(not_extended(grant, &format!("Port knows no run {}", grant.run_id())))
    }
}

/// Returns whether a chain from `grant` lacks nothing but a run that Port does not know: all that it knows of it are
/// extensions that ended well, and the name of the next grant is that of a run.
pub fn lacks_its_beginning(names: &Names, grant: &GrantId, runs: &[Run]) -> bool {
    let mut grant = grant.clone();
    for run in runs {
        let is_extension = run.action == names.extend_permissions && run.id == grant.run_id().as_str();
        let before = run.entity.as_deref().and_then(|entity| GrantId::parse(entity).ok());
        match before.filter(|_| is_extension && run.is_successful()) {
            Some(before) => grant = before,
            None => return false,
        }
    }
    runs.len() < MOST_IN_A_ROW && !grant.is_break_glass()
}

fn verify_granted(run: &Run, grant: &GrantId, requester: &User) -> Result<(), Refusal> {
    if run.id != grant.run_id().as_str() {
        return Err(not_extended(grant, "Port answered with another run"));
    }
    if run.impersonated_by.is_some() {
        return Err(not_extended(grant, "somebody asked for it in another person's name"));
    }
    if !run.is_successful() {
        return Err(not_extended(grant, &format!("its run is {} and did not end well", quoted(&run.status))));
    }
    if !is_started_by(run, requester) {
        let reason = format!("{grant} was not asked for by {}", quoted(&requester.email));
        return Err(Refusal::new(
            RefusalCode::OtherRequester,
            "requester",
            reason,
            "extend what you have asked for yourself",
        ));
    }
    Ok(())
}

/// Returns the refusal of a grant that cannot be gone on from.
pub(super) fn not_extended(grant: &GrantId, what: &str) -> Refusal {
    Refusal::new(RefusalCode::NotExtendable, "entity", format!("{grant} cannot be extended: {what}"), ASK_ANEW)
}
