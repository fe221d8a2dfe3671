//! The written list of what the identities may do, and how what was found differs from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use super::battery::Battery;
use super::circumstance::Circumstance;

const TEXT: &str = include_str!("allowed.json");

/// What an identity is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// It makes grants.
    Granter,
    /// It takes them away.
    Revoker,
    /// It does both: the one user of the access-key mode.
    Both,
}

impl Job {
    /// Returns the keys of the written list that hold what it may do.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Granter => &["granter"],
            Self::Revoker => &["revoker"],
            Self::Both => &["granter", "revoker"],
        }
    }
}

/// What is allowed: action, target, and the circumstances under which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(BTreeMap<(String, String), BTreeSet<Circumstance>>);

impl Allowed {
    pub(super) fn insert(&mut self, action: &str, target: &str, circumstance: Circumstance) {
        self.0.entry((action.to_owned(), target.to_owned())).or_default().insert(circumstance);
    }

    /// Returns the circumstances under which an action is allowed on a target.
    pub fn circumstances(&self, action: &str, target: &str) -> BTreeSet<Circumstance> {
        self.0.get(&(action.to_owned(), target.to_owned())).cloned().unwrap_or_default()
    }

    /// Returns the pairs of action and target that are allowed under some circumstance.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().map(|(action, target)| (action.as_str(), target.as_str()))
    }
}

/// Something that is allowed and not written, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The action.
    pub action: String,
    /// What it is done to, in the words of the written list.
    pub target: String,
    /// Whether it is allowed; else it is written and not allowed.
    pub is_allowed: bool,
    /// Under which circumstances.
    pub circumstances: BTreeSet<Circumstance>,
}

impl Difference {
    /// Returns the difference for machines.
    pub fn json(&self) -> Value {
        let Self { action, target, is_allowed, circumstances } = self;
        let circumstances: Vec<String> = circumstances.iter().map(ToString::to_string).collect();
        json!({ "action": action, "target": target, "allowed": is_allowed, "circumstances": circumstances })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, target, is_allowed, circumstances } = self;
        let word = if *is_allowed { "is allowed and should not be" } else { "should be allowed and is not" };
        write!(formatter, "{action} on {target} {word}")?;
        if let Some(first) = circumstances.first() {
            write!(formatter, ", as with {first} (and {} more)", circumstances.len() - 1)?;
        }
        Ok(())
    }
}

/// Returns what the written list allows an identity of that job.
///
/// # Errors
///
/// Fails with a sentence when the list holds what is not understood.
pub fn expected(job: Job, battery: &Battery) -> Result<Allowed, String> {
    let list: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>> =
        serde_json::from_str(TEXT).map_err(|error| format!("the written list is damaged: {error}"))?;
    let mut allowed = Allowed::default();
    for actions in job.keys().iter().filter_map(|key| list.get(*key)) {
        for (action, targets) in actions {
            for (target, text) in targets {
                let named = Circumstance::named(text, &battery.asked(target));
                let named = named.ok_or_else(|| format!("the written list says {text:?} of {action} on {target}"))?;
                named.into_iter().for_each(|circumstance| allowed.insert(action, target, circumstance));
            }
        }
    }
    Ok(allowed)
}

/// Returns how `found` differs from `expected`.
pub fn differences(found: &Allowed, expected: &Allowed) -> Vec<Difference> {
    let pairs: BTreeSet<&(String, String)> = found.0.keys().chain(expected.0.keys()).collect();
    let mut differences = Vec::new();
    for (action, target) in pairs {
        let (is, should) = (found.circumstances(action, target), expected.circumstances(action, target));
        for (is_allowed, circumstances) in
            [(true, is.difference(&should).copied().collect()), (false, should.difference(&is).copied().collect())]
        {
            let circumstances: BTreeSet<Circumstance> = circumstances;
            if !circumstances.is_empty() {
                let (action, target) = (action.clone(), target.clone());
                differences.push(Difference { action, target, is_allowed, circumstances });
            }
        }
    }
    differences
}
