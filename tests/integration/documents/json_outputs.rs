//! The reference of the JSON outputs, held against real ones: every field is described, and what is described is there.

use std::collections::BTreeMap;

use clap::CommandFactory as _;
use port_iam::cli::Cli;
use serde_json::Value;

use super::stage::{GRANT, Kind, Stage};
use super::{read, root};

/// The tables of the page, by heading: fields, each with what it holds.
type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// Commands whose result each section describes, in an order in which they work.
const COMMANDS: [(&str, &str); 44] = [
    ("plan", "plan --aws-setup"),
    ("init", "init --aws-setup"),
    ("seed", "seed --samples"),
    ("seed", "seed --from-blueprint ec2Instance --keep-in-step --dry-run"),
    ("request", "request --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --duration 1h --reason report"),
    ("list", "list"),
    ("show", "show Permission-r_k86OUzq80jRlxFV0"),
    ("credentials", "credentials Permission-r_k86OUzq80jRlxFV0"),
    ("extend", "extend Permission-r_k86OUzq80jRlxFV0 --duration 2h --reason report"),
    ("return", "return Permission-r_k86OUzq80jRlxFV0"),
    ("revoke", "revoke Permission-r_k86OUzq80jRlxFV0"),
    ("revoke --direct", "revoke Permission-r_k86OUzq80jRlxFV0 --direct"),
    ("revoke --direct", "revoke Permission-r_k86OUzq80jRlxFV0 --direct --aws-only"),
    ("revoke --requester", "revoke --requester ada@acme.example"),
    ("revoke --requester", "revoke --requester nobody@acme.example"),
    ("list", "list --expired"),
    ("sweep", "sweep --repository acme/port-iam-permissions"),
    ("sweep", "sweep --dry-run --repository acme/port-iam-permissions"),
    ("report", "report"),
    ("report", "report --since 1h --look-ups 0"),
    ("version", "version"),
    ("version --check-runtime", "version --check-runtime acme/port-iam-permissions"),
    ("demo", "demo"),
    ("demo --serve", "demo --serve"),
    ("sandbox", "sandbox --serve"),
    ("doctor", "doctor"),
    ("doctor --security", "doctor --security --repository acme/port-iam-permissions"),
    ("doctor --probe", "doctor --probe"),
    ("policy", "policy --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --account 123456789012"),
    (
        "policy",
        "policy --repository . --requester dana@acme.example --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject",
    ),
    ("policy", "policy --resource arn:aws:s3:::my-s3-bucket --permission ec2:StopInstances"),
    ("policy actions", "policy actions --resource arn:aws:s3:::my-s3-bucket --level read"),
    ("policy actions", "policy actions"),
    ("policy who-can", "policy who-can --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject"),
    ("policy test", "policy test"),
    ("aws", "aws granter --account 123456789012"),
    ("aws", "aws --emit terraform --account 123456789012 --aws-auth access-key"),
    ("audit export", "audit export"),
    ("audit verify", "audit verify export.jsonl"),
    ("man", "man --directory pages"),
    ("Failures", "show my-role"),
    ("Failures", "request --resource arn:aws:s3:::no-such --permission s3:PutObject"),
    ("uninstall", "uninstall --dry-run"),
    ("uninstall", "uninstall --revoke-all"),
];

/// Sections of which no command of the test prints an object: of a key that is made anew, and of a step of a workflow.
const NOT_PLAYED: [&str; 2] = ["rotate", "grant"];
/// Commands that print no JSON.
const WITHOUT_JSON: [&str; 1] = ["completions"];
/// Sections of commands that serve until they are stopped.
const SERVING: [&str; 2] = ["demo --serve", "sandbox"];

