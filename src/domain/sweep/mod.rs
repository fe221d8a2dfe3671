//! The sweep: what AWS and Port hold of all grants, compared both ways, and what is to be done about it.
//!
//! Pure. Whoever looks asks [`judge`] again and again: it answers with the plan so far and with the questions that have
//! to be answered before the rest can be judged. Names, paths and what Port holds decide; a tag is an index and decides
//! only whose a thing is that nobody else knows.

mod case;
mod close_look;
mod difference;
mod entity;
mod marked;
mod orphan;
mod over;
mod plan;
mod policy;
mod review;
mod role;
mod seen;
mod stop;
mod verdict;

#[cfg(test)]
mod tests;

pub use close_look::chosen_for_close_look;
pub use marked::MarkedRecord;
pub use plan::{Action, Denial, Finding, FindingKind, Left, Plan, Question, Reason, Step, Waiting};
pub use seen::{Beside, EntitySeen, Look, RecordSeen, Seen};
pub use verdict::Verdict;

use jiff::{SignedDuration, Timestamp};

/// How long something may be half made, or missing, before it counts as left over.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// What the sweep makes of everything that was seen.
///
/// While [`Plan::questions`] is not empty, the plan is unfinished: answer them in `seen` and judge again.
pub fn judge(seen: &Seen) -> Plan {
    let mut plan = Plan::default();
    for role in seen.roles.values() {
        role::judge(seen, role, &mut plan);
    }
    policy::judge_all(seen, &mut plan);
    entity::judge_all(seen, &mut plan);
    doubt_unanswered(seen, &mut plan);
    review::name_all(seen, &mut plan);
    plan.in_order();
    if let Some((reason, held)) = stop::reason(seen, &plan) {
        (plan.stop, plan.held) = (Some(reason), held);
    }
    plan
}

/// What could not be asked is told, and is not asked again.
fn doubt_unanswered(seen: &Seen, plan: &mut Plan) {
    for (question, why) in &seen.unanswered {
        if !plan.questions.remove(question) {
            continue;
        }
        let arn = match question {
            Question::Role(name) | Question::Run(name) => seen.roles.get(name).map(|role| role.arn.as_str()),
            Question::Policy(name) | Question::Holders(name) => {
                seen.policies.get(name).map(|policy| policy.arn.as_str())
            }
        };
        let what = match question {
            Question::Role(_) | Question::Policy(_) => format!("it could not be looked at ({why})"),
            Question::Holders(_) => format!("whom it is attached to could not be listed ({why})"),
            Question::Run(_) => format!("its run could not be compared with it ({why})"),
        };
        plan.find(FindingKind::Doubtful, arn.unwrap_or_default(), what);
    }
}

/// Returns whether the grace period that began at `since` is over.
fn is_past_grace(since: Timestamp, now: Timestamp) -> bool {
    since.checked_add(GRACE).is_ok_and(|end| end <= now)
}
