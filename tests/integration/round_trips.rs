//! How many round trips somebody waits for: each answer takes its time, and what can be asked at once is asked at once.

use std::time::Duration;

use port_iam::sandbox::request_log::{Api, Exchange, most_at_once, round_trips};

use crate::installed::Installed;

/// What an answer takes: long beside anything that a busy machine does between two requests.
const LATENCY: Duration = Duration::from_millis(250);

fn name(exchange: &Exchange) -> String {
    match exchange.aws_action() {
        Some(action) => action.to_owned(),
        None => format!("{} {}", exchange.method, exchange.path),
    }
}

/// Returns what went over the wire while every answer took its time.
fn exchanged(installed: &Installed, command: impl FnOnce(&Installed)) -> Vec<Exchange> {
    let since = installed.harness.sandbox.log.len();
    installed.harness.sandbox.faults.set_latency(LATENCY);
    command(installed);
    installed.harness.sandbox.faults.set_latency(Duration::ZERO);
    installed.exchanges_since(since)
}

/// Returns what was waited for, one after the other.
fn waited_for(installed: &Installed, command: impl FnOnce(&Installed)) -> Vec<String> {
    round_trips(&exchanged(installed, command)).into_iter().map(name).collect()
}

/// Holds the connections that each system accepts against the requests that are under way there at once.
fn connections_are_used_again(installed: &Installed, command: impl FnOnce(&Installed)) {
    let before = installed.harness.sandbox.connections();
    let exchanges = exchanged(installed, command);
    let after = installed.harness.sandbox.connections();
    for (at, api) in [Api::Port, Api::Github, Api::Aws].into_iter().enumerate() {
        let (accepted, at_once) = (after[at] - before[at], most_at_once(&exchanges, api));
        let of_it = exchanges.iter().filter(|exchange| exchange.api == api);
        let names: Vec<_> = of_it.map(|exchange| (exchange.span, name(exchange))).collect();
        assert!(accepted <= at_once, "{accepted} connections for {at_once} requests at once: {names:#?}");
    }
}

fn at_most(most: usize, waited_for: &[String]) {
    assert!(
        waited_for.len() <= most,
        "{} round trips, and {most} at most:\n{}",
        waited_for.len(),
        waited_for.join("\n")
    );
}

#[test]
fn a_grant_is_no_deeper_than_its_safety_asks_for() {
    let installed = Installed::new();
    let request = installed.request();
    at_most(7, &waited_for(&installed, |installed| _ = installed.grant(&request).exits(0)));
}

#[test]
fn a_revocation_is_no_deeper_than_its_safety_asks_for() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    at_most(9, &waited_for(&installed, |installed| _ = installed.revoke(&revocation).exits(0)));
}

#[test]
fn a_grant_uses_its_connections_again() {
    let installed = Installed::new();
    let request = installed.request();
    connections_are_used_again(&installed, |installed| _ = installed.grant(&request).exits(0));
}

#[test]
fn a_revocation_uses_its_connections_again() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    connections_are_used_again(&installed, |installed| _ = installed.revoke(&revocation).exits(0));
}

/// What a read asks for, told from every other one.
fn asked_for(exchange: &Exchange) -> String {
    format!("{} {}?{} {}", exchange.method, exchange.path, exchange.query, exchange.body)
}

/// Holds a set-up that has nothing to do to what it may read and wait for.
fn reads_at_most(most: usize, installed: &Installed, arguments: &[&str]) {
    let exchanges = exchanged(installed, |installed| _ = installed.harness.run(arguments).exits(0));
    let written: Vec<_> = exchanges.iter().filter(|exchange| exchange.is_write()).map(name).collect();
    assert!(written.is_empty(), "{written:?}");
    let mut reads: Vec<_> = exchanges.iter().map(asked_for).collect();
    assert!(reads.len() <= most, "{} reads, and {most} at most:\n{}", reads.len(), reads.join("\n"));
    reads.sort();
    let (all, list) = (reads.len(), reads.join("\n"));
    reads.dedup();
    assert_eq!(reads.len(), all, "something is read twice:\n{list}");
    at_most(4, &round_trips(&exchanges).into_iter().map(name).collect::<Vec<_>>());
}

