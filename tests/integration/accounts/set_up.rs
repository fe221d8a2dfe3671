//! `init --add-account`, and what `plan` and `doctor` say of an account whose credentials these are not.

use port_iam::sandbox::cast;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use super::*;

const ADD: [&str; 4] = ["init", "--yes", "--add-account", SECOND];

fn file(installed: &Installed, path: &str) -> String {
    installed.harness.sandbox.github.file(REPOSITORY, "main", path).unwrap()
}

fn workflow(installed: &Installed, name: &str) -> String {
    file(installed, &format!(".github/workflows/{name}-iam-permissions.yaml"))
}

#[test]
fn an_account_is_added_once_and_a_second_run_writes_nothing() {
    let installed = oidc::installed();
    let ran = add_second(&installed);
    // What these credentials cannot see waits by its name.
    assert!(ran.stdout.contains("everything of 123456789012: it was not looked at"), "{}", ran.stdout);
    let aws = &installed.harness.sandbox.second_aws;
    assert_eq!(
        aws.policy_arns("/"),
        ["boundary", "granter", "revoker"].map(|name| format!("arn:aws:iam::{SECOND}:policy/port-iam-{name}"))
    );
    assert_eq!(aws.role_names("/"), ["port-iam-granter", "port-iam-revoker"]);
    for (name, roles) in [("create", GRANTERS), ("delete", REVOKERS), ("sweep", REVOKERS)] {
        let text = workflow(&installed, name);
        for line in [
            "AWS_ACCOUNT_ID: \"123456789012\"".to_owned(),
            format!("PORT_IAM_AWS_ROLE_ARN: \"{}\"", roles[0]),
            format!("PORT_IAM_FURTHER_AWS_ROLE_ARNS: \"{}\"", roles[1]),
        ] {
            assert!(text.contains(&line), "{name}: {line}\n{text}");
        }
    }
    let rules = file(&installed, ".github/port-iam.yaml");
    assert!(
        rules.contains(&format!("accounts:\n  \"{SECOND}\":\n    regions: [\"us-east-1\"]\n  \"123456789012\":")),
        "{rules}"
    );
    let since = installed.harness.sandbox.log.len();
    let again = installed.harness.run_with(&ADD, &ada_in_second()).exits(3);
    let said = "What these credentials can set up is set up already; nothing was changed.\nPending: AWS everything of 123456789012\n";
    assert!(again.stdout.starts_with(said), "{}", again.stdout);
    for api in [Api::Aws, Api::Port, Api::Github] {
        assert_eq!(installed.harness.writes(api, since).len(), 0, "{api:?}");
    }
    // With credentials of the first account nothing of the second is taken back.
    let ran = installed.harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains(&format!("everything of {SECOND}")), "{}", ran.stdout);
    assert!(workflow(&installed, "create").contains("PORT_IAM_FURTHER_AWS_ROLE_ARNS"));
    add_resource(&installed, SECOND_BUCKET, "S3", json!(SECOND));
    let asked = granted(&installed);
    assert_eq!(roles_in_second(&installed), [asked.grant()]);
}

