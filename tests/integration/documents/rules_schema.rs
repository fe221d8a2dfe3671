//! The JSON Schema of the rules file says what the parser does: the same keys, and the same files are taken.
//!
//! The schema is for editors and reviewers, and the parser decides. What takes more than one place of the file to be seen,
//! or AWS's own tables, is the parser's alone, and listed here.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use port_iam::domain::rules::Rules;
use regex::Regex;
use serde_json::{Value, json};

use super::markdown::blocks;
use super::{documents, files, read, root};
use crate::counterparts::{named, port_iam};

const SCHEMA: &str = "docs/reference/port-iam.schema.json";

/// What the parser refuses and the schema cannot: a word of each message.
const PARSER_ALONE: [&str; 9] = [
    "there is no bundle",
    "is no account of this file",
    "is called",
    "AWS has no kind of resource",
    "is not between 15m and 7d",
    "is a role of",
    "is no action of",
    "no regular expression",
    "names nobody",
];

fn schema() -> Value {
    serde_json::from_str(&read(&root().join(SCHEMA))).unwrap()
}

/// A file with every key there is.
fn everything() -> Value {
    json!({
        "version": 1,
        "accounts": { "123456789012": {
            "regions": ["us-east-1"],
            "granter": "arn:aws:iam::123456789012:role/port-iam-granter",
            "revoker": "arn:aws:iam::123456789012:role/port-iam-revoker",
        } },
        "trust": {
            "mode": "iam-user",
            "path": "/people/",
            "name": "local-part",
            "domains": ["acme.example"],
            "names": { "dana@acme.example": "dana.k" },
        },
        "dispatchers": ["getport-io[bot]"],
        "allow-actions": ["ssm:StartSession"],
        "account-wide-actions": ["ec2:DescribeInstances", "s3:List*"],
        "refuse-classes": ["sensitive", "pass-role", "leaves-behind"],
        "companions": [{
            "kind": "bucket",
            "resources": ["arn:aws:s3:::team-*"],
            "actions": ["s3:ListAllMyBuckets"],
            "keys": ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
        }],
        "open-grants": { "per-requester": 5, "per-resource": 3 },
        "break-glass": { "longest": "1h", "people": ["ada"], "webhook": "https://hooks.example.com/port-iam" },
        "template-may-widen": false,
        "other-installations": ["org_other/1"],
        "examples": [
            {
                "name": "the team writes", "requester": "dana@acme.example", "teams": ["Storage"],
                "resource-type": "S3", "account": "123456789012", "resources": ["arn:aws:s3:::team-a"],
                "actions": ["s3:PutObject"], "duration": "1h", "reason": "OPS-7", "expect": "granted", "approval": "none",
            },
            {
                "requester": "dana@acme.example", "resource-type": "S3", "resources": ["arn:aws:s3:::team-a"],
                "actions": ["s3:PutObject"], "duration": "2d", "expect": "refused", "code": "too-long-for-rule",
            },
        ],
        "bundles": { "read-objects": ["s3:GetObject", "s3:List*"] },
        "rules": [{
            "name": "storage", "requesters": ["team:Storage", "max@acme.example"], "resource-types": ["S3"],
            "accounts": ["123456789012"], "resources": ["arn:aws:s3:::team-*"],
            "actions": ["bundle:read-objects", "s3:PutObject"], "longest-duration": "4h", "approval": "required",
            "approvers": ["lead@acme.example"], "reason": "(?i)because .+", "ticket": "[A-Z]+-[0-9]+",
        }],
    })
}

/// The other ways to trust, beside that of [`everything`].
fn trusts() -> [Value; 5] {
    [
        json!({ "mode": "account" }),
        json!({ "mode": "identity-center", "role": "AWSReservedSSO_Dev_0123456789abcdef", "name": "email" }),
        json!({ "mode": "identity-center", "permission-set": "Dev", "names": { "dana@acme.example": "dana" } }),
        json!({ "mode": "source-identity", "name": "email" }),
        json!({ "mode": "template" }),
    ]
}

