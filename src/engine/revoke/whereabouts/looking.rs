//! Asks the accounts for the role of a grant.

use futures_util::future::{join, join_all};

use super::{Place, Whereabouts};
use crate::clients::aws::ReachedAccount;
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::{AccountId, GrantId};
use crate::engine::Engine;
use crate::failure::Failure;

impl Engine<'_> {
    /// Asks every account that can be reached for the role of a grant. Where there is one account, what it holds is told
    /// later, when it cannot be told now.
    ///
    /// # Errors
    ///
    /// Fails when the engine's own account cannot be asked.
    pub async fn whereabouts(&self, home: &AwsAccount, grant: &GrantId) -> Result<Whereabouts, Failure> {
        let further: Vec<&AccountId> = self.aws.further_accounts().collect();
        if further.is_empty() {
            let held = Box::pin(self.held(home, grant, 1, None)).await.ok();
            let place = Place { aws: None, account: home.clone(), holds: true, held };
            return Ok(Whereabouts { places: vec![place], unreached: Vec::new() });
        }
        let asking = further.into_iter().map(|account| async move {
            let connected = self.aws.of_further_account(account).await;
            let ReachedAccount { aws, caller } =
                connected.unwrap_or_else(|| Err(Failure::failed("it has no credentials")))?;
            let holds = self.with_aws(&aws).holds(&caller.account, grant).await?;
            Ok::<_, Failure>(Place { aws: Some(aws), account: caller.account, holds, held: None })
        });
        let ids: Vec<AccountId> = self.aws.further_accounts().cloned().collect();
        let (own, others) = join(self.holds(home, grant), join_all(asking)).await;
        let mut found = Whereabouts {
            places: vec![Place { aws: None, account: home.clone(), holds: own?, held: None }],
            unreached: Vec::new(),
        };
        for (account, place) in ids.into_iter().zip(others) {
            match place {
                Ok(place) => found.places.push(place),
                Err(failure) => self.note_unreached(&mut found, account, failure),
            }
        }
        if found.places.iter().any(|place| place.holds) { Ok(found) } else { self.asked_again(found, grant).await }
    }

    /// Asks once more where no account has shown the role: an answer may be from before it was made, and the record, where
    /// there is one, may name another account.
    async fn asked_again(&self, found: Whereabouts, grant: &GrantId) -> Result<Whereabouts, Failure> {
        let asking = found.places.iter().map(|place| async move { self.at(place).holds(&place.account, grant).await });
        let answers = join_all(asking).await;
        let mut again = Whereabouts { places: Vec::new(), unreached: found.unreached };
        for (place, answer) in found.places.into_iter().zip(answers) {
            match answer {
                Ok(holds) => again.places.push(Place { holds, ..place }),
                Err(error) if place.aws.is_none() => return Err(error.into()),
                Err(error) => self.note_unreached(&mut again, place.account.id, error.into()),
            }
        }
        Ok(again)
    }

    fn note_unreached(&self, found: &mut Whereabouts, account: AccountId, failure: Failure) {
        self.say(&format!("The account {account} could not be asked: {failure}"));
        found.unreached.push((account, failure));
    }

    /// Returns whether the grant's own role is in the account of this engine.
    async fn holds(&self, account: &AwsAccount, grant: &GrantId) -> Result<bool, ApiError> {
        Ok(self.role_by_name(account, grant).await?.is_own())
    }
}
