//! A revocation that has put it on record and then fails: what stood there then is all that the record tells.

use super::*;

/// Has its role let another account in, until its end.
fn let_another_account_in(installed: &Installed, grant: &str) {
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
        let mut trust = crate::harness::decoded(role.assume_role_policy_document().unwrap());
        trust["Statement"][0]["Principal"] = json!({ "AWS": "arn:aws:iam::999999999999:root" });
        iam.update_assume_role_policy().role_name(grant).policy_document(trust.to_string()).send().await.unwrap();
    });
}

/// Revokes it by hand while its role cannot be deleted.
#[track_caller]
fn cut_off(installed: &Installed, grant: &str) {
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    let deletion = [("Action", "DeleteRole"), ("Version", "2010-05-08"), ("RoleName", grant)];
    faults.plan_call(&deletion, 0, 99, Fault::DropBefore);
    installed.harness.run(&["revoke", grant, "--direct"]).exits(1);
    assert!(faults.hits() > hits);
    faults.clear();
    let record = installed.record(grant)["properties"].clone();
    assert!(record["trust_digest"].is_string() && record["state"].is_null(), "{record}");
    assert!(installed.is_denied(grant));
}

#[test]
fn one_that_was_tampered_with_before_its_revocation_failed_is_told_at_its_end() {
    let installed = Installed::new();
    let grant = granted(&installed);
    let_another_account_in(&installed, &grant);
    cut_off(&installed, &grant);
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(1);
    for step in [format!("deny {grant}"), format!("revoke {grant}")] {
        assert!(done(&ran).contains(&step), "{step}: {}", ran.stdout);
    }
    assert!(found(&ran).contains(&format!("tampered {}", role_arn(&grant))), "{}", ran.stdout);
    assert!(!installed.roles().contains(&grant));
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["review_due"]), (&json!("expired"), &json!(true)), "{record}");
    let told = record["receipt"]["tampering"][0]["what"].as_str().unwrap();
    assert!(told.starts_with("its record vouches for nothing, and") && told.contains("trust policy"), "{told}");
    // Until somebody has looked.
    let ran = installed.sweep(&[]).exits(1);
    assert!(found(&ran).contains(&format!("tampered {grant}")), "{}", ran.stdout);
}

#[test]
fn one_that_is_as_its_tags_tell_waits_for_its_end_and_goes_without_a_word_but_for_its_review() {
    let installed = Installed::new();
    let grant = granted(&installed);
    cut_off(&installed, &grant);
    let due = [format!("review-due {}", role_arn(&grant))];
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!((done(&ran), found(&ran)), (Vec::new(), due.to_vec()), "{}", ran.stdout);
    let waiting = ran.json()["sweep"]["waiting"][0]["reason"].clone();
    assert!(waiting.as_str().unwrap().starts_with("Port has a record of it and no entity"), "{waiting}");
    let export = installed.harness.run(&["audit", "export"]).exits(0).stdout;
    let export = installed.harness.file("export.jsonl", &export);
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(0);
    assert!(done(&ran).contains(&format!("revoke {grant}")), "{}", ran.stdout);
    assert_eq!(found(&ran), due, "{}", ran.stdout);
    assert!(!installed.roles().contains(&grant));
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["receipt"]["tampering"]), (&json!("expired"), &Value::Null), "{record}");
    // That it ended is no change of what was exported meanwhile.
    let verified = installed.harness.run(&["audit", "verify", &export]).exits(0);
    assert!(verified.stdout.contains("0 unchanged, 2 ended since, 0 changed"), "{}", verified.stdout);
}
