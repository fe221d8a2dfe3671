//! A request as it could arrive: a good one, and what is changed about it.
//!
//! `@NAME TEXT` begins the whole text of a document, up to the next line that begins so; `@NAME /POINTER VALUE` sets one
//! place of a document that is JSON, without a value takes it away; `@NAME #LINE TEXT` replaces a line. What is not spoken
//! of stays as in the good request.

use std::collections::BTreeMap;

use serde_json::Value;

/// The documents that decide about a request; `before`, `old` and `role` are of the grant that a run about a grant names: the
/// runs that lead back to its first request, its permanent record, and what AWS holds of it.
pub(crate) const NAMES: [&str; 14] = [
    "event",
    "run",
    "requester",
    "resources",
    "permissions",
    "record",
    "approvals",
    "users",
    "rules",
    "policy",
    "trust",
    "before",
    "old",
    "role",
];

const EVENT: &str = include_str!("../../../fixtures/request/event.json");
const PORT: &str = include_str!("../../../fixtures/request/port.json");
const RULES: &str = include_str!("../../../fixtures/request/port-iam.yaml");
const POLICY: &str = include_str!("../../../../workflows/templates/iamPolicyDocument.json");
const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}"#;

/// Each change reads and writes its document anew.
const MOST_CHANGES: usize = 64;

/// The texts of all documents.
#[derive(Clone, Debug)]
pub(crate) struct Story(BTreeMap<&'static str, String>);

impl Story {
    /// Returns the good request.
    pub(crate) fn good() -> Self {
        let port: Value = serde_json::from_str(PORT).unwrap_or_default();
        let text = |name: &'static str| match name {
            "event" => EVENT.to_owned(),
            "rules" => RULES.to_owned(),
            "policy" => POLICY.to_owned(),
            "trust" => TRUST.to_owned(),
            answer => port[answer].to_string(),
        };
        Self(NAMES.iter().map(|&name| (name, text(name))).collect())
    }

    /// Reads what is changed.
    pub(crate) fn parse(text: &str) -> Self {
        let mut story = Self::good();
        let mut begun: Option<&'static str> = None;
        let mut changes = 0;
        for line in text.split('\n') {
            let Some(rest) = line.strip_prefix('@') else {
                if let Some(text) = begun.and_then(|name| story.0.get_mut(name)) {
                    text.push_str(line);
                    text.push('\n');
                }
                continue;
            };
            let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            begun = None;
            changes += 1;
            let name = NAMES.into_iter().find(|name| *name == word);
            let Some(name) = name.filter(|_| changes <= MOST_CHANGES) else { continue };
            if rest.starts_with(['/', '#']) {
                let (place, value) = rest.split_once(' ').map_or((rest, None), |(place, value)| (place, Some(value)));
                story.change(name, place, value);
            } else {
                story.0.insert(name, rest.to_owned());
                begun = Some(name);
            }
        }
        story
    }

    /// Returns the text of a document.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Returns whether the rules file is not that of the good request.
    pub(crate) fn has_other_rules(&self) -> bool {
        self.text("rules") != RULES
    }

    /// Returns whether one of the reviewed files is not that of the good request.
    pub(crate) fn has_other_files(&self) -> bool {
        self.has_other_rules() || self.text("policy") != POLICY || self.text("trust") != TRUST
    }

    /// Returns a document as JSON; none when it is not.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.text(name)).ok()
    }

    fn change(&mut self, name: &'static str, place: &str, value: Option<&str>) {
        let changed = match place.strip_prefix('#') {
            Some(number) => number.parse().ok().and_then(|number| with_line(self.text(name), number, value)),
            None => self.json(name).map(|document| with_place(document, place, value).to_string()),
        };
        if let Some(changed) = changed {
            self.0.insert(name, changed);
        }
    }
}

/// Returns the text with another line in the place of one, counted from 1, or without it.
fn with_line(text: &str, number: usize, line: Option<&str>) -> Option<String> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let index = number.checked_sub(1).filter(|index| *index < lines.len())?;
    match line {
        Some(line) => lines[index] = line,
        None => drop(lines.remove(index)),
    }
    Some(lines.join("\n"))
}

/// Returns the document with `value`, JSON or else text, at `pointer`, or without what is there.
fn with_place(mut document: Value, pointer: &str, value: Option<&str>) -> Value {
    let value = value.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
    let Some((parent, key)) = pointer.rsplit_once('/') else { return value.unwrap_or_default() };
    match (document.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(key.to_owned(), value);
        }
        (Some(Value::Object(fields)), None) => {
            fields.shift_remove(key);
        }
        (Some(Value::Array(items)), value) => match (key.parse::<usize>(), value) {
            (Ok(index), Some(value)) if index < items.len() => items[index] = value,
            (Ok(index), None) if index < items.len() => drop(items.remove(index)),
            (_, Some(value)) => items.push(value),
            _ => {}
        },
        _ => {}
    }
    document
}
