//! What `init` leaves alone, and what it puts right.

use port_iam::domain::setup::sealed;
use port_iam::sandbox::cast;
use serde_json::json;

use super::*;

const CRAFTED: &str = "'; touch pwned; echo '";

#[test]
fn what_the_user_added_survives_while_ours_is_put_right() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let blueprint_body = edited(blueprint(&harness, "provisioned_permissions"), |body| {
        body["title"] = json!(CRAFTED);
        body["schema"]["properties"]["ticket"] = json!({ "type": "string", "title": CRAFTED });
        body["schema"]["properties"].as_object_mut().unwrap().shift_remove("reason");
    });
    let action_body = edited(action(&harness, "request_permissions"), |body| {
        body["title"] = json!(CRAFTED);
        body["requiredApproval"] = json!({ "type": "ANY" });
        body["trigger"]["userInputs"]["properties"]["ticket"] = json!({ "type": "string" });
        body["invocationMethod"]["reportWorkflowStatus"] = json!(false);
    });
    harness.with_port(async |port| {
        port.replace_blueprint("provisioned_permissions", &blueprint_body).await.unwrap();
        port.replace_action("request_permissions", &action_body).await.unwrap();
    });
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes", "--output", "json"]).exits(0);
    assert_eq!(
        method_and_path(&writes(&harness, since)),
        ["PUT /v1/blueprints/provisioned_permissions", "PUT /v1/actions/request_permissions"]
    );
    let done = ran.json()["done"].as_array().unwrap().clone();
    let differences: Vec<&Value> = done.iter().map(|step| &step["differences"]).collect();
    assert_eq!(
        differences,
        [&json!(["+ property reason (string)"]), &json!(["~ invocationMethod.reportWorkflowStatus: false -> true"])]
    );
    let kept = blueprint(&harness, "provisioned_permissions");
    assert_eq!((&kept["title"], &kept["schema"]["properties"]["ticket"]["title"]), (&json!(CRAFTED), &json!(CRAFTED)));
    let kept = action(&harness, "request_permissions");
    assert_eq!((&kept["title"], &kept["requiredApproval"]), (&json!(CRAFTED), &json!({ "type": "ANY" })));
    assert_eq!(kept["trigger"]["userInputs"]["properties"]["ticket"], json!({ "type": "string" }));
    assert_done(&harness);
}

#[test]
fn rules_and_templates_belong_to_the_operator_and_workflows_do_not() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let (rules, workflow) = (".github/port-iam.yaml", ".github/workflows/create-iam-permissions.yaml");
    let github = &harness.sandbox.github;
    let ours = github.file(REPOSITORY, "main", workflow).unwrap();
    let theirs = github.file(REPOSITORY, "main", rules).unwrap().replace("anybody-for-half-a-day", "nobody");
    github.commit_file(REPOSITORY, "main", rules, Some(theirs.as_bytes())).unwrap();
    let (head, rest) = ours.split_once('\n').unwrap();
    let rest = rest.split_once('\n').unwrap().1.replace("timeout-minutes", "# timeout-minutes");
    let older = sealed(&format!("{}\n{rest}", head.replace(env!("CARGO_PKG_VERSION"), "0.0.1")));
    assert_ne!(older, ours);
    github.commit_file(REPOSITORY, "main", workflow, Some(older.as_bytes())).unwrap();
    let commits = github.commits(REPOSITORY, "main").len();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("- name: nobody"), "{}", ran.stdout);
    assert!(github.merge_pull_request(REPOSITORY, 1));
    assert_eq!(github.file(REPOSITORY, "main", rules).unwrap(), theirs);
    assert_eq!(github.file(REPOSITORY, "main", workflow).unwrap(), ours);
    assert_eq!(github.commits(REPOSITORY, "main").len(), commits + 1);
    assert_done(&harness);
}

