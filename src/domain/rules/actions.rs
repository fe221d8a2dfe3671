//! What the rules file says about actions: which are let through, which are refused, whatever the rules allow.

use std::sync::LazyLock;

use regex::Regex;
use serde_saphyr::Spanned;

use super::mistake::{Mistakes, line};
use crate::domain::identifier::ActionName;
use crate::domain::policy::ActionClass;

/// How a rule names a bundle among its actions; nothing else may.
pub(super) const BUNDLE: &str = "bundle:";

/// Globs name their service in full: one line of the file opens one service.
static ACTION_GLOB: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z0-9-]+:[A-Za-z0-9*?-]+$").ok());

/// Returns the classes that a list names, each once.
pub(super) fn classes(entries: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<ActionClass> {
    let mut classes = Vec::new();
    for entry in entries {
        match ActionClass::ALL.into_iter().find(|class| class.as_str() == entry.value) {
            Some(class) if classes.contains(&class) => {
                mistakes.note(entry, format!("`{}` is named twice", class.as_str()));
            }
            Some(class) => classes.push(class),
            None => {
                let known = ActionClass::ALL.map(|class| format!("`{}`", class.as_str())).join(", ");
                mistakes.note(entry, format!("class {:?} is not known; write {known}", entry.value));
            }
        }
    }
    classes
}

/// Returns the actions that a list names exactly, each once; `key` is the list's name.
pub(super) fn action_names(key: &str, entries: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<ActionName> {
    let mut actions: Vec<(ActionName, u64)> = Vec::new();
    for entry in entries {
        match ActionName::parse(&entry.value) {
            Ok(action) => match actions.iter().find(|(known, _)| same(known.as_str(), action.as_str())) {
                Some((known, line)) => mistakes.note(
                    entry,
                    format!("{action} is in `{key}` already, as {known} in line {line}; keep one of them"),
                ),
                None => actions.push((action, line(entry))),
            },
            Err(refusal) => {
                mistakes.note(entry, format!("`{key}` takes exact names: {}; write `s3:PutObject`", refusal.reason));
            }
        }
    }
    actions.into_iter().map(|(action, _)| action).collect()
}

/// Returns the globs over actions that a list holds, each once.
pub(super) fn action_globs(key: &str, entries: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<String> {
    let mut globs: Vec<String> = Vec::new();
    for entry in entries {
        let glob = &entry.value;
        if glob.starts_with(BUNDLE) || !ACTION_GLOB.as_ref().is_some_and(|pattern| pattern.is_match(glob)) {
            let example = "write `ec2:DescribeInstances` or `ec2:Describe*`";
            mistakes.note(entry, format!("{glob:?} in `{key}` is no action of one service; {example}"));
        } else if globs.iter().any(|known| same(known, glob)) {
            mistakes.note(entry, format!("{glob} is in `{key}` twice"));
        } else {
            globs.push(glob.clone());
        }
    }
    globs
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
