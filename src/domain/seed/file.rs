//! Reads a file: `resources:` and `permissions:`, each a list of entries. Strict: an unknown key is a mistake.

use std::sync::Arc;

use serde_saphyr::Spanned;

use super::node::Node;
use super::{ENTRY_KEYS, Entry, Kind, LineMistake, Place, Placed, Remark, table};
use crate::domain::refusal::quoted;

/// What a file says, and what is wrong with its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedFile {
    /// The entries that could be read, in the order of the file.
    pub entries: Vec<Entry>,
    /// Everything that is wrong with the form.
    pub mistakes: Vec<Remark>,
}

/// Parses the text of the file `name`, JSON or YAML:
/// `{resources: [{identifier, title?, resource_type?, account?}], permissions: [{identifier, title?, resource_type?}]}`; or a table
/// in CSV, where the name ends in `.csv` or the first line names its columns.
///
/// A text that is none of them ends at its first mistake; otherwise all mistakes are found.
pub fn parse(name: &str, text: &str) -> ParsedFile {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if table::is_table(name, text) {
        return table::parse(Arc::from(name), text);
    }
    let mut reader = Reader { file: Arc::from(name), parsed: ParsedFile::default() };
    match Node::read(text) {
        Ok(root) => reader.root(root),
        Err(LineMistake { line, message }) => reader.note(line, message),
    }
    reader.parsed
}

struct Reader {
    file: Arc<str>,
    parsed: ParsedFile,
}

impl Reader {
    fn place(&self, line: u64) -> Place {
        // A part that stands nowhere, such as an empty file, is shown at the beginning.
        Place::Line { file: Arc::clone(&self.file), line: line.max(1) }
    }

    fn note(&mut self, line: u64, message: impl Into<String>) {
        let place = self.place(line);
        self.parsed.mistakes.push(Remark { place, message: message.into() });
    }

    fn root(&mut self, root: Spanned<Node>) {
        let line = line(&root);
        let Node::Map(sections) = root.value else {
            let kind = root.value.kind();
            return self.note(line, format!("the file holds {kind}; write `resources:` and `permissions:`"));
        };
        if sections.is_empty() {
            self.note(line, "the file names neither `resources` nor `permissions`");
        }
        for (key, value) in sections {
            match Kind::ALL.into_iter().find(|kind| kind.key() == key.value) {
                Some(kind) => self.section(kind, value),
                None => {
                    let message =
                        format!("{} is not known here; write `resources` or `permissions`", quoted(&key.value));
                    self.note(line_of_key(&key, &value), message);
                }
            }
        }
    }

    fn section(&mut self, kind: Kind, section: Spanned<Node>) {
        let line = line(&section);
        match section.value {
            Node::List(entries) => {
                for entry in entries {
                    self.entry(kind, entry);
                }
            }
            Node::Nothing => {}
            other => {
                let message = format!("`{}` is {}; it must be a list of entries", kind.key(), other.kind());
                self.note(line, message);
            }
        }
    }

    fn entry(&mut self, kind: Kind, entry: Spanned<Node>) {
        let line = line(&entry);
        let Node::Map(fields) = entry.value else {
            let message = format!("an entry is {}; write `identifier: …`", entry.value.kind());
            return self.note(line, message);
        };
        let [mut identifier, mut title, mut resource_type, mut account] = [None, None, None, None];
        let before = self.parsed.mistakes.len();
        for (key, value) in fields {
            let slot = match key.value.as_str() {
                "identifier" => &mut identifier,
                "title" => &mut title,
                "resource_type" => &mut resource_type,
                "account" => &mut account,
                other => {
                    let message = format!("{} is not known here; an entry has {}", quoted(other), keys());
                    self.note(line_of_key(&key, &value), message);
                    continue;
                }
            };
            *slot = self.text(&key.value, value);
        }
        match identifier {
            Some(identifier) => self.parsed.entries.push(Entry { kind, identifier, title, resource_type, account }),
            None if self.parsed.mistakes.len() == before => {
                self.note(line, "the entry has no `identifier`");
            }
            None => {}
        }
    }

    fn text(&mut self, key: &str, value: Spanned<Node>) -> Option<Placed> {
        let line = line(&value);
        match value.value {
            Node::Text(text) => Some(Placed { text, place: self.place(line) }),
            Node::Nothing if key != "identifier" => None,
            other => {
                let message = format!("`{key}` is {}; it must be text (in quotes, where in doubt)", other.kind());
                self.note(line, message);
                None
            }
        }
    }
}

fn keys() -> String {
    ENTRY_KEYS.map(|key| format!("`{key}`")).join(", ")
}

fn line<T>(part: &Spanned<T>) -> u64 {
    part.referenced.line()
}

/// Returns the line of a key; where the reader does not know it, that of its value.
fn line_of_key(key: &Spanned<String>, value: &Spanned<Node>) -> u64 {
    if line(key) > 0 { line(key) } else { line(value) }
}
