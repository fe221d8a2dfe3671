//! One grant, for people.

use serde_json::Value;

use crate::domain::identifier::GrantId;
use crate::domain::overview::{Hints, Row};
use crate::domain::printable::one_line;
use crate::domain::time::{relative, utc};
use crate::domain::trust;
use crate::engine::overview::{Closely, InAws, InPort};

/// Returns everything there is, each value on a line of its own.
pub(super) fn text(grant: &GrantId, seen: &Closely, hints: Option<&Hints>, not_looked_at: &[String]) -> String {
    let mut lines: Vec<String> = not_looked_at.iter().map(|sentence| one_line(sentence)).collect();
    match &seen.row {
        Some(row) => lines.extend(of_row(row, seen.aws.as_ref())),
        None => lines.push(format!("{grant}: no such grant, but something of it is left")),
    }
    lines.extend(seen.port.iter().flat_map(of_port));
    lines.extend(seen.aws.iter().flat_map(of_aws));
    lines.extend(hints.into_iter().flat_map(of_use));
    lines.join("\n")
}

fn of_row(row: &Row, aws: Option<&InAws>) -> Vec<String> {
    let until = match (row.ended.or(row.until), aws) {
        // Its time may not be over yet: it was taken away.
        (Some(ended), Some(aws)) if row.ended.is_some() => {
            format!(", ended {} ({})", utc(ended), relative(ended, aws.now))
        }
        (Some(ended), None) if row.ended.is_some() => format!(", ended {}", utc(ended)),
        (Some(until), Some(aws)) => format!(", until {} ({})", utc(until), relative(until, aws.now)),
        (Some(until), None) => format!(", until {}", utc(until)),
        (None, _) => ", until nobody knows when".to_owned(),
    };
    let mut lines = vec![format!("{}: {}{until}", row.grant, row.state.word())];
    lines.extend(row.differences.iter().map(|difference| format!("  ! {}", one_line(difference))));
    let fields = [
        ("requester", row.requesters.join(", ")),
        ("resource", row.resources.join(", ")),
        ("actions", row.actions.join(", ")),
        ("account", row.account.clone().unwrap_or_default()),
        ("from", row.from.map(utc).unwrap_or_default()),
        ("reason", row.reason.clone().unwrap_or_default()),
        ("extends", row.extends.clone().unwrap_or_default()),
    ];
    lines.extend(fields.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| field(name, text)));
    lines
}

fn of_port(port: &InPort) -> Vec<String> {
    let mut lines = vec![String::new(), "In Port".to_owned()];
    for (what, entity) in [("entity", &port.entity), ("record", &port.record)] {
        match entity {
            None => lines.push(field(what, "none")),
            Some(entity) => {
                lines.push(field(what, &entity.identifier));
                lines.extend(properties(&entity.properties));
            }
        }
    }
    lines.push(match &port.run {
        None => field("run", "none"),
        Some(run) => {
            let label = run.status_label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
            let by = run.created_by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
            let at = run.created_at.map(|at| format!(", at {}", utc(at))).unwrap_or_default();
            field("run", &format!("{} of {}: {}{label}{by}{at}", run.id, run.action, run.status))
        }
    });
    lines
}

/// Documents are shown where AWS has them, and a receipt is in the JSON.
fn properties(properties: &Value) -> Vec<String> {
    let shown = |(name, value): (&String, &Value)| match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(format!("    {}: {}", one_line(name), one_line(text))),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => {
            let words: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), one_line)).collect();
            Some(format!("    {}: {}", one_line(name), words.join(", ")))
        }
        other => Some(format!("    {}: {other}", one_line(name))),
    };
    properties.as_object().into_iter().flatten().filter_map(shown).collect()
}

fn of_aws(aws: &InAws) -> Vec<String> {
    let mut lines = vec![String::new(), format!("In AWS, account {}, at {}", aws.account.id, utc(aws.now))];
    match &aws.role {
        None => lines.push(field("role", "none")),
        Some(role) => {
            lines.push(field("role", &role.arn));
            let end = trust::end_of(&role.trust).map_or_else(|| "none that its trust carries".to_owned(), utc);
            lines.push(field("end", &end));
            lines.push(field("boundary", role.boundary.as_deref().unwrap_or("none")));
            let seconds = role.max_session_seconds.map(|seconds| format!("{seconds} seconds"));
            lines.push(field("session", &seconds.unwrap_or_else(|| "unknown".to_owned())));
            let attached = if aws.attached.is_empty() { "nothing".to_owned() } else { aws.attached.join(", ") };
            lines.push(field("attached", &attached));
            if !aws.inline.is_empty() {
                lines.push(field("inline", &aws.inline.join(", ")));
            }
            lines.extend(role.tags.iter().map(|(key, value)| field("tag", &format!("{key} = {value}"))));
            lines.push(field("trust", ""));
            lines.extend(document(&role.trust));
        }
    }
    for policy in &aws.policies {
        let attached = if policy.is_attached { "" } else { ", not attached" };
        lines.push(field("policy", &format!("{}{attached}", policy.state.arn)));
        lines.extend(document(&policy.state.document));
    }
    lines
}

fn of_use(hints: &Hints) -> Vec<String> {
    let mut lines = vec![String::new(), "How to use it".to_owned()];
    lines.extend(hints.switch_role.iter().map(|link| field("sign in", link)));
    lines.extend(hints.console.iter().map(|link| field("then", link)));
    lines.push(field("profile", "for ~/.aws/config, where `default` is the profile that holds your own credentials:"));
    lines.extend(hints.profile.lines().map(|line| format!("    {line}")));
    lines.extend(hints.notes.iter().map(|note| field("note", note)));
    lines
}

fn document(value: &Value) -> Vec<String> {
    format!("{value:#}").lines().map(|line| format!("    {line}")).collect()
}

fn field(name: &str, text: &str) -> String {
    format!("  {name:<10} {}", one_line(text)).trim_end().to_owned()
}
