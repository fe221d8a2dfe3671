//! The sweep: the third line of defence after AWS's own clock and Port's timer. It needs no database: what AWS lists
//! under our path and what Port has in its catalog are compared both ways.

mod apply;
mod missing;
mod note;
mod observe;
mod questions;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::Engine;
use super::grant::{GrantSettings, Place};
use crate::clients::github::GitHub;
use crate::domain::account::AwsAccount;
use crate::domain::grant::Grant;
use crate::domain::identifier::AccountId;
use crate::domain::sweep::{Plan, Seen, Step, chosen_for_close_look, judge};
use crate::failure::Failure;
use crate::stop::Signal;

/// How many things are worked on at once. IAM counts requests per account, and grants shall go on meanwhile.
const AT_ONCE: usize = 4;
/// Every answer can raise one more question about the same thing; there are no more kinds than this.
const MOST_ROUNDS: usize = 4;

/// How a sweep is to be done.
#[derive(Clone, Debug)]
pub struct SweepSettings {
    /// The target repository and the account.
    pub place: GrantSettings,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Go on although more would be taken than seems right.
    pub force: bool,
    /// Deny roles under our path that are of no installation known.
    pub deny_foreign: bool,
    /// How many live grants are compared part by part although nothing about them is odd.
    pub close_looks: usize,
}

/// What a sweep of all accounts came to.
#[derive(Debug)]
pub struct SweptAll {
    /// Each account that was swept, the workflows' own first.
    pub accounts: Vec<Swept>,
    /// The accounts that were not, and why.
    pub not_swept: Vec<(AccountId, Failure)>,
}

/// What a sweep of one account came to.
#[derive(Debug)]
pub struct Swept {
    /// The account.
    pub account: AwsAccount,
    /// What was to be done, and what people have to look at.
    pub plan: Plan,
    /// What was done.
    pub done: Vec<Step>,
    /// What was not, and why.
    pub failed: Vec<(Step, Failure)>,
    /// What was not even begun, since a signal had come.
    pub not_tried: Vec<Step>,
    /// The signal.
    pub stopped: Option<Signal>,
    /// How many roles lie under our path.
    pub roles: usize,
    /// How many grants are in the catalog.
    pub entities: usize,
    /// AWS's time when everything had been seen.
    pub now: Timestamp,
}

/// Everything seen, and the grants that runs vouch for.
struct Known {
    seen: Seen,
    /// The rules and the account, read once.
    place: Place,
    grants: BTreeMap<String, Grant>,
}

impl Engine<'_> {
    /// Compares AWS and Port both ways, and sets right what differs: in the workflows' own account and in every further
    /// one of the rules file, one after the other.
    ///
    /// # Errors
    ///
    /// Refuses another account, an account that the rules file does not list and, unless forced, another repository
    /// than Port's actions name; nothing is changed then. Fails when AWS, Port or GitHub cannot be read. A further
    /// account that cannot be swept is told in the result and keeps no other from it. A step that
    /// fails does not end the sweep: it is told in the result, and so is what was held back, unless forced, because
    /// more live grants would be taken than seems right. A signal ends the looking at once; later, steps that have
    /// begun are finished and the others are told as not tried.
    pub async fn sweep(&self, github: &GitHub, settings: &SweepSettings) -> Result<SweptAll, Failure> {
        let listing = self.list_all(github, settings);
        let listed = self.world.stop.within(Duration::ZERO, listing).await?;
        let mut swept = SweptAll { accounts: Vec::new(), not_swept: listed.not_listed.clone() };
        let everything = self.world.stop.within(Duration::ZERO, self.know_all(&listed, settings)).await?;
        for (listed, known) in listed.accounts.iter().zip(everything) {
            let engine = listed.aws.as_ref().map_or(*self, |aws| self.with_aws(aws));
            let id = known.seen.account.id.clone();
            match Box::pin(engine.sweep_one(known, settings)).await {
                Ok(one) => swept.accounts.push(one),
                // What was done elsewhere is told all the same.
                Err(failure) if listed.aws.is_some() || !swept.accounts.is_empty() => {
                    swept.not_swept.push((id, failure));
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(swept)
    }

    async fn sweep_one(&self, known: Known, settings: &SweepSettings) -> Result<Swept, Failure> {
        let looking = async {
            let mut known = known;
            known.seen.close = chosen_for_close_look(&known.seen, settings.close_looks);
            let mut plan = judge(&known.seen);
            for _ in 0..MOST_ROUNDS {
                if plan.questions.is_empty() {
                    break;
                }
                self.answer(&plan, &mut known).await?;
                plan = judge(&known.seen);
            }
            Ok((known, plan))
        };
        let (known, plan) = self.world.stop.within(Duration::ZERO, looking).await?;
        let (roles, entities, now) = (known.seen.roles.len(), known.seen.entities_of_account(), known.seen.now);
        let (done, failed, not_tried) = (Vec::new(), Vec::new(), Vec::new());
        let account = known.seen.account.clone();
        let mut swept = Swept { account, plan, done, failed, not_tried, stopped: None, roles, entities, now };
        if settings.dry_run {
            return Ok(swept);
        }
        self.apply_all(&known, settings.force, &mut swept).await;
        swept.stopped = self.world.stop.asked();
        Ok(swept)
    }
}
