//! Whether a live boundary is as tight as the one that the rules call for.
//!
//! This is judged by the actions that the reference knows, since nothing else can be granted: whatever the live one
//! allows, on any resource and under any condition, the wanted one must allow; and whatever the wanted one denies
//! outright, the live one must deny outright, since a denial also binds what other policies give. Only of a service
//! that the live one does not open at all, the denials that went with opening it may be missing.

use serde_json::Value;

use crate::domain::digest::canonical;
use crate::domain::glob::{Case, text_matches};
use crate::domain::reference;

/// Returns the first thing by which `live` is wider than `wanted`, as the end of a sentence; none when it is not.
pub fn wider(live: &Value, wanted: &Value) -> Option<String> {
    if canonical(live) == canonical(wanted) {
        return None;
    }
    let (live, wanted) = (Reading::of(live), Reading::of(wanted));
    // A limited statement is only as tight as the wanted one if it is the very same.
    let is_wanted = |allowance: &&Allowance| allowance.limit.is_some() && wanted.allowances.contains(allowance);
    let own: Vec<&Allowance> = live.allowances.iter().filter(|allowance| !is_wanted(allowance)).collect();
    if own.iter().any(|allowance| allowance.is_open) {
        return Some("it allows by what it leaves out (`NotAction`)".to_owned());
    }
    let patterns: Vec<&str> = own.iter().flat_map(|allowance| &allowance.patterns).map(String::as_str).collect();
    let unnamed = |pattern: &&&str| service_of(pattern).is_none();
    if let Some(pattern) = patterns.iter().find(unnamed) {
        return Some(format!("it allows `{pattern}`, which names no service that is known"));
    }
    for action in actions_of(patterns.iter().filter_map(|pattern| service_of(pattern))) {
        let is_allowed = matches_any(&patterns, &action) && !live.denies(&action);
        if is_allowed && !wanted.allows_everywhere(&action) {
            return Some(format!("it allows {action}"));
        }
    }
    // Of a service that only the wanted one opens, nothing has to be denied.
    let opened = |service: &&'static str| {
        let of_service = |pattern: &&String| service_of(pattern) == Some(*service);
        wanted.allowances.iter().flat_map(|allowance| &allowance.patterns).any(|pattern| of_service(&pattern))
    };
    let live_services: Vec<&str> = patterns.iter().filter_map(|pattern| service_of(pattern)).collect();
    let is_bound = |service: &&'static str| live_services.contains(service) || !opened(service);
    let denied = wanted.denials.iter().filter_map(|pattern| service_of(pattern)).filter(is_bound);
    let missing = actions_of(denied).into_iter().find(|action| wanted.denies(action) && !live.denies(action));
    missing.map(|action| format!("it does not deny {action}"))
}

/// A document as this comparison needs it.
struct Reading {
    allowances: Vec<Allowance>,
    /// What is denied on everything, whatever the circumstances.
    denials: Vec<String>,
}

/// An `Allow` statement.
#[derive(PartialEq)]
struct Allowance {
    patterns: Vec<String>,
    is_open: bool,
    /// Resource and condition; none when it is on everything and under no condition.
    limit: Option<Value>,
}

impl Reading {
    fn of(document: &Value) -> Self {
        let mut reading = Self { allowances: Vec::new(), denials: Vec::new() };
        for statement in items(&document["Statement"]) {
            let everywhere = items(&statement["Resource"]).iter().any(|resource| resource == "*");
            let unlimited = everywhere && statement.get("Condition").is_none();
            let patterns = texts(&statement["Action"]);
            if statement["Effect"] != "Deny" {
                let limit = (!unlimited).then(|| canonical(statement));
                let is_open = statement.get("Action").is_none();
                reading.allowances.push(Allowance { patterns, is_open, limit });
            } else if unlimited {
                reading.denials.extend(patterns);
            }
        }
        reading
    }

    fn denies(&self, action: &str) -> bool {
        matches_any(&self.denials.iter().map(String::as_str).collect::<Vec<_>>(), action)
    }

    fn allows_everywhere(&self, action: &str) -> bool {
        let unlimited = self.allowances.iter().filter(|allowance| allowance.limit.is_none());
        let patterns: Vec<&str> = unlimited.flat_map(|allowance| &allowance.patterns).map(String::as_str).collect();
        matches_any(&patterns, action) && !self.denies(action)
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}

fn texts(value: &Value) -> Vec<String> {
    items(value).iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn matches_any(patterns: &[&str], action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    let may_match = |pattern: &&&str| {
        let prefix = pattern.split(':').next().unwrap_or_default();
        prefix.contains(['*', '?']) || prefix.eq_ignore_ascii_case(service)
    };
    patterns.iter().filter(may_match).any(|pattern| text_matches(pattern, action, Case::Insensitive))
}

/// Returns the prefix of the known service that a pattern names.
fn service_of(pattern: &str) -> Option<&'static str> {
    let (prefix, _) = pattern.split_once(':')?;
    reference::service(&prefix.to_ascii_lowercase()).map(|service| service.prefix)
}

fn actions_of(prefixes: impl Iterator<Item = &'static str>) -> Vec<String> {
    let prefixes: std::collections::BTreeSet<_> = prefixes.collect();
    let services = prefixes.into_iter().filter_map(reference::service);
    services
        .flat_map(|service| service.actions.iter().map(move |action| format!("{}:{}", service.prefix, action.name)))
        .collect()
}
