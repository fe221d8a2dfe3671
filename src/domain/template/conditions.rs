//! Conditions that must all hold, in one statement. None may replace another: that could widen a grant.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::refuse;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::time::utc;

/// Names of condition keys are the same in any case of letters (IAM User Guide, "Condition").
const NOW: &str = "aws:CurrentTime";

/// Checks what the conditions of the template `file` must be to be joined with others.
pub(super) fn check(file: &'static str, conditions: &Map<String, Value>) -> Result<(), Refusal> {
    for (operator, keys) in conditions {
        let mut names: Vec<String> =
            keys.as_object().into_iter().flat_map(Map::keys).map(|key| key.to_lowercase()).collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(refuse(file, &format!("has {} twice under {}", quoted(&pair[0]), quoted(operator))));
        }
    }
    until(file, conditions.clone(), Timestamp::MIN).map(|_| ())
}

/// Returns the conditions that hold exactly when both `one` and `other` do.
pub(super) fn both(
    file: &'static str,
    one: &Map<String, Value>,
    other: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let mut all = one.clone();
    for (operator, keys) in other {
        let existing = all.entry(operator.clone()).or_insert_with(|| json!({}));
        let (Value::Object(existing), Value::Object(keys)) = (existing, keys) else {
            return Err(refuse(file, &format!("has a condition {} that is no object", quoted(operator))));
        };
        for (key, values) in keys {
            let values = match take(existing, key) {
                None => values.clone(),
                Some(theirs) => intersection(file, operator, key, &theirs, values)?,
            };
            existing.insert(key.clone(), values);
        }
    }
    Ok(all)
}

/// Returns the conditions with the end of the grant, or their own where that is earlier.
pub(super) fn until(
    file: &'static str,
    mut conditions: Map<String, Value>,
    end: Timestamp,
) -> Result<Map<String, Value>, Refusal> {
    let dates = conditions.entry("DateLessThan").or_insert_with(|| json!({}));
    let Value::Object(dates) = dates else {
        return Err(refuse(file, "has a condition DateLessThan that is no object"));
    };
    let own = take(dates, NOW).map(|values| latest(file, &values)).transpose()?;
    dates.insert(NOW.to_owned(), json!(utc(own.map_or(end, |own| own.min(end)))));
    Ok(conditions)
}

/// Returns the end that the conditions have of their own.
pub(super) fn own_end(file: &'static str, conditions: &Map<String, Value>) -> Result<Option<Timestamp>, Refusal> {
    let mut dates = conditions.get("DateLessThan").and_then(Value::as_object).cloned().unwrap_or_default();
    take(&mut dates, NOW).map(|values| latest(file, &values)).transpose()
}

/// Takes the value of a key out, however it is spelt.
fn take(keys: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let found = keys.keys().find(|known| known.eq_ignore_ascii_case(key))?.clone();
    keys.shift_remove(&found)
}

/// A condition with several values holds when one of them does: of several ends that is the latest.
fn latest(file: &'static str, values: &Value) -> Result<Timestamp, Refusal> {
    let moments = texts(values).into_iter().map(|text| text.and_then(|text| text.parse::<Timestamp>().ok()));
    let moments: Option<Vec<Timestamp>> = moments.collect();
    moments.and_then(|moments| moments.into_iter().max()).ok_or_else(|| {
        let values = quoted(&values.to_string());
        refuse(file, &format!("compares {NOW} with {values}, which is no time such as 2026-11-23T20:00:00Z"))
    })
}

/// Returns the values that satisfy both of two conditions on one key.
fn intersection(file: &'static str, operator: &str, key: &str, theirs: &Value, ours: &Value) -> Result<Value, Refusal> {
    if theirs == ours {
        return Ok(ours.clone());
    }
    let plain = |values: &Value| -> Option<Vec<String>> {
        let plain = |text: Option<&str>| text.filter(|text| !text.contains("${")).map(str::to_owned);
        texts(values).into_iter().map(plain).collect()
    };
    // Of no other operator are the values that satisfy two lists simply those that stand in both.
    if let (Some(theirs), Some(ours), "StringEquals") = (plain(theirs), plain(ours), operator) {
        let common: Vec<&String> = ours.iter().filter(|value| theirs.contains(value)).collect();
        if !common.is_empty() {
            return Ok(json!(common));
        }
    }
    let (operator, key) = (quoted(operator), quoted(key));
    let reason = format!("has a condition {operator} on {key}, which the grant needs for a condition of its own");
    Err(refuse(file, &reason))
}

fn texts(values: &Value) -> Vec<Option<&str>> {
    match values {
        Value::Array(values) => values.iter().map(Value::as_str).collect(),
        value => vec![value.as_str()],
    }
}
