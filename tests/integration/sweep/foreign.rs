//! What is not ours.

use super::*;

/// A role that somebody else keeps under our path.
fn foreign_role(installed: &Installed, name: &str, scope: Option<&str>) {
    installed.harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
        let create = iam.create_role().path("/port-iam/").role_name(name).assume_role_policy_document(trust.to_string());
        let tag = |scope: &str| aws_sdk_iam::types::Tag::builder().key("port-iam:scope").value(scope).build().unwrap();
        create.set_tags(scope.map(|scope| vec![tag(scope)])).send().await.unwrap();
    });
}

#[test]
fn what_is_not_ours_is_found_and_only_denied_when_that_is_asked_for() {
    let installed = Installed::new();
    foreign_role(&installed, "somebody-elses", None);
    foreign_role(&installed, "Permission-r_theirs", Some("org_other/7"));
    let since = installed.harness.sandbox.log.len();
    let ran = installed.sweep(&[]).exits(1);
    let expected =
        [format!("foreign {}", role_arn("Permission-r_theirs")), format!("foreign {}", role_arn("somebody-elses"))];
    assert_eq!(found(&ran), expected);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    installed.set_rules(|rules| format!("{rules}\nother-installations: [\"org_other/7\"]\n"));
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), expected[1..]);
    // Whoever asks is told what was left to whom, and nobody else.
    let theirs = role_arn("Permission-r_theirs");
    let left = json!([{ "account": "123456789012", "installation": "org_other/7", "subject": theirs }]);
    assert_eq!(ran.json()["sweep"]["left"], left);
    assert!(!ran.stderr.contains(&theirs), "{}", ran.stderr);
    let told = installed.sweep(&["--verbose"]).exits(1).stderr;
    assert!(told.contains("left to listed installations") && told.contains("count=1"), "{told}");
    assert!(told.contains(&theirs) && told.contains("org_other/7"), "{told}");
    installed.sweep(&["--deny-foreign"]).exits(1);
    assert!(installed.is_denied("somebody-elses") && !installed.is_denied("Permission-r_theirs"));
}
