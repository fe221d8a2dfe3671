//! The permanent records as a file that tells later what has become of them: each with the digest of its content, all
//! of them chained.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalog::Entity;
use super::digest::{canonical, digest};
use super::evidence;
use super::time::utc;

pub use table::csv;

/// What the first line of an export calls itself, and what the chain begins with.
const FORMAT: &str = "port-iam audit 1";
/// What a record gains when its grant ends.
const OF_THE_END: [&str; 4] = ["state", "revoked_at", "revoked_by", "receipt"];

const REVIEW_DUE: &str = "review_due";
/// A grant is put on record a moment after its beginning, and clocks lie apart: what began so shortly before an export
/// may rightly be missing in it.
const IN_THE_MAKING: SignedDuration = SignedDuration::from_mins(5);

/// An export, as it was read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The records, oldest first.
    pub records: Vec<Record>,
    /// When it was made.
    pub at: Timestamp,
    /// What had ended before was left out.
    pub since: Option<Timestamp>,
}

/// One record of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Identifier, title, properties and relations, keys sorted.
    pub content: Value,
    /// SHA-256 of the content.
    pub digest: String,
    /// SHA-256 of the chain before it and its digest.
    pub chain: String,
}

impl Record {
    /// Returns the identifier, which is that of the grant.
    pub fn identifier(&self) -> &str {
        self.content["identifier"].as_str().unwrap_or_default()
    }
}

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
}

/// Returns the records of all grants that had not ended before `since`, oldest first, with digests and chain.
pub fn export(entities: &[Entity], since: Option<Timestamp>) -> Vec<Record> {
    let mut chosen: Vec<&Entity> = entities.iter().filter(|entity| was_live_after(entity, since)).collect();
    chosen.sort_by_key(|entity| (entity.text("granted_from").map(str::to_owned), entity.identifier.clone()));
    let mut chain = FORMAT.to_owned();
    let record = |entity: &Entity| {
        let content = content(entity);
        let digest = digest(&content);
        chain = link(&chain, &digest);
        Record { content, digest, chain: chain.clone() }
    };
    chosen.into_iter().map(record).collect()
}

/// Returns an export as lines of JSON, the first of which tells what it is, how many records follow and how the chain
/// ends.
pub fn json_lines(records: &[Record], at: Timestamp, since: Option<Timestamp>) -> String {
    let head = json!({
        "format": FORMAT,
        "exported_at": utc(at),
        "since": since.map(utc),
        "records": records.len(),
        "chain": records.last().map(|record| record.chain.as_str()),
    });
    let line = |record: &Record| {
        json!({ "record": record.content, "digest": record.digest, "chain": record.chain }).to_string()
    };
    std::iter::once(head.to_string()).chain(records.iter().map(line)).map(|line| line + "\n").collect()
}

/// Reads an export and checks that it is whole: every digest, the chain, and its end.
///
/// # Errors
///
/// Returns what is wrong with it and in which line.
pub fn read(text: &str) -> Result<Export, String> {
    let mut lines = text.lines().enumerate().map(|(index, line)| {
        serde_json::from_str::<Value>(line).map(|value| (index + 1, value)).map_err(|_| at(index + 1, "is no JSON"))
    });
    let head = match lines.next() {
        Some(head) => head?.1,
        None => return Err("it is empty".to_owned()),
    };
    if head["format"] != FORMAT {
        return Err(at(1, "does not say that this is an export of port-iam"));
    }
    let moment = |key: &str| head[key].as_str().map(str::parse::<Timestamp>).transpose();
    let (Ok(Some(exported)), Ok(since)) = (moment("exported_at"), moment("since")) else {
        return Err(at(1, "does not tell when the export was made, or since when"));
    };
    let mut records: Vec<Record> = Vec::new();
    for line in lines {
        let (number, line) = line?;
        let content = canonical(&line["record"]);
        let digest = digest(&content);
        let chain = link(records.last().map_or(FORMAT, |record| &record.chain), &digest);
        if line["digest"] != digest.as_str() {
            return Err(at(number, "was changed: its digest is another one"));
        }
        if line["chain"] != chain.as_str() {
            return Err(at(number, "is out of its place: a line before it was added, changed or taken away"));
        }
        records.push(Record { content, digest, chain });
    }
    let last = records.last().map(|record| record.chain.as_str());
    if head["records"] != records.len() || head["chain"].as_str() != last {
        return Err(at(1, "tells another number or another end of the lines than there is"));
    }
    Ok(Export { records, at: exported, since })
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
        } else if is_an_end(&record.content, &now, &fields) {
            comparison.ended += 1;
        } else {
            comparison.findings.push(Finding::Changed { record: identifier.to_owned(), fields });
        }
    }
    let known: BTreeSet<&str> = earlier.records.iter().map(Record::identifier).collect();
    let is_added = |entity: &&&Entity| {
        let is_known = known.contains(entity.identifier.as_str());
        !is_known && was_live_after(entity, earlier.since) && began_before(entity, earlier.at)
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
/// its grant has ended in between.
pub fn edited_fields(before: &Entity, after: &Entity) -> Vec<String> {
    let before = content(before);
    let after = content(after);
    let fields = differences(&before, &after);
    if is_an_end(&before, &after, &fields) { Vec::new() } else { fields }
}

/// The end of a grant that had ended before is a change like any other, and so is one that takes away what was found of it.
fn is_an_end(before: &Value, after: &Value, fields: &[String]) -> bool {
    let [before, after] = [before, after].map(|record| &record["properties"]);
    let was_open = before["revoked_at"].is_null();
    was_open
        && evidence::is_kept(&before["receipt"], &after["receipt"])
        && fields.iter().all(|field| OF_THE_END.contains(&field.as_str()))
}

fn content(entity: &Entity) -> Value {
    canonical(&json!({
        "identifier": entity.identifier,
        "title": entity.title,
        "properties": entity.properties,
        "relations": entity.relations,
    }))
}

fn link(chain: &str, digest: &str) -> String {
    let hash = Sha256::digest(format!("{chain}\n{digest}"));
    let hexadecimal: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hexadecimal}")
}

