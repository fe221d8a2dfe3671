//! Records of a CSV text, as RFC 4180 has them: fields between commas, in double quotes where they hold a comma, a quote
//! or a line's end. Strict where readers are mostly lenient, since a quote that is not closed swallows lines, and every
//! field knows its line.

use std::iter::Peekable;
use std::str::Chars;

use super::LineMistake;

/// A field and the line where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// What it says, without quotes and without blanks around it.
    pub(super) text: String,
    /// Its line, counted from 1.
    pub(super) line: u64,
}

/// Reads records until the end or the first break of the form. Lines without any text are left out.
pub(super) fn records(text: &str) -> (Vec<Vec<Field>>, Option<LineMistake>) {
    let mut reader = Reader { rest: text.chars().peekable(), line: 1 };
    let mut records = Vec::new();
    loop {
        match reader.record() {
            Ok(Some(record)) if record.iter().all(|field| field.text.is_empty()) => {}
            Ok(Some(record)) => records.push(record),
            Ok(None) => return (records, None),
            Err(mistake) => return (records, Some(mistake)),
        }
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: u64,
}

impl Reader<'_> {
    /// Returns the next character; each form of a line's end is one `\n`.
    fn next(&mut self) -> Option<char> {
        let mut character = self.rest.next()?;
        if character == '\r' {
            self.rest.next_if_eq(&'\n');
            character = '\n';
        }
        if character == '\n' {
            self.line += 1;
        }
        Some(character)
    }

    fn record(&mut self) -> Result<Option<Vec<Field>>, LineMistake> {
        if self.rest.peek().is_none() {
            return Ok(None);
        }
        let mut record = Vec::new();
        loop {
            let (field, is_last) = self.field()?;
            record.push(field);
            if is_last {
                return Ok(Some(record));
            }
        }
    }

    /// Returns a field, and whether its record ends behind it.
    fn field(&mut self) -> Result<(Field, bool), LineMistake> {
        while self.rest.next_if(|character| matches!(character, ' ' | '\t')).is_some() {}
        let line = self.line;
        if self.rest.next_if_eq(&'"').is_some() {
            let text = self.quoted(line)?;
            return Ok((Field { text, line }, self.end_of_quoted()?));
        }
        let mut text = String::new();
        loop {
            let at = self.line;
            match self.next() {
                Some('"') => {
                    let message = "a double quote stands inside a field; put the field in quotes and double it";
                    return Err(LineMistake { line: at, message: message.to_owned() });
                }
                Some(',') => return Ok((trimmed(&text, line), false)),
                Some('\n') | None => return Ok((trimmed(&text, line), true)),
                Some(character) => text.push(character),
            }
        }
    }

    fn quoted(&mut self, line: u64) -> Result<String, LineMistake> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') if self.rest.next_if_eq(&'"').is_some() => text.push('"'),
                Some('"') => return Ok(text.trim().to_owned()),
                Some(character) => text.push(character),
                None => {
                    let message = "the double quote that opens here is never closed".to_owned();
                    return Err(LineMistake { line, message });
                }
            }
        }
    }

    fn end_of_quoted(&mut self) -> Result<bool, LineMistake> {
        while self.rest.next_if(|character| matches!(character, ' ' | '\t')).is_some() {}
        let line = self.line;
        match self.next() {
            Some(',') => Ok(false),
            Some('\n') | None => Ok(true),
            Some(_) => {
                let message = "behind a closing double quote comes a comma; a quote inside a field is doubled";
                Err(LineMistake { line, message: message.to_owned() })
            }
        }
    }
}

fn trimmed(text: &str, line: u64) -> Field {
    Field { text: text.trim().to_owned(), line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Vec<(String, u64)>>, Option<u64>) {
        let (records, mistake) = records(text);
        let fields = |record: Vec<Field>| record.into_iter().map(|field| (field.text, field.line)).collect();
        (records.into_iter().map(fields).collect(), mistake.map(|mistake| mistake.line))
    }

    fn own(fields: &[(&str, u64)]) -> Vec<(String, u64)> {
        fields.iter().map(|&(text, line)| (text.to_owned(), line)).collect()
    }

    #[test]
    fn every_field_knows_its_line_whatever_ends_the_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", ",", "\"c\"\"1\", \" d", "e\" ,f"].join(end);
            let expected = vec![own(&[("a", 1), ("b", 1)]), own(&[("c\"1", 4), ("d\ne", 4), ("f", 5)])];
            assert_eq!(read(&text), (expected, None), "{end:?}");
        }
    }

    #[test]
    fn the_last_line_needs_no_end_and_an_empty_text_has_no_record() {
        assert_eq!(read("a,"), (vec![own(&[("a", 1), ("", 1)])], None));
        assert_eq!(read(""), (Vec::new(), None));
        assert_eq!(read("\n\n"), (Vec::new(), None));
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_nothing_and_its_line_is_told() {
        assert_eq!(read("a\nb,\"c\nd\ne"), (vec![own(&[("a", 1)])], Some(2)));
    }

    #[test]
    fn quotes_stand_around_a_field_or_are_doubled() {
        assert_eq!(read("a\n19\" rack").1, Some(2));
        assert_eq!(read("a\n\"b\"c").1, Some(2));
    }
}
