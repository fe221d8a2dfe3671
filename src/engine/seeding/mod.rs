//! Fills the catalog: what the blueprints take, what is there, and what differs.

mod keeping;
mod writing;

use std::time::Duration;

use serde_json::Value;

use crate::clients::port::{Port, SearchRule};
use crate::domain::catalog::Entity;
use crate::domain::names::Names;
use crate::domain::refusal::quoted;
use crate::domain::seed::{Facts, Kind, SEEDED, SeedEntity, Source, Step, Types, compare, properties_of};
use crate::failure::Failure;
use crate::stop::Stop;

/// How many identifiers one search asks for, and how many bytes of them: far below Port's 1 MiB a request.
const MOST_SOUGHT: usize = 500;
const MOST_SOUGHT_BYTES: usize = 256 * 1024;
const INIT_FIRST: &str = "run `port-iam init` first; --prefix tells which one is meant";

/// What seeding works with.
#[derive(Clone, Copy)]
pub struct Seeding<'a> {
    /// The installation's names.
    pub names: &'a Names,
    /// Port.
    pub port: &'a Port,
    /// Told how far the writing is, after every request.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Whether the program was asked to stop.
    pub stop: &'a Stop,
}

/// How far the writing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many entities were sent.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

/// What became of an entity that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is written.
    Written,
    /// It could not be, or it is not known whether it was.
    Failed(Trouble),
    /// A signal had come before.
    NotTried,
}

/// An entity that could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What the reader can do, when that is known.
    pub hint: Option<String>,
}

impl Seeding<'_> {
    /// Returns what the blueprints of resources and of permissions take, once it is known that ARNs can be taken from
    /// `source`.
    ///
    /// # Errors
    ///
    /// Fails when a blueprint is missing or has no resource type, when there is no such source, and when Port cannot be
    /// asked.
    pub async fn facts(&self, source: Option<&Source<'_>>) -> Result<Facts, Failure> {
        let blueprints = self.port.blueprints().await?;
        if let Some(source) = source {
            self.check_source(source, &blueprints)?;
        }
        let mut facts = Facts::default();
        for kind in Kind::ALL {
            let name = kind.blueprint(self.names);
            let blueprint = blueprints
                .iter()
                .find(|blueprint| blueprint["identifier"] == name)
                .ok_or_else(|| Failure::failed(format!("Port has no blueprint `{name}`")).hint(INIT_FIRST))?;
            let properties = &blueprint["schema"]["properties"];
            let types = types(&properties["resource_type"]).ok_or_else(|| {
                Failure::failed(format!("the blueprint `{name}` has no property `resource_type`")).hint(INIT_FIRST)
            })?;
            match kind {
                Kind::Resource => facts.resource_types = types,
                Kind::Permission => facts.permission_types = types,
            }
            let lacking = properties_of(kind).iter().filter(|property| !properties[**property].is_object());
            facts.lacking.extend(lacking.map(|property| (kind, *property)));
        }
        Ok(facts)
    }

    fn check_source(&self, source: &Source<'_>, blueprints: &[Value]) -> Result<(), Failure> {
        let name = source.blueprint;
        if Kind::ALL.iter().any(|kind| kind.blueprint(self.names) == name) {
            let message = format!("`{name}` is the catalog itself; name a blueprint that something else fills");
            return Err(Failure::usage(message));
        }
        let definition = blueprints
            .iter()
            .find(|blueprint| blueprint["identifier"] == name)
            .ok_or_else(|| Failure::usage(format!("Port has no blueprint {}", quoted(name))))?;
        source.check(definition).map_err(Failure::usage)
    }

    /// Returns the entities of `source`.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, and when a signal comes.
    pub async fn entities_of(&self, source: &Source<'_>) -> Result<Vec<Entity>, Failure> {
        self.stop.within(Duration::ZERO, async { Ok(self.port.search(source.blueprint, &[]).await?) }).await
    }

    /// Returns the ARNs of the resources that were made here; none where the blueprint of an earlier version has no mark
    /// for that.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn seeded(&self, facts: &Facts) -> Result<Vec<String>, Failure> {
        if facts.lacking.contains(&(Kind::Resource, SEEDED)) {
            return Ok(Vec::new());
        }
        let (mut seeded, rules) = (Vec::new(), [SearchRule::PropertyIsTrue(SEEDED)]);
        let blueprint = Kind::Resource.blueprint(self.names);
        self.port.each_entity_bare_or_not(blueprint, &rules, &[], |entity| seeded.push(entity.identifier)).await?;
        Ok(seeded)
    }

    /// Compares `wanted` with the catalog. Nothing is written.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, and when a signal comes.
    pub async fn plan(&self, wanted: Vec<SeedEntity>) -> Result<Vec<Step>, Failure> {
        self.stop.within(Duration::ZERO, self.compared(wanted)).await
    }

    async fn compared(&self, wanted: Vec<SeedEntity>) -> Result<Vec<Step>, Failure> {
        let mut seen = Vec::new();
        for kind in Kind::ALL {
            let identifiers: Vec<&str> =
                wanted.iter().filter(|entity| entity.kind == kind).map(|entity| entity.identifier.as_str()).collect();
            for sought in portions(&identifiers) {
                let rule = SearchRule::IdentifierIn(sought.iter().map(|&identifier| identifier.to_owned()).collect());
                let found = self
                    .port
                    .search(kind.blueprint(self.names), &[rule])
                    .await
                    .map_err(|error| Failure::of_call(error, INIT_FIRST))?;
                seen.extend(found.into_iter().map(|entity| (kind, entity)));
            }
        }
        Ok(compare(wanted, &seen))
    }
}

/// Returns the values that the property `resource_type` takes; none when there is no such property.
fn types(property: &Value) -> Option<Types> {
    let property = property.as_object()?;
    Some(match property.get("enum").and_then(Value::as_array) {
        Some(types) => Types::OneOf(types.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        None => Types::Any,
    })
}

/// Divides identifiers into as many as one search may ask for.
fn portions<'a, 'b>(identifiers: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let (mut portions, mut rest) = (Vec::new(), identifiers);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(MOST_SOUGHT).take_while(|identifier| {
            bytes += identifier.len();
            bytes <= MOST_SOUGHT_BYTES
        });
        let (portion, others) = rest.split_at(fitting.count().max(1));
        portions.push(portion);
        rest = others;
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_stays_far_below_what_port_takes_and_leaves_nobody_out() {
        let long = "x".repeat(1_000);
        let identifiers = vec![long.as_str(); 1_234];
        let portions = portions(&identifiers);
        assert_eq!(portions.iter().map(|portion| portion.len()).sum::<usize>(), 1_234);
        assert!(portions.iter().all(|portion| (1..=262).contains(&portion.len())));
        let short = vec!["a"; 1_001];
        assert_eq!(super::portions(&short).iter().map(|portion| portion.len()).collect::<Vec<_>>(), [500, 500, 1]);
        let giant = "x".repeat(MOST_SOUGHT_BYTES + 1);
        assert_eq!(super::portions(&[&giant, "a"]).len(), 2);
    }
}
