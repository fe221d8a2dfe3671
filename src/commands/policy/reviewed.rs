//! The reviewed files: those of a checkout of the target repository, or those that `init` commits first.

use std::path::Path;

use crate::assets;
use crate::commands::checkout::configuration;
use crate::domain::decision::Configuration;
use crate::domain::names::Names;
use crate::domain::policy::Allowances;
use crate::domain::template::{PolicyTemplate, TrustTemplate};
use crate::domain::trust::Trust;
use crate::failure::Failure;

/// What of the reviewed files shapes the documents of a grant.
pub(super) struct Reviewed {
    pub(super) policy_template: PolicyTemplate,
    pub(super) trust_template: TrustTemplate,
    pub(super) allowances: Allowances,
    pub(super) trust: Trust,
    /// The files of a checkout; none on the first day, when there are no rules yet.
    pub(super) configuration: Option<Configuration>,
}

impl Reviewed {
    /// Reads the checkout in `folder`; without one, the files as they are on the first day.
    pub(super) fn read(folder: Option<&Path>, names: &Names) -> Result<Self, Failure> {
        let Some(folder) = folder else { return Self::first() };
        let configuration = configuration(folder, names)?;
        Ok(Self {
            policy_template: configuration.policy_template.clone(),
            trust_template: configuration.trust_template.clone(),
            allowances: Allowances::from(&configuration.rules),
            trust: configuration.rules.trust.clone(),
            configuration: Some(configuration),
        })
    }

    fn first() -> Result<Self, Failure> {
        let damaged = |error: assets::AssetError| Failure::failed(error.to_string());
        let trust = assets::trust_template("aws", "123456789012").map_err(damaged)?;
        Ok(Self {
            policy_template: PolicyTemplate::parse(&assets::policy_template().map_err(damaged)?, false)?,
            // Its principal is an example: the mode `account` writes its own.
            trust_template: TrustTemplate::parse(&trust)?,
            allowances: Allowances::default(),
            trust: Trust::Account,
            configuration: None,
        })
    }
}
