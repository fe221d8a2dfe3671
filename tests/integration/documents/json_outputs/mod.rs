//! The reference of the JSON outputs, held against real ones: every field is described, and what is described is there.

mod commands;
mod tables;

use clap::CommandFactory as _;
use port_iam::cli::Cli;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::stage::{GRANT, Kind, Stage};
use super::{read, root};
use crate::break_glass;
use crate::harness::Harness;
use crate::init::at_a_terminal;
use crate::installed::{BUCKET, Dispatched, Installed, REPOSITORY};
use commands::{COMMANDS, RULES, SERVING, WITHOUT_JSON};
use tables::{Compared, Tables, tables};

/// Plays commands in the stage of an installation.
fn on_stage(tables: &Tables, compared: &mut Compared) {
    let mut stage = Stage::new(Kind::Own);
    stage.change_rules(RULES).unwrap();
    for (heading, command) in COMMANDS {
        if heading == "audit verify" {
            stage.run("port-iam audit export > export.jsonl");
        }
        let text = command.to_owned();
        let text = if text.contains(GRANT) { text.replace(GRANT, &stage.live_grant()) } else { text };
        let line = format!("port-iam {text} --output json 2>/dev/null");
        let is_whole = |printed: &str| serde_json::from_str::<Value>(printed).is_ok();
        let printed = if SERVING.contains(&heading) { stage.first_words(&line, is_whole) } else { stage.run(&line).0 };
        compared.compare(tables, heading, command, &printed);
    }
}

/// The access key of the workflows, where they have one.
fn with_an_access_key(tables: &Tables, compared: &mut Compared) {
    let mut stage = Stage::new(Kind::AccessKey);
    let command = "rotate --repository acme/port-iam-permissions";
    let (printed, _) = stage.run(&format!("port-iam {command} --output json 2>/dev/null"));
    compared.compare(tables, "rotate", command, &printed);
}

/// The steps of the workflows. What they print for the runner stands before the object.
fn in_workflows(tables: &Tables, compared: &mut Compared) {
    let installed = Installed::new();
    let mut step = |heading: &str, command: &str, dispatched: &Dispatched| {
        let variables = installed.variables_of_step(dispatched);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ran = installed.harness.run_with(&[command, "--output", "json"], &variables).exits(0);
        let at = ran.stdout.find("\n{").map_or(0, |at| at + 1);
        compared.compare(tables, heading, &format!("{command} as a step"), &ran.stdout[at..]);
    };
    let request = installed.request();
    step("grant", "grant", &request);
    step("grant", "grant", &installed.extend(&request.grant(), "2h"));
    let grant = request.grant();
    step("revoke --direct", "revoke", &installed.give_back(&grant));
    for command in ["return", "revoke"] {
        let ran = installed.harness.run(&[command, &grant, "--output", "json"]).exits(0);
        compared.compare(tables, command, &format!("{command} of what is gone"), &ran.stdout);
    }
}

/// What waits for somebody: for a decision on what is there, for an administrator of AWS, for the merge of a pull request.
fn waiting(tables: &Tables, compared: &mut Compared) {
    let mut run = |harness: &Harness, heading: &str, command: &[&str]| {
        let ran = harness.run(&[command, &["--output", "json"]].concat()).exits(3);
        compared.compare(tables, heading, &format!("{command:?}, which waits"), &ran.stdout);
    };
    let harness = Harness::new();
    harness.with_aws(async |iam| {
        let document =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
        let request = iam.create_policy().policy_name("port-iam-boundary").policy_document(document.to_string());
        request.send().await.unwrap();
    });
    run(&harness, "plan", &["plan", "--aws-auth", "oidc"]);
    run(&harness, "init", &["init", "--yes"]);
    run(&harness, "init", &["init", "--yes", "--aws-auth", "oidc"]);
    let harness = Harness::new();
    let forbidden = Fault::Status { status: 403, retry_after: None };
    harness.sandbox.faults.plan_matching("CreatePolicy", 0, 1, forbidden);
    run(&harness, "init", &["init", "--yes"]);
    let installed = Installed::new();
    installed.harness.sandbox.github.protect_branch(REPOSITORY, "main");
    run(&installed.harness, "uninstall", &["uninstall", "--yes"]);
}

