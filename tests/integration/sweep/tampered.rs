//! What no run could have made: it is denied, and found.

use super::*;

#[test]
fn an_extension_that_no_run_of_its_requester_vouches_for_is_denied_and_found() {
    let installed = Installed::new();
    let old = installed.granted();
    let extension = installed.extend(&old.grant(), "2h");
    installed.grant(&extension).exits(0);
    installed.harness.delete_entity("provisioned_permissions", &extension.grant());
    let fault = Fault::Forged { pointer: "/run/createdBy".to_owned(), value: json!("auth0|max") };
    installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", old.run_id), fault);
    // A close look would find out the old grant too, whose run this is.
    let ran = installed.sweep(&["--close-looks", "0"]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&extension.grant()))]);
    assert!(installed.is_denied(&extension.grant()));
}

#[test]
fn a_role_without_an_entity_whose_tags_tell_of_another_resource_or_end_is_denied_and_found() {
    for (key, value) in [("port-iam:resource", "arn:aws:s3:::other"), ("port-iam:expires", "2099-01-01T00:00:00Z")] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        installed.harness.delete_entity("provisioned_permissions", &grant);
        installed.harness.with_aws(async |iam| {
            let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
            iam.tag_role().role_name(&grant).tags(tag).send().await.unwrap();
        });
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{key}");
        assert!(installed.is_denied(&grant) && ran.stdout.contains("its tags"), "{key}: {}", ran.stdout);
    }
}

#[test]
fn a_live_role_that_no_run_vouches_for_is_denied_and_found() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    // Port never heard of this run; everything else is copied from a good grant.
    let role = "Permission-r_forged".to_owned();
    installed.harness.with_aws(async |iam| {
        let good = iam.get_role().role_name(&grant).send().await.unwrap().role.unwrap();
        let trust = decoded(good.assume_role_policy_document().unwrap()).to_string();
        let create = iam.create_role().path("/port-iam/").role_name(&role).assume_role_policy_document(trust);
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.set_tags(Some(good.tags().to_vec())).send().await.unwrap();
        let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let document = iam.get_policy_version().policy_arn(&policy).version_id("v1").send().await.unwrap();
        let document = document.policy_version.unwrap().document.unwrap();
        let document = decoded(&document).to_string();
        let created = iam.create_policy().path("/port-iam/").policy_name(&role).policy_document(document).send().await;
        let arn = created.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_role_policy().role_name(&role).policy_arn(arn).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))]);
    assert!(ran.stdout.contains("Port knows no run"), "{}", ran.stdout);
    assert!(installed.is_denied(&role) && !installed.is_denied(&grant));
    // It stays found until somebody has looked, and nothing is done twice.
    let again = installed.sweep(&[]).exits(1);
    assert_eq!((done(&again).len(), found(&again).len()), (0, 1));
}

#[test]
fn a_grant_that_was_widened_is_denied_and_found() {
    type Change = fn(&Installed, &str);
    let changes: [(&str, Change); 5] = [
        ("attached", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
                iam.attach_role_policy().role_name(grant).policy_arn(arn).send().await.unwrap();
            });
        }),
        ("inline policy", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
                let put = iam.put_role_policy().role_name(grant).policy_name("more");
                put.policy_document(document.to_string()).send().await.unwrap();
            });
        }),
        ("boundary", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
            });
        }),
        ("documents", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
                let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
                let create = iam.create_policy_version().policy_arn(arn).set_as_default(true);
                create.policy_document(document.to_string()).send().await.unwrap();
            });
        }),
        ("no end", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
                let update = iam.update_assume_role_policy().role_name(grant);
                update.policy_document(trust.to_string()).send().await.unwrap();
            });
        }),
    ];
    let installed = Installed::new();
    for (word, change) in changes {
        let grant = installed.granted().grant();
        change(&installed, &grant);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{word}");
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
        assert!(installed.is_denied(&grant), "{word}");
        installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        // That it is gone is no reason to forget it.
        assert_eq!(found(&installed.sweep(&[]).exits(1)), [format!("tampered {grant}")], "{word}");
        acknowledge(&installed, &grant);
        assert_quiet(&installed);
    }
}

/// A version that is not the default one gives nothing until somebody chooses it.
#[test]
fn a_policy_with_a_further_version_is_denied_and_found_whether_it_is_on_record_or_not() {
    for is_on_record in [true, false] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        installed.harness.with_aws(async |iam| {
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            let everything =
                json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
            let create = iam.create_policy_version().policy_arn(arn).set_as_default(false);
            create.policy_document(everything.to_string()).send().await.unwrap();
        });
        if !is_on_record {
            installed.harness.delete_entity("provisioned_permissions", &grant);
        }
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
        assert!(ran.stdout.contains("has further versions: v2") && installed.is_denied(&grant), "{}", ran.stdout);
        assert_eq!(installed.entities().len(), usize::from(is_on_record));
    }
}

#[test]
fn a_grant_whose_end_was_moved_is_denied_and_found() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole",
            "Condition": { "DateLessThan": { "aws:CurrentTime": "2099-01-01T00:00:00Z" } } }] });
        let update = iam.update_assume_role_policy().role_name(&grant);
        update.policy_document(trust.to_string()).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
    assert!(installed.is_denied(&grant));
    assert_eq!(done(&installed.sweep(&[]).exits(1)), [""; 0]);
}

#[test]
fn a_role_that_only_bears_the_name_of_a_break_glass_grant_is_denied() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-bg-01JDB0";
    installed.harness.with_aws(async |iam| {
        let good = iam.get_role().role_name(&grant).send().await.unwrap().role.unwrap();
        let trust = decoded(good.assume_role_policy_document().unwrap()).to_string();
        let create = iam.create_role().path("/port-iam/").role_name(role).assume_role_policy_document(trust);
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.set_tags(Some(good.tags().to_vec())).send().await.unwrap();
        let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] });
        let create = iam.create_policy().path("/port-iam/").policy_name(role).policy_document(document.to_string());
        let arn = create.send().await.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_role_policy().role_name(role).policy_arn(arn).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(role))]);
    assert!(ran.stdout.contains("the tag port-iam:actions is missing"), "{}", ran.stdout);
    assert!(installed.is_denied(role));
    // The note vouches for nothing, and waits for a person.
    let record = installed.record(role)["properties"].clone();
    assert_eq!((&record["review_due"], &record["trust_digest"]), (&json!(true), &Value::Null), "{record}");
}

/// Rules change, and what a record knows as it is stays. No rules ever granted what cannot be read.
#[test]
fn a_role_on_record_whose_run_asks_for_nothing_that_can_be_read_is_denied_and_found() {
    for (pointer, value) in [
        ("/run/properties/duration", "forever"),
        ("/run/properties/permissions/0", "everything"),
        ("/run/entity/identifier", "my-s3-bucket"),
    ] {
        let installed = Installed::new();
        let request = installed.granted();
        let fault = Fault::Forged { pointer: pointer.to_owned(), value: json!(value) };
        installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", request.run_id), fault);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&request.grant()))], "{pointer}");
        assert!(installed.is_denied(&request.grant()), "{pointer}: {}", ran.stdout);
        assert!(ran.stdout.contains("what was asked for cannot be granted"), "{pointer}: {}", ran.stdout);
    }
}
