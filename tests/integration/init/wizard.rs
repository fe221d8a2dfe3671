//! `init` at a terminal: what it asks, what it takes for granted, and the command that says the same.

use std::process::Command;

use port_iam::sandbox::cast;

use super::*;
use crate::counterparts::{port_iam, search_path};

/// Takes away what would answer a question.
fn nothing_said(harness: &mut Harness) {
    ["PORT_IAM_GITHUB_ORG", "PORT_IAM_AWS_AUTH"].iter().for_each(|name| harness.set(name, None));
}

/// Returns the command that `init` says would do the same.
fn said_command(ran: &str) -> Vec<String> {
    let line = ran.lines().find_map(|line| line.split("The same without a question: port-iam ").nth(1)).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

/// Returns the command that looks at what a command of `init` does.
fn planning(command: &[String]) -> Vec<String> {
    let word = |word: &String| (word != "--yes").then(|| if word == "init" { "plan".to_owned() } else { word.clone() });
    command.iter().filter_map(word).collect()
}

#[test]
fn the_questions_lead_to_what_the_command_that_is_told_does_too() {
    let mut asked = Harness::new();
    nothing_said(&mut asked);
    let script = asked.answers(&["acme", "", "S3,Lambda", "1", "lead", "ada@acme.example", "1", "n", "", "y"]);
    let ran = asked.run(&["init"]).exits(0);
    assert_eq!(script.asked().len(), 10, "{:#?}", script.asked());
    let command = said_command(&ran.stderr);
    assert_eq!(
        command.join(" "),
        "init --github-org acme --resource-types S3,Lambda --approval all --approvers ada@acme.example --aws-auth \
         access-key --page --yes"
    );
    let mut told = Harness::new();
    nothing_said(&mut told);
    told.run(&command.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    for path in [".github/port-iam.yaml", ".github/CODEOWNERS"] {
        let file = |harness: &Harness| harness.sandbox.github.file(REPOSITORY, "main", path).unwrap();
        assert_eq!(file(&asked), file(&told), "{path}");
    }
    // It is the file that decides how many have to agree.
    let rules = told.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap();
    assert!(rules.contains("    approval: all\n    approvers: [\"ada@acme.example\"]\n"), "{rules}");
    // Nothing is left to do by either, with what the command says.
    let plan = planning(&command);
    let plan: Vec<&str> = plan.iter().map(String::as_str).collect();
    told.run(&plan).exits(0);
    asked.run(&plan).exits(0);
    let approval = |harness: &Harness| action(harness, "request_permissions")["requiredApproval"].clone();
    assert_eq!((approval(&asked), approval(&told)), (json!({ "type": "ALL" }), json!({ "type": "ALL" })));
}

#[test]
fn an_installation_that_is_there_is_not_asked_about_again() {
    let mut harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    nothing_said(&mut harness);
    let script = harness.answers(&["acme", ""]);
    let ran = harness.run(&["init"]).exits(0);
    assert_eq!(script.asked().len(), 2, "{:?}", script.asked());
    assert!(ran.stderr.contains("An installation is there already"), "{}", ran.stderr);
}

#[test]
fn what_flags_say_is_not_asked() {
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    let script = harness.answers(&["y"]);
    let flags = ["--github-org", "acme", "--repository", "r", "--resource-types", "S3", "--approval", "none"];
    let rest = ["--aws-auth", "access-key", "--no-page"];
    harness.run(&[&["init"], &flags[..], &rest[..]].concat()).exits(0);
    assert_eq!(script.asked(), ["Do this?"]);
}

#[test]
fn what_was_said_by_flags_is_in_the_command_and_a_no_prints_none() {
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    let said = ["--backend", "github", "--only", "port,github", "--resource-types", "S3", "--approval", "none"];
    let place =
        ["--prefix", "team-a", "init", "--repository", "team-a-permissions", "--aws-auth", "access-key", "--no-page"];
    harness.answers(&["acme", "n"]);
    let ran = harness.run(&[&place[..], &said].concat()).exits(3);
    assert_eq!(ran.stdout, "Nothing was changed.\n");
    assert!(!ran.stderr.contains("The same without a question"), "{}", ran.stderr);
    harness.answers(&["acme", "y"]);
    let ran = harness.run(&[&place[..], &said].concat()).exits(3);
    assert_eq!(
        said_command(&ran.stderr).join(" "),
        "--prefix team-a init --github-org acme --repository team-a-permissions --resource-types S3 --backend github \
         --approval none --aws-auth access-key --no-page --only port,github --yes"
    );
}

#[test]
fn a_key_that_was_typed_in_is_no_part_of_the_command_and_its_variables_are_named() {
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    let variables = ["PORT_IAM_MANAGER_ACCESS_KEY_ID", "PORT_IAM_MANAGER_SECRET_ACCESS_KEY"];
    let values = variables.map(|name| harness.variable(name));
    variables.iter().for_each(|name| harness.set(name, None));
    let [id, secret] = &values;
    harness.answers(&["acme", "", "S3", "2", "1", "n", "0", "y", id, secret]);
    let ran = harness.run(&["init"]).exits(0);
    assert!(
        ran.stderr.contains(
            "with these variables, for what was typed in here: PORT_IAM_MANAGER_ACCESS_KEY_ID, PORT_IAM_MANAGER_SECRET_ACCESS_KEY"
        ),
        "{}",
        ran.stderr
    );
    let command = said_command(&ran.stderr);
    assert!(!command.join(" ").contains(id.as_str()), "{command:?}");
    let mut told = Harness::new();
    nothing_said(&mut told);
    told.run(&command.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    told.run(&planning(&command).iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
}

#[test]
fn the_command_that_is_told_writes_the_files_too_and_is_told_to_somebody_who_asked_for_quiet() {
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    let folder = harness.folder.path().join("wanted");
    let folder = folder.to_str().unwrap().to_owned();
    harness.answers(&["acme", "", "S3", "2", "1", "n", "0", "y"]);
    let ran = harness.run(&["init", "--quiet", "--emit", &folder]).exits(0);
    let command = said_command(&ran.stderr);
    assert!(command.join(" ").contains(&format!(" --emit {folder} ")), "{command:?}");
    let was = std::fs::read_to_string(format!("{folder}/port/commands.txt")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let mut told = Harness::new();
    nothing_said(&mut told);
    told.run(&command.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    assert_eq!(std::fs::read_to_string(format!("{folder}/port/commands.txt")).unwrap(), was);
}

/// The variables of the workflows' own Port credentials.
const PAIR: [&str; 2] = ["PORT_IAM_WORKFLOW_PORT_CLIENT_ID", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"];

#[test]
fn port_credentials_of_the_workflows_alone_are_asked_for_and_nothing_typed_gives_them_those_that_set_up() {
    let client = |harness: &Harness| harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, "PORT_CLIENT_ID").unwrap();
    let warned = "warning: the workflows get Port credentials of a person";
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    let secret = harness.variable(PAIR[1]);
    PAIR.iter().for_each(|name| harness.set(name, None));
    let script = harness.answers(&["acme", "", "S3", "2", "1", "n", "0", cast::WORKFLOW_PORT_CLIENT_ID, &secret, "y"]);
    let ran = harness.run(&["init"]).exits(0);
    assert_eq!(script.asked()[8], "Secret of that client");
    assert_eq!(client(&harness), cast::WORKFLOW_PORT_CLIENT_ID);
    assert!(!ran.stderr.contains(warned) && !ran.stderr.contains(&secret), "{}", ran.stderr);
    let variables = format!("with these variables, for what was typed in here: {}, {}", PAIR[0], PAIR[1]);
    assert!(ran.stderr.contains(&variables), "{}", ran.stderr);
    // New ones are asked for where the secrets are set again.
    harness.answers(&["acme", "", "", "y"]);
    let ran = harness.run(&["init", "--rotate-secrets", "--aws-auth", "access-key"]).exits(0);
    assert_eq!(client(&harness), cast::ADA.port_client_id);
    assert_eq!(ran.stderr.matches(warned).count(), 1, "once, with the plan: {}", ran.stderr);
    assert!(ran.stderr.find(warned) < ran.stderr.find("[1/"), "before anything is written: {}", ran.stderr);
}

#[test]
fn whoever_makes_port_alone_needs_no_token_of_github_and_is_asked_nothing_about_aws() {
    for (only, count) in [("port", 6), ("aws", 6)] {
        let mut harness = Harness::new();
        nothing_said(&mut harness);
        harness.set("GH_TOKEN", None);
        if only == "port" {
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().for_each(|name| harness.set(name, None));
            harness.set("AWS_ACCOUNT_ID", Some(cast::AWS_ACCOUNT_ID));
        }
        let answers: &[&str] = match only {
            "port" => &["acme", "", "S3", "2", "0", "y"],
            _ => &["acme", "", "S3", "1", "n", "y"],
        };
        let script = harness.answers(answers);
        let ran = harness.run(&["init", "--only", only]);
        assert!([0, 3].contains(&ran.exit_code), "{only}: {} {}", ran.exit_code, ran.stderr);
        assert_eq!(script.asked().len(), count, "{only}: {:#?}", script.asked());
        assert_eq!(
            script.asked().iter().any(|it| it.contains("AWS who they are")),
            only == "aws",
            "{:?}",
            script.asked()
        );
    }
}

#[test]
fn approvers_of_the_environment_are_not_asked_for_again() {
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    harness.set("PORT_IAM_APPROVERS", Some(cast::ADA.email));
    let script = harness.answers(&["acme", "", "S3", "1", "n", "0", "y"]);
    let ran = harness.run(&["init"]).exits(0);
    assert!(!script.asked().iter().any(|it| it.contains("approve")), "{:?}", script.asked());
    assert!(said_command(&ran.stderr).join(" ").contains("--approvers ada@acme.example"), "{}", ran.stderr);
}

#[test]
fn each_step_is_told_with_its_number_as_it_begins() {
    let harness = Harness::new();
    let ran = harness.run(&["init", "--yes"]).exits(0);
    let numbers: Vec<(usize, usize)> = ran
        .stderr
        .lines()
        .filter_map(|line| {
            let (number, of) = line.trim_start().strip_prefix('[')?.split_once(']')?.0.split_once('/')?;
            Some((number.parse().ok()?, of.parse().ok()?))
        })
        .collect();
    let plan = Harness::new().run(&["plan", "--output", "json"]).exits(3).json();
    let open = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] == "create").count();
    assert!(numbers.len() >= open, "{numbers:?} {open}");
    assert!(
        numbers.iter().enumerate().all(|(index, (number, of))| *number == index + 1 && number <= of),
        "{numbers:?}"
    );
    assert!(numbers.last().is_some_and(|(number, of)| number == of), "{numbers:?}");
}

/// What a terminal shows of the program, with these arguments and answers.
pub(crate) fn at_a_terminal(harness: &Harness, arguments: &[&str], answers: &Value) -> (Option<i32>, String) {
    let mut environment: serde_json::Map<String, Value> =
        harness.environment.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    environment.insert("PATH".to_owned(), json!(search_path()));
    environment.insert("TERM".to_owned(), json!("xterm"));
    let own = port_iam();
    let program = [&[own.to_str().unwrap()], arguments].concat();
    let script = json!({ "program": program, "environment": environment, "answers": answers });
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counterparts/at_a_terminal.py");
    let python = std::env::var("PORT_IAM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python).arg(driver).arg(script.to_string()).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    harness.canary.check(&format!("what a terminal showed of {arguments:?}"), &shown);
    (output.status.code(), shown)
}

#[test]
fn where_there_are_several_aws_profiles_one_is_asked_for() {
    let harness = with_two_profiles();
    let said = ["init", "--github-org", "acme", "--repository", "r", "--resource-types", "S3", "--approval", "none"];
    let answers = json!([["Which AWS profile", "\u{1b}[B\r"], ["Make a page in Port", "\r"], ["Do this?", "y"]]);
    let (exit_code, shown) =
        at_a_terminal(&harness, &[&said[..], &["--aws-auth", "oidc", "--aws-setup"]].concat(), &answers);
    assert_eq!(exit_code, Some(0), "{shown}");
    assert!(shown.contains("--aws-profile work --aws-setup --yes"), "{shown}");
    // The flag says the same without a question.
    let (exit_code, shown) =
        at_a_terminal(&harness, &[&["plan", "--aws-profile", "work"], &said[1..7]].concat(), &json!([]));
    assert_eq!(exit_code, Some(0), "{shown}");
}

#[test]
fn whose_aws_credentials_were_used_is_in_the_command_of_a_plan_and_in_the_remedies_of_a_doctor() {
    let harness = with_two_profiles();
    let place = ["--github-org", "acme", "--aws-profile", "work"];
    let flags = ["--aws-setup", "--adopt", "--force", "--upgrade", "--rotate-secrets", "--writers-are-admins"];
    let parts = ["--only", "port,github,aws", "--aws-auth", "oidc"];
    let (_, shown) = at_a_terminal(&harness, &[&["plan"], &place[..], &flags, &parts].concat(), &json!([]));
    let command = "port-iam init --github-org acme --aws-auth oidc --only port,github,aws --aws-profile work \
                   --aws-setup --adopt --force --upgrade --rotate-secrets --writers-are-admins";
    assert!(shown.contains(&format!("Nothing was changed. `{command}` does this.")), "{shown}");
    let (exit_code, shown) =
        at_a_terminal(&harness, &[&["init", "--yes", "--aws-setup"], &place[..]].concat(), &json!([]));
    assert_eq!(exit_code, Some(0), "{shown}");
    harness.with_aws_as(cast::ADA.aws_access_key_id, cast::ADA.aws_secret_access_key, async |iam| {
        let request = iam.attach_role_policy().role_name("port-iam-granter");
        request.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
    });
    harness.with_port(async |port| {
        let body = json!({ "execute": { "roles": ["Admin", "Member"], "policy": null } });
        port.set_action_permissions("revoke_permissions", &body).await.unwrap();
    });
    let (_, shown) = at_a_terminal(&harness, &[&["doctor"], &place[..]].concat(), &json!([]));
    let remedy = "What to do: port-iam init --github-org acme --aws-profile work";
    assert!(shown.lines().any(|line| line.trim() == remedy), "{shown}");
    // What tries it looks with the same credentials.
    let (exit_code, shown) = at_a_terminal(&harness, &[&["doctor", "--security"], &place[..]].concat(), &json!([]));
    assert!(exit_code == Some(1) && shown.contains("differs from what is written"), "{shown}");
}

/// A sandbox whose administrator has credentials in the second of two profiles of the AWS CLI.
fn with_two_profiles() -> Harness {
    let mut harness = Harness::for_installation();
    nothing_said(&mut harness);
    let config = harness.file("config", "[default]\nregion = us-east-1\n[profile work]\nregion = us-east-1\n");
    let keys = format!(
        "[default]\naws_access_key_id = AKIAWRONGWRONGWRONG0\naws_secret_access_key = wrong\n[work]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        cast::ADA.aws_access_key_id,
        cast::ADA.aws_secret_access_key
    );
    let keys = harness.file("credentials", &keys);
    harness.set("AWS_CONFIG_FILE", Some(&config));
    harness.set("AWS_SHARED_CREDENTIALS_FILE", Some(&keys));
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().for_each(|name| harness.set(name, None));
    harness
}

#[test]
fn results_are_coloured_at_a_terminal_or_when_it_is_said_and_never_in_json() {
    let installed = crate::installed::Installed::new();
    installed.granted();
    let harness = &installed.harness;
    let color = "\u{1b}[1;3";
    for command in [&["plan", "--github-org", "acme"][..], &["doctor"], &["list"]] {
        let (_, shown) = at_a_terminal(harness, command, &json!([]));
        let edited = [&["--color", "always"], command].concat();
        let always = harness.run(&edited).stdout;
        let words = match command[0] {
            "list" => vec!["\u{1b}[1;32mlive\u{1b}[0m"],
            "doctor" => vec!["\u{1b}[1;32mok\u{1b}[0m"],
            // Everything is as it shall be, but for what nobody has made.
            _ => vec![],
        };
        for word in words {
            assert!(shown.contains(word) && always.contains(word), "{shown}{always}");
        }
        for (flags, variables) in [
            (&["--color", "always", "--output", "json"][..], &[][..]),
            (&["--color", "always"], &[("NO_COLOR", "1")]),
            (&["--color", "never"], &[("CLICOLOR_FORCE", "1")]),
            (&[], &[]),
        ] {
            let ran = harness.run_with(&[flags, command].concat(), variables);
            assert!(!ran.stdout.contains(color), "{command:?} {flags:?}: {}", ran.stdout);
        }
    }
    let fresh = Harness::new();
    let plan = fresh.run(&["plan", "--color", "always"]).exits(3).stdout;
    assert!(plan.contains("\u{1b}[1;32m+\u{1b}[0m Port   blueprint aws_resource"), "{plan}");
}

#[test]
fn at_a_real_terminal_the_enter_key_takes_every_default() {
    let mut harness = Harness::for_installation();
    nothing_said(&mut harness);
    let answers = json!([
        ["GitHub organisation", "acme\r"],
        ["Name of that repository", "\r"],
        ["Types of AWS resources", "\r"],
        ["have to approve a request", "\r"],
        ["Who may approve", format!("{}\r", cast::ADA.email)],
        ["prove to AWS", "\r"],
        ["Make their identities in AWS now", "y"],
        ["Make a page in Port", "\r"],
        ["Do this?", "y"],
    ]);
    let began = std::time::Instant::now();
    let (exit_code, shown) = at_a_terminal(&harness, &["init"], &answers);
    assert_eq!(exit_code, Some(0), "{shown}");
    assert!(began.elapsed().as_secs() < 120, "under two minutes");
    assert!(
        shown.contains("--approval any --approvers ada@acme.example --aws-auth oidc --page --aws-setup --yes"),
        "{shown}"
    );
    let rules = harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap();
    assert!(rules.contains("approvers: [\"ada@acme.example\"]"), "{rules}");
}
