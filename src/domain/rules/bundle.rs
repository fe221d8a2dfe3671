//! Bundles: lists of actions that have a name, so that rules can share them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_saphyr::Spanned;

use super::actions::{BUNDLE, action_globs};
use super::mistake::Mistakes;

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[a-z0-9]+(-[a-z0-9]+)*$").ok());
/// As IAM writes them, with wildcards on both sides of the colon.
static GLOB: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z0-9*?-]+:[A-Za-z0-9*?-]+$").ok());

/// The bundles of a file, by name.
pub(super) type Bundles = BTreeMap<String, Vec<String>>;

/// Returns the bundles of the file. A bundle holds actions of single services, exact or with wildcards behind the
/// colon, and no bundles.
pub(super) fn bundles(entries: &BTreeMap<String, Spanned<Vec<Spanned<String>>>>, mistakes: &mut Mistakes) -> Bundles {
    let read = |(name, entry): (&String, &Spanned<Vec<Spanned<String>>>)| {
        if !NAME.as_ref().is_some_and(|pattern| pattern.is_match(name)) {
            mistakes.note(entry, format!("bundle {name:?} is no name; write `read-objects`"));
            // What is wrong in it would be told by that name.
            return (name.clone(), Vec::new());
        }
        if entry.value.is_empty() {
            mistakes.note(entry, format!("bundle `{name}` is empty"));
        }
        (name.clone(), action_globs(name, &entry.value, mistakes))
    };
    entries.iter().map(read).collect()
}

/// The actions of a rule: as they decide, and the names of the bundles among them.
#[derive(Debug, Default)]
pub(super) struct RuleActions {
    pub(super) globs: Vec<String>,
    pub(super) bundles: Vec<String>,
}

/// Returns the actions of a rule, with the bundles that it names taken apart.
pub(super) fn rule_actions(entries: &[Spanned<String>], bundles: &Bundles, mistakes: &mut Mistakes) -> RuleActions {
    let mut actions = RuleActions::default();
    for entry in entries {
        let text = &entry.value;
        match text.strip_prefix(BUNDLE) {
            Some(name) => match bundles.get(name) {
                Some(globs) => {
                    actions.globs.extend(globs.iter().cloned());
                    actions.bundles.push(name.to_owned());
                }
                None => mistakes.note(entry, format!("there is no bundle {name:?} in `bundles`")),
            },
            None if text == "*" || GLOB.as_ref().is_some_and(|pattern| pattern.is_match(text)) => {
                actions.globs.push(text.clone());
            }
            None => mistakes
                .note(entry, format!("{text:?} is no action; write `s3:PutObject`, `s3:Get*`, `bundle:NAME` or \"*\"")),
        }
    }
    actions
}
