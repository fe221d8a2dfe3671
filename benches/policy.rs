//! How long the policy compiler takes: `scripts/bench-policy` runs this and the whole process beside it.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, reason = "a program that prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use port_iam::assets::policy_template;
use port_iam::domain::arn::Arn;
use port_iam::domain::identifier::{AccountId, ActionName};
use port_iam::domain::policy::{Allowances, Judged, actions_on, compile, documents_within, judge};
use port_iam::domain::quotas::Limits;
use port_iam::domain::reference;
use port_iam::domain::template::PolicyTemplate;

/// Milliseconds that no request may exceed.
const MOST: u32 = 50;

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

/// Judges actions that are not granted on the resource: what stands before a refusal.
fn judged(arn: &str, actions: &[String]) {
    let names: Vec<&str> = actions.iter().map(String::as_str).collect();
    black_box(judge(&[arn], &names, &Allowances::default()));
}

/// Makes the documents of a grant, from texts to what IAM is given.
fn compiled(arn: &str, actions: &[String], template: &PolicyTemplate) {
    let account = AccountId::parse("account", "123456789012").unwrap();
    let arn = Arn::parse("resource", arn).unwrap();
    let actions: Vec<ActionName> = actions.iter().map(|text| ActionName::parse(text).unwrap()).collect();
    let compiled = compile(&[arn], &actions, &account, &Allowances::default()).unwrap();
    let end = jiff::Timestamp::UNIX_EPOCH;
    black_box(documents_within(template, &compiled.statements, end, Limits::default().room()).unwrap());
}

fn actions_of(prefix: &str, count: usize) -> Vec<String> {
    let service = reference::service(prefix).unwrap();
    service.actions.iter().take(count).map(|action| format!("{prefix}:{}", action.name)).collect()
}

/// Returns actions that are granted on the resource by default; fewer where there are no more.
fn granted_on(arn: &str, count: usize) -> Vec<String> {
    let facts = actions_on(&Arn::parse("resource", arn).unwrap());
    let names: Vec<String> = facts.into_iter().filter(|facts| !facts.denied).map(|facts| facts.name).collect();
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    let verdicts = judge(&[arn], &texts, &Allowances::default());
    verdicts.into_iter().filter(Judged::is_granted).map(|judged| judged.action).take(count).collect()
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
    let template = PolicyTemplate::parse(&policy_template().unwrap(), false).unwrap();
    for (service, arn) in [("s3", "arn:aws:s3:::my-s3-bucket"), ("ec2", instance)] {
        for (count, most) in [(1, 10), (10, 10), (100, MOST)] {
            let actions = granted_on(arn, count);
            let time = median(100, || compiled(arn, &actions, &template));
            tell(&format!("compile {} actions of {service}", actions.len()), time, Some(millisecond * most));
        }
    }
    // The most that one request may take: what `scripts/fuzz` holds every input to.
    let most = Some(millisecond * MOST);
    let mixed: Vec<String> = all.iter().flat_map(|prefix| actions_of(prefix, 1)).take(100).collect();
    tell("judge 100 actions of 100 services", median(20, || judged(instance, &mixed)), most);
    let unknown: Vec<String> = (0..100).map(|number| format!("s3:GetObjekt{number}")).collect();
    tell("refuse 100 actions that AWS does not have", median(20, || judged(instance, &unknown)), most);
}
