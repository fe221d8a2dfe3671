//! Why a resource may stand in a policy for somebody who named an ARN, told from the patterns' texts alone.
//!
//! It takes from the code under test which types an ARN has, and nothing of how an action fits them, so that it can
//! judge that. The fuzz target includes this file too.

#![allow(unreachable_pub, reason = "the fuzz target needs it from another crate")]

use super::{Arn, Service};

/// What joins a resource of a policy with the ARN that was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is the ARN.
    Itself,
    /// It is the ARN as the service's documentation says that policies write it.
    DocumentedForm,
    /// It lies under the ARN.
    Below,
    /// It is of a type that lies under the ARN's and repeats its names.
    BelowByName,
    /// It lies above, in a service whose every request is checked against that too.
    AboveInGlue,
}

/// Returns why `resource` may be granted to whoever named `arn`; none when it may not.
pub fn reach(service: &Service, arn: &Arn, resource: &str) -> Option<Reach> {
    let named = arn.as_str();
    if resource == named {
        return Some(Reach::Itself);
    }
    if let Some(rest) = resource.strip_prefix(named) {
        let documented = match service.prefix {
            "logs" => ":*",
            "secretsmanager" => "-??????",
            _ => "",
        };
        if !documented.is_empty() && rest == documented {
            return Some(Reach::DocumentedForm);
        }
        // `bucket2/*` begins with `bucket` and does not lie under it.
        let is_below = (rest.starts_with(['/', ':']) || named.ends_with('/')) && !rest.contains('?');
        return is_below.then_some(Reach::Below);
    }
    let related = |wanted: fn(&Service, usize, usize) -> bool, complete: bool| {
        service.types_of(arn).iter().any(|(own, matched)| {
            let others = (0..service.types.len()).filter(|other| wanted(service, *own, *other));
            others.flat_map(|other| &service.types[other].patterns).any(|pattern| {
                let filled = filled(pattern.as_str(), arn, &matched.names);
                filled == resource && (!complete || !filled.contains('*'))
            })
        })
    };
    let below = |service: &Service, own, other| service.parentage(own, other).is_some_and(|entry| entry.by_name);
    if related(below, false) {
        return Some(Reach::BelowByName);
    }
    let above =
        |service: &Service, own, other| service.singletons.contains(&other) || service.parentage(other, own).is_some();
    (service.prefix == "glue" && related(above, true)).then_some(Reach::AboveInGlue)
}

/// Returns the pattern with the ARN's partition, region and account and with the names that are known; `*` elsewhere.
fn filled(pattern: &str, arn: &Arn, names: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((literal, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(literal);
        text.push_str(match name {
            "Partition" => arn.partition(),
            "Region" => arn.region(),
            "Account" => arn.account(),
            name => names.iter().find(|(known, _)| *known == name).map_or("*", |(_, value)| value),
        });
        rest = after;
    }
    text + rest
}
