//! `port-iam audit`: an export that tells later what has become of the records.

use port_iam::sandbox::cast;
use serde_json::json;

use crate::break_glass::granted_without_port;
use crate::harness::Ran;
use crate::installed::Installed;

fn export(installed: &Installed) -> String {
    let text = installed.harness.run(&["audit", "export"]).exits(0).stdout;
    installed.harness.file("export.jsonl", &text)
}

fn verify(installed: &Installed, file: &str) -> Ran {
    installed.harness.run(&["audit", "verify", file])
}

#[test]
fn an_export_holds_every_grant_and_an_end_is_no_change() {
    let installed = Installed::new();
    let (first, second) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    let file = export(&installed);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains(&first) && text.contains(&second));
    assert!(verify(&installed, &file).exits(0).stdout.contains("2 unchanged"));
    installed.harness.run(&["revoke", &first, "--direct"]).exits(0);
    let ran = verify(&installed, &file).exits(0);
    assert!(ran.stdout.contains("1 unchanged, 1 ended since, 0 changed"), "{}", ran.stdout);
    let csv = installed.harness.run(&["audit", "export", "--output-format", "csv"]).exits(0).stdout;
    assert_eq!(csv.lines().count(), 3);
}

#[test]
fn an_export_of_a_time_that_has_not_begun_is_refused_before_anything_is_asked() {
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["audit", "export", "--since", "2999-01-01"]).exits(2);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("--since lies in the future"), "{ran:?}");
    assert_eq!(installed.harness.sandbox.log.len(), since);
}

#[test]
fn a_grant_without_port_that_has_ended_before_a_sweep_came_is_not_told_as_put_among_the_exported_ones() {
    let installed = Installed::new();
    installed.granted();
    let file = export(&installed);
    installed.pass(10);
    let grant = granted_without_port(&installed);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
    let ran = verify(&installed, &file).exits(0);
    assert!(ran.stdout.contains("1 unchanged") && !ran.stdout.contains(&grant), "{}", ran.stdout);
}

#[test]
fn an_export_tells_which_grant_an_extension_goes_on_from() {
    let installed = Installed::new();
    let old = installed.granted().grant();
    installed.grant(&installed.extend(&old, "2h")).exits(0);
    let text = installed.harness.run(&["audit", "export"]).exits(0).stdout;
    assert!(text.contains(&format!("\"extends\":\"{old}\"")), "{text}");
    let csv = installed.harness.run(&["audit", "export", "--output-format", "csv"]).exits(0).stdout;
    let mut lines = csv.lines();
    let column = lines.next().unwrap().split(',').position(|name| name == "extends").unwrap();
    let mut cells: Vec<&str> = lines.map(|line| line.split(',').nth(column).unwrap()).collect();
    // Two grants of one second stand in the order of their names.
    cells.sort_unstable();
    assert_eq!(cells, ["", old.as_str()]);
}

#[test]
fn a_record_that_was_changed_or_deleted_in_port_is_found() {
    let installed = Installed::new();
    let (first, second) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    let file = export(&installed);
    let body = json!({ "identifier": first, "properties": { "requester": "max@acme.example" } });
    installed.harness.upsert("permission_records", &body);
    installed.harness.delete_entity("permission_records", &second);
    let ran = verify(&installed, &file).exits(1);
    assert!(ran.stdout.contains(&format!("{first} was changed: requester")), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("{second} was deleted")), "{}", ran.stdout);
}

#[test]
fn a_record_that_somebody_puts_among_the_exported_ones_is_found_and_a_new_grant_is_none() {
    let installed = Installed::new();
    installed.granted();
    installed.pass(10);
    let file = export(&installed);
    let new = installed.granted_to(cast::MAX).grant();
    assert!(verify(&installed, &file).exits(0).stdout.contains("1 unchanged, 0 ended since, 0 changed"));
    let mut forged = installed.record(&new)["properties"].clone();
    let begin = installed.harness.sandbox.clock.now() - jiff::SignedDuration::from_mins(20);
    forged["granted_from"] = json!(jiff::Timestamp::from_second(begin.as_second()).unwrap().to_string());
    installed
        .harness
        .upsert("permission_records", &json!({ "identifier": "Permission-r_forged", "properties": forged }));
    let ran = verify(&installed, &file).exits(1);
    assert!(ran.stdout.contains("Permission-r_forged was added") && !ran.stdout.contains(&new), "{}", ran.stdout);
}

#[test]
fn an_export_that_was_touched_is_not_believed() {
    let installed = Installed::new();
    installed.granted();
    let text = std::fs::read_to_string(export(&installed)).unwrap();
    let forged = text.replace("dana@acme.example", "max@acme.example");
    assert_ne!(text, forged);
    let ran = verify(&installed, &installed.harness.file("forged.jsonl", &forged)).exits(1);
    assert!(ran.stderr.contains("line 2 was changed"), "{}", ran.stderr);
    // So is one that claims to leave out what somebody has added since.
    let forged = text.replace("\"since\":null", "\"since\":\"2999-01-01T00:00:00Z\"");
    assert_ne!(text, forged);
    let ran = verify(&installed, &installed.harness.file("forged.jsonl", &forged)).exits(1);
    assert!(ran.stderr.contains("is not as it was exported"), "{}", ran.stderr);
}

#[test]
fn the_end_of_the_chain_is_told_when_it_is_exported_and_when_it_is_verified() {
    let installed = Installed::new();
    for records in 0..2 {
        let export = installed.harness.run(&["audit", "export", "--output", "json"]).exits(0).json();
        let chain = export["chain"].as_str().unwrap();
        let file = installed.harness.file("kept.jsonl", export["export"].as_str().unwrap());
        let told = verify(&installed, &file).exits(0).stderr;
        assert!(told.contains(&format!("{records} records of ")) && told.contains(chain), "{told}");
        if records == 0 {
            installed.granted();
        }
    }
}

#[test]
fn a_grant_that_was_over_before_since_and_is_swept_behind_it_was_not_added() {
    let mut installed = Installed::new();
    // What has not begun by this machine's clock cannot be asked for.
    installed.harness.clock_ahead = Some(jiff::SignedDuration::ZERO);
    let grant = installed.granted().grant();
    installed.pass(61);
    let since = installed.harness.sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let text = installed.harness.run(&["audit", "export", "--since", &since]).exits(0).stdout;
    assert!(!text.contains(&grant), "{text}");
    let file = installed.harness.file("export.jsonl", &text);
    installed.pass(1);
    installed.sweep(&[]).exits(0);
    assert!(installed.record(&grant)["properties"]["revoked_at"].is_string());
    assert!(verify(&installed, &file).exits(0).stdout.contains("0 unchanged, 0 ended since, 0 changed"));
}
