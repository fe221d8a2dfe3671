//! `init` with roles: what it makes, what it leaves alone, what it leaves to an administrator.

use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use super::{GRANTER, PROVIDER, harness, installed, step};
use crate::harness::Harness;
use crate::installed::{Installed, REPOSITORY};

fn workflow(harness: &Harness, name: &str) -> String {
    let path = format!(".github/workflows/{name}-iam-permissions.yaml");
    harness.sandbox.github.file(REPOSITORY, "main", &path).unwrap()
}

fn writes(harness: &Harness, since: usize) -> Vec<String> {
    let apis = [Api::Aws, Api::Port, Api::Github];
    let writes = apis.into_iter().flat_map(|api| harness.writes(api, since));
    writes.map(|write| write.aws_action().map_or_else(|| write.path.clone(), str::to_owned)).collect()
}

#[test]
fn by_default_the_workflows_have_roles_and_no_key_is_asked_for() {
    let harness = harness();
    let ran = harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    for made in
        ["role port-iam-granter", "role port-iam-revoker", "policy port-iam-revoker", "identity provider token."]
    {
        assert!(ran.stdout.contains(made), "{}", ran.stdout);
    }
    for (name, role) in [("create", "granter"), ("delete", "revoker"), ("sweep", "revoker")] {
        let text = workflow(&harness, name);
        assert!(text.contains(&format!("PORT_IAM_AWS_ROLE_ARN: \"arn:aws:iam::123456789012:role/port-iam-{role}\"")));
        assert!(text.contains("id-token: write # ") && !text.contains("AWS_ACCESS_KEY_ID"), "{text}");
    }
    harness.with_aws(async |iam| {
        for role in ["port-iam-granter", "port-iam-revoker"] {
            let attached = iam.list_attached_role_policies().role_name(role).send().await.unwrap();
            let attached: Vec<_> = attached.attached_policies().iter().filter_map(|one| one.policy_name()).collect();
            assert_eq!(attached, [role], "each role has its own policy and no other");
        }
    });
}

#[test]
fn a_second_run_writes_nothing() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    for arguments in [&["init", "--yes", "--aws-setup"][..], &["init", "--yes"], &["init", "--dry-run"]] {
        installed.harness.run(arguments).exits(0);
    }
    assert_eq!(writes(&installed.harness, since), Vec::<String>::new());
}

