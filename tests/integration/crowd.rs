//! Many at once: 50 grants and 50 revocations of ten people on ten resources, each exactly once; and a sweep of thousands.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use port_iam::domain::digest::digest;
use port_iam::sandbox::aws::Copy;
use port_iam::sandbox::cast::{self, CROWD};
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use crate::installed::{Dispatched, Installed};

fn bucket(number: usize) -> String {
    format!("arn:aws:s3:::crowd-{number}")
}

/// Ten resources, and room for each of ten people to have ten grants.
fn crowded() -> Installed {
    let installed = Installed::new();
    installed.set_rules(|rules| {
        rules.replacen("\nrules:", "\nopen-grants: { per-requester: 10, per-resource: 10 }\nrules:", 1)
    });
    for number in 0..10 {
        let body = json!({ "identifier": bucket(number), "properties": { "resource_type": "S3" } });
        installed.harness.upsert("aws_resource", &body);
    }
    installed
}

/// Fifty requests: each person asks for five resources, from the one `first` places behind her own on.
fn requests(installed: &Installed, first: usize) -> Vec<(Dispatched, usize, usize)> {
    let pairs = (0..10).flat_map(|person| (first..first + 5).map(move |place| (person, (person + place) % 10)));
    let ask = |(person, resource): (usize, usize)| {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h" });
        let asked = installed.execute(CROWD[person], "request_permissions", &bucket(resource), &form);
        (asked, person, resource)
    };
    pairs.map(ask).collect()
}

