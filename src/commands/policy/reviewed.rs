//! The reviewed files: those of a checkout of the target repository, or those that `init` commits first.

use std::path::Path;

use crate::assets;
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

/// Reads rules and templates of a checkout, as `grant` reads them of the default branch.
pub(super) fn configuration(folder: &Path, names: &Names) -> Result<Configuration, Failure> {
    let read = |path: &str| -> Result<Option<String>, Failure> {
        match std::fs::read_to_string(folder.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::usage(format!("{path} cannot be read: {error}"))),
        }
    };
    let (rules, policy) = (read(&names.rules_path)?, read(&names.policy_template_path)?);
    let trust = read(&names.trust_template_path)?;
    if rules.is_none() {
        let message = format!("{} is not in {}", names.rules_path, folder.display());
        return Err(Failure::usage(message).hint("name a checkout of the target repository: --repository FOLDER"));
    }
    Ok(Configuration::parse(rules.as_deref(), policy.as_deref(), trust.as_deref())?)
}
