//! Text of a policy with wildcards and policy variables, read once and resolved for each request.

use super::context::Context;
use super::error::Problem;
use crate::domain::glob::Token;

/// What the characters of a text mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// `*` and `?` are wildcards.
    pub(super) wildcards: bool,
    /// `${…}` is a policy variable: only in documents of version 2012-10-17.
    pub(super) variables: bool,
}

/// A text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Token(Token),
    Variable { key: String, default: Option<String> },
}

impl Pattern {
    /// Reads a text.
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, Problem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if syntax.variables
                && let Some(opened) = rest.strip_prefix("${")
            {
                let (inside, after) =
                    split_variable(opened).ok_or_else(|| Problem::value(text, "a variable ${…} is not closed"))?;
                pieces.push(variable(inside).ok_or_else(|| {
                    Problem::value(text, "a variable is ${prefix:key}, ${prefix:key, 'default'}, ${*}, ${?} or ${$}")
                })?);
                rest = after;
                continue;
            }
            pieces.push(Piece::Token(match character {
                '*' if syntax.wildcards => Token::AnyRun,
                '?' if syntax.wildcards => Token::AnyCharacter,
                _ => Token::Character(character),
            }));
            rest = &rest[character.len_utf8()..];
        }
        Ok(Self(pieces))
    }

    /// Returns what to match in this request, or nothing when a variable has no single value in it.
    ///
    /// The value of a variable is always literal: a wildcard in somebody's tag must not widen a policy.
    pub(super) fn resolve(&self, context: &Context) -> Option<Vec<Token>> {
        let mut tokens = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => {
                    let value = context.single(key).or(default.as_deref())?;
                    tokens.extend(value.chars().map(Token::Character));
                }
            }
        }
        Some(tokens)
    }

    /// Returns how many colons stand before the first variable, or nothing when there is none.
    pub(super) fn colons_before_variable(&self) -> Option<usize> {
        let position = self.0.iter().position(|piece| matches!(piece, Piece::Variable { .. }))?;
        let colons = self.0[..position].iter().filter(|piece| **piece == Piece::Token(Token::Character(':')));
        Some(colons.count())
    }
}

/// Splits what follows `${` into the inside of the variable and what comes after its brace.
fn split_variable(opened: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (position, character) in opened.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some((&opened[..position], &opened[position + 1..])),
            _ => {}
        }
    }
    None
}

fn variable(inside: &str) -> Option<Piece> {
    if let "*" | "?" | "$" = inside {
        return inside.chars().next().map(|character| Piece::Token(Token::Character(character)));
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key.trim(), Some(default.to_owned()))
        }
        None => (inside, None),
    };
    let (prefix, name) = key.split_once(':')?;
    let unusual = |character: char| character.is_control() || "${}'*?".contains(character);
    if prefix.is_empty() || name.is_empty() || key != key.trim() || key.contains(unusual) {
        return None;
    }
    Some(Piece::Variable { key: key.to_owned(), default })
}
