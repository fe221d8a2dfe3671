//! `port-iam report`: what a time came to, from what the sandbox's Port and AWS have.

mod browser;
mod forms;
mod history;
mod open;
mod usage;

use port_iam::sandbox::cast::{self, Person};
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{BUCKET, Installed};

pub(super) fn report(installed: &Installed, flags: &[&str]) -> Ran {
    installed.harness.run(&[&["report", "--output", "json"], flags].concat())
}

pub(super) fn grant<'a>(report: &'a Value, name: &str) -> &'a Value {
    let grants = report["grants"].as_array().unwrap();
    grants.iter().find(|grant| grant["grant"] == name).unwrap_or_else(|| panic!("no {name} in {grants:#?}"))
}

/// Somebody opens a session of a grant's role, in a region.
pub(super) fn assume(installed: &Installed, person: Person, grant: &str, region: &'static str) {
    let keys = aws_sdk_sts::config::Credentials::new(
        person.aws_access_key_id,
        person.aws_secret_access_key,
        None,
        None,
        "test",
    );
    let config = aws_sdk_sts::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_sts::config::Region::new(region))
        .credentials_provider(keys)
        .endpoint_url(installed.harness.variable("AWS_ENDPOINT_URL"))
        .build();
    let sts = aws_sdk_sts::Client::from_conf(config);
    let arn = format!("arn:aws:iam::{}:role/port-iam/{grant}", cast::AWS_ACCOUNT_ID);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // A trust may want the session to bear the requester's address.
    let assuming = sts.assume_role().role_arn(arn).role_session_name(person.email).send();
    runtime.block_on(assuming).unwrap();
}

/// Somebody makes the end that a role carries a later one.
pub(super) fn lengthen(installed: &Installed, grant: &str) {
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
        let trust = crate::harness::decoded(&role.assume_role_policy_document.unwrap()).to_string();
        let end = installed.record(grant)["properties"]["granted_until"].as_str().unwrap().to_owned();
        let longer = trust.replace(&end, "2999-01-01T00:00:00Z");
        assert_ne!(trust, longer);
        iam.update_assume_role_policy().role_name(grant).policy_document(longer).send().await.unwrap();
    });
}

/// A month in which everything has happened: what each grant is, by what became of it.
pub(super) struct Month {
    pub(super) installed: Installed,
    pub(super) expired: String,
    pub(super) returned: String,
    pub(super) live: String,
    pub(super) refused: String,
    pub(super) failed: String,
}

impl Month {
    pub(super) fn new() -> Self {
        let installed = Installed::new();
        let expired = installed.granted().grant();
        assume(&installed, cast::DANA, &expired, "us-east-1");
        installed.pass(61);
        installed.revoke(&installed.expired(&expired)).exits(0);
        let returned = installed.granted_to(cast::MAX).grant();
        installed.pass(20);
        installed.revoke(&installed.execute(cast::MAX, "return_permissions", &returned, &json!({}))).exits(0);
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "300d" });
        let refused = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
        installed.grant(&refused).exits(5);
        let request = installed.request_by(cast::CROWD[0]);
        let faults = &installed.harness.sandbox.faults;
        let refusal = port_iam::sandbox::fault::Fault::Status { status: 400, retry_after: None };
        faults.plan_matching("Action=AttachRolePolicy&", 0, 1, refusal);
        let failed = installed.grant(&request);
        faults.clear();
        assert_eq!(failed.exit_code, 1, "{}", failed.stdout);
        let live = installed.granted().grant();
        installed.pass(20);
        Self { installed, expired, returned, live, refused: refused.run_id, failed: request.run_id }
    }
}

