//! One extension that is granted, and every field of it and of what it extends forged, one at a time.

mod fields;
mod rows;

pub(super) use fields::{OF_AN_OPEN_GRANT, OF_AN_OPEN_RECORD};

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::json;

use super::{Baseline, End, Forge, REASON, Row, catalog, people, told_as};
use crate::installed::{Dispatched, INSTANCE};

/// The first grant, the one that extends it, and the extension of that one that is forged.
struct Chain {
    first: Dispatched,
    middle: Dispatched,
    last: Dispatched,
}

impl Chain {
    /// Names a request with the ids of its runs.
    fn named(&self, asked: &str) -> String {
        let asked = asked.replace("FIRST", &self.first.run_id).replace("MIDDLE", &self.middle.run_id);
        asked.replace("RUN", &self.last.run_id)
    }
}

const FIRST: &str = "GET /v1/actions/runs/FIRST";
const MIDDLE: &str = "GET /v1/actions/runs/MIDDLE";
const RUN: &str = "GET /v1/actions/runs/RUN";
const APPROVERS: &str = "GET /v1/actions/runs/RUN/approvers";
const RECORD: &str = "GET /v1/blueprints/permission_records/entities/Permission-MIDDLE";
const FIRST_RECORD: &str = "GET /v1/blueprints/permission_records/entities/Permission-FIRST";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const ADA: &str = "GET /v1/users/ada%40acme.example";
const RESOURCES: &str = "POST /v1/blueprints/aws_resource/entities/search";
const PERMISSIONS: &str = "POST /v1/blueprints/iam_permissions/entities/search";

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

    /// Checks a row. A chain of which nothing was changed is handed on to the next one, with another extension.
    fn check_extension(&self, chain: Chain, row: &Row) -> Option<Chain> {
        let installed = &self.installed;
        let (rules, mut last, middle) = (self.rules(), chain.last.clone(), chain.middle.grant());
        match &row.forge {
            Forge::Answer(asked, pointer, value) => {
                let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: value.clone() };
                let (asked, faults) = (chain.named(asked), &installed.harness.sandbox.faults);
                // The run is read once to decide, and once more to be told: that must find the real one.
                let is_the_run = asked.contains(&format!("/runs/{}", chain.last.run_id));
                if is_the_run { faults.plan_first(&asked, fault) } else { faults.plan_exactly(&asked, fault) }
            }
            Forge::Dispatch(forge) => last = forge(last),
            Forge::Rules(from, to) => installed.set_rules(|rules| rules.replace(from, to)),
            Forge::Port(forge) => forge(installed, &last),
            Forge::Aws(forge) => forge(installed, &middle),
            Forge::Event(_) | Forge::Variable(..) => unreachable!("no row of an extension"),
        }
        let since = installed.harness.sandbox.log.len();
        let ran = self.good(&last);
        installed.harness.sandbox.faults.clear();
        let told = format!("{}:\n{}\n{}", row.what, ran.stdout, ran.stderr);
        assert_eq!(ran.exit_code, if matches!(row.end, End::Unknown | End::Unread) { 1 } else { 5 }, "{told}");
        assert!(ran.stdout.contains(row.words), "{told}");
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
        assert!(!installed.roles().contains(&chain.last.grant()), "{told}");
        told_as(installed, row.end, &chain.last.run_id, &told);
        if self.rules() != rules {
            installed.set_rules(|_| rules);
        }
        if matches!(row.forge, Forge::Port(_) | Forge::Aws(_)) {
            self.clear(&chain);
            return None;
        }
        let last = self.extended(&middle, "3h");
        Some(Chain { last, ..chain })
    }
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
    let (mut failed, mut kept) = (Vec::new(), None);
    for row in rows {
        let chain = kept.take().unwrap_or_else(|| baseline.chain());
        let check = std::panic::AssertUnwindSafe(|| baseline.check_extension(chain, row));
        match std::panic::catch_unwind(check) {
            Ok(chain) => kept = chain,
            Err(_) => failed.push(row.what),
        }
    }
    assert_eq!(failed, [""; 0], "rows that were not refused as they must be");
    kept.iter().for_each(|chain| baseline.clear(chain));
    granted();
}

/// What an extension reads as a request does: people, catalog, rules and templates.
fn of_a_request() -> Vec<Row> {
    people::forged_people().into_iter().chain(catalog::forged_catalog_and_rules()).collect()
}

fn all() -> Vec<Row> {
    let own = [rows::of_the_run(), rows::of_the_runs_before(), rows::of_the_old_grant()];
    own.into_iter().flatten().chain(rows::of_the_catalog_and_the_rules()).chain(of_a_request()).collect()
}

/// Returns how many rows there are.
pub(super) fn number() -> usize {
    all().len()
}

#[test]
fn every_forged_field_of_an_extension_and_of_the_people_is_refused() {
    check_all(&rows::of_the_run(), 33);
}

#[test]
fn every_forged_field_of_the_runs_before_an_extension_is_refused() {
    check_all(&rows::of_the_runs_before(), 23);
}

#[test]
fn every_forged_part_of_the_grant_that_is_extended_is_refused() {
    check_all(&rows::of_the_old_grant(), 11);
}

#[test]
fn an_extension_is_held_against_the_catalog_and_the_rules_of_its_day() {
    check_all(&rows::of_the_catalog_and_the_rules(), 10);
}

#[test]
fn what_an_extension_reads_as_a_request_does_is_refused_as_there() {
    check_all(&of_a_request(), 77);
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
