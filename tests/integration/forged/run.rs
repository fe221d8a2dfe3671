//! What Port answers about the run.

use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{Baseline, End, Forge, OTHER_BUCKET, Row, THIRD_BUCKET, ending, row};
use crate::installed::{Dispatched, Installed};

const RUN: &str = "GET /v1/actions/runs/RUN";

pub(super) fn forged_runs() -> Vec<Row> {
    use Forge::{Answer, Port};
    let run = |what, pointer, value, words| row(what, Answer(RUN, pointer, value), words);
    let unknown = |what, pointer, value, words| ending(what, End::Unknown, Answer(RUN, pointer, value), words);
    vec![
        run("run.id", "/run/id", json!("r_other"), "refused::runId:"),
        unknown("run.id of another shape", "/run/id", json!(7), "read the run"),
        run("run.action", "/run/action", json!({ "identifier": "revoke_permissions" }), "refused::runId:"),
        run("run.action as text", "/run/action", json!("deploy"), "refused::runId:"),
        unknown("no run.action", "/run/action", json!(null), "read the run"),
        run("run.status, waiting", "/run/status", json!("WAITING_FOR_APPROVAL"), "refused::runId:"),
        run("run.status, declined", "/run/status", json!("DECLINED"), "refused::runId:"),
        run("run.status, failed", "/run/status", json!("FAILURE"), "refused::runId:"),
        run("run.status, ended well without a grant", "/run/status", json!("SUCCESS"), "refused::runId:"),
        run("run.status, unheard of", "/run/status", json!("in_progress"), "refused::runId:"),
        unknown("no run.status", "/run/status", json!(null), "read the run"),
        run("run.endedAt", "/run/endedAt", json!("2026-11-23T20:00:00.000Z"), "refused::runId:"),
        run("run.createdBy", "/run/createdBy", json!("auth0|ada"), "refused::requester:"),
        run("no run.createdBy", "/run/createdBy", json!(null), "refused::requester:"),
        run("run.createdBy of another shape", "/run/createdBy", json!({ "id": "auth0|dana" }), "refused::requester:"),
        run("run.impersonatedBy", "/run/impersonatedBy", json!("auth0|ada"), "refused::requester:"),
        run(
            "run.impersonatedBy of another shape",
            "/run/impersonatedBy",
            json!({ "id": "auth0|ada" }),
            "refused::requester:",
        ),
        run("run.entity", "/run/entity", json!({ "identifier": OTHER_BUCKET }), "refused::entity:"),
        run("run.entity as text", "/run/entity", json!(OTHER_BUCKET), "refused::entity:"),
        run("no run.entity", "/run/entity", json!(null), "refused::entity:"),
        run("run.createdAt long ago", "/run/createdAt", json!("2020-01-01T00:00:00.000Z"), "refused::runId:"),
        run("run.createdAt to come", "/run/createdAt", json!("2099-01-01T00:00:00.000Z"), "refused::runId:"),
        run("no run.createdAt", "/run/createdAt", json!(null), "refused::runId:"),
        run("run.updatedAt long ago", "/run/updatedAt", json!("2020-01-01T00:00:00.000Z"), "refused::runId:"),
        run("run.updatedAt to come", "/run/updatedAt", json!("2099-01-01T00:00:00.000Z"), "refused::runId:"),
        run(
            "run.properties, the permissions",
            "/run/properties/permissions",
            json!(["ec2:StopInstances"]),
            "refused::properties:",
        ),
        run(
            "run.properties, as entities",
            "/run/properties/permissions",
            json!([{ "identifier": "ec2:StopInstances" }]),
            "refused::properties:",
        ),
        run(
            "run.properties, one more",
            "/run/properties/permissions",
            json!(["s3:PutObject", "ec2:StopInstances"]),
            "refused::properties:",
        ),
        run("run.properties, the duration", "/run/properties/duration", json!("12h"), "refused::properties:"),
        run("run.properties, the reason", "/run/properties/reason", json!("OPS-8"), "refused::properties:"),
        run(
            "run.properties, further resources",
            "/run/properties/additional_resources",
            json!([THIRD_BUCKET]),
            "refused::properties:",
        ),
        row(
            "run.properties, none, and another permission in run.rawProperties",
            Port(|installed, request| {
                forge_run(installed, request, |run| {
                    run["properties"] = json!({});
                    run["rawProperties"]["permissions"] = json!(["ec2:StopInstances"]);
                });
            }),
            "refused::properties:",
        ),
        row(
            "no form at all",
            Port(|installed, request| {
                forge_run(installed, request, |run| {
                    run["properties"] = json!({});
                    run["rawProperties"] = json!({});
                });
            }),
            "refused::permissions:",
        ),
        unknown(
            "run.properties, permissions as text",
            "/run/properties/permissions",
            json!("s3:PutObject"),
            "permissions",
        ),
        unknown("run.properties, permissions as numbers", "/run/properties/permissions", json!([7]), "permissions"),
        unknown("run.properties, a duration that is a number", "/run/properties/duration", json!(3600), "duration"),
        unknown("run.properties, a list", "/run/properties", json!([]), "properties"),
        ending(
            "a run that was withdrawn",
            End::Over,
            Port(|installed, request| {
                installed.harness.with_port(async |port| {
                    let patch = port_iam::clients::port::RunPatch { succeeded: Some(false), label: None };
                    port.report(&request.run_id, &patch).await.unwrap();
                });
            }),
            "refused::runId:",
        ),
        row(
            "a record of its end",
            Port(|installed, request| {
                let properties = json!({ "grant": request.grant(), "revoked_at": "2026-11-23T20:00:00Z" });
                write_entity(installed, "permission_records", &request.grant(), &properties);
            }),
            "refused::runId:",
        ),
    ]
}

/// Plans an answer about the run in which several fields are other ones. It is read once to decide, and once more to be told:
/// that must find the real one.
fn forge_run(installed: &Installed, request: &Dispatched, forge: impl FnOnce(&mut Value)) {
    let since = installed.harness.sandbox.log.len();
    installed.harness.with_port(async |port| drop(port.run(&request.run_id).await.unwrap().unwrap()));
    let asked = format!("/v1/actions/runs/{}", request.run_id);
    let told = installed.exchanges_since(since).into_iter().find(|exchange| exchange.path == asked).unwrap();
    let mut value = told.response["run"].clone();
    forge(&mut value);
    let fault = Fault::Forged { pointer: "/run".to_owned(), value };
    installed.harness.sandbox.faults.plan_first(&format!("GET {asked}"), fault);
}

/// The twin of the rows: where Port tells the form as it was given alone, that is what is granted.
#[test]
fn what_port_tells_in_its_raw_properties_alone_is_granted() {
    let baseline = Baseline::new();
    let request = baseline.request();
    forge_run(&baseline.installed, &request, |run| run["properties"] = json!({}));
    baseline.good(&request).exits(0);
    assert_eq!(baseline.installed.roles(), [request.grant()]);
}

fn write_entity(installed: &Installed, blueprint: &str, identifier: &str, properties: &Value) {
    let body = json!({ "identifier": identifier, "properties": properties });
    installed.harness.upsert(blueprint, &body);
}