#[test]
fn a_month_is_told_with_what_became_of_each_request() {
    let month = Month::new();
    let since = month.installed.harness.sandbox.log.len();
    let report = report(&month.installed, &[]).exits(0).json();
    for (name, course, verdict) in [
        (&month.expired, "expired", "used"),
        (&month.returned, "ended-early", "not-seen"),
        (&month.live, "live", "not-seen"),
    ] {
        let grant = grant(&report, name);
        assert_eq!((&grant["course"], &grant["usage"]["verdict"]), (&json!(course), &json!(verdict)), "{grant:#}");
        assert_eq!((&grant["asked_seconds"], &grant["resource"]), (&json!(3_600), &json!(BUCKET)), "{grant:#}");
    }
    let returned = grant(&report, &month.returned);
    assert_eq!(returned["ended_by"], cast::MAX.email);
    let held = returned["held_seconds"].as_i64().unwrap();
    assert!((1_200..1_300).contains(&held), "{held}");
    let outcomes: Vec<(&str, &str)> = report["not_granted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["run"].as_str().unwrap(), it["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [(month.failed.as_str(), "failed"), (month.refused.as_str(), "refused")]);
    let refused = &report["not_granted"][1];
    assert!(refused["why"].as_str().unwrap().contains("300d"), "{refused:#}");
    assert_eq!((&refused["requester"], &refused["on"]), (&json!(cast::DANA.email), &json!(BUCKET)));
    assert!(!refused["what_to_do"].as_array().unwrap().is_empty(), "{refused:#}");
    assert_eq!(report["overdue"], json!([]));
    assert_eq!(report["by"]["action"][0]["name"], "s3:PutObject");
    assert_eq!(report["cannot_know"], json!([]));
    for api in [Api::Port, Api::Github, Api::Aws] {
        assert!(month.installed.harness.writes(api, since).is_empty(), "{api:?}");
    }
}

#[test]
fn a_grant_that_is_live_past_its_end_stands_at_the_top_and_the_exit_code_is_1() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    report(&installed, &[]).exits(0);
    // Nobody takes it away: Port's timer has started a workflow that never ran, and somebody made the role's end later.
    lengthen(&installed, &grant);
    installed.pass(90);
    let told = report(&installed, &[]).exits(1).json();
    assert_eq!(told["overdue"][0]["grant"], json!(grant));
    assert_eq!(told["overdue"][0]["requester"], cast::DANA.email);
    let ran = installed.harness.run(&["report"]).exits(1);
    let line = ran.stdout.lines().nth(1).unwrap().to_owned();
    assert!(line.starts_with(&format!("LIVE PAST ITS END: {grant} of dana@acme.example: ")), "{}", ran.stdout);
    let page = installed.harness.run(&["report", "--output", "html"]).exits(1);
    let (alarm, rest) =
        (page.stdout.find("1 grant is live past its end").unwrap(), page.stdout.find("<table").unwrap());
    assert!(alarm < rest, "it is at the top");
    assert!(page.stderr.contains(&format!("warning: {grant} is live past its end")), "{}", page.stderr);
    installed.harness.run(&["report", "--output", "csv"]).exits(1);
}

#[test]
fn a_role_that_nobody_took_away_at_its_end_is_left_over_and_no_alarm() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(90);
    let told = report(&installed, &[]).exits(0).json();
    assert_eq!((&told["overdue"], &told["left_over"][0]["grant"]), (&json!([]), &json!(grant)));
    assert_eq!(self::grant(&told, &grant)["held_seconds"], 3_600);
    let text = installed.harness.run(&["report"]).exits(0).stdout;
    assert!(
        text.contains("No grant is live past its end") && text.contains(&format!("Left over: {grant} of ")),
        "{text}"
    );
}

#[test]
fn a_trust_policy_that_somebody_made_longer_is_live_past_its_end() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    lengthen(&installed, &grant);
    installed.pass(90);
    let told = report(&installed, &[]).exits(1).json();
    let why = told["overdue"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("its role lets people in until 2999-01-01T00:00:00Z"), "{why}");
}

#[test]
fn a_time_that_is_none_and_a_form_that_a_command_does_not_have_are_usage_errors() {
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    for (flags, told) in [
        (&["report", "--since", "yesterday"][..], "how long ago: 12h, 30d, 4w"),
        (&["report", "--since", "2999-01-01"], "--since lies in the future"),
        (&["report", "--regions", "nowhere"], "is no region"),
        (&["list", "--output", "html"], "--output is text or json"),
    ] {
        let ran = installed.harness.run(flags).exits(2);
        assert!(ran.stderr.contains(told), "{flags:?}: {}", ran.stderr);
    }
    assert_eq!(installed.harness.sandbox.log.len(), since);
    let export = installed.harness.run(&["audit", "export", "--since", "30d"]).exits(0);
    assert!(export.stdout.contains("\"since\""), "{}", export.stdout);
}

#[test]
fn what_a_report_asks_of_port_is_legal_by_port_s_document() {
    let month = Month::new();
    let since = month.installed.harness.sandbox.log.len();
    report(&month.installed, &[]).exits(0);
    let asked = month.installed.harness.sandbox.log.exchanges().split_off(since);
    let of_port: Vec<Value> =
        asked.iter().filter(|it| it.api == Api::Port).map(|it| serde_json::to_value(it).unwrap()).collect();
    crate::contracts::judge("port.json", &of_port, 8);
}
