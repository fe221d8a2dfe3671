//! How an action fits a resource: on itself, on what lies under it, together with others, or not at all.
//!
//! The stance is never to widen: what was named is granted, or things under it, and nothing else without asking.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::arn::Arn;
use crate::domain::glob::{Case, text_matches};
use crate::domain::reference::{Action, ArnForm, Match, Parentage, Service, services_of_arns};

/// Why a resource is in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was named.
    Named,
    /// It lies under what was named.
    Child,
    /// A request is checked against it too, and allowing it cannot widen anything (Glue).
    Parent,
}

/// How an action fits a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does not.
    Wrong {
        /// Types that the action takes and that lie above the resource, each with its ARN when that can be told.
        parents: Vec<(usize, Option<String>)>,
    },
    /// It does, as far as this resource goes.
    Fits {
        /// What a policy names.
        resources: BTreeMap<String, Origin>,
        /// The types that are satisfied by this resource.
        satisfied: BTreeSet<usize>,
        /// Required types that are not, each with an ARN to suggest when one can be told.
        missing: Vec<(usize, Option<String>)>,
    },
}

/// The types of a resource within a service: the most specific one, or several that are equally specific.
pub(super) type Found<'a> = [(usize, Match<'a>)];

/// Returns how `action` of `service` fits `arn`, whose types are `found`.
pub(super) fn fit(service: &Service, action: &Action, arn: &Arn, found: &Found<'_>) -> Fit {
    let mut resources = BTreeMap::new();
    let mut satisfied = BTreeSet::new();
    let takes = |index: usize| action.types.iter().any(|used| used.index == index);
    let direct = direct_types(service, found, takes);
    if let Some(first) = direct.first() {
        resources.insert(written(service, *first, arn.as_str(), action.name), Origin::Named);
        satisfied.extend(direct);
    } else {
        for (parentage, matched) in children(service, action, found) {
            if let Some(child) = child_arn(service, parentage, arn, matched) {
                let child = written(service, parentage.child, &child, action.name);
                resources.insert(child, Origin::Child);
                satisfied.insert(parentage.child);
            }
        }
        if resources.is_empty() {
            return Fit::Wrong { parents: parents(service, action, arn, found) };
        }
    }
    let named_is_required = action.types.iter().any(|used| used.is_required && satisfied.contains(&used.index));
    let mut missing = Vec::new();
    for used in action.types.iter().filter(|used| used.is_required) {
        if satisfied.contains(&used.index) {
            continue;
        }
        match related(service, used.index, arn, found) {
            Some(Related { arn: related, origin })
                if may_be_added(service, action, used.index, origin, named_is_required) =>
            {
                resources.insert(written(service, used.index, &related, action.name), origin);
                satisfied.insert(used.index);
            }
            // A suggestion only: it is granted when somebody names it.
            other => missing.push((used.index, other.map(|related| related.arn))),
        }
    }
    let covered = |one: &str| resources.keys().any(|other| covers(other, one));
    let kept = resources.iter().filter(|(one, _)| !covered(one)).map(|(one, origin)| (one.clone(), *origin)).collect();
    Fit::Fits { resources: kept, satisfied, missing }
}

/// Returns the types of the resource that the action takes, also in the place of what they are a kind of.
fn direct_types(service: &Service, found: &Found<'_>, takes: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut direct: Vec<usize> = found.iter().map(|(index, _)| *index).filter(|index| takes(*index)).collect();
    for (index, _) in found.iter().filter(|(index, _)| !takes(*index)) {
        let more_general = service.is_a.iter().filter(|(one, _)| one == index).map(|(_, general)| *general);
        direct.extend(more_general.filter(|general| takes(*general)));
    }
    direct
}

/// Returns the types under the resource that the action takes: only the required ones if there are any.
fn children<'a>(service: &Service, action: &Action, found: &'a Found<'a>) -> Vec<(Parentage, &'a Match<'a>)> {
    let mut all = Vec::new();
    for (parent, matched) in found {
        for used in &action.types {
            if let Some(parentage) = service.parentage(*parent, used.index) {
                all.push((parentage, used.is_required, matched));
            }
        }
    }
    let any_required = all.iter().any(|(_, is_required, _)| *is_required);
    let chosen = all.into_iter().filter(|(_, is_required, _)| *is_required || !any_required);
    chosen.map(|(parentage, _, matched)| (parentage, matched)).collect()
}

/// Returns the types above the resource that the action takes, the narrowest first: the one that lies under the others.
fn parents(service: &Service, action: &Action, arn: &Arn, found: &Found<'_>) -> Vec<(usize, Option<String>)> {
    let mut all = Vec::new();
    for (child, matched) in found {
        for used in &action.types {
            if let Some(parentage) = service.parentage(used.index, *child) {
                all.push((used.index, parent_arn(service, parentage, arn, matched)));
            }
        }
    }
    let depth = |index: usize| all.iter().filter(|(other, _)| service.parentage(*other, index).is_some()).count();
    let mut by_depth: Vec<usize> = (0..all.len()).collect();
    by_depth.sort_by_key(|at| Reverse(depth(all[*at].0)));
    by_depth.into_iter().map(|at| all[at].clone()).collect()
}

