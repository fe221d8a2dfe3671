//! Which entities a search query matches.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::entity::Entity;
use super::entity_delete::pointing_at;
use super::problem::Problem;
use super::schema::timestamp;
use super::state::{Stamps, State, written};

/// How the rules of a query go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Combinator {
    And,
    Or,
}

/// What a query is evaluated on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Catalog<'a> {
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
}

impl Catalog<'_> {
    /// Refuses a wrong query, whichever entities there are.
    pub(super) fn check(&self, query: &Value) -> Result<(), Problem> {
        let nobody = Entity::blank("", "", Stamps::new("", self.now));
        let (_, rules) = parts(query)?;
        for rule in rules {
            if rule.get("combinator").is_some() {
                self.check(rule)?;
            } else {
                self.rule(rule, &nobody)?;
            }
        }
        Ok(())
    }

    /// Returns whether `entity` matches `{combinator, rules}`, a query that was checked: it is asked of every entity, and so
    /// of no more rules than it takes to tell.
    ///
    /// # Errors
    ///
    /// 422 for a rule that Port does not know, or that the sandbox does not evaluate: never a silent "no".
    pub(super) fn matches(&self, query: &Value, entity: &Entity) -> Result<bool, Problem> {
        let (combinator, rules) = parts(query)?;
        let telling = combinator == Combinator::Or;
        for rule in rules {
            if self.rule(rule, entity)? == telling {
                return Ok(telling);
            }
        }
        Ok(!telling || rules.is_empty())
    }

    fn rule(&self, rule: &Value, entity: &Entity) -> Result<bool, Problem> {
        if rule.get("combinator").is_some() {
            return self.matches(rule, entity);
        }
        let operator = rule.get("operator").and_then(Value::as_str).unwrap_or_default();
        if operator == "relatedTo" {
            return self.related_to(rule, entity);
        }
        let found = match (rule.get("property"), rule.get("relation")) {
            (Some(Value::String(property)), _) => property_of(entity, property),
            (_, Some(Value::String(relation))) => held(entity.relations.get(relation)),
            _ => return Err(Problem::invalid("the sandbox evaluates rules on a property or a relation only")),
        };
        let actual: &Value = &found;
        let wanted = rule.get("value");
        let is_empty = actual.is_null() || *actual == json!([]) || *actual == "";
        let needs_value = !matches!(operator, "isEmpty" | "isNotEmpty" | "isExpired" | "isNotExpired");
        let wanted = match wanted {
            Some(wanted) => wanted,
            None if needs_value => return Err(Problem::invalid(format!("operator {operator} needs a value"))),
            None => &Value::Null,
        };
        let text = |of: fn(&str, &str) -> bool| {
            actual.as_str().zip(wanted.as_str()).is_some_and(|(actual, wanted)| of(actual, wanted))
        };
        Ok(match operator {
            "isEmpty" => is_empty,
            "isNotEmpty" => !is_empty,
            "isExpired" => self.expired(actual) == Some(true),
            "isNotExpired" => self.expired(actual) == Some(false),
            "=" if wanted.is_object() => self.between(actual, wanted)?,
            "=" => same(actual, wanted),
            "!=" => !same(actual, wanted),
            "in" => is_in(actual, wanted)?,
            "notIn" => !is_in(actual, wanted)?,
            "contains" => contains(actual, wanted),
            "doesNotContains" => !contains(actual, wanted),
            "containsAny" => contains_any(actual, wanted)?,
            "beginsWith" => text(|actual, wanted| actual.starts_with(wanted)),
            "doesNotBeginsWith" => !text(|actual, wanted| actual.starts_with(wanted)),
            "endsWith" => text(|actual, wanted| actual.ends_with(wanted)),
            "doesNotEndsWith" => !text(|actual, wanted| actual.ends_with(wanted)),
            ">" => order(actual, wanted) == Some(Ordering::Greater),
            ">=" => matches!(order(actual, wanted), Some(Ordering::Greater | Ordering::Equal)),
            "<" => order(actual, wanted) == Some(Ordering::Less),
            "<=" => matches!(order(actual, wanted), Some(Ordering::Less | Ordering::Equal)),
            "between" => self.between(actual, wanted)?,
            "notBetween" => !self.between(actual, wanted)?,
            _ => return Err(Problem::invalid(format!("operator \"{operator}\" is unknown"))),
        })
    }

    /// Returns whether a timer has run out, `None` when it was never set.
    fn expired(&self, value: &Value) -> Option<bool> {
        value.as_str().and_then(timestamp).map(|expires| expires <= self.now)
    }

    /// A range is one of two moments, or today.
    fn between(&self, actual: &Value, wanted: &Value) -> Result<bool, Problem> {
        let in_range = |from: &Value, to: &Value| {
            let after = matches!(order(actual, from), Some(Ordering::Greater | Ordering::Equal));
            after && matches!(order(actual, to), Some(Ordering::Less | Ordering::Equal))
        };
        match (wanted.get("from"), wanted.get("to"), wanted.get("preset")) {
            (Some(from), Some(to), None) => Ok(in_range(from, to)),
            (None, None, Some(preset)) if preset == "today" => {
                let day = self.now.strftime("%Y-%m-%d");
                Ok(in_range(&json!(format!("{day}T00:00:00.000Z")), &json!(format!("{day}T23:59:59.999Z"))))
            }
            _ => Err(Problem::invalid("the sandbox evaluates date ranges with from and to only, and the preset today")),
        }
    }

    /// Upstream is what the named entity depends on, downstream what depends on it, over any number of relations.
    fn related_to(&self, rule: &Value, entity: &Entity) -> Result<bool, Problem> {
        let blueprint = rule.get("blueprint").and_then(Value::as_str);
        let blueprint = blueprint.ok_or_else(|| Problem::invalid("operator relatedTo needs a blueprint"))?;
        let named: Vec<&str> = match rule.get("value") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => return Err(Problem::invalid("operator relatedTo needs a value")),
        };
        let required = rule.get("required").and_then(Value::as_bool);
        let directions = match rule.get("direction").and_then(Value::as_str) {
            Some("upstream") => vec![true],
            Some("downstream") => vec![false],
            _ => vec![true, false],
        };
        let sources = || named.iter().map(|name| (blueprint.to_owned(), (*name).to_owned())).collect::<Vec<_>>();
        Ok(directions.into_iter().any(|upstream| self.reach(sources(), upstream, required).contains(&entity.key())))
    }

    fn reach(
        &self,
        mut open: Vec<(String, String)>,
        upstream: bool,
        required: Option<bool>,
    ) -> BTreeSet<(String, String)> {
        let mut reached = BTreeSet::new();
        while let Some((blueprint, identifier)) = open.pop() {
            for next in self.neighbours(&blueprint, &identifier, upstream, required) {
                if reached.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        reached
    }

    fn neighbours(
        &self,
        blueprint: &str,
        identifier: &str,
        upstream: bool,
        required: Option<bool>,
    ) -> Vec<(String, String)> {
        let fits = |of: &Value| required.is_none_or(|required| of["required"] == required);
        let relations = |of: &str| self.state.blueprints.get(of).map(super::state::Blueprint::relations);
        if !upstream {
            return pointing_at(self.state, blueprint, identifier)
                .filter(|(entity, key)| relations(&entity.blueprint).is_some_and(|all| all.get(key).is_some_and(fits)))
                .map(|(entity, _)| entity.key())
                .collect();
        }
        let Ok(entity) = self.state.entity(blueprint, identifier) else { return Vec::new() };
        let mut found = Vec::new();
        for (key, of) in relations(blueprint).unwrap_or_default().iter().filter(|(_, of)| fits(of)) {
            let target = of["target"].as_str().unwrap_or_default();
            found.extend(entity.related(key).into_iter().map(|to| (target.to_owned(), to.to_owned())));
        }
        found
    }
}

/// Returns combinator and rules of a query.
fn parts(query: &Value) -> Result<(Combinator, &Vec<Value>), Problem> {
    let malformed = || Problem::invalid("a query needs combinator \"and\" or \"or\" and an array of rules");
    let rules = query.get("rules").and_then(Value::as_array).ok_or_else(malformed)?;
    match query.get("combinator").and_then(Value::as_str) {
        Some("and") => Ok((Combinator::And, rules)),
        Some("or") => Ok((Combinator::Or, rules)),
        _ => Err(malformed()),
    }
}

/// Returns what an entity holds, which is not copied: a search asks it of every entity.
fn property_of<'a>(entity: &'a Entity, name: &str) -> Cow<'a, Value> {
    let own: Value = match name {
        "$identifier" => entity.identifier.as_str().into(),
        "$title" => entity.title.clone().into(),
        "$blueprint" => entity.blueprint.as_str().into(),
        "$icon" => entity.icon.clone().into(),
        "$team" => entity.team.clone().into(),
        "$createdAt" => written(entity.stamps.created_at).into(),
        "$createdBy" => entity.stamps.created_by.as_str().into(),
        "$updatedAt" => written(entity.stamps.updated_at).into(),
        "$updatedBy" => entity.stamps.updated_by.as_str().into(),
        _ => return held(entity.properties.get(name)),
    };
    Cow::Owned(own)
}

