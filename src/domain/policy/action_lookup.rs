//! From a text to an action of AWS, or to why it is none.

use std::collections::BTreeMap;

use strsim::levenshtein;

use crate::domain::reference::{self, Action, Service};

/// Names longer than this are compared with nothing: the longest of AWS has 63 characters.
const LONGEST_COMPARED: usize = 80;
const MOST_SUGGESTIONS: usize = 3;

/// The services that a request needs, each parsed once.
#[derive(Debug, Default)]
pub(super) struct Services {
    parsed: BTreeMap<String, Option<&'static Service>>,
}

/// Why a text names no action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoAction {
    /// It holds a wildcard.
    Wildcard,
    /// It is not of the form `service:Name`; these have that name.
    Malformed(Vec<String>),
    /// There is no such prefix; these come close.
    NoService(Vec<String>),
    /// The service has no such action; these come close.
    NoName(Vec<String>),
}

impl Services {
    /// Reads the service of each action, if there is one.
    pub(super) fn read<'a>(actions: impl Iterator<Item = &'a str>) -> Self {
        let mut services = Self::default();
        for (prefix, _) in actions.filter_map(parts) {
            services.parsed.entry(prefix.to_ascii_lowercase()).or_insert_with_key(|prefix| reference::service(prefix));
        }
        services
    }

    fn get(&self, prefix: &str) -> Option<&Service> {
        *self.parsed.get(prefix)?
    }

    /// Returns the services that were found.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Service> {
        self.parsed.values().flatten().copied()
    }

    /// Returns the action that `text` names. What comes close is only looked for with `suggests`: it costs more than
    /// all the rest.
    pub(super) fn find(&self, text: &str, suggests: bool) -> Result<(&Service, &Action), NoAction> {
        let like = |look: &dyn Fn() -> Vec<String>| if suggests { look() } else { Vec::new() };
        if text.contains(['*', '?']) {
            return Err(NoAction::Wildcard);
        }
        let (prefix, name) = parts(text).ok_or_else(|| NoAction::Malformed(like(&|| services_with(text))))?;
        let prefix = prefix.to_ascii_lowercase();
        let Some(service) = self.get(&prefix) else {
            return Err(NoAction::NoService(like(&|| services_like(&prefix, name))));
        };
        let action = service.action(name).ok_or_else(|| NoAction::NoName(like(&|| actions_like(service, name))))?;
        Ok((service, action))
    }
}

/// Returns prefix and name of `service:Name`.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (prefix, name) = text.split_once(':')?;
    // One action of AWS has a hyphen in its name: vpc-lattice:AssociateViaAWSService-EventsAndStates.
    let is_plain = |part: &str| {
        !part.is_empty() && part.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    (is_plain(prefix) && is_plain(name)).then_some((prefix, name))
}

/// Returns the names that come closest, at most three.
pub(in crate::domain) fn closest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if word.len() > LONGEST_COMPARED {
        return Vec::new();
    }
    let word = word.to_ascii_lowercase();
    let furthest = (word.len() / 3).max(2);
    let mut near: Vec<_> = names.map(|name| (levenshtein(&word, &name.to_ascii_lowercase()), name)).collect();
    near.sort_unstable();
    near.into_iter()
        .filter(|(distance, _)| *distance <= furthest)
        .map(|(_, name)| name)
        .take(MOST_SUGGESTIONS)
        .collect()
}

fn actions_like(service: &Service, name: &str) -> Vec<String> {
    let like = closest(name, service.actions.iter().map(|action| action.name));
    if like.is_empty() {
        services_with(name)
    } else {
        like.iter().map(|name| format!("{}:{name}", service.prefix)).collect()
    }
}

/// A misspelt prefix with a name that the right one has is the likeliest mistake.
fn services_like(prefix: &str, name: &str) -> Vec<String> {
    let like = closest(prefix, reference::prefixes());
    let whole = like.iter().filter_map(|prefix| {
        let service = reference::service(prefix)?;
        Some(format!("{prefix}:{}", service.action(name)?.name))
    });
    let mut suggestions: Vec<String> = whole.collect();
    if suggestions.is_empty() {
        suggestions = services_with(name);
    }
    if suggestions.is_empty() {
        suggestions = like.into_iter().map(str::to_owned).collect();
    }
    suggestions
}

fn services_with(name: &str) -> Vec<String> {
    if name.len() > LONGEST_COMPARED {
        return Vec::new();
    }
    let prefixes = reference::prefixes_with_action(name);
    if prefixes.len() > MOST_SUGGESTIONS {
        return Vec::new();
    }
    let spelled = |prefix: &str| Some(format!("{prefix}:{}", reference::service(prefix)?.action(name)?.name));
    prefixes.into_iter().filter_map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestions(text: &str) -> Vec<String> {
        match Services::read(std::iter::once(text)).find(text, true).map(|(_, action)| action.name) {
            Err(NoAction::NoService(like) | NoAction::NoName(like)) => like,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_misspelt_name_or_prefix_is_answered_with_what_comes_close() {
        assert_eq!(suggestions("s3:GetObjects")[0], "s3:GetObject");
        assert_eq!(suggestions("dynamo:GetItem")[0], "dynamodb:GetItem");
        assert_eq!(suggestions("S3:putobjekt")[0], "s3:PutObject");
    }

    #[test]
    fn an_action_of_another_service_is_found_there() {
        assert_eq!(suggestions("s3:StopInstances"), ["ec2:StopInstances"]);
        assert!(suggestions("s3:Xylophone").is_empty());
    }

    #[test]
    fn a_name_that_is_none_costs_nothing() {
        let long = format!("s3:{}", "a".repeat(60_000));
        assert!(suggestions(&long).is_empty());
    }

    #[test]
    fn names_ignore_case_and_are_spelled_as_aws_does() {
        let services = Services::read(["EC2:stopinstances"].into_iter());
        let (service, action) = services.find("EC2:stopinstances", true).unwrap();
        assert_eq!((service.prefix, action.name), ("ec2", "StopInstances"));
    }

    #[test]
    fn what_is_no_name_at_all_is_told_apart_from_a_wildcard() {
        let services = Services::default();
        assert_eq!(services.find("s3:*", true).unwrap_err(), NoAction::Wildcard);
        for text in ["", "s3", "s3:", ":GetObject", "s3:Get Object", "s3:a:b", "ſ3:GetObject"] {
            assert_eq!(services.find(text, true).unwrap_err(), NoAction::Malformed(Vec::new()), "{text:?}");
        }
        let bare = services.find("StopInstances", true).unwrap_err();
        assert_eq!(bare, NoAction::Malformed(vec!["ec2:StopInstances".to_owned()]));
    }
}
