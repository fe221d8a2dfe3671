//! A YAML or JSON text as a tree whose every part knows its line, so that one look finds all mistakes.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::LineMistake;

/// How deep a file may be nested. What we read is three levels deep; the reader recurses.
const DEEPEST: usize = 16;
/// How many parts a file may have: some hundred thousand entries.
const MOST_PARTS: usize = 4_000_000;

/// A part of a file.
#[derive(Debug)]
pub(super) enum Node {
    /// Nothing, or `null`.
    Nothing,
    /// Text.
    Text(String),
    /// A number or a truth value; what it says is of no interest.
    Other,
    /// A list.
    List(Vec<Spanned<Self>>),
    /// Keys with their values, in the order of the file. No key stands there twice.
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl Node {
    /// Reads a text. JSON is read as the YAML that it is.
    ///
    /// # Errors
    ///
    /// Fails where the text is no YAML, repeats a key, or is nested too deeply.
    pub(super) fn read(text: &str) -> Result<Spanned<Self>, LineMistake> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: DEEPEST,
                flow_nesting_limit: DEEPEST,
                max_events: MOST_PARTS,
                max_nodes: MOST_PARTS,
            },
        };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| unreadable(&error))
    }

    /// Returns what kind of thing this is, for sentences.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Text(_) => "text",
            Self::Other => "a number or a truth value",
            Self::List(_) => "a list",
            Self::Map(_) => "a list of keys and values",
        }
    }
}

fn unreadable(error: &serde_saphyr::Error) -> LineMistake {
    let line = error.location().map_or(1, |location| location.line().max(1));
    // The first line carries the sentence; the rest is an excerpt of the file.
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let message =
        first.split_once(": ").filter(|(place, _)| place.starts_with("line ")).map_or(first, |(_, rest)| rest);
    LineMistake { line, message: message.to_owned() }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, a list, or keys with values")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map: Vec<(Spanned<String>, Spanned<Node>)> = Vec::new();
        let mut names = HashSet::new();
        while let Some((name, part)) = entries.next_entry::<Spanned<String>, _>()? {
            // The reader tells a number from a text, and what bears a tag from what bears none.
            if !names.insert(name.value.clone()) {
                let line = name.referenced.line();
                let told = format!("{:?} is there twice, again in line {line}; keep one of them", name.value);
                return Err(A::Error::custom(told));
            }
            map.push((name, part));
        }
        Ok(Node::Map(map))
    }
}