/// What lies under the named resource belongs to it. What lies above is added in Glue alone, where a request has to
/// match all of a hierarchy; not where it may match the parent without the named resource, and not where the reference
/// says that the action is about the parent: whoever names a table must not get its database deleted.
fn may_be_added(service: &Service, action: &Action, index: usize, origin: Origin, named_is_required: bool) -> bool {
    origin == Origin::Child || service.takes_parent(index, action) && named_is_required
}

/// A resource that depends on the named one.
struct Related {
    arn: String,
    origin: Origin,
}

/// Returns the resource of type `wanted` that depends on the named one.
fn related(service: &Service, wanted: usize, arn: &Arn, found: &Found<'_>) -> Option<Related> {
    found.iter().find_map(|(index, matched)| {
        if let Some(parentage) = service.parentage(wanted, *index) {
            return Some(Related { arn: parent_arn(service, parentage, arn, matched)?, origin: Origin::Parent });
        }
        if service.singletons.contains(&wanted) {
            let (singleton, is_complete) = service.types.get(wanted)?.patterns.first()?.fill(arn, &[])?;
            // What has a name is not the only one of its kind, and `*` would name them all.
            return is_complete.then_some(Related { arn: singleton, origin: Origin::Parent });
        }
        let parentage = service.parentage(*index, wanted)?;
        Some(Related { arn: child_arn(service, parentage, arn, matched)?, origin: Origin::Child })
    })
}

fn child_arn(service: &Service, parentage: Parentage, arn: &Arn, matched: &Match<'_>) -> Option<String> {
    let mut patterns = service.types.get(parentage.child)?.patterns.iter();
    if parentage.by_name {
        return Some(patterns.next()?.fill(arn, &matched.names)?.0);
    }
    patterns.find_map(|pattern| Some(format!("{arn}{}", matched.pattern.rest_of(pattern)?)))
}

fn parent_arn(service: &Service, parentage: Parentage, arn: &Arn, matched: &Match<'_>) -> Option<String> {
    let mut patterns = service.types.get(parentage.parent)?.patterns.iter();
    patterns.find_map(|pattern| {
        if parentage.by_name {
            let (filled, is_complete) = pattern.fill(arn, &matched.names)?;
            return is_complete.then_some(filled);
        }
        pattern.rest_of(matched.pattern)?;
        let resource = pattern.fill_in_order(&matched.names)?;
        let (partition, service, region, account) = (arn.partition(), arn.service(), arn.region(), arn.account());
        Some(format!("arn:{partition}:{service}:{region}:{account}:{resource}"))
    })
}

/// Returns whether what a policy names by `resource` is `arn`, or lies under it by AWS's own tables.
///
/// That a text goes on proves nothing: a parameter, an object, a repository or a log group with a slash in its name is
/// another one than that whose name it begins with.
pub(in crate::domain) fn lies_under(arn: &Arn, resource: &str) -> bool {
    let Some(rest) = resource.strip_prefix(arn.as_str()) else { return false };
    let is_known = |service: &&Service| {
        let found = service.types_of(arn);
        found.iter().any(|(index, matched)| {
            written(service, *index, arn.as_str(), "") == resource || is_rest_of_child(service, *index, matched, rest)
        })
    };
    rest.is_empty() || services_of_arns(arn.service()).iter().any(is_known)
}

/// Returns whether a type under `parent` has this behind the parent's ARN. One whose ARN repeats the parent's names
/// instead does not begin with it.
fn is_rest_of_child(service: &Service, parent: usize, matched: &Match<'_>, rest: &str) -> bool {
    let children = service.parentages.iter().filter(|entry| entry.parent == parent && !entry.by_name);
    let mut patterns = children.filter_map(|entry| service.types.get(entry.child)).flat_map(|child| &child.patterns);
    patterns
        .any(|pattern| matched.pattern.rest_of(pattern).is_some_and(|all| text_matches(&all, rest, Case::Sensitive)))
}

/// Returns the form in which a policy has to name `arn` of type `index` for `action`.
fn written(service: &Service, index: usize, arn: &str, action: &str) -> String {
    let form = service.types.get(index).and_then(|kind| kind.form.as_ref());
    match form {
        Some(form) if !is_complete(form, arn) && !form.except_actions.contains(&action) => {
            format!("{arn}{}", form.append)
        }
        _ => arn.to_owned(),
    }
}

fn is_complete(form: &ArnForm, arn: &str) -> bool {
    form.unless_matches.as_ref().is_some_and(|pattern| arn.ends_with('*') || pattern.is_match(arn))
}

/// Returns whether `one` names everything that `other` names, and more.
pub(super) fn covers(one: &str, other: &str) -> bool {
    one != other && one.contains(['*', '?']) && text_matches(one, other, Case::Sensitive)
}
