//! What a requester has already, and how much may be open at once.

use jiff::SignedDuration;
use port_iam::clients::port::Upsert;
use port_iam::sandbox::cast::{self, Person};
use serde_json::json;

use crate::installed::{BUCKET, Dispatched, Installed};

const OTHER_BUCKET: &str = "arn:aws:s3:::other-bucket";
const THIRD_BUCKET: &str = "arn:aws:s3:::third-bucket";

fn ask(installed: &Installed, duration: &str) -> Dispatched {
    ask_for(installed, cast::DANA, &[BUCKET], duration)
}

/// Somebody asks for s3:PutObject on all of these.
fn ask_for(installed: &Installed, person: Person, resources: &[&str], duration: &str) -> Dispatched {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": duration, "additional_resources": resources[1..] });
    installed.execute(person, "request_permissions", resources[0], &form)
}

fn with_buckets() -> Installed {
    let installed = Installed::new();
    installed.harness.with_port(async |port| {
        for bucket in [OTHER_BUCKET, THIRD_BUCKET] {
            let body = json!({ "identifier": bucket, "properties": { "resource_type": "S3" } });
            port.upsert_entity("aws_resource", &body, Upsert { run_id: None }).await.unwrap();
        }
    });
    installed
}

fn limit(installed: &Installed, line: &str) {
    installed.set_rules(|rules| rules.replacen("\nrules:", &format!("\n{line}\nrules:"), 1));
}

#[track_caller]
fn refused_with(installed: &Installed, request: &Dispatched, words: &[&str]) {
    let since = installed.harness.sandbox.log.len();
    installed.grant(request).exits(5);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    let log = installed.log_of(&request.run_id);
    for told in words {
        assert!(log.contains(told), "{told}: {log}");
    }
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
}

#[test]
fn what_is_live_for_longer_is_pointed_at_and_not_made_again() {
    let installed = Installed::new();
    let live = ask(&installed, "4h");
    installed.grant(&live).exits(0);
    let again = ask(&installed, "1h");
    let entity = &installed.entities()[0]["properties"];
    let (end, sign_in) = (entity["expiry_time"].as_str().unwrap(), entity["sign_in_url"].as_str().unwrap());
    // Whoever may edit the entity must not choose where its holder signs in.
    let elsewhere = json!({ "sign_in_url": "https://phish.example", "role_arn": "https://phish.example" });
    installed.edit_entity("provisioned_permissions", &live.grant(), &elsewhere);
    refused_with(&installed, &again, &[&live.grant(), end, sign_in]);
    assert!(!installed.log_of(&again.run_id).contains("phish"));
    // What goes well beyond its end is another grant, and so is the same after it was given back.
    installed.grant(&ask(&installed, "8h")).exits(0);
    installed.harness.run(&["revoke", &live.grant(), "--direct"]).exits(0);
    assert_eq!(installed.entities().len(), 1);
}

#[test]
fn the_same_asked_once_more_is_answered_with_the_live_grant_until_a_quarter_of_its_time_is_over() {
    let installed = with_buckets();
    for resources in [&[BUCKET][..], &[OTHER_BUCKET, THIRD_BUCKET]] {
        let live = ask_for(&installed, cast::DANA, resources, "8h");
        installed.grant(&live).exits(0);
        installed.harness.sandbox.clock.advance(SignedDuration::from_secs(2));
        let again = ask_for(&installed, cast::DANA, resources, "8h");
        let until = installed.record(&live.grant())["properties"]["granted_until"].as_str().unwrap().to_owned();
        let extend = format!("port-iam extend {}", live.grant());
        refused_with(&installed, &again, &[&live.grant(), &until, &extend]);
        // A second attempt at the same run repeats nothing, and an extension is what one asks for instead.
        installed.grant(&live).exits(0);
        installed.grant(&installed.extend(&live.grant(), "8h")).exits(0);
    }
    let roles = installed.roles().len();
    assert_eq!(roles, 4);
    installed.harness.sandbox.clock.advance(SignedDuration::from_hours(2));
    installed.grant(&ask(&installed, "8h")).exits(0);
}

/// A pointer to what cannot be used would leave whoever asks with nothing.
#[test]
fn only_a_live_grant_that_can_be_used_is_pointed_at() {
    for what in ["untouched", "denied", "emptied", "gone", "ended in AWS"] {
        let installed = Installed::new();
        let live = ask(&installed, "4h");
        installed.grant(&live).exits(0);
        let (role, again) = (live.grant(), ask(&installed, "1h"));
        installed.harness.with_aws(async |iam| {
            let own = format!("arn:aws:iam::123456789012:policy/port-iam/{role}");
            match what {
                "denied" => {
                    let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
                    _ = iam.attach_role_policy().role_name(&role).policy_arn(deny).send().await.unwrap();
                }
                "emptied" => _ = iam.detach_role_policy().role_name(&role).policy_arn(own).send().await.unwrap(),
                "gone" => {
                    iam.detach_role_policy().role_name(&role).policy_arn(own).send().await.unwrap();
                    iam.delete_role().role_name(&role).send().await.unwrap();
                }
                "ended in AWS" => {
                    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
                        "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole",
                        "Condition": { "DateLessThan": { "aws:CurrentTime": "2026-01-01T00:00:00Z" } } }] });
                    let update = iam.update_assume_role_policy().role_name(&role);
                    update.policy_document(trust.to_string()).send().await.unwrap();
                }
                _ => {}
            }
        });
        if what == "untouched" {
            refused_with(&installed, &again, &[&role]);
        } else {
            let ran = installed.grant(&again).exits(0);
            assert!(ran.stdout.contains(&format!("{role} cannot be used")), "{what}: {}", ran.stdout);
        }
    }
}

