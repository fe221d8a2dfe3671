//! A run that a person starts, whose answer is lost: it is looked up, and no second one is started.

use jiff::SignedDuration;
use port_iam::sandbox::cast::{self, Person};
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::json;

use crate::harness::Ran;
use crate::installed::{BUCKET, Dispatched, Installed};

const ASKING: [&str; 5] = ["request", "--resource", BUCKET, "--permission", "s3:PutObject"];
const UNTOLD: &str = "the run may have been started all the same: look at the runs of";

fn run_as(installed: &Installed, person: Person, arguments: &[&str]) -> Ran {
    let pair = [("PORT_CLIENT_ID", person.port_client_id), ("PORT_CLIENT_SECRET", person.port_client_secret)];
    installed.harness.run_with(arguments, &pair)
}

/// Plans a fault for the next start of an action.
fn plan(installed: &Installed, action: &str, fault: Fault) {
    installed.harness.sandbox.faults.plan_first(&format!("POST /v1/actions/{action}/runs"), fault);
}

/// Returns how many runs of the action Port has.
fn runs_of(installed: &Installed, action: &str) -> usize {
    let mut count = 0;
    installed.harness.with_port(async |port| count = port.runs_of(action).await.unwrap().len());
    count
}

/// Returns how often somebody tried to start an action.
fn starts_since(installed: &Installed, since: usize) -> usize {
    let writes = installed.harness.writes(Api::Port, since);
    let starts = writes.iter().filter(|write| write.path.starts_with("/v1/actions/") && write.path.ends_with("/runs"));
    starts.count()
}

#[track_caller]
fn assert_untold(ran: Ran, action: &str, entity: &str) {
    let ran = ran.exits(1);
    let told =
        format!("hint: {UNTOLD} {action} on {entity} in Port, and run the same command again only if yours is not");
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    assert!(!ran.stderr.contains("goes on where it stopped") && !ran.stderr.contains("Started "), "{}", ran.stderr);
}

#[test]
fn a_request_whose_answer_is_lost_goes_on_with_the_run_that_was_started() {
    let installed = Installed::new();
    // The same was asked for by somebody else, whose run is none of hers.
    installed.request_by(cast::MAX);
    let (before, since) = (installed.runs().len(), installed.harness.sandbox.log.len());
    plan(&installed, "request_permissions", Fault::DropAfter);
    let (ran, grant) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| run_as(&installed, cast::DANA, &[&ASKING[..], &["--duration", "1h"]].concat()));
        let inputs = installed.next_dispatch(before).inputs;
        let context: serde_json::Value = serde_json::from_str(&inputs["port_context"]).unwrap();
        let request = Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs };
        installed.grant(&request).exits(0);
        (asking.join().unwrap(), request.grant())
    });
    let ran = ran.exits(0);
    assert!(ran.stdout.contains(&format!("{grant} is live until")), "{} {}", ran.stdout, ran.stderr);
    assert_eq!((starts_since(&installed, since), runs_of(&installed, "request_permissions")), (1, 2));
}

/// Port's API tells the permissions of a run by name, or as whole entities.
#[test]
fn a_run_whose_permissions_port_tells_as_whole_entities_is_found_too() {
    let installed = Installed::new();
    let whole = json!([{ "identifier": "s3:PutObject", "title": "Put object", "deleted": false }]);
    let pointer = "/runs/0/properties/permissions".to_owned();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_exactly("GET /v1/actions/runs", Fault::Forged { pointer, value: whole });
    plan(&installed, "request_permissions", Fault::DropAfter);
    let ran = run_as(&installed, cast::DANA, &[&ASKING[..], &["--timeout", "1"]].concat()).exits(3);
    assert!(ran.stderr.contains("Started request_permissions on"), "{}", ran.stderr);
    // What was asked for before in the same words is told so as well, and is another run.
    plan(&installed, "request_permissions", Fault::Status { status: 500, retry_after: None });
    assert_untold(run_as(&installed, cast::DANA, &ASKING), "request_permissions", BUCKET);
    assert_eq!(runs_of(&installed, "request_permissions"), 1);
}

#[test]
fn a_run_of_which_nobody_knows_is_told_with_where_to_look_and_not_started_again() {
    let installed = Installed::new();
    let grant = &*installed.granted().grant();
    // Somebody else has just asked for the same.
    installed.request_by(cast::MAX);
    for (person, action, entity, arguments) in [
        (cast::DANA, "request_permissions", BUCKET, &ASKING[..]),
        (cast::DANA, "extend_permissions", grant, &["extend", grant][..]),
        (cast::DANA, "return_permissions", grant, &["return", grant]),
        (cast::ADA, "revoke_permissions", grant, &["revoke", grant]),
    ] {
        let (since, runs) = (installed.harness.sandbox.log.len(), runs_of(&installed, action));
        plan(&installed, action, Fault::Status { status: 503, retry_after: None });
        assert_untold(run_as(&installed, person, arguments), action, entity);
        assert_eq!((starts_since(&installed, since), runs_of(&installed, action)), (1, runs), "{action}");
    }
}

/// The same was asked for a moment ago, and that run is another one.
#[test]
fn a_run_that_was_there_before_is_not_taken_for_the_one_whose_answer_is_lost() {
    let mut installed = Installed::new();
    installed.request();
    // Whatever this machine takes for the time.
    installed.harness.clock_ahead = Some(SignedDuration::from_mins(-10));
    plan(&installed, "request_permissions", Fault::Status { status: 500, retry_after: None });
    assert_untold(run_as(&installed, cast::DANA, &ASKING), "request_permissions", BUCKET);
    plan(&installed, "request_permissions", Fault::DropAfter);
    let ran = run_as(&installed, cast::DANA, &[&ASKING[..], &["--timeout", "1"]].concat()).exits(3);
    assert!(ran.stderr.contains("Started request_permissions on"), "{}", ran.stderr);
    assert_eq!(runs_of(&installed, "request_permissions"), 2);
}

#[test]
fn where_the_runs_cannot_be_listed_a_lost_answer_is_told_and_nothing_else_is_kept_from_starting() {
    let installed = Installed::new();
    installed
        .harness
        .sandbox
        .faults
        .plan_exactly("GET /v1/actions/runs", Fault::Status { status: 403, retry_after: None });
    let ran = run_as(&installed, cast::DANA, &[&ASKING[..], &["--timeout", "1"]].concat()).exits(3);
    assert!(ran.stderr.contains("Started request_permissions on"), "{}", ran.stderr);
    plan(&installed, "request_permissions", Fault::DropAfter);
    assert_untold(run_as(&installed, cast::DANA, &ASKING), "request_permissions", BUCKET);
}

#[test]
fn an_answer_that_is_lost_to_a_machine_is_not_looked_up_as_somebody_s() {
    let installed = Installed::new();
    installed.let_everybody_execute("request_permissions");
    let keys = ["PORT_IAM_WORKFLOW_PORT_CLIENT_ID", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"];
    let [id, secret] = keys.map(|name| installed.harness.variable(name));
    plan(&installed, "request_permissions", Fault::DropAfter);
    let pair = [("PORT_CLIENT_ID", id.as_str()), ("PORT_CLIENT_SECRET", secret.as_str())];
    assert_untold(installed.harness.run_with(&ASKING, &pair), "request_permissions", BUCKET);
}
