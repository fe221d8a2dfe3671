//! Entries of the rules file by their names, of which none stands there twice.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_saphyr::Spanned;

/// Entries by name. The reader of YAML tells a number from a text, and what bears a tag from what bears none; as names they
/// are one, and the second would take the place of the first.
#[derive(Debug)]
pub(super) struct ByName<T>(pub(super) BTreeMap<String, T>);

// Not derived: that would ask for a default of what is in it.
impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByNameVisitor(PhantomData))
    }
}

struct ByNameVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ByNameVisitor<T> {
    type Value = ByName<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("names with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((Spanned { value: name, referenced, .. }, value)) = entries.next_entry::<Spanned<String>, T>()? {
            if map.contains_key(&name) {
                let line = referenced.line();
                return Err(A::Error::custom(format!(
                    "{name:?} is there twice, again in line {line}; keep one of them"
                )));
            }
            map.insert(name, value);
        }
        Ok(ByName(map))
    }
}
