//! What has ended and is made again by hand: a sweep takes it for no grant, whatever Port's catalog tells.

use aws_sdk_iam::types::{Role, Tag};
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::attacked::{DENY_ALL, forge, in_hours, record, trust_until};
use super::{done, found, role_arn};
use crate::harness::decoded;
use crate::installed::{BUCKET, Installed};

/// All that IAM tells of a grant, with which it can be made again.
struct Copied {
    role: Role,
    trust: String,
    policy: String,
    tags: Vec<Tag>,
    end: String,
}

impl Copied {
    fn of(installed: &Installed, grant: &str) -> Self {
        let mut copied = None;
        installed.harness.with_aws(async |iam| {
            let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            let policy = iam.get_policy().policy_arn(&arn).send().await.unwrap().policy.unwrap();
            let version = iam.get_policy_version().policy_arn(&arn).version_id("v1").send().await.unwrap();
            let trust = decoded(role.assume_role_policy_document().unwrap());
            let policy_text = decoded(version.policy_version().unwrap().document().unwrap()).to_string();
            let end =
                trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str().unwrap().to_owned();
            copied =
                Some(Self { role, trust: trust.to_string(), policy: policy_text, tags: policy.tags().to_vec(), end });
        });
        copied.unwrap()
    }

    /// Makes it again in every part, but for its end.
    fn make(&self, installed: &Installed, end: &str) {
        let until = |document: &str| document.replace(&self.end, end);
        installed.harness.with_aws(async |iam| {
            let name = self.role.role_name();
            let create = iam.create_role().path("/port-iam/").role_name(name).set_tags(self.role.tags.clone());
            let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
            let create = create.set_max_session_duration(self.role.max_session_duration);
            create.assume_role_policy_document(until(&self.trust)).send().await.unwrap();
            let create = iam.create_policy().path("/port-iam/").policy_name(name).set_tags(Some(self.tags.clone()));
            let made = create.policy_document(until(&self.policy)).send().await.unwrap().policy.unwrap();
            iam.attach_role_policy().role_name(name).policy_arn(made.arn().unwrap()).send().await.unwrap();
        });
    }
}

#[test]
fn a_grant_that_was_revoked_and_is_made_again_is_denied_though_its_record_is_gone() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let copied = Copied::of(&installed, &grant);
    installed.revoke(&installed.give_back(&grant)).exits(0);
    installed.harness.delete_entity("permission_records", &grant);
    installed.pass(6);
    copied.make(&installed, &in_hours(&installed, 1));
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("deny {grant}")], vec![format!("tampered {}", role_arn(&grant))])
    );
    assert!(ran.stdout.contains("the run had ended at"), "{}", ran.stdout);
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
    // What tells of it now vouches for nothing.
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["review_due"], &record["trust_digest"]), (&json!(true), &Value::Null), "{record}");
}

/// Each so much longer than the one before that it is no second request of the same.
const SIX: [&str; 6] = ["2h", "3h", "4h", "5h30m", "7h30m", "10h"];

fn granted_for(installed: &Installed, duration: &str) -> String {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": duration });
    let asked = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    installed.grant(&asked).exits(0);
    asked.grant()
}

#[test]
fn a_live_role_that_was_widened_is_denied_though_its_record_tells_the_same() {
    let theirs = "arn:aws:iam::999999999999:root";
    for (part, is_trust) in [("the trust", true), ("a policy", false)] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        let copied = Copied::of(&installed, &grant);
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let trust = copied.trust.replace("arn:aws:iam::123456789012:root", theirs);
        let policy = copied.policy.replace("s3:PutObject", "s3:*");
        assert!(copied.trust != trust && copied.policy != policy);
        let trust: Value = serde_json::from_str(&trust).unwrap();
        let policy: Value = serde_json::from_str(&policy).unwrap();
        installed.harness.with_aws(async |iam| {
            if is_trust {
                let update = iam.update_assume_role_policy().role_name(&grant);
                update.policy_document(trust.to_string()).send().await.unwrap();
            } else {
                let create = iam.create_policy_version().policy_arn(&arn).set_as_default(true);
                create.policy_document(policy.to_string()).send().await.unwrap();
            }
        });
        let properties = if is_trust {
            json!({ "trust_digest": port_iam::domain::digest::digest(&trust) })
        } else {
            json!({ "policy_digest": port_iam::domain::digest::policies_digest(&[policy]) })
        };
        installed.edit_entity("permission_records", &grant, &properties);
        // Nor does it help that the catalog no longer holds what was asked for.
        installed.harness.delete_entity("iam_permissions", "s3:PutObject");
        let ran = installed.sweep(&[]).exits(1);
        let told = (done(&ran), found(&ran));
        assert_eq!(told, (vec![format!("deny {grant}")], vec![format!("tampered {}", role_arn(&grant))]), "{part}");
        assert_eq!(installed.attached(&grant), [DENY_ALL], "{part}");
    }
}

