//! `port-iam grant` for runs of `extend_permissions`: a new grant of the same, decided anew.

use std::time::Duration;

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::harness::{Ran, decoded};
use crate::installed::{BUCKET, Dispatched, Installed};
use crate::patience::until;

pub(crate) fn edit(installed: &Installed, blueprint: &str, identifier: &str, properties: &Value, relations: &Value) {
    let body = json!({ "identifier": identifier, "properties": properties, "relations": relations });
    installed.harness.upsert(blueprint, &body);
}

/// Lets the time of one grant run out, and returns what Port's timer dispatches.
fn run_out(installed: &Installed, minutes: i64) -> Dispatched {
    let before = installed.runs().len();
    installed.pass(minutes);
    let inputs = installed.next_dispatch(before).inputs;
    let context: Value = serde_json::from_str(&inputs["port_context"]).unwrap();
    Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs }
}

fn asked(installed: &Installed, duration: &str) -> Dispatched {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": duration, "reason": "the import" });
    let request = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    installed.grant(&request).exits(0);
    request
}

fn extended(installed: &Installed, grant: &str, duration: &str) -> Dispatched {
    let extension = installed.extend(grant, duration);
    installed.grant(&extension).exits(0);
    extension
}

#[track_caller]
fn refused(installed: &Installed, extension: &Dispatched, words: &str) -> Ran {
    let (since, roles) = (installed.harness.sandbox.log.len(), installed.roles());
    let ran = installed.grant(extension).exits(5);
    assert!(ran.stdout.contains(words), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!(installed.roles(), roles);
    assert_eq!(installed.run(&extension.run_id)["status"], "FAILURE");
    let log = installed.log_of(&extension.run_id);
    assert!(log.contains("refused: ") && log.contains("What to do:"), "{log}");
    ran
}

fn document(installed: &Installed, grant: &str) -> Value {
    let mut document = Value::Null;
    installed.harness.with_aws(async |iam| {
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let version = iam.get_policy_version().policy_arn(arn).version_id("v1").send().await.unwrap();
        let text = version.policy_version.unwrap().document.unwrap();
        document = decoded(&text);
    });
    document
}

/// A document without its ends.
fn without_ends(document: &Value) -> String {
    let ends = regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    ends.replace_all(&document.to_string(), "END").into_owned()
}

#[test]
fn an_extension_is_a_grant_of_its_own_that_gives_the_same_until_later() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    let before = (document(&installed, &old.grant()), installed.record(&old.grant()));
    installed.pass(30);
    let new = extended(&installed, &old.grant(), "2h");
    assert_eq!(installed.roles().len(), 2);
    assert_eq!(without_ends(&document(&installed, &new.grant())), without_ends(&before.0));
    let record = installed.record(&new.grant())["properties"].clone();
    let entities = installed.entities();
    let entity = entities.iter().find(|entity| entity["identifier"] == new.grant().as_str()).unwrap();
    assert_eq!(record["extends"], old.grant().as_str());
    assert_eq!(entity["properties"]["extends"], old.grant().as_str());
    assert_eq!(record["resource"], BUCKET);
    assert_eq!(record["actions"], json!(["s3:PutObject"]));
    assert_eq!(entity["relations"]["aws_resource"], BUCKET);
    assert_eq!(entity["properties"]["duration"], "2h");
    assert!(record["granted_until"].as_str() > before.1["properties"]["granted_until"].as_str());
    assert!(installed.log_of(&new.run_id).contains(&format!("Goes on from: {}", old.grant())));
    // The old one is as it was, and ends by itself.
    assert_eq!(installed.record(&old.grant()), before.1);
    assert_eq!(document(&installed, &old.grant()), before.0);
}

#[test]
fn the_old_grant_lapses_on_its_own_and_the_new_one_stays() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    let new = extended(&installed, &old.grant(), "2h");
    installed.revoke(&run_out(&installed, 61)).exits(0);
    assert_eq!(installed.roles(), [new.grant()]);
    assert_eq!(installed.record(&old.grant())["properties"]["state"], "expired");
    assert_eq!(installed.record(&new.grant())["properties"]["state"], "live");
}

