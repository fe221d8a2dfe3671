//! What a rule wants to read in the reason of a request.

use regex::{Regex, RegexBuilder};
use serde_saphyr::Spanned;

use super::mistake::Mistakes;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};

/// Longer than any pattern that a reader can check.
const LONGEST_PATTERN: usize = 500;
/// How large a pattern may grow in memory, in bytes. The engine needs time in proportion to the text, whatever the
/// pattern; this bounds the rest.
const LARGEST_PATTERN: usize = 1 << 18;
/// What may stand around a word of the reason without being part of it.
const AROUND_WORDS: [char; 14] = ['(', ')', '[', ']', '{', '}', '.', ',', ';', ':', '!', '?', '"', '\''];

/// A pattern of the rules file. It always has to match the whole text that it is held against.
#[derive(Clone, Debug)]
pub struct TextPattern {
    source: String,
    whole: Regex,
}

impl TextPattern {
    /// Reads a regular expression; `key` is where it stands.
    pub(super) fn read(key: &str, entry: &Spanned<String>, mistakes: &mut Mistakes) -> Option<Self> {
        let source = &entry.value;
        if source.is_empty() || source.chars().count() > LONGEST_PATTERN {
            mistakes.note(entry, format!("`{key}` takes a regular expression of 1 to {LONGEST_PATTERN} characters"));
            return None;
        }
        // Alone first: what is no expression by itself could become one between our brackets.
        let build = |pattern: &str| {
            let mut builder = RegexBuilder::new(pattern);
            builder.size_limit(LARGEST_PATTERN).nest_limit(50).dot_matches_new_line(true).build()
        };
        match build(source).and_then(|_| build(&format!(r"\A(?:{source})\z"))) {
            Ok(whole) => Some(Self { source: source.clone(), whole }),
            Err(error) => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                mistakes.note(entry, format!("`{key}` is no regular expression that can be used: {last}"));
                None
            }
        }
    }

    /// Returns whether it matches all of `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Returns it as it is written in the file.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for TextPattern {}

/// What a rule wants of the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReasonRule {
    /// Whether there has to be one (`reason: required`, or a pattern).
    pub is_required: bool,
    /// What the whole reason must match (`reason`).
    pub pattern: Option<TextPattern>,
    /// What one of its words must match (`ticket`). Words end at white space; punctuation around them is left out.
    pub ticket: Option<TextPattern>,
}

impl ReasonRule {
    /// Reads the keys `reason` and `ticket` of a rule.
    pub(super) fn read(
        reason: Option<&Spanned<String>>,
        ticket: Option<&Spanned<String>>,
        mistakes: &mut Mistakes,
    ) -> Self {
        let pattern = reason.filter(|entry| entry.value != "required");
        let pattern = pattern.and_then(|entry| TextPattern::read("reason", entry, mistakes));
        let ticket = ticket.and_then(|entry| TextPattern::read("ticket", entry, mistakes));
        Self { is_required: reason.is_some(), pattern, ticket }
    }

    /// Checks the reason of a request; `rule` is the rule's name.
    ///
    /// # Errors
    ///
    /// Refuses a reason that is missing, or is not as the rule wants it.
    pub fn check(&self, rule: &str, reason: Option<&str>) -> Result<(), Refusal> {
        let refuse = |wanted: String, remedy: &str| {
            Err(Refusal::new(RefusalCode::Reason, "reason", format!("rule {} wants {wanted}", quoted(rule)), remedy))
        };
        let Self { is_required, pattern, ticket } = self;
        let text = reason.unwrap_or_default();
        if *is_required && text.is_empty() {
            return refuse("a reason".to_owned(), "say in the form why you need it");
        }
        if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            return refuse(format!("a reason like {}", quoted(pattern.as_str())), "word the reason so");
        }
        let word = |word: &str| word.trim_matches(AROUND_WORDS).to_owned();
        if let Some(ticket) =
            ticket.as_ref().filter(|ticket| !text.split_whitespace().any(|it| ticket.is_match(&word(it))))
        {
            let remedy = "name the ticket in the reason, as a word of its own";
            return refuse(format!("a ticket like {} in the reason", quoted(ticket.as_str())), remedy);
        }
        Ok(())
    }
}
