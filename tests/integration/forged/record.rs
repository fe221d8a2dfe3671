//! What the permanent record of the run's own grant says, which an attempt before has written and a repeat reads: more people
//! may write records than runs.

use port_iam::domain::state::GrantState;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::complete::Idle;
use super::extension::{OF_AN_OPEN_GRANT, OF_AN_OPEN_RECORD};
use super::{Baseline, Forge, Row, row};
use crate::installed::Dispatched;

pub(super) const RECORD: &str = "GET /v1/blueprints/permission_records/entities/Permission-RUN";
const OPEN_RECORDS: &str = "POST /v1/blueprints/permission_records/entities/search";
const OPEN: &str = "POST /v1/blueprints/provisioned_permissions/entities/search";
const OTHER_ACCOUNT: &str = "210987654321";
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// What decides by itself about a repeat that finds the role of the first attempt gone.
pub(super) fn forged_records() -> Vec<Row> {
    let record = |what, field, value, words| row(what, Forge::Answer(RECORD, field, value), words);
    vec![
        record("the record's account", "/entity/properties/account", json!(OTHER_ACCOUNT), "refused::account:"),
        record(
            "an account of the record that is none",
            "/entity/properties/account",
            json!("all"),
            "refused::account:",
        ),
        record(
            "the record's end",
            "/entity/properties/granted_until",
            json!(LONG_AGO),
            "runId: the grant of this run has already ended",
        ),
        record(
            "a revocation in the record",
            "/entity/properties/revoked_at",
            json!(LONG_AGO),
            "runId: the grant of this run ended at",
        ),
    ]
}

/// What a repeat asks besides what every attempt does, which fields of the answer decide nothing, and why.
pub(super) const DECIDES_NOTHING: &[Idle] = &[
    (
        RECORD,
        &["/entity/properties/state"],
        "tells only beside account and end whether they count: `only_an_attempt_that_was_undone_is_begun_anew`",
    ),
    (
        RECORD,
        &[
            "/entity/identifier",
            "/entity/properties/actions/0",
            "/entity/properties/additional_resources/0",
            "/entity/properties/approver",
            "/entity/properties/grant",
            "/entity/properties/granted_from",
            "/entity/properties/notes",
            "/entity/properties/policy_digest",
            "/entity/properties/reason",
            "/entity/properties/requester",
            "/entity/properties/resource",
            "/entity/properties/run",
            "/entity/properties/trust_digest",
            "/entity/relations",
            "/entity/team",
            "/entity/title",
        ],
        "what was asked for and by whom the run says; the record is written anew",
    ),
    (OPEN_RECORDS, OF_AN_OPEN_RECORD, "the run's own grant counts for no other: `open_grants`"),
    (OPEN, OF_AN_OPEN_GRANT, "the run's own grant counts for no other: `open_grants`"),
];

impl Baseline {
    /// A request whose grant is on record, and whose role somebody has taken away while its run is still open.
    pub(super) fn half_gone(&self) -> Dispatched {
        let request = self.half_told();
        self.take_away(&request.grant());
        request
    }

    /// Takes role and policy away by hand, as an administrator of AWS can.
    fn take_away(&self, grant: &str) {
        self.installed.harness.with_aws(async |iam| {
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            iam.detach_role_policy().role_name(grant).policy_arn(&arn).send().await.unwrap();
            iam.delete_role().role_name(grant).send().await.unwrap();
            iam.delete_policy().policy_arn(&arn).send().await.unwrap();
        });
    }

    /// Repeats a request while its record says otherwise in all of these properties.
    fn repeated(&self, request: &Dispatched, says: &Value) -> crate::harness::Ran {
        let mut value = self.installed.record(&request.grant())["properties"].clone();
        for (name, said) in says.as_object().unwrap() {
            value[name] = said.clone();
        }
        let faults = &self.installed.harness.sandbox.faults;
        let fault = Fault::Forged { pointer: "/entity/properties".to_owned(), value };
        faults.plan_exactly(&RECORD.replace("RUN", &request.run_id), fault);
        let ran = self.good(request);
        faults.clear();
        ran
    }
}

/// The note that a sweep leaves of a role that is not as it is made.
fn note() -> Value {
    json!({ "tampering": [{ "what": "it has an inline policy `x`" }] })
}

