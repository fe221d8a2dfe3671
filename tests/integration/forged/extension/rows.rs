//! What is forged of an extension, one at a time.

use serde_json::json;

use super::super::{End, OTHER_BUCKET, Row, THIRD_BUCKET, ending, row};
use super::{ADA, APPROVERS, DANA, FIRST, MIDDLE, PERMISSIONS, RECORD, RESOURCES, RUN};
use crate::forged::Forge;
use crate::installed::{INSTANCE, Installed};

use Forge::{Answer, Aws, Dispatch, Port, Rules};

const BY_ADA: &str = "auth0|ada";

/// What is forged, how, and what the message must hold.
type Line = (&'static str, Forge, &'static str);

fn refused(lines: Vec<Line>) -> Vec<Row> {
    lines.into_iter().map(|(what, forge, words)| row(what, forge, words)).collect()
}

pub(super) fn of_the_run() -> Vec<Row> {
    refused(vec![
        ("its id", Answer(RUN, "/run/id", json!("r_other")), "refused::runId:"),
        (
            "the other action that grants",
            Answer(RUN, "/run/action/identifier", json!("request_permissions")),
            "refused::runId:",
        ),
        (
            "an action that revokes",
            Answer(RUN, "/run/action/identifier", json!("return_permissions")),
            "refused::runId:",
        ),
        ("waiting", Answer(RUN, "/run/status", json!("WAITING_FOR_APPROVAL")), "refused::runId:"),
        ("declined", Answer(RUN, "/run/status", json!("DECLINED")), "refused::runId:"),
        ("failed", Answer(RUN, "/run/status", json!("FAILURE")), "refused::runId:"),
        ("ended well without a grant", Answer(RUN, "/run/status", json!("SUCCESS")), "refused::runId:"),
        ("with an end", Answer(RUN, "/run/endedAt", json!("2026-11-23T20:00:00.000Z")), "refused::runId:"),
        ("who started it", Answer(RUN, "/run/createdBy", json!(BY_ADA)), "refused::requester:"),
        ("in another's name", Answer(RUN, "/run/impersonatedBy", json!(BY_ADA)), "refused::requester:"),
        ("another grant", Answer(RUN, "/run/entity/identifier", json!("Permission-r_other")), "refused::entity:"),
        ("a resource", Answer(RUN, "/run/entity/identifier", json!(OTHER_BUCKET)), "refused::entity:"),
        ("no grant", Answer(RUN, "/run/entity", json!(null)), "refused::entity:"),
        ("the duration", Answer(RUN, "/run/properties/duration", json!("4h")), "refused::properties:"),
        ("the reason", Answer(RUN, "/run/properties/reason", json!("OPS-8")), "refused::properties:"),
        ("long ago", Answer(RUN, "/run/updatedAt", json!("2020-01-01T00:00:00.000Z")), "refused::runId:"),
        ("made long ago", Answer(RUN, "/run/createdAt", json!("2020-01-01T00:00:00.000Z")), "refused::runId:"),
        ("made in time to come", Answer(RUN, "/run/createdAt", json!("2099-01-01T00:00:00.000Z")), "refused::runId:"),
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
            Port(|installed, last| {
                let ended = json!({ "grant": last.grant(), "revoked_at": "2026-11-23T20:00:00Z" });
                crate::extend::edit(installed, "permission_records", &last.grant(), &ended, &json!({}));
            }),
            "refused::runId:",
        ),
    ])
}

