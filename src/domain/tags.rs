//! The tags of a grant's role and policies: an index for people and sweeps, never evidence.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::arn::Arn;
use super::duration::GrantDuration;
use super::identifier::RunId;

/// The tag of everything that this tool makes.
pub const MARK: (&str, &str) = ("managed-by", "port-iam");
/// Key of the run that asked for it.
pub const RUN: &str = "port-iam:run";
/// Key of the e-mail of the person who asked.
pub const REQUESTER: &str = "port-iam:requester";
/// Key of the resource; further ones have a number behind it.
pub const RESOURCE: &str = "port-iam:resource";
/// Key of the end.
pub const EXPIRES: &str = "port-iam:expires";
/// Key of the installation.
pub const SCOPE: &str = "port-iam:scope";
/// The tag of what this tool did not make and has taken over.
pub const TAKEN_OVER: (&str, &str) = ("port-iam:taken-over", "it was there before");
/// Key of the AWS identity that granted without Port.
pub const PERSON: &str = "port-iam:person";
/// Key of that person's reason.
pub const REASON: &str = "port-iam:reason";
/// Key of how long it was granted for, without Port.
pub const DURATION: &str = "port-iam:duration";
/// Key of the actions that were granted without Port; what does not fit into one value has a number behind it.
pub const ACTIONS: &str = "port-iam:actions";

/// What a tag's value may consist of; of the separators, the plain blank alone.
static TAG_CHARACTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{N} _.:/=+@-]$").ok());
/// The longest value of a tag (IAM User Guide, "IAM and AWS STS quotas").
const LONGEST_TAG_VALUE: usize = 256;

/// Whom and what the installation is: two installations in one account do not touch each other's grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(pub String);

impl Scope {
    /// Creates the scope of an installation from the id of Port's organisation and the number of the repository; a second
    /// installation in one repository has its prefix behind them.
    pub fn new(organization: &str, repository_id: impl fmt::Display, prefix: &str) -> Self {
        let separator = if prefix.is_empty() { "" } else { "/" };
        Self(format!("{organization}/{repository_id}{separator}{prefix}"))
    }

    /// Returns whether this is the scope of the installation with this prefix in the repository of this number.
    pub fn is_of(&self, repository_id: impl fmt::Display, prefix: &str) -> bool {
        self.0.split_once('/').is_some_and(|(organization, _)| *self == Self::new(organization, repository_id, prefix))
    }

    /// Returns whether this, as a tag bears it, is the scope of an installation with this prefix in this organisation of
    /// Port. There is one: a second one of that prefix would have the same catalog and the same records.
    pub fn keeps_records_in(&self, organization: &str, prefix: &str) -> bool {
        let mut parts = self.0.splitn(3, '/');
        let (of, number) = (parts.next(), parts.next().unwrap_or_default());
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number && of == Some(&tag_value(organization)) && parts.next().unwrap_or_default() == tag_value(prefix)
    }
}

/// Returns the value of a tag.
pub fn value_of<'a>(tags: &'a [(String, String)], key: &str) -> Option<&'a str> {
    tags.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
}

/// Returns the tags that tell whose a grant is.
pub fn owner(run_id: &RunId, scope: &Scope) -> [(&'static str, String); 3] {
    [(MARK.0, MARK.1.to_owned()), (RUN, tag_value(run_id.as_str())), (SCOPE, tag_value(&scope.0))]
}

/// Returns the tags of the resources beside the first.
pub fn of_additional(resources: &[Arn]) -> impl Iterator<Item = (String, String)> {
    (2..).zip(resources).map(|(number, arn)| (format!("{RESOURCE}.{number}"), tag_value(arn.as_str())))
}

/// Returns whether a tag of this key names a resource of a grant, the first or an additional one.
pub fn names_a_resource(key: &str) -> bool {
    key.strip_prefix(RESOURCE).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns the tags from which a sweep reads what was asked for without Port, besides those of every grant.
pub fn of_break_glass(
    person: &str,
    reason: &str,
    duration: GrantDuration,
    actions: &[String],
) -> Vec<(String, String)> {
    let mut tags = vec![
        (PERSON.to_owned(), person.to_owned()),
        (REASON.to_owned(), reason.to_owned()),
        (DURATION.to_owned(), duration.to_string()),
    ];
    let mut values: Vec<String> = Vec::new();
    for action in actions {
        match values.last_mut().filter(|value| value.len() + 1 + action.len() <= LONGEST_TAG_VALUE) {
            Some(value) => *value = format!("{value} {action}"),
            None => values.push(action.clone()),
        }
    }
    let name = |number| if number == 1 { ACTIONS.to_owned() } else { format!("{ACTIONS}.{number}") };
    tags.extend((1..).zip(values).map(|(number, value)| (name(number), value)));
    tags.into_iter().map(|(key, value)| (key, tag_value(&value))).collect()
}

/// Returns `text` as a tag's value may be: at most 256 characters of IAM's alphabet (IAM API reference, "Tag"),
/// anything else as `_`. Characters are counted as UTF-16 does, which is never fewer than IAM counts.
pub fn tag_value(text: &str) -> String {
    let mut value = String::new();
    let mut length = 0;
    for character in text.chars() {
        let mut buffer = [0; 4];
        let is_legal = TAG_CHARACTER.as_ref().is_some_and(|legal| legal.is_match(character.encode_utf8(&mut buffer)));
        let character = if is_legal { character } else { '_' };
        length += character.len_utf16();
        if length > LONGEST_TAG_VALUE {
            break;
        }
        value.push(character);
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_records_of_a_scope_are_those_of_its_organisation_and_its_prefix() {
        let keeps = |scope: &str, prefix: &str| Scope(scope.to_owned()).keeps_records_in("org_1", prefix);
        assert!(keeps("org_1/7", "") && keeps("org_1/8", "") && keeps("org_1/7/team-a", "team-a"));
        for (scope, prefix) in [
            ("org_2/7", ""),
            ("org_1/7/team-a", ""),
            ("org_1/7", "team-a"),
            ("org_1/7/team-b", "team-a"),
            ("org_1/", ""),
            ("org_1/x", ""),
            ("org_1", ""),
            ("", ""),
        ] {
            assert!(!keeps(scope, prefix), "{scope} {prefix}");
        }
    }

    proptest! {
        /// Pattern and length of the IAM API reference, "Tag".
        #[test]
        fn a_tag_s_value_is_within_iam_s_alphabet_and_length_whatever_it_was(text in "\\PC{0,300}|.{0,20}|[\\p{M}\\p{So}]{0,9}") {
            let alphabet = Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$").unwrap();
            let value = tag_value(&text);
            prop_assert!(alphabet.is_match(&value) && value.chars().count() <= 256, "{:?}", value);
            let is_legal = alphabet.is_match(&text) && !text.contains(char::is_whitespace) && text.len() <= 256;
            prop_assert!(!is_legal || value == text, "{:?}", value);
        }
    }
}
