//! The accounts whose credentials these are not.

use super::super::wanted::Place;
use super::super::{Asked, Found, Identity, Setup, System};
use super::Accounts;
use crate::clients::aws::ReachedAccount;
use crate::domain::setup::{Seen, Step, Wanted, beside, plan};
use crate::failure::Failure;

impl Setup<'_> {
    /// Looks at the accounts whose credentials these are not, as far as profiles are named for them.
    pub(in crate::engine::setup) async fn beside(
        &self,
        identity: &Identity,
        accounts: &Accounts,
        (wanted, seen): (&Wanted, &Seen),
        rules: Option<&str>,
        place: &Place<'_>,
    ) -> Result<Vec<Step>, Failure> {
        let home = accounts.home.as_ref().map(|(home, _)| &home.id);
        let others = home.into_iter().chain(accounts.further.keys()).filter(|id| **id != identity.account.id);
        let mut steps = Vec::new();
        for account in others {
            if !self.found.looks_at.contains(System::Aws) {
                continue;
            }
            let connected = match self.aws.of_further_account(account).await {
                Some(Ok(connected)) => connected,
                Some(Err(failure)) => {
                    steps.push(beside::unseen(account, &failure.to_string()));
                    continue;
                }
                None => {
                    steps.push(beside::unseen(account, &format!("these credentials are of {}", identity.account.id)));
                    continue;
                }
            };
            let ReachedAccount { aws, caller } = connected;
            let there = Setup {
                aws: &aws,
                asked: Asked { add_account: None, ..self.asked.clone() },
                found: Found { presumed_account: None, ..self.found.clone() },
                ..*self
            };
            let identity = Identity { account: caller.account.clone(), caller: Some(caller), ..identity.clone() };
            let (mut wanted, mut seen) = (wanted.clone(), seen.clone());
            let looked = async {
                seen.boundary = there.boundary(&identity.account).await?;
                wanted.identities = there.wanted_identities(&identity, place, wanted.access, rules)?;
                // The access key is of the first account.
                wanted.identities.user = None;
                let own = accounts.leave_own_roles(account, &mut wanted);
                seen.identities = there.identities(&wanted.identities).await?;
                Ok::<_, Failure>(own)
            };
            match looked.await {
                Ok(own) => {
                    steps.extend(beside::steps(account, plan(&wanted, &seen)));
                    steps.extend(own);
                }
                Err(failure) => steps.push(beside::unseen(account, &failure.to_string())),
            }
        }
        Ok(steps)
    }
}
