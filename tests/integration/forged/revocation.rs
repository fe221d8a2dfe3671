//! What Port answers about the run of a revocation.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::installed::Installed;

/// What is forged of a revocation, at which place of the run, what stands there, and what comes of it.
type ForgedRevocation = (&'static str, &'static str, Value, u8, &'static str);

#[test]
fn every_forged_field_of_a_revocation_is_refused() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let forgeries: [ForgedRevocation; 12] = [
        ("another entity", "/run/entity", json!({ "identifier": "Permission-r_other" }), 5, "refused::entity:"),
        ("no entity", "/run/entity", json!(null), 5, "refused::entity:"),
        ("another action", "/run/action", json!({ "identifier": "request_permissions" }), 5, "refused::runId:"),
        (
            "the timer's action",
            "/run/action",
            json!({ "identifier": "revoke_expired_permissions" }),
            5,
            "refused::entity:",
        ),
        ("in another's name", "/run/impersonatedBy", json!("auth0|ada"), 5, "refused::requester:"),
        ("in another's name, otherwise", "/run/impersonatedBy", json!({ "id": "auth0|ada" }), 5, "refused::requester:"),
        ("waiting", "/run/status", json!("WAITING_FOR_APPROVAL"), 5, "refused::runId:"),
        ("declined", "/run/status", json!("DECLINED"), 5, "refused::runId:"),
        ("withdrawn", "/run/status", json!("FAILURE"), 5, "refused::runId:"),
        ("done", "/run/status", json!("SUCCESS"), 5, "refused::runId:"),
        ("with an end", "/run/endedAt", json!("2026-11-23T20:00:00.000Z"), 5, "refused::runId:"),
        ("of no status", "/run/status", json!(null), 1, "read the run"),
    ];
    for (what, pointer, value, exit_code, words) in forgeries {
        let revocation = installed.give_back(&grant);
        let faults = &installed.harness.sandbox.faults;
        let fault = Fault::Forged { pointer: pointer.to_owned(), value };
        // Read once to decide, and once more to be told: that must find the real one.
        faults.plan_first(&format!("GET /v1/actions/runs/{}", revocation.run_id), fault);
        let since = installed.harness.sandbox.log.len();
        let ran = installed.revoke(&revocation);
        faults.clear();
        assert_eq!(ran.exit_code, exit_code, "{what}: {}", ran.stdout);
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{what}");
        let (status, log) = (installed.run(&revocation.run_id)["status"].clone(), installed.log_of(&revocation.run_id));
        let told = if exit_code == 5 { "refused: " } else { "error: " };
        assert!(status == "FAILURE" && log.contains(told), "{what}: {status} {log}");
    }
    for account in ["210987654321", "12345"] {
        let revocation = installed.give_back(&grant);
        let ran = installed.step("revoke", &revocation, &[("AWS_ACCOUNT_ID", account)]).exits(5);
        assert!(ran.stdout.contains("refused::AWS_ACCOUNT_ID:"), "{}", ran.stdout);
        assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    }
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

const APP: &str = "getport-io[bot]";

/// Who started the workflow of a revocation, and what comes of it.
fn started_by<'a>(actor: &'a str, triggering: &'a str) -> [(&'static str, &'a str); 2] {
    [("GITHUB_ACTOR", actor), ("GITHUB_TRIGGERING_ACTOR", triggering)]
}

fn listed(installed: &Installed) {
    installed.set_rules(|rules| rules.replace("\nrules:\n", "\ndispatchers: [\"getport-io[bot]\"]\nrules:\n"));
}

#[test]
fn a_stranger_s_dispatch_revokes_nothing_that_stands_and_leaves_the_run_open() {
    let installed = Installed::new();
    listed(&installed);
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
    listed(&installed);
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
    listed(&installed);
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
    listed(&installed);
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore);
    installed.step("revoke", &revocation, &started_by("max", "max")).exits(5);
    assert_eq!(installed.roles(), [grant]);
    let ran = installed.step("revoke", &revocation, &started_by(APP, APP)).exits(1);
    assert!(ran.stdout.contains("is gone from AWS"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
}
