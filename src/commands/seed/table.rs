//! New permissions as a table: what each is, what it does, and what its approver should know.

use serde_json::Value;

use crate::domain::refusal::quoted;
use crate::domain::seed::{Difference, Kind, Step};

const HEADINGS: [&str; 4] = ["permission", "type", "access level", "flags"];

/// Returns whether a step is shown in the table: a new permission of which something is known.
pub(super) fn is_row(step: &Step) -> bool {
    step.entity.kind == Kind::Permission && step.difference == Difference::New && value(step, "access_level").is_some()
}

/// Returns the table of the permissions of `blueprint`, its headings first; nothing without a step.
pub(super) fn table(blueprint: &str, steps: &[&Step]) -> Vec<String> {
    if steps.is_empty() {
        return Vec::new();
    }
    let rows: Vec<[String; 4]> = steps.iter().map(|step| row(step)).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.chain([HEADINGS[column].len()]).max().unwrap_or_default()
    };
    let [names, types, levels] = [width(0), width(1), width(2)];
    let line = |mark: char, [name, kind, level, flags]: [&str; 4]| {
        let line = format!("{mark} {name:names$}  {kind:types$}  {level:levels$}  {flags}");
        line.trim_end().to_owned()
    };
    let mut lines = vec![format!("+ {blueprint}:")];
    lines.push(line(' ', HEADINGS));
    lines.extend(rows.iter().map(|[name, kind, level, flags]| line('+', [name, kind, level, flags])));
    lines
}

fn row(step: &Step) -> [String; 4] {
    let level = value(step, "access_level").and_then(Value::as_str).unwrap_or_default();
    let is_set = |name: &str| value(step, name) == Some(&Value::Bool(true));
    let mut flags: Vec<String> = [
        ("sensitive", "sensitive"),
        ("account_wide", "account-wide"),
        ("leaves_behind", "leaves something behind"),
        ("pass_role", "passes a role"),
    ]
    .into_iter()
    .filter(|(property, _)| is_set(property))
    .map(|(_, flag)| flag.to_owned())
    .collect();
    if !is_set("account_wide") && value(step, "resource_kinds").is_some_and(Value::is_null) {
        flags.push("needs several resources".to_owned());
    }
    // A title that somebody chose is part of what is written.
    if let Some(title) = step.entity.title_of_new().filter(|title| *title != step.entity.identifier) {
        flags.push(format!("title {}", quoted(&title)));
    }
    [quoted(&step.entity.identifier), quoted(&step.entity.resource_type), level.to_owned(), flags.join(", ")]
}

fn value<'a>(step: &'a Step, property: &str) -> Option<&'a Value> {
    step.entity.properties.iter().find(|(name, _)| *name == property).map(|(_, value)| value)
}
