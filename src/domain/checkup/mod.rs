//! What `doctor` looks at: a table of checks over what was seen, each group a file. Another check is another line of a
//! table.
//!
//! What `init` would do is not judged a second time: the plan is made as `plan` makes it, and each open step of it turns
//! one check. So the two never contradict each other, and nothing that is open is left out.

mod access;
mod aws;
mod finding;
mod github;
mod planned;
mod port;
mod probe;
mod program;
mod seen;
mod sweep;
#[cfg(test)]
mod tests;

pub use finding::{Finding, Severity};
pub use planned::Planned;
pub use probe::{left_over, probe_action};
pub use seen::{
    AwsSeen, Bar, Barred, ClockSeen, GitHubSeen, InStepSeen, Look, PortSeen, RunSeen, Seen, SweepSeen, Unseen,
    UserSeen, WorkflowPortSeen, WorkflowSeen,
};

use super::setup::System;
use planned::Share;

/// One line of the table.
struct Check {
    /// Its stable name.
    name: &'static str,
    judge: Judge,
}

/// How a check comes to its outcome.
enum Judge {
    /// From what was seen.
    Seen(fn(&Seen) -> Outcome),
    /// From its share of what `init` would do.
    Planned(Share),
}

/// How a check comes out, what it says, and what to do.
type Outcome = (Severity, String, Option<String>);

/// The groups in the order in which they are told: what the others need comes first.
static GROUPS: [&[Check]; 6] =
    [&access::CHECKS, &port::CHECKS, &github::CHECKS, &sweep::CHECKS, &aws::CHECKS, &program::CHECKS];

/// Returns the names of all checks.
pub fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().flatten().map(|check| check.name)
}

/// Runs all checks.
pub fn examine(seen: &Seen) -> Vec<Finding> {
    let finding = |check: &Check| {
        let (severity, what, remedy) = match &check.judge {
            Judge::Seen(judge) => judge(seen),
            Judge::Planned(share) => planned::judge(share, seen),
        };
        Finding { check: check.name, severity, what, remedy }
    };
    GROUPS.into_iter().flatten().map(finding).collect()
}

/// Returns the shares of the plan, all of the table, in its order.
fn shares() -> impl Iterator<Item = &'static Share> {
    GROUPS.into_iter().flatten().filter_map(|check| match &check.judge {
        Judge::Planned(share) => Some(share),
        Judge::Seen(_) => None,
    })
}

const fn check(name: &'static str, judge: fn(&Seen) -> Outcome) -> Check {
    Check { name, judge: Judge::Seen(judge) }
}

/// Returns how a check is judged whose share `init` mends.
const fn share(
    system: System,
    fine: &'static str,
    differing: Severity,
    takes: fn(&planned::Part<'_>, &Planned) -> bool,
    codes: &'static [&'static str],
) -> Judge {
    Judge::Planned(Share { system, fine, differing, takes, codes, remedy: "port-iam init" })
}

fn fine(what: impl Into<String>) -> Outcome {
    (Severity::Fine, what.into(), None)
}

/// It cannot be told, and that is told elsewhere or is nobody's fault.
fn unknown(what: impl Into<String>) -> Outcome {
    (Severity::Unknown, what.into(), None)
}

fn bad(severity: Severity, what: impl Into<String>, remedy: impl Into<String>) -> Outcome {
    (severity, what.into(), Some(remedy.into()))
}

/// Returns the outcome of a look that failed: an error here, unless another check tells it.
fn unseen(what: &str, why: &Unseen, remedy: impl Into<String>) -> Outcome {
    match why {
        Unseen::Elsewhere(why) => unknown(format!("{what} was not looked at: {why}")),
        Unseen::Here(why) => bad(Severity::Error, format!("{what} cannot be looked at: {why}"), remedy),
    }
}
