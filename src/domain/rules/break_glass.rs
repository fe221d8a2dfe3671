//! Reads `break-glass`: who may grant without Port, for how long, and who is told.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::entry::duration;
use super::mistake::Mistakes;
use super::present::present;
use crate::domain::duration::GrantDuration;

/// An IAM user, a role or one session of a role, each named exactly.
static ARN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^arn:[a-z-]+:(iam::[0-9]{12}:(user|role)|sts::[0-9]{12}:assumed-role)(/[A-Za-z0-9_+=,.@-]+)+$").ok()
});
/// A name of an IAM user or of a user of Identity Center (IAM API reference, CreateUser; AssumeRole).
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z0-9_+=,.@-]{2,64}$").ok());
/// What the roles of permission sets begin with; the sessions of no other role bear the name of a person.
const PERMISSION_SET_ROLE: &str = "AWSReservedSSO_";

/// What stands in the place of an address where nobody shall be told.
const NO_WEBHOOK: &str = "none";

/// Who may grant without Port (`break-glass`).
///
/// It is a rule for people who mean well: whoever has the rights in IAM that it takes can also do without this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassRules {
    /// The longest grant.
    pub longest: GrantDuration,
    /// ARNs of users, roles and sessions, and names of IAM users and users of Identity Center.
    pub people: Vec<String>,
    /// Where it is told before anything is made: `https`, or `http` on loopback. None only where the file says so
    /// (`webhook: none`).
    pub webhook: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BreakGlassEntry {
    longest: Spanned<String>,
    people: Spanned<Vec<Spanned<String>>>,
    #[serde(default, deserialize_with = "present")]
    webhook: Option<Spanned<String>>,
}

impl BreakGlassRules {
    /// Returns whether the file names the identity with this ARN.
    pub fn names(&self, identity: &str) -> bool {
        self.people.iter().any(|entry| is_named(entry, identity))
    }
}

fn is_named(entry: &str, identity: &str) -> bool {
    if entry == identity {
        return true;
    }
    let fields: Vec<&str> = identity.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = fields.as_slice() else { return false };
    let parts: Vec<&str> = resource.split('/').collect();
    match (*service, parts.as_slice()) {
        ("iam", ["user", .., name]) => entry == *name,
        // A session's ARN does not tell the path of its role. Names of roles are unique in an account.
        ("sts", ["assumed-role", role, session]) => {
            let of_account = format!("arn:{partition}:iam::{account}:role/");
            let is_role = entry.strip_prefix(&of_account).is_some_and(|path| path.rsplit('/').next() == Some(role));
            is_role || (role.starts_with(PERMISSION_SET_ROLE) && entry == *session)
        }
        _ => false,
    }
}

/// Returns what the entry says, unless it holds mistakes.
pub(super) fn break_glass(entry: &BreakGlassEntry, mistakes: &mut Mistakes) -> Option<BreakGlassRules> {
    let before = mistakes.count();
    let longest = duration("longest", &entry.longest, mistakes);
    if entry.people.value.is_empty() {
        mistakes.note(&entry.people, "`people` is empty, so that nobody may; leave `break-glass` out to switch it off");
    }
    let is_match =
        |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
    for person in entry.people.value.iter().filter(|it| !is_match(&ARN, &it.value) && !is_match(&NAME, &it.value)) {
        let message = format!(
            "{:?} names nobody: write the ARN of an IAM user, a role or a session of a role, or the name of a user",
            person.value
        );
        mistakes.note(person, message);
    }
    // A bare name is a user's, and AWS lets nobody name a user so.
    for role in entry.people.value.iter().filter(|it| it.value.starts_with(PERMISSION_SET_ROLE)) {
        mistakes.note(role, format!("{:?} is the name of a role: write its ARN, or the name of a user", role.value));
    }
    match &entry.webhook {
        // Somebody else hears of it first, unless the reviewed file says that nobody shall.
        None => mistakes.note(
            &entry.longest,
            "`break-glass` has no `webhook`: write the address that is told first (`webhook: https://hooks.example.com/path`), \
             or `webhook: none` so that nobody is",
        ),
        Some(webhook) if webhook.value != NO_WEBHOOK && !is_address(&webhook.value) => mistakes.note(
            webhook,
            "`webhook` is no address: write `https://hooks.example.com/path`, without user or query, or `none`",
        ),
        Some(_) => {}
    }
    let people = entry.people.value.iter().map(|person| person.value.clone()).collect();
    let webhook = entry.webhook.as_ref().map(|webhook| webhook.value.clone()).filter(|webhook| webhook != NO_WEBHOOK);
    longest.filter(|_| mistakes.count() == before).map(|longest| BreakGlassRules { longest, people, webhook })
}

