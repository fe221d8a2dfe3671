//! One request that is granted, and every field of it forged, one at a time: what decides is refused by its name, the
//! run is told, and nothing is written to AWS.

mod boundary;
mod catalog;
mod complete;
mod event;
mod extension;
mod fields;
mod people;
mod record;
mod revocation;
mod revoked;
mod role;
mod run;
mod twins;

use port_iam::clients::port::Upsert;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::installed::{BUCKET, Dispatched, Installed, REPOSITORY};

const OTHER_BUCKET: &str = "arn:aws:s3:::other-bucket";
const THIRD_BUCKET: &str = "arn:aws:s3:::third-bucket";
const REASON: &str = "The report of OPS-7 is late";

/// What is forged.
enum Forge {
    /// The dispatch.
    Dispatch(fn(Dispatched) -> Dispatched),
    /// The event around it.
    Event(fn(&mut Value)),
    /// A variable of the runner.
    Variable(&'static str, &'static str),
    /// One member of the answer to `METHOD path`; `RUN` stands for the run's id.
    Answer(&'static str, &'static str, Value),
    /// The rules file.
    Rules(&'static str, &'static str),
    /// The catalog or the run, in Port itself.
    Port(fn(&Installed, &Dispatched)),
    /// What is there of a grant already, in AWS itself or on record: of an earlier attempt, or what is to be extended or
    /// ended.
    Aws(fn(&Installed, &str)),
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Exit 5, the run has failed.
    Refused,
    /// Exit 5 for the workflow that was started, and the run goes on: who sent the dispatch, or from where, says nothing of
    /// the run.
    LeftOpen,
    /// Exit 5 for a dispatch that names no run: there is none to tell, and the real one goes on.
    Untold,
    /// Exit 5 by a run that is over already.
    Over,
    /// Exit 1: Port answered in a shape that is not known.
    Unknown,
    /// Exit 1, and the run goes on: GitHub answered in a shape that is not known, so that nothing tells who may have started
    /// the workflow.
    Unread,
}

struct Row {
    what: &'static str,
    forge: Forge,
    end: End,
    /// What the message must hold: the field first of all.
    words: &'static str,
}

fn row(what: &'static str, forge: Forge, words: &'static str) -> Row {
    Row { what, forge, end: End::Refused, words }
}

fn ending(what: &'static str, end: End, forge: Forge, words: &'static str) -> Row {
    Row { what, forge, end, words }
}

/// An installation whose rules ask for everything that rules can ask for, and a request that has it.
struct Baseline {
    installed: Installed,
}

