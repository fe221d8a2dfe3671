//! Which accounts the files of the default branch name besides those whose credentials these are.

use futures_util::future::try_join_all;

use super::{Looked, Uninstalling};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::refusal::Refusal;
use crate::domain::uninstall::{Naming, further_accounts};

impl Uninstalling<'_> {
    /// Returns why nothing may be removed as long as rules or workflows name, or may name, further accounts.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn further_accounts(&self, looked: &Looked) -> Result<Option<Refusal>, ApiError> {
        let Some(repository) = &looked.repository else { return Ok(None) };
        let names = self.engine.names;
        let workflows = [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow];
        let mut paths = vec![names.rules_path.clone()];
        paths.extend(workflows.map(|file| format!(".github/workflows/{file}")));
        let reading = paths.into_iter().map(async |path| -> Result<Option<Naming>, ApiError> {
            match self.github.file(repository, &path).await {
                Err(error) if error.kind == ApiErrorKind::Undecodable => Ok(Some((path, None))),
                text => Ok(text?.map(|text| (path, Some(text)))),
            }
        });
        let mut files = try_join_all(reading).await?.into_iter();
        let rules = files.next().flatten();
        let workflows: Vec<Naming> = files.flatten().collect();
        let looked_at = self.accounts().map(|(_, caller)| caller.account.id.clone());
        let known = looked_at.chain(self.left_accounts.iter().cloned()).collect();
        Ok(further_accounts(rules.as_ref(), &workflows, &known))
    }
}
