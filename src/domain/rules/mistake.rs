//! What is wrong with a rules file, and where.

use serde_saphyr::Spanned;

use super::form;

/// A rules file that cannot be used. Nothing is granted until it is mended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RulesError {
    /// What is wrong, in the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// One mistake and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Mistake {
    /// Line, counted from 1.
    pub line: u64,
    /// What is wrong and what would be right.
    pub message: String,
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Adds a mistake at the place of `at`.
    pub(super) fn note<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        self.0.push(Mistake { line: line(at), message: message.into() });
    }

    /// Returns how many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns `value` when there are none.
    pub(super) fn none_or<T>(mut self, value: T) -> Result<T, RulesError> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.0.sort_by_key(|mistake| mistake.line);
        Err(RulesError { mistakes: self.0 })
    }
}

/// Returns the line of a value, counted from 1.
pub(super) fn line<T>(at: &Spanned<T>) -> u64 {
    at.referenced.line()
}

impl RulesError {
    /// Returns the one mistake of a file with a carriage return that ends no line; none when it has none. YAML takes it for
    /// the end of a line (YAML 1.2.2, "Line Break Characters") and editors do not, so that every line behind it would be
    /// told by a number that nobody sees.
    pub(super) fn of_line_ends(text: &str) -> Option<Self> {
        let lone = text.match_indices('\r').find(|(at, _)| text.as_bytes().get(at + 1) != Some(&b'\n'));
        let line = 1 + text[..lone?.0].matches('\n').count() as u64;
        let message = "a carriage return stands alone in it; save the file with the line ends of Unix or of Windows";
        Some(Self { mistakes: vec![Mistake { line, message: message.to_owned() }] })
    }

    /// Returns the one mistake at which reading the file as YAML ended.
    pub(super) fn of_syntax(file: &str, error: &serde_saphyr::Error) -> Self {
        let (line, column) = error.location().map_or((1, 1), |location| (location.line(), location.column()));
        // The first line carries the sentence; the rest is an excerpt of the file.
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let message =
            first.split_once(": ").filter(|(place, _)| place.starts_with("line ")).map_or(first, |(_, rest)| rest);
        let of_form = message.strip_prefix("expected ").and_then(|form| form::told(file, line, column, form));
        Self { mistakes: vec![Mistake { line, message: of_form.unwrap_or_else(|| message.to_owned()) }] }
    }
}
