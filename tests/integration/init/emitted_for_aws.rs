//! What `--emit` writes for an administrator of AWS, carried out line by line.

use std::path::Path;

use port_iam::sandbox::cast;

use super::*;
use crate::oidc;

/// Does what a line of a list says, as AWS's own command line would.
fn follow(harness: &Harness, folder: &Path, line: &str) {
    let words: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
    let ["aws", "iam", command, ..] = words[..] else { panic!("{line}") };
    let values = |flag: &str| {
        let behind = words.iter().skip_while(|word| **word != flag).skip(1);
        behind.take_while(|word| !word.starts_with("--")).map(|word| (*word).to_owned()).collect::<Vec<String>>()
    };
    let value = |flag: &str| values(flag).into_iter().next().unwrap_or_else(|| panic!("no {flag} in {line}"));
    let document = |flag: &str| {
        let path = value(flag);
        std::fs::read_to_string(folder.join(path.strip_prefix("file://").unwrap())).unwrap()
    };
    let tags = || {
        let tag = |text: &String| {
            let (key, value) = text.strip_prefix("Key=").unwrap().split_once(",Value=").unwrap();
            aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap()
        };
        Some(values("--tags").iter().map(tag).collect())
    };
    harness.with_aws(async |iam| match command {
        "create-policy" => {
            let making = iam.create_policy().policy_name(value("--policy-name")).set_tags(tags());
            _ = making.policy_document(document("--policy-document")).send().await.unwrap();
        }
        "create-open-id-connect-provider" => {
            let making = iam.create_open_id_connect_provider().url(value("--url")).set_tags(tags());
            _ = making.client_id_list(value("--client-id-list")).send().await.unwrap();
        }
        "attach-user-policy" => {
            let attaching = iam.attach_user_policy().user_name(value("--user-name"));
            _ = attaching.policy_arn(value("--policy-arn")).send().await.unwrap();
        }
        "create-role" => {
            let making = iam.create_role().role_name(value("--role-name")).set_tags(tags());
            _ = making.assume_role_policy_document(document("--assume-role-policy-document")).send().await.unwrap();
        }
        "attach-role-policy" => {
            let attaching = iam.attach_role_policy().role_name(value("--role-name"));
            _ = attaching.policy_arn(value("--policy-arn")).send().await.unwrap();
        }
        other => panic!("{other} is not known here: {line}"),
    });
}

fn lines(folder: &Path, list: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("aws").join(list)).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn an_administrator_of_aws_needs_nothing_but_the_files() {
    let harness = oidc::harness();
    harness.run(&["init", "--yes", "--only", "port,github"]).exits(3);
    let folder = harness.folder.path().join("wanted");
    harness.run(&["plan", "--emit", folder.to_str().unwrap()]).exits(3);
    let (first, roles) = (lines(&folder, "commands.txt"), lines(&folder, "roles.txt"));
    assert_eq!((first.len(), roles.len()), (1 + 1 + 2, 2 * 2), "{first:#?} {roles:#?}");
    first.iter().chain(&roles).for_each(|line| follow(&harness, &folder, line));
    // It is what `init --aws-setup` would have made, to the last tag.
    harness.run(&["plan"]).exits(0);
    harness.run(&["doctor"]).exits(0);
    let own = [("managed-by".to_owned(), "port-iam".to_owned())];
    assert_eq!(tags_of_provider(&harness), own);
    // What is drifted later is known for this tool's own.
    harness.with_aws(async |iam| {
        let arn = "arn:aws:iam::123456789012:policy/port-iam-revoker";
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
        let change = iam.create_policy_version().policy_arn(arn).policy_document(document).set_as_default(true);
        change.send().await.unwrap();
    });
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
}