/// What a command prints whose question was answered with no.
fn declined(tables: &Tables, compared: &mut Compared) {
    let installed = Installed::new();
    installed.granted();
    break_glass::switch_on(&installed, "");
    let checkout = break_glass::checkout(&installed);
    let wish = ["--requester", cast::DANA.email, "--resource", BUCKET, "--permission", "s3:PutObject"];
    let break_glass = [&["grant", "--break-glass", "down", "--repository", &checkout][..], &wish].concat();
    let init = "init --github-org acme --repository port-iam-permissions --resource-types S3 --approval none --aws-auth oidc --aws-setup --no-page";
    let init = init.split(' ').collect();
    for (heading, command, question) in [
        ("grant", break_glass, "Grant it without Port?"),
        ("revoke --requester", vec!["revoke", "--requester", cast::DANA.email], "away?"),
        ("plan", init, "Do this?"),
        ("uninstall", vec!["uninstall", "--revoke-all"], "Remove this?"),
    ] {
        let command = [&command[..], &["--output", "json"]].concat();
        let (exit_code, shown) = at_a_terminal(&installed.harness, &command, &json!([[question, "n"]]));
        assert_eq!(exit_code, Some(3), "{command:?}: {shown}");
        // The question shows the terminal's cursor again when it is answered.
        let printed = shown.rsplit("\u{1b}[?25h").next().unwrap();
        compared.compare(tables, heading, &format!("{command:?}, and no"), printed);
    }
}

/// The end, without Port, of what was granted without it.
fn without_port(tables: &Tables, compared: &mut Compared) {
    let installed = Installed::new();
    installed.granted();
    let grant = break_glass::granted_without_port(&installed);
    let command = ["revoke", &grant, "--direct", "--aws-only", "--output", "json"];
    let ran = installed.harness.run(&command).exits(0);
    compared.compare(tables, "revoke --direct", &format!("{command:?}"), &ran.stdout);
    crate::sweep::namesakes::take_the_name(&installed, "Permission-r_theirs", "/");
    let command = ["revoke", "Permission-r_theirs", "--direct", "--output", "json"];
    compared.compare(
        tables,
        "revoke --direct",
        &format!("{command:?}"),
        &installed.harness.run(&command).exits(0).stdout,
    );
}

#[test]
fn the_reference_of_json_outputs_describes_what_the_commands_print() {
    let tables = tables();
    let mut compared = Compared::default();
    on_stage(&tables, &mut compared);
    with_an_access_key(&tables, &mut compared);
    in_workflows(&tables, &mut compared);
    waiting(&tables, &mut compared);
    declined(&tables, &mut compared);
    without_port(&tables, &mut compared);
    let unseen = compared.unseen(&tables);
    let mut wrong = compared.wrong;
    if !unseen.is_empty() {
        wrong.push(format!("nothing prints these optional fields:\n  {}", unseen.join("\n  ")));
    }
    if let Ok(place) = std::env::var("PORT_IAM_TELL") {
        std::fs::write(place, wrong.join("\n\n")).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_command_has_a_section_in_the_reference_of_json_outputs_or_prints_none() {
    let tables = tables();
    let command = Cli::command();
    let mut without = Vec::new();
    for command in leaves(&command, "") {
        let has_section =
            tables.keys().any(|heading| *heading == command || heading.starts_with(&format!("{command} ")));
        if has_section == WITHOUT_JSON.contains(&command.as_str()) {
            without.push(command);
        }
    }
    assert!(without.is_empty(), "{without:?}");
    // And no section is of nothing.
    let is_played = |heading: &String| heading == "rotate" || COMMANDS.iter().any(|(played, _)| played == heading);
    let left: Vec<&String> = tables.keys().filter(|it| !is_played(it)).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Returns the commands that have no commands below them, and those that work without one, but for hidden ones.
fn leaves(command: &clap::Command, path: &str) -> Vec<String> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below
        .flat_map(|below| {
            let name = format!("{path} {}", below.get_name()).trim_start().to_owned();
            let own = (!below.has_subcommands() || !below.is_subcommand_required_set()).then(|| name.clone());
            own.into_iter().chain(leaves(below, &name)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_check_of_doctor_stands_in_the_reference_of_the_checks() {
    let page = read(&root().join("docs/reference/checks.md"));
    let missing: Vec<&str> =
        port_iam::domain::checkup::names().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let shown = format!("\n{} checks: 0 errors, 0 warnings\n", port_iam::domain::checkup::names().count());
    assert!(read(&root().join("docs/tutorial.md")).contains(&shown), "{shown}");
}