#[test]
fn an_extension_can_be_extended_and_the_time_counts_from_the_first_grant() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 4h"));
    let first = asked(&installed, "2h");
    installed.pass(90);
    let second = extended(&installed, &first.grant(), "1h");
    // The first is over by now, and nobody has taken it away yet.
    run_out(&installed, 45);
    let third = extended(&installed, &second.grant(), "1h30m");
    assert_eq!(installed.record(&third.grant())["properties"]["extends"], second.grant().as_str());
    // Two hours and a quarter have passed, so that less than an hour and three quarters are left.
    installed.pass(5);
    let fourth = installed.extend(&third.grant(), "1h45m");
    let ran = refused(&installed, &fourth, "refused::duration:");
    assert!(ran.stdout.contains("counted from"), "{}", ran.stdout);
    extended(&installed, &third.grant(), "1h35m");
}

#[test]
fn the_record_cannot_move_the_beginning() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 4h"));
    let first = asked(&installed, "3h");
    installed.pass(120);
    for forged in [
        json!({ "granted_from": "2099-01-01T00:00:00Z", "granted_until": "2099-01-01T00:00:00Z" }),
        json!({ "granted_from": null }),
        json!({ "granted_until": null }),
    ] {
        edit(&installed, "permission_records", &first.grant(), &forged, &json!({}));
        refused(&installed, &installed.extend(&first.grant(), "2h15m"), "refused::duration:");
    }
    extended(&installed, &first.grant(), "1h45m");
}

#[test]
fn the_entity_is_not_believed() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    edit(
        &installed,
        "provisioned_permissions",
        &old.grant(),
        &json!({ "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess", "expiry_time": "2099-01-01T00:00:00Z",
            "role_arn": "arn:aws:iam::123456789012:role/admin", "requester": "max@acme.example",
            "run_id": "r_other", "account": "210987654321",
            "iam_policy": { "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] } }),
        &json!({ "aws_resource": crate::installed::INSTANCE, "permissions": ["ec2:StopInstances"] }),
    );
    let new = extended(&installed, &old.grant(), "2h");
    assert_eq!(without_ends(&document(&installed, &new.grant())), without_ends(&document(&installed, &old.grant())));
    assert_eq!(installed.record(&new.grant())["properties"]["resource"], BUCKET);
    assert_eq!(installed.record(&new.grant())["properties"]["requester"], "dana@acme.example");
    // What it claims to be is not even there for the one whom it names.
    let theirs = installed.execute(cast::MAX, "extend_permissions", &old.grant(), &json!({ "duration": "2h" }));
    refused(&installed, &theirs, "refused::requester:");
}

#[test]
fn whoever_did_not_ask_for_a_grant_does_not_extend_it() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    for person in [cast::ADA, cast::MAX] {
        let theirs = installed.execute(person, "extend_permissions", &old.grant(), &json!({ "duration": "2h" }));
        refused(&installed, &theirs, "refused::requester:");
    }
}

#[test]
fn what_has_ended_is_not_extended() {
    let installed = Installed::new();
    // Returned, while its entity is still there for whoever was faster.
    let revoked = asked(&installed, "1h");
    let late = installed.extend(&revoked.grant(), "2h");
    installed.harness.run(&["revoke", &revoked.grant(), "--direct"]).exits(0);
    refused(&installed, &late, "refused::entity:");
    // Over, and nobody has taken it away yet.
    let over = asked(&installed, "1h");
    let late = installed.extend(&over.grant(), "2h");
    installed.pass(60);
    refused(&installed, &late, "it ended at");
    // Nothing of ours at all.
    edit(&installed, "provisioned_permissions", "Permission-r_nobody", &json!({}), &json!({ "aws_resource": BUCKET }));
    refused(&installed, &installed.extend("Permission-r_nobody", "2h"), "refused::entity:");
    edit(&installed, "provisioned_permissions", "my-grant", &json!({}), &json!({ "aws_resource": BUCKET }));
    let nameless = installed.extend("my-grant", "2h");
    let since = installed.harness.sandbox.log.len();
    installed.grant(&nameless).exits(5);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn a_grant_that_is_being_taken_away_is_not_extended() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    installed.harness.with_aws(async |iam| {
        let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
        iam.attach_role_policy().role_name(old.grant()).policy_arn(deny).send().await.unwrap();
    });
    refused(&installed, &installed.extend(&old.grant(), "2h"), "it is being taken away");
}

#[test]
fn an_extension_that_ends_no_later_is_refused() {
    let installed = Installed::new();
    let old = asked(&installed, "4h");
    refused(&installed, &installed.extend(&old.grant(), "3h"), "is not beyond");
}

#[test]
fn the_rules_decide_anew() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    installed.set_rules(|rules| rules.replace("approval: none", "approval: none\n    reason: required"));
    refused(&installed, &installed.extend(&old.grant(), "2h"), "refused::reason:");
    let form = json!({ "duration": "2h", "reason": "still importing" });
    let reasoned = installed.execute(cast::DANA, "extend_permissions", &old.grant(), &form);
    installed.grant(&reasoned).exits(0);
    assert_eq!(installed.record(&reasoned.grant())["properties"]["reason"], "still importing");
    installed.set_rules(|rules| rules.replace("actions: [\"*\"]", "actions: [\"s3:GetObject\"]"));
    let narrower = installed.execute(
        cast::DANA,
        "extend_permissions",
        &reasoned.grant(),
        &json!({ "duration": "3h", "reason": "x" }),
    );
    refused(&installed, &narrower, "refused::permissions:");
}

