//! An export: its head and its records, all of it in one chain.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::contents::{content, may_have_been_live_after};
use crate::domain::catalog::Entity;
use crate::domain::digest::{canonical, digest, text_digest};
use crate::domain::time::utc;

/// What the first line of an export calls itself.
const FORMAT: &str = "port-iam audit 2";
/// The same of one whose chain began with the first record, so that anybody could have changed what the head tells.
const FORMER: &str = "port-iam audit 1";

/// The records of all grants that had not ended before a moment.
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

impl Export {
    /// Returns the records of all grants that had not ended before `since`, oldest first, as they are `at` this moment.
    pub fn of(entities: &[Entity], at: Timestamp, since: Option<Timestamp>) -> Self {
        // It is read back in whole seconds, and must be the same then.
        let mut export = Self { records: Vec::new(), at: whole(at), since: since.map(whole) };
        let is_of_it = |entity: &&Entity| may_have_been_live_after(entity, export.since);
        let mut chosen: Vec<&Entity> = entities.iter().filter(is_of_it).collect();
        chosen.sort_by_key(|entity| (entity.text("granted_from").map(str::to_owned), entity.identifier.clone()));
        for entity in chosen {
            export.add(content(entity));
        }
        export
    }

    /// Returns how the chain ends: the digest of everything that the export tells.
    pub fn chain(&self) -> String {
        self.records.last().map_or_else(|| self.beginning(), |record| record.chain.clone())
    }

    /// Returns the export as lines of JSON, the first of which tells what it is, how many records follow and how the chain
    /// ends.
    pub fn json_lines(&self) -> String {
        let line = |record: &Record| {
            json!({ "record": record.content, "digest": record.digest, "chain": record.chain }).to_string()
        };
        let lines = std::iter::once(self.head().to_string()).chain(self.records.iter().map(line));
        lines.map(|line| line + "\n").collect()
    }

    fn head(&self) -> Value {
        json!({
            "format": FORMAT,
            "exported_at": utc(self.at),
            "since": self.since.map(utc),
            "records": self.records.len(),
            "chain": self.chain(),
        })
    }

    /// What an export leaves out, and what should be in it, hangs on these.
    fn beginning(&self) -> String {
        digest(&json!({ "format": FORMAT, "exported_at": utc(self.at), "since": self.since.map(utc) }))
    }

    fn add(&mut self, content: Value) {
        let digest = digest(&content);
        let chain = text_digest(&format!("{}\n{digest}", self.chain()));
        self.records.push(Record { content, digest, chain });
    }
}

fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

/// Reads an export and checks that it is whole: every digest, the chain from its head on, and its end.
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
    if head["format"] == FORMER {
        let what = "says that an earlier version made it, whose chain did not cover when it was made and since when: \
                    what it leaves out could not be told from what was added";
        return Err(at(1, what));
    }
    if head["format"] != FORMAT {
        return Err(at(1, "does not say that this is an export of port-iam"));
    }
    let moment = |key: &str| head[key].as_str().map(str::parse::<Timestamp>).transpose();
    let (Ok(Some(exported)), Ok(since)) = (moment("exported_at"), moment("since")) else {
        return Err(at(1, "does not tell when the export was made, or since when"));
    };
    let mut export = Export { records: Vec::new(), at: exported, since };
    for line in lines {
        let (number, line) = line?;
        export.add(canonical(&line["record"]));
        let added = export.records.last();
        if added.is_none_or(|record| line["digest"] != record.digest.as_str()) {
            return Err(at(number, "was changed: its digest is another one"));
        }
        if added.is_none_or(|record| line["chain"] != record.chain.as_str()) {
            return Err(at(number, "is out of its place: a line before it was added, changed or taken away"));
        }
    }
    if head != export.head() {
        return Err(at(1, "was changed, or tells another number or another end of the lines than there is"));
    }
    Ok(export)
}

fn at(line: usize, what: &str) -> String {
    format!("line {line} {what}")
}
