//! Tags of roles, policies and sessions.

use super::constraint::{TAG_KEY, TAG_VALUE};
use super::failure::Failure;
use super::parameters::Parameters;
use super::xml::Xml;

/// Tags that one resource may have (IAM quotas).
pub(super) const TAGS_PER_RESOURCE: usize = 50;

/// Whether two keys that differ only in case are one key.
///
/// IAM compares the tag keys of roles and users without case, those of its other resources with case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyCase {
    Ignored,
    Kept,
}

/// Tags in the order in which they were set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// Reads the `Tags` parameter.
    pub(super) fn from_parameters(parameters: &Parameters) -> Result<Self, Failure> {
        let mut tags = Self::default();
        for tag in parameters.structures("Tags", TAGS_PER_RESOURCE)? {
            let key = tag.required("Key", &TAG_KEY)?;
            let value = tag.required("Value", &TAG_VALUE)?;
            if key.to_lowercase().starts_with("aws:") {
                return Err(Failure::invalid_input("Tag keys that begin with aws: are reserved for system use."));
            }
            if tags.position(&key, KeyCase::Ignored).is_some() {
                return Err(Failure::invalid_input(
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
                ));
            }
            tags.0.push((key, value));
        }
        Ok(tags)
    }

    /// Gives a tag that is there another value.
    pub(super) fn replace(&mut self, (key, value): &(String, String)) {
        if let Some(position) = self.position(key, KeyCase::Kept) {
            self.0[position].1.clone_from(value);
        }
    }

    /// Sets every tag of `other`; a key that is there keeps its place.
    pub(super) fn set(&mut self, other: Self, case: KeyCase) -> Result<(), Failure> {
        let mut merged = self.clone();
        for (key, value) in other.0 {
            match merged.position(&key, case) {
                Some(position) => merged.0[position] = (key, value),
                None => merged.0.push((key, value)),
            }
        }
        if merged.0.len() > TAGS_PER_RESOURCE {
            return Err(Failure::limit_exceeded(format!(
                "Cannot exceed quota for TagsPerResource: {TAGS_PER_RESOURCE}"
            )));
        }
        *self = merged;
        Ok(())
    }

    /// Takes the tags with these keys away; keys that are not there are passed over.
    pub(super) fn remove(&mut self, keys: &[String], case: KeyCase) {
        for key in keys {
            if let Some(position) = self.position(key, case) {
                self.0.remove(position);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.0.iter().map(|(key, _)| key.clone()).collect()
    }

    /// Returns the tags whose key is among `keys`, case ignored.
    pub(super) fn only(&self, keys: &[String]) -> Self {
        let wanted = |key: &str| keys.iter().any(|other| other.to_lowercase() == key.to_lowercase());
        Self(self.0.iter().filter(|(key, _)| wanted(key)).cloned().collect())
    }

    /// Returns the `Tags` list of an answer; IAM leaves it out when there are none.
    pub(super) fn xml(&self) -> Xml {
        if self.0.is_empty() { Xml::new() } else { Xml::new().list("Tags", self.members()) }
    }

    /// Returns one element for each tag.
    pub(super) fn members(&self) -> Vec<Xml> {
        self.0.iter().map(|(key, value)| Xml::new().text("Key", key).text("Value", value)).collect()
    }

    fn position(&self, key: &str, case: KeyCase) -> Option<usize> {
        self.0.iter().position(|(other, _)| match case {
            KeyCase::Ignored => other.to_lowercase() == key.to_lowercase(),
            KeyCase::Kept => other == key,
        })
    }
}
