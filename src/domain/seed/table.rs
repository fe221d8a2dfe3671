//! Reads a file in CSV: a header that names the columns, then an entry a line. As strict as the other forms.

use std::path::Path;
use std::sync::Arc;

use super::records::{Field, records};
use super::{ENTRY_KEYS, Entry, Kind, LineMistake, ParsedFile, Place, Placed, Remark};
use crate::domain::refusal::quoted;

/// Returns whether a text is a table: by the end of the file's name, or by its first line.
pub(super) fn is_table(name: &str, text: &str) -> bool {
    let is_named = Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let first = text.lines().next().unwrap_or_default();
    let mut columns = first.split(',').map(|column| column.trim().trim_matches('"'));
    is_named || (first.contains("identifier") && columns.all(|column| ENTRY_KEYS.contains(&column)))
}

/// Parses a table. What begins with `arn:` is a resource, anything else a permission.
pub(super) fn parse(file: Arc<str>, text: &str) -> ParsedFile {
    let mut reader = Reader { file, parsed: ParsedFile::default() };
    let (records, mistake) = records(text);
    let mut records = records.into_iter();
    match (records.next(), &mistake) {
        (Some(header), _) => reader.table(&header, records),
        (None, None) => reader.note(1, "the file is empty; its first line names the columns"),
        (None, Some(_)) => {}
    }
    if let Some(LineMistake { line, message }) = mistake {
        reader.note(line, message);
    }
    reader.parsed
}

/// Which columns hold what.
struct Columns {
    identifier: usize,
    title: Option<usize>,
    resource_type: Option<usize>,
    account: Option<usize>,
    count: usize,
}

struct Reader {
    file: Arc<str>,
    parsed: ParsedFile,
}

impl Reader {
    fn note(&mut self, line: u64, message: impl Into<String>) {
        let place = self.place(line);
        self.parsed.mistakes.push(Remark { place, message: message.into() });
    }

    fn place(&self, line: u64) -> Place {
        Place::Line { file: Arc::clone(&self.file), line }
    }

    fn table(&mut self, header: &[Field], records: impl Iterator<Item = Vec<Field>>) {
        // Without its columns no line can be judged.
        let Some(columns) = self.columns(header) else { return };
        for record in records {
            self.entry(&columns, record);
        }
    }

    fn columns(&mut self, header: &[Field]) -> Option<Columns> {
        let before = self.parsed.mistakes.len();
        for (place, column) in header.iter().enumerate() {
            let name = quoted(&column.text);
            if !ENTRY_KEYS.contains(&column.text.as_str()) {
                let message = format!(
                    "column {name} is not known here; the columns are identifier, title, resource_type and account, separated by commas"
                );
                self.note(column.line, message);
            } else if header[..place].iter().any(|other| other.text == column.text) {
                self.note(column.line, format!("column {name} is there a second time"));
            }
        }
        let find = |name: &str| header.iter().position(|column| column.text == name);
        let identifier = find("identifier");
        if identifier.is_none() {
            let line = header.first().map_or(1, |column| column.line);
            self.note(line, "there is no column `identifier`; the first line names the columns");
        }
        let identifier = identifier.filter(|_| self.parsed.mistakes.len() == before)?;
        let (title, resource_type, account) = (find("title"), find("resource_type"), find("account"));
        Some(Columns { identifier, title, resource_type, account, count: header.len() })
    }

    fn entry(&mut self, columns: &Columns, record: Vec<Field>) {
        let line = record.first().map_or(1, |field| field.line);
        if record.len() != columns.count {
            let (found, wanted) = (record.len(), columns.count);
            let message = format!(
                "the line has {found} fields, and the first line names {wanted}; put a text with a comma in quotes"
            );
            return self.note(line, message);
        }
        let mut fields: Vec<Option<Placed>> = record.into_iter().map(|field| self.placed(field)).collect();
        let mut take = |column: usize| fields.get_mut(column).and_then(Option::take);
        let (title, resource_type) = (columns.title.and_then(&mut take), columns.resource_type.and_then(&mut take));
        let account = columns.account.and_then(&mut take);
        match take(columns.identifier) {
            Some(identifier) => {
                let kind = if identifier.text.starts_with("arn:") { Kind::Resource } else { Kind::Permission };
                self.parsed.entries.push(Entry { kind, identifier, title, resource_type, account });
            }
            None => self.note(line, "the entry has no `identifier`"),
        }
    }

    /// Returns what a field says; an empty one says nothing.
    fn placed(&self, field: Field) -> Option<Placed> {
        let place = self.place(field.line);
        (!field.text.is_empty()).then_some(Placed { text: field.text, place })
    }
}
