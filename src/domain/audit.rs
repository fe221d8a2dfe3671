//! The permanent records as a file that tells later what has become of them: each with the digest of its content, all
//! of them chained.

mod contents;
mod export;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::catalog::Entity;
use super::evidence;
use super::state::GrantState;
use contents::{content, was_due_after};

pub use export::{Export, Record, read};
pub use table::csv;

/// What a record gains when its grant ends.
const OF_THE_END: [&str; 4] = ["state", "revoked_at", "revoked_by", "receipt"];

const REVIEW_DUE: &str = "review_due";
/// A grant is put on record a moment after its beginning, and clocks lie apart: what began so shortly before an export
/// may rightly be missing in it.
const IN_THE_MAKING: SignedDuration = SignedDuration::from_mins(5);

/// A record that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is not there any more.
    Deleted {
        /// Its identifier.
        record: String,
    },
    /// It says something else.
    Changed {
        /// Its identifier.
        record: String,
        /// What differs: names of properties, `title` and `relations`.
        fields: Vec<String>,
    },
    /// It says that its grant began before the export, in which it is not.
    Added {
        /// Its identifier.
        record: String,
    },
}

/// What became of the records of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What should not be.
    pub findings: Vec<Finding>,
    /// How many are as they were.
    pub unchanged: usize,
    /// How many have gained the end of their grant, and nothing else.
    pub ended: usize,
    /// How many have gained what was found of their grant, which goes on, and nothing else.
    pub noted: usize,
}

/// What became of a record that differs.
enum Since {
    /// Its grant has ended.
    Ended,
    /// Something was found of its grant, which goes on.
    Noted,
    /// It says something else.
    Changed,
}

/// Compares an earlier export with what Port holds now. That a grant has ended since is told apart from a change, and what
/// should have been in the export from what came later.
pub fn compare(earlier: &Export, entities: &[Entity]) -> Comparison {
    let now: BTreeMap<&str, &Entity> = entities.iter().map(|entity| (entity.identifier.as_str(), entity)).collect();
    let mut comparison = Comparison::default();
    for record in &earlier.records {
        let identifier = record.identifier();
        let Some(entity) = now.get(identifier) else {
            comparison.findings.push(Finding::Deleted { record: identifier.to_owned() });
            continue;
        };
        let now = content(entity);
        let fields = differences(&record.content, &now);
        if fields.is_empty() {
            comparison.unchanged += 1;
            continue;
        }
        match since(&record.content, &now, &fields) {
            Since::Ended => comparison.ended += 1,
            Since::Noted => comparison.noted += 1,
            Since::Changed => comparison.findings.push(Finding::Changed { record: identifier.to_owned(), fields }),
        }
    }
    let known: BTreeSet<&str> = earlier.records.iter().map(Record::identifier).collect();
    let is_added = |entity: &&&Entity| {
        let is_known = known.contains(entity.identifier.as_str());
        // What was only found later brought no record into the export.
        !is_known && was_due_after(entity, earlier.since) && began_before(entity, earlier.at)
    };
    let added = now.values().filter(is_added);
    comparison.findings.extend(added.map(|entity| Finding::Added { record: entity.identifier.clone() }));
    comparison
}

/// What tells no beginning is no record that a grant has made.
fn began_before(entity: &Entity, export: Timestamp) -> bool {
    let from = entity.text("granted_from").and_then(|from| from.parse::<Timestamp>().ok());
    from.is_none_or(|from| from.checked_add(IN_THE_MAKING).is_ok_and(|from| from <= export))
}

/// Returns what differs between two states of a record: names of properties, `title` and `relations`. Nothing does where
/// its grant has ended in between, and where something was found of it.
pub fn edited_fields(before: &Entity, after: &Entity) -> Vec<String> {
    let before = content(before);
    let after = content(after);
    let fields = differences(&before, &after);
    match since(&before, &after, &fields) {
        Since::Ended | Since::Noted => Vec::new(),
        Since::Changed => fields,
    }
}

/// The end of a grant that had ended before is a change like any other, and so is one that takes away what was found of it,
/// and a state without the moment of an end: an attempt that was undone alone has none, and gains nothing but its state.
fn since(before: &Value, after: &Value, fields: &[String]) -> Since {
    let [before, after] = [before, after].map(|record| &record["properties"]);
    if !before["revoked_at"].is_null() || !evidence::is_kept(&before["receipt"], &after["receipt"]) {
        return Since::Changed;
    }
    let are_only = |known: &[&str]| fields.iter().all(|field| known.contains(&field.as_str()));
    let is_undone = after["state"] == GrantState::GrantFailed.as_str();
    if !after["revoked_at"].is_null() && are_only(&OF_THE_END) || is_undone && are_only(&["state"]) {
        Since::Ended
    } else if are_only(&["receipt"]) && evidence::is_the_same_beside(&before["receipt"], &after["receipt"]) {
        Since::Noted
    } else {
        Since::Changed
    }
}

fn differences(earlier: &Value, now: &Value) -> Vec<String> {
    let keys = |value: &Value| -> BTreeSet<String> {
        value["properties"].as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    };
    let all: BTreeSet<String> = keys(earlier).union(&keys(now)).cloned().collect();
    // A property that is not there and one that is null are one to Port.
    let is_reviewed = |key: &String| {
        // That a review is due, and that somebody has done it, is what the property is for. Only who takes the mark off
        // without a word, as though it had never been there, changes a record.
        let [earlier, now] = [earlier, now].map(|record| &record["properties"][key]);
        key == REVIEW_DUE && (*now == true || *earlier == true && *now == false)
    };
    let differs = |key: &String| earlier["properties"][key] != now["properties"][key] && !is_reviewed(key);
    let mut fields: Vec<String> = all.into_iter().filter(differs).collect();
    fields.extend(["title", "relations"].into_iter().filter(|key| earlier[*key] != now[*key]).map(str::to_owned));
    fields
}

#[cfg(test)]
mod tests;
