//! `--permissions-for`: the permissions of a resource or a service, from AWS's reference.

use crate::commands::level::Level;
use crate::domain::reference::AccessLevel;
use crate::domain::seed::{Entry, Facts, Offer, Remark, entries_of_reference};

/// What is wanted of the reference.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct OfferArgs {
    /// Write the permissions that can be granted on a resource (its ARN) or that a service has (such as s3), without
    /// those that no grant gives by default; repeat it for more.
    #[arg(long, value_name = "ARN|SERVICE")]
    permissions_for: Vec<String>,
    /// Only permissions of these access levels, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', requires = "permissions_for")]
    level: Vec<Level>,
    /// Also permissions that act on the whole account; the rules file has to allow each of them.
    #[arg(long, requires = "permissions_for")]
    account_wide: bool,
}

impl OfferArgs {
    /// Returns whether nothing is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.permissions_for.is_empty()
    }

    /// Returns an entry for each permission that is wanted and that `named` does not name; of this type, else of the one
    /// that follows from the service.
    ///
    /// # Errors
    ///
    /// Fails with everything that is wrong.
    pub(super) fn entries(
        &self,
        resource_type: Option<&str>,
        facts: &Facts,
        named: &[Entry],
    ) -> Result<Vec<Entry>, Vec<Remark>> {
        let levels: Vec<AccessLevel> = self.level.iter().copied().map(AccessLevel::from).collect();
        let (mut all, mut mistakes) = (named.to_vec(), Vec::new());
        for of in &self.permissions_for {
            let offer = Offer { of, resource_type, levels: &levels, account_wide: self.account_wide };
            match entries_of_reference(&offer, facts, &all) {
                Ok(entries) => all.extend(entries),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(all.split_off(named.len())) } else { Err(mistakes) }
    }
}