/// Returns `file` with other values at each place of it: without the key, and of wrong types and forms.
fn changed(file: &Value) -> Vec<(String, Value)> {
    fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let mut child = |key: &str, value: &Value| {
            let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            found.push(pointer.clone());
            places(value, &pointer, found);
        };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| child(key, value)),
            Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| child(&at.to_string(), value)),
            _ => {}
        }
    }
    let mut pointers = Vec::new();
    places(file, "", &mut pointers);
    let mut changed = Vec::new();
    for pointer in pointers {
        for other in [
            json!({ "x": 1 }),
            json!([{ "x": 1 }]),
            json!([]),
            json!({}),
            json!(null),
            json!(""),
            json!("*"),
            json!("nonsense word"),
        ] {
            let mut file = file.clone();
            *file.pointer_mut(&pointer).unwrap() = other.clone();
            changed.push((format!("{pointer} is {other}"), file));
        }
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut without = file.clone();
        match without.pointer_mut(parent).unwrap() {
            Value::Object(fields) => _ = fields.shift_remove(&key.replace("~1", "/")),
            Value::Array(items) => _ = items.remove(key.parse().unwrap()),
            _ => {}
        }
        changed.push((format!("{pointer} is missing"), without));
    }
    changed
}

/// Asks the validator about each of `files`: empty where the schema takes it, else why not; none where it is not installed.
fn judged(files: &[Value]) -> Option<Vec<String>> {
    let python = named("PORT_IAM_PYTHON", "the JSON Schema of the rules file, held against the parser")?;
    let mut validator = Command::new(python)
        .args(["tests/counterparts/rules_schema.py", SCHEMA])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = files.iter().map(|file| format!("{file}\n")).collect();
    let mut input = validator.stdin.take().unwrap();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = validator.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success());
    let told: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(told.len(), files.len());
    Some(told)
}

/// Returns the keys that the parser names when it meets one that it does not know at this place.
fn keys_of_parser(pointer: &str) -> BTreeSet<String> {
    let mut file = everything();
    file.pointer_mut(pointer).unwrap()["no-such-key"] = json!(1);
    // JSON is YAML.
    let error = Rules::parse(&file.to_string()).unwrap_err().to_string();
    let (_, expected) = error.split_once("expected").unwrap_or_else(|| panic!("{pointer}: {error}"));
    let names = Regex::new("[a-z]+(-[a-z]+)*").unwrap();
    let words = ["one", "of", "or", "at", "line", "column"];
    names.find_iter(expected).map(|it| it.as_str().to_owned()).filter(|it| !words.contains(&it.as_str())).collect()
}