#[test]
fn rules_that_do_not_parse_are_said_with_their_lines_and_nothing_is_called_fine() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let (rules, github) = (".github/port-iam.yaml", &harness.sandbox.github);
    let ours = github.file(REPOSITORY, "main", rules).unwrap();
    let broken = ours.replace("version: 1", "version: 7").replace("mode: account", "mode: nobody");
    github.commit_file(REPOSITORY, "main", rules, Some(broken.as_bytes())).unwrap();
    let line = |part: &str| broken.lines().position(|line| line.contains(part)).unwrap() + 1;
    let lines = [format!("line {}: ", line("version: 7")), format!("line {}: ", line("mode: nobody"))];

    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(1);
    assert!(writes(&harness, since).is_empty());
    // The boundary is made from the rules, so that nobody can tell whether it is as it should be.
    let said = "What `init` sets up by itself is set up already, but the rules file cannot be used: no grant until it is mended.\n\
                Left to you: AWS policy port-iam-boundary\n";
    assert!(ran.stdout.starts_with(said), "{}", ran.stdout);
    for line in &lines {
        assert!(ran.stderr.contains(line), "{line}{}", ran.stderr);
    }
    let remedy = "mend .github/port-iam.yaml on the branch main";
    assert!(ran.stderr.contains(remedy) && ran.stdout.ends_with(&format!("Next: {remedy}\n")), "{}", ran.stdout);
    assert!(!ran.stdout.contains("The first rule"), "{}", ran.stdout);
    let json = harness.run(&["init", "--yes", "--output", "json"]).exits(1).json();
    let codes: Vec<&Value> = json["findings"].as_array().unwrap().iter().map(|finding| &finding["code"]).collect();
    assert!(codes.contains(&&json!("rules-unusable")), "{codes:?}");

    github.commit_file(REPOSITORY, "main", ".github/workflows/create-iam-permissions.yaml", None).unwrap();
    let ran = harness.run(&["init", "--yes"]).exits(1);
    assert!(ran.stdout.contains("a pull request to be merged, but the rules file cannot be used"), "{}", ran.stdout);
    assert!(ran.stderr.contains(&lines[0]), "{}", ran.stderr);

    assert!(github.merge_pull_request(REPOSITORY, 1));
    github.commit_file(REPOSITORY, "main", rules, Some(ours.as_bytes())).unwrap();
    assert_done(&harness);
}

#[test]
fn a_template_that_no_grant_can_be_made_from_is_said_and_one_that_somebody_made_theirs_is_shown_and_kept() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let (policy, trust) = (".github/templates/iamPolicyDocument.json", ".github/templates/iamTrustPolicy.json");
    let github = &harness.sandbox.github;
    let ours = github.file(REPOSITORY, "main", policy).unwrap();
    let put = |path: &str, text: &str| github.commit_file(REPOSITORY, "main", path, Some(text.as_bytes())).unwrap();
    let files = || {
        let told = harness.run(&["doctor", "--output", "json"]).json();
        let finding = told["findings"].as_array().unwrap().iter().find(|it| it["check"] == "files").unwrap().clone();
        (finding["severity"].as_str().unwrap().to_owned(), finding.to_string())
    };

    let mut template: Value = serde_json::from_str(&ours).unwrap();
    let denial = json!({ "Sid": "NoKeys", "Effect": "Deny", "Action": "kms:*", "Resource": "*" });
    template["Statement"].as_array_mut().unwrap().push(denial);
    put(policy, &format!("{template:#}"));
    let plan = harness.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains(&format!("= GitHub template {policy}\n        it is yours, and stays")), "{plan}");
    assert!(plan.contains("kms:*"), "{plan}");
    assert_done(&harness);
    assert_eq!(files().0, "ok");

    for (path, text, reason) in [
        (policy, "{ not json", "every grant is refused, since it is not JSON"),
        (policy, "{}", "every grant is refused, since it has no Statement"),
        (trust, "{ not json", "every grant is refused, since it is not JSON"),
    ] {
        let before = github.file(REPOSITORY, "main", path).unwrap();
        put(path, text);
        let plan = harness.run(&["plan"]).exits(3).stdout;
        assert!(plan.contains(&format!("! GitHub template {path}: {reason}")), "{plan}");
        let since = harness.sandbox.log.len();
        for init in [&["init", "--yes"][..], &["init", "--yes", "--force", "--adopt"]] {
            let ran = harness.run(init).exits(1);
            assert!(ran.stdout.contains(reason) && ran.stdout.contains("Left to you: "), "{}", ran.stdout);
            assert!(
                ran.stdout
                    .contains(&format!("Next: gh browse {path} --branch main --repo {REPOSITORY} (mend it there")),
                "{}",
                ran.stdout
            );
        }
        assert!(writes(&harness, since).is_empty());
        let (severity, finding) = files();
        assert_eq!((severity.as_str(), finding.contains(reason)), ("error", true), "{finding}");
        put(path, &before);
        harness.run(&["plan"]).exits(0);
    }
}

