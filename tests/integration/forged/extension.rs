//! One extension that is granted, and every field of it and of what it extends forged, one at a time.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{Baseline, OTHER_BUCKET, REASON, THIRD_BUCKET};
use crate::installed::{Dispatched, INSTANCE, Installed};

/// The first grant, the one that extends it, and the extension of that one that is forged.
struct Chain {
    first: Dispatched,
    middle: Dispatched,
    last: Dispatched,
}

enum Forge {
    /// One member of the answer to `METHOD path`; `FIRST`, `MIDDLE` and `LAST` stand for the ids of the runs.
    Answer(&'static str, &'static str, Value),
    Dispatch(fn(Dispatched) -> Dispatched),
    Rules(&'static str, &'static str),
    System(fn(&Installed, &Chain)),
}

use Forge::{Answer, Dispatch, Rules, System};

/// What is forged, how, and what the message must hold.
type Row = (&'static str, Forge, &'static str);

const FIRST: &str = "GET /v1/actions/runs/FIRST";
const MIDDLE: &str = "GET /v1/actions/runs/MIDDLE";
const LAST: &str = "GET /v1/actions/runs/LAST";
const APPROVERS: &str = "GET /v1/actions/runs/LAST/approvers";
const RECORD: &str = "GET /v1/blueprints/permission_records/entities/Permission-MIDDLE";
const FIRST_RECORD: &str = "GET /v1/blueprints/permission_records/entities/Permission-FIRST";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const ADA: &str = "GET /v1/users/ada%40acme.example";
const RESOURCES: &str = "POST /v1/blueprints/aws_resource/entities/search";
const PERMISSIONS: &str = "POST /v1/blueprints/iam_permissions/entities/search";

const BY_ADA: &str = "auth0|ada";

impl Baseline {
    fn extended(&self, grant: &str, duration: &str) -> Dispatched {
        let before = self.installed.runs().len();
        let form = json!({ "duration": duration, "reason": REASON });
        let mut run_id = String::new();
        let dana = cast::DANA;
        self.installed.harness.with_port_as(dana.port_client_id, dana.port_client_secret, async |port| {
            run_id = port.execute("extend_permissions", grant, &form).await.unwrap().id;
        });
        crate::grant::approve(&self.installed, cast::ADA, &run_id);
        Dispatched { run_id, inputs: self.installed.next_dispatch(before).inputs }
    }

    fn chain(&self) -> Chain {
        let first = self.request();
        self.good(&first).exits(0);
        // The end of a grant is in whole seconds: within one of them three hours would be no more than three hours.
        self.installed.pass(1);
        let middle = self.extended(&first.grant(), "2h");
        self.good(&middle).exits(0);
        let last = self.extended(&middle.grant(), "3h");
        Chain { first, middle, last }
    }

    /// Takes away what a chain has left, so that the next one is not answered with it.
    fn clear(&self, chain: &Chain) {
        for grant in [chain.last.grant(), chain.middle.grant(), chain.first.grant()] {
            self.installed.harness.run(&["revoke", &grant, "--direct"]);
        }
    }

    fn check_extension(&self, (what, forge, words): &Row) {
        let installed = &self.installed;
        let chain = self.chain();
        let rules = self.rules();
        let mut last = chain.last.clone();
        match forge {
            Answer(asked, pointer, value) => {
                let asked = asked.replace("FIRST", &chain.first.run_id).replace("MIDDLE", &chain.middle.run_id);
                let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: value.clone() };
                let (asked, faults) = (asked.replace("LAST", &chain.last.run_id), &installed.harness.sandbox.faults);
                // The run is read once to decide, and once more to be told: that must find the real one.
                let is_the_run = asked.ends_with(&chain.last.run_id);
                if is_the_run { faults.plan_first(&asked, fault) } else { faults.plan_exactly(&asked, fault) }
            }
            Dispatch(forge) => last = forge(last),
            Rules(from, to) => installed.set_rules(|rules| rules.replace(from, to)),
            System(forge) => forge(installed, &chain),
        }
        let since = installed.harness.sandbox.log.len();
        let ran = self.good(&last);
        installed.harness.sandbox.faults.clear();
        let told = format!("{what}:\n{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(ran.exit_code, 5, "{told}");
        assert!(ran.stdout.contains(words), "{told}");
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
        assert!(!installed.roles().contains(&chain.last.grant()), "{told}");
        assert_eq!(installed.run(&chain.last.run_id)["status"], "FAILURE", "{told}");
        let log = installed.log_of(&chain.last.run_id);
        assert!(log.contains("refused: ") && log.contains("What to do:"), "{told}\n{log}");
        if self.rules() != rules {
            installed.set_rules(|_| rules);
        }
        self.clear(&chain);
    }
}

