//! Who and what may end a grant. A revocation fails towards removal, but not towards anybody's wish: a grant ends
//! because its requester or somebody else asked for it in Port, or because its time is over.

use jiff::Timestamp;

use super::catalog::Run;
use super::identifier::GrantId;
use super::refusal::{Refusal, RefusalCode, quoted};
use super::request::Dispatch;
use super::verification::{verify_entity, verify_is_asked_for};

const START_IN_PORT: &str = "start the action in Port; do not dispatch the workflow by hand";

/// What AWS holds of a grant that is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// No role.
    Gone {
        /// Whether the run that asked for the grant is still open, and may be about to make it.
        is_asked_for: bool,
    },
    /// A role with AWS's `AWSDenyAll` on it: a revocation has begun.
    Denied {
        /// The end that its trust policy bears.
        end: Option<Timestamp>,
    },
    /// A role that may be in use.
    Standing {
        /// The end that its trust policy bears; none when that is not as a grant writes it.
        end: Option<Timestamp>,
    },
}

impl Remains {
    /// Returns the seconds to the end that the role bears when they are worth waiting for: clocks may differ by as
    /// much.
    pub fn nearly_over(self, now: Timestamp) -> Option<u64> {
        const CLOCKS_APART_SECONDS: i64 = 30;
        let (Self::Denied { end: Some(end) } | Self::Standing { end: Some(end) }) = self else { return None };
        let left = end.as_second() - now.as_second();
        (1..=CLOCKS_APART_SECONDS).contains(&left).then(|| left.unsigned_abs() + 1)
    }

    /// Returns whether the end that the role bears has passed; a role without an end has none that could.
    fn is_over(self, now: Timestamp) -> bool {
        match self {
            Self::Gone { is_asked_for } => !is_asked_for,
            Self::Denied { end } | Self::Standing { end } => end.is_some_and(|end| end <= now),
        }
    }
}

/// Checks that a run of the action that revokes is about the grant that the dispatch names, and may end it.
///
/// A run that has ended has had its say: whoever withdrew it did not want the grant to end. Its workflow may be
/// repeated all the same where that takes nothing away from anybody: when the grant is gone, when its time is over, and
/// when the revocation had begun and was not finished.
///
/// # Errors
///
/// Refuses another run than the dispatch names, a run about another grant, one that somebody started in another person's
/// name, one that nobody has approved yet or that was declined, and one that has ended while the grant stands.
pub fn verify_revocation(dispatch: &Dispatch, run: &Run, remains: Remains, now: Timestamp) -> Result<(), Refusal> {
    verify_is_asked_for(dispatch, run)?;
    verify_entity(dispatch, run)?;
    if run.impersonated_by.is_some() {
        // It would stand in the record under the name of somebody who has not asked for it.
        let reason = "somebody ran the action in another person's name";
        return Err(Refusal::new(RefusalCode::Impersonated, "requester", reason, "revoke in your own name"));
    }
    if run.is_waiting() || run.is_declined() {
        let reason = format!("the run is {}: nobody has approved it", quoted(&run.status));
        return Err(Refusal::new(RefusalCode::NotApproved, "runId", reason, "have it approved in Port"));
    }
    if run.is_open() || remains.is_over(now) || matches!(remains, Remains::Denied { .. }) {
        return Ok(());
    }
    let reason = format!("the run is {} and over, and what it was to revoke stands", quoted(&run.status));
    Err(Refusal::new(RefusalCode::RunOver, "runId", reason, START_IN_PORT))
}

/// Checks a revocation by a workflow that was started by `stranger`, whom the rules file does not name.
///
/// It is a first line only: Port's run decides. It keeps whoever may write to the repository from playing another
/// person's run. What takes nothing away from anybody goes on: a grant that is gone or whose time is over, and a
/// revocation that had begun.
///
/// # Errors
///
/// Refuses while the grant stands.
pub fn verify_dispatcher(stranger: &str, remains: Remains, now: Timestamp) -> Result<(), Refusal> {
    if remains.is_over(now) || matches!(remains, Remains::Denied { .. }) {
        return Ok(());
    }
    Err(other_dispatcher(stranger))
}

/// Returns the refusal of a workflow that somebody started whom the rules file does not name.
pub fn other_dispatcher(login: &str) -> Refusal {
    let reason = format!("the workflow was started by {}, whom the rules file does not name", quoted(login));
    Refusal::new(RefusalCode::OtherDispatcher, "dispatchers", reason, "start the action in Port")
}