/// Does all of it at the same moment, each in a thread of its own.
fn at_once(works: Vec<Box<dyn FnOnce() -> u8 + Send + '_>>) -> Vec<u8> {
    let start = Barrier::new(works.len());
    std::thread::scope(|scope| {
        let begin = |work: Box<dyn FnOnce() -> u8 + Send>| {
            start.wait();
            work()
        };
        let threads: Vec<_> = works.into_iter().map(|work| scope.spawn(move || begin(work))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// How often each write was sent to AWS, whatever was answered: action, role or policy, and the policy of an attachment.
fn sent(exchanges: &[Exchange]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.api == Api::Aws && exchange.is_write()) {
        let about = ["RoleName", "PolicyName", "PolicyArn"].iter().filter_map(|key| exchange.body[*key].as_str());
        let words: Vec<&str> = exchange.aws_action().into_iter().chain(about).collect();
        *counts.entry(words.join(" ")).or_default() += 1;
    }
    counts
}

/// Each of these writes, once.
fn once(writes: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    writes.into_iter().map(|write| (write, 1)).collect()
}

fn policy_of(grant: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/port-iam/{grant}")
}

/// What has to be sent for a grant.
fn making((request, ..): &(Dispatched, usize, usize)) -> Vec<String> {
    let (grant, policy) = (request.grant(), policy_of(&request.grant()));
    vec![format!("CreatePolicy {grant}"), format!("CreateRole {grant}"), format!("AttachRolePolicy {grant} {policy}")]
}

/// What has to be sent to take one away, which is denied first.
fn taking((request, ..): &(Dispatched, usize, usize)) -> Vec<String> {
    let (grant, policy) = (request.grant(), policy_of(&request.grant()));
    vec![
        format!("AttachRolePolicy {grant} arn:aws:iam::aws:policy/AWSDenyAll"),
        format!("DetachRolePolicy {grant} {policy}"),
        format!("DetachRolePolicy {grant} arn:aws:iam::aws:policy/AWSDenyAll"),
        format!("DeleteRole {grant}"),
        format!("DeletePolicy {policy}"),
    ]
}

#[track_caller]
fn assert_granted(installed: &Installed, asked: &[(Dispatched, usize, usize)]) {
    let mut names: Vec<String> = asked.iter().map(|(request, ..)| request.grant()).collect();
    let mut roles = installed.roles();
    names.sort();
    roles.sort();
    assert_eq!(roles, names);
    assert_eq!(installed.policies().len(), names.len());
    let entities = installed.entities();
    assert_eq!(entities.len(), names.len());
    for (request, person, resource) in asked {
        let grant = request.grant();
        assert_eq!(installed.harness.sandbox.aws.attached_policies(&grant), Some(vec![policy_of(&grant)]));
        let entity = entities.iter().find(|entity| entity["identifier"] == grant.as_str()).unwrap();
        assert_eq!(entity["properties"]["requester"], CROWD[*person].email);
        assert_eq!(entity["relations"]["aws_resource"], bucket(*resource));
        let record = &installed.record(&grant)["properties"];
        assert_eq!((&record["state"], &record["requester"]), (&json!("live"), &json!(CROWD[*person].email)));
        assert_eq!(record["resource"], bucket(*resource));
        assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    }
}

#[test]
fn fifty_grants_and_fifty_revocations_at_once_come_to_exactly_what_was_asked_for() {
    let installed = crowded();
    let first = requests(&installed, 0);
    let since = installed.harness.sandbox.log.len();
    let grant = |request: &Dispatched| installed.grant(request).exit_code;
    let works = first.iter().map(|(request, ..)| Box::new(|| grant(request)) as Box<dyn FnOnce() -> u8 + Send>);
    assert_eq!(at_once(works.collect()), [0; 50]);
    assert_granted(&installed, &first);
    assert_eq!(sent(&installed.exchanges_since(since)), once(first.iter().flat_map(making)));
    // Now all of them are given back, while everybody asks for the other five.
    let second = requests(&installed, 5);
    let give_back = |(request, person, _): &(Dispatched, usize, usize)| {
        installed.execute(CROWD[*person], "revoke_permissions", &request.grant(), &json!({}))
    };
    let returned: Vec<Dispatched> = first.iter().map(give_back).collect();
    let since = installed.harness.sandbox.log.len();
    let revoke = |request: &Dispatched| installed.revoke(request).exit_code;
    let mut works: Vec<Box<dyn FnOnce() -> u8 + Send>> = Vec::new();
    for ((request, ..), returned) in second.iter().zip(&returned) {
        works.push(Box::new(|| grant(request)));
        works.push(Box::new(|| revoke(returned)));
    }
    assert_eq!(at_once(works), [0; 100]);
    assert_granted(&installed, &second);
    let expected = second.iter().flat_map(making).chain(first.iter().flat_map(taking));
    assert_eq!(sent(&installed.exchanges_since(since)), once(expected));
    for ((request, person, _), returned) in first.iter().zip(&returned) {
        let grant = request.grant();
        let record = &installed.record(&grant)["properties"];
        assert_eq!(record["state"], "revoked");
        assert_eq!(record["revoked_by"], CROWD[*person].email);
        assert_eq!(installed.run(&returned.run_id)["status"], "SUCCESS");
    }
    // Everybody has five grants, and so has every resource: with these limits nobody gets a sixth.
    installed
        .set_rules(|rules| rules.replace("per-requester: 10, per-resource: 10", "per-requester: 5, per-resource: 5"));
    let third = requests(&installed, 0);
    let since = installed.harness.sandbox.log.len();
    let works = third.iter().map(|(request, ..)| Box::new(|| grant(request)) as Box<dyn FnOnce() -> u8 + Send>);
    assert_eq!(at_once(works.collect()), [5; 50]);
    assert_eq!(sent(&installed.exchanges_since(since)), BTreeMap::new());
    assert_granted(&installed, &second);
}

/// How many live grants the large sweep finds, and how many that have expired.
const LIVE: usize = 4_800;
const EXPIRED: usize = 200;
/// IAM's bucket: requests a second, and at once.
const RATE: u32 = 150;
const BURST: u32 = 5;

/// Copies a grant that was really made, with its run, its entity and its record; with an end of its own, where one is given.
pub(crate) fn multiply(installed: &Installed, model: &Dispatched, names: &[String], end: Option<Timestamp>) {
    let (sandbox, grant) = (&installed.harness.sandbox, model.grant());
    let trust = end.map(|end| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole",
            "Condition": { "DateLessThan": { "aws:CurrentTime": end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() } } }] })
    });
    let run = |name: &String| name.strip_prefix("Permission-").unwrap().to_owned();
    let copy = |name: &String| Copy {
        name: name.clone(),
        trust: trust.as_ref().map(Value::to_string),
        tag: ("port-iam:run".to_owned(), run(name)),
    };
    sandbox.aws.copy_grant(&grant, &names.iter().map(copy).collect::<Vec<_>>());
    sandbox.port.copy_run(&model.run_id, &names.iter().map(run).collect::<Vec<_>>());
    let with = |properties: &Value| {
        let with = |name: &String| {
            let mut properties = properties.as_object().unwrap().clone();
            properties.insert("grant".to_owned(), name.as_str().into());
            (name.clone(), properties)
        };
        names.iter().map(with).collect()
    };
    // Without an end of their own in Port no timer starts a workflow for each of them.
    sandbox.port.copy_entity("provisioned_permissions", &grant, with(&json!({ "expiry_time": null })));
    let recorded = trust.as_ref().map_or(json!({}), |trust| json!({ "trust_digest": digest(trust) }));
    sandbox.port.copy_entity("permission_records", &grant, with(&recorded));
}