fn of_the_run() -> Vec<Row> {
    vec![
        ("its id", Answer(LAST, "/run/id", json!("r_other")), "refused::runId:"),
        ("the other action that grants", Answer(LAST, "/run/action", json!("request_permissions")), "refused::runId:"),
        ("an action that revokes", Answer(LAST, "/run/action", json!("return_permissions")), "refused::runId:"),
        ("waiting", Answer(LAST, "/run/status", json!("WAITING_FOR_APPROVAL")), "refused::runId:"),
        ("declined", Answer(LAST, "/run/status", json!("DECLINED")), "refused::runId:"),
        ("failed", Answer(LAST, "/run/status", json!("FAILURE")), "refused::runId:"),
        ("ended well without a grant", Answer(LAST, "/run/status", json!("SUCCESS")), "refused::runId:"),
        ("with an end", Answer(LAST, "/run/endedAt", json!("2026-11-23T20:00:00.000Z")), "refused::runId:"),
        ("who started it", Answer(LAST, "/run/createdBy", json!(BY_ADA)), "refused::requester:"),
        ("in another's name", Answer(LAST, "/run/impersonatedBy", json!(BY_ADA)), "refused::requester:"),
        ("another grant", Answer(LAST, "/run/entity", json!("Permission-r_other")), "refused::entity:"),
        ("a resource", Answer(LAST, "/run/entity", json!(OTHER_BUCKET)), "refused::entity:"),
        ("no grant", Answer(LAST, "/run/entity", json!(null)), "refused::entity:"),
        ("the duration", Answer(LAST, "/run/properties/duration", json!("4h")), "refused::properties:"),
        ("the reason", Answer(LAST, "/run/properties/reason", json!("OPS-8")), "refused::properties:"),
        ("long ago", Answer(LAST, "/run/updatedAt", json!("2020-01-01T00:00:00.000Z")), "refused::runId:"),
        (
            "the dispatched grant",
            Dispatch(|it| it.forged(|it| it["entity"]["identifier"] = json!("Permission-r_other"))),
            "refused::entity:",
        ),
        (
            "the dispatched entity, a resource",
            Dispatch(|it| it.forged(|it| it["entity"]["identifier"] = json!(OTHER_BUCKET))),
            "refused::permissions:",
        ),
        (
            "the dispatched requester",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("ada@acme.example"))),
            "refused::requester:",
        ),
        (
            "the dispatched duration",
            Dispatch(|it| it.with_form(|it| it["duration"] = json!("1h"))),
            "refused::properties:",
        ),
        (
            "a dispatched form of another shape",
            Dispatch(|it| it.with_form(|it| *it = json!([]))),
            "refused::properties:",
        ),
        (
            "a dispatched duration that is a number",
            Dispatch(|it| it.with_form(|it| it["duration"] = json!(7))),
            "refused::duration:",
        ),
        ("a requester who has left", Answer(DANA, "/user/status", json!("DISABLED")), "refused::requester:"),
        ("a machine that asks", Answer(DANA, "/user/type", json!("SERVICE_ACCOUNT")), "refused::requester:"),
        ("the requester's id", Answer(DANA, "/user/id", json!("auth0|max")), "refused::requester:"),
        (
            "an approval that is pending",
            Answer(APPROVERS, "/approvers/0/state", json!("PENDING")),
            "refused::approval:",
        ),
        ("a refusal", Answer(APPROVERS, "/approvers/0/state", json!("DECLINED")), "refused::approval:"),
        (
            "the requester's own approval",
            Answer(APPROVERS, "/approvers/0/userId", json!("auth0|dana")),
            "refused::approval:",
        ),
        ("nobody's approval", Answer(APPROVERS, "/approvers", json!([])), "refused::approval:"),
        ("an approver who has left", Answer(ADA, "/user/status", json!("DISABLED")), "refused::approval:"),
        (
            "a record of its own end",
            System(|installed, chain| {
                let ended = json!({ "grant": chain.last.grant(), "revoked_at": "2026-11-23T20:00:00Z" });
                crate::extend::edit(installed, "permission_records", &chain.last.grant(), &ended, &json!({}));
            }),
            "refused::runId:",
        ),
    ]
}