/// What the record says otherwise, and whether the run's grant is begun anew all the same.
fn beside_account_and_end() -> Vec<(Value, bool)> {
    let mut rows = Vec::new();
    let others = GrantState::ALL.iter().filter(|state| **state != GrantState::GrantFailed);
    let states = others.map(|state| json!(state.as_str())).chain([json!("undone"), json!(null), json!(7)]);
    for state in states {
        rows.push((json!({ "account": OTHER_ACCOUNT, "state": state }), false));
        rows.push((json!({ "granted_until": LONG_AGO, "state": state }), false));
    }
    let undone = GrantState::GrantFailed.as_str();
    rows.extend([
        (json!({ "account": OTHER_ACCOUNT, "state": undone }), true),
        (json!({ "granted_until": LONG_AGO, "state": undone }), true),
        // A revocation stands whatever else is said.
        (json!({ "revoked_at": LONG_AGO, "state": undone }), false),
        // A note alone is the record of no grant; state and trust, each by itself, tell of one.
        (json!({ "account": OTHER_ACCOUNT, "receipt": note() }), false),
        (json!({ "account": OTHER_ACCOUNT, "receipt": note(), "state": null }), false),
        (json!({ "account": OTHER_ACCOUNT, "receipt": note(), "trust_digest": null }), false),
        (json!({ "account": OTHER_ACCOUNT, "state": null, "trust_digest": null }), false),
        (json!({ "account": OTHER_ACCOUNT, "receipt": note(), "state": null, "trust_digest": null }), true),
        (json!({ "granted_until": LONG_AGO, "receipt": note(), "state": null, "trust_digest": null }), false),
    ]);
    rows
}

#[test]
fn only_an_attempt_that_was_undone_is_begun_anew() {
    let baseline = Baseline::new();
    let installed = &baseline.installed;
    for (says, is_begun_anew) in beside_account_and_end() {
        let request = baseline.half_gone();
        let since = installed.harness.sandbox.log.len();
        let ran = baseline.repeated(&request, &says);
        let told = format!("{says}: {}\n{}", ran.stdout, ran.stderr);
        assert_eq!(ran.exit_code, if is_begun_anew { 0 } else { 5 }, "{told}");
        assert_eq!(installed.roles().contains(&request.grant()), is_begun_anew, "{told}");
        assert_eq!(installed.aws_writes_since(since).is_empty(), !is_begun_anew, "{told}");
    }
}

/// Whoever may edit the record moves the end no further than the run allows, which the repeat counts from itself.
#[test]
fn a_later_end_on_record_gives_no_more_than_the_run_asked_for() {
    let baseline = Baseline::new();
    let installed = &baseline.installed;
    let request = baseline.half_gone();
    let end = || installed.record(&request.grant())["properties"]["granted_until"].as_str().unwrap().to_owned();
    let moment = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let first = end();
    installed.pass(10);
    baseline.repeated(&request, &json!({ "granted_until": "2099-01-01T00:00:00Z" })).exits(0);
    let gained = moment(&end()).duration_since(moment(&first)).as_secs();
    assert!((600..660).contains(&gained), "{first} and then {}", end());
}

/// The twin of the rows: what is said to decide nothing is forged, one field of each answer at a time, and the run's own grant
/// is found as it was made.
#[test]
fn what_decides_nothing_of_a_repeat_may_say_anything() {
    let baseline = Baseline::new();
    let faults = &baseline.installed.harness.sandbox.faults;
    let mut left: Vec<(&str, Vec<&str>)> =
        DECIDES_NOTHING.iter().map(|(asked, pointers, _)| (*asked, pointers.to_vec())).collect();
    while !left.is_empty() {
        let request = baseline.half_told();
        let mut forged = std::collections::BTreeMap::new();
        for (asked, pointers) in &mut left {
            if !forged.contains_key(*asked) {
                forged.insert(*asked, pointers.remove(0));
            }
        }
        left.retain(|(_, pointers)| !pointers.is_empty());
        for (asked, pointer) in &forged {
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: json!("anything") };
            faults.plan_exactly(&asked.replace("RUN", &request.run_id), fault);
        }
        let ran = baseline.good(&request);
        faults.clear();
        assert_eq!(ran.exit_code, 0, "one of {forged:?}: {}\n{}", ran.stdout, ran.stderr);
    }
}
