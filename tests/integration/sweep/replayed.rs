//! What has ended and is made again by hand: a sweep takes it for no grant, whatever Port's catalog tells.

use aws_sdk_iam::types::{Role, Tag};
use serde_json::json;

use super::attacked::{DENY_ALL, in_hours};
use super::{done, found, role_arn};
use crate::harness::decoded;
use crate::installed::Installed;

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
    let records = installed.harness.sandbox.port.entities("permission_records");
    assert!(records.iter().all(|record| record["identifier"] != json!(grant)));
}
