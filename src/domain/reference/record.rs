//! The format of a line: short keys and places in lists instead of names, so that the file stays small.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;
use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::arn_pattern::ArnPattern;
use super::service::{AccessLevel, Action, ArnForm, AutomaticParents, Parentage, ResourceType, Service, TypeUse};

/// A line as it stands in the file.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "p")]
    prefix: &'a str,
    #[serde(rename = "n")]
    name: &'a str,
    #[serde(rename = "r", borrow)]
    types: Vec<(&'a str, Patterns<'a>, IgnoredAny)>,
    #[serde(rename = "k", borrow)]
    condition_keys: Vec<&'a str>,
    #[serde(rename = "d")]
    dependents: Vec<&'a str>,
    #[serde(rename = "c")]
    children: Vec<(usize, usize, u8)>,
    #[serde(rename = "i")]
    is_a: Vec<(usize, usize)>,
    #[serde(rename = "x", default)]
    without_colons: Vec<usize>,
    #[serde(rename = "f", default, borrow)]
    forms: BTreeMap<usize, Form<'a>>,
    #[serde(rename = "s", default)]
    singletons: Vec<usize>,
    #[serde(rename = "j", default, borrow)]
    automatic_parents: Option<Parents<'a>>,
    #[serde(rename = "a", borrow)]
    actions: Vec<ActionRecord<'a>>,
}

/// One pattern, or several where a type has several forms.
#[derive(Deserialize)]
#[serde(untagged)]
enum Patterns<'a> {
    One(#[serde(borrow)] &'a str),
    Several(#[serde(borrow)] Vec<&'a str>),
}

#[derive(Deserialize)]
struct Form<'a> {
    append: &'a str,
    #[serde(default, borrow)]
    except_actions: Vec<&'a str>,
    #[serde(default, borrow)]
    if_not_suffix: Option<&'a str>,
}

#[derive(Deserialize)]
struct Parents<'a> {
    #[serde(borrow)]
    except_actions: BTreeMap<usize, Vec<&'a str>>,
}

/// Name, level, flags, types (place times two, plus one when required; then condition keys), condition keys,
/// dependents.
#[derive(Deserialize)]
struct ActionRecord<'a>(#[serde(borrow)] &'a str, char, u8, Vec<First>, Vec<usize>, Vec<usize>);

/// The first number of a list, whose others nobody asks for: the largest services have thousands of them.
struct First(usize);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = First;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<First, A::Error> {
                let first = list.next_element()?.ok_or_else(|| Error::invalid_length(0, &self))?;
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_seq(List)
    }
}

const DENIED: u8 = 1;
const SENSITIVE: u8 = 2;
const WITH_PASS_ROLE: u8 = 4;
const LEAVES_BEHIND: u8 = 8;
const BY_PATH: u8 = 16;

/// Returns the service of a line; none when the line is not in the format.
pub(super) fn parse(line: &'static str) -> Option<Service> {
    let record: Record<'static> = serde_json::from_str(line).ok()?;
    let types = record.types.iter().enumerate();
    let types = types
        .map(|(index, (name, patterns, _))| resource_type(&record, index, name, patterns))
        .collect::<Option<_>>()?;
    let actions = record.actions.iter().map(|action| self::action(action, &record)).collect::<Option<_>>()?;
    let parents = record.automatic_parents.map(|parents| AutomaticParents { except_actions: parents.except_actions });
    let parentage = |&(parent, child, kind): &(usize, usize, u8)| Parentage { parent, child, by_name: kind == 1 };
    Some(Service {
        prefix: record.prefix,
        name: record.name,
        types,
        actions,
        parentages: record.children.iter().map(parentage).collect(),
        is_a: record.is_a,
        singletons: record.singletons,
        automatic_parents: parents,
    })
}

fn resource_type(
    record: &Record<'static>,
    index: usize,
    name: &'static str,
    patterns: &Patterns<'static>,
) -> Option<ResourceType> {
    let texts = match patterns {
        Patterns::One(text) => std::slice::from_ref(text),
        Patterns::Several(texts) => texts.as_slice(),
    };
    let without_colons = record.without_colons.contains(&index);
    let form = match record.forms.get(&index) {
        None => None,
        // A suffix that cannot be understood is a line that cannot: it decides what a policy names.
        Some(form) => Some(ArnForm {
            append: form.append,
            except_actions: form.except_actions.clone(),
            unless_matches: form.if_not_suffix.map(Regex::new).transpose().ok()?,
        }),
    };
    let patterns = texts.iter().map(|text| ArnPattern::new(text, without_colons)).collect();
    Some(ResourceType { name, patterns, form })
}

fn action(record: &ActionRecord<'static>, service: &Record<'static>) -> Option<Action> {
    let ActionRecord(name, level, flags, types, condition_keys, dependents) = record;
    let is_account =
        |key: &&str| key.strip_prefix(service.prefix).is_some_and(|name| name.eq_ignore_ascii_case(":ResourceAccount"));
    let has = |flag: u8| flags & flag != 0;
    let types = types.iter().map(|First(first)| TypeUse { index: first / 2, is_required: first % 2 == 1 });
    Some(Action {
        name,
        level: match level {
            'L' => AccessLevel::List,
            'R' => AccessLevel::Read,
            'W' => AccessLevel::Write,
            'T' => AccessLevel::Tagging,
            'P' => AccessLevel::PermissionsManagement,
            _ => return None,
        },
        is_denied: has(DENIED),
        is_sensitive: has(SENSITIVE),
        with_pass_role: has(WITH_PASS_ROLE),
        leaves_behind: has(LEAVES_BEHIND),
        goes_by_path: has(BY_PATH),
        tells_account: condition_keys.iter().filter_map(|&at| service.condition_keys.get(at)).any(is_account),
        types: types.collect(),
        dependents: dependents.iter().map(|&at| service.dependents.get(at).copied()).collect::<Option<_>>()?,
    })
}