fn at(line: usize, what: &str) -> String {
    format!("line {line} {what}")
}

/// What tells no end is taken to be live.
fn was_live_after(entity: &Entity, since: Option<Timestamp>) -> bool {
    let Some(since) = since else { return true };
    let end = entity.text("revoked_at").or_else(|| entity.text("granted_until"));
    end.and_then(|end| end.parse::<Timestamp>().ok()).is_none_or(|end| end >= since)
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
mod tests {
    use super::*;

    fn entity(id: &str, properties: Value) -> Entity {
        Entity { identifier: id.to_owned(), title: None, properties, relations: json!({}) }
    }

    fn entities() -> Vec<Entity> {
        vec![
            entity(
                "b",
                json!({ "granted_from": "2026-03-02T10:00:00Z", "granted_until": "2026-03-02T11:00:00Z", "requester": "dana" }),
            ),
            entity(
                "a",
                json!({ "granted_from": "2026-01-02T10:00:00Z", "granted_until": "2026-04-01T11:00:00Z", "revoked_at": "2026-01-03T00:00:00Z" }),
            ),
            entity("c", json!({ "granted_from": "2026-03-05T10:00:00Z", "granted_until": "2026-03-06T11:00:00Z" })),
        ]
    }

    fn exported() -> String {
        json_lines(&export(&entities(), None), "2026-04-02T00:00:00Z".parse().unwrap(), None)
    }

    #[test]
    fn an_export_is_read_back_as_it_was_written_oldest_first() {
        let Export { records, at, since } = read(&exported()).unwrap();
        assert_eq!(records, export(&entities(), None));
        assert_eq!((utc(at).as_str(), since), ("2026-04-02T00:00:00Z", None));
        assert_eq!(records.iter().map(Record::identifier).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn since_leaves_out_what_had_ended_before() {
        let since = "2026-03-01T00:00:00Z".parse().ok();
        let records = export(&entities(), since);
        assert_eq!(records.iter().map(Record::identifier).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn whatever_is_changed_in_an_export_is_noticed() {
        let text = exported();
        let lines: Vec<&str> = text.lines().collect();
        let without = |index: usize| [&lines[..index], &lines[index + 1..]].concat().join("\n");
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        for forged in [
            text.replace("dana", "ada"),
            without(1),
            without(3),
            swapped.join("\n"),
            format!("{text}{}\n", lines[3]),
            text.replace("\"records\":3", "\"records\":2"),
            text.replace("\"exported_at\":\"2026", "\"exported_at\":\"x"),
            text.replace("\"since\":null", "\"since\":\"x\""),
            without(0),
            String::new(),
            text.replace("{\"record\"", "\"record\""),
        ] {
            assert!(read(&forged).is_err(), "{forged}");
        }
    }

    #[test]
    fn an_end_is_told_apart_from_a_change_and_from_a_deletion() {
        let earlier = read(&exported()).unwrap();
        let mut now = entities();
        assert_eq!(compare(&earlier, &now), Comparison { unchanged: 3, ..Comparison::default() });
        now[0].properties["revoked_at"] = json!("2026-03-02T11:00:00Z");
        now[0].properties["state"] = json!("expired");
        assert_eq!(compare(&earlier, &now), Comparison { unchanged: 2, ended: 1, findings: Vec::new() });
        // The end of a grant that had ended is a change, and so is anything beside the end.
        now[1].properties["revoked_at"] = json!("2026-01-04T00:00:00Z");
        now[0].properties["requester"] = json!("ada");
        now.pop();
        let changed = |record: &str, fields: &[&str]| Finding::Changed {
            record: record.to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
        };
        assert_eq!(
            compare(&earlier, &now).findings,
            [
                changed("a", &["revoked_at"]),
                changed("b", &["requester", "revoked_at", "state"]),
                Finding::Deleted { record: "c".to_owned() },
            ]
        );
    }

    #[test]
    fn a_record_that_began_before_an_export_and_is_not_in_it_was_added() {
        let since = "2026-03-01T00:00:00Z".parse().ok();
        let text = json_lines(&export(&entities(), since), "2026-04-02T00:00:00Z".parse().unwrap(), since);
        let added = |properties: Value| {
            let now = [entities(), vec![entity("z", properties)]].concat();
            compare(&read(&text).unwrap(), &now).findings
        };
        let of_z = [Finding::Added { record: "z".to_owned() }];
        let until = "2026-04-03T00:00:00Z";
        assert_eq!(added(json!({ "granted_from": "2026-03-04T00:00:00Z", "granted_until": until })), of_z);
        assert_eq!(added(json!({ "granted_from": "2026-04-01T23:55:00Z", "granted_until": until })), of_z);
        for nothing in [json!({}), json!({ "granted_from": 7 })] {
            assert_eq!(added(nothing.clone()), of_z, "{nothing}");
        }
        // It was being made, it came later, or it had ended before what the export holds.
        for (from, until) in [
            ("2026-04-01T23:55:01Z", until),
            ("2026-04-02T10:00:00Z", until),
            // Nothing is later by five minutes.
            ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
            ("2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z"),
        ] {
            assert_eq!(added(json!({ "granted_from": from, "granted_until": until })), [], "{from}");
        }
    }
}