/// The rules that some of them need.
const EXAMPLES: &str = "examples:
  - { requester: dana@acme.example, resource-type: S3, resources: [\"arn:aws:s3:::my-s3-bucket\"], actions: [s3:PutObject], duration: 1h, expect: granted }
";

/// Returns the tables of the page.
fn tables() -> Tables {
    let page = read(&root().join("docs/reference/json.md"));
    let (mut tables, mut heading) = (Tables::new(), String::new());
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title.replace('`', "").replace("port-iam ", "");
        } else if let Some(row) = line.strip_prefix("| `") {
            let mut cells = row.split(" | ");
            let field = cells.next().unwrap().trim_end_matches('`').to_owned();
            let holds = cells.next().unwrap().trim().to_owned();
            let known = tables.entry(heading.clone()).or_default().insert(field, holds);
            assert_eq!(known, None, "{heading}: {line}");
        }
    }
    tables
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Holds what is at `path` against the table.
fn compare(path: &str, value: &Value, table: &BTreeMap<String, String>, wrong: &mut Vec<String>) {
    let Some(holds) = table.get(path) else {
        wrong.push(format!("`{path}` is not described ({})", kind(value)));
        return;
    };
    let words: Vec<&str> = holds.split([',', ' ']).collect();
    if !words.contains(&"any") && !words.contains(&kind(value)) {
        wrong.push(format!("`{path}` is {}, and not {holds}", kind(value)));
    }
    let is_below = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
    if !table.keys().any(|key| is_below(key)) {
        if value.as_array().is_some_and(|items| items.iter().any(Value::is_object)) {
            wrong.push(format!("`{path}[]` is not described: it holds objects"));
        }
        return;
    }
    match value {
        Value::Object(fields) => members(path, fields, table, wrong),
        Value::Array(items) => {
            items.iter().for_each(|item| compare(&format!("{path}[]"), item, table, wrong));
        }
        _ => {}
    }
}

fn members(
    path: &str,
    fields: &serde_json::Map<String, Value>,
    table: &BTreeMap<String, String>,
    wrong: &mut Vec<String>,
) {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    for (name, value) in fields {
        compare(&format!("{prefix}{name}"), value, table, wrong);
    }
    let is_child =
        |key: &&String| key.strip_prefix(&prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains(['.', '[']));
    for key in table.keys().filter(is_child) {
        if !table[key].contains("optional") && !fields.contains_key(&key[prefix.len()..]) {
            wrong.push(format!("`{key}` is described and is not there"));
        }
    }
}

#[test]
fn the_reference_of_json_outputs_describes_what_the_commands_print() {
    let tables = tables();
    let mut stage = Stage::new(Kind::Own);
    stage.change_rules(EXAMPLES).unwrap();
    let mut wrong = Vec::new();
    for (heading, command) in COMMANDS {
        let is_verified = heading == "audit verify";
        if is_verified {
            stage.run("port-iam audit export > export.jsonl");
        }
        let text = command.to_owned();
        let text = if text.contains(GRANT) { text.replace(GRANT, &stage.live_grant()) } else { text };
        let line = format!("port-iam {text} --output json 2>/dev/null");
        let is_whole = |printed: &str| serde_json::from_str::<Value>(printed).is_ok();
        let printed = if SERVING.contains(&heading) { stage.first_words(&line, is_whole) } else { stage.run(&line).0 };
        let Ok(Value::Object(fields)) = serde_json::from_str(&printed) else {
            wrong.push(format!("{command}: no JSON: {printed}"));
            continue;
        };
        let empty = BTreeMap::new();
        let mut table = tables.get(heading).unwrap_or(&empty).clone();
        if heading != "credentials" {
            table.insert("version".to_owned(), "number".to_owned());
        }
        let mut found = Vec::new();
        members("", &fields, &table, &mut found);
        found.dedup();
        if !found.is_empty() {
            wrong.push(format!("{command}:\n  {}\n{printed}", found.join("\n  ")));
        }
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
    let is_played = |heading: &String| COMMANDS.iter().any(|(played, _)| played == heading);
    let left: Vec<&String> = tables.keys().filter(|it| !is_played(it) && !NOT_PLAYED.contains(&it.as_str())).collect();
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
}
