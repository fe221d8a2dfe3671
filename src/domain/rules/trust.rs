//! Reads `trust`: who may assume a granted role, and how people are named in AWS.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::by_name::ByName;
use super::mistake::{Mistakes, line};
use super::people::is_address;
use super::present::present;
use crate::domain::trust::{AwsName, CommonName, NameMapping, PermissionSet, Trust};

/// Names of permission sets (IAM Identity Center API reference, CreatePermissionSet).
static PERMISSION_SET: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[A-Za-z0-9_+=,.@-]{1,32}$").ok());
/// Their roles in an account (IAM Identity Center User Guide, "Referencing permission sets").
static ROLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("^AWSReservedSSO_[A-Za-z0-9_+=,.@-]{1,32}_[A-Za-z0-9]{1,16}$").ok());
/// Paths of IAM users (IAM API reference, CreateUser), without what a policy would interpret.
static PATH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^/([A-Za-z0-9_+=,.@-]+/)*$").ok());
static DOMAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$").ok());

const NAMING: &str =
    "`name: email`, or `name: local-part` with `domains: [acme.example]`, or `names: { \"dana@acme.example\": dana }`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TrustEntry {
    mode: Spanned<String>,
    #[serde(default, deserialize_with = "present")]
    role: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    permission_set: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    path: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    name: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    domains: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default, deserialize_with = "present")]
    names: Option<Spanned<ByName<Spanned<String>>>>,
}

/// Returns the trust of an entry, unless it holds mistakes.
pub(super) fn trust(entry: &TrustEntry, mistakes: &mut Mistakes) -> Option<Trust> {
    let before = mistakes.count();
    let mode = entry.mode.value.as_str();
    if !Trust::MODES.contains(&mode) {
        let known = Trust::MODES.map(|mode| format!("`{mode}`")).join(", ");
        mistakes.note(&entry.mode, format!("trust mode {mode:?} is not known; write one of {known}"));
        return None;
    }
    refuse_keys_of_other_modes(mode, entry, mistakes);
    let names = names(entry, mistakes);
    if names.is_none() && ["identity-center", "iam-user", "source-identity"].contains(&mode) {
        mistakes.note(&entry.mode, format!("trust mode `{mode}` needs names in AWS: {NAMING}"));
    }
    let trust = match mode {
        "identity-center" => permission_set(entry, mistakes)
            .zip(names)
            .map(|(permission_set, names)| Trust::IdentityCenter { permission_set, names }),
        "iam-user" => path(entry, mistakes).zip(names).map(|(path, names)| Trust::IamUser { path, names }),
        "source-identity" => names.map(|names| Trust::SourceIdentity { names }),
        "template" => Some(Trust::Template { names }),
        _ => Some(Trust::Account),
    };
    trust.filter(|_| mistakes.count() == before)
}

fn refuse_keys_of_other_modes(mode: &str, entry: &TrustEntry, mistakes: &mut Mistakes) {
    let texts = [
        ("role", &entry.role, &["identity-center"][..]),
        ("permission-set", &entry.permission_set, &["identity-center"]),
        ("path", &entry.path, &["iam-user"]),
        ("name", &entry.name, &Trust::MODES[1..]),
    ];
    let refused = |key: &str| format!("trust mode `{mode}` knows no `{key}`");
    for (key, value, modes) in texts {
        if let Some(value) = value.as_ref().filter(|_| !modes.contains(&mode)) {
            mistakes.note(value, refused(key));
        }
    }
    if mode == "account" {
        if let Some(domains) = &entry.domains {
            mistakes.note(domains, refused("domains"));
        }
        if let Some(names) = &entry.names {
            mistakes.note(names, refused("names"));
        }
    }
}

