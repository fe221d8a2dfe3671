//! What a person waits for: from the click to the first call that is allowed, and from the click to the last one after a
//! revocation, while AWS needs up to a minute to let anybody see what was written.
//!
//! Time is the sandbox's: what the program waits for moves its clock, and what it works takes the time that it takes.

use jiff::{SignedDuration, Timestamp};
use port_iam::sandbox::cast;

use crate::installed::Installed;
use crate::table::{Table, median, quantile};

/// The longest delay, in seconds.
const LONGEST: u32 = 60;
/// From one delay to the next, in milliseconds: no whole seconds, in which the program itself counts.
const STEP: usize = 1_937;
/// How much of what a person waits for may be ours, in seconds.
const OURS: f64 = 2.0;
/// Between two of her tries.
const PAUSE: SignedDuration = SignedDuration::from_millis(100);

/// One grant that was asked for and given back, in seconds.
struct Waited {
    /// Until the call is allowed, beyond the delay.
    until_allowed: f64,
    /// Until no call is allowed any more, beyond the delay.
    until_denied: f64,
}

/// Measures it under delays of 0 to 60 seconds.
pub(crate) fn measure(table: &mut Table) {
    let delays: Vec<u32> = (0..=LONGEST * 1_000).step_by(STEP).collect();
    table.about(&format!(
        "What a person waits for beyond AWS's own delay, which is 0 to {LONGEST} s, in {} steps",
        delays.len()
    ));
    let waited: Vec<Waited> = delays.into_iter().map(with_delay).collect();
    let of = |figure: fn(&Waited) -> f64| waited.iter().map(figure).collect::<Vec<_>>();
    for (what, figures) in [
        ("from the click to the first allowed call", of(|waited| waited.until_allowed)),
        ("from the click of a revocation to the last allowed call", of(|waited| waited.until_denied)),
    ] {
        table.figure(&format!("{what}, median"), median(&figures), "s");
        table.at_most(&format!("{what}, 95 of 100"), quantile(&figures, 95), OURS, "s");
    }
}

fn with_delay(milliseconds: u32) -> Waited {
    let mut installed = Installed::new();
    installed.harness.waits_by_the_clock = true;
    let delay = SignedDuration::from_millis(milliseconds.into());
    installed.harness.sandbox.aws.delay_visibility_for(delay);
    let clock = installed.harness.sandbox.clock.clone();
    let clicked = clock.now();
    let asked = installed.request_by(cast::DANA);
    installed.grant(&asked).exits(0);
    // She is told when it ends, and calls then at the earliest.
    let until_allowed = seconds_until(&installed, clicked, &asked.grant(), true);
    clock.advance(delay);
    let clicked = clock.now();
    let returned = installed.give_back(&asked.grant());
    // Whatever it could not see gone any more, it has taken away.
    installed.revoke(&returned);
    let until_denied = seconds_until(&installed, clicked, &asked.grant(), false);
    Waited { until_allowed: until_allowed - delay.as_secs_f64(), until_denied: until_denied - delay.as_secs_f64() }
}

/// Returns how long after `clicked` a call becomes allowed, or does not stay so: she tries again and again, and her pauses
/// move the clock.
fn seconds_until(installed: &Installed, clicked: Timestamp, grant: &str, allowed: bool) -> f64 {
    let clock = &installed.harness.sandbox.clock;
    while is_allowed(installed, grant) != allowed {
        clock.advance(PAUSE);
    }
    clicked.duration_until(clock.now()).as_secs_f64()
}

/// Whether AWS shows a role that can do something: the grant's policy is attached to it, and nothing denies everything.
fn is_allowed(installed: &Installed, grant: &str) -> bool {
    let mut names = Vec::new();
    installed.harness.with_aws(async |iam| {
        // A role that is not shown has nothing attached.
        if let Ok(attached) = iam.list_attached_role_policies().role_name(grant).send().await {
            names.extend(attached.attached_policies().iter().filter_map(|policy| policy.policy_name.clone()));
        }
    });
    names.iter().any(|name| name == grant) && !names.iter().any(|name| name == "AWSDenyAll")
}
