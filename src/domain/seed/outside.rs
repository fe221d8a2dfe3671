//! What the outside says about what may be written: the account, and what the blueprints take.

use super::Kind;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::resource_types::{GUIDE, type_of_service};

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
