//! The records as a table for spreadsheets.

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
    let head: Vec<&str> = COLUMNS.into_iter().chain(["digest", "chain"]).collect();
    let row = |record: &Record| {
        let properties = &record.content["properties"];
        let mut cells: Vec<String> = COLUMNS.iter().map(|column| words(&properties[*column])).collect();
        cells.extend([record.digest.clone(), record.chain.clone()]);
        cells
    };
    crate::domain::csv::csv(&head, records.iter().map(row))
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
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
