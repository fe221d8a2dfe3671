//! What the outside says about what may be written: the account, and what the blueprints take.

use super::Kind;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::refusal::quoted;
use crate::domain::resource_types::{GUIDE, ResourceTypes, type_of_service, usual_name};

/// What the outside says about what may be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The account whose resources are offered; none when it could not be asked.
    pub account: Option<AwsAccount>,
    /// The types that the blueprint of resources knows.
    pub resource_types: Types,
    /// The types that the blueprint of permissions knows.
    pub permission_types: Types,
    /// The properties that a blueprint of an earlier version lacks; they are not written.
    pub lacking: Vec<(Kind, &'static str)>,
}

impl Facts {
    pub(super) fn types(&self, kind: Kind) -> &Types {
        match kind {
            Kind::Resource => &self.resource_types,
            Kind::Permission => &self.permission_types,
        }
    }

    /// Returns the type that follows from the identifier alone; none when it has to be said.
    pub fn default_type(&self, kind: Kind, identifier: &str) -> Option<String> {
        let service = match kind {
            Kind::Resource => Arn::parse("identifier", identifier).ok()?.service().to_owned(),
            Kind::Permission => identifier.split_once(':')?.0.to_owned(),
        };
        match self.types(kind) {
            Types::OneOf(types) => type_of_service(&service, types).map(str::to_owned),
            Types::Unknown | Types::Any => type_of_service(&service, &GUIDE.map(str::to_owned)).map(str::to_owned),
        }
    }

    /// Returns the type for what belongs to a service: the `given` one, or the one that stands for the service.
    ///
    /// # Errors
    ///
    /// Says which types there are, and how the missing one is added.
    pub fn type_of(&self, kind: Kind, service: &str, given: Option<&str>) -> Result<String, String> {
        let Types::OneOf(known) = self.types(kind) else {
            let guide = GUIDE.map(str::to_owned);
            let of_service = || type_of_service(service, &guide).map_or_else(|| usual_name(service), str::to_owned);
            return Ok(given.map_or_else(of_service, str::to_owned));
        };
        let chosen = match given {
            Some(given) => known.iter().find(|name| *name == given).map(String::as_str),
            None => type_of_service(service, known),
        };
        if let Some(chosen) = chosen {
            return Ok(chosen.to_owned());
        }
        let missing = given.map_or_else(|| usual_name(service), str::to_owned);
        let shown: Vec<String> = known.iter().map(|name| quoted(name)).collect();
        Err(format!(
            "the catalog has no resource type {}, only {}{}; or choose one of them with --resource-type",
            quoted(&missing),
            shown.join(", "),
            addition(known, &missing)
        ))
    }
}

/// Returns how the type is added; nothing where `init` would not take it.
fn addition(known: &[String], missing: &str) -> String {
    let taken = |name: &&str| ResourceTypes::parse("--resource-types", name).is_ok();
    let names: Vec<&str> = known.iter().map(String::as_str).chain([missing]).filter(taken).collect();
    if names.last() != Some(&missing) {
        return String::new();
    }
    format!("; `port-iam init --resource-types '{}'` adds it", names.join(","))
}

/// The resource types of a blueprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Types {
    /// The blueprint could not be asked.
    #[default]
    Unknown,
    /// The blueprint takes any text.
    Any,
    /// The blueprint takes these.
    OneOf(Vec<String>),
}
