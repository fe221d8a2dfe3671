//! `doctor --security` on the workflows' roles: what `init` makes is sound, and what somebody changed on it is told.

use port_iam::domain::names::Names;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{GRANTER, REVOKER, harness, installed};
use crate::harness::{Harness, Ran, cast_account};
use crate::installed::REPOSITORY;

const CLAIM: &str = "token.actions.githubusercontent.com:";

fn doctor(harness: &Harness, exit_code: u8) -> Ran {
    harness.run(&["doctor", "--security", "--repository", REPOSITORY]).exits(exit_code)
}

fn is_sound(harness: &Harness) {
    let told = doctor(harness, 0).stdout;
    for role in [GRANTER, REVOKER] {
        assert!(told.contains(&format!("{role} may do what is written and nothing else")), "{told}");
        assert!(told.contains(&format!("{role} trusts the tokens of our workflows alone")), "{told}");
    }
}

/// Does what `iam:UpdateAssumeRolePolicy` lets somebody do.
fn change_trust(harness: &Harness, role: &str, change: impl FnOnce(&mut Value)) {
    harness.with_aws(async |iam| {
        let found = iam.get_role().role_name(role).send().await.unwrap().role.unwrap();
        let trust = found.assume_role_policy_document().unwrap();
        let trust = percent_encoding::percent_decode_str(trust).decode_utf8().unwrap();
        let mut trust = serde_json::from_str(&trust).unwrap();
        change(&mut trust);
        let request = iam.update_assume_role_policy().role_name(role).policy_document(trust.to_string());
        request.send().await.unwrap();
    });
}

fn equal(trust: &mut Value) -> &mut Value {
    &mut trust["Statement"][0]["Condition"]["StringEquals"]
}

/// Gives a role an inline policy of one statement.
fn give(harness: &Harness, role: &str, statement: &Value) {
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    harness.with_aws(async |iam| {
        let request = iam.put_role_policy().role_name(role).policy_name("More").policy_document(document.to_string());
        request.send().await.unwrap();
    });
}

#[test]
fn the_roles_may_do_what_is_written_and_trust_our_workflows_alone() {
    let harness = installed().harness;
    is_sound(&harness);
    change_trust(&harness, "port-iam-revoker", |trust| {
        let wider = trust.to_string().replace("StringEquals", "StringLike").replace("@refs/heads/main", "@*");
        *trust = serde_json::from_str(&wider).unwrap();
    });
    let ran = doctor(&harness, 1);
    let sentence =
        "does not ask for the aud, sub, environment, repository_id, ref, job_workflow_ref of the token by StringEquals";
    assert!(ran.stdout.contains(sentence), "{}", ran.stdout);
}

#[test]
fn the_roles_of_an_installation_without_an_environment_are_sound_too() {
    let harness = harness();
    harness.sandbox.github.set_plan(false);
    harness.run_with(&["init", "--yes", "--aws-setup"], &[]).exits(0);
    is_sound(&harness);
    change_trust(&harness, "port-iam-granter", |trust| {
        equal(trust)[format!("{CLAIM}ref")] = json!("refs/heads/evil");
    });
    let told = doctor(&harness, 1).stdout;
    assert!(told.contains("asks for the ref \"refs/heads/evil\", and not for \"refs/heads/main\""), "{told}");
}