fn of_the_runs_before() -> Vec<Row> {
    let of = |what, asked, pointer, value| (what, Answer(asked, pointer, value), "refused::entity:");
    vec![
        of("the old run's id", MIDDLE, "/run/id", json!("r_other")),
        of("an old run of another action", MIDDLE, "/run/action", json!("deploy")),
        of("an old run that revoked", MIDDLE, "/run/action", json!("revoke_permissions")),
        of("an old run that failed", MIDDLE, "/run/status", json!("FAILURE")),
        of("an old run that is open", MIDDLE, "/run/status", json!("IN_PROGRESS")),
        of("an old run in another's name", MIDDLE, "/run/impersonatedBy", json!(BY_ADA)),
        of("an old run of an unknown grant", MIDDLE, "/run/entity", json!("Permission-r_other")),
        (
            "an old run that claims to be the first",
            Answer(MIDDLE, "/run/action", json!("request_permissions")),
            "refused::permissions:",
        ),
        of("an old run about nothing", MIDDLE, "/run/entity", json!(null)),
        of("an old run about a resource", MIDDLE, "/run/entity", json!(INSTANCE)),
        ("an old run of somebody else", Answer(MIDDLE, "/run/createdBy", json!(BY_ADA)), "refused::requester:"),
        ("an old run of nobody", Answer(MIDDLE, "/run/createdBy", json!(null)), "refused::requester:"),
        of("the first run's id", FIRST, "/run/id", json!("r_other")),
        of("the first run's action", FIRST, "/run/action", json!("extend_permissions")),
        of("a first run that failed", FIRST, "/run/status", json!("FAILURE")),
        of("a first run in another's name", FIRST, "/run/impersonatedBy", json!(BY_ADA)),
        ("the first run's person", Answer(FIRST, "/run/createdBy", json!(BY_ADA)), "refused::requester:"),
        of("the first run's resource, of another type", FIRST, "/run/entity", json!("arn:aws:s3:::nobody-knows")),
        (
            "the first run's permissions, not in the catalog",
            Answer(FIRST, "/run/properties/permissions", json!(["s3:DeleteObject"])),
            "refused::permissions:",
        ),
        (
            "the first run's permissions, of another type",
            Answer(FIRST, "/run/properties/permissions", json!(["ec2:StopInstances"])),
            "refused::permissions:",
        ),
    ]
}