fn is_address(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_plain && url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback))
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;

    const ENTRY: &str = "break-glass: { longest: 1h, people: [ada], webhook: https://hooks.example.com/a }";

    fn parse(line: &str) -> Result<Option<BreakGlassRules>, String> {
        let file = format!(
            "version: 1\naccounts: {{ \"123456789012\": {{}} }}\ntrust: {{ mode: account }}\n{line}\nrules: []\n"
        );
        Rules::parse(&file).map(|rules| rules.break_glass).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_off_unless_the_file_says_who_may_and_for_how_long() {
        assert_eq!(parse(""), Ok(None));
        let read = parse(ENTRY).unwrap().unwrap();
        assert_eq!((read.longest.to_string().as_str(), read.people.as_slice()), ("1h", &["ada".to_owned()][..]));
        assert_eq!(read.webhook.as_deref(), Some("https://hooks.example.com/a"));
        for (from, to) in [
            ("longest: 1h, ", ""),
            ("people: [ada], ", ""),
            ("people: [ada]", "people: []"),
            ("people: [ada]", "people: [\"*\"]"),
            ("people: [ada]", "people: [\"arn:aws:iam::123456789012:user/*\"]"),
            ("people: [ada]", "people: [\"arn:aws:iam::123456789012:root\"]"),
            ("1h", "forever"),
            ("webhook", "web-hook"),
            (", webhook: https://hooks.example.com/a", ""),
            ("https://hooks.example.com/a", "\"\""),
            ("https://hooks.example.com/a", "None"),
            ("https://hooks.example.com/a", "http://hooks.example.com/a"),
            ("https://hooks.example.com/a", "https://u:p@hooks.example.com/a"),
            ("https://hooks.example.com/a", "https://ada@hooks.example.com/a"),
            ("https://hooks.example.com/a", "https://:p@hooks.example.com/a"),
            ("https://hooks.example.com/a", "\"https://hooks.example.com/a?key=1\""),
            ("https://hooks.example.com/a", "\"https://hooks.example.com/a#part\""),
            ("https://hooks.example.com/a", "http://192.0.2.1/a"),
            ("https://hooks.example.com/a", "\"http://[2001:db8::1]/a\""),
            ("https://hooks.example.com/a", "ftp://127.0.0.1/a"),
            ("https://hooks.example.com/a", "\"mailto:ada@acme.example\""),
        ] {
            let error = parse(&ENTRY.replacen(from, to, 1)).unwrap_err();
            assert!(error.starts_with("line 4: "), "{to}: {error}");
        }
        let without = parse(&ENTRY.replacen(", webhook: https://hooks.example.com/a", "", 1)).unwrap_err();
        assert!(without.contains("no `webhook`") && without.contains("`webhook: none`"), "{without}");
        assert_eq!(parse(&ENTRY.replacen("https://hooks.example.com/a", "none", 1)).unwrap().unwrap().webhook, None);
        for loopback in ["http://127.0.0.1:1/a", "http://localhost/a", "\"http://[::1]:1/a\""] {
            assert!(parse(&ENTRY.replacen("https://hooks.example.com/a", loopback, 1)).is_ok(), "{loopback}");
        }
    }

    #[test]
    fn a_name_is_that_of_a_person_and_of_no_session_that_anybody_could_name() {
        const USER: &str = "arn:aws:iam::123456789012:user/people/ada";
        const SIGNED_IN: &str =
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ada@acme.example";
        const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/Emergency/ada";
        for (entry, identity, named) in [
            ("ada", USER, true),
            (USER, USER, true),
            ("people", USER, false),
            ("arn:aws:iam::123456789012:user/ada", USER, false),
            ("ada@acme.example", SIGNED_IN, true),
            ("ada", SIGNED_IN, false),
            (SIGNED_IN, SIGNED_IN, true),
            ("arn:aws:iam::123456789012:role/aws-reserved/AWSReservedSSO_Admin_0123456789abcdef", SIGNED_IN, true),
            ("ada", ROLE, false),
            ("Emergency", ROLE, false),
            ("arn:aws:iam::123456789012:role/ops/Emergency", ROLE, true),
            ("arn:aws:iam::999999999999:role/Emergency", ROLE, false),
            ("arn:aws:sts::123456789012:assumed-role/Emergency/max", ROLE, false),
            ("root", "arn:aws:iam::123456789012:root", false),
        ] {
            assert_eq!(is_named(entry, identity), named, "{entry} {identity}");
            let people = vec!["arn:aws:iam::123456789012:user/nobody".to_owned(), entry.to_owned()];
            let rules = BreakGlassRules { people, ..parse(ENTRY).unwrap().unwrap() };
            assert_eq!(rules.names(identity), named, "{entry} {identity}");
        }
    }
}
