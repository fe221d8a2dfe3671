//! The accounts that are reached besides the first, each with credentials of its own.

use super::{Aws, AwsSettings, Caller};
use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::failure::Failure;

/// A further account of an installation that was reached: its client, and whose credentials that has.
pub struct ReachedAccount {
    /// The client.
    pub aws: Aws,
    /// Whose credentials it has.
    pub caller: Caller,
}

impl ReachedAccount {
    /// Returns which account it is.
    pub fn account(&self) -> &AwsAccount {
        &self.caller.account
    }
}

impl Aws {
    /// Returns the accounts that can be reached besides this one.
    pub fn further_accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.settings.further.iter().map(|further| &further.account)
    }

    /// Creates a client of a further account, and asks whose credentials it has. None when nothing says how that
    /// account is reached.
    ///
    /// # Errors
    ///
    /// Fails when the credentials cannot be had, and when they are of another account than they are meant for.
    pub async fn of_further_account(&self, account: &AccountId) -> Option<Result<ReachedAccount, Failure>> {
        let further = self.settings.further.iter().find(|further| further.account == *account)?;
        let settings = AwsSettings {
            credentials: further.credentials.clone(),
            region: self.region().map(str::to_owned),
            endpoint: self.settings.endpoint.clone(),
            further: Vec::new(),
        };
        // On the heap: the SDK's futures are too large to be nested in those of whole flows.
        Some(Box::pin(self.connected(&settings, account)).await)
    }

    async fn connected(&self, settings: &AwsSettings, account: &AccountId) -> Result<ReachedAccount, Failure> {
        let aws = Self::new(&self.world, settings).await?;
        self.check_same_place(&aws, account)?;
        let caller = aws.caller().await?;
        if caller.account.id == *account {
            return Ok(ReachedAccount { aws, caller });
        }
        let reason = format!("its credentials belong to {}", caller.account.id);
        let remedy = "check which profile, or role, is meant for it";
        Err(Refusal::new(RefusalCode::OtherAccount, "account", format!("{account}: {reason}"), remedy).into())
    }

    /// Refuses a profile that leads to a sandbox beside the real systems, or the other way round. Where the first account has
    /// an address of the environment, all have it.
    fn check_same_place(&self, further: &Self, account: &AccountId) -> Result<(), Failure> {
        if self.is_on_this_machine == further.is_on_this_machine {
            return Ok(());
        }
        let place = |aws: &Self| if aws.is_on_this_machine { "on this machine" } else { "elsewhere" };
        let message = format!(
            "a sandbox and the real systems are mixed: AWS is {}, and for the account {account} {}",
            place(self),
            place(further)
        );
        Err(Failure::usage(message).hint("check the endpoint_url of both AWS profiles, or set AWS_ENDPOINT_URL"))
    }
}
