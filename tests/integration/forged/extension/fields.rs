//! Whether every field of the answers to an extension has a row, or decides nothing.

use std::collections::BTreeMap;

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use super::super::Baseline;
use super::super::complete::{Idle, unaccounted};
use super::super::fields::DECIDES_NOTHING;
use super::{Chain, FIRST, FIRST_RECORD, MIDDLE, RECORD};

const OPEN_RECORDS: &str = "POST /v1/blueprints/permission_records/entities/search";
const OPEN: &str = "POST /v1/blueprints/provisioned_permissions/entities/search";

const OF_A_RUN: &[&str] = &[
    "/run/action/deleted",
    "/run/action/icon",
    "/run/action/title",
    "/run/approval/state",
    "/run/approval/userId",
    "/run/blueprint/deleted",
    "/run/blueprint/icon",
    "/run/blueprint/identifier",
    "/run/blueprint/title",
    "/run/endedAt",
    "/run/entity/deleted",
    "/run/entity/icon",
    "/run/entity/title",
    "/run/externalRunId",
    "/run/link",
    "/run/properties/reason",
    "/run/rawProperties/duration",
    "/run/rawProperties/reason",
    "/run/requiredApproval/type",
    "/run/source",
    "/run/statusLabel",
    "/run/updatedAt",
    "/run/updatedBy",
];

/// What an extension asks of the grants that it goes on from, which fields of the answer decide nothing, and why.
const OF_WHAT_IS_EXTENDED: &[Idle] = &[
    (
        FIRST,
        OF_A_RUN,
        "it was verified when it was granted; how its end counts, the record says within the run's bounds",
    ),
    (
        FIRST,
        &["/run/rawProperties/additional_resources/0", "/run/rawProperties/permissions/0"],
        "the properties hold the form",
    ),
    (MIDDLE, OF_A_RUN, "it was verified when it was granted"),
    (
        MIDDLE,
        &["/run/createdAt", "/run/properties/duration"],
        "from when the time counts, the first run says, and how long it is, the role",
    ),
    (RECORD, OF_A_RECORD, "it is asked whether the grant has ended, and that it has not says the lack of `revoked_at`"),
    (RECORD, &["/entity/properties/extends"], "which grants are before it, Port's runs say"),
    (
        FIRST_RECORD,
        OF_A_RECORD,
        "it is asked when the grant began, within the bounds of its run: \
         `the_beginning_of_the_first_grant_is_not_moved_by_any_answer_but_the_run_s`",
    ),
    (OPEN_RECORDS, OF_AN_OPEN_RECORD, "the grants of this chain count for no other: `open_grants`"),
    (OPEN, OF_AN_OPEN_GRANT, "the grants of this chain count for no other: `open_grants`"),
    (OPEN_RECORDS, EXTENDS, "which grants are before it, Port's runs say"),
    (OPEN, EXTENDS, "which grants are before it, Port's runs say"),
];

const EXTENDS: &[&str] = &["/entities/0/properties/extends"];
const OF_A_RECORD: &[&str] = &[
    "/entity/identifier",
    "/entity/properties/account",
    "/entity/properties/actions/0",
    "/entity/properties/additional_resources/0",
    "/entity/properties/approver",
    "/entity/properties/grant",
    "/entity/properties/granted_from",
    "/entity/properties/granted_until",
    "/entity/properties/notes",
    "/entity/properties/policy_digest",
    "/entity/properties/reason",
    "/entity/properties/requester",
    "/entity/properties/resource",
    "/entity/properties/run",
    "/entity/properties/state",
    "/entity/properties/trust_digest",
    "/entity/relations",
    "/entity/team",
    "/entity/title",
];
pub(in crate::forged) const OF_AN_OPEN_RECORD: &[&str] = &[
    "/entities/0/identifier",
    "/entities/0/properties/account",
    "/entities/0/properties/actions/0",
    "/entities/0/properties/additional_resources/0",
    "/entities/0/properties/approver",
    "/entities/0/properties/grant",
    "/entities/0/properties/granted_from",
    "/entities/0/properties/granted_until",
    "/entities/0/properties/notes",
    "/entities/0/properties/policy_digest",
    "/entities/0/properties/reason",
    "/entities/0/properties/requester",
    "/entities/0/properties/resource",
    "/entities/0/properties/run",
    "/entities/0/properties/state",
    "/entities/0/properties/trust_digest",
    "/entities/0/relations",
    "/entities/0/team",
    "/entities/0/title",
];
pub(in crate::forged) const OF_AN_OPEN_GRANT: &[&str] = &[
    "/entities/0/identifier",
    "/entities/0/properties/account",
    "/entities/0/properties/duration",
    "/entities/0/properties/expiry_time",
    "/entities/0/properties/iam_policy/Statement/0/Action/0",
    "/entities/0/properties/iam_policy/Statement/0/Condition/DateLessThan/aws:CurrentTime",
    "/entities/0/properties/iam_policy/Statement/0/Condition/StringEquals/s3:ResourceAccount",
    "/entities/0/properties/iam_policy/Statement/0/Effect",
    "/entities/0/properties/iam_policy/Statement/0/Resource/0",
    "/entities/0/properties/iam_policy/Version",
    "/entities/0/properties/notes",
    "/entities/0/properties/policy_arn",
    "/entities/0/properties/reason",
    "/entities/0/properties/requester",
    "/entities/0/properties/role_arn",
    "/entities/0/properties/run_id",
    "/entities/0/properties/sign_in_url",
    "/entities/0/properties/state",
    "/entities/0/relations/aws_resource",
    "/entities/0/relations/permissions/0",
    "/entities/0/team",
    "/entities/0/title",
];

