//! What is live and not on record: it is put there again when its run vouches for it.

use super::old_answers::{looks_of_a_sweep, swept_with_an_old_answer};
use super::*;

#[test]
fn a_live_role_without_an_entity_is_put_on_record_again_when_its_run_vouches_for_it() {
    for forget_record in [false, true] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        // The attempt that made the role was not the one that put it on record.
        let begin = json!({ "granted_from": crate::sweep::attacked::in_hours(&installed, 0) });
        let body = json!({ "identifier": grant, "properties": begin });
        installed.pass(1);
        installed.harness.upsert("permission_records", &body);
        let before = (installed.entities(), installed.record(&grant)["properties"]["trust_digest"].clone());
        installed.harness.delete_entity("provisioned_permissions", &grant);
        if forget_record {
            installed.harness.delete_entity("permission_records", &grant);
        }
        let ran = installed.sweep(&[]).exits(0);
        assert_eq!(done(&ran), [format!("record-again {grant}")]);
        let properties = |entity: &Value| {
            let mut properties = entity["properties"].clone();
            properties.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            properties
        };
        assert_eq!(properties(&installed.entities()[0]), properties(&before.0[0]));
        assert_eq!(installed.record(&grant)["properties"]["trust_digest"], before.1);
        let is_as_it_was = installed.record(&grant)["properties"]["granted_from"] == begin["granted_from"];
        assert!(is_as_it_was || forget_record);
        assert!(!installed.is_denied(&grant));
        assert_quiet(&installed);
    }
}

#[test]
fn what_was_revoked_meanwhile_is_not_put_on_record_again_and_keeps_its_receipt() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.delete_entity("provisioned_permissions", &grant);
    installed.harness.sandbox.remember();
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    let receipt = installed.record(&grant);
    assert!(receipt["properties"]["revoked_at"].is_string(), "{receipt}");
    // Every look lags behind, in the lists and while the run is verified, but the last one at the role.
    let faults = &installed.harness.sandbox.faults;
    for look in ["/permission_records/entities/search", "Action=List", "Action=GetPolicy"] {
        faults.plan_matching(look, 0, 99, Fault::StaleRead);
    }
    faults.plan_matching("GET /v1/blueprints/permission_records/entities/Permission-", 0, 1, Fault::StaleRead);
    faults.plan_matching("Action=GetRole&", 0, 3, Fault::StaleRead);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.sweep(&[]).exits(0);
    let steps = named(&ran.json()["sweep"]["steps"], "action");
    assert_eq!((steps, done(&ran)), (vec![format!("record-again {grant}")], vec![]), "{}", ran.stdout);
    let looks = installed.exchanges_since(since);
    assert_eq!(looks.iter().filter(|look| look.aws_action() == Some("GetRole")).count(), 4, "the last one is fresh");
    faults.clear();
    assert_eq!((installed.entities(), installed.record(&grant)), (vec![], receipt));
}

#[test]
fn an_extension_is_as_it_must_be_and_its_run_vouches_for_it_when_the_old_grant_is_gone() {
    let installed = Installed::new();
    let old = installed.granted().grant();
    let extension = installed.extend(&old, "2h");
    installed.grant(&extension).exits(0);
    let grant = extension.grant();
    assert_quiet(&installed);
    let trust = installed.record(&grant)["properties"]["trust_digest"].clone();
    for end_the_old_one in [false, true] {
        if end_the_old_one {
            installed.harness.run(&["revoke", &old, "--direct"]).exits(0);
        }
        installed.harness.delete_entity("provisioned_permissions", &grant);
        installed.harness.delete_entity("permission_records", &grant);
        let ran = installed.sweep(&[]).exits(0);
        assert_eq!(done(&ran), [format!("record-again {grant}")]);
        let record = installed.record(&grant)["properties"].clone();
        assert_eq!((&record["trust_digest"], &record["extends"]), (&trust, &json!(old)));
        assert!(!installed.is_denied(&grant));
        assert_quiet(&installed);
    }
}

/// IAM does not show at once, everywhere, what its lists hold already.
#[test]
fn a_grant_that_has_lost_its_entity_is_denied_for_no_old_answer_about_its_role() {
    let forgotten = || {
        let installed = Installed::new();
        installed.harness.sandbox.remember();
        let grant = installed.granted().grant();
        installed.harness.delete_entity("provisioned_permissions", &grant);
        (installed, grant)
    };
    let (installed, grant) = forgotten();
    for look in looks_of_a_sweep(&installed, &grant) {
        let (installed, grant) = forgotten();
        let first = swept_with_an_old_answer(&installed, &grant, look);
        assert!(!installed.is_denied(&grant), "{look:?}: {first:?}");
        let is_told = first.exit_code != 0 && first.stdout.contains("does not show it");
        // By the first one alone it may have gone since the lists.
        let is_to_be_told = look.action == "GetRole" && look.number > 0;
        assert!(!is_to_be_told || is_told || !installed.entities().is_empty(), "{look:?}: {first:?}");
        let again = installed.sweep(&[]).exits(0);
        assert!(installed.is_live(&grant), "{look:?}: {again:?}");
    }
}