pub(super) fn of_the_runs_before() -> Vec<Row> {
    let of = |what, asked, pointer, value| (what, Answer(asked, pointer, value), "refused::entity:");
    let mut rows = refused(vec![
        of("the old run's id", MIDDLE, "/run/id", json!("r_other")),
        of("an old run of another action", MIDDLE, "/run/action/identifier", json!("deploy")),
        of("an old run that revoked", MIDDLE, "/run/action/identifier", json!("revoke_permissions")),
        of("an old run that failed", MIDDLE, "/run/status", json!("FAILURE")),
        of("an old run that is open", MIDDLE, "/run/status", json!("IN_PROGRESS")),
        of("an old run in another's name", MIDDLE, "/run/impersonatedBy", json!(BY_ADA)),
        of("an old run of an unknown grant", MIDDLE, "/run/entity/identifier", json!("Permission-r_other")),
        (
            "an old run that claims to be the first",
            Answer(MIDDLE, "/run/action/identifier", json!("request_permissions")),
            "refused::permissions:",
        ),
        of("an old run about nothing", MIDDLE, "/run/entity", json!(null)),
        of("an old run about a resource", MIDDLE, "/run/entity/identifier", json!(INSTANCE)),
        ("an old run of somebody else", Answer(MIDDLE, "/run/createdBy", json!(BY_ADA)), "refused::requester:"),
        ("an old run of nobody", Answer(MIDDLE, "/run/createdBy", json!(null)), "refused::requester:"),
        of("the first run's id", FIRST, "/run/id", json!("r_other")),
        of("the first run's action", FIRST, "/run/action/identifier", json!("extend_permissions")),
        of("a first run that failed", FIRST, "/run/status", json!("FAILURE")),
        of("a first run in another's name", FIRST, "/run/impersonatedBy", json!(BY_ADA)),
        ("the first run's person", Answer(FIRST, "/run/createdBy", json!(BY_ADA)), "refused::requester:"),
        of(
            "the first run's resource, of another type",
            FIRST,
            "/run/entity/identifier",
            json!("arn:aws:s3:::nobody-knows"),
        ),
        (
            "the first run's further resource",
            Answer(FIRST, "/run/properties/additional_resources/0", json!("arn:aws:s3:::nobody-knows")),
            "refused::additional_resources:",
        ),
        ("the first run's duration", Answer(FIRST, "/run/properties/duration", json!("forever")), "refused::duration:"),
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
    ]);
    let never = Answer(FIRST, "/run/createdAt", json!(null));
    rows.push(ending("a first run that was never made", End::Unknown, never, "does not say when it was made"));
    rows
}

pub(super) fn of_the_old_grant() -> Vec<Row> {
    refused(vec![
        (
            "a record of its end in the answer",
            Answer(RECORD, "/entity/properties/revoked_at", json!("2026-11-23T20:00:00Z")),
            "refused::entity:",
        ),
        (
            "no record",
            Aws(|installed, middle| {
                installed.harness.with_port(async |port| {
                    port.delete_entity("permission_records", middle, None).await.unwrap();
                });
            }),
            "it is on no record",
        ),
        (
            "the tag of its run",
            Aws(|installed, middle| tag(installed, middle, "port-iam:run", "r_other")),
            "port-iam:run",
        ),
        (
            "the tag of its installation",
            Aws(|installed, middle| tag(installed, middle, "port-iam:scope", "other/1")),
            "port-iam:scope",
        ),
        ("its mark", Aws(|installed, middle| tag(installed, middle, "managed-by", "somebody")), "managed-by"),
        ("its end", Aws(|installed, middle| trust(installed, middle, "2020-01-01T00:00:00Z")), "it ended at"),
        ("no end", Aws(|installed, middle| trust(installed, middle, "")), "bears no end"),
        (
            "a revocation that has begun",
            Aws(|installed, middle| {
                installed.harness.with_aws(async |iam| {
                    let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
                    let attach = iam.attach_role_policy().role_name(middle).policy_arn(deny);
                    attach.send().await.unwrap();
                });
            }),
            "being taken away",
        ),
        (
            "a role that is gone",
            Aws(|installed, middle| {
                installed.harness.with_aws(async |iam| remove(iam, middle).await);
            }),
            "its role is gone",
        ),
        (
            "a role of its name elsewhere",
            Aws(|installed, middle| {
                installed.harness.with_aws(async |iam| {
                    remove(iam, middle).await;
                    let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
                        "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
                    let create = iam.create_role().role_name(middle).assume_role_policy_document(document.to_string());
                    create.send().await.unwrap();
                });
            }),
            "lies elsewhere",
        ),
        (
            "an end on record",
            Aws(|installed, middle| {
                let ended = json!({ "revoked_at": "2026-11-23T20:00:00Z", "state": "expired" });
                crate::extend::edit(installed, "permission_records", middle, &ended, &json!({}));
            }),
            "it ended at",
        ),
    ])
}

pub(super) fn of_the_catalog_and_the_rules() -> Vec<Row> {
    refused(vec![
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
    ])
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