#[test]
fn the_schema_has_every_key_that_the_parser_knows_and_no_other() {
    let schema = schema();
    for (pointer, place) in [
        ("", ""),
        ("/accounts/123456789012", "/properties/accounts/additionalProperties"),
        ("/trust", "/$defs/trust"),
        ("/companions/0", "/properties/companions/items"),
        ("/open-grants", "/properties/open-grants"),
        ("/break-glass", "/properties/break-glass"),
        ("/examples/0", "/$defs/example"),
        ("/rules/0", "/$defs/rule"),
    ] {
        let object = schema.pointer(place).unwrap();
        let described: BTreeSet<String> = object["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(described, keys_of_parser(pointer), "{place}");
        assert_eq!(object["additionalProperties"], false, "{place}");
    }
    Rules::parse(&everything().to_string()).unwrap();
}

#[test]
fn the_reference_of_the_rules_file_names_every_key_of_the_schema() {
    let page = read(&root().join("docs/reference/rules-file.md"));
    let schema = schema();
    let of = |place: &str| -> Vec<String> {
        schema.pointer(place).unwrap()["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let places = ["", "/properties/accounts/additionalProperties", "/$defs/trust", "/properties/companions/items"];
    let more = ["/properties/open-grants", "/properties/break-glass", "/$defs/example", "/$defs/rule"];
    for key in places.iter().chain(&more).flat_map(|place| of(place)) {
        assert!(page.contains(&format!("`{key}`")), "docs/reference/rules-file.md does not name `{key}`");
    }
}

/// Returns the rules files of the repository: those that are shown, those that are rendered, and those of the tests.
fn rules_files() -> Vec<(String, String)> {
    let named = |path: &std::path::Path| path.file_name().is_some_and(|name| name == "port-iam.yaml");
    let mut found: Vec<(String, String)> = files(&root().join("tests"), "yaml")
        .into_iter()
        .filter(|path| named(path))
        .map(|path| (path.display().to_string(), read(&path)))
        .collect();
    for path in documents() {
        let whole = blocks(&read(&path)).into_iter().filter(|block| block.text.starts_with("version: 1"));
        found.extend(whole.map(|block| (format!("{}:{}", path.display(), block.line), block.text)));
    }
    for path in ["src", "tests"].iter().flat_map(|folder| files(&root().join(folder), "rs")) {
        let text = read(&path);
        let raw = text.split("r#\"version: 1\n").skip(1).filter_map(|rest| rest.split("\"#").next());
        found.extend(raw.map(|rest| (path.display().to_string(), format!("version: 1\n{rest}"))));
    }
    found
}

#[test]
fn the_schema_takes_every_rules_file_of_the_repository_and_of_its_tests() {
    // Placeholders make a few of those in the code no file yet.
    let taken: Vec<(String, String)> =
        rules_files().into_iter().filter(|(_, text)| Rules::parse(text).is_ok()).collect();
    assert!(taken.len() > 8, "only {} rules files were found", taken.len());
    let values: Vec<Value> = taken.iter().map(|(_, text)| serde_saphyr::from_str(text).unwrap()).collect();
    let Some(told) = judged(&values) else { return };
    for ((name, _), why) in taken.iter().zip(told) {
        assert_eq!(why, "", "{name}");
    }
}

#[test]
fn the_schema_and_the_parser_take_and_refuse_the_same_files() {
    let mut cases = vec![("everything".to_owned(), everything())];
    cases.extend(changed(&everything()));
    for trust in trusts() {
        let mut file = everything();
        file["trust"] = trust.clone();
        cases.push((format!("trust is {trust}"), file.clone()));
        let of_trust = |(name, _): &(String, Value)| name.starts_with("/trust/");
        cases.extend(changed(&file).into_iter().filter(of_trust).map(|(name, it)| (format!("{trust}: {name}"), it)));
        for (key, value) in everything()["trust"].as_object().unwrap() {
            let mut file = file.clone();
            file["trust"][key] = value.clone();
            cases.push((format!("{trust} with {key}"), file));
        }
    }
    for (word, approvers) in [("all", json!(["lead@acme.example"])), ("all", json!([])), ("none", json!([]))] {
        let mut file = everything();
        file["rules"][0]["approval"] = json!(word);
        file["rules"][0]["approvers"] = approvers.clone();
        cases.push((format!("approval {word} of {approvers}"), file));
    }
    let values: Vec<Value> = cases.iter().map(|(_, file)| file.clone()).collect();
    let Some(told) = judged(&values) else { return };
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for ((name, file), why) in cases.iter().zip(told) {
        match Rules::parse(&file.to_string()) {
            Ok(_) if why.is_empty() => {}
            Ok(_) => wrong.push(format!("the parser takes it, and not the schema: {name}: {why}")),
            Err(_) if !why.is_empty() => refused += 1,
            Err(error) if PARSER_ALONE.iter().any(|word| error.to_string().contains(word)) => {}
            Err(error) => wrong.push(format!("the schema takes it, and not the parser: {name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
    assert!(refused > 300, "only {refused} of {} are refused by both", cases.len());
}

#[test]
fn the_program_prints_the_schema_whatever_form_is_asked_for() {
    let printed = |command: &[&str], form: &str| {
        let output = Command::new(port_iam()).args(command).args(["--output", form]).env_clear().output().unwrap();
        assert!(output.status.success(), "{command:?} {form}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(printed(&["policy", "schema"], "text"), read(&root().join(SCHEMA)));
    for command in [&["policy", "schema"][..], &["completions", "bash"], &["man"]] {
        assert_eq!(printed(command, "json"), printed(command, "text"), "{command:?}");
    }
}
