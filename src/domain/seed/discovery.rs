//! Resources that AWS itself names, as entries for the catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{LONGEST_TITLE, is_plain};
use super::{Entry, Facts, Kind, Place, Placed, Remark, plain};
use crate::domain::arn::Arn;
use crate::domain::reference;
use crate::domain::refusal::quoted;
use crate::domain::resource_types::service_of_type;

/// What is looked for: all resources of a service, or one kind of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sought {
    /// The service, as ARNs name it.
    service: String,
    /// The kind, as ARNs name it: `instance`, `function`.
    kind: Option<String>,
}

impl Sought {
    /// Parses a service (`s3`, `Lambda`) or one kind of its resources (`ec2:instance`).
    ///
    /// # Errors
    ///
    /// Says what is wrong when AWS's reference has no such service, and when the kind is no plain word.
    pub fn parse(text: &str) -> Result<Self, Remark> {
        let wrong = |message: String| Remark { place: Place::Sought(Arc::from(format!("--discover {text}"))), message };
        let (word, kind) = text.split_once(':').map_or((text, None), |(word, kind)| (word, Some(kind)));
        let of_arns = || {
            let is_word =
                !word.is_empty() && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
            Some(word.to_lowercase()).filter(|word| is_word && !reference::services_of_arns(word).is_empty())
        };
        let service = service_of_type(word).map(str::to_owned).or_else(of_arns).ok_or_else(|| {
            wrong(format!(
                "{} is no service that AWS's reference knows; name it as ARNs do, such as `s3`",
                quoted(word)
            ))
        })?;
        let is_word = |kind: &str| {
            let taken = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '/' | '_');
            !kind.is_empty() && kind.chars().all(taken)
        };
        if let Some(kind) = kind.filter(|kind| !is_word(kind)) {
            return Err(wrong(format!("{} is no kind of resource; write it as in `ec2:instance`", quoted(kind))));
        }
        Ok(Self { service, kind: kind.map(str::to_owned) })
    }

    /// Returns the service, as ARNs name it.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns what AWS takes as a filter, `service` or `service:kind` (Resource Groups Tagging API reference,
    /// GetResources, `ResourceTypeFilters`).
    pub fn filter(&self) -> String {
        self.kind.as_ref().map_or_else(|| self.service.clone(), |kind| format!("{}:{kind}", self.service))
    }

    /// Returns whether a resource is one that is looked for.
    pub fn holds(&self, arn: &Arn) -> bool {
        let is_kind = |kind: &String| {
            let rest = arn.resource().strip_prefix(kind.as_str());
            // The ARN of a bucket does not say that it is one.
            rest.is_some_and(|rest| rest.starts_with(['/', ':'])) || (self.service == "s3" && kind == "bucket")
        };
        arn.service() == self.service && self.kind.as_ref().is_none_or(is_kind)
    }
}

/// A resource that AWS names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundResource {
    /// Its ARN, as AWS wrote it.
    pub arn: String,
    /// The value of its tag `Name`.
    pub name: Option<String>,
    /// The region that was asked.
    pub region: Arc<str>,
}

/// Returns an entry for each resource that `named` does not name already, each ARN once, sorted. A name becomes the
/// title of a new entity, with the end of the ARN behind it: whoever may set a tag decides what it says.
pub fn entries_of_discovery(found: &[FoundResource], facts: &Facts, named: &[Entry]) -> Vec<Entry> {
    let mut resources: BTreeMap<String, &FoundResource> = BTreeMap::new();
    for resource in found {
        let known = resources.entry(plain(&resource.arn)).or_insert(resource);
        if known.name.is_none() {
            *known = resource;
        }
    }
    for entry in named.iter().filter(|entry| entry.kind == Kind::Resource) {
        resources.remove(&entry.identifier.text);
    }
    let entry = |(arn, resource): (String, &FoundResource)| {
        let placed = |text: String| Placed { text, place: Place::Found(Arc::clone(&resource.region)) };
        let title = resource.name.as_deref().and_then(|name| title(name, &arn)).map(placed);
        let resource_type = facts.default_type(Kind::Resource, &arn).map(placed);
        // Whose credentials have found it tells where it lies, and a bucket's ARN does not.
        let is_unnamed = Arn::parse("identifier", &arn).is_ok_and(|arn| arn.account().is_empty());
        let account = facts.account.as_ref().filter(|_| is_unnamed).map(|account| placed(account.id.to_string()));
        Entry { kind: Kind::Resource, identifier: placed(arn), title, resource_type, account }
    };
    resources.into_iter().map(entry).collect()
}

fn title(name: &str, arn: &str) -> Option<String> {
    let arn = Arn::parse("identifier", arn).ok()?;
    let title = format!("{} ({})", name.trim(), arn.resource());
    (is_plain(name) && is_plain(&title) && title.chars().count() <= LONGEST_TITLE).then_some(title)
}