fn tags_of_provider(harness: &Harness) -> Vec<(String, String)> {
    let mut found = Vec::new();
    harness.with_aws(async |iam| {
        let provider = iam.get_open_id_connect_provider().open_id_connect_provider_arn(oidc::PROVIDER);
        let tags = provider.send().await.unwrap().tags.unwrap_or_default();
        found.extend(tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
    });
    found
}

#[test]
fn with_an_access_key_the_files_make_the_user_its_policies_and_the_key_that_github_s_list_asks_for() {
    let harness = Harness::new();
    harness.run(&["init", "--yes", "--only", "port,github"]).exits(3);
    let folder = harness.folder.path().join("wanted");
    harness.run(&["plan", "--emit", folder.to_str().unwrap()]).exits(3);
    let lines = lines(&folder, "commands.txt");
    let user = format!("--user-name {}", cast::MANAGER_IAM_USER);
    assert_eq!(lines.len(), 1 + 2 + 1 + 2 + 1, "{lines:#?}");
    // The account has the user and its key already.
    let (there, missing): (Vec<&String>, Vec<&String>) =
        lines.iter().partition(|line| line.contains("create-user") || line.contains("create-access-key"));
    assert_eq!(there.len(), 2);
    assert_eq!(*there[0], format!("aws iam create-user {user} --tags Key=managed-by,Value=port-iam"));
    assert_eq!(there[1], lines.last().unwrap());
    assert_eq!(*there[1], format!("aws iam create-access-key {user}"));
    missing.iter().for_each(|line| follow(&harness, &folder, line));
    let doctor = harness.run(&["doctor"]).exits(0).stdout;
    assert!(doctor.lines().any(|line| line.starts_with("ok") && line.contains("workflow-user")), "{doctor}");
    // They are what `init --aws-setup` would have made.
    harness.run(&["plan", "--aws-setup"]).exits(0);
}

#[test]
fn the_files_of_an_installation_beside_another_one_make_no_key_of_the_user_of_that() {
    let harness = Harness::new();
    let folder = harness.folder.path().join("wanted");
    harness.run(&["--prefix", "team-a", "plan", "--emit", folder.to_str().unwrap()]).exits(3);
    let text = std::fs::read_to_string(folder.join("aws/commands.txt")).unwrap();
    assert!(text.contains("of this installation's own, whose name it does not know"), "{text}");
    for command in ["create-user", "create-access-key", "attach-user-policy"] {
        assert!(!text.lines().any(|line| !line.starts_with('#') && line.contains(command)), "{command}: {text}");
    }
}

/// Makes what a CloudFormation template declares, with these parameters.
fn lay(harness: &Harness, template: &Value, scope: &str) {
    let resources = template["Resources"].as_object().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of_kind = |kind: &'static str| {
        resources.values().filter(move |it| it["Type"] == kind).map(|it| it["Properties"].clone()).collect::<Vec<_>>()
    };
    let policy = |id: &Value| {
        let name = text(&resources[id["Ref"].as_str().unwrap()]["Properties"]["ManagedPolicyName"]);
        format!("arn:aws:iam::123456789012:policy/{name}")
    };
    harness.with_aws(async |iam| {
        for it in of_kind("AWS::IAM::ManagedPolicy") {
            let making = iam.create_policy().policy_name(text(&it["ManagedPolicyName"])).path(text(&it["Path"]));
            making.policy_document(it["PolicyDocument"].to_string()).send().await.unwrap();
        }
        for it in of_kind("AWS::IAM::OIDCProvider") {
            let making = iam.create_open_id_connect_provider().url(text(&it["Url"]));
            making.client_id_list(text(&it["ClientIdList"][0])).send().await.unwrap();
        }
        for it in of_kind("AWS::IAM::Role") {
            let tag = |tag: &Value| {
                let value = tag["Value"].as_str().unwrap_or_else(|| {
                    assert_eq!(tag["Value"], json!({ "Ref": "Scope" }));
                    scope
                });
                aws_sdk_iam::types::Tag::builder().key(text(&tag["Key"])).value(value).build().unwrap()
            };
            let making = iam.create_role().role_name(text(&it["RoleName"]));
            let making = making.set_tags(Some(it["Tags"].as_array().unwrap().iter().map(tag).collect()));
            let making = making.assume_role_policy_document(it["AssumeRolePolicyDocument"].to_string());
            making.send().await.unwrap();
            for id in it["ManagedPolicyArns"].as_array().unwrap() {
                let attaching = iam.attach_role_policy().role_name(text(&it["RoleName"]));
                attaching.policy_arn(policy(id)).send().await.unwrap();
            }
        }
    });
}

#[test]
fn a_cloudformation_template_makes_what_init_would_have_made_to_the_tags_of_the_roles() {
    let harness = oidc::harness();
    harness.run(&["init", "--yes", "--only", "port,github"]).exits(3);
    let folder = harness.folder.path().join("wanted");
    harness.run(&["plan", "--emit", folder.to_str().unwrap()]).exits(3);
    let roles = lines(&folder, "roles.txt").join(" ");
    let (_, scope) = roles.split_once("Key=port-iam:scope,Value=").unwrap();
    let scope = scope.split([' ', '\'']).next().unwrap();
    let number = scope.rsplit('/').next().unwrap();
    let trust = std::fs::read_to_string(folder.join("aws/trust/port-iam-granter.json")).unwrap();
    let trust: Value = serde_json::from_str(&trust).unwrap();
    let conditions = trust["Statement"][0]["Condition"]["StringEquals"].as_object().unwrap();
    let subject = conditions.iter().find(|(key, _)| key.ends_with(":sub")).unwrap().1.as_str().unwrap();
    let prefix = subject.split(":environment:").next().unwrap();
    let arguments = [
        &["aws", "--emit", "cloudformation", "--account", "123456789012", "--github-org", "acme"][..],
        &["--github-repository-id", number, "--oidc-sub-prefix", prefix, "--output", "json"],
    ];
    let template = harness.run(&arguments.concat()).exits(0).json()["template"].clone();
    lay(&harness, &template, scope);
    harness.run(&["plan"]).exits(0);
    // By these `init` knows the roles for its own, and another installation's role from them.
    let expected = [("managed-by", "port-iam"), ("port-iam:scope", scope)];
    harness.with_aws(async |iam| {
        for role in ["port-iam-granter", "port-iam-revoker"] {
            let tags = iam.list_role_tags().role_name(role).send().await.unwrap().tags;
            let mut tags: Vec<(&str, &str)> = tags.iter().map(|tag| (tag.key(), tag.value())).collect();
            tags.sort_unstable();
            assert_eq!(tags, expected, "{role}");
        }
    });
}