fn of_the_old_grant() -> Vec<Row> {
    vec![
        (
            "a record of its end in the answer",
            Answer(RECORD, "/entity/properties/revoked_at", json!("2026-11-23T20:00:00Z")),
            "refused::entity:",
        ),
        (
            "no record",
            System(|installed, chain| {
                installed.harness.with_port(async |port| {
                    port.delete_entity("permission_records", &chain.middle.grant(), None).await.unwrap();
                });
            }),
            "it is on no record",
        ),
        (
            "the tag of its run",
            System(|installed, chain| tag(installed, &chain.middle.grant(), "port-iam:run", "r_other")),
            "port-iam:run",
        ),
        (
            "the tag of its installation",
            System(|installed, chain| tag(installed, &chain.middle.grant(), "port-iam:scope", "other/1")),
            "port-iam:scope",
        ),
        (
            "its mark",
            System(|installed, chain| tag(installed, &chain.middle.grant(), "managed-by", "somebody")),
            "managed-by",
        ),
        (
            "its end",
            System(|installed, chain| trust(installed, &chain.middle.grant(), "2020-01-01T00:00:00Z")),
            "it ended at",
        ),
        ("no end", System(|installed, chain| trust(installed, &chain.middle.grant(), "")), "bears no end"),
        (
            "a revocation that has begun",
            System(|installed, chain| {
                installed.harness.with_aws(async |iam| {
                    let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
                    let attach = iam.attach_role_policy().role_name(chain.middle.grant()).policy_arn(deny);
                    attach.send().await.unwrap();
                });
            }),
            "being taken away",
        ),
        (
            "a role that is gone",
            System(|installed, chain| {
                installed.harness.with_aws(async |iam| remove(iam, &chain.middle.grant()).await);
            }),
            "its role is gone",
        ),
        (
            "a role of its name elsewhere",
            System(|installed, chain| {
                installed.harness.with_aws(async |iam| {
                    let grant = chain.middle.grant();
                    remove(iam, &grant).await;
                    let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
                        "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
                    let create = iam.create_role().role_name(grant).assume_role_policy_document(document.to_string());
                    create.send().await.unwrap();
                });
            }),
            "lies elsewhere",
        ),
        (
            "an end on record",
            System(|installed, chain| {
                let ended = json!({ "revoked_at": "2026-11-23T20:00:00Z", "state": "expired" });
                crate::extend::edit(installed, "permission_records", &chain.middle.grant(), &ended, &json!({}));
            }),
            "it ended at",
        ),
    ]
}

fn of_the_catalog_and_the_rules() -> Vec<Row> {
    vec![
        ("no resource", Answer(RESOURCES, "/entities", json!([])), "refused::entity:"),
        ("another resource", Answer(RESOURCES, "/entities/0/identifier", json!(THIRD_BUCKET)), "refused::"),
        ("no permission", Answer(PERMISSIONS, "/entities", json!([])), "refused::permissions:"),
        (
            "the permission's type",
            Answer(PERMISSIONS, "/entities/0/properties/resource_type", json!("EC2")),
            "refused::permissions:",
        ),
        ("the longest time", Rules("longest-duration: 12h", "longest-duration: 2h"), "refused::duration:"),
        ("the longest time, by minutes", Rules("longest-duration: 12h", "longest-duration: 3h"), "counted from"),
        ("the requesters", Rules("[dana@acme.example, ada", "[max@acme.example, ada"), "refused::requester:"),
        ("the actions", Rules("[\"bundle:objects\"]", "[\"s3:GetObject\"]"), "refused::permissions:"),
        ("the approvers", Rules("[ada@acme.example, greta", "[max@acme.example, greta"), "refused::approval:"),
        ("the ticket", Rules("[A-Z]+-[0-9]+", "INC-[0-9]+"), "refused::reason:"),
    ]
}

fn tag(installed: &Installed, role: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
        iam.tag_role().role_name(role).tags(tag).send().await.unwrap();
    });
}

fn trust(installed: &Installed, role: &str, end: &str) {
    installed.harness.with_aws(async |iam| {
        let mut document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
        if !end.is_empty() {
            document["Statement"][0]["Condition"] = json!({ "DateLessThan": { "aws:CurrentTime": end } });
        }
        let update = iam.update_assume_role_policy().role_name(role).policy_document(document.to_string());
        update.send().await.unwrap();
    });
}