/// Runs the program itself, and returns exit code, output, what it told and the most memory that it held, in KiB.
fn swept(installed: &Installed) -> (i32, Value, String, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .args(["sweep", "--output", "json"])
        .env_clear()
        .envs(installed.harness.environment.iter().cloned())
        .envs(Installed::credentials_of_workflow())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = |stream: &mut dyn std::io::Read| {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let (stdout, stderr, peak) = std::thread::scope(|scope| {
        let (stdout, stderr) = (scope.spawn(|| read(&mut stdout)), scope.spawn(|| read(&mut stderr)));
        let mut peak = 0;
        // The mark only rises: the last look before the end is short of the peak by what a few milliseconds bring.
        while child.try_wait().unwrap().is_none() {
            peak = peak.max(high_water_mark(child.id()).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(5));
        }
        (stdout.join().unwrap(), stderr.join().unwrap(), peak)
    });
    let code = child.wait().unwrap().code().unwrap();
    for text in [&stdout, &stderr] {
        installed.harness.canary.check("what the large sweep printed", text);
    }
    (code, serde_json::from_str(&stdout).unwrap_or_default(), stderr, peak)
}

/// Returns the most memory that a process has held so far, in KiB; none where the system does not tell.
fn high_water_mark(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn five_thousand_grants_are_swept_within_bounded_memory_under_iam_s_rate_limit_and_with_progress() {
    use std::io::Write as _;
    let installed = Installed::new();
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "8h" });
    let model = installed.execute(cast::DANA, "request_permissions", crate::installed::BUCKET, &form);
    installed.grant(&model).exits(0);
    let (code, _, _, peak_of_one) = swept(&installed);
    assert_eq!(code, 0);
    let now = installed.harness.sandbox.clock.now();
    let name = |number: usize| format!("Permission-r_{number:05}");
    let names: Vec<String> = (0..LIVE + EXPIRED).map(name).collect();
    let (expired, live) = names.split_at(EXPIRED);
    multiply(&installed, &model, live, None);
    multiply(&installed, &model, expired, Some(now - SignedDuration::from_mins(1)));
    installed.harness.sandbox.aws.throttle_by_time(BURST, RATE);
    let (since, began) = (installed.harness.sandbox.log.len(), Instant::now());
    let (code, json, told, peak) = swept(&installed);
    let took = began.elapsed();
    let swept = &json["sweep"];
    assert_eq!(code, 0, "{told}");
    assert_eq!(swept["done"].as_array().unwrap().len(), EXPIRED);
    assert_eq!((swept["failed"].clone(), swept["findings"].clone()), (json!([]), json!([])));
    assert_eq!(installed.roles().len(), LIVE + 1);
    assert_eq!((installed.policies().len(), installed.entities().len()), (LIVE + 1, LIVE + 1));
    let records = installed.harness.sandbox.port.entities("permission_records");
    let is_over = |record: &&Value| record["properties"]["state"] == "expired";
    let over: Vec<&str> = records.iter().filter(is_over).filter_map(|record| record["identifier"].as_str()).collect();
    assert_eq!(over, expired);
    // It says how far it is.
    assert!(
        told.contains(&format!("Found {} roles and {} policies", LIVE + EXPIRED + 1, LIVE + EXPIRED + 1)),
        "{told}"
    );
    let steps = told.lines().filter(|line| line.contains(&format!(" of {EXPIRED}: revoke"))).count();
    assert!(steps >= 5, "{told}");
    // Lists and searches have their pages; besides them there is a look at some, and what a revocation needs.
    let requests = installed.harness.sandbox.log.len() - since;
    let throttled = installed.harness.sandbox.aws.throttled();
    let _ = writeln!(
        std::io::stderr(),
        "sweep of {} grants, {EXPIRED} of them expired: {:.1} s, {requests} requests, {throttled} throttled at {RATE} a second, \
         {} MiB at most ({} MiB with one grant)",
        LIVE + EXPIRED,
        took.as_secs_f64(),
        peak / 1024,
        peak_of_one / 1024
    );
    // It finds a pace: of the words of a service that only says when it was too much there are few.
    assert!(throttled > 0 && throttled * 50 < requests, "{throttled} of {requests}");
    // What it keeps of each grant is a few kilobytes: 32 MiB are six of them.
    assert!(peak < peak_of_one + 32 * 1024, "{peak} KiB, and {peak_of_one} KiB with one grant");
    assert!(peak_of_one > 0 || !cfg!(target_os = "linux"), "nothing was measured");
}