#[test]
fn a_forged_role_of_break_glass_is_denied_whatever_the_catalog_tells() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let (role, trust) = ("Permission-bg-nobody", trust_until(&in_hours(&installed, 2)));
    forge(&installed, role, &grant, &trust, 1);
    record(&installed, role, &trust);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(done(&ran), [format!("deny {role}")]);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(role)), format!("review-due {}", role_arn(role))]);
    assert_eq!(installed.attached(role), [DENY_ALL]);
}

#[test]
fn six_grants_of_somebody_who_has_left_end_and_a_widened_one_among_them_is_denied_before() {
    let installed = Installed::new();
    let grants = SIX.map(|duration| granted_for(&installed, duration));
    installed.harness.sandbox.port.set_active(&cast::DANA, false);
    let widened = &grants[0];
    installed.harness.with_aws(async |iam| {
        iam.delete_role_permissions_boundary().role_name(widened).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    let mut expected: Vec<String> = grants.iter().map(|grant| format!("revoke {grant}")).collect();
    expected.push(format!("deny {widened}"));
    expected.sort();
    let mut told = done(&ran);
    told.sort();
    assert_eq!(told, expected, "{}", ran.stderr);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(widened))]);
    assert!(installed.roles().is_empty());
}

#[test]
fn six_ended_grants_that_are_made_again_are_denied_and_not_held_back() {
    let installed = Installed::new();
    let grants = SIX.map(|duration| granted_for(&installed, duration));
    for grant in &grants {
        installed.revoke(&installed.give_back(grant)).exits(0);
    }
    installed.pass(6);
    let tags_of = granted_for(&installed, "8h");
    for grant in &grants {
        forge(&installed, grant, &tags_of, &trust_until(&in_hours(&installed, 3)), 1);
    }
    let ran = installed.sweep(&[]).exits(1);
    let mut expected: Vec<String> = grants.iter().map(|grant| format!("deny {grant}")).collect();
    expected.sort();
    let mut told = done(&ran);
    told.sort();
    assert_eq!(told, expected);
    for grant in &grants {
        assert_eq!(installed.attached(grant), [DENY_ALL]);
    }
}

#[test]
fn what_another_installation_made_is_not_touched_though_an_entity_names_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-r_theirs";
    forge(&installed, role, &grant, &trust_until(&in_hours(&installed, 2)), 1);
    installed.harness.with_aws(async |iam| {
        let tag = Tag::builder().key("port-iam:scope").value("org_other/42").build().unwrap();
        iam.tag_role().role_name(role).tags(tag).send().await.unwrap();
    });
    installed.harness.with_port(async |port| {
        let body = json!({ "identifier": role, "title": role,
            "properties": { "requester": "nobody@acme.example", "state": "live" } });
        assert!(port.upsert_entities("provisioned_permissions", &[body]).await.unwrap().iter().all(Result::is_ok));
    });
    let before = installed.attached(role);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("foreign {}", role_arn(role))]));
    assert_eq!(installed.attached(role), before);
}

#[test]
fn a_sweep_for_another_repository_than_port_s_actions_start_is_refused() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.run(&["--prefix", "second", "init", "--yes", "--repository", "second"]).exits(0);
    let before = installed.attached(&grant);
    let ran = installed.sweep(&["--repository", "acme/second"]).exits(5);
    assert!(ran.stderr.contains("Port's actions start the workflows of"), "{}", ran.stderr);
    assert_eq!(installed.attached(&grant), before);
}