#[test]
fn a_set_up_with_an_access_key_that_has_nothing_to_do_reads_little_and_waits_less() {
    let mut installed = Installed::new();
    reads_at_most(30, &installed, &["init", "--yes"]);
    // What nobody says is read from the workflow that is there.
    installed.harness.set("PORT_IAM_AWS_AUTH", None);
    reads_at_most(30, &installed, &["init", "--yes"]);
}

#[test]
fn a_set_up_with_roles_that_has_nothing_to_do_looks_at_those_besides() {
    let installed = crate::oidc::installed();
    // How GitHub writes tokens, the provider, and of each of two roles: itself, its policies of either kind, and the policy.
    reads_at_most(30 + 1 + 1 + 2 * (3 + 2), &installed, &["init", "--yes", "--aws-setup"]);
}

/// Whoever asks each system for one thing after the other waits for nearly sixty answers. What one look needs from another
/// makes the depth: who asks, the repository and its files, what these name, what that holds.
#[test]
fn doctor_looks_at_everything_side_by_side() {
    for installed in [Installed::new(), crate::oidc::installed()] {
        let exchanges = exchanged(&installed, |installed| _ = installed.harness.run(&["doctor"]));
        assert!(exchanges.len() > 50, "{}", exchanges.len());
        assert!(exchanges.iter().all(|exchange| !exchange.is_write()));
        let deepest: Vec<String> = round_trips(&exchanges).into_iter().map(name).collect();
        at_most(9, &deepest);
        // None of the three waits for another one, and none for its own answers where it need not.
        let at_once = [Api::Port, Api::Github, Api::Aws].map(|api| most_at_once(&exchanges, api));
        assert!(at_once.iter().all(|most| *most >= 3), "{at_once:?}");
        let begun = |api: Api| exchanges.iter().filter(|it| it.api == api).map(|it| it.span.0).min().unwrap();
        let firsts = [begun(Api::Port), begun(Api::Github), begun(Api::Aws)];
        let apart = firsts.iter().max().unwrap().saturating_sub(*firsts.iter().min().unwrap());
        assert!(apart < 2 * LATENCY, "the systems are not asked at once: {firsts:?}");
    }
}

#[test]
fn a_first_set_up_reads_everything_before_and_at_its_end_and_writes_four_things_at_once_at_most() {
    let mut harness = crate::harness::Harness::for_installation();
    harness.set("PORT_IAM_AWS_AUTH", Some("access-key"));
    let installed = Installed { harness };
    let exchanges = exchanged(&installed, |installed| _ = installed.harness.run(&["init", "--yes"]).exits(0));
    let mut reads: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for exchange in exchanges.iter().filter(|exchange| !exchange.is_write()) {
        *reads.entry(asked_for(exchange)).or_default() += 1;
    }
    // Before anything is done and at the end everything is looked at, and the repository before its workflows are entrusted
    // with anything. One that is made has to appear besides.
    let of_repository = |read: &str| read.starts_with("GET /repos/");
    let appears = |read: &str| read.ends_with("/port-iam-permissions? null") || read.contains("/git/ref/heads/");
    let most = |read: &str| 2 + usize::from(of_repository(read)) + usize::from(appears(read));
    let again: Vec<_> = reads.iter().filter(|(read, count)| **count > most(read)).collect();
    assert!(again.is_empty(), "{again:#?}");
    let writes: Vec<Exchange> = exchanges.into_iter().filter(Exchange::is_write).collect();
    let systems = [Api::Port, Api::Github, Api::Aws];
    assert!(systems.into_iter().map(|api| most_at_once(&writes, api)).sum::<usize>() <= 4);
}