/// Checks that the time of a grant is over. `port_says_so` is what Port's own timer tells.
///
/// The end in the role's trust policy decides, by AWS's clock: that is when access ends. Port's timer is a property of
/// an entity, which other people may edit; it decides only where the trust bears no end, which no grant leaves behind,
/// so that access would go on.
///
/// # Errors
///
/// Refuses a grant whose time is not over, and one that is still being made.
pub fn verify_over(grant: &GrantId, remains: Remains, port_says_so: bool, now: Timestamp) -> Result<(), Refusal> {
    let has_no_end = matches!(remains, Remains::Denied { end: None } | Remains::Standing { end: None });
    if remains.is_over(now) || (has_no_end && port_says_so) {
        return Ok(());
    }
    let reason = format!("the time of {grant} is not over");
    Err(Refusal::new(RefusalCode::NotExpired, "entity", reason, "run `Revoke permissions` in Port to end it now"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::identifier::RunId;

    const BEFORE: &str = "2026-11-23T19:59:59Z";
    const NOW: &str = "2026-11-23T20:00:00Z";
    const AFTER: &str = "2026-11-23T20:00:01Z";

    fn at(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn dispatch() -> Dispatch {
        let run_id = RunId::parse("r_2").unwrap();
        Dispatch { run_id, entity: "Permission-r_1".to_owned(), requester: None, properties: json!(null) }
    }

    fn run(status: &str) -> Run {
        Run {
            id: "r_2".to_owned(),
            action: "revoke_permissions".to_owned(),
            entity: Some("Permission-r_1".to_owned()),
            status: status.to_owned(),
            status_label: None,
            created_by: Some("auth0|dana".to_owned()),
            impersonated_by: None,
            created_at: None,
            updated_at: None,
            ended_at: None,
            has_ended: false,
            properties: json!({}),
            raw_properties: json!({}),
            needs_approval: false,
        }
    }

    const STANDING: Remains = Remains::Standing { end: None };

    #[test]
    fn an_open_run_ends_its_grant_and_no_other() {
        assert_eq!(verify_revocation(&dispatch(), &run("IN_PROGRESS"), STANDING, now()), Ok(()));
        let other = Run { entity: Some("Permission-r_9".to_owned()), ..run("IN_PROGRESS") };
        assert_eq!(verify_revocation(&dispatch(), &other, STANDING, now()).unwrap_err().code.as_str(), "other-entity");
    }

    #[test]
    fn another_run_than_was_asked_for_ends_nothing() {
        let other = Run { id: "r_9".to_owned(), ..run("IN_PROGRESS") };
        assert_eq!(verify_revocation(&dispatch(), &other, STANDING, now()).unwrap_err().code.as_str(), "other-run");
    }

    #[test]
    fn nobody_revokes_in_another_person_s_name() {
        let run = Run { impersonated_by: Some("auth0|ada".to_owned()), ..run("IN_PROGRESS") };
        let refusal = verify_revocation(&dispatch(), &run, STANDING, now()).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("impersonated", "requester"));
    }

    #[test]
    fn a_run_that_nobody_approved_ends_nothing_whatever_is_left() {
        for status in ["WAITING_FOR_APPROVAL", "DECLINED"] {
            for remains in [STANDING, Remains::Denied { end: None }, Remains::Standing { end: at(BEFORE) }] {
                let refusal = verify_revocation(&dispatch(), &run(status), remains, now()).unwrap_err();
                assert_eq!(refusal.code.as_str(), "not-approved", "{status} {remains:?}");
            }
        }
    }

    #[test]
    fn a_run_that_is_over_may_finish_what_it_began_and_end_nothing_else() {
        let ended = Run { has_ended: true, ..run("IN_PROGRESS") };
        for run in [run("SUCCESS"), run("FAILURE"), run("CANCELLED"), ended] {
            for (remains, may) in [
                (Remains::Standing { end: at(AFTER) }, false),
                (Remains::Standing { end: None }, false),
                (Remains::Gone { is_asked_for: true }, false),
                (Remains::Gone { is_asked_for: false }, true),
                (Remains::Standing { end: at(BEFORE) }, true),
                (Remains::Denied { end: at(AFTER) }, true),
            ] {
                let verified = verify_revocation(&dispatch(), &run, remains, now());
                assert_eq!(verified.is_ok(), may, "{} {remains:?}", run.status);
                assert!(may || verified.unwrap_err().code.as_str() == "run-over");
            }
        }
    }

    #[test]
    fn an_end_within_half_a_minute_is_waited_for() {
        let in_seconds = |seconds: i64| Some(now() + jiff::SignedDuration::from_secs(seconds));
        for (seconds, waits) in [(-1, None), (0, None), (1, Some(2)), (30, Some(31)), (31, None)] {
            let end = in_seconds(seconds);
            for remains in [Remains::Standing { end }, Remains::Denied { end }] {
                assert_eq!(remains.nearly_over(now()), waits, "{seconds} {remains:?}");
            }
        }
        assert_eq!(STANDING.nearly_over(now()), None);
        assert_eq!(Remains::Gone { is_asked_for: true }.nearly_over(now()), None);
    }

    #[test]
    fn a_stranger_may_finish_what_is_over_and_end_nothing_that_stands() {
        for (remains, may) in [
            (Remains::Standing { end: at(AFTER) }, false),
            (Remains::Standing { end: None }, false),
            (Remains::Gone { is_asked_for: true }, false),
            (Remains::Gone { is_asked_for: false }, true),
            (Remains::Standing { end: at(BEFORE) }, true),
            (Remains::Denied { end: at(AFTER) }, true),
        ] {
            let verified = verify_dispatcher("max", remains, now());
            assert_eq!(verified.is_ok(), may, "{remains:?}");
            assert!(may || verified.unwrap_err().is_of_the_workflow());
        }
    }

    #[test]
    fn the_end_in_the_role_decides_and_not_port_s_timer() {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        for (remains, port_says_so, over) in [
            (Remains::Standing { end: at(BEFORE) }, false, true),
            (Remains::Standing { end: at(NOW) }, false, true),
            (Remains::Standing { end: at(AFTER) }, true, false),
            (Remains::Denied { end: at(AFTER) }, true, false),
            (Remains::Standing { end: None }, true, true),
            (Remains::Standing { end: None }, false, false),
            (Remains::Gone { is_asked_for: false }, false, true),
            (Remains::Gone { is_asked_for: true }, true, false),
        ] {
            let verified = verify_over(&grant, remains, port_says_so, now());
            assert_eq!(verified.is_ok(), over, "{remains:?} {port_says_so}");
            assert!(over || verified.unwrap_err().code.as_str() == "not-expired");
        }
    }
}
