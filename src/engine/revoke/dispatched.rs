//! A revocation that a workflow was started for: who and what has to vouch for it.

use std::time::Duration;

use futures_util::future::{join, join4};
use jiff::Timestamp;

use super::{InPort, Revocation, STARTED_WITHIN, Whereabouts, telling, unfinished};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::SearchRule;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Run, User};
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::receipt::{Cause, Removed, Revoked};
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::request::Dispatch;
use crate::domain::revocation::{Remains, other_dispatcher, verify_dispatcher, verify_over, verify_revocation};
use crate::domain::trust;
use crate::domain::verification::{is_started_by, verify_is_asked_for};
use crate::engine::Engine;
use crate::engine::starters::Starters;
use crate::failure::{Failure, FailureKind};

/// What was asked for, as Port tells it.
struct Asked<'a> {
    dispatch: &'a Dispatch,
    run: Option<&'a Run>,
    /// Who started the run.
    starter: Option<User>,
}

impl Engine<'_> {
    /// Revokes what the dispatch names, if Port or the clock vouches for it.
    ///
    /// # Errors
    ///
    /// Refuses a dispatch that neither Port's run nor the end of the grant bears out, and one by somebody whom the
    /// rules file does not name, while the grant stands; fails when a system does. What is half done is finished by the
    /// next try.
    pub async fn revoke_for_run(
        &self,
        dispatch: &Dispatch,
        expected_account: Option<&AccountId>,
        starters: Option<&Starters<'_>>,
    ) -> Result<Revoked, Failure> {
        let grant = GrantId::parse(&dispatch.entity)?;
        self.say(&format!("Reading the run and the grant {grant}"));
        let run = self.port.run(dispatch.run_id.as_str());
        let looking = async {
            let caller = self.aws.caller().await?;
            caller.account.check_expected(expected_account)?;
            self.whereabouts(&caller.account, &grant).await
        };
        let reading = async {
            Ok(join4(Box::pin(looking), run, Box::pin(self.stranger(starters)), self.named_by(dispatch)).await)
        };
        let not_begun = |failure| unfinished(failure, &grant);
        let (found, run, stranger, named) = self.world.stop.within(STARTED_WITHIN, reading).await.map_err(not_begun)?;
        let found = found?;
        let run = match run {
            Ok(run) => run,
            // Port is up where it limits: whoever can make it do so must not end other people's grants by that.
            Err(error) if error.is_out_of_reach() && error.kind != ApiErrorKind::RateLimited => match stranger {
                // Nobody vouches for it that Port wants this; whoever means well has `revoke --direct`.
                Some(login) => return Err(other_dispatcher(&login).into()),
                None => return Err(self.without_port(&found, &grant, &error).await),
            },
            Err(error) => return Err(error.into()),
        };
        let starter = named.filter(|user| run.as_ref().is_some_and(|run| is_started_by(run, user)));
        let asked = Asked { dispatch, run: run.as_ref(), starter };
        let stranger = stranger.as_deref();
        // Where several accounts hold a role of this name, the end of each has to bear it out.
        let work = async |engine: Engine<'_>, account: &AwsAccount| {
            let verifying = engine.verified_cause(&asked, account, &grant, starters);
            match stranger {
                None => verifying.await,
                Some(login) => engine.by_a_stranger(login, asked.run, account, &grant, verifying).await,
            }
        };
        let verifying = async {
            let record = self.record_for(&found, &grant).await?;
            let cause = self.in_each(&found, record.as_ref(), work).await?;
            cause.ok_or_else(|| Failure::failed("no account was asked"))
        };
        let cause = self.world.stop.within(STARTED_WITHIN, verifying).await.map_err(not_begun)?;
        let in_progress = run.as_ref().is_some_and(Run::is_in_progress);
        let run_id = in_progress.then(|| dispatch.run_id.to_string());
        Box::pin(self.revoke(&found, Revocation { grant, cause, run_id }, InPort::Told)).await
    }

    /// Verifies what somebody started whom the rules file does not name. By timer the clock alone decides, as for
    /// anybody; whatever is refused must not end the run, which another person may have started.
    async fn by_a_stranger(
        &self,
        login: &str,
        run: Option<&Run>,
        account: &AwsAccount,
        grant: &GrantId,
        verifying: impl Future<Output = Result<Cause, Failure>>,
    ) -> Result<Cause, Failure> {
        if run.is_some_and(|run| run.action != self.names.revoke_expired_permissions) {
            let (remains, now) = self.remains(account, grant).await?;
            verify_dispatcher(login, remains, now)?;
        }
        verifying.await.map_err(|failure| match failure.kind {
            FailureKind::Refused => other_dispatcher(login).into(),
            _ => failure,
        })
    }

    async fn verified_cause(
        &self,
        asked: &Asked<'_>,
        account: &AwsAccount,
        grant: &GrantId,
        starters: Option<&Starters<'_>>,
    ) -> Result<Cause, Failure> {
        let Asked { dispatch, run, starter } = asked;
        let start_in_port = "start the action in Port; do not dispatch the workflow by hand";
        let Some(run) = run else {
            let reason = format!("Port knows no run {}", quoted(dispatch.run_id.as_str()));
            return Err(Refusal::new(RefusalCode::UnknownRun, "runId", reason, start_in_port).into());
        };
        if [&self.names.revoke_permissions, &self.names.return_permissions].contains(&&run.action) {
            // An open run decides alone, so that nothing else has to answer before access ends.
            let (remains, now) = if run.is_open() {
                (Remains::Standing { end: None }, self.service_time()?)
            } else {
                self.remains(account, grant).await?
            };
            verify_revocation(dispatch, run, remains, now)?;
            if run.action == self.names.return_permissions {
                self.verify_returner(run, starter.as_ref(), grant, starters).await?;
            }
            let who = starter.as_ref().map(|user| &user.email).or(run.created_by.as_ref()).cloned().unwrap_or_default();
            let is_return = run.action == self.names.return_permissions;
            return Ok(if is_return { Cause::Returned(who) } else { Cause::Person(who) });
        }
        if run.action == self.names.revoke_expired_permissions {
            verify_is_asked_for(dispatch, run)?;
            self.verify_expired(account, grant).await?;
            return Ok(Cause::Expired);
        }
        let reason = format!("the run belongs to the action {}, which revokes nothing", quoted(&run.action));
        Err(Refusal::new(RefusalCode::OtherAction, "runId", reason, start_in_port).into())
    }

    /// Returns what AWS holds of the grant, and AWS's time.
    async fn remains(&self, account: &AwsAccount, grant: &GrantId) -> Result<(Remains, Timestamp), Failure> {
        let Some(role) = self.role_by_name(account, grant).await?.own() else {
            let now = self.service_time()?;
            // Its run may still be about to make it.
            if grant.is_break_glass() {
                return Ok((Remains::Gone { is_asked_for: false }, now));
            }
            let run = self.port.run(grant.run_id().as_str()).await?;
            return Ok((Remains::Gone { is_asked_for: run.is_some_and(|run| run.is_in_progress()) }, now));
        };
        let end = trust::end_of(&role.trust);
        let attached = self.aws.attached_policies(grant.as_str()).await?.unwrap_or_default();
        let now = self.service_time()?;
        let is_denied = attached.contains(&account.deny_all_arn());
        Ok((if is_denied { Remains::Denied { end } } else { Remains::Standing { end } }, now))
    }

    /// Which grant it is comes from the dispatch, so its role or Port's timer must bear out that its time is over.
    async fn verify_expired(&self, account: &AwsAccount, grant: &GrantId) -> Result<(), Failure> {
        let rules = [SearchRule::IdentifierIn(vec![grant.to_string()]), SearchRule::Expired("expiry_time")];
        let expired = self.port.search(&self.names.provisioned_permissions, &rules);
        let (expired, remains) = join(expired, self.remains(account, grant)).await;
        let (remains, mut now) = remains?;
        let port_says_so = expired?.iter().any(|entity| entity.identifier == grant.as_str());
        if let Some(seconds) = remains.nearly_over(now) {
            // Port's clock is a little ahead of AWS's, and its timer fires once.
            self.world.sleep(Duration::from_secs(seconds)).await;
            self.aws.caller().await?;
            now = self.service_time()?;
        }
        Ok(verify_over(grant, remains, port_says_so, now)?)
    }

    /// Port cannot be asked: whoever started this, access that ends too early is the smaller harm.
    async fn without_port(&self, found: &Whereabouts, grant: &GrantId, error: &ApiError) -> Failure {
        self.say("Port cannot be reached; taking the grant away in AWS all the same");
        let mut all = Removed::default();
        let work = async |engine: Engine<'_>, account: &AwsAccount| {
            let mut removed = Removed::default();
            let taken = engine.take_away_untold(account, grant, &mut removed).await;
            all.and_elsewhere(removed);
            taken
        };
        let failure = match self.in_each(found, None, work).await {
            Ok(_) => found.doubt(grant, None).unwrap_or_else(|| {
                let became = if all.kept.is_empty() { "is gone from AWS" } else { "can do nothing any more in AWS" };
                Failure::failed(format!("{grant} {became}, but Port could not be told: {error}"))
                    .hint(format!("when Port is back, run `port-iam revoke {grant} --direct`"))
            }),
            Err(failure) => failure,
        };
        telling(failure, grant, &all)
    }
}
