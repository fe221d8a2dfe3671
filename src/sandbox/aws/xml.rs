//! Writes the XML of AWS's query protocol.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 leaves unreserved stays as it is; IAM encodes everything else of a policy document.
const POLICY_DOCUMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A run of XML elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// Starts without any element.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds `<name>value</name>`, the value escaped.
    pub(super) fn text(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.0.push_str(&format!("<{name}>{}</{name}>", escaped(value.as_ref())));
        self
    }

    /// Adds the element when there is a value.
    pub(super) fn optional(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds a number or a boolean.
    pub(super) fn value(self, name: &str, value: impl std::fmt::Display) -> Self {
        self.text(name, value.to_string())
    }

    /// Adds a time in whole seconds, as IAM and STS write it.
    pub(super) fn time(self, name: &str, time: Timestamp) -> Self {
        self.text(name, seconds(time))
    }

    /// Adds a policy document, percent-encoded as IAM returns it.
    pub(super) fn document(self, name: &str, document: &str) -> Self {
        self.text(name, utf8_percent_encode(document, POLICY_DOCUMENT).to_string())
    }

    /// Adds an element that holds elements.
    pub(super) fn element(mut self, name: &str, inner: Self) -> Self {
        self.0.push_str(&format!("<{name}>{}</{name}>", inner.0));
        self
    }

    /// Adds a list in the query protocol's form: one `member` for each item.
    pub(super) fn list(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        let members = items.into_iter().fold(Self::new(), |members, item| members.element("member", item));
        self.element(name, members)
    }

    /// Adds a list of plain values.
    pub(super) fn values<T: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let members = values.into_iter().fold(Self::new(), |members, value| members.text("member", value));
        self.element(name, members)
    }

    /// Adds everything that `other` holds.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Returns the text.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Returns whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns `time` cut to seconds in RFC 3339 form.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A bare carriage return would reach the reader as a line feed (XML 1.0, 2.11).
            '\r' => escaped.push_str("&#xD;"),
            // XML 1.0 has no way to write the other control characters; only a refused input can hold them.
            '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_value_stays_text() {
        let xml = Xml::new().text("Message", "a<b>&\"c\r\u{1}");
        assert_eq!(xml.into_text(), "<Message>a&lt;b&gt;&amp;&quot;c&#xD;\u{fffd}</Message>");
    }

    #[test]
    fn a_policy_document_is_percent_encoded() {
        assert_eq!(
            Xml::new().document("D", "{\"a\": \"b-_.~*\"}").into_text(),
            "<D>%7B%22a%22%3A%20%22b-_.~%2A%22%7D</D>"
        );
    }
}
