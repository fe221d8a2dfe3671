//! What widens a grant and shows in no list as something odd: a name behind a gap, or the same name once more.

use aws_sdk_iam::Client;

use super::attacked::DENY_ALL;
use super::*;
use crate::installed::everything;

/// Makes a policy that allows everything and attaches it, as whoever has the granter's keys can.
async fn give_everything(iam: &Client, role: &str, policy: &str) {
    let create = iam.create_policy().path("/port-iam/").policy_name(policy);
    create.policy_document(everything().to_string()).send().await.unwrap();
    iam.attach_role_policy().role_name(role).policy_arn(policy_arn(policy)).send().await.unwrap();
}

async fn take_its_policy(iam: &Client, grant: &str) {
    iam.detach_role_policy().role_name(grant).policy_arn(policy_arn(grant)).send().await.unwrap();
    iam.delete_policy().policy_arn(policy_arn(grant)).send().await.unwrap();
}

#[track_caller]
fn is_denied_and_found(installed: &Installed, grant: &str, flags: &[&str]) {
    let ran = installed.sweep(flags).exits(1);
    let told = (done(&ran), found(&ran));
    assert_eq!(told, (vec![format!("deny {grant}")], vec![format!("tampered {}", role_arn(grant))]), "{}", ran.stdout);
    assert_eq!(installed.attached(grant), [DENY_ALL]);
}

#[test]
fn a_policy_behind_a_gap_in_the_numbers_hides_nothing() {
    for flags in [&[][..], &["--close-looks", "0"]] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        installed.harness.with_aws(async |iam| give_everything(iam, &grant, &format!("{grant}.3")).await);
        is_denied_and_found(&installed, &grant, flags);
        installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        assert_eq!(installed.roles(), [""; 0]);
    }
}

#[test]
fn a_policy_that_was_made_anew_is_looked_at_before_the_role_has_its_turn() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(2);
    installed.harness.with_aws(async |iam| {
        take_its_policy(iam, &grant).await;
        give_everything(iam, &grant, &grant).await;
    });
    is_denied_and_found(&installed, &grant, &["--close-looks", "0"]);
}

#[test]
fn a_role_that_was_made_anew_with_its_policy_is_looked_at_before_it_has_its_turn() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(2);
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(&grant).send().await.unwrap().role.unwrap();
        take_its_policy(iam, &grant).await;
        iam.delete_role().role_name(&grant).send().await.unwrap();
        let trust = decoded(role.assume_role_policy_document().unwrap()).to_string();
        let create = iam.create_role().path("/port-iam/").role_name(&grant).assume_role_policy_document(trust);
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.set_tags(role.tags).send().await.unwrap();
        give_everything(iam, &grant, &grant).await;
    });
    is_denied_and_found(&installed, &grant, &["--close-looks", "0"]);
}