impl Baseline {
    fn new() -> Self {
        let installed = Installed::new();
        installed.set_rules(|rules| {
            rules
                .replace("approval: none", "approval: required\n    approvers: [ada@acme.example, greta@acme.example, dana@acme.example]\n    reason: required\n    ticket: \"[A-Z]+-[0-9]+\"")
                .replace("actions: [\"*\"]", "actions: [\"bundle:objects\"]")
                .replace("resources: [\"*\"]", "resources: [\"arn:aws:s3:::*\", \"arn:aws:ec2:*\"]")
                .replace("requesters: [\"*\"]", "requesters: [dana@acme.example, ada@acme.example]")
                .replace("\nrules:\n", "\nbundles: { objects: [\"s3:PutObject\", \"ec2:StopInstances\"] }\nrules:\n")
        });
        installed.harness.with_port(async |port| {
            for bucket in [OTHER_BUCKET, THIRD_BUCKET] {
                let body = json!({ "identifier": bucket, "properties": { "resource_type": "S3" } });
                port.upsert_entity("aws_resource", &body, Upsert { run_id: None }).await.unwrap();
            }
            for name in ["request_permissions", "extend_permissions"] {
                let mut action = port.action(name).await.unwrap().unwrap();
                for read_only in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
                    action.as_object_mut().unwrap().remove(read_only);
                }
                action["requiredApproval"] = json!({ "type": "ANY" });
                port.replace_action(name, &action).await.unwrap();
            }
        });
        Self { installed }
    }

    /// Dana asks, Ada approves, Port dispatches. Each request is judged alone: what one before it has left live, however
    /// it was forged, would make it a second one of the same.
    fn request(&self) -> Dispatched {
        let installed = &self.installed;
        let live = installed.entities();
        installed.harness.with_port(async |port| {
            for grant in live.iter().filter_map(|entity| entity["identifier"].as_str()) {
                port.delete_entity("provisioned_permissions", grant, None).await.unwrap();
                // Its record alone would count too.
                port.delete_entity("permission_records", grant, None).await.unwrap();
            }
        });
        self.asked(
            BUCKET,
            &json!({ "permissions": ["s3:PutObject"], "duration": "1h", "reason": REASON,
            "additional_resources": [OTHER_BUCKET] }),
        )
    }

    /// The same for any form, beside whatever is live.
    fn asked(&self, resource: &str, form: &Value) -> Dispatched {
        let installed = &self.installed;
        let before = installed.runs().len();
        let mut run_id = String::new();
        installed.harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
            run_id = port.execute("request_permissions", resource, form).await.unwrap().id;
        });
        crate::grant::approve(installed, cast::ADA, &run_id);
        Dispatched { run_id, inputs: installed.next_dispatch(before).inputs }
    }

    fn grant(
        &self,
        dispatched: &Dispatched,
        event: fn(&mut Value),
        changes: &[(&'static str, &str)],
    ) -> crate::harness::Ran {
        let mut whole = json!({ "inputs": dispatched.inputs, "sender": { "login": "getport-io[bot]" } });
        event(&mut whole);
        let file = self.installed.harness.file("forged.json", &whole.to_string());
        let mut all = vec![
            ("GITHUB_ACTOR", "getport-io[bot]"),
            ("GITHUB_TRIGGERING_ACTOR", "getport-io[bot]"),
            ("GITHUB_EVENT_PATH", file.as_str()),
        ];
        all.extend_from_slice(changes);
        self.installed.step("grant", dispatched, &all)
    }

    fn good(&self, dispatched: &Dispatched) -> crate::harness::Ran {
        self.grant(dispatched, |_| {}, &[])
    }

    /// A request whose grant is live while its run is still open: what a repeated workflow finds.
    fn half_told(&self) -> Dispatched {
        self.told_half(self.request())
    }

    fn told_half(&self, request: Dispatched) -> Dispatched {
        let faults = &self.installed.harness.sandbox.faults;
        faults.plan_matching(&format!("PATCH /v1/actions/runs/{}", request.run_id), 0, usize::MAX, Fault::DropBefore);
        self.good(&request).exits(1);
        faults.clear();
        assert_eq!(self.installed.run(&request.run_id)["status"], "IN_PROGRESS");
        request
    }

    fn rules(&self) -> String {
        self.installed.harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap()
    }

    fn check(&self, row: &Row) {
        let installed = &self.installed;
        let rules = self.rules();
        let mut request = match row.forge {
            Forge::Aws(_) => self.half_told(),
            Forge::Answer(record::RECORD, ..) => self.half_gone(),
            _ => self.request(),
        };
        let (mut event, mut variable): (fn(&mut Value), _) = (|_| {}, None);
        let original = request.clone();
        match &row.forge {
            Forge::Dispatch(forge) => request = forge(request),
            Forge::Event(forge) => event = *forge,
            Forge::Variable(name, value) => variable = Some((*name, *value)),
            Forge::Answer(asked, pointer, value) => {
                let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: value.clone() };
                let asked = asked.replace("RUN", &request.run_id);
                let faults = &installed.harness.sandbox.faults;
                // The run is read once to decide, and once more to be told: that must find the real one.
                if asked.contains("/runs/") {
                    faults.plan_first(&asked, fault)
                } else {
                    faults.plan_exactly(&asked, fault)
                }
            }
            Forge::Rules(from, to) => installed.set_rules(|rules| rules.replace(from, to)),
            Forge::Port(forge) => forge(installed, &request),
            Forge::Aws(forge) => forge(installed, &request.grant()),
        }
        let since = installed.harness.sandbox.log.len();
        let variables: Vec<(&'static str, &str)> = variable.into_iter().collect();
        let ran = self.grant(&request, event, &variables);
        installed.harness.sandbox.faults.clear();
        let what = row.what;
        let told = format!("{what}:\n{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(ran.exit_code, if matches!(row.end, End::Unknown | End::Unread) { 1 } else { 5 }, "{told}");
        assert!(ran.stdout.contains(row.words), "{told}");
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
        self.check_run(row, &original.run_id, &told);
        if self.rules() != rules {
            let path = ".github/port-iam.yaml";
            installed.harness.sandbox.github.commit_file(REPOSITORY, "main", path, Some(rules.as_bytes())).unwrap();
        }
    }

    fn check_run(&self, row: &Row, run_id: &str, told: &str) {
        told_as(&self.installed, row.end, run_id, told);
    }
}

/// The run is told as decided.
fn told_as(installed: &Installed, end: End, run_id: &str, told: &str) {
    let status = installed.run(run_id)["status"].clone();
    let log = installed.log_of(run_id);
    match end {
        End::LeftOpen => {
            assert_eq!(status, "IN_PROGRESS", "{told}");
            assert!(log.contains("refused: ") && log.contains("What to do:"), "{told}\n{log}");
        }
        End::Refused => {
            assert_eq!(status, "FAILURE", "{told}");
            assert!(log.contains("refused: ") && log.contains("What to do:"), "{told}\n{log}");
        }
        End::Unknown => {
            assert_eq!(status, "FAILURE", "{told}");
            assert!(log.contains("error: "), "{told}\n{log}");
        }
        End::Unread => {
            assert_eq!(status, "IN_PROGRESS", "{told}");
            assert!(log.contains("error: "), "{told}\n{log}");
        }
        End::Untold => assert_eq!((status.as_str(), log.as_str()), (Some("IN_PROGRESS"), ""), "{told}"),
        End::Over => assert_eq!(status, "FAILURE", "{told}"),
    }
}

/// Checks every row, and that the request without any of them is granted before and after.
fn check_all(rows: &[Row], at_least: usize) {
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let baseline = Baseline::new();
    baseline.good(&baseline.request()).exits(0);
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| baseline.check(row)));
            checked.err().map(|_| row.what.to_owned())
        })
        .collect();
    assert_eq!(failed, [""; 0], "rows that were not refused as they must be");
    baseline.good(&baseline.request()).exits(0);
}