#[test]
fn the_dry_run_shows_the_same_plan_and_changes_nothing() {
    let harness = harness();
    let ran = harness.run(&["init", "--dry-run", "--aws-setup"]).exits(3);
    for line in ["+ AWS    identity provider", "+ AWS    policy port-iam-granter", "+ AWS    role port-iam-revoker"] {
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
    assert_eq!(writes(&harness, 0), Vec::<String>::new());
}

#[test]
fn without_the_operator_s_word_the_rest_is_set_up_and_the_printed_commands_do_it_all() {
    let harness = harness();
    let ran = harness.run(&["init", "--yes", "--output", "json"]).exits(3);
    assert!(workflow(&harness, "create").contains("role/port-iam-granter"));
    for write in harness.writes(Api::Aws, 0) {
        let action = write.aws_action().unwrap().to_owned();
        assert_eq!((action.as_str(), &write.body["PolicyName"]), ("CreatePolicy", &json!("port-iam-boundary")));
    }
    let pending = ran.json()["pending"].as_array().unwrap().clone();
    let commands: Vec<&str> = pending
        .iter()
        .flat_map(|step| step["commands"].as_array().unwrap())
        .map(|command| command.as_str().unwrap())
        .collect();
    assert_eq!(commands.len(), 11, "{commands:#?}");
    let mut files = std::collections::BTreeMap::new();
    for command in commands {
        follow(&harness, command, &mut files);
    }
    let ran = harness.run(&["init", "--yes"]).exits(0);
    assert!(ran.stdout.starts_with("Everything is set up already"), "{}", ran.stdout);
    harness.run(&["seed", "--yes"]).exits(0);
    let installed = Installed { harness };
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
}

/// Does what a printed command says: runs ours, and makes the call that the AWS CLI would make.
fn follow(harness: &Harness, command: &str, files: &mut std::collections::BTreeMap<String, String>) {
    let words: Vec<String> = command.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
    let value = |flag: &str| words.iter().skip_while(|word| *word != flag).nth(1).unwrap().clone();
    if words[0] == "port-iam" {
        let (ours, file) = command.split_once(" > ").unwrap();
        let ours: Vec<String> = ours.split(' ').skip(1).map(|word| word.trim_matches('\'').to_owned()).collect();
        let ran = harness.run(&ours.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
        files.insert(format!("file://{file}"), ran.stdout);
        return;
    }
    harness.with_aws(async |iam| match words[2].as_str() {
        "create-open-id-connect-provider" => {
            let request = iam.create_open_id_connect_provider().url(value("--url"));
            request.client_id_list(value("--client-id-list")).send().await.map(drop).unwrap();
        }
        "create-policy" => {
            let (key, tag) = value("--tags")
                .split_once(",Value=")
                .map(|(key, value)| (key[4..].to_owned(), value.to_owned()))
                .unwrap();
            let tag = aws_sdk_iam::types::Tag::builder().key(key).value(tag).build().unwrap();
            let request = iam.create_policy().policy_name(value("--policy-name")).tags(tag);
            request.policy_document(&files[&value("--policy-document")]).send().await.map(drop).unwrap();
        }
        "create-role" => {
            let request = iam.create_role().role_name(value("--role-name"));
            let document = &files[&value("--assume-role-policy-document")];
            request.assume_role_policy_document(document).send().await.map(drop).unwrap();
        }
        "attach-role-policy" => {
            let request = iam.attach_role_policy().role_name(value("--role-name"));
            request.policy_arn(value("--policy-arn")).send().await.map(drop).unwrap();
        }
        other => panic!("{other}"),
    });
}

#[test]
fn a_provider_that_was_there_is_neither_changed_nor_deleted() {
    let harness = harness();
    harness.with_aws(async |iam| {
        let request = iam.create_open_id_connect_provider().url("https://token.actions.githubusercontent.com");
        request.client_id_list("others").send().await.unwrap();
    });
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes", "--aws-setup"]).exits(3);
    let command = format!(
        "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {PROVIDER} --client-id sts.amazonaws.com"
    );
    assert!(ran.stdout.contains(&command), "{}", ran.stdout);
    harness.with_aws(async |iam| {
        let request = iam.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(PROVIDER);
        request.client_id("sts.amazonaws.com").send().await.unwrap();
    });
    let ours = writes(&harness, since);
    let to_provider: Vec<&String> = ours.iter().filter(|write| write.contains("OpenIDConnectProvider")).collect();
    // The one is the administrator's.
    assert_eq!(to_provider, ["AddClientIDToOpenIDConnectProvider"]);
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.with_aws(async |iam| {
        let request = iam.get_open_id_connect_provider().open_id_connect_provider_arn(PROVIDER);
        assert_eq!(request.send().await.unwrap().client_id_list(), ["others", "sts.amazonaws.com"]);
    });
}

#[test]
fn a_role_that_somebody_else_made_is_shown_and_left_until_the_operator_adopts_it() {
    let harness = harness();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
    harness.with_aws(async |iam| {
        let request = iam.create_role().role_name("port-iam-granter").assume_role_policy_document(trust.to_string());
        request.send().await.unwrap();
        let request = iam.attach_role_policy().role_name("port-iam-granter");
        request.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
    });
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes", "--aws-setup"]).exits(3);
    assert!(ran.stdout.contains("this tool did not make it"), "{}", ran.stdout);
    assert!(ran.stdout.contains("- attached arn:aws:iam::aws:policy/AdministratorAccess"), "{}", ran.stdout);
    for write in harness.writes(Api::Aws, since) {
        assert!(write.body["RoleName"] != "port-iam-granter", "{write:?}");
    }
    harness.run(&["init", "--yes", "--aws-setup", "--adopt"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    let installed = Installed { harness };
    let told = installed.harness.run(&["doctor", "--security", "--repository", REPOSITORY]).exits(0).stdout;
    assert!(told.contains("trusts the tokens of our workflows alone"), "{told}");
}

#[test]
fn credentials_that_may_not_write_in_iam_leave_it_to_an_administrator() {
    let harness = harness();
    let max = port_iam::sandbox::cast::MAX;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": "*",
        "Action": ["iam:Get*", "iam:List*", "iam:CreatePolicy", "iam:TagPolicy"] }] });
    let keys = [("AWS_ACCESS_KEY_ID", max.aws_access_key_id), ("AWS_SECRET_ACCESS_KEY", max.aws_secret_access_key)];
    harness.sandbox.aws.give_user_policy(max.iam_user, "ReadAndBoundary", &policy);
    let ran = harness.run_with(&["init", "--yes", "--aws-setup"], &keys).exits(3);
    assert!(ran.stdout.contains("these AWS credentials do not suffice"), "{}", ran.stdout);
    assert!(workflow(&harness, "create").contains("role/port-iam-granter"));
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
}

