//! Companions: what a person needs beside a grant and would otherwise have to ask for twice.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::actions::action_names;
use super::mistake::Mistakes;
use crate::domain::arn::Arn;
use crate::domain::identifier::ActionName;
use crate::domain::policy::{Companion, action_facts, spelled};
use crate::domain::reference::{self, AccessLevel, services_with_type};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CompanionEntry {
    kind: Spanned<String>,
    #[serde(default)]
    resources: Vec<Spanned<String>>,
    #[serde(default)]
    actions: Vec<Spanned<String>>,
    #[serde(default)]
    keys: Vec<Spanned<String>>,
}

/// Returns the companion of an entry; what holds mistakes is not used.
pub(super) fn companion(entry: &CompanionEntry, mistakes: &mut Mistakes) -> Option<Companion> {
    let kind = kind(&entry.kind, mistakes);
    for glob in entry.resources.iter().filter(|glob| glob.value.is_empty()) {
        mistakes.note(glob, "an empty text is no resource; write an ARN, in which `*` stands for any text");
    }
    if entry.actions.is_empty() && entry.keys.is_empty() {
        mistakes.note(&entry.kind, "a companion needs `actions` or `keys`");
    }
    let actions = action_names("actions", &entry.actions, mistakes);
    for action in &entry.actions {
        check_read_only(action, mistakes);
    }
    let keys = entry.keys.iter().filter_map(|key| kms_key(key, mistakes)).collect();
    let resources = if entry.resources.is_empty() {
        vec!["*".to_owned()]
    } else {
        entry.resources.iter().map(|glob| glob.value.clone()).collect()
    };
    let (service, kind) = kind?;
    Some(Companion { service, kind, resources, actions, keys })
}

/// What a name could mean is looked for in the whole reference: of a file with more mistakes than these, no more.
const MOST_SEARCHED: usize = 10;

/// The services of the kinds whose plain name everybody knows.
const USUAL: [(&str, &str); 3] = [("bucket", "s3"), ("object", "s3"), ("instance", "ec2")];

/// Returns service and kind of `kind` or `service:kind`. Several services have tables and clusters, and a companion of
/// one is none of the others.
fn kind(entry: &Spanned<String>, mistakes: &mut Mistakes) -> Option<(String, String)> {
    let text = entry.value.to_lowercase();
    let (named, kind) = text.split_once(':').map_or((None, text.as_str()), |(service, kind)| (Some(service), kind));
    let usual = USUAL.into_iter().find(|(name, _)| *name == kind).map(|(_, service)| service);
    let has_kind = |service: &&str| reference::service(service).is_some_and(|service| service.has_type(kind));
    // All services are only looked through where the file names none.
    let services = match named.or(usual) {
        Some(service) => Vec::from_iter(Some(service).filter(has_kind)),
        None if mistakes.count() < MOST_SEARCHED => services_with_type(kind),
        None => {
            let remedy = "mend what is wrong before it first, or write `SERVICE:KIND`";
            mistakes.note(entry, format!("whose kind of resource {:?} is was not looked up; {remedy}", entry.value));
            return None;
        }
    };
    let service = match services.as_slice() {
        [only] => *only,
        [_, _, ..] => {
            let choices: Vec<String> = services.iter().map(|service| format!("`{service}:{kind}`")).collect();
            mistakes.note(entry, format!("several services have a {kind}; write one of {}", choices.join(", ")));
            return None;
        }
        [] => {
            let hint = "`port-iam policy actions --service PREFIX --output json` names the kinds of a service";
            mistakes.note(entry, format!("AWS has no kind of resource {:?}; {hint}", entry.value));
            return None;
        }
    };
    if !reference::service(service).is_some_and(|service| service.tells_kind(kind)) {
        mistakes.note(entry, format!("nobody can tell from an ARN that it is a {kind} of {service}; leave this out"));
        return None;
    }
    Some((service.to_owned(), kind.to_owned()))
}

/// Nobody asked for a companion, so it may find out and read what is no secret, and nothing else.
fn check_read_only(entry: &Spanned<String>, mistakes: &mut Mistakes) {
    let Ok(action) = ActionName::parse(&entry.value) else { return };
    let suggests = mistakes.count() < MOST_SEARCHED;
    match (spelled(&action, suggests), action_facts(&action)) {
        (Err(refusal), _) => mistakes.note(entry, format!("{}; {}", refusal.reason, refusal.remedy)),
        (Ok(_), Some(facts)) => {
            let changes = !matches!(facts.level, AccessLevel::List | AccessLevel::Read);
            let objections = [changes, facts.denied, facts.sensitive, facts.pass_role, facts.leaves_behind];
            if objections.contains(&true) {
                let message = format!(
                    "{} is no companion: only read-only actions that are not sensitive are granted unasked; let people ask for it",
                    facts.name
                );
                mistakes.note(entry, message);
            }
        }
        (Ok(_), None) => {}
    }
}

fn kms_key(entry: &Spanned<String>, mistakes: &mut Mistakes) -> Option<Arn> {
    let is_key = |arn: &Arn| {
        let id = arn.resource().strip_prefix("key/");
        arn.service() == "kms"
            && !arn.region().is_empty()
            && !arn.account().is_empty()
            && id.is_some_and(|id| !id.is_empty() && !id.contains('/'))
    };
    match Arn::parse("keys", &entry.value) {
        Ok(arn) if is_key(&arn) => Some(arn),
        Ok(_) => {
            let example = "write arn:aws:kms:REGION:ACCOUNT:key/ID; an alias does not name a key";
            mistakes.note(entry, format!("{:?} is not the ARN of a KMS key; {example}", entry.value));
            None
        }
        Err(refusal) => {
            mistakes.note(entry, refusal.to_string());
            None
        }
    }
}