#[test]
fn every_forged_field_of_the_event_is_refused() {
    check_all(&event::forged_dispatches(), 35);
}

#[test]
fn every_forged_field_of_the_run_is_refused() {
    check_all(&run::forged_runs(), 38);
}

#[test]
fn every_forged_field_of_a_person_or_an_approval_is_refused() {
    check_all(&people::forged_people(), 26);
}

#[test]
fn every_forged_field_of_the_catalog_and_of_the_configuration_is_refused() {
    check_all(&catalog::forged_catalog_and_rules(), 42);
}

#[test]
fn every_part_of_an_existing_role_and_policy_that_is_not_ours_is_refused() {
    check_all(&role::forged_roles(), 30);
}

#[test]
fn every_forged_field_of_the_record_of_an_earlier_attempt_is_refused() {
    check_all(&record::forged_records(), 4);
}

#[test]
fn what_an_older_version_left_without_the_newer_tags_is_adopted() {
    let baseline = Baseline::new();
    let request = baseline.half_told();
    role::as_an_older_version_left_it(&baseline.installed, &request.grant());
    baseline.good(&request).exits(0);
    assert_eq!(baseline.installed.run(&request.run_id)["status"], "SUCCESS");
}

/// What `docs/reliability.md` tells is what there is.
#[test]
fn the_page_tells_how_many_rows_there_are() {
    let page = include_str!("../../../docs/reliability.md");
    let [revoked, by_an_administrator, by_whoever_asked, by_whoever_approved, timer] = revoked::numbers();
    let rows = [
        ("the event, and where the workflow runs", event::forged_dispatches().len()),
        ("the run", run::forged_runs().len()),
        ("the requester, the approvers, the approvals", people::forged_people().len()),
        ("the catalog, the rules file, the templates, the repository", catalog::forged_catalog_and_rules().len()),
        ("role and policies of an earlier attempt", role::forged_roles().len()),
        ("the permanent record of an earlier attempt", record::forged_records().len()),
        ("an extension: its run, the runs before it, the live grant, catalog and rules", extension::number()),
        ("a revocation", revoked),
        ("a return by an administrator", by_an_administrator),
        ("a return by whoever asked", by_whoever_asked),
        ("a return by whoever approved", by_whoever_approved),
        ("the timer", timer),
    ];
    let all: usize = rows.iter().map(|(_, number)| number).sum();
    let pairs = twins::number();
    let pairs_of_rules = format!("| {all} rows, {pairs} pairs of rules |");
    assert!(page.contains(&pairs_of_rules), "{pairs_of_rules}");
    let pairs = ("pairs: a request that one key of the rules file allows, and the same without", pairs);
    for (what, number) in rows.into_iter().chain([pairs]) {
        let line = format!("| {what} | {number} |\n");
        assert!(page.contains(&line), "{line}");
    }
}
