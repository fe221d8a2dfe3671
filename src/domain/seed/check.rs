//! Checks entries against the rules of AWS, of Port and of this installation.

use std::collections::HashMap;

use serde_json::json;

use super::facts::{self, Property};
use super::title::{self, Title};
use super::{Entry, Facts, Kind, Place, Placed, Remark, SeedEntity, Types};
use crate::domain::arn::Arn;
use crate::domain::identifier::{AccountId, ActionName, EntityIdentifier};
use crate::domain::lies_in::ACCOUNT;
use crate::domain::policy::{ActionFacts, action_facts, kind_of, spelled};
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::resource_types::GUIDE;

/// The longest title, in characters; Port's own limit for the titles of blueprints.
pub(super) const LONGEST_TITLE: usize = 100;

/// What came of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The entities without a mistake, in the order of the entries.
    pub entities: Vec<SeedEntity>,
    /// What must be mended before anything is written.
    pub mistakes: Vec<Remark>,
    /// Why something that was found ([`Place::is_found`]) is left out, once for each reason.
    pub left_out: Vec<Remark>,
    /// What should be looked at.
    pub warnings: Vec<Remark>,
}

/// Checks all entries, each by itself and against each other.
pub fn check(entries: &[Entry], facts: &Facts) -> Checked {
    let mut checker = Checker { facts, checked: Checked::default(), first: HashMap::new() };
    for entry in entries {
        checker.entry(entry);
    }
    checker.checked
}

struct Checker<'a> {
    facts: &'a Facts,
    checked: Checked,
    /// Where each identifier stands first.
    first: HashMap<(Kind, String), &'a Place>,
}

impl<'a> Checker<'a> {
    fn mistake(&mut self, at: &Placed, message: String) {
        let remarks = if at.place.is_found() { &mut self.checked.left_out } else { &mut self.checked.mistakes };
        remarks.push(Remark { place: at.place.clone(), message });
    }

    fn wrong(&self) -> usize {
        self.checked.mistakes.len() + self.checked.left_out.len()
    }

    fn refused(&mut self, at: &Placed, refusal: &Refusal) {
        self.mistake(at, format!("{}; {}", refusal.reason, refusal.remedy));
    }

    fn warn(&mut self, at: &Placed, message: String) {
        self.checked.warnings.push(Remark { place: at.place.clone(), message });
    }

    fn entry(&mut self, entry: &'a Entry) {
        let before = self.wrong();
        let (service, mut properties) = match entry.kind {
            Kind::Resource => self.resource(&entry.identifier, entry.account.as_ref()),
            Kind::Permission => self.permission(&entry.identifier),
        }
        .unzip();
        let resource_type = self.resource_type(entry, service.as_deref());
        if let (Kind::Permission, Some(account)) = (entry.kind, &entry.account) {
            self.mistake(account, "a permission lies in no account; leave `account` out".to_owned());
        }
        if let Some(title) = &entry.title {
            self.title(entry, title);
        }
        self.once(entry);
        if let (Some(resource_type), true) = (resource_type, self.wrong() == before) {
            let lacking = &self.facts.lacking;
            let mut properties: Vec<Property> = properties.take().unwrap_or_default();
            properties.retain(|(name, _)| !lacking.contains(&(entry.kind, name)));
            let is_marked = !lacking.contains(&(entry.kind, facts::SEEDED));
            let (kind, identifier, title) = (entry.kind, entry.identifier.text.clone(), wanted_title(entry));
            let entity = SeedEntity { kind, identifier, title, resource_type, properties, is_marked };
            self.checked.entities.push(entity);
        }
    }

    /// Checks an ARN and returns its service, and what is known of it.
    fn resource(&mut self, identifier: &Placed, account: Option<&Placed>) -> Option<(String, Vec<Property>)> {
        let arn = match Arn::parse("identifier", &identifier.text) {
            Ok(arn) => arn,
            Err(refusal) => {
                self.refused(identifier, &refusal);
                return None;
            }
        };
        if let Err(refusal) = EntityIdentifier::parse("identifier", &identifier.text) {
            self.refused(identifier, &refusal);
        }
        if let Some(own) = &self.facts.account {
            let named = quoted(arn.as_str());
            // Whoever names the account beside the ARN means another one.
            let is_meant = account.is_some_and(|account| account.text == arn.account());
            if !arn.account().is_empty() && arn.account() != own.id.as_str() && !is_meant {
                let (theirs, own) = (arn.account(), &own.id);
                self.mistake(
                    identifier,
                    format!("{named} belongs to account {theirs}; your AWS credentials are those of account {own}"),
                );
            }
            if arn.partition() != own.partition {
                let (theirs, own) = (arn.partition(), &own.partition);
                self.mistake(
                    identifier,
                    format!("{named} is in partition {theirs}; your AWS credentials are those of partition {own}"),
                );
            }
        }
        if kind_of(&arn).is_none() {
            let named = quoted(arn.as_str());
            if identifier.place.is_found() {
                self.mistake(identifier, format!("no permission can be granted on {named}"));
            } else {
                self.warn(identifier, format!("{named} can be listed, but no permission on it can be granted"));
            }
        }
        let mut properties = facts::of_resource(&arn);
        if let Some(account) = account {
            properties.push((ACCOUNT, json!(account.text)));
            if !arn.account().is_empty() && arn.account() != account.text {
                let (named, theirs) = (quoted(arn.as_str()), quoted(&account.text));
                self.mistake(account, format!("{named} lies in the account {}, and not in {theirs}", arn.account()));
            } else if let Err(refusal) = AccountId::parse(ACCOUNT, &account.text) {
                self.refused(account, &refusal);
            }
        }
        Some((arn.service().to_owned(), properties))
    }

