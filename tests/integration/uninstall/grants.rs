//! Grants stand in its way, and are ended properly before anything that they were made with goes.

use super::*;

#[test]
fn a_live_grant_stands_in_the_way_of_everything() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    for hidden in [false, true] {
        if hidden {
            // Port does not know it any more; AWS does.
            installed.harness.delete_entity("provisioned_permissions", &grant);
        }
        let since = if hidden { installed.harness.sandbox.log.len() } else { since };
        let ran = installed.harness.run(&["uninstall", "--yes", "--output", "json"]).exits(5);
        let error = ran.json()["error"].clone();
        assert_eq!(error["code"], "grants-live");
        assert!(error["message"].as_str().unwrap().contains(&grant), "{error}");
        assert!(error["hints"][0].as_str().unwrap().contains("--revoke-all"), "{error}");
        assert_eq!(writes(&installed.harness, since).len(), 0);
    }
    assert_eq!(installed.roles(), [grant]);
}

#[test]
fn every_grant_is_revoked_with_a_receipt_and_its_record_stays() {
    let installed = Installed::new();
    let (listed, hidden) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    installed.harness.delete_entity("provisioned_permissions", &hidden);
    let ran = installed.harness.run(&["uninstall", "--yes", "--revoke-all", "--output", "json"]).exits(0);
    assert!(left(&ran).contains(&"blueprint permission_records".to_owned()), "{}", ran.stdout);
    for grant in [&listed, &hidden] {
        let record = installed.record(grant);
        assert_eq!(record["properties"]["state"], "revoked", "{record}");
        assert!(
            record["properties"]["receipt"]["aws_request_ids"].as_array().is_some_and(|ids| !ids.is_empty()),
            "{record}"
        );
    }
    assert_eq!(installed.roles(), [""; 0]);
    assert_eq!(installed.harness.sandbox.aws.policy_arns("/"), [""; 0]);
    // Nobody could ask any more when the first of them went.
    let exchanges = installed.harness.sandbox.log.exchanges();
    let position = |is_it: &dyn Fn(&Exchange) -> bool| exchanges.iter().position(is_it).unwrap();
    let actions =
        exchanges.iter().rposition(|it| it.method == "DELETE" && it.path.starts_with("/v1/actions/")).unwrap();
    assert!(actions < position(&|it| it.aws_action() == Some("DeleteRole")));
    assert_nothing_to_do(&installed.harness);
    assert_legal(&installed.harness);
}

#[test]
fn a_grant_without_port_that_no_sweep_has_seen_is_put_on_record_as_it_goes() {
    let installed = Installed::new();
    installed.granted();
    let grant = crate::break_glass::granted_without_port(&installed);
    let ran = installed.harness.run(&["uninstall", "--yes", "--revoke-all", "--output", "json"]).exits(0);
    assert!(left(&ran).contains(&"blueprint permission_records".to_owned()), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["requester"]), (&json!("revoked"), &json!(cast::DANA.email)), "{record}");
}

#[test]
fn what_is_over_and_was_left_behind_goes_without_a_word() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(61);
    installed.harness.run(&["uninstall", "--yes"]).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
    assert!(installed.record(&grant)["properties"]["revoked_at"].is_string());
}

#[test]
fn grants_that_nobody_has_recorded_do_not_keep_it_from_ending_well_in_one_run() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.delete_entity("permission_records", &grant);
    let ran = installed.harness.run(&["uninstall", "--yes", "--revoke-all", "--output", "json"]).exits(0);
    assert!(left(&ran).contains(&"blueprint permission_records".to_owned()), "{}", ran.stdout);
    assert_eq!(ran.json()["appeared"], json!([]), "{}", ran.stdout);
    assert!(installed.record(&grant)["properties"]["revoked_at"].is_string());
    assert_nothing_to_do(&installed.harness);
}
