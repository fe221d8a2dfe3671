//! Whether the rows are complete: every field of an answer is forged by one of them, or is said to decide nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fields::{changed, ends, of_any_item, with};
use super::{Forge, Row};

/// What is asked, the fields of its answer that decide nothing, and why.
pub(super) type Idle = (&'static str, &'static [&'static str], &'static str);

/// Returns `METHOD path pointer` of every field of the answers that has no row and is not idle, and of what is said to be
/// idle and is no field, or has a row.
pub(super) fn unaccounted(
    answers: &BTreeMap<String, Vec<Value>>,
    rows: &[Row],
    idle: &[Idle],
) -> (Vec<String>, Vec<String>) {
    let mut forged = BTreeSet::new();
    for row in rows {
        let Forge::Answer(asked, pointer, value) = &row.forge else { continue };
        let original = answers.get(*asked).unwrap_or_else(|| panic!("{}: {asked} is not asked", row.what));
        let pointers = changed(&original[0], &with(&original[0], pointer, value));
        forged.extend(pointers.into_iter().map(|pointer| format!("{asked} {pointer}")));
    }
    let idle: BTreeSet<String> = idle
        .iter()
        .flat_map(|(asked, pointers, why)| {
            assert!(!why.is_empty());
            pointers.iter().map(move |pointer| format!("{asked} {pointer}"))
        })
        .collect();
    let fields: BTreeSet<String> = answers
        .iter()
        .flat_map(|(asked, answers)| answers.iter().map(move |answer| (asked, answer)))
        .flat_map(|(asked, answer)| {
            ends(answer).into_keys().map(move |pointer| format!("{asked} {}", of_any_item(&pointer)))
        })
        .collect();
    let missing = fields.iter().filter(|field| !forged.contains(*field) && !idle.contains(*field)).cloned();
    let stale = idle.iter().filter(|field| !fields.contains(*field) || forged.contains(*field)).cloned();
    (missing.collect(), stale.collect())
}
