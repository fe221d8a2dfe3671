//! The permissions boundary of every grant, generated from the rules: the most that any rule can come to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::denials;
use super::services::services_of;
use crate::domain::glob::{Case, text_matches};
use crate::domain::policy::via_service;
use crate::domain::policy_text::{LONGEST_POLICY, length_without_white_space};
use crate::domain::reference::{self, ArnPattern, Service};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::rules::{Companion, Rules};

/// Returns the permissions boundary of the grants that `rules` can lead to. The same rules give the same document.
///
/// It allows the services that the rules name (a rule that says `*` of actions and resources alike means the services
/// of its resource types, and S3 and EC2 where these name none), and by their exact names `allow-actions`,
/// `account-wide-actions` and `companions` of other services. It denies identities and accounts, the audit trail, and
/// what the reference denies of the allowed services, each unless `allow-actions` names it. A service that the
/// reference does not know is not allowed, since nothing of it can be granted.
///
/// # Errors
///
/// Refuses rules whose boundary would not fit into a managed policy.
pub fn from_rules(rules: &Rules) -> Result<Value, Refusal> {
    let lifted = &rules.allow_actions;
    let is_identity = |prefix: &str| denials::IDENTITY_SERVICES.contains(&prefix);
    let services: BTreeSet<&str> = services_of(rules).into_iter().filter(|prefix| !is_identity(prefix)).collect();
    let allowed = allowed(rules, &services, &is_identity);
    let mut statements = Vec::new();
    if !allowed.is_empty() {
        statements.push(statement("TheMostThatAnyGrantCanAllow", "Allow", &allowed));
    }
    statements.extend(keys(rules, &services));
    let never: Vec<String> =
        denials::IDENTITY_SERVICES.iter().flat_map(|service| denials::whole(service, lifted)).collect();
    statements.push(statement("NeverIdentities", "Deny", &never));
    statements.push(statement("NeverTheAuditTrail", "Deny", &denials::audit(lifted)));
    let mut sizes = Vec::new();
    let mut widening = Vec::new();
    for service in opened(&allowed) {
        let patterns = denials::widening(service, lifted);
        sizes.push((patterns.iter().map(|pattern| pattern.len() + 3).sum::<usize>(), service.prefix));
        widening.extend(patterns);
    }
    if !widening.is_empty() {
        statements.push(statement("NeverWhoReachesWhat", "Deny", &widening));
    }
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    fits(&document, sizes)?;
    Ok(document)
}

fn statement(sid: &str, effect: &str, actions: &[String]) -> Value {
    json!({ "Sid": sid, "Effect": effect, "Action": actions, "Resource": "*" })
}

/// Returns what is allowed on every resource: whole services, then what is named of others.
fn allowed(rules: &Rules, services: &BTreeSet<&str>, is_identity: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut allowed: Vec<String> = services.iter().map(|prefix| format!("{prefix}:*")).collect();
    let lifted = rules.allow_actions.iter().map(|action| action.as_str());
    let beside = rules.companions.iter().flat_map(|companion| &companion.actions).map(|action| action.as_str());
    // Nothing of identities is opened but by `allow-actions`.
    let unlifted = rules.account_wide_actions.iter().map(String::as_str).chain(beside);
    let unlifted = unlifted.filter(|action| !is_identity(&prefix_of(action)));
    let named: BTreeSet<&str> = lifted.chain(unlifted).collect();
    for action in named {
        let covered = |known: &String| text_matches(known, action, Case::Insensitive);
        if reference::service(&prefix_of(action)).is_some() && !allowed.iter().any(covered) {
            allowed.push(action.to_owned());
        }
    }
    allowed
}

fn prefix_of(action: &str) -> String {
    action.split(':').next().unwrap_or_default().to_ascii_lowercase()
}

/// Returns the services of which more is allowed than single actions.
fn opened(allowed: &[String]) -> Vec<&'static Service> {
    let globs = allowed.iter().filter(|action| action.contains(['*', '?']));
    let prefixes: BTreeSet<String> = globs.map(|glob| prefix_of(glob)).collect();
    prefixes.iter().filter_map(|prefix| reference::service(prefix)).collect()
}

/// ARNs of the keys of one partition and region, and the services through which they may be used.
type KeysOfPlace<'a> = (BTreeSet<&'a str>, BTreeSet<String>);

/// Returns the use of the companions' keys, and only through the services whose resources they go with.
fn keys(rules: &Rules, services: &BTreeSet<&str>) -> Vec<Value> {
    if services.contains("kms") {
        return Vec::new();
    }
    let mut by_place: BTreeMap<(&str, &str), KeysOfPlace<'_>> = BTreeMap::new();
    for companion in &rules.companions {
        for key in &companion.keys {
            let (arns, through) = by_place.entry((key.partition(), key.region())).or_default();
            arns.insert(key.as_str());
            let hosts = services_behind(companion, services);
            through.extend(hosts.iter().map(|service| via_service(service, key)));
        }
    }
    let statements = by_place.into_values().filter(|(_, through)| !through.is_empty()).enumerate();
    let statement = |(index, (arns, through)): (usize, (BTreeSet<&str>, BTreeSet<String>))| {
        json!({
            "Sid": format!("KeysOfCompanions{}", index + 1),
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": arns,
            "Condition": { "StringEquals": { "kms:ViaService": through } },
        })
    };
    statements.map(statement).collect()
}

/// Returns the services that ARNs of the companion's kind name, as far as `services` have actions on them.
fn services_behind(companion: &Companion, services: &BTreeSet<&str>) -> BTreeSet<&'static str> {
    let own = reference::service(&companion.service);
    let types = own.iter().flat_map(|own| &own.types).filter(|kind| kind.name.eq_ignore_ascii_case(&companion.kind));
    let named: BTreeSet<&str> = types.flat_map(|kind| &kind.patterns).filter_map(ArnPattern::service).collect();
    let acts = |named: &&str| reference::services_of_arns(named).iter().any(|one| services.contains(one.prefix));
    named.into_iter().filter(acts).collect()
}

/// Counts as IAM does, and says what takes the room.
fn fits(document: &Value, mut sizes: Vec<(usize, &'static str)>) -> Result<(), Refusal> {
    let size = length_without_white_space(document);
    if size <= LONGEST_POLICY {
        return Ok(());
    }
    sizes.sort_by(|one, other| other.cmp(one));
    let largest: Vec<String> = sizes.iter().take(5).map(|(size, prefix)| format!("{prefix} {size}")).collect();
    let reason = format!(
        "it would have {size} characters, {} more than the {LONGEST_POLICY} of a managed policy; what has to be denied takes most: {}",
        size - LONGEST_POLICY,
        largest.join(", ")
    );
    let remedy = "name fewer services in the rules, or share them out over installations in several accounts";
    Err(Refusal::new(RefusalCode::BoundaryTooLong, "boundary", reason, remedy))
}
