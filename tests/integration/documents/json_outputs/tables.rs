//! The tables of the reference, and how a printed object is held against one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::documents::{read, root};

/// The tables of the page, by heading: fields, each with what it holds.
pub(super) type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// Returns the tables of the page.
pub(super) fn tables() -> Tables {
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

/// What was printed so far, held against the tables.
#[derive(Default)]
pub(super) struct Compared {
    /// What is wrong, command by command.
    pub(super) wrong: Vec<String>,
    /// Headings and fields of which something was printed.
    seen: BTreeSet<(String, String)>,
}

impl Compared {
    /// Holds what a command printed against the table of this heading.
    pub(super) fn compare(&mut self, tables: &Tables, heading: &str, command: &str, printed: &str) {
        let Ok(Value::Object(fields)) = serde_json::from_str(printed) else {
            self.wrong.push(format!("{command}: no JSON: {printed}"));
            return;
        };
        let mut table = tables.get(heading).cloned().unwrap_or_default();
        if heading != "credentials" {
            table.insert("version".to_owned(), "number".to_owned());
        }
        let mut comparison = Comparison { table: &table, found: Vec::new(), seen: Vec::new() };
        comparison.members("", &fields);
        let Comparison { mut found, seen, .. } = comparison;
        self.seen.extend(seen.into_iter().map(|path| (heading.to_owned(), path)));
        found.dedup();
        if !found.is_empty() {
            self.wrong.push(format!("{command}:\n  {}\n{printed}", found.join("\n  ")));
        }
    }

    /// Returns the optional fields of the tables that no command has printed: there may be none such any more.
    pub(super) fn unseen(&self, tables: &Tables) -> Vec<String> {
        let optional = tables.iter().flat_map(|(heading, table)| {
            let fields = table.iter().filter(|(_, holds)| holds.contains("optional"));
            fields.map(move |(field, _)| (heading.clone(), field.clone()))
        });
        optional.filter(|it| !self.seen.contains(it)).map(|(heading, field)| format!("{heading}: `{field}`")).collect()
    }
}

/// One object, and the table that describes it.
struct Comparison<'a> {
    table: &'a BTreeMap<String, String>,
    found: Vec<String>,
    seen: Vec<String>,
}

impl Comparison<'_> {
    fn value(&mut self, path: &str, value: &Value) {
        let Some(holds) = self.table.get(path) else {
            self.found.push(format!("`{path}` is not described ({})", kind(value)));
            return;
        };
        self.seen.push(path.to_owned());
        let words: Vec<&str> = holds.split([',', ' ']).collect();
        if !words.contains(&"any") && !words.contains(&kind(value)) {
            self.found.push(format!("`{path}` is {}, and not {holds}", kind(value)));
        }
        let is_below = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
        if !self.table.keys().any(|key| is_below(key)) {
            if value.as_array().is_some_and(|items| items.iter().any(Value::is_object)) {
                self.found.push(format!("`{path}[]` is not described: it holds objects"));
            }
            return;
        }
        match value {
            Value::Object(fields) => self.members(path, fields),
            Value::Array(items) => items.iter().for_each(|item| self.value(&format!("{path}[]"), item)),
            _ => {}
        }
    }

    fn members(&mut self, path: &str, fields: &Map<String, Value>) {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
        for (name, value) in fields {
            self.value(&format!("{prefix}{name}"), value);
        }
        let is_child = |key: &&String| {
            key.strip_prefix(&prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains(['.', '[']))
        };
        for key in self.table.keys().filter(is_child) {
            if !self.table[key].contains("optional") && !fields.contains_key(&key[prefix.len()..]) {
                self.found.push(format!("`{key}` is described and is not there"));
            }
        }
    }
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

#[test]
fn an_output_that_is_not_as_its_table_says_is_noticed() {
    let row = |field: &str, holds: &str| (field.to_owned(), holds.to_owned());
    let table =
        BTreeMap::from([row("a", "text"), row("b", "list, optional"), row("b[]", "object"), row("b[].c", "any")]);
    let tables = Tables::from([("x".to_owned(), table)]);
    for (printed, is_right) in [
        (r#"{ "version": 1, "a": "t" }"#, true),
        (r#"{ "version": 1, "a": "t", "b": [{ "c": 1 }] }"#, true),
        (r#"{ "version": 1, "a": 1 }"#, false),
        (r#"{ "version": 1 }"#, false),
        (r#"{ "version": 1, "a": "t", "d": 1 }"#, false),
        (r#"{ "version": 1, "a": "t", "b": [{}] }"#, false),
        (r#"{ "a": "t" }"#, false),
        ("[]", false),
    ] {
        let mut compared = Compared::default();
        compared.compare(&tables, "x", "x", printed);
        assert_eq!(compared.wrong.is_empty(), is_right, "{printed}: {:?}", compared.wrong);
        assert_eq!(compared.unseen(&tables).is_empty(), printed.contains("\"b\""), "{printed}");
    }
}
