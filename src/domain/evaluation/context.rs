//! What is known about a request besides its action and resource.

use std::collections::BTreeMap;

/// The condition keys of one request, each with one or several values.
///
/// Names of keys are compared without regard to case, as AWS does.
///
/// ```
/// use port_iam::domain::evaluation::Context;
///
/// let context = Context::new().with("aws:CurrentTime", "2026-11-23T12:00:00Z").with_all("aws:TagKeys", ["a", "b"]);
/// assert_eq!(context.values("AWS:currenttime"), Some(&["2026-11-23T12:00:00Z".to_owned()][..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Returns a context that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the context with `key` set to one value, in place of what it was.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value])
    }

    /// Returns the context with `key` set to several values (a multivalued key such as `aws:TagKeys`).
    #[must_use]
    pub fn with_all<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.0.insert(key.to_lowercase(), values.into_iter().map(Into::into).collect());
        self
    }

    /// Returns this context with every key of `other`; where both have a key, the one of `other` stays.
    #[must_use]
    pub fn overlaid_with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns the values of `key`, or nothing when the request does not have it.
    #[must_use]
    pub fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }

    /// Returns the value of a key that has exactly one: only such a key can be a policy variable.
    pub(super) fn single(&self, key: &str) -> Option<&str> {
        match self.values(key) {
            Some([value]) => Some(value),
            _ => None,
        }
    }
}
