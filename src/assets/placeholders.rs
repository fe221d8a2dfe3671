//! Placeholders of the form `<YOUR_…>`, and the checked values that take their place.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{AssetError, checked::Checked};

/// Whatever begins like a placeholder, so that a misspelt one is found too.
const BEGINNING: &str = "<YOUR";

/// The values of one rendering, by placeholder.
///
/// Only [`Checked`] values get in, so that whatever is rendered is safe in JSON, in a double-quoted YAML scalar, in a
/// double-quoted shell word and in Port's templates, without any escaping.
#[derive(Clone, Debug, Default)]
pub(super) struct Placeholders(BTreeMap<&'static str, Checked>);

impl Placeholders {
    /// Returns the values together with `value` in the place of `placeholder`.
    pub(super) fn with(mut self, placeholder: &'static str, value: Checked) -> Self {
        self.0.insert(placeholder, value);
        self
    }

    /// Returns `text`, which came from the file at `path`, with every placeholder replaced.
    ///
    /// The text is read once: what a value brings in is never taken for a placeholder.
    pub(super) fn fill(&self, path: &str, text: &str) -> Result<String, AssetError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.find(BEGINNING).map(|at| rest.split_at(at)) {
            let (found, behind) = from.split_at(from.find('>').map_or(from.len(), |end| end + 1));
            let value = self
                .0
                .get(found)
                .ok_or_else(|| AssetError::PlaceholderLeft { path: path.to_owned(), placeholder: found.to_owned() })?;
            filled.push_str(before);
            filled.push_str(value.as_str());
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Replaces every placeholder in the strings and keys of `value`, which came from the file at `path`.
    pub(super) fn fill_json(&self, path: &str, value: Value) -> Result<Value, AssetError> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(path, &text)?),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.fill_json(path, item)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(key, field)| Ok((self.fill(path, &key)?, self.fill_json(path, field)?)))
                    .collect::<Result<_, AssetError>>()?,
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        })
    }
}
