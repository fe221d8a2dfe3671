//! Who may start the workflow of a revocation, and what becomes of a stranger's. What is forged of one: `revoked`.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::installed::Installed;

const APP: &str = "getport-io[bot]";

/// Who started the workflow of a revocation, and what comes of it.
fn started_by<'a>(actor: &'a str, triggering: &'a str) -> [(&'static str, &'a str); 2] {
    [("GITHUB_ACTOR", actor), ("GITHUB_TRIGGERING_ACTOR", triggering)]
}

#[test]
fn a_stranger_s_dispatch_revokes_nothing_that_stands_and_leaves_the_run_open() {
    let installed = Installed::new();
    let grant = installed.granted_by(APP).grant();
    let revocation = installed.give_back(&grant);
    let other = revocation.forged(|context| context["entity"]["identifier"] = json!("Permission-r_other"));
    for (what, dispatch, actors) in [
        ("the actor", &revocation, started_by("max", APP)),
        ("who repeated it", &revocation, started_by(APP, "max")),
        ("somebody of another letter case", &revocation, started_by("GETPORT-IO", APP)),
        ("a stranger with another entity", &other, started_by("max", "max")),
    ] {
        let since = installed.harness.sandbox.log.len();
        let ran = installed.step("revoke", dispatch, &actors).exits(5);
        assert!(ran.stdout.contains("refused::dispatchers:"), "{what}: {}", ran.stdout);
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{what}");
        assert_eq!(installed.run(&revocation.run_id)["status"], "IN_PROGRESS", "{what}");
        assert!(installed.log_of(&revocation.run_id).contains("whom the rules file does not name"), "{what}");
    }
    installed.step("revoke", &revocation, &started_by(APP, "GetPort-IO[bot]")).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn a_stranger_may_finish_what_had_begun_and_what_is_over() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.with_aws(async |iam| {
        let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
        iam.attach_role_policy().role_name(&grant).policy_arn(deny).send().await.unwrap();
    });
    installed.step("revoke", &revocation, &started_by("max", "max")).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn a_timer_s_run_ends_what_is_over_whoever_dispatched_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let before = installed.runs().len();
    installed.pass(61);
    let inputs = installed.next_dispatch(before).inputs;
    let context: Value = serde_json::from_str(&inputs["port_context"]).unwrap();
    let timer = crate::installed::Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs };
    installed.step("revoke", &timer, &started_by("max", "max")).exits(0);
    assert!(!installed.roles().contains(&grant));
}

#[test]
fn a_list_that_cannot_be_read_keeps_nobody_from_revoking() {
    for broken in [false, true] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        if broken {
            installed.set_rules(|rules| rules.replace("version: 1", "version: none"));
        }
        let revocation = installed.give_back(&grant);
        if !broken {
            installed.harness.sandbox.faults.plan(Some(Api::Github), 0, 999, Fault::DropBefore);
        }
        installed.step("revoke", &revocation, &started_by("max", "max")).exits(0);
        assert_eq!(installed.roles(), [""; 0]);
    }
}

#[test]
fn while_port_is_down_a_stranger_s_dispatch_takes_nothing_away() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore);
    installed.step("revoke", &revocation, &started_by("max", "max")).exits(5);
    assert_eq!(installed.roles(), [grant]);
    let ran = installed.step("revoke", &revocation, &started_by(APP, APP)).exits(1);
    assert!(ran.stdout.contains("is gone from AWS"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
}
