//! A policy of a grant that somebody has attached elsewhere, and a role that somebody has put into an instance profile:
//! from what is ours it is taken, what is another's is told.

use crate::installed::Installed;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#;

/// An administrator makes a role under `path` and attaches the policy of the grant to it.
fn attach_elsewhere(installed: &Installed, path: &str, name: &str, grant: &str) {
    let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    installed.harness.with_aws(async |iam| {
        iam.create_role().path(path).role_name(name).assume_role_policy_document(TRUST).send().await.unwrap();
        iam.attach_role_policy().role_name(name).policy_arn(arn).send().await.unwrap();
    });
}

#[test]
fn a_policy_on_another_role_under_our_path_is_detached_there() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach_elsewhere(&installed, "/port-iam/", "Permission-stowaway", &grant);
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(installed.policies(), Vec::<String>::new());
    assert_eq!(installed.roles(), ["Permission-stowaway"]);
    assert_eq!(installed.harness.sandbox.aws.attached_policies("Permission-stowaway").unwrap(), Vec::<String>::new());
    let record = installed.record(&grant)["properties"].clone();
    let told = record["receipt"]["tampering"][0]["what"].as_str().unwrap_or_default();
    assert!(
        told.ends_with(&format!("policy/port-iam/{grant} was attached to the role Permission-stowaway")),
        "{record}"
    );
    assert_eq!(record["review_due"], true);
}

#[test]
fn a_policy_on_somebody_else_s_role_is_told_with_the_command_that_frees_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach_elsewhere(&installed, "/", "billing", &grant);
    let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    let revocation = installed.give_back(&grant);
    let ran = installed.revoke(&revocation).exits(1);
    let log = installed.log_of(&revocation.run_id);
    for told in [
        "is held by the role billing".to_owned(),
        format!("aws iam detach-role-policy --role-name billing --policy-arn {arn}"),
    ] {
        assert!(ran.stdout.contains(&told), "{told}: {}", ran.stdout);
        assert!(log.contains(&told), "{told}: {log}");
    }
    assert_eq!(installed.roles(), Vec::<String>::new());
    assert_eq!(installed.harness.sandbox.aws.attached_policies("billing").unwrap(), [arn.as_str()]);
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["review_due"]), (&serde_json::json!("live"), &serde_json::json!(true)));
    assert!(record["receipt"].to_string().contains("was attached to the role billing"), "{record}");
    installed.harness.with_aws(async |iam| {
        iam.detach_role_policy().role_name("billing").policy_arn(&arn).send().await.unwrap();
    });
    installed.revoke(&installed.retry(&revocation, &grant)).exits(0);
    assert_eq!(installed.policies(), Vec::<String>::new());
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}

/// An administrator gives the policy of a grant to a user and to a group.
fn give_away(installed: &Installed, arn: &str) {
    installed.harness.with_aws(async |iam| {
        iam.attach_user_policy().user_name("max").policy_arn(arn).send().await.unwrap();
        iam.create_group().group_name("developers").send().await.unwrap();
        iam.attach_group_policy().group_name("developers").policy_arn(arn).send().await.unwrap();
    });
}

#[test]
fn a_policy_on_a_user_and_a_group_is_told_with_the_commands_that_free_it_and_then_goes() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    give_away(&installed, &arn);
    let revocation = installed.give_back(&grant);
    let ran = installed.revoke(&revocation).exits(1);
    let log = installed.log_of(&revocation.run_id);
    for told in [
        "is held by the user max, the group developers".to_owned(),
        format!("aws iam detach-user-policy --user-name max --policy-arn {arn}"),
        format!("aws iam detach-group-policy --group-name developers --policy-arn {arn}"),
    ] {
        assert!(ran.stdout.contains(&told), "{told}: {}", ran.stdout);
        assert!(log.contains(&told), "{told}: {log}");
    }
    // The role, and with it the access that was granted, is gone all the same.
    assert_eq!(installed.roles(), Vec::<String>::new());
    assert_eq!(installed.policies(), [arn.as_str()]);
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    installed.harness.with_aws(async |iam| {
        iam.detach_user_policy().user_name("max").policy_arn(&arn).send().await.unwrap();
        iam.detach_group_policy().group_name("developers").policy_arn(&arn).send().await.unwrap();
    });
    installed.revoke(&installed.retry(&revocation, &grant)).exits(0);
    assert_eq!(installed.policies(), Vec::<String>::new());
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}

#[test]
fn the_workflows_may_not_take_a_policy_from_a_user_or_a_group_themselves() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    give_away(&installed, &format!("arn:aws:iam::123456789012:policy/port-iam/{grant}"));
    let since = installed.harness.sandbox.log.len();
    installed.revoke(&installed.give_back(&grant)).exits(1);
    let actions = installed.aws_writes_since(since);
    assert!(!actions.iter().any(|action| action.contains("User") || action.contains("Group")), "{actions:?}");
}

#[test]
fn a_role_in_somebody_else_s_instance_profile_is_told_with_the_command_that_frees_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        for (path, name) in [("/billing/", "billing"), ("/", "fleet"), ("/port-iam/", "ours")] {
            iam.create_instance_profile().path(path).instance_profile_name(name).send().await.unwrap();
            iam.add_role_to_instance_profile().instance_profile_name(name).role_name(&grant).send().await.unwrap();
        }
    });
    let revocation = installed.give_back(&grant);
    let ran = installed.revoke(&revocation).exits(1);
    let log = installed.log_of(&revocation.run_id);
    let command = |profile: &str| {
        format!(
            "as an administrator, run `aws iam remove-role-from-instance-profile --instance-profile-name {profile} \
             --role-name {grant}`"
        )
    };
    for told in
        ["is in the instance profile billing, the instance profile fleet", &command("billing"), &command("fleet")]
    {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
        assert!(log.contains(told), "{told}: {log}");
    }
    // What an identity of ours lacks is not what is missing, and out of what is ours it was taken.
    for untold in ["port-iam aws", "instance-profile-name ours"] {
        assert!(!ran.stdout.contains(untold), "{untold}: {}", ran.stdout);
    }
    // Until then it can do nothing.
    assert!(installed.is_denied(&grant));
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    installed.harness.with_aws(async |iam| {
        for name in ["billing", "fleet"] {
            let leaving = iam.remove_role_from_instance_profile().instance_profile_name(name).role_name(&grant);
            leaving.send().await.unwrap();
        }
    });
    installed.revoke(&installed.retry(&revocation, &grant)).exits(0);
    assert_eq!((installed.roles(), installed.policies()), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}