fn is_match(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

fn permission_set(entry: &TrustEntry, mistakes: &mut Mistakes) -> Option<PermissionSet> {
    match (&entry.role, &entry.permission_set) {
        (Some(role), None) if is_match(&ROLE, &role.value) => Some(PermissionSet::Role(role.value.clone())),
        (Some(role), None) => {
            let message = format!("{:?} is no role of a permission set: AWSReservedSSO_NAME_SUFFIX", role.value);
            mistakes.note(role, message);
            None
        }
        (None, Some(name)) if is_match(&PERMISSION_SET, &name.value) => Some(PermissionSet::Name(name.value.clone())),
        (None, Some(name)) => {
            let message = format!("{:?} is no name of a permission set (1 to 32 letters, digits, _+=,.@-)", name.value);
            mistakes.note(name, message);
            None
        }
        (Some(_), Some(name)) => {
            mistakes.note(name, "write either `role` or `permission-set`");
            None
        }
        (None, None) => {
            let message =
                "trust mode `identity-center` needs `role: AWSReservedSSO_NAME_SUFFIX` or `permission-set: NAME`";
            mistakes.note(&entry.mode, message);
            None
        }
    }
}

fn path(entry: &TrustEntry, mistakes: &mut Mistakes) -> Option<String> {
    let Some(path) = &entry.path else { return Some("/".to_owned()) };
    if is_match(&PATH, &path.value) && path.value.len() <= 512 {
        return Some(path.value.clone());
    }
    mistakes.note(path, format!("{:?} is no path of IAM users; write `/` or `/team/`", path.value));
    None
}

/// Returns the mapping of names; none when the entry says nothing of names.
fn names(entry: &TrustEntry, mistakes: &mut Mistakes) -> Option<NameMapping> {
    let common = entry.name.as_ref().and_then(|name| common(name, entry, mistakes));
    if let (Some(domains), true) = (&entry.domains, entry.name.as_ref().is_none_or(|name| name.value != "local-part")) {
        mistakes.note(domains, "`domains` belongs to `name: local-part`");
    }
    let single = entry.names.as_ref().map(|names| single_names(&names.value.0, mistakes));
    if let (Some(names), true) = (&entry.names, single.as_ref().is_some_and(BTreeMap::is_empty)) {
        mistakes.note(names, "`names` gives nobody a name; leave it out, or write `\"dana@acme.example\": dana`");
    }
    let given = entry.name.is_some() || entry.names.is_some();
    given.then(|| NameMapping { common, names: single.unwrap_or_default() })
}

fn common(name: &Spanned<String>, entry: &TrustEntry, mistakes: &mut Mistakes) -> Option<CommonName> {
    match (name.value.as_str(), &entry.domains) {
        ("email", _) => Some(CommonName::Email),
        ("local-part", Some(domains)) if !domains.value.is_empty() => {
            for domain in domains.value.iter().filter(|domain| !is_match(&DOMAIN, &domain.value)) {
                mistakes.note(domain, format!("{:?} is no domain; write `acme.example`", domain.value));
            }
            let domains = domains.value.iter().map(|domain| domain.value.to_ascii_lowercase()).collect();
            Some(CommonName::LocalPart { domains })
        }
        ("local-part", _) => {
            let message = "`name: local-part` needs `domains`, a list such as `[acme.example]`: bob of another domain is another bob";
            mistakes.note(name, message);
            None
        }
        (other, _) => {
            mistakes.note(name, format!("{other:?} is no way to name people; write {NAMING}"));
            None
        }
    }
}

fn single_names(entries: &BTreeMap<String, Spanned<String>>, mistakes: &mut Mistakes) -> BTreeMap<String, AwsName> {
    let mut in_order: Vec<_> = entries.iter().collect();
    in_order.sort_by_key(|(_, name)| (line(name), name.referenced.column()));
    let mut names: BTreeMap<String, AwsName> = BTreeMap::new();
    for (email, entry) in in_order {
        let Some(name) = AwsName::parse(&entry.value) else {
            mistakes.note(entry, format!("{:?} cannot be a name in AWS, which has {}", entry.value, AwsName::ALPHABET));
            continue;
        };
        let key = email.to_ascii_lowercase();
        if !is_address(&key) {
            mistakes.note(entry, format!("{email:?} is no e-mail address"));
        } else if names.contains_key(&key) {
            mistakes.note(entry, format!("{email:?} has a name already: the case of an address does not matter"));
        } else if let Some((other, _)) = names.iter().find(|(_, taken)| taken.is_same(&name)) {
            mistakes.note(entry, format!("{name} is {other} already: two people cannot be one in AWS"));
        } else {
            names.insert(key, name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;

    fn parse(trust: &str) -> Result<Trust, Vec<(u64, String)>> {
        let file = format!("version: 1\naccounts: {{ \"123456789012\": {{}} }}\nrules: []\ntrust:\n{trust}\n");
        let rules = Rules::parse(&file);
        rules
            .map(|rules| rules.trust)
            .map_err(|error| error.mistakes.into_iter().map(|mistake| (mistake.line, mistake.message)).collect())
    }

    #[test]
    fn every_mode_is_read_as_it_is_written() {
        let email = NameMapping { common: Some(CommonName::Email), names: BTreeMap::new() };
        assert_eq!(parse("  mode: account"), Ok(Trust::Account));
        assert_eq!(
            parse("  mode: identity-center\n  role: AWSReservedSSO_Dev_0123456789abcdef\n  name: email"),
            Ok(Trust::IdentityCenter {
                permission_set: PermissionSet::Role("AWSReservedSSO_Dev_0123456789abcdef".to_owned()),
                names: email.clone(),
            })
        );
        assert_eq!(
            parse("  mode: identity-center\n  permission-set: Dev\n  name: email"),
            Ok(Trust::IdentityCenter { permission_set: PermissionSet::Name("Dev".to_owned()), names: email.clone() })
        );
        let names = [("dana@acme.example".to_owned(), AwsName::parse("dana.k").unwrap())];
        let mapping = NameMapping {
            common: Some(CommonName::LocalPart { domains: vec!["acme.example".to_owned()] }),
            names: names.into(),
        };
        let local_part = "  name: local-part\n  domains: [Acme.example]\n  names: { \"Dana@acme.example\": dana.k }";
        assert_eq!(
            parse(&format!("  mode: iam-user\n  path: /people/\n{local_part}")),
            Ok(Trust::IamUser { path: "/people/".to_owned(), names: mapping.clone() })
        );
        assert_eq!(
            parse("  mode: iam-user\n  name: email"),
            Ok(Trust::IamUser { path: "/".to_owned(), names: email.clone() })
        );
        assert_eq!(
            parse(&format!("  mode: source-identity\n{local_part}")),
            Ok(Trust::SourceIdentity { names: mapping })
        );
        assert_eq!(parse("  mode: template"), Ok(Trust::Template { names: None }));
        assert_eq!(parse("  mode: template\n  name: email"), Ok(Trust::Template { names: Some(email) }));
    }

    #[test]
    fn whatever_does_not_make_a_trust_is_told_at_its_line() {
        let center = "  mode: identity-center\n  name: email\n";
        let user = "  mode: iam-user\n";
        for (text, line, word) in [
            ("  mode: anybody".to_owned(), 5, "`source-identity`"),
            ("  mode: account\n  name: email".to_owned(), 6, "`name`"),
            ("  mode: account\n  names: { \"a@b.example\": ab }".to_owned(), 6, "`names`"),
            ("  mode: source-identity\n  name: email\n  path: /".to_owned(), 7, "`path`"),
            ("  mode: template\n  permission-set: Dev".to_owned(), 6, "`permission-set`"),
            (center.to_owned(), 5, "needs `role"),
            (format!("{center}  role: AWSReservedSSO_Dev_0123456789abcdef\n  permission-set: Dev"), 8, "either"),
            (format!("{center}  role: Developer"), 7, "AWSReservedSSO_NAME_SUFFIX"),
            (format!("{center}  role: AWSReservedSSO_*_0123456789abcdef"), 7, "AWSReservedSSO_NAME_SUFFIX"),
            (format!("{center}  permission-set: \"Dev*\""), 7, "no name of a permission set"),
            (format!("{center}  permission-set: \"Dev/Ops\""), 7, "no name of a permission set"),
            ("  mode: identity-center\n  permission-set: Dev".to_owned(), 5, "needs names"),
            (user.to_owned(), 5, "needs names"),
            (format!("{user}  name: email\n  path: people"), 7, "no path"),
            (format!("{user}  name: email\n  path: \"/*/\""), 7, "no path"),
            (format!("{user}  name: first-name"), 6, "no way to name"),
            (format!("{user}  name: local-part"), 6, "needs `domains`"),
            (format!("{user}  name: local-part\n  domains: []"), 6, "needs `domains`"),
            (format!("{user}  name: local-part\n  domains: [\"*.example\"]"), 7, "no domain"),
            (format!("{user}  name: email\n  domains: [acme.example]"), 7, "belongs to `name: local-part`"),
            (format!("{user}  names: {{}}"), 6, "nobody"),
            (format!("{user}  names:\n    dana: dana"), 7, "no e-mail"),
            (format!("{user}  names:\n    \"d@a.example\": \"d*\""), 7, "cannot be a name"),
        ] {
            let mistakes = parse(&text).unwrap_err();
            assert!(mistakes.iter().any(|(at, text)| *at == line && text.contains(word)), "{text}: {mistakes:?}");
        }
    }

    #[test]
    fn two_people_with_one_name_are_a_mistake_at_the_second() {
        for second in ["max@acme.example\": Dana.K", "DANA@acme.example\": max", "max@acme.example\": dana.k"] {
            let text = format!("  mode: iam-user\n  names:\n    \"dana@acme.example\": dana.k\n    \"{second}");
            let mistakes = parse(&text).unwrap_err();
            assert_eq!(mistakes.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [8], "{mistakes:?}");
        }
        let swapped = "  mode: iam-user\n  names:\n    \"max@acme.example\": same\n    \"dana@acme.example\": same";
        assert_eq!(parse(swapped).unwrap_err()[0].0, 8);
    }
}