#[test]
fn a_re_run_of_an_extension_converges() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    let new = installed.extend(&old.grant(), "2h");
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(&format!("PATCH /v1/actions/runs/{}", new.run_id), 0, usize::MAX, Fault::DropBefore);
    installed.grant(&new).exits(1);
    faults.clear();
    let end = installed.record(&new.grant())["properties"]["granted_until"].clone();
    // The old one has run out and is gone meanwhile.
    installed.pass(61);
    installed.harness.run(&["revoke", &old.grant(), "--direct"]).exits(0);
    edit(&installed, "permission_records", &old.grant(), &json!({ "state": "expired" }), &json!({}));
    installed.grant(&new).exits(0);
    assert_eq!(installed.record(&new.grant())["properties"]["granted_until"], end);
    assert_eq!(installed.run(&new.run_id)["status"], "SUCCESS");
    let again = installed.grant(&new).exits(0);
    assert!(again.stdout.contains("It was granted before"), "{}", again.stdout);
    assert_eq!(installed.roles(), [new.grant()]);
}

#[test]
fn a_half_made_extension_of_what_somebody_took_away_is_not_finished() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    let new = installed.extend(&old.grant(), "2h");
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(&format!("PATCH /v1/actions/runs/{}", new.run_id), 0, usize::MAX, Fault::DropBefore);
    installed.grant(&new).exits(1);
    faults.clear();
    installed.harness.run(&["revoke", &old.grant(), "--direct"]).exits(0);
    let since = installed.harness.sandbox.log.len();
    installed.grant(&new).exits(5);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn an_extension_of_what_somebody_ends_in_the_same_moment_is_undone() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    let new = installed.extend(&old.grant(), "2h");
    // The first look finds it live; what is attached meanwhile is a moment too late.
    let ended =
        Fault::Forged { pointer: "/entity/properties/revoked_at".to_owned(), value: json!("2025-11-28T00:00:00Z") };
    let record = format!("GET /v1/blueprints/permission_records/entities/{}", old.grant());
    installed.harness.sandbox.faults.plan_matching(&record, 1, 1, ended);
    let ran = installed.grant(&new).exits(5);
    assert!(ran.stdout.contains("it ended at"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [old.grant()]);
    assert_eq!(installed.record(&new.grant())["properties"]["state"], "grant-failed");
    assert_eq!(installed.run(&new.run_id)["status"], "FAILURE");
}

