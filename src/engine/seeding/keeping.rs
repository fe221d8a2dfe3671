//! The automation that keeps the catalog in step with another blueprint: looked at, and written.

use std::time::Duration;

use super::Seeding;
use crate::domain::account::AwsAccount;
use crate::domain::seed::{Facts, InStep, Source, keep_in_step};
use crate::failure::Failure;
use crate::stop::BEGUN_WITHIN;

impl Seeding<'_> {
    /// Returns what has to be done so that `source` is kept in step for this account.
    ///
    /// # Errors
    ///
    /// Fails when there can be no such automation, when Port cannot be asked, and when a signal comes.
    pub async fn in_step(&self, source: &Source<'_>, account: &AwsAccount, facts: &Facts) -> Result<InStep, Failure> {
        let actions = self.stop.within(Duration::ZERO, async { Ok(self.port.actions().await?) }).await?;
        keep_in_step(self.names, source, account, facts, &actions)
            .map_err(|reason| Failure::usage(reason).hint("nothing was written"))
    }

    /// Writes the automation, where it is missing or differs.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked, and when a signal comes.
    pub async fn keep(&self, in_step: &InStep) -> Result<(), Failure> {
        let writing = async {
            match in_step {
                InStep::Create(body) => self.port.create_action(body).await?,
                InStep::Change { body, .. } => self.port.replace_action(in_step.identifier(), body).await?,
                InStep::Same(_) => {}
            }
            Ok(())
        };
        self.stop.within(BEGUN_WITHIN, writing).await
    }
}
