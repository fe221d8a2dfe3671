//! `port-iam aws` as a process: no network, no credentials, an empty environment.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::{Value, json};

const ACCOUNT: [&str; 2] = ["--account", "123456789012"];
const OIDC: [&str; 6] = [
    "--github-org",
    "acme",
    "--github-repository-id",
    "42",
    "--oidc-sub-prefix",
    "repo:acme@7/port-iam-permissions@42",
];

fn port_iam(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_port-iam")).env_clear().arg("aws").args(arguments).output().unwrap()
}

fn json_of(arguments: &[&str]) -> Value {
    let output = port_iam(&[arguments, &["--output", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn template(form: &str, auth: &str) -> Value {
    let arguments = [&ACCOUNT[..], &OIDC[..], &["--emit", form, "--aws-auth", auth]].concat();
    let printed = port_iam(&arguments).stdout;
    assert_eq!(printed, port_iam(&arguments).stdout, "the same question has the same answer");
    serde_json::from_slice(&printed).unwrap()
}

#[test]
fn all_documents_are_printed_for_which_enough_is_known() {
    let keys = |printed: &Value| printed.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let few = keys(&json_of(&ACCOUNT));
    assert_eq!(few, ["boundary", "granter", "requester_policy", "revoker", "version"].map(str::to_owned).into());
    let guardrails = ["--organization", "o-a1b2c3d4e5", "--administrator", "arn:aws:iam::123456789012:role/Admin"];
    let all = keys(&json_of(&[&ACCOUNT[..], &OIDC[..], &guardrails[..]].concat()));
    let more = ["oidc_granter", "oidc_revoker", "rcp", "scp"].map(str::to_owned).into();
    assert_eq!(all.difference(&few).cloned().collect::<BTreeSet<_>>(), more);
}

#[test]
fn all_that_a_template_lacks_is_named_at_once() {
    let told = |arguments: &[&str]| {
        let output = port_iam(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let every = ["--account", "--github-org", "--github-repository-id", "--oidc-sub-prefix or --oidc-sub-composed"];
    let of_trust = format!("error: the OIDC trust needs {}\n", every[1..].join(", "));
    for (arguments, first) in [
        (&["--emit", "terraform"][..], format!("error: the template needs {}\n", every.join(", "))),
        (&["--emit", "cloudformation", "--account", "123456789012"], of_trust.clone()),
        (&["oidc-granter", "--account", "123456789012"], of_trust.clone()),
        (&["--emit", "terraform", "--aws-auth", "access-key"], "error: the template needs --account\n".to_owned()),
    ] {
        let text = told(arguments);
        assert!(text.starts_with(&first), "{arguments:?}: {text}");
        assert!(text.contains("hint: "), "{arguments:?}: {text}");
    }
    let all_but_the_beginning = [&ACCOUNT[..], &OIDC[..4], &["--emit", "terraform"]].concat();
    let text = told(&all_but_the_beginning);
    assert!(text.starts_with("error: the OIDC trust needs --oidc-sub-prefix or --oidc-sub-composed\n"), "{text}");
}

#[test]
fn a_rules_file_that_cannot_be_used_is_told_as_policy_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    std::fs::create_dir(folder.path().join(".github")).unwrap();
    std::fs::write(folder.path().join(".github/port-iam.yaml"), "version: 2\n").unwrap();
    let administrator = ["--administrator", "arn:aws:iam::123456789012:role/Admin"];
    let of_policy = Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .env_clear()
        .args(["policy", "who-can", "--resource", "arn:aws:s3:::b", "--repository", path])
        .output()
        .unwrap();
    let told = String::from_utf8(of_policy.stderr).unwrap();
    assert!(told.starts_with(&format!("refused: {path}/.github/port-iam.yaml: line 1: ")), "{told}");
    for arguments in [
        &["boundary"][..],
        &["scp", administrator[0], administrator[1]],
        &["--account", "123456789012", "--emit", "terraform", "--aws-auth", "access-key"],
    ] {
        let output = port_iam(&[arguments, &["--repository", path]].concat());
        assert_eq!((output.status.code(), of_policy.status.code()), (Some(5), Some(5)), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.ends_with(&told), "{arguments:?}: {text}");
    }
    let missing = port_iam(&["boundary", "--repository", "/nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn a_partition_is_one_of_aws_s() {
    for partition in port_iam::domain::arn::PARTITIONS {
        let printed = json_of(&[&["granter", "--partition", partition], &ACCOUNT[..]].concat());
        assert!(printed.to_string().contains(&format!("arn:{partition}:iam::123456789012:")), "{partition}");
    }
    for wrong in ["aws-xx", "", "AWS"] {
        let output = port_iam(&[&["granter", "--partition", wrong], &ACCOUNT[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("--partition") && told.contains("aws-us-gov"), "{told}");
    }
}

#[test]
fn what_is_left_out_is_told_with_what_it_needs() {
    let told = |arguments: &[&str]| String::from_utf8(port_iam(arguments).stderr).unwrap();
    let few = told(&ACCOUNT);
    for (flag, names) in [
        ("--administrator", "scp"),
        ("--organization", "rcp"),
        ("--github-repository-id", "oidc-granter, oidc-revoker"),
    ] {
        assert!(few.lines().any(|line| line.contains(flag) && line.ends_with(names)), "{few}");
    }
    assert!(!told(&[&ACCOUNT[..], &OIDC[..]].concat()).contains("oidc-granter"));
}

#[test]
fn the_guardrail_lets_through_whom_flags_and_rules_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".github")).unwrap();
    let rules = include_str!("../fixtures/request/port-iam.yaml");
    let [granter, revoker] = ["grants", "ends"].map(|name| format!("arn:aws:iam::123456789012:role/ci/{name}"));
    let named = format!("  \"123456789012\": {{ granter: \"{granter}\", revoker: \"{revoker}\" }}");
    let rules: Vec<&str> =
        rules.lines().map(|line| if line.starts_with("  \"123456789012\":") { named.as_str() } else { line }).collect();
    std::fs::write(folder.path().join(".github/port-iam.yaml"), rules.join("\n")).unwrap();
    let administrators = ["arn:aws:iam::*:role/One", "arn:aws:iam::*:role/Two"];
    let mut arguments = vec!["scp", "--repository", folder.path().to_str().unwrap()];
    arguments.extend(administrators.iter().flat_map(|arn| ["--administrator", arn]));
    let let_through = |more: &[&str]| {
        let policy = json_of(&[&arguments[..], more].concat())["policy"].clone();
        [0, 1].map(|number| {
            let arns = &policy["Statement"][number]["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
            arns.as_array().unwrap().iter().map(|arn| arn.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
        })
    };
    let usual = ["granter", "revoker"].map(|name| format!("arn:aws:iam::*:role/port-iam-{name}"));
    let attaches: BTreeSet<String> =
        administrators.map(str::to_owned).into_iter().chain([granter, usual[0].clone()]).collect();
    let writes: BTreeSet<String> = attaches.iter().cloned().chain([revoker, usual[1].clone()]).collect();
    assert_eq!(let_through(&[]), [writes.clone(), attaches.clone()]);
    let bot = "arn:aws:iam::*:user/bot".to_owned();
    let with_bot = |arns: &BTreeSet<String>| arns.iter().cloned().chain([bot.clone()]).collect::<BTreeSet<_>>();
    let flags = ["--aws-auth", "access-key", "--user", "bot"];
    assert_eq!(let_through(&flags), [with_bot(&writes), with_bot(&attaches)]);
}

#[test]
fn a_document_that_lacks_a_value_says_which() {
    for (arguments, word) in [
        (&["scp"][..], "--administrator"),
        (&["rcp"], "--organization"),
        (&["granter"], "--account"),
        (&["oidc-granter", "--account", "123456789012", "--github-org", "acme"], "--oidc-sub-prefix"),
        (&["boundary", "--repository", "/nowhere"], "is not in /nowhere"),
    ] {
        let output = port_iam(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{arguments:?}");
    }
}

#[test]
fn the_boundary_of_a_checkout_is_that_of_its_rules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".github")).unwrap();
    let rules = "version: 1\naccounts: {'123456789012': {}}\ntrust: {mode: account}\nrules:\n  - {name: r, requesters: ['*'], resource-types: ['*'], resources: ['*'], actions: ['sqs:*'], longest-duration: 1h, approval: none}\n";
    std::fs::write(folder.path().join(".github/port-iam.yaml"), rules).unwrap();
    let printed = json_of(&["boundary", "--repository", folder.path().to_str().unwrap()]);
    assert_eq!(printed["policy"]["Statement"][0]["Action"], json!(["sqs:*"]));
    assert_eq!(json_of(&["boundary"])["policy"]["Statement"][0]["Action"], json!(["ec2:*", "s3:*"]));
}

/// Returns the names that a template refers to, wherever they stand.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(name) if key == "Ref" || key == "Condition" => drop(found.insert(name.clone())),
                    other => references(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::String(text) => {
            for part in text.split("${").skip(1).filter(|_| !text.contains("$${")) {
                let path = part.split(['}', ' ']).next().unwrap_or_default();
                found.insert(path.to_owned());
            }
        }
        _ => {}
    }
}

#[test]
fn the_cloudformation_templates_are_whole() {
    for (auth, kinds) in [
        ("access-key", vec!["AWS::IAM::ManagedPolicy", "AWS::IAM::User"]),
        ("oidc", vec!["AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider", "AWS::IAM::Role"]),
    ] {
        let template = template("cloudformation", auth);
        assert_eq!(template["AWSTemplateFormatVersion"], "2010-09-09");
        let resources = template["Resources"].as_object().unwrap();
        let found: BTreeSet<&str> = resources.values().map(|resource| resource["Type"].as_str().unwrap()).collect();
        assert_eq!(found, kinds.into_iter().collect());
        for (id, resource) in resources {
            assert!(id.chars().all(|character| character.is_ascii_alphanumeric()), "{id}");
            assert!(resource["Properties"].is_object(), "{id}");
        }
        let mut used = BTreeSet::new();
        for resource in resources.values() {
            // Documents have conditions of their own.
            let mut resource = resource.clone();
            for document in ["PolicyDocument", "AssumeRolePolicyDocument"] {
                resource["Properties"].as_object_mut().unwrap().shift_remove(document);
            }
            references(&resource, &mut used);
        }
        for name in used {
            let known =
                ["Resources", "Parameters", "Conditions"].iter().any(|part| template[part].get(&name).is_some());
            assert!(known, "{auth}: {name}");
        }
    }
}

#[test]
fn the_terraform_configurations_are_whole() {
    for auth in ["access-key", "oidc"] {
        let template = template("terraform", auth);
        for policy in template["resource"]["aws_iam_policy"].as_object().unwrap().values() {
            let document: Value = serde_json::from_str(policy["policy"].as_str().unwrap()).unwrap();
            assert_eq!(document["Version"], "2012-10-17");
        }
        let mut used = BTreeSet::new();
        references(&template["resource"], &mut used);
        assert!(used.len() >= 3, "{used:?}");
        for path in used {
            let parts: Vec<&str> = path.split('.').collect();
            let is_known = match parts.as_slice() {
                ["var", name] => template["variable"].get(*name).is_some(),
                [kind, name, _] => template["resource"][*kind].get(*name).is_some(),
                _ => false,
            };
            assert!(is_known, "{auth}: {path}");
        }
    }
}

/// Returns a document that Terraform would work out of a text.
fn worked_out(text: &Value) -> Value {
    let text = text.as_str().unwrap().replace("$${", "${").replace("%%{", "%{");
    serde_json::from_str(&text).unwrap()
}

/// Two documents that were swapped would make the revoker the granter, or the boundary of nobody's role.
#[test]
fn each_document_of_a_template_stands_where_it_belongs() {
    let all = [&ACCOUNT[..], &OIDC[..]].concat();
    let printed = |which: &str| json_of(&[&[which], &all[..]].concat())["policy"].clone();
    for auth in ["access-key", "oidc"] {
        let (stack, terraform) = (template("cloudformation", auth), template("terraform", auth));
        let (stack, terraform) = (&stack["Resources"], &terraform["resource"]);
        for (id, snake, name, which) in [
            ("Boundary", "boundary", "port-iam-boundary", "boundary"),
            ("GranterPolicy", "granter_policy", "port-iam-granter", "granter"),
            ("RevokerPolicy", "revoker_policy", "port-iam-revoker", "revoker"),
        ] {
            let (properties, policy) = (&stack[id]["Properties"], &terraform["aws_iam_policy"][snake]);
            assert_eq!((&properties["ManagedPolicyName"], &policy["name"]), (&json!(name), &json!(name)), "{auth}");
            assert_eq!(properties["PolicyDocument"], printed(which), "{auth}: {id}");
            assert_eq!(worked_out(&policy["policy"]), printed(which), "{auth}: {snake}");
        }
    }
}

#[test]
fn each_role_of_a_template_has_its_own_trust_and_its_own_policy() {
    let all = [&ACCOUNT[..], &OIDC[..]].concat();
    let (stack, terraform) = (template("cloudformation", "oidc"), template("terraform", "oidc"));
    for (id, policy, snake, name, which) in [
        ("GranterRole", "GranterPolicy", "granter", "port-iam-granter", "oidc-granter"),
        ("RevokerRole", "RevokerPolicy", "revoker", "port-iam-revoker", "oidc-revoker"),
    ] {
        let trust = json_of(&[&[which], &all[..]].concat())["policy"].clone();
        let (properties, role) = (&stack["Resources"][id]["Properties"], &terraform["resource"]["aws_iam_role"][snake]);
        assert_eq!((&properties["RoleName"], &role["name"]), (&json!(name), &json!(name)));
        assert_eq!(properties["AssumeRolePolicyDocument"], trust, "{id}");
        assert_eq!(worked_out(&role["assume_role_policy"]), trust, "{snake}");
        assert_eq!(properties["ManagedPolicyArns"], json!([{ "Ref": policy }]));
        let attachment = &terraform["resource"]["aws_iam_role_policy_attachment"][snake];
        assert_eq!(attachment["role"], format!("${{aws_iam_role.{snake}.name}}"));
        assert_eq!(attachment["policy_arn"], format!("${{aws_iam_policy.{snake}_policy.arn}}"));
    }
}

#[test]
fn the_user_of_a_template_has_what_grants_and_what_takes_away() {
    let (stack, terraform) = (template("cloudformation", "access-key"), template("terraform", "access-key"));
    let policies = json!([{ "Ref": "GranterPolicy" }, { "Ref": "RevokerPolicy" }]);
    assert_eq!(stack["Resources"]["Manager"]["Properties"]["ManagedPolicyArns"], policies);
    for which in ["granter", "revoker"] {
        let attachment = &terraform["resource"]["aws_iam_user_policy_attachment"][which];
        assert_eq!(attachment["user"], "${aws_iam_user.manager.name}");
        assert_eq!(attachment["policy_arn"], format!("${{aws_iam_policy.{which}_policy.arn}}"));
    }
}

#[test]
fn a_provider_for_github_s_tokens_is_made_only_when_asked_for_and_never_taken_away() {
    let provider = template("cloudformation", "oidc")["Resources"]["OidcProvider"].clone();
    assert_eq!((&provider["DeletionPolicy"], &provider["Condition"]), (&json!("Retain"), &json!("NoOidcProvider")));
    assert_eq!(template("cloudformation", "oidc")["Parameters"]["CreateOidcProvider"]["Default"], "no");
    let terraform = template("terraform", "oidc");
    assert_eq!(terraform["variable"]["create_oidc_provider"]["default"], false);
    assert_eq!(
        terraform["resource"]["aws_iam_openid_connect_provider"]["github"]["lifecycle"]["prevent_destroy"],
        true
    );
}