#[test]
fn whoever_revokes_a_grant_is_told_of_its_extensions_that_live_on() {
    let installed = Installed::new();
    let old = asked(&installed, "1h");
    let new = extended(&installed, &old.grant(), "2h");
    let newest = extended(&installed, &new.grant(), "3h");
    let dispatched = installed.execute(cast::ADA, "revoke_permissions", &old.grant(), &json!({}));
    let ran = installed.revoke(&dispatched).exits(0);
    for grant in [new.grant(), newest.grant()] {
        let command = format!("port-iam revoke {grant}");
        assert!(ran.stdout.contains(&command), "{}", ran.stdout);
        assert!(installed.log_of(&dispatched.run_id).contains(&command), "{}", installed.log_of(&dispatched.run_id));
    }
    assert_eq!(installed.roles().len(), 2);
    let revoke = |grant: &str| {
        let ran = installed.harness.run(&["revoke", grant, "--direct", "--output", "json"]).exits(0);
        ran.json()["revoked"]["live_extensions"].clone()
    };
    // One between them that is gone does not hide the next.
    assert_eq!(revoke(&new.grant()), json!([newest.grant()]));
    assert_eq!(revoke(&old.grant()), json!([newest.grant()]));
    assert_eq!(revoke(&newest.grant()), json!([]));
}

/// The denial is on its way for so long that an extension is made, which finds that what it goes on from is live.
#[test]
fn whoever_revokes_is_told_of_an_extension_that_was_made_while_the_denial_was_on_its_way() {
    let installed = Installed::new();
    let old = asked(&installed, "1h").grant();
    let new = installed.extend(&old, "2h");
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    for action in ["AttachRolePolicy", "DetachRolePolicy"] {
        faults.plan_matching(&format!("Action={action}&Version=2010-05-08&RoleName={old}&"), 0, 1, Fault::HangBefore);
    }
    let arguments = ["revoke", old.as_str(), "--direct", "--output", "json"];
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            until("the denial", || (faults.hits() > hits).then_some(()));
            installed.grant(&new).exits(0);
        });
        installed.harness.run_patiently(&arguments, &[], Duration::from_secs(5)).exits(0)
    });
    assert_eq!(ran.json()["revoked"]["live_extensions"], json!([new.grant()]), "{}", ran.stdout);
    assert_eq!(installed.roles(), [new.grant()]);
}

#[test]
fn an_extension_is_no_grant_too_many_and_none_twice() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replacen("\nrules:", "\nopen-grants: { per-requester: 1 }\nrules:", 1));
    let old = asked(&installed, "1h");
    let new = extended(&installed, &old.grant(), "2h");
    extended(&installed, &new.grant(), "3h");
    let ran = installed.grant(&installed.request()).exits(5);
    assert!(ran.stdout.contains("port-iam extend"), "{}", ran.stdout);
}

#[test]
fn an_extension_with_a_prefix_is_one_of_that_installation() {
    const PREFIX: (&str, &str) = ("PORT_IAM_PREFIX", "team-a");
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.run_with(&["init", "--yes", "--repository", "team-a-permissions"], &[PREFIX]).exits(0);
    harness.run_with(&["seed", "--yes"], &[PREFIX]).exits(0);
    let repository = "acme/team-a-permissions";
    let execute = |action: &str, entity: &str, form: &Value| {
        let before = harness.sandbox.github.runs(repository).len();
        let mut run_id = String::new();
        harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
            run_id = port.execute(action, entity, form).await.unwrap().id;
        });
        Dispatched { run_id, inputs: installed.next_dispatch_of(repository, before).inputs }
    };
    let number = harness.sandbox.github.repository_id(repository).unwrap().to_string();
    let changes = [PREFIX, ("GITHUB_REPOSITORY", repository), ("GITHUB_REPOSITORY_ID", number.as_str())];
    let old =
        execute("team_a_request_permissions", BUCKET, &json!({ "permissions": ["s3:PutObject"], "duration": "1h" }));
    installed.step("grant", &old, &changes).exits(0);
    let new = execute("team_a_extend_permissions", &old.grant(), &json!({ "duration": "2h" }));
    installed.step("grant", &new, &changes).exits(0);
    assert_eq!(harness.sandbox.port.entities("team_a_provisioned_permissions").len(), 2);
    let back = execute("team_a_return_permissions", &new.grant(), &json!({}));
    installed.step("revoke", &back, &changes).exits(0);
    assert_eq!(installed.roles(), [old.grant()]);
}
