//! Which services a rules file speaks of.

use std::collections::BTreeSet;

use crate::domain::reference;
use crate::domain::resource_types::service_of_type;
use crate::domain::rules::{Rule, Rules};

/// What a rule means that names no service anywhere: the guide's two.
const GUIDE: [&str; 2] = ["s3", "ec2"];

/// Returns the prefixes of the services whose actions some rule can allow, as far as the reference knows them.
///
/// A rule's action globs name them. A glob that names none (`*`) stands for the services of the rule's resources, by
/// their ARNs; an ARN glob that names none stands for the services of the rule's resource types; and a type that is no
/// service's name (`*`, a word of the operator's) stands for those of the guide, S3 and EC2. So the first rules file,
/// which says `*` of everything but its types, means the services of these types and no other.
pub(super) fn services_of(rules: &Rules) -> BTreeSet<&'static str> {
    rules.rules.iter().flat_map(services_of_rule).collect()
}

fn services_of_rule(rule: &Rule) -> BTreeSet<&'static str> {
    let mut services = BTreeSet::new();
    for glob in &rule.actions {
        match literal(glob.split(':').next().filter(|_| glob.contains(':'))) {
            Some(prefix) => services.extend(known(&prefix)),
            None => services.extend(services_of_resources(rule)),
        }
    }
    services
}

fn services_of_resources(rule: &Rule) -> BTreeSet<&'static str> {
    let mut services = BTreeSet::new();
    for glob in &rule.resources {
        match literal(glob.split(':').nth(2)) {
            Some(service) => match known(&service) {
                Some(prefix) => services.extend([prefix]),
                // A service whose actions begin otherwise than its ARNs.
                None => services.extend(reference::services_of_arns(&service).iter().map(|service| service.prefix)),
            },
            None => services.extend(services_of_types(rule)),
        }
    }
    services
}

fn services_of_types(rule: &Rule) -> impl Iterator<Item = &'static str> {
    rule.resource_types.iter().flat_map(|name| match service_of_type(name) {
        Some(prefix) => vec![prefix],
        None => GUIDE.iter().filter_map(|prefix| known(prefix)).collect(),
    })
}

/// Returns `text` in lower case, unless a wildcard in it leaves open what it names.
fn literal(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty() && !text.contains(['*', '?'])).map(str::to_ascii_lowercase)
}

fn known(prefix: &str) -> Option<&'static str> {
    reference::service(prefix).map(|service| service.prefix)
}