#[test]
fn the_owner_is_only_looked_up_while_the_repository_is_missing() {
    let harness = Harness::new();
    let lookups = |since: usize| {
        let exchanges = harness.sandbox.log.exchanges();
        exchanges.iter().skip(since).filter(|exchange| exchange.path == "/orgs/acme").count()
    };
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(lookups(0), 1);
    let since = harness.sandbox.log.len();
    assert_done(&harness);
    assert_eq!(lookups(since), 0);
}

#[test]
fn secrets_are_only_set_again_when_that_is_asked_for() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_ID", None);
    harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET", None);
    let codes = |harness: &Harness| {
        let findings = harness.run(&["plan", "--output", "json"]).json()["findings"].clone();
        findings.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(codes(&harness).contains(&"personal-port-credentials".to_owned()), "it is known before it is done");
    let ran = harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(ran.stderr.matches("the workflows get Port credentials of a person").count(), 1, "{}", ran.stderr);
    assert!(!codes(&harness).contains(&"personal-port-credentials".to_owned()), "a secret cannot be read back");
    let client = |harness: &Harness| harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, "PORT_CLIENT_ID").unwrap();
    assert_eq!(client(&harness), cast::ADA.port_client_id);
    assert!(ran.stderr.contains("warning: the workflows get Port credentials of a person"), "{}", ran.stderr);
    harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_ID", Some(cast::WORKFLOW_PORT_CLIENT_ID));
    harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET", Some(cast::WORKFLOW_PORT_CLIENT_SECRET));
    assert_done(&harness);
    assert_eq!(client(&harness), cast::ADA.port_client_id);
    let since = harness.sandbox.log.len();
    harness.run(&["init", "--yes", "--rotate-secrets"]).exits(0);
    assert_eq!(client(&harness), cast::WORKFLOW_PORT_CLIENT_ID);
    assert_eq!(writes(&harness, since).len(), 4);
}

#[test]
fn workflows_that_get_the_pair_of_a_machine_that_set_them_up_are_told() {
    let mut harness = Harness::new();
    for (own, of_workflows) in [
        ("PORT_CLIENT_ID", "PORT_IAM_WORKFLOW_PORT_CLIENT_ID"),
        ("PORT_CLIENT_SECRET", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"),
    ] {
        let value = harness.variable(of_workflows);
        harness.set(own, Some(&value));
        harness.set(of_workflows, None);
    }
    let warned = "the workflows get the Port credentials that set them up";
    let plan = harness.run(&["plan"]).exits(3).stdout;
    assert!(plan.contains(warned), "{plan}");
    let doctor = |harness: &Harness| {
        let found = harness.run(&["doctor", "--repository", REPOSITORY, "--output", "json"]).json()["findings"].clone();
        let checks = found.as_array().unwrap().clone();
        checks.into_iter().find(|it| it["check"] == "workflow-credentials").unwrap()["severity"].clone()
    };
    assert_eq!(doctor(&harness), "warning", "they would get them");
    let ran = harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(ran.stderr.matches(&format!("warning: {warned}")).count(), 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("of a person"), "{}", ran.stderr);
    assert_eq!(doctor(&harness), "unknown", "a secret cannot be read back");
    // Whoever names the same pair for both has said what the workflows have.
    for (own, of_workflows) in [
        ("PORT_CLIENT_ID", "PORT_IAM_WORKFLOW_PORT_CLIENT_ID"),
        ("PORT_CLIENT_SECRET", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"),
    ] {
        let value = harness.variable(own);
        harness.set(of_workflows, Some(&value));
    }
    assert_eq!(doctor(&harness), "warning");
    let ran = harness.run(&["init", "--yes", "--rotate-secrets"]).exits(0);
    assert_eq!(ran.stderr.matches(&format!("warning: {warned}")).count(), 1, "{}", ran.stderr);
}

#[test]
fn a_second_run_needs_no_key_of_the_workflows() {
    let mut harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    harness.set("PORT_IAM_MANAGER_ACCESS_KEY_ID", None);
    harness.set("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", None);
    assert_done(&harness);
}

#[test]
fn a_second_installation_lives_beside_the_first_under_the_same_boundary() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let since = harness.sandbox.log.len();
    harness.run(&["--prefix", "second", "init", "--yes", "--repository", "second"]).exits(0);
    assert!(harness.writes(Api::Aws, since).is_empty());
    assert_eq!(action(&harness, "second_request_permissions")["invocationMethod"]["repo"], "second");
    assert_done(&harness);
}