#[test]
fn what_the_live_grant_does_not_give_in_full_is_another_grant() {
    let installed = with_buckets();
    installed.grant(&ask_for(&installed, cast::DANA, &[BUCKET, OTHER_BUCKET], "4h")).exits(0);
    installed.grant(&ask_for(&installed, cast::DANA, &[BUCKET, THIRD_BUCKET], "4h")).exits(0);
    installed.grant(&ask_for(&installed, cast::MAX, &[BUCKET], "4h")).exits(0);
    // A part of it is no more than what is there, whichever resource comes first.
    for part in [&[OTHER_BUCKET][..], &[THIRD_BUCKET, BUCKET]] {
        refused_with(&installed, &ask_for(&installed, cast::DANA, part, "4h"), &["gives all of it"]);
    }
}

#[test]
fn one_grant_too_many_is_refused_with_those_that_are_open() {
    for (line, second, third) in [
        ("open-grants: { per-requester: 2 }", (cast::DANA, OTHER_BUCKET), (cast::DANA, THIRD_BUCKET)),
        ("open-grants: { per-resource: 2 }", (cast::MAX, BUCKET), (cast::ADA, BUCKET)),
    ] {
        let installed = with_buckets();
        limit(&installed, line);
        let ask = |(person, bucket): (Person, &str)| ask_for(&installed, person, &[bucket], "1h");
        let (first, second) = (ask((cast::DANA, BUCKET)), ask(second));
        installed.grant(&first).exits(0);
        installed.grant(&second).exits(0);
        // The same run once more is none of the others.
        installed.grant(&second).exits(0);
        let ran = installed.grant(&ask(third)).exits(5);
        for grant in [first.grant(), second.grant()] {
            assert!(ran.stdout.contains(&grant), "{line}: {}", ran.stdout);
        }
        assert_eq!(installed.roles().len(), 2, "{line}");
        installed.harness.run(&["revoke", &first.grant(), "--direct"]).exits(0);
        installed.grant(&ask(third)).exits(0);
    }
}

#[test]
fn a_limit_on_a_resource_is_not_evaded_by_naming_it_as_an_additional_one() {
    let installed = with_buckets();
    limit(&installed, "open-grants: { per-resource: 1 }");
    let open = ask_for(&installed, cast::DANA, &[OTHER_BUCKET, BUCKET], "1h");
    installed.grant(&open).exits(0);
    for resources in [&[BUCKET][..], &[THIRD_BUCKET, BUCKET]] {
        let request = ask_for(&installed, cast::MAX, resources, "1h");
        refused_with(&installed, &request, &[BUCKET, "has 1 open grants", &open.grant()]);
    }
    installed.grant(&ask_for(&installed, cast::MAX, &[THIRD_BUCKET], "1h")).exits(0);
}

/// Whoever may edit entities must not move a grant out of sight of the limits: its record tells.
#[test]
fn a_grant_whose_entity_was_edited_counts_as_its_record_tells() {
    for (line, property, value, again) in [
        ("open-grants: { per-requester: 1 }", "requester", "max@acme.example", (cast::DANA, OTHER_BUCKET)),
        ("open-grants: { per-resource: 1 }", "account", "210987654321", (cast::MAX, BUCKET)),
        ("open-grants: { per-requester: 1, per-resource: 5 }", "account", "210987654321", (cast::DANA, OTHER_BUCKET)),
    ] {
        let installed = with_buckets();
        limit(&installed, line);
        let open = ask_for(&installed, cast::DANA, &[BUCKET], "1h");
        installed.grant(&open).exits(0);
        let mut entity = installed.entities()[0].clone();
        entity["properties"][property] = json!(value);
        let body =
            json!({ "identifier": open.grant(), "properties": entity["properties"], "relations": entity["relations"] });
        installed.harness.upsert("provisioned_permissions", &body);
        let request = ask_for(&installed, again.0, &[again.1], "1h");
        refused_with(&installed, &request, &["has 1 open grants", &open.grant()]);
        // What is revoked counts no more, whatever its entity said.
        installed.harness.run(&["revoke", &open.grant(), "--direct"]).exits(0);
        installed.grant(&ask_for(&installed, again.0, &[again.1], "1h")).exits(0);
    }
}

/// Whoever may delete their own entity must not have the same again, nor more than the limits allow.
#[test]
fn a_grant_whose_entity_was_deleted_counts_until_it_is_taken_away() {
    for (line, again, words) in [
        ("open-grants: { per-requester: 5 }", (cast::DANA, BUCKET), "gives all of it"),
        ("open-grants: { per-requester: 1 }", (cast::DANA, OTHER_BUCKET), "has 1 open grants"),
        ("open-grants: { per-resource: 1 }", (cast::MAX, BUCKET), "has 1 open grants"),
    ] {
        let installed = with_buckets();
        limit(&installed, line);
        let open = ask_for(&installed, cast::DANA, &[BUCKET], "1h");
        installed.grant(&open).exits(0);
        installed.harness.delete_entity("provisioned_permissions", &open.grant());
        let request = ask_for(&installed, again.0, &[again.1], "1h");
        refused_with(&installed, &request, &[words, &open.grant()]);
        // The name that the refusal tells is enough to end it, and then it counts no more.
        installed.harness.run(&["revoke", &open.grant(), "--direct"]).exits(0);
        installed.grant(&ask_for(&installed, again.0, &[again.1], "1h")).exits(0);
    }
}