fn held(value: Option<&Value>) -> Cow<'_, Value> {
    value.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
}

fn same(actual: &Value, wanted: &Value) -> bool {
    actual == wanted || (actual.is_number() && actual.as_f64() == wanted.as_f64())
}

fn list(wanted: &Value) -> Result<&Vec<Value>, Problem> {
    wanted.as_array().ok_or_else(|| Problem::invalid("the operator needs an array as its value"))
}

fn is_in(actual: &Value, wanted: &Value) -> Result<bool, Problem> {
    Ok(list(wanted)?.iter().any(|wanted| same(actual, wanted)))
}

fn contains(actual: &Value, wanted: &Value) -> bool {
    match actual {
        Value::String(text) => wanted.as_str().is_some_and(|wanted| text.contains(wanted)),
        Value::Array(items) => items.contains(wanted),
        _ => false,
    }
}

fn contains_any(actual: &Value, wanted: &Value) -> Result<bool, Problem> {
    Ok(list(wanted)?.iter().any(|wanted| contains(actual, wanted)))
}

/// Compares numbers, or two texts that are times.
fn order(actual: &Value, wanted: &Value) -> Option<Ordering> {
    let time = |value: &Value| value.as_str().and_then(timestamp);
    match (actual.as_f64(), wanted.as_f64()) {
        (Some(actual), Some(wanted)) => actual.partial_cmp(&wanted),
        _ => time(actual).zip(time(wanted)).map(|(actual, wanted)| actual.cmp(&wanted)),
    }
}