#[test]
fn a_rules_file_of_somebody_s_own_is_left_and_the_lines_that_it_lacks_are_told() {
    let installed = oidc::installed();
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 8h"));
    let before = file(&installed, ".github/port-iam.yaml");
    let ran = installed.harness.run_with(&ADD, &ada_in_second()).exits(3);
    assert!(ran.stdout.contains("it is yours, and does not name the account 210987654321"), "{}", ran.stdout);
    assert!(ran.stdout.contains("+   \"210987654321\":"), "{}", ran.stdout);
    assert!(installed.harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    assert_eq!(file(&installed, ".github/port-iam.yaml"), before);
    assert!(workflow(&installed, "create").contains("PORT_IAM_FURTHER_AWS_ROLE_ARNS"));
}

#[test]
fn an_account_is_added_with_its_own_credentials_to_an_installation_that_uses_roles() {
    let installed = oidc::installed();
    let ran = installed.harness.run(&ADD).exits(5);
    assert!(ran.stderr.contains("AWS_PROFILE=PROFILE port-iam init --add-account 210987654321"), "{}", ran.stderr);
    let own = ["init", "--yes", "--add-account", cast::AWS_ACCOUNT_ID];
    let ran = installed.harness.run(&own).exits(2);
    assert!(ran.stderr.contains("is the account that the workflows are set up in"), "{}", ran.stderr);
    let ran = installed.harness.run(&["init", "--yes", "--add-account", "12"]).exits(2);
    assert!(ran.stderr.contains("is not an AWS account id"), "{}", ran.stderr);
    let empty = oidc::harness();
    let ran = empty.run_with(&ADD, &ada_in_second()).exits(2);
    assert!(ran.stderr.contains("there is no installation yet"), "{}", ran.stderr);
    let with_key = Installed::new();
    let since = with_key.harness.sandbox.log.len();
    let ran = with_key.harness.run_with(&ADD, &ada_in_second()).exits(2);
    assert!(ran.stderr.contains("an access key, which is of one account alone"), "{}", ran.stderr);
    assert_eq!(with_key.harness.writes(Api::Aws, since).len(), 0);
}

/// Somebody else's credentials must not make another account the home of the workflows.
#[test]
fn credentials_of_a_further_account_move_nothing_and_those_of_a_stranger_are_refused() {
    let installed = installed();
    let ran = installed.harness.run_with(&["plan"], &ada_in_second()).exits(3);
    assert!(!ran.stdout.contains("AWS_ACCOUNT_ID: \"210987654321\""), "{}", ran.stdout);
    assert!(ran.stdout.contains("everything of 123456789012"), "{}", ran.stdout);
    installed.set_rules(|rules| rules.replace("210987654321", "111122223333"));
    let ran = installed.harness.run_with(&["plan"], &ada_in_second()).exits(5);
    assert!(ran.stderr.contains("none of this installation's"), "{}", ran.stderr);
}

/// Whatever somebody did to one workflow, the others tell the home; where none does, nobody guesses.
#[test]
fn a_workflow_that_is_gone_or_edited_gives_the_home_to_no_other_account() {
    let create = ".github/workflows/create-iam-permissions.yaml";
    let edit = |installed: &Installed, path: &str, text: Option<&str>| {
        let text = text.map(str::as_bytes);
        installed.harness.sandbox.github.commit_file(REPOSITORY, "main", path, text).unwrap();
    };
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let written = file(&installed, create);
    let requoted = written.replace("AWS_ACCOUNT_ID: \"123456789012\"", "AWS_ACCOUNT_ID: '123456789012'");
    assert_ne!(written, requoted);
    for text in [Some(requoted.as_str()), None] {
        edit(&installed, create, text);
        let ran = installed.harness.run_with(&["plan"], &ada_in_second()).exits(3);
        assert!(ran.stdout.contains("everything of 123456789012"), "{}", ran.stdout);
        for line in ["AWS_ACCOUNT_ID: \"210987654321\"", "~ .github/workflows/delete", "~ .github/workflows/sweep"] {
            assert!(!ran.stdout.contains(line), "{line}: {}", ran.stdout);
        }
    }
    for name in ["delete", "sweep"] {
        let path = format!(".github/workflows/{name}-iam-permissions.yaml");
        let computed = file(&installed, &path).replace("\"123456789012\"", "${{ vars.ACCOUNT }}");
        edit(&installed, &path, Some(&computed));
    }
    for command in [&["plan"][..], &["init", "--yes"]] {
        let ran = installed.harness.run_with(command, &ada_in_second()).exits(5);
        for words in ["none of .github/workflows/delete-iam-permissions.yaml, .github/workflows/sweep", "git log -p"] {
            assert!(ran.stderr.contains(words), "no {words:?} in {}", ran.stderr);
        }
    }
    for api in [Api::Aws, Api::Port, Api::Github] {
        assert_eq!(installed.harness.writes(api, since).len(), 0, "{api:?}");
    }
}

/// Between `--add-account` and the merge nothing on the default branch names the second account.
#[test]
fn credentials_of_an_account_whose_pull_request_waits_move_no_workflow() {
    let installed = oidc::installed();
    installed.harness.run_with(&ADD, &ada_in_second()).exits(3);
    let since = installed.harness.sandbox.log.len();
    for command in [&["plan"][..], &["init", "--yes"]] {
        let ran = installed.harness.run_with(command, &ada_in_second()).exits(5);
        for words in ["none of this installation's", "use credentials of 123456789012", "--add-account 210987654321"] {
            assert!(ran.stderr.contains(words), "no {words:?} in {}", ran.stderr);
        }
    }
    for api in [Api::Aws, Api::Port, Api::Github] {
        assert_eq!(installed.harness.writes(api, since).len(), 0, "{api:?}");
    }
    assert!(installed.harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    let ran = installed.harness.run_with(&["plan"], &ada_in_second()).exits(3);
    assert!(!ran.stdout.contains("AWS_ACCOUNT_ID"), "{}", ran.stdout);
    // What somebody has written into a workflow by hand is shown as any other edit.
    let path = ".github/workflows/create-iam-permissions.yaml";
    let alone = oidc::installed();
    let edited = file(&alone, path).replace("AWS_ACCOUNT_ID: \"123456789012\"", "AWS_ACCOUNT_ID: \"210987654321\"");
    alone.harness.sandbox.github.commit_file(REPOSITORY, "main", path, Some(edited.as_bytes())).unwrap();
    let ran = alone.harness.run(&["plan"]).exits(3);
    assert!(ran.stdout.contains("AWS_ACCOUNT_ID: \"210987654321\""), "{}", ran.stdout);
}

const OWN_ROLES: [&str; 2] =
    ["arn:aws:iam::210987654321:role/team-granter", "arn:aws:iam::210987654321:role/team-revoker"];

/// An administrator of the second account has made the roles under names of their own.
fn rename_roles(installed: &Installed) {
    let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
    installed.harness.with_aws_as(id, secret, async |iam| {
        for kind in ["granter", "revoker"] {
            let usual = format!("port-iam-{kind}");
            let policy = format!("arn:aws:iam::{SECOND}:policy/{usual}");
            let role = iam.get_role().role_name(&usual).send().await.unwrap().role.unwrap();
            let trust = crate::harness::decoded(&role.assume_role_policy_document.unwrap());
            let own = format!("team-{kind}");
            let making = iam.create_role().role_name(&own).assume_role_policy_document(trust.to_string());
            making.send().await.unwrap();
            iam.attach_role_policy().role_name(&own).policy_arn(&policy).send().await.unwrap();
            iam.detach_role_policy().role_name(&usual).policy_arn(&policy).send().await.unwrap();
            iam.delete_role().role_name(&usual).send().await.unwrap();
        }
    });
    let entry = format!("{ENTRY}    granter: \"{}\"\n    revoker: \"{}\"\n", OWN_ROLES[0], OWN_ROLES[1]);
    installed.set_rules(|rules| rules.replace(ENTRY, &entry));
}

#[test]
fn roles_of_other_names_serve_a_grant_and_are_told_as_what_nobody_has_judged() {
    let installed = installed();
    rename_roles(&installed);
    installed.harness.run(&["init", "--yes"]).exits(3);
    assert!(installed.harness.sandbox.github.merge_pull_request(REPOSITORY, 2));
    assert!(workflow(&installed, "create").contains(&format!("PORT_IAM_FURTHER_AWS_ROLE_ARNS: \"{}\"", OWN_ROLES[0])));
    let second = format!("{SECOND}=second");
    let runtime = runtime(&installed);
    let told = |ran: &crate::harness::Ran| {
        for (kind, arn) in ["granter", "revoker"].into_iter().zip(OWN_ROLES) {
            let line = format!("! AWS    own role {arn} of {SECOND}: the rules file names it as the {kind}");
            assert!(ran.stdout.contains(&line), "no {line:?} in {}", ran.stdout);
        }
        assert!(!ran.stdout.contains("port-iam-granter of"), "nothing shall be made beside them: {}", ran.stdout);
    };
    told(
        &listed::with_profiles(&installed, &["plan", "--account-profile", &second, "--runtime-binary", &runtime])
            .exits(3),
    );
    // The administrator of that account is told the same.
    told(&installed.harness.run_with(&["plan", "--only", "aws", "--aws-setup"], &ada_in_second()).exits(3));
    let doctor = ["doctor", "--output", "json", "--account-profile", &second, "--runtime-binary", &runtime];
    let json = listed::with_profiles(&installed, &doctor).exits(0).json();
    let roles =
        json["findings"].as_array().unwrap().iter().find(|it| it["check"] == "workflow-roles").cloned().unwrap();
    assert_eq!(roles["severity"], "unknown", "{roles}");
    assert!(roles["what"].as_str().unwrap().contains("team-"), "{roles}");
    let asked = request(&installed, SECOND_BUCKET, "s3:PutObject");
    step(&installed, "grant", [GRANTERS[0], OWN_ROLES[0]], &asked).exits(0);
    assert_eq!(roles_in_second(&installed), [asked.grant()]);
    let ended = installed.give_back(&asked.grant());
    step(&installed, "revoke", [REVOKERS[0], OWN_ROLES[1]], &ended).exits(0);
    assert_eq!(roles_in_second(&installed), Vec::<String>::new());
}

#[test]
fn a_plan_with_credentials_of_both_shows_drift_in_the_second_account() {
    let installed = installed();
    let second = format!("{SECOND}=second");
    let runtime = runtime(&installed);
    let plan = ["plan", "--account-profile", &second, "--runtime-binary", &runtime];
    let ran = listed::with_profiles(&installed, &plan).exits(0);
    assert!(ran.stdout.contains(&format!("= AWS    role port-iam-granter of {SECOND}")), "{}", ran.stdout);
    break_boundary(&installed);
    let ran = listed::with_profiles(&installed, &plan).exits(3);
    assert!(
        ran.stdout.contains(&format!("! AWS    policy port-iam-boundary of {SECOND}: it differs")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("= AWS    policy port-iam-boundary\n"), "{}", ran.stdout);
    // Without them nobody calls it healthy.
    let ran = installed.harness.run(&["plan"]).exits(3);
    assert!(ran.stdout.contains(&format!("everything of {SECOND}: it was not looked at")), "{}", ran.stdout);
    assert!(ran.stdout.contains("port-iam plan --account-profile 210987654321=PROFILE"), "{}", ran.stdout);
    // Its own administrator mends it.
    installed.harness.run_with(&["init", "--yes", "--only", "aws"], &ada_in_second()).exits(3);
    listed::with_profiles(&installed, &plan).exits(0);
}

#[test]
fn a_doctor_turns_red_for_a_broken_boundary_in_the_second_account() {
    let installed = installed();
    let second = format!("{SECOND}=second");
    let runtime = runtime(&installed);
    let doctor = ["doctor", "--output", "json", "--account-profile", &second, "--runtime-binary", &runtime];
    let state = |ran: &crate::harness::Ran, name: &str| -> Value {
        let json = ran.json();
        let found = json["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == name).cloned();
        found.unwrap_or_else(|| panic!("no check {name}: {json}"))["severity"].clone()
    };
    let healthy = listed::with_profiles(&installed, &doctor);
    assert_eq!(state(&healthy, "boundary"), "ok", "{}", healthy.stdout);
    assert_eq!(state(&healthy, "workflow-roles"), "ok", "{}", healthy.stdout);
    let quotas = |ran: &crate::harness::Ran| {
        let findings = ran.json()["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["check"] == "quotas").unwrap()["what"].as_str().unwrap().to_owned()
    };
    let room = quotas(&healthy);
    assert!(room.starts_with("the account has ") && room.contains(&format!("; the account {SECOND} has ")), "{room}");
    break_boundary(&installed);
    let broken = listed::with_profiles(&installed, &doctor).exits(1);
    assert_eq!(state(&broken, "boundary"), "error", "{}", broken.stdout);
    assert!(broken.stdout.contains(&format!("policy port-iam-boundary of {SECOND}")), "{}", broken.stdout);
    // What credentials of the second account may not read is unknown, as it is in the first.
    let powerless = format!("{SECOND}=powerless");
    let doctor = ["doctor", "--output", "json", "--account-profile", &powerless, "--runtime-binary", &runtime];
    let powerless = listed::with_profiles(&installed, &doctor);
    for check in ["boundary", "workflow-roles", "identity-provider"] {
        assert_eq!(state(&powerless, check), "unknown", "{check}: {}", powerless.stdout);
    }
    // With credentials of one account the other is unknown, and not healthy.
    let blind = installed.harness.run(&["doctor", "--output", "json"]);
    assert_eq!(state(&blind, "workflow-roles"), "unknown", "{}", blind.stdout);
}

#[test]
fn what_the_roles_of_the_second_account_may_do_is_held_against_the_written_list_too() {
    let installed = installed();
    let second = format!("{SECOND}=second");
    let security = ["doctor", "--security", "--repository", REPOSITORY, "--account-profile", &second];
    let sound = listed::with_profiles(&installed, &security).exits(0);
    for account in [cast::AWS_ACCOUNT_ID, SECOND] {
        for role in ["granter", "revoker"] {
            let line = format!("arn:aws:iam::{account}:role/port-iam-{role} may do what is written and nothing else");
            assert!(sound.stdout.contains(&line), "{}", sound.stdout);
        }
    }
    let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
    installed.harness.with_aws_as(id, secret, async |iam| {
        let attaching = iam.attach_role_policy().role_name("port-iam-granter");
        attaching.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
    });
    let ran = listed::with_profiles(&installed, &security).exits(1);
    let line = format!("arn:aws:iam::{SECOND}:role/port-iam-granter differs from what is written");
    assert!(ran.stdout.contains(&line), "{}", ran.stdout);
    // With credentials of one account the other is none that was found sound.
    let blind = installed.harness.run(&["doctor", "--security", "--repository", REPOSITORY]).exits(1);
    let is_told = blind.stdout.contains(&format!("the account {SECOND} was not looked at: run `port-iam doctor "));
    assert!(is_told && blind.stdout.contains(&format!("--account-profile {SECOND}=PROFILE`")), "{}", blind.stdout);
    // What plan and doctor say to do there is said with that account's credentials.
    let plan = listed::with_profiles(&installed, &["plan", "--account-profile", &second]).exits(3);
    let command = format!("AWS_PROFILE=PROFILE_OF_{SECOND} aws iam detach-role-policy --role-name port-iam-granter");
    assert!(plan.stdout.contains(&command), "{}", plan.stdout);
}

#[test]
fn an_installation_over_two_accounts_is_not_removed_from_one_of_them_alone() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["uninstall", "--yes"]).exits(5);
    assert!(ran.stderr.contains("the rules file names 210987654321, at which these credentials"), "{}", ran.stderr);
    for flag in ["--account-profile ID=PROFILE", "--leave-account ID"] {
        assert!(ran.stderr.contains(flag), "{}", ran.stderr);
    }
    let ran = installed.harness.run(&["uninstall", "--dry-run"]).exits(3);
    assert!(ran.stdout.contains("! accounts: the rules file names 210987654321"), "{}", ran.stdout);
    for api in [Api::Aws, Api::Port, Api::Github] {
        assert_eq!(installed.harness.writes(api, since).len(), 0, "{api:?}");
    }
}

#[test]
fn an_account_that_the_workflows_name_keeps_the_installation_though_the_rules_name_it_no_more() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let rules = ".github/port-iam.yaml";
    installed.set_rules(|rules| rules.replace(ENTRY, ""));
    let ran = installed.harness.run(&["uninstall", "--yes"]).exits(5);
    assert!(ran.stderr.contains("the workflows name 210987654321, at which these credentials"), "{}", ran.stderr);
    let github = &installed.harness.sandbox.github;
    github.commit_file(REPOSITORY, "main", rules, Some(b"version: [1\n")).unwrap();
    let ran = installed.harness.run(&["uninstall", "--yes"]).exits(5);
    assert!(ran.stderr.contains(&format!("{rules}: cannot be read")), "{}", ran.stderr);
    github.commit_file(REPOSITORY, "main", rules, None).unwrap();
    let ran = installed.harness.run(&["uninstall", "--yes"]).exits(5);
    assert!(ran.stderr.contains("the workflows name 210987654321"), "{}", ran.stderr);
    for api in [Api::Aws, Api::Port, Api::Github] {
        assert_eq!(installed.harness.writes(api, since).len(), 0, "{api:?}");
    }
}

#[test]
fn the_catalog_takes_the_account_of_a_resource_from_files_and_from_whoever_discovers_it() {
    let installed = installed();
    let of = |identifier: &str| {
        let entities = installed.harness.sandbox.port.entities("aws_resource");
        entities.into_iter().find(|entity| entity["identifier"] == identifier).unwrap()["properties"]["account"].clone()
    };
    let yaml = format!("resources:\n  - {{ identifier: \"arn:aws:s3:::by-yaml\", account: \"{SECOND}\" }}\n");
    let csv = format!(
        "identifier,account\narn:aws:s3:::by-csv,{SECOND}\narn:aws:ec2:us-east-1:{SECOND}:instance/i-0csv,{SECOND}\n"
    );
    for (name, text) in [("a.yaml", yaml), ("a.csv", csv)] {
        let file = installed.harness.file(name, &text);
        installed.harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    }
    for identifier in ["arn:aws:s3:::by-yaml", "arn:aws:s3:::by-csv"] {
        assert_eq!(of(identifier), SECOND);
    }
    for (text, word) in [
        ("identifier,account\narn:aws:s3:::b,12\n".to_owned(), "is not an AWS account id"),
        (format!("identifier,account\ns3:PutObject,{SECOND}\n"), "a permission lies in no account"),
        (format!("identifier,account\narn:aws:ec2:us-east-1:123456789012:instance/i-1,{SECOND}\n"), "and not in"),
    ] {
        let file = installed.harness.file("wrong.csv", &text);
        let ran = installed.harness.run(&["seed", "--yes", "--file", &file]).exits(2);
        assert!(ran.stderr.contains("wrong.csv:2") && ran.stderr.contains(word), "{text}: {}", ran.stderr);
    }
    let discover = ["seed", "--yes", "--discover", "s3"];
    installed.harness.run_with(&discover, &ada_in_second()).exits(0);
    assert_eq!(of(SECOND_BUCKET), SECOND);
    installed.harness.run(&discover).exits(0);
    assert_eq!(of(crate::installed::BUCKET), cast::AWS_ACCOUNT_ID);
}

/// The file that stands for the program in a sandbox.
fn runtime(installed: &Installed) -> String {
    let path = installed.harness.folder.path().join("runtime");
    std::fs::write(&path, crate::harness::runtime()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Somebody opens the boundary of the second account wide.
fn break_boundary(installed: &Installed) {
    let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    installed.harness.with_aws_as(id, secret, async |iam| {
        let arn = format!("arn:aws:iam::{SECOND}:policy/port-iam-boundary");
        let version = iam.create_policy_version().policy_arn(arn).policy_document(document).set_as_default(true);
        version.send().await.unwrap();
    });
}
