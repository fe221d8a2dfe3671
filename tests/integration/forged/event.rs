//! What the workflow was told, and where it runs.

use serde_json::json;

use super::{End, Forge, OTHER_BUCKET, Row, THIRD_BUCKET, ending, row};
use crate::installed::Installed;

pub(super) fn forged_dispatches() -> Vec<Row> {
    use Forge::{Dispatch, Event, Variable};
    vec![
        row(
            "the entity",
            Dispatch(|it| it.forged(|it| it["entity"]["identifier"] = json!(OTHER_BUCKET))),
            "refused::entity:",
        ),
        row("no entity", Dispatch(|it| it.forged(|it| it["entity"] = json!({}))), "refused::entity:"),
        row(
            "the requester",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("ada@acme.example"))),
            "refused::requester:",
        ),
        row(
            "a requester that looks the same",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("d\u{430}na@acme.example"))),
            "refused::requester:",
        ),
        row(
            "a requester that is no address",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!(".."))),
            "refused::requester:",
        ),
        row("no requester", Dispatch(|it| it.forged(|it| it["trigger"] = json!({}))), "refused::requester:"),
        row(
            "the permissions",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!(["s3:GetObject"]))),
            "refused::properties:",
        ),
        row(
            "one permission more",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!(["s3:PutObject", "s3:GetObject"]))),
            "refused::properties:",
        ),
        row(
            "the name of a permission",
            Dispatch(|it| it.with_form(|it| it["permissions"][0]["identifier"] = json!("s3:GetObject"))),
            "refused::properties:",
        ),
        row(
            "the name of a further resource",
            Dispatch(|it| it.with_form(|it| it["additional_resources"][0]["identifier"] = json!(THIRD_BUCKET))),
            "refused::properties:",
        ),
        row("no permission", Dispatch(|it| it.with_form(|it| it["permissions"] = json!([]))), "refused::permissions:"),
        row(
            "a wildcard",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!(["s3:*"]))),
            "refused::permissions:",
        ),
        row(
            "permissions that are no list",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!("s3:PutObject"))),
            "refused::permissions:",
        ),
        row("the duration", Dispatch(|it| it.with_form(|it| it["duration"] = json!("2h"))), "refused::properties:"),
        row("the reason", Dispatch(|it| it.with_form(|it| it["reason"] = json!("OPS-8"))), "refused::properties:"),
        row(
            "a control character",
            Dispatch(|it| it.with_form(|it| it["reason"] = json!("\u{1b}[2J"))),
            "refused::reason:",
        ),
        row(
            "another further resource",
            Dispatch(|it| it.with_form(|it| it["additional_resources"] = json!([THIRD_BUCKET]))),
            "refused::properties:",
        ),
        row(
            "no further resource",
            Dispatch(|it| it.with_form(|it| it["additional_resources"] = json!([]))),
            "refused::properties:",
        ),
        row("a form that is a list", Dispatch(|it| it.with_form(|it| *it = json!([]))), "refused::properties:"),
        row(
            "a form that is no JSON",
            Dispatch(|mut it| {
                it.inputs.insert("properties".to_owned(), "{".to_owned());
                it
            }),
            "refused::properties:",
        ),
        row(
            "a form that is too long",
            Dispatch(|mut it| {
                it.inputs.insert("properties".to_owned(), "x".repeat(65_536));
                it
            }),
            "refused::properties:",
        ),
        row(
            "no form",
            Dispatch(|mut it| {
                it.inputs.remove("properties");
                it
            }),
            "refused::permissions:",
        ),
        ending(
            "port_context: an unknown run",
            End::Untold,
            Dispatch(|it| it.forged(|it| it["runId"] = json!("r_nobodyKnows"))),
            "refused::runId:",
        ),
        ending(
            "port_context: no run",
            End::Untold,
            Dispatch(|it| it.forged(|it| it["runId"] = json!(null))),
            "refused::runId:",
        ),
        ending(
            "port_context: a path for a run",
            End::Untold,
            Dispatch(|it| it.forged(|it| it["runId"] = json!("../users"))),
            "refused::runId:",
        ),
        ending(
            "port_context: no JSON",
            End::Untold,
            Dispatch(|mut it| {
                it.inputs.insert("port_context".to_owned(), "{".to_owned());
                it
            }),
            "refused::port_context:",
        ),
        ending(
            "port_context: none",
            End::Untold,
            Dispatch(|mut it| {
                it.inputs.remove("port_context");
                it
            }),
            "refused::runId:",
        ),
        ending(
            "the number of the repository",
            End::LeftOpen,
            Variable("GITHUB_REPOSITORY_ID", "1"),
            "refused::GITHUB_REPOSITORY_ID:",
        ),
        ending("the branch", End::LeftOpen, Variable("GITHUB_REF", "refs/heads/mine"), "refused::GITHUB_REF:"),
        ending(
            "a tag of the branch's name",
            End::LeftOpen,
            Variable("GITHUB_REF", "refs/tags/main"),
            "refused::GITHUB_REF:",
        ),
        ending("no branch", End::LeftOpen, Variable("GITHUB_REF", ""), "refused::GITHUB_REF:"),
        ending("who started it", End::LeftOpen, Variable("GITHUB_ACTOR", "max"), "refused::dispatchers:"),
        ending("who repeated it", End::LeftOpen, Variable("GITHUB_TRIGGERING_ACTOR", "max"), "refused::dispatchers:"),
        ending(
            "who sent the event",
            End::LeftOpen,
            Event(|it| it["sender"]["login"] = json!("max")),
            "refused::dispatchers:",
        ),
        row("the account of the workflow", Variable("AWS_ACCOUNT_ID", "210987654321"), "refused::AWS_ACCOUNT_ID:"),
        row("no account at all", Variable("AWS_ACCOUNT_ID", "12345"), "AWS_ACCOUNT_ID"),
    ]
}

/// Where the rules name nobody who may start workflows, whoever sent what Port does not bear out may be a stranger: it
/// is refused and ends nothing. What Port bears out and the rules refuse is over.
#[test]
fn without_a_list_what_port_does_not_bear_out_ends_no_run() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("dispatchers:", "#dispatchers:"));
    let request = installed.request();
    for (forged, field) in [
        (request.forged(|it| it["entity"]["identifier"] = json!(OTHER_BUCKET)), "entity"),
        (request.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("ada@acme.example")), "requester"),
        (request.with_form(|it| it["permissions"] = json!(["s3:*"])), "permissions"),
        (request.with_form(|it| it["duration"] = json!("2h")), "properties"),
    ] {
        let ran = installed.step("grant", &forged, &[("GITHUB_ACTOR", "max")]).exits(5);
        assert!(ran.stdout.contains(&format!("refused::{field}:")), "{field}: {}", ran.stdout);
        assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS", "{field}");
        assert!(installed.log_of(&request.run_id).contains("refused: "), "{field}");
    }
    installed.grant(&request).exits(0);
    let too_long = installed.execute(
        port_iam::sandbox::cast::DANA,
        "request_permissions",
        crate::installed::BUCKET,
        &json!({ "permissions": ["s3:PutObject"], "duration": "13h" }),
    );
    installed.grant(&too_long).exits(5);
    assert_eq!(installed.run(&too_long.run_id)["status"], "FAILURE");
}
