//! The JSON shapes that elements of a policy may have.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::{PolicyDocumentError, Problem};

/// Returns the object that the element must be.
pub(super) fn object<'v>(value: &'v Value, at: &str) -> Result<&'v Map<String, Value>, PolicyDocumentError> {
    value.as_object().ok_or_else(|| Problem::WrongType("an object").at(at))
}

/// Returns the text that the element must be.
pub(super) fn text<'v>(value: &'v Value, at: &str) -> Result<&'v str, PolicyDocumentError> {
    value.as_str().ok_or_else(|| Problem::WrongType("a text").at(at))
}

/// Returns the texts of an element that is one text or a list of them, at least one.
pub(super) fn texts<'v>(value: &'v Value, at: &str) -> Result<Vec<&'v str>, PolicyDocumentError> {
    one_or_many(value, at)?.iter().map(|value| text(value, at)).collect()
}

/// Returns the values of a condition as texts: JSON's own numbers and truth values are allowed there too.
pub(super) fn scalars<'v>(value: &'v Value, at: &str) -> Result<Vec<Cow<'v, str>>, PolicyDocumentError> {
    one_or_many(value, at)?
        .iter()
        .map(|value| match value {
            Value::String(text) => Ok(Cow::Borrowed(text.as_str())),
            Value::Bool(_) | Value::Number(_) => Ok(Cow::Owned(value.to_string())),
            _ => Err(Problem::WrongType("a text, a number or a truth value, or a list of them").at(at)),
        })
        .collect()
}

/// Returns the members of a list, or a single value as a list of one.
pub(super) fn one_or_many<'v>(value: &'v Value, at: &str) -> Result<&'v [Value], PolicyDocumentError> {
    match value {
        Value::Array(values) if values.is_empty() => Err(Problem::Empty.at(at)),
        Value::Array(values) => Ok(values),
        value => Ok(std::slice::from_ref(value)),
    }
}
