//! How long the policy compiler takes: `scripts/bench-policy` runs this and the whole process beside it.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, reason = "a program that prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use port_iam::domain::policy::{Allowances, judge};
use port_iam::domain::reference;

/// Returns the median of `times` runs.
fn median(times: usize, mut work: impl FnMut()) -> Duration {
    work();
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    taken.sort();
    taken[taken.len() / 2]
}

fn tell(what: &str, time: Duration, target: Option<Duration>) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let verdict = target.map_or(String::new(), |target| {
        let word = if time <= target { "ok" } else { "MISSED" };
        format!("  target {:.0} ms: {word}", milliseconds(target))
    });
    println!("{what:<44} {:>9.3} ms{verdict}", milliseconds(time));
}

fn compile(arn: &str, actions: &[String]) {
    let names: Vec<&str> = actions.iter().map(String::as_str).collect();
    black_box(judge(&[arn], &names, &Allowances::default()));
}

fn actions_of(prefix: &str, count: usize) -> Vec<String> {
    let service = reference::service(prefix).unwrap();
    service.actions.iter().take(count).map(|action| format!("{prefix}:{}", action.name)).collect()
}

fn main() {
    let millisecond = Duration::from_millis(1);
    for prefix in ["sqs", "s3", "ec2"] {
        let time = median(200, || {
            black_box(reference::service(prefix));
        });
        tell(&format!("lookup of {prefix}"), time, Some(millisecond));
    }
    let all: Vec<&str> = reference::prefixes().collect();
    let whole = median(5, || {
        for prefix in &all {
            black_box(reference::service(prefix));
        }
    });
    println!("{:<44} {:>9.0}", "lookups per second, over all services", all.len() as f64 / whole.as_secs_f64());
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc";
    for (prefix, arn) in [("s3", "arn:aws:s3:::my-s3-bucket"), ("ec2", instance)] {
        for count in [1, 10, 100] {
            let actions = actions_of(prefix, count);
            let time = median(100, || compile(arn, &actions));
            tell(&format!("compile {count} actions of {prefix}"), time, None);
        }
    }
    let mixed: Vec<String> = all.iter().flat_map(|prefix| actions_of(prefix, 1)).take(100).collect();
    tell("compile 100 actions of 100 services", median(20, || compile(instance, &mixed)), None);
    let unknown: Vec<String> = (0..100).map(|number| format!("s3:GetObjekt{number}")).collect();
    tell("refuse 100 actions that AWS does not have", median(20, || compile(instance, &unknown)), None);
}
