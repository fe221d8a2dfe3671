//! Where grants may be made.

use super::Rules;
use crate::domain::arn::Arn;
use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};

impl Rules {
    /// Checks that the file names the account and the regions of the resources.
    ///
    /// # Errors
    ///
    /// Refuses the first resource of another account or region.
    pub fn check_place(&self, of_credentials: &AccountId, resources: &[Arn]) -> Result<(), Refusal> {
        for (index, arn) in resources.iter().enumerate() {
            // The first is the run's own entity, the others come from the form.
            let field = if index == 0 { "entity" } else { "additional_resources" };
            self.check_place_of(field, arn, Some(of_credentials))?;
        }
        Ok(())
    }

    /// Checks that grants may be made where a resource lies, for which `field` is to blame. An ARN that names no account is
    /// taken to lie in `ours`, that of the credentials; where that is not known either, in any.
    ///
    /// # Errors
    ///
    /// Refuses an account or a region that the file does not name.
    pub fn check_place_of(&self, field: &'static str, arn: &Arn, ours: Option<&AccountId>) -> Result<(), Refusal> {
        let remedy = "an administrator can add it under `accounts` in the rules file";
        let account = match (arn.account(), ours) {
            ("", Some(ours)) => ours.as_str(),
            ("", None) => return Ok(()),
            (named, _) => named,
        };
        let known = self.accounts.iter().find(|(id, _)| id.as_str() == account);
        let Some((_, entry)) = known.filter(|_| ours.is_none_or(|ours| ours.as_str() == account)) else {
            // Where it is not theirs, it may be one that the file names for others.
            let for_whom =
                if ours.is_some_and(|ours| ours.as_str() != account) { " for these credentials" } else { "" };
            let reason = format!(
                "{} belongs to account {account}, which the rules file does not name{for_whom}",
                quoted(arn.as_str())
            );
            return Err(Refusal::new(RefusalCode::ForeignAccount, field, reason, remedy));
        };
        let region = arn.region();
        if !region.is_empty() && !entry.regions.is_empty() && !entry.regions.iter().any(|name| name == region) {
            let reason = format!(
                "{} lies in {region}, which the rules file does not name for this account",
                quoted(arn.as_str())
            );
            return Err(Refusal::new(RefusalCode::ForeignRegion, field, reason, remedy));
        }
        Ok(())
    }
}
