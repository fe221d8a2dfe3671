//! What the next sweep makes of it.

use super::*;
use crate::sweep::old_answers::{looks_of_a_sweep, swept_with_an_old_answer};

#[test]
fn the_next_sweep_puts_it_on_record_for_review_and_a_later_one_ends_it() {
    let installed = Installed::new();
    let grant = granted(&installed);
    assert_eq!(installed.record(&grant), Value::Null);
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!(done(&ran), [format!("back-fill {grant}")]);
    assert_eq!(found(&ran), [format!("review-due {}", role_arn(&grant))]);
    let record = installed.record(&grant)["properties"].clone();
    for (property, value) in [
        ("review_due", json!(true)),
        ("break_glass_by", json!("arn:aws:iam::123456789012:user/ada")),
        ("requester", json!("dana@acme.example")),
        ("reason", json!("Port is down: OPS-7 _pager_")),
        ("resource", json!(BUCKET)),
        ("actions", json!(["s3:PutObject"])),
        ("state", json!("live")),
    ] {
        assert_eq!(record[property], value, "{property}");
    }
    let entity = installed.entities().into_iter().find(|entity| entity["identifier"] == grant.as_str()).unwrap();
    assert_eq!(entity["relations"]["aws_resource"], BUCKET);
    assert!(!installed.is_denied(&grant));
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!((done(&ran), found(&ran)), (Vec::new(), vec![format!("review-due {}", role_arn(&grant))]));
    let export = installed.harness.run(&["audit", "export"]).exits(0).stdout;
    assert!(export.lines().any(|line| line.contains(&grant) && line.contains("\"review_due\":true")), "{export}");
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!(found(&ran), [format!("review-due {}", role_arn(&grant))]);
    assert!(!installed.roles().contains(&grant));
    assert_eq!(installed.record(&grant)["properties"]["state"], "expired");
    // It is named until somebody has reviewed it, although nothing of it is left.
    assert_eq!(found(&installed.sweep(&[]).exits(0)), [format!("review-due {grant}")]);
    let reviewed = json!({ "identifier": grant, "properties": { "review_due": false } });
    installed.harness.upsert("permission_records", &reviewed);
    assert_eq!(found(&installed.sweep(&[]).exits(0)), [""; 0]);
}

#[test]
fn the_webhook_of_the_default_branch_is_told_when_a_sweep_finds_one_that_it_was_not_told_of() {
    let installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    let webhook = Webhook::answering(204, &installed.harness);
    installed.set_rules(|rules| rules.replace("webhook: none", &format!("webhook: \"{}\"", webhook.address)));
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(0);
    let grant = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert!(webhook.told.lock().unwrap().is_empty());
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("back-fill {grant}")]);
    installed.sweep(&[]).exits(0);
    let told: Vec<Value> = webhook.told.lock().unwrap().iter().map(|(body, _)| body.clone()).collect();
    let [told] = &told[..] else { panic!("it is told once: {told:?}") };
    assert_eq!((&told["event"], &told["grant"]), (&json!("break-glass-found"), &json!(grant)));
    assert_eq!(told["person"], "arn:aws:iam::123456789012:user/ada");
}

#[test]
fn a_grant_on_what_the_catalog_does_not_hold_is_put_on_record_all_the_same() {
    let installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    let ran = installed
        .harness
        .run(&[
            "grant",
            "--break-glass",
            REASON,
            "--repository",
            &folder,
            "--requester",
            "dana@acme.example",
            "--resource",
            "arn:aws:s3:::of-no-catalog",
            "--permission",
            "s3:GetBucketCORS",
            "--duration",
            "30m",
            "--yes",
            "--output",
            "json",
        ])
        .exits(0);
    let grant = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("back-fill {grant}")]);
    assert_eq!(installed.record(&grant)["properties"]["resource"], "arn:aws:s3:::of-no-catalog");
    // Nothing is left to be done but the review.
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!((done(&ran), found(&ran)), (Vec::new(), vec![format!("review-due {}", role_arn(&grant))]));
}

/// What it was asked for its tags alone tell, which whoever writes IAM writes as well as its record.
#[test]
fn one_that_no_rule_covers_is_told_though_somebody_has_reviewed_it() {
    let installed = Installed::new();
    let grant = granted(&installed);
    installed.sweep(&[]).exits(0);
    acknowledge(&installed, &grant);
    installed.set_rules(|rules| rules.replace("break-glass: { longest: 1h", "break-glass: { longest: 30m"));
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("doubtful {}", role_arn(&grant))]));
    assert!(ran.stdout.contains("it is not what `grant --break-glass` makes of its tags"), "{}", ran.stdout);
    assert!(!installed.is_denied(&grant));
}

#[test]
fn one_that_ends_before_any_sweep_leaves_a_record_of_what_it_told_of_itself() {
    for by_hand in [true, false] {
        let installed = Installed::new();
        let grant = granted(&installed);
        if by_hand {
            installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        } else {
            installed.pass(61);
            installed.sweep(&[]).exits(0);
        }
        assert!(!installed.roles().contains(&grant));
        let record = installed.record(&grant)["properties"].clone();
        assert_eq!(record["state"], if by_hand { "revoked" } else { "expired" });
        assert_eq!(record["requester"], "dana@acme.example");
        assert_eq!((&record["resource"], &record["actions"]), (&json!(BUCKET), &json!(["s3:PutObject"])));
        assert_eq!(record["break_glass_by"], "arn:aws:iam::123456789012:user/ada");
        assert_eq!(record["review_due"], true);
    }
}

/// IAM does not show at once, everywhere, what its lists hold already.
#[test]
fn whoever_broke_the_glass_a_moment_ago_keeps_it_whichever_look_at_the_role_is_an_old_one() {
    let broken = || {
        let installed = Installed::new();
        installed.granted();
        installed.harness.sandbox.remember();
        let grant = granted_without_port(&installed);
        (installed, grant)
    };
    let (installed, grant) = broken();
    for look in looks_of_a_sweep(&installed, &grant) {
        let (installed, grant) = broken();
        let first = swept_with_an_old_answer(&installed, &grant, look);
        assert!(installed.is_live(&grant), "{look:?}: {first:?}");
        let is_told = first.exit_code != 0 && first.stdout.contains("does not show it");
        // By the first one alone it may have gone since the lists.
        let is_to_be_told = look.action == "GetRole" && look.number > 0;
        let is_recorded = installed.record(&grant) != Value::Null;
        assert!(!is_to_be_told || is_told || is_recorded, "{look:?}: {first:?}");
        let again = installed.sweep(&[]).exits(0);
        assert!(installed.is_live(&grant), "{look:?}: {again:?}");
        assert_eq!(installed.record(&grant)["properties"]["review_due"], true, "{look:?}: {again:?}");
    }
}
