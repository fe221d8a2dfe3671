//! The records as a table for spreadsheets (RFC 4180).

use serde_json::Value;

use super::Record;

const COLUMNS: [&str; 19] = [
    "grant",
    "requester",
    "approver",
    "reason",
    "resource",
    "additional_resources",
    "actions",
    "account",
    "granted_from",
    "granted_until",
    "state",
    "revoked_at",
    "revoked_by",
    "run",
    "extends",
    "break_glass_by",
    "review_due",
    "policy_digest",
    "trust_digest",
];

/// Returns the records as CSV with a head, digest and chain in the last two columns.
pub fn csv(records: &[Record]) -> String {
    let row = |cells: Vec<String>| cells.join(",") + "\r\n";
    let mut head: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    head.extend(["digest".to_owned(), "chain".to_owned()]);
    let mut text = row(head);
    for record in records {
        let properties = &record.content["properties"];
        let mut cells: Vec<String> = COLUMNS.iter().map(|column| cell(&words(&properties[*column]))).collect();
        cells.extend([cell(&record.digest), cell(&record.chain)]);
        text.push_str(&row(cells));
    }
    text
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A spreadsheet takes what begins so for a formula; people write some of it.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_stays_a_cell_and_is_no_formula() {
        let content = json!({ "properties": { "grant": "g", "reason": "=1+1", "actions": ["s3:a", "s3:b"], "requester": "a,\"b\"" } });
        let text = csv(&[Record { content, digest: "d".to_owned(), chain: "c".to_owned() }]);
        let (head, row) = text.split_once("\r\n").unwrap();
        assert!(head.starts_with("grant,requester,") && head.ends_with(",digest,chain"), "{head}");
        assert_eq!(row, "g,\"a,\"\"b\"\"\",,'=1+1,,,s3:a s3:b,,,,,,,,,,,,,d,c\r\n");
    }
}
