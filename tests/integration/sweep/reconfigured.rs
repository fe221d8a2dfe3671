//! A reviewed change of the configuration makes honest grants look like forged ones: many of them wait for a person.

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::*;
use crate::installed::REPOSITORY;

const TRUST: &str = ".github/templates/iamTrustPolicy.json";

/// Every grant of today demands a second factor.
pub(super) fn demand_a_second_factor(installed: &Installed) {
    let github = &installed.harness.sandbox.github;
    let mut template: Value = serde_json::from_str(&github.file(REPOSITORY, "main", TRUST).unwrap()).unwrap();
    template["Statement"][0]["Condition"]["Bool"]["aws:MultiFactorAuthPresent"] = json!("true");
    github.commit_file(REPOSITORY, "main", TRUST, Some(template.to_string().as_bytes())).unwrap();
}

#[test]
fn many_grants_that_a_reviewed_change_leaves_beyond_it_wait_for_a_person_and_a_changed_one_does_not() {
    let installed = Installed::new();
    let grants: Vec<String> = cast::CROWD[..7].iter().map(|person| installed.granted_to(*person).grant()).collect();
    demand_a_second_factor(&installed);
    let (changed, untouched) = grants.split_first().unwrap();
    let trust = attacked::trust_until(&attacked::in_hours(&installed, 1)).to_string();
    installed.harness.with_aws(async |iam| {
        iam.update_assume_role_policy().role_name(changed).policy_document(trust).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(5);
    assert_eq!(done(&ran), [format!("deny {changed}")]);
    assert_eq!(found(&ran).len(), 7, "they are found all the same: {}", ran.stdout);
    assert!(ran.stderr.contains("6 of 7 live grants are as their records say and would be denied"), "{}", ran.stderr);
    assert!(untouched.iter().all(|grant| installed.is_live(grant)));
    let ran = installed.sweep(&["--force"]).exits(1);
    assert_eq!(done(&ran).len(), 6, "{}", ran.stdout);
    assert!(untouched.iter().all(|grant| installed.is_denied(grant)));
}

#[test]
fn few_grants_that_reach_beyond_the_configuration_of_today_are_denied() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    demand_a_second_factor(&installed);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("deny {grant}")], vec![format!("tampered {}", role_arn(&grant))])
    );
}

/// What was granted is granted: a shorter rule is for whoever asks from then on.
#[test]
fn grants_that_are_longer_than_the_longest_rule_of_today_are_told_as_other_rules_and_stay_live() {
    let installed = Installed::new();
    let grants: Vec<String> = cast::CROWD[..6].iter().map(|person| installed.granted_to(*person).grant()).collect();
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 15m"));
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!(done(&ran), [""; 0]);
    let mut expected: Vec<String> = grants.iter().map(|grant| format!("other-rules {}", role_arn(grant))).collect();
    expected.sort();
    let mut told = found(&ran);
    told.sort();
    assert_eq!(told, expected, "{}", ran.stdout);
    assert!(grants.iter().all(|grant| installed.is_live(grant)));
}

/// Beyond the rules of today, within what any rule can allow, and on record: their runs tell that nobody has asked for it.
#[test]
fn grants_that_somebody_made_longer_than_their_requests_are_denied_however_many_there_are() {
    let installed = Installed::new();
    let mut grants: Vec<String> = cast::CROWD[..7].iter().map(|person| installed.granted_to(*person).grant()).collect();
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 15m"));
    let until = attacked::in_hours(&installed, 3 * 24);
    for grant in &grants {
        let trust = std::cell::RefCell::new(Value::Null);
        installed.harness.with_aws(async |iam| {
            let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
            let mut longer = crate::harness::decoded(role.assume_role_policy_document().unwrap());
            longer["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] = json!(until);
            let update = iam.update_assume_role_policy().role_name(grant).policy_document(longer.to_string());
            update.send().await.unwrap();
            *trust.borrow_mut() = longer;
        });
        let digest = port_iam::domain::digest::digest(&trust.into_inner());
        let properties = json!({ "trust_digest": digest, "granted_until": until });
        installed.harness.upsert("permission_records", &json!({ "identifier": grant, "properties": properties }));
    }
    let ran = installed.sweep(&[]).exits(1);
    grants.sort();
    let mut denied = done(&ran);
    denied.sort();
    assert_eq!(denied, grants.iter().map(|grant| format!("deny {grant}")).collect::<Vec<_>>(), "{}", ran.stdout);
    assert!(grants.iter().all(|grant| installed.attached(grant) == [attacked::DENY_ALL]));
}
