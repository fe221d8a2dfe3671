//! What a role is refused for that goes beyond its request, or whose request is none.

use crate::domain::refusal::{Refusal, RefusalCode};

const REMEDY: &str = "look at CloudTrail for who made or changed it";

/// Refuses a role whose run asked for nothing that can be read: no rules made a grant of that.
pub fn unreadable(why: &Refusal) -> Refusal {
    beyond(format!("what was asked for cannot be granted ({why})"))
}

/// Refuses a role whose run goes on from what is no request, and never was.
pub fn no_beginning() -> Refusal {
    beyond("what its run goes on from is no request that can be read".to_owned())
}

/// Refuses a role whose run ended well and goes on from one that Port does not know any more. Port may have lost runs:
/// where many roles are without theirs at once, a person decides.
pub fn lost_beginning() -> Refusal {
    beyond_today("Port does not know the run that its own goes on from, which it may have lost".to_owned())
}

/// Refuses a role whose run failed and names what nobody could go on from: no attempt at it came so far as to make one.
pub fn never_attempted(why: &Refusal) -> Refusal {
    beyond(format!("no attempt at its run can have made anything ({why})"))
}

pub(super) fn beyond(reason: String) -> Refusal {
    Refusal::new(RefusalCode::BeyondItsRequest, "role", reason, REMEDY)
}

pub(super) fn beyond_today(reason: String) -> Refusal {
    Refusal::new(RefusalCode::BeyondTodaysConfiguration, "role", reason, REMEDY)
}