/// What decides nothing about an extension: what decides nothing about a request, and what it asks besides.
fn decides_nothing() -> Vec<Idle> {
    DECIDES_NOTHING.iter().chain(OF_WHAT_IS_EXTENDED).copied().collect()
}

/// Names a request as rows do.
fn named(asked: &str, chain: &Chain) -> String {
    let named = asked.replace(&chain.first.run_id, "FIRST").replace(&chain.middle.run_id, "MIDDLE");
    // The approvers of the list are read alike.
    named.replace(&chain.last.run_id, "RUN").replace("greta", "ada")
}

/// Returns what an extension asks of Port and GitHub, as rows name it, each with its answers.
fn answers(baseline: &Baseline) -> BTreeMap<String, Vec<Value>> {
    let installed = &baseline.installed;
    let chain = baseline.chain();
    let begun = installed.harness.sandbox.log.len();
    baseline.good(&chain.last).exits(0);
    // A run that has ended has more to tell.
    installed.harness.with_port(async |port| {
        assert!(port.run(&chain.last.run_id).await.unwrap().unwrap().is_successful());
    });
    let is_read = |exchange: &Exchange| {
        matches!(exchange.api, Api::Port | Api::Github)
            && !exchange.is_write()
            && !exchange.path.ends_with("/access_token")
    };
    let mut answers = BTreeMap::<String, Vec<Value>>::new();
    for mut exchange in installed.exchanges_since(begun).into_iter().filter(|it| is_read(it) && it.status == 200) {
        let asked = named(&format!("{} {}", exchange.method, exchange.path), &chain);
        // Whether an answer went well its status tells.
        exchange.response.as_object_mut().unwrap().remove("ok");
        answers.entry(asked).or_default().push(exchange.response);
    }
    answers
}

#[test]
fn every_field_of_an_answer_to_an_extension_has_a_row_or_decides_nothing() {
    let (missing, stale) = unaccounted(&answers(&Baseline::new()), &super::all(), &decides_nothing());
    assert_eq!(missing, [""; 0], "fields without a row");
    assert_eq!(stale, [""; 0], "fields that are none, or have a row");
}

/// The twin of the rows: what is said to decide nothing is forged, one field of each answer at a time, and the extension
/// gives what was asked for.
#[test]
fn what_decides_nothing_of_an_extension_may_say_anything() {
    let baseline = Baseline::new();
    let installed = &baseline.installed;
    let mut chain = baseline.chain();
    let mut fields = BTreeMap::<&str, Vec<&str>>::new();
    for (asked, pointers, _) in decides_nothing() {
        fields.entry(asked).or_default().extend(pointers);
    }
    while !fields.is_empty() {
        let forged: Vec<(&str, &str)> =
            fields.iter_mut().map(|(asked, pointers)| (*asked, pointers.remove(0))).collect();
        fields.retain(|_, pointers| !pointers.is_empty());
        for (asked, pointer) in &forged {
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: json!("anything") };
            installed.harness.sandbox.faults.plan_exactly(&chain.named(asked), fault);
        }
        let ran = baseline.good(&chain.last);
        installed.harness.sandbox.faults.clear();
        assert_eq!(ran.exit_code, 0, "one of {forged:?}: {}\n{}", ran.stdout, ran.stderr);
        installed.harness.run(&["revoke", &chain.last.grant(), "--direct"]).exits(0);
        chain.last = baseline.extended(&chain.middle.grant(), "3h");
    }
}