#[test]
fn an_installation_with_an_access_key_keeps_it_until_the_operator_moves_on() {
    let mut harness = Harness::for_installation();
    harness.run(&["init", "--yes"]).exits(0);
    harness.set("PORT_IAM_AWS_AUTH", None);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(0);
    assert!(ran.stderr.contains("the workflows go on using the access key"), "{}", ran.stderr);
    assert_eq!(writes(&harness, since), Vec::<String>::new());
    let ran = harness.run(&["init", "--yes", "--aws-auth", "oidc", "--aws-setup"]).exits(3);
    assert!(harness.sandbox.github.merge_pull_request("acme/port-iam-permissions", 1));
    assert!(
        ran.stderr.contains("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY still lie in the secrets"),
        "{}",
        ran.stderr
    );
    assert!(!workflow(&harness, "sweep").contains("AWS_ACCESS_KEY_ID"));
    harness.run(&["init", "--yes"]).exits(0);
    assert!(!workflow(&harness, "sweep").contains("AWS_ACCESS_KEY_ID"), "what was chosen stays chosen");
}

/// A key that nobody has given the workflows is not gone on with because somebody has written of one.
#[test]
fn a_workflow_that_speaks_of_an_access_key_moves_no_installation_to_one() {
    let installed = installed();
    let harness = &installed.harness;
    let workflow = ".github/workflows/create-iam-permissions.yaml";
    let ours = harness.sandbox.github.file(REPOSITORY, "main", workflow).unwrap();
    let key = "          AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}\n";
    let edited = ours.replacen("        env:\n", &format!("        env:\n{key}"), 1);
    assert_ne!(edited, ours);
    let rest = edited.splitn(3, '\n').nth(2).unwrap();
    let forged = port_iam::domain::setup::sealed(&format!("# Generated by `port-iam init` 0.1.0.\n{rest}"));
    for text in [edited.clone(), forged] {
        harness.sandbox.github.commit_file(REPOSITORY, "main", workflow, Some(text.as_bytes())).unwrap();
        let plan = harness.run(&["plan"]).exits(3);
        assert!(plan.stdout.contains("role port-iam-granter"), "{}", plan.stdout);
        assert!(!plan.stdout.contains("go on using the access key"), "{}", plan.stdout);
        assert!(plan.stdout.contains("speaks of an access key, and none lies in the secrets"), "{}", plan.stdout);
    }
}

#[test]
fn with_an_access_key_the_policies_of_the_user_are_made_and_nothing_else() {
    let harness = harness();
    let since = harness.sandbox.log.len();
    let key = [
        ("PORT_IAM_MANAGER_ACCESS_KEY_ID", port_iam::sandbox::cast::MANAGER_ACCESS_KEY_ID),
        ("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", port_iam::sandbox::cast::MANAGER_SECRET_ACCESS_KEY),
    ];
    harness.run_with(&["init", "--yes", "--aws-auth", "access-key", "--aws-setup"], &key).exits(0);
    let made: Vec<Value> =
        harness.writes(Api::Aws, since).iter().map(|write| write.body["PolicyName"].clone()).collect();
    assert_eq!(made, ["port-iam-boundary", "port-iam-granter", "port-iam-revoker"]);
}

#[test]
fn a_second_installation_in_the_account_does_not_take_the_roles_of_the_first() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let second =
        ["--prefix", "second", "init", "--yes", "--aws-setup", "--adopt", "--repository", "second-permissions"];
    let ran = installed.harness.run(&second).exits(3);
    assert!(ran.stdout.contains("it belongs to another installation"), "{}", ran.stdout);
    assert!(installed.harness.writes(Api::Aws, since).is_empty());
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
}

#[test]
fn another_github_has_other_tokens() {
    let mut harness = harness();
    harness.set("GITHUB_API_URL", Some("https://github.example.com/api/v3"));
    harness.set("PORT_API_URL", Some("https://api.example.com"));
    harness.set("AWS_ENDPOINT_URL", Some("https://aws.example.com"));
    let ran = harness.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("pass --aws-auth access-key"), "{}", ran.stderr);
    harness.set("PORT_IAM_AWS_AUTH", Some("something"));
    let ran = harness.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("neither oidc nor access-key"), "{}", ran.stderr);
}
