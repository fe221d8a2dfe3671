//! The reviewed files of a checkout of the target repository.

use std::path::Path;

#[cfg(feature = "full")]
use crate::domain::decision;
use crate::domain::decision::Configuration;
use crate::domain::names::Names;
use crate::domain::refusal::{Refusal, RefusalCode};
#[cfg(feature = "full")]
use crate::domain::rules::Rules;
use crate::failure::Failure;

/// Reads rules and templates of a checkout, as `grant` reads them of the default branch.
///
/// # Errors
///
/// Fails when the folder is no checkout, and refuses files that cannot be used.
pub(super) fn configuration(folder: &Path, names: &Names) -> Result<Configuration, Failure> {
    let rules = rules_text(folder, names)?;
    let (policy, trust) = (read(folder, &names.policy_template_path)?, read(folder, &names.trust_template_path)?);
    let parsed = Configuration::parse(Some(&rules), policy.as_deref(), trust.as_deref());
    parsed.map_err(|refusal| read_there(folder, names, refusal))
}

/// Reads the rules of a checkout alone.
///
/// # Errors
///
/// Fails when the folder is no checkout, and refuses a file that cannot be used.
#[cfg(feature = "full")]
pub(super) fn rules(folder: &Path, names: &Names) -> Result<Rules, Failure> {
    decision::rules(Some(&rules_text(folder, names)?)).map_err(|refusal| read_there(folder, names, refusal))
}

/// Returns the refusal of a file by the path under which it was read: what is on the default branch was not looked at.
fn read_there(folder: &Path, names: &Names, refusal: Refusal) -> Failure {
    let mut paths = [&names.rules_path, &names.policy_template_path, &names.trust_template_path].into_iter();
    let Some(path) = paths.find(|path| path.ends_with(refusal.field)) else { return refusal.into() };
    let is_missing = refusal.code == RefusalCode::MissingFile;
    let reason = if is_missing { "is not there" } else { &refusal.reason };
    let message = format!("{}: {reason}", folder.join(path).display());
    let hints = vec!["mend it there; what decides a request is the file on the default branch".to_owned()];
    Failure { message, hints, ..Failure::from(refusal) }
}

fn rules_text(folder: &Path, names: &Names) -> Result<String, Failure> {
    read(folder, &names.rules_path)?.ok_or_else(|| {
        let message = format!("{} is not in {}", names.rules_path, folder.display());
        Failure::usage(message).hint("name a checkout of the target repository: --repository FOLDER")
    })
}

fn read(folder: &Path, path: &str) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(folder.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("{path} cannot be read: {error}"))),
    }
}
