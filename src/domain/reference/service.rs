//! One service of the reference: its resource types, its actions, and how types depend on each other.

use std::collections::BTreeMap;

use regex::Regex;

use super::arn_pattern::{ArnPattern, Match, Names};
use crate::domain::arn::Arn;

/// A service, as IAM sees it: everything that begins with one prefix.
#[derive(Clone, Debug)]
pub struct Service {
    /// What its actions begin with, for example `s3`.
    pub prefix: &'static str,
    /// AWS's name of the service.
    pub name: &'static str,
    /// Its resource types. Everything else names them by their place in this list.
    pub types: Vec<ResourceType>,
    /// Its actions, sorted by name.
    pub actions: Vec<Action>,
    /// Which type lies under which.
    pub parentages: Vec<Parentage>,
    /// (a type, the type whose actions it also takes): an alias of a Lambda function is a function.
    pub is_a: Vec<(usize, usize)>,
    /// Types of which every account has exactly one, such as Glue's catalog.
    pub singletons: Vec<usize>,
    /// Where a request must be allowed on every parent besides the resource itself, as in Glue: then adding a parent
    /// cannot widen anything.
    pub automatic_parents: Option<AutomaticParents>,
}

/// A resource type.
#[derive(Clone, Debug)]
pub struct ResourceType {
    /// Its name in the Service Authorization Reference, for example `bucket`.
    pub name: &'static str,
    /// The forms of its ARN.
    pub patterns: Vec<ArnPattern>,
    /// How its ARN is written in a policy, when that differs from the reference.
    pub form: Option<ArnForm>,
}

/// What has to be appended to an ARN before a policy with it works.
#[derive(Clone, Debug)]
pub struct ArnForm {
    /// What is appended.
    pub append: &'static str,
    /// Actions that want the plain ARN.
    pub except_actions: Vec<&'static str>,
    /// An ARN that it matches is complete already.
    pub unless_matches: Option<Regex>,
}

/// A service whose requests are checked against what lies above a resource too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomaticParents {
    /// By the place of a type, the actions that are about a resource of it and not about what lies under it.
    pub except_actions: BTreeMap<usize, Vec<&'static str>>,
}

/// `child` lies under `parent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parentage {
    /// The type above.
    pub parent: usize,
    /// The type below.
    pub child: usize,
    /// Whether the child's ARN repeats the parent's names instead of beginning with the parent's ARN.
    pub by_name: bool,
}

/// AWS's classes of what an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessLevel {
    /// Finds out what exists.
    List,
    /// Reads.
    Read,
    /// Creates, changes, deletes.
    Write,
    /// Changes tags only.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// Returns AWS's words for it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// An action.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its name without the prefix, in AWS's spelling.
    pub name: &'static str,
    /// What it does.
    pub level: AccessLevel,
    /// Whether nobody is granted it unless the configuration names it.
    pub is_denied: bool,
    /// Whether it reads data or credentials that are worth protecting.
    pub is_sensitive: bool,
    /// Whether it gives the caller somebody's role when `iam:PassRole` is allowed too.
    pub with_pass_role: bool,
    /// Whether it can leave something that outlives the grant: a subscription, an open port, a key.
    pub leaves_behind: bool,
    /// Whether AWS checks it against a path alone, and it reaches everything beneath, also what is denied there.
    pub goes_by_path: bool,
    /// Whether every request for it carries the account of its resource, as `s3:ResourceAccount` for S3.
    pub tells_account: bool,
    /// The resource types that it takes.
    pub types: Vec<TypeUse>,
    /// Further actions that AWS may ask for, for example `iam:PassRole`.
    pub dependents: Vec<&'static str>,
}

/// A resource type that an action takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeUse {
    /// Place of the type in [`Service::types`].
    pub index: usize,
    /// Whether AWS marks it as required.
    pub is_required: bool,
}

impl Service {
    /// Returns whether its ARNs do not name the account. A bucket's does not, and the name of a deleted bucket can be
    /// taken by a stranger.
    pub fn leaves_account_open(&self) -> bool {
        self.prefix == "s3"
    }

    /// Returns whether every action is denied by default: it manages identities or accounts.
    pub fn is_denied(&self) -> bool {
        self.actions.iter().all(|action| action.is_denied)
    }

    /// Returns the action of this name, whatever its case.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// Returns whether a resource of the type `parent` is allowed together with what lies under it for `action`.
    pub fn takes_parent(&self, parent: usize, action: &Action) -> bool {
        let is_meant = |parents: &AutomaticParents| {
            parents.except_actions.get(&parent).is_some_and(|actions| actions.contains(&action.name))
        };
        self.automatic_parents.as_ref().is_some_and(|parents| !is_meant(parents))
    }

    /// Returns whether one of its resource types has this name, whatever its case.
    pub fn has_type(&self, name: &str) -> bool {
        self.types.iter().any(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// Returns whether an ARN can be told to be of a type of this name, whatever its case. One type of AWS's tables has
    /// a pattern that is no ARN.
    pub fn tells_kind(&self, kind: &str) -> bool {
        let types = self.types.iter().enumerate().filter(|(_, known)| known.name.eq_ignore_ascii_case(kind));
        let mut examples = types.flat_map(|(index, known)| known.patterns.iter().map(move |pattern| (index, pattern)));
        examples.any(|(index, pattern)| {
            let arn = Arn::parse("example", &pattern.example(str::to_owned));
            arn.is_ok_and(|arn| self.types_of(&arn).iter().any(|(found, _)| *found == index))
        })
    }

    /// Returns whether `arn` is of a type of this name, whatever its case.
    pub fn is_of_kind(&self, arn: &Arn, kind: &str) -> bool {
        let names = self.types_of(arn).into_iter().filter_map(|(index, _)| self.types.get(index)).map(|kind| kind.name);
        names.into_iter().any(|name| name.eq_ignore_ascii_case(kind))
    }

    /// Returns how `child` depends on `parent`, if it does.
    pub fn parentage(&self, parent: usize, child: usize) -> Option<Parentage> {
        self.parentages.iter().copied().find(|entry| entry.parent == parent && entry.child == child)
    }

    /// Returns the resource types that `arn` can be, each with its match. Names may hold `/`, and even `:` where
    /// nothing else fits; of several types those with the most literal text win, and ties stay together.
    pub fn types_of<'a>(&'a self, arn: &Arn) -> Vec<(usize, Match<'a>)> {
        for names in [Names::WithoutSeparators, Names::WithSlashes, Names::WithColons] {
            let mut best = 0;
            let mut found: Vec<(usize, Match<'a>)> = Vec::new();
            for (index, kind) in self.types.iter().enumerate() {
                for pattern in &kind.patterns {
                    let literal = pattern.specificity();
                    if !found.is_empty() && literal < best {
                        continue;
                    }
                    let Some(matched) = pattern.matches(arn, names) else { continue };
                    if found.is_empty() || literal > best {
                        best = literal;
                        found.clear();
                    }
                    if found.iter().all(|(known, _)| *known != index) {
                        found.push((index, matched));
                    }
                }
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}
