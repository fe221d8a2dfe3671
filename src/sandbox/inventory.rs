//! All that is in the three systems, thing by thing, without when and by whom it was made: what a set-up and its removal
//! are compared by.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::start::Sandbox;

/// What is there, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory(BTreeMap<String, String>);

impl Inventory {
    /// Adds a thing with all that is kept of it.
    pub(super) fn add(&mut self, name: impl fmt::Display, what: Value) {
        self.0.insert(name.to_string(), what.to_string());
    }

    /// Returns what is another thing in `later`: `+`, `-` or `~` and its name.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let gone = self.0.keys().filter(|name| !later.0.contains_key(*name)).map(|name| format!("- {name}"));
        let other = later.0.iter().filter_map(|(name, what)| match self.0.get(name) {
            None => Some(format!("+ {name}")),
            Some(old) if old != what => Some(format!("~ {name}")),
            Some(_) => None,
        });
        gone.chain(other).collect()
    }

    /// Returns what is kept of a thing.
    pub fn of(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Sandbox {
    /// Returns all that is in the three systems and may not change by itself.
    pub fn inventory(&self) -> Inventory {
        let mut inventory = Inventory::default();
        self.port.take_stock(&mut inventory);
        self.github.take_stock(&mut inventory);
        self.aws.take_stock(&mut inventory);
        self.second_aws.take_stock(&mut inventory);
        inventory
    }
}