async fn remove(iam: &aws_sdk_iam::Client, grant: &str) {
    let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    iam.detach_role_policy().role_name(grant).policy_arn(&policy).send().await.unwrap();
    iam.delete_role().role_name(grant).send().await.unwrap();
    iam.delete_policy().policy_arn(&policy).send().await.unwrap();
}

fn check_all(rows: &[Row], at_least: usize) {
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let baseline = Baseline::new();
    let granted = || {
        let chain = baseline.chain();
        baseline.good(&chain.last).exits(0);
        baseline.clear(&chain);
    };
    granted();
    let failed: Vec<&str> = rows
        .iter()
        .filter(|row| {
            let check = std::panic::AssertUnwindSafe(|| baseline.check_extension(row));
            std::panic::catch_unwind(check).is_err()
        })
        .map(|row| row.0)
        .collect();
    assert_eq!(failed, [""; 0], "rows that were not refused as they must be");
    granted();
}

/// Returns how many rows there are.
pub(super) fn number() -> usize {
    [of_the_run(), of_the_runs_before(), of_the_old_grant(), of_the_catalog_and_the_rules()].iter().map(Vec::len).sum()
}

#[test]
fn every_forged_field_of_an_extension_and_of_the_people_is_refused() {
    check_all(&of_the_run(), 31);
}

#[test]
fn every_forged_field_of_the_runs_before_an_extension_is_refused() {
    check_all(&of_the_runs_before(), 20);
}

#[test]
fn every_forged_part_of_the_grant_that_is_extended_is_refused() {
    check_all(&of_the_old_grant(), 11);
}

#[test]
fn an_extension_is_held_against_the_catalog_and_the_rules_of_its_day() {
    check_all(&of_the_catalog_and_the_rules(), 10);
}

/// Whoever may edit the record moves the beginning no further than the run allows.
#[test]
fn the_beginning_of_the_first_grant_is_not_moved_by_any_answer_but_the_run_s() {
    let baseline = Baseline::new();
    let installed = &baseline.installed;
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 3h"));
    let first = baseline.request();
    baseline.good(&first).exits(0);
    installed.pass(30);
    for pointer in ["granted_from", "granted_until"] {
        let late = baseline.extended(&first.grant(), "2h45m");
        let asked = FIRST_RECORD.replace("FIRST", &first.run_id);
        let pointer = format!("/entity/properties/{pointer}");
        let fault = Fault::Forged { pointer, value: json!("2099-01-01T00:00:00Z") };
        installed.harness.sandbox.faults.plan_exactly(&asked, fault);
        let ran = baseline.good(&late).exits(5);
        installed.harness.sandbox.faults.clear();
        assert!(ran.stdout.contains("refused::duration:"), "{}", ran.stdout);
    }
    baseline.good(&baseline.extended(&first.grant(), "2h15m")).exits(0);
}

/// The catalog's entity of the old grant is forged in every property at once, and decides nothing.
#[test]
fn what_the_entity_of_the_old_grant_claims_changes_nothing() {
    let baseline = Baseline::new();
    let installed = &baseline.installed;
    let chain = baseline.chain();
    let body = json!({ "identifier": chain.middle.grant(), "properties": {
        "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess", "role_arn": "arn:aws:iam::123456789012:role/a",
        "run_id": "r_other", "requester": "max@acme.example", "state": "live", "extends": "Permission-r_other",
        "expiry_time": "2099-01-01T00:00:00Z" }, "relations": { "aws_resource": INSTANCE } });
    installed.harness.upsert("provisioned_permissions", &body);
    baseline.good(&chain.last).exits(0);
    let record = installed.record(&chain.last.grant())["properties"].clone();
    assert_eq!(
        (&record["resource"], &record["requester"]),
        (&json!(crate::installed::BUCKET), &json!("dana@acme.example"))
    );
    assert_eq!(record["extends"], chain.middle.grant().as_str());
}