    /// Checks an action and returns its service, and what is known of it.
    fn permission(&mut self, identifier: &Placed) -> Option<(String, Vec<Property>)> {
        let action = match ActionName::parse(&identifier.text) {
            Ok(action) => action,
            Err(refusal) => {
                self.refused(identifier, &refusal);
                return None;
            }
        };
        let facts = action_facts(&action);
        match spelled(&action, true) {
            // IAM ignores the case, the catalog does not: two spellings would be two permissions.
            Ok(spelling) if spelling != action.as_str() => {
                self.mistake(identifier, format!("{} is spelt {} by AWS", quoted(action.as_str()), quoted(&spelling)));
            }
            Ok(_) => {}
            Err(refusal) => self.refused(identifier, &refusal),
        }
        if let Some(facts) = &facts {
            self.not_granted_by_default(identifier, facts);
        }
        let service = action.as_str().split_once(':')?.0.to_lowercase();
        Some((service, facts.as_ref().map(facts::of_action).unwrap_or_default()))
    }

    /// Warns of what the rules file has to name before anybody is granted it. That file is not read here.
    fn not_granted_by_default(&mut self, identifier: &Placed, facts: &ActionFacts) {
        let name = quoted(&facts.name);
        if facts.denied {
            let message = format!(
                "{name} could give its holder more than it says, and no grant gives it unless `allow-actions` in the rules file names it"
            );
            self.warn(identifier, message);
        } else if facts.account_wide {
            let message = format!(
                "{name} acts on the whole account, and no grant gives it unless `account-wide-actions` in the rules file names it"
            );
            self.warn(identifier, message);
        }
    }

    /// Returns the type that is given, or follows from the service; none after a mistake.
    fn resource_type(&mut self, entry: &Entry, service: Option<&str>) -> Option<String> {
        let types = self.facts.types(entry.kind);
        let Some(given) = &entry.resource_type else {
            let default = self.facts.default_type(entry.kind, &entry.identifier.text);
            // Without a service the identifier is the mistake, and without the blueprint the type may be a default.
            if default.is_none() && service.is_some() && *types != Types::Unknown {
                let message = format!("{} needs a `resource_type`{}", quoted(&entry.identifier.text), choice(types));
                self.mistake(&entry.identifier, message);
            }
            return default;
        };
        let known = match types {
            Types::OneOf(types) => types.contains(&given.text),
            Types::Unknown | Types::Any => is_plain(&given.text),
        };
        if !known {
            let message = match types {
                Types::OneOf(_) => {
                    format!("resource type {} is not one that the catalog knows{}", quoted(&given.text), choice(types))
                }
                Types::Unknown | Types::Any => {
                    format!("resource type {} is empty or holds a control character", quoted(&given.text))
                }
            };
            self.mistake(given, message);
            return None;
        }
        let is_of_guide = GUIDE.contains(&given.text.as_str());
        if let Some(service) = service.filter(|service| is_of_guide && service.to_uppercase() != given.text) {
            let message = format!(
                "resource type {} is given to {}, which is of service {}; what is asked for must be of one type",
                quoted(&given.text),
                quoted(&entry.identifier.text),
                quoted(service)
            );
            self.warn(given, message);
        }
        Some(given.text.clone())
    }

    fn title(&mut self, entry: &Entry, title: &Placed) {
        if !is_plain(&title.text) {
            let message = format!(
                "title {} is empty or holds a control character; leave it out or type it anew",
                quoted(&title.text)
            );
            self.mistake(title, message);
        }
        let whole = title::complete(entry.kind, &title.text, &entry.identifier.text);
        let length = whole.chars().count();
        if length > LONGEST_TITLE {
            let with = if whole == title.text { "" } else { ", with the identifier behind it," };
            let message = format!("a title of {length} characters{with} is too long; {LONGEST_TITLE} are the most");
            self.mistake(title, message);
        }
    }

    /// Refuses what was named before, in this file or another.
    fn once(&mut self, entry: &'a Entry) {
        let name = match entry.kind {
            Kind::Resource => entry.identifier.text.clone(),
            Kind::Permission => entry.identifier.text.to_lowercase(),
        };
        match self.first.get(&(entry.kind, name.clone())) {
            Some(first) => {
                let message =
                    format!("{} is named a second time; the first is at {first}", quoted(&entry.identifier.text));
                self.mistake(&entry.identifier, message);
            }
            None => _ = self.first.insert((entry.kind, name), &entry.identifier.place),
        }
    }
}

fn wanted_title(entry: &Entry) -> Title {
    match &entry.title {
        None => Title::Any,
        // Nobody asked for the title of a sample, of a tag or of another catalog, whose editors are others: one which was
        // given since is somebody's own.
        Some(title) if matches!(title.place, Place::Samples | Place::Found(_) | Place::Source { .. }) => {
            Title::WhenNew(title.text.clone())
        }
        Some(title) => Title::Exactly(title.text.clone()),
    }
}

fn choice(types: &Types) -> String {
    match types {
        Types::OneOf(types) => {
            let types: Vec<_> = types.iter().map(|text| quoted(text)).collect();
            format!("; it is one of {}", types.join(", "))
        }
        Types::Unknown | Types::Any => String::new(),
    }
}

/// Returns whether a text can be shown as it is: not blank, no control character, nothing that turns its direction.
pub(super) fn is_plain(text: &str) -> bool {
    let unshowable = |character: char| {
        character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.trim().is_empty() && !text.contains(unshowable)
}
