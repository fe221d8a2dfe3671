//! What the operator grants beside: console lists and the key of an encrypted resource, told to everybody.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::statement::{Statement, add_condition};
use super::verdict::{ActionClass, Judged, Verdict};
use super::{Allowances, Companion, judge};
use crate::domain::arn::Arn;
use crate::domain::glob::{Case, text_matches};
use crate::domain::reference::{self, AccessLevel, Service};

/// What the companions of a request's resources add.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Verdicts on further actions: account-wide ones and ones on the resource itself.
    pub(super) judged: Vec<(Arn, Judged)>,
    /// The use of keys.
    pub(super) statements: Vec<Statement>,
    /// What is added, each a sentence.
    pub(super) sentences: Vec<String>,
}

/// Returns what is granted beside `granted`.
pub(super) fn beside(granted: &[(&Arn, &Judged)], allowances: &Allowances) -> Beside {
    let mut beside = Beside::default();
    let mut by_resource: BTreeMap<&Arn, Vec<&Judged>> = BTreeMap::new();
    for &(arn, judged) in granted {
        by_resource.entry(arn).or_default().push(judged);
    }
    for companion in &allowances.companions {
        let Some(service) = reference::service(&companion.service) else { continue };
        for (arn, judged) in by_resource.iter().filter(|(arn, _)| speaks_of(companion, service, arn)) {
            add_actions(companion, arn, &mut beside);
            // Reading through a key is as sensitive as reading.
            if !allowances.refuses(ActionClass::Sensitive) {
                add_keys(companion, arn, judged, &mut beside);
            }
        }
    }
    beside.sentences.sort();
    beside.sentences.dedup();
    beside
}

/// The kind is one of the service's own: what its ARN names may be another service.
fn speaks_of(companion: &Companion, service: &Service, arn: &Arn) -> bool {
    service.is_of_kind(arn, &companion.kind)
        && companion.resources.iter().any(|glob| text_matches(glob, arn.as_str(), Case::Sensitive))
}

/// The rules file takes read-only actions here, and is refused with any other.
fn add_actions(companion: &Companion, arn: &Arn, beside: &mut Beside) {
    let names: Vec<&str> = companion.actions.iter().map(|action| action.as_str()).collect();
    let allowances = Allowances {
        account_wide_actions: names.iter().map(|&name| name.to_owned()).collect(),
        ..Allowances::default()
    };
    for judged in judge(&[arn.as_str()], &names, &allowances) {
        let is_read_only = matches!(judged.level, Some(AccessLevel::List | AccessLevel::Read));
        // The operator named it for this resource, whatever service it is of.
        let is_allowed = judged.is_granted() || judged.verdict == Verdict::NeedsWildcard;
        if is_allowed && is_read_only && judged.classes.is_empty() {
            let how = if judged.is_account_wide { ", account-wide" } else { "" };
            beside.sentences.push(format!("companion of {}: {}{how}, read-only", companion.kind, judged.action));
            beside.judged.push((arn.clone(), judged));
        }
    }
}

/// A key is of use to whoever reads or writes data, and only for the data of the named resource.
fn add_keys(companion: &Companion, arn: &Arn, judged: &[&Judged], beside: &mut Beside) {
    let of_data: Vec<&Judged> = judged.iter().copied().filter(|judged| touches_data(judged)).collect();
    if of_data.is_empty() {
        return;
    }
    let mut actions = BTreeSet::from(["kms:Decrypt".to_owned()]);
    if of_data.iter().any(|judged| judged.level == Some(AccessLevel::Write)) {
        actions.insert("kms:GenerateDataKey".to_owned());
    }
    let names: Vec<String> = actions.into_iter().collect();
    for key in companion.keys.iter().filter(|key| key.partition() == arn.partition()) {
        let through = via_service(arn.service(), key);
        let mut conditions = Map::new();
        add_condition(&mut conditions, "StringEquals", "kms:ViaService", json!(through));
        if let Some(contexts) = encryption_contexts(arn) {
            add_condition(&mut conditions, "StringLike", "kms:EncryptionContext:aws:s3:arn", json!(contexts));
        }
        beside.sentences.push(format!(
            "companion of {}: {} on {key} through {through}",
            companion.kind,
            names.join(", ")
        ));
        let statement = Statement { actions: names.clone(), resources: vec![key.to_string()], conditions };
        add_statement(&mut beside.statements, statement);
    }
}

fn touches_data(judged: &Judged) -> bool {
    const WITHOUT_DATA: [&str; 5] = ["Delete", "Describe", "List", "Tag", "Untag"];
    let (service, name) = judged.action.split_once(':').unwrap_or_default();
    let is_level = matches!(judged.level, Some(AccessLevel::Read | AccessLevel::Write));
    // What works on the bucket itself reads its settings.
    let is_of_objects = service != "s3" || judged.resources.iter().all(|resource| resource.contains('/'));
    is_level
        && is_of_objects
        && !judged.is_account_wide
        && !WITHOUT_DATA.iter().any(|beginning| name.starts_with(beginning))
}

/// Returns what S3 tells KMS about the data: the object, or its bucket where the bucket has a key of its own (S3 User
/// Guide, "Using server-side encryption with AWS KMS keys", "Encryption context").
fn encryption_contexts(arn: &Arn) -> Option<Vec<String>> {
    if arn.service() != "s3" {
        return None;
    }
    Some(match arn.as_str().split_once('/') {
        None => vec![arn.to_string(), format!("{arn}/*")],
        Some((bucket, _)) => vec![bucket.to_owned(), arn.to_string()],
    })
}

/// Two resources may use one key: that is one statement.
fn add_statement(statements: &mut Vec<Statement>, statement: Statement) {
    let same =
        |known: &&mut Statement| known.resources == statement.resources && known.conditions == statement.conditions;
    match statements.iter_mut().find(same) {
        Some(known) => {
            known.actions.extend(statement.actions);
            known.actions.sort();
            known.actions.dedup();
        }
        None => statements.push(statement),
    }
}

/// Returns the value of `kms:ViaService` for the use of `key` through the service that the data's ARN names.
pub(in crate::domain) fn via_service(service: &str, key: &Arn) -> String {
    format!("{service}.{}.{}", key.region(), domain_of(key.partition()))
}

/// Returns the domain of a partition's services (AWS General Reference).
fn domain_of(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_an_arn_can_be_told_to_be_is_spoken_of() {
        let mut untold = Vec::new();
        for prefix in reference::prefixes() {
            let service = reference::service(prefix).unwrap();
            for kind in &service.types {
                let (service_name, kind_name) = (prefix.to_owned(), kind.name.to_lowercase());
                let resources = vec!["*".to_owned()];
                let companion = Companion {
                    service: service_name,
                    kind: kind_name,
                    resources,
                    actions: Vec::new(),
                    keys: Vec::new(),
                };
                let examples = kind.patterns.iter().map(|pattern| pattern.example(|name| format!("n{name}")));
                let arns: Vec<Arn> = examples.filter_map(|text| Arn::parse("resource", &text).ok()).collect();
                if !arns.iter().any(|arn| speaks_of(&companion, service, arn)) {
                    untold.push((format!("{prefix}:{}", kind.name), service.tells_kind(kind.name)));
                }
            }
        }
        // The rules file refuses these.
        assert_eq!(untold, [("mediaconnect:Offering".to_owned(), false)]);
    }
}
