//! The reviewed files of a checkout of the target repository.

use std::path::Path;

use crate::domain::decision::Configuration;
use crate::domain::names::Names;
use crate::failure::Failure;

/// Reads rules and templates of a checkout, as `grant` reads them of the default branch.
///
/// # Errors
///
/// Fails when the folder is no checkout, and refuses files that cannot be used.
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