#[test]
fn a_granter_that_trusts_a_branch_and_another_actor_is_found_out_claim_by_claim() {
    let harness = installed().harness;
    change_trust(&harness, "port-iam-granter", |trust| {
        let file = format!("{REPOSITORY}/.github/workflows/create-iam-permissions.yaml@refs/heads/evil");
        let equal = equal(trust);
        let subject =
            equal[format!("{CLAIM}sub")].as_str().unwrap().replace("environment:port-iam", "ref:refs/heads/evil");
        equal[format!("{CLAIM}sub")] = json!(subject);
        equal[format!("{CLAIM}ref")] = json!("refs/heads/evil");
        equal[format!("{CLAIM}job_workflow_ref")] = json!(file);
        equal[format!("{CLAIM}actor")] = json!("mallory");
        equal.as_object_mut().unwrap().remove(&format!("{CLAIM}environment")).unwrap();
    });
    let told = doctor(&harness, 1).stdout;
    for sentence in [
        "asks for the ref \"refs/heads/evil\", and not for \"refs/heads/main\"",
        "asks for the actor \"mallory\", and not for \"getport-io[bot]\"",
        "does not ask for the environment of the token by StringEquals",
        ":ref:refs/heads/evil\", and not for \"repo:",
        "create-iam-permissions.yaml@refs/heads/evil\", and not for \"",
    ] {
        assert!(told.contains(&format!("{GRANTER}: statement 1 of the trust policy ")), "{told}");
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
    assert!(told.contains(&format!("{REVOKER} trusts the tokens of our workflows alone")), "{told}");
    assert!(!told.contains(&format!("{GRANTER} trusts")), "{told}");
}

#[test]
fn those_who_may_dispatch_by_the_rules_are_those_whom_the_granter_is_to_trust() {
    let harness = installed().harness;
    let path = Names::default().rules_path;
    let github = &harness.sandbox.github;
    let rules = github.file(REPOSITORY, "main", &path).unwrap();
    let (listed, wider) = ("dispatchers: [\"getport-io[bot]\"]", "dispatchers: [\"getport-io[bot]\", ada]");
    assert!(rules.contains(listed), "{rules}");
    let rules = rules.replace(listed, wider);
    github.commit_file(REPOSITORY, "main", &path, Some(rules.as_bytes())).unwrap();
    let told = doctor(&harness, 1).stdout;
    let sentence = "asks for the actor \"getport-io[bot]\", and not for [\"getport-io[bot]\",\"ada\"]";
    assert!(told.contains(sentence), "{told}");
    harness.run_with(&["init", "--yes", "--aws-setup"], &[]).exits(0);
    is_sound(&harness);
}

#[test]
fn a_trust_that_cannot_be_compared_is_not_called_sound() {
    let mut harness = installed().harness;
    harness.set("PORT_IAM_GITHUB_ORG", None);
    let told = harness.run(&["doctor", "--security"]).exits(1).stdout;
    assert!(told.contains("pass --repository OWNER/NAME"), "{told}");
    assert!(!told.contains("trusts the tokens of our workflows alone"), "{told}");
    let nowhere = ["doctor", "--security", "--repository", "acme/nowhere"];
    let told = harness.run(&nowhere).exits(1).stdout;
    assert!(told.contains("there is no repository acme/nowhere, or the token may not see it"), "{told}");
    harness.set("GH_TOKEN", None);
    let told = doctor(&harness, 1).stdout;
    assert!(told.contains("no GitHub token is set (set GH_TOKEN"), "{told}");
    assert!(!told.contains("trusts the tokens of our workflows alone"), "{told}");
}

/// Whoever may start the workflow stands in the rules file: a trust in Port's app alone would look sound by a guess.
#[test]
fn while_the_rules_file_cannot_be_used_no_trust_is_called_sound() {
    let harness = installed().harness;
    let (path, github) = (Names::default().rules_path, &harness.sandbox.github);
    let rules = github.file(REPOSITORY, "main", &path).unwrap();
    for broken in [Some(format!("{rules}\nno-such-key: 1\n")), None] {
        github.commit_file(REPOSITORY, "main", &path, broken.as_deref().map(str::as_bytes)).unwrap();
        let told = doctor(&harness, 1).stdout;
        for role in [GRANTER, REVOKER] {
            let sentence = format!("{role}: the trust policy was not compared with the one that");
            assert!(told.contains(&sentence) && told.contains(&path), "{told}");
        }
        assert!(!told.contains("trusts the tokens of our workflows alone"), "{told}");
    }
}

#[test]
fn of_a_subject_that_somebody_made_for_himself_all_other_claims_are_compared() {
    let harness = installed().harness;
    let url = format!("{}/repos/{REPOSITORY}/actions/oidc/customization/sub", harness.variable("GITHUB_API_URL"));
    let custom = json!({ "use_default": false, "include_claim_keys": ["job_workflow_ref"] });
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.put(url).bearer_auth(cast::ADA.github_token).header("user-agent", "test");
        assert_eq!(request.json(&custom).send().await.unwrap().status(), 201);
    });
    change_trust(&harness, "port-iam-granter", |trust| {
        equal(trust)[format!("{CLAIM}sub")] = json!("job_workflow_ref:whatever");
    });
    let told = doctor(&harness, 0).stdout;
    assert!(told.contains("of a template of somebody's own, so that the sub was not compared"), "{told}");
    change_trust(&harness, "port-iam-granter", |trust| {
        equal(trust)[format!("{CLAIM}actor")] = json!("mallory");
    });
    let told = doctor(&harness, 1).stdout;
    assert!(told.contains("asks for the actor \"mallory\""), "{told}");
}

#[test]
fn statements_that_no_question_touches_are_found_by_reading_them() {
    let account = "arn:aws:iam::123456789012";
    for (action, resource) in [
        ("iam:*", format!("{account}:role/OrganizationAccountAccessRole")),
        ("iam:PutRolePolicy", format!("{account}:role/port-iam/Permission-r_*")),
    ] {
        let harness = installed().harness;
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        give(&harness, "port-iam-granter", &statement);
        let ran = harness.run(&["doctor", "--security", "--repository", REPOSITORY, "--output", "json"]).exits(1);
        let granter = ran.json()["identities"][0].clone();
        assert_eq!(granter["differences"], json!([]), "the battery does not ask about it");
        assert_eq!(granter["statements"], json!([{ "written": false, "statement": statement }]));
        let told = doctor(&harness, 1).stdout;
        assert!(told.contains(&format!("is not written: {statement}")), "{told}");
        assert!(!told.contains(&format!("{GRANTER} may do what is written")), "{told}");
    }
}

#[test]
fn a_statement_that_denies_more_is_sound_and_one_that_is_gone_is_told() {
    let harness = installed().harness;
    give(&harness, "port-iam-revoker", &json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }));
    is_sound(&harness);
    harness.with_aws(async |iam| {
        let arn = "arn:aws:iam::123456789012:policy/port-iam-granter";
        let manager = port_iam::assets::manager_policies(&Names::default(), &cast_account()).unwrap();
        let mut granter = manager.granter;
        granter["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != "NeverGrantWithoutPort");
        let request = iam.create_policy_version().policy_arn(arn).policy_document(granter.to_string());
        request.set_as_default(true).send().await.unwrap();
    });
    let told = doctor(&harness, 1).stdout;
    assert!(told.contains("is written and missing: {\"Sid\":\"NeverGrantWithoutPort\""), "{told}");
}

#[test]
fn where_the_policies_may_not_be_read_it_is_said_that_only_the_questions_were_tried_and_nothing_is_called_sound() {
    let harness = installed().harness;
    let forbidden = Fault::Status { status: 403, retry_after: None };
    harness.sandbox.faults.plan_matching("Action=ListAttachedRolePolicies", 0, 1, forbidden);
    let told = doctor(&harness, 1).stdout;
    assert!(told.contains(&format!("{GRANTER} answers every question as is written")), "{told}");
    assert!(told.contains(&format!("{GRANTER}: its policies may not be read, so that only the ")), "{told}");
    assert!(told.contains(&format!("{REVOKER} may do what is written and nothing else")), "{told}");
}
