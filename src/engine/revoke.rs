//! The revocation: AWS first, the record last. It fails towards removal.

use std::time::Duration;

use futures_util::future::{join, join3};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Engine;
use super::starters::Starters;
use super::taking_apart::Removed;
use super::young::is_young;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::{RunPatch, SearchRule, Upsert};
use crate::domain::break_glass::unverified_record;
use crate::domain::catalog::{Entity, Run};
use crate::domain::grant::AwsAccount;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::request::Dispatch;
use crate::domain::revocation::{Remains, other_dispatcher, verify_dispatcher, verify_over, verify_revocation};
use crate::domain::time::utc;
use crate::domain::trust;
use crate::failure::{Failure, FailureKind};

/// How long after a signal a revocation may still begin.
const STARTED_WITHIN: Duration = Duration::from_millis(1_500);
/// How long after a signal the taking apart may take: it goes on, since access that ends is what was asked for.
const TAKEN_WITHIN: Duration = Duration::from_millis(3_500);
/// How long after a signal the record may take.
const COMPLETED_WITHIN: Duration = Duration::from_millis(5_000);

/// Why a grant ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its time is over.
    Expired,
    /// A person asked in Port; the e-mail where Port knows it, else Port's user id.
    Person(String),
    /// A person did it with AWS credentials of their own; the ARN.
    Direct(String),
    /// A sweep found that it had to end.
    Sweep {
        /// Whether its time was over.
        expired: bool,
        /// Why, a sentence.
        why: &'static str,
    },
}

impl Cause {
    /// Returns whether the grant ended because its time was over.
    fn is_expiry(&self) -> bool {
        matches!(self, Self::Expired | Self::Sweep { expired: true, .. })
    }

    /// Returns why it ended, where it was neither its time alone nor a person; a sentence.
    fn why(&self) -> Option<&'static str> {
        match self {
            Self::Sweep { why, .. } => Some(why),
            Self::Expired | Self::Person(_) | Self::Direct(_) => None,
        }
    }

    /// Returns who or what ended the grant, for the record.
    pub fn who(&self) -> &str {
        match self {
            Self::Expired => "expiry",
            Self::Person(who) | Self::Direct(who) => who,
            Self::Sweep { .. } => "sweep",
        }
    }
}

/// What is to be revoked, by whom, under which run.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// The grant.
    pub grant: GrantId,
    /// Why.
    pub cause: Cause,
    /// The run to report to, while it is in progress.
    pub run_id: Option<String>,
}

/// What lists have told of a grant before it is revoked, so that it need not be asked for again.
#[derive(Clone, Debug)]
pub(super) struct SeenBefore {
    /// ARN of the role.
    pub(super) role_arn: Option<String>,
    /// The highest number of its policies; 0 when there is none.
    pub(super) policies: usize,
    /// Whether the record says that it has ended; none without a record.
    pub(super) record_is_over: Option<bool>,
}

/// A grant that is gone.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// The grant.
    pub grant: GrantId,
    /// Why.
    pub cause: Cause,
    /// What was there and is gone.
    pub removed: Removed,
    /// AWS's time when it was gone.
    pub now: Timestamp,
    /// The grants that go on from it, where a person ended it and Port could be asked: they are live as before.
    pub live_extensions: Vec<GrantId>,
}

impl Revoked {
    /// Returns a line for each extension that lives on, with the command that ends it.
    pub fn lines_of_live_extensions(&self) -> Vec<String> {
        let line =
            |grant: &GrantId| format!("{grant} goes on from it and is live; to end it too: port-iam revoke {grant}");
        self.live_extensions.iter().map(line).collect()
    }
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
        let reading = async { Ok(join3(self.aws.caller(), run, self.stranger(starters)).await) };
        let (caller, run, stranger) = self.world.stop.within(STARTED_WITHIN, reading).await?;
        let caller = caller?;
        if expected_account.is_some_and(|expected| *expected != caller.account.id) {
            let reason =
                format!("the credentials belong to {}, which is not the account of the workflow", caller.account.id);
            return Err(
                Refusal::new("other-account", "AWS_ACCOUNT_ID", reason, "check the secrets of the workflow").into()
            );
        }
        let run = match run {
            Ok(run) => run,
            // Port is up where it limits: whoever can make it do so must not end other people's grants by that.
            Err(error) if is_out_of_reach(&error) && error.kind != ApiErrorKind::RateLimited => match stranger {
                // Nobody vouches for it that Port wants this; whoever means well has `revoke --direct`.
                Some(login) => return Err(other_dispatcher(&login).into()),
                None => return Err(self.without_port(&caller.account, &grant, &error).await),
            },
            Err(error) => return Err(error.into()),
        };
        let verifying = async {
            let verifying = self.verified_cause(dispatch, run.as_ref(), &caller.account, &grant, starters);
            match stranger.as_deref() {
                None => verifying.await,
                Some(login) => self.by_a_stranger(login, run.as_ref(), &caller.account, &grant, verifying).await,
            }
        };
        let cause = self.world.stop.within(STARTED_WITHIN, verifying).await?;
        let in_progress = run.as_ref().is_some_and(Run::is_in_progress);
        let run_id = in_progress.then(|| dispatch.run_id.to_string());
        self.revoke(&caller.account, Revocation { grant, cause, run_id }).await
    }

    /// Revokes a grant: AWS, then the catalog, then the run.
    ///
    /// # Errors
    ///
    /// Fails when a system does; the entity then says so, and the next try goes on from there.
    pub async fn revoke(&self, account: &AwsAccount, revocation: Revocation) -> Result<Revoked, Failure> {
        self.say(&format!("Taking {} apart in AWS", revocation.grant));
        self.revoke_seen(account, revocation, None).await
    }

    /// Revokes a grant of which lists have told something before.
    pub(super) async fn revoke_seen(
        &self,
        account: &AwsAccount,
        revocation: Revocation,
        before: Option<&SeenBefore>,
    ) -> Result<Revoked, Failure> {
        let grant = revocation.grant.as_str();
        let record = async {
            match before {
                Some(_) => Ok(None),
                None => self.port.entity(&self.names.permission_records, grant).await,
            }
        };
        let taking = async {
            match before {
                Some(before) => self.take_apart_seen(account, &revocation.grant, before).await,
                None => self.take_apart(account, &revocation.grant, 1).await,
            }
        };
        let untold = self.unverified_record(&revocation.grant, before).await;
        // The receipt of a sweep names the requests of its time, not those of the whole sweep.
        let first_request = before.map_or(0, |_| self.aws.request_count());
        let taking = self.world.stop.within(TAKEN_WITHIN, taking);
        let (mut removed, record) = join(taking, record).await;
        if let (Ok(nothing), Ok(Some(record))) = (&removed, &record)
            && nothing.role.is_none()
            && is_young(record, self.service_time()?)
        {
            let taking = self.take_apart_when_it_shows(account, &revocation.grant, nothing.clone());
            removed = self.world.stop.within(TAKEN_WITHIN, taking).await;
        }
        let removed = match removed {
            Ok(removed) => removed,
            Err(failure) => {
                self.mark_failed(&revocation).await;
                return Err(unfinished(failure, &revocation.grant));
            }
        };
        let record_is_over = match before {
            Some(before) => before.record_is_over,
            None => is_over(record?.as_ref()),
        };
        let now = self.service_time()?;
        let (grant, cause) = (revocation.grant.clone(), revocation.cause.clone());
        let live_extensions = self.extensions_for_a_person(&grant, &cause, now).await;
        let revoked = Revoked { grant, cause, removed, now, live_extensions };
        if before.is_none() {
            self.say("Completing the record in Port");
        }
        let completing = self.complete(account, &revoked, &revocation, record_is_over, (first_request, untold));
        self.world
            .stop
            .within(COMPLETED_WITHIN, completing)
            .await
            .map_err(|failure| unfinished(failure, &revoked.grant))?;
        if let Some(run_id) = &revocation.run_id {
            let patch = RunPatch { succeeded: Some(true), label: Some("revoked".to_owned()) };
            match self.port.report(run_id, &patch).await {
                Err(error) if error.kind == ApiErrorKind::RunExhausted => {}
                other => other?,
            }
        }
        Ok(revoked)
    }

    /// Whoever ends a grant may not know that it was extended. That it cannot be asked holds no revocation up.
    async fn extensions_for_a_person(&self, grant: &GrantId, cause: &Cause, now: Timestamp) -> Vec<GrantId> {
        if !matches!(cause, Cause::Person(_) | Cause::Direct(_)) {
            return Vec::new();
        }
        let asking = async { Ok(self.live_extensions(grant, now).await?) };
        self.world.stop.within(TAKEN_WITHIN, asking).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error.message, "whether the grant was extended could not be asked");
            Vec::new()
        })
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

    /// Returns what a grant made without Port tells of itself, before it goes: no record may have been made of it yet.
    async fn unverified_record(&self, grant: &GrantId, before: Option<&SeenBefore>) -> Option<Value> {
        let may_be_unrecorded = before.is_none_or(|before| before.record_is_over.is_none());
        if !grant.is_break_glass() || !may_be_unrecorded {
            return None;
        }
        match self.aws.role(grant.as_str()).await {
            Ok(role) => role.map(|role| unverified_record(&role.tags, trust::end_of(&role.trust))),
            Err(error) => {
                tracing::warn!(%error, "what the role tells of itself could not be read");
                None
            }
        }
    }

    async fn verified_cause(
        &self,
        dispatch: &Dispatch,
        run: Option<&Run>,
        account: &AwsAccount,
        grant: &GrantId,
        starters: Option<&Starters<'_>>,
    ) -> Result<Cause, Failure> {
        let start_in_port = "start the action in Port; do not dispatch the workflow by hand";
        let Some(run) = run else {
            let reason = format!("Port knows no run {}", quoted(dispatch.run_id.as_str()));
            return Err(Refusal::new("unknown-run", "runId", reason, start_in_port).into());
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
                self.verify_returner(dispatch, run, grant, starters).await?;
            }
            let who = self.who_started(dispatch, run).await.map(|user| user.email);
            return Ok(Cause::Person(who.or_else(|| run.created_by.clone()).unwrap_or_default()));
        }
        if run.action == self.names.revoke_expired_permissions {
            self.verify_expired(account, grant).await?;
            return Ok(Cause::Expired);
        }
        let reason = format!("the run belongs to the action {}, which revokes nothing", quoted(&run.action));
        Err(Refusal::new("other-action", "runId", reason, start_in_port).into())
    }

    /// Returns what AWS holds of the grant, and AWS's time.
    async fn remains(&self, account: &AwsAccount, grant: &GrantId) -> Result<(Remains, Timestamp), Failure> {
        let role = self.aws.role(grant.as_str()).await?;
        let Some(role) = role else {
            let now = self.service_time()?;
            // Its run may still be about to make it.
            if grant.is_break_glass() {
                return Ok((Remains::Gone { is_asked_for: false }, now));
            }
            let run = self.port.run(grant.run_id().as_str()).await?;
            return Ok((Remains::Gone { is_asked_for: run.is_some_and(|run| run.is_in_progress()) }, now));
        };
        let end = trust::end_of(&role.trust);
        // Of a role that is missing or none of ours the revoker may not even ask.
        if role.arn != account.role_arn(self.names, grant) {
            return Ok((Remains::Standing { end }, self.service_time()?));
        }
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
    async fn without_port(&self, account: &AwsAccount, grant: &GrantId, error: &ApiError) -> Failure {
        self.say("Port cannot be reached; taking the grant away in AWS all the same");
        match self.take_apart(account, grant, 1).await {
            Ok(_) => Failure::failed(format!("{grant} is gone from AWS, but Port could not be told: {error}"))
                .hint(format!("when Port is back, run `port-iam revoke {grant} --direct`")),
            Err(failure) => failure,
        }
    }

    async fn complete(
        &self,
        account: &AwsAccount,
        revoked: &Revoked,
        revocation: &Revocation,
        record_is_over: Option<bool>,
        (first_request, untold): (usize, Option<Value>),
    ) -> Result<(), Failure> {
        let run_id = revocation.run_id.as_deref();
        let request_ids = self.aws.request_ids_since(first_request);
        let recording = async {
            match completion(revoked, record_is_over, &request_ids) {
                Some(mut body) => {
                    if record_is_over.is_none()
                        && let (Some(Value::Object(untold)), Some(properties)) =
                            (untold, body["properties"].as_object_mut())
                    {
                        properties.extend(untold);
                        properties.insert("account".to_owned(), json!(account.id.as_str()));
                    }
                    self.upsert(&self.names.permission_records, &body, run_id).await
                }
                None => Ok(()),
            }
        };
        let message = log_message(revoked);
        let log = async {
            match run_id {
                Some(run_id) => self.port.log(run_id, &message).await,
                None => Ok(()),
            }
        };
        // The record first: while the entity is there, a sweep finds what is missing of the record.
        let (recorded, logged) = join(recording, log).await;
        if let Err(error) = logged {
            tracing::warn!(%error, "the revocation could not be logged in Port");
        }
        recorded?;
        self.delete_entity(revoked.grant.as_str(), run_id).await?;
        self.close_grant_run(&revoked.grant).await;
        Ok(())
    }

    /// Deletes the entity under the run, and without it when the run has ended: a revocation must not be lost for it.
    async fn delete_entity(&self, grant: &str, run_id: Option<&str>) -> Result<(), ApiError> {
        let blueprint = &self.names.provisioned_permissions;
        match self.port.delete_entity(blueprint, grant, run_id).await {
            Err(error) if error.kind == ApiErrorKind::RunExhausted => {
                self.port.delete_entity(blueprint, grant, None).await
            }
            other => other,
        }
    }

    /// Ends the run that made the grant, if it is still open: nothing will come of it any more.
    async fn close_grant_run(&self, grant: &GrantId) {
        let run_id = grant.run_id();
        let failure = Failure::failed(format!("{grant} was revoked before its run had ended"));
        self.port.report_failure(run_id.as_str(), &self.names.granting_actions(), &failure).await;
    }

    /// Says on the entity that the revocation is unfinished, so that people see it and the next try finds it.
    async fn mark_failed(&self, revocation: &Revocation) {
        let blueprint = &self.names.provisioned_permissions;
        let id = revocation.grant.as_str();
        // Only an entity that is there is marked: the upsert would make one.
        if !matches!(self.port.entity(blueprint, id).await, Ok(Some(_))) {
            return;
        }
        let body = json!({ "identifier": id, "properties": { "state": "revoke-failed" } });
        if let Err(error) = self.port.upsert_entity(blueprint, &body, Upsert { run_id: None }).await {
            tracing::warn!(%error, "the entity could not be marked as revoke-failed");
        }
    }
}

fn is_over(record: Option<&Entity>) -> Option<bool> {
    record.map(|record| record.text("revoked_at").is_some())
}

/// A revocation that a signal has cut off: the role bears `AWSDenyAll` since its first step, and the rest is repeated.
fn unfinished(failure: Failure, grant: &GrantId) -> Failure {
    match failure.kind {
        FailureKind::Interrupted | FailureKind::Terminated => failure.hint(format!(
            "the revocation of {grant} is not finished; run `Revoke permissions` in Port again, or `port-iam revoke \
             {grant} --direct`"
        )),
        _ => failure,
    }
}

pub(super) fn is_out_of_reach(error: &ApiError) -> bool {
    use ApiErrorKind::{NoAnswer, RateLimited, Server, Unreachable};
    matches!(error.kind, Unreachable | NoAnswer | Server | RateLimited)
}

/// What the permanent record gains: when and by whom access ended, and the receipt. None when it has it already, or
/// when there was no such grant: a second revocation must not overwrite the receipt of the first.
fn completion(revoked: &Revoked, record_is_over: Option<bool>, request_ids: &[String]) -> Option<Value> {
    let Removed { role, detached, inline, policies } = &revoked.removed;
    let was_there = role.is_some() || !policies.is_empty();
    if !was_there && record_is_over != Some(false) {
        return None;
    }
    let state = if revoked.cause.is_expiry() { "expired" } else { "revoked" };
    Some(json!({
        "identifier": revoked.grant.as_str(),
        "properties": {
            "grant": revoked.grant.as_str(),
            "run": revoked.grant.run_id().as_str(),
            "state": state,
            "revoked_at": utc(revoked.now),
            "revoked_by": revoked.cause.who(),
            "receipt": {
                "asked_by": revoked.cause.who(),
                "why": revoked.cause.why(),
                "at": utc(revoked.now),
                "role": role,
                "policy": policies.first(),
                "policies": policies,
                "detached": detached,
                "inline": inline,
                "aws_request_ids": request_ids,
            },
        },
    }))
}

/// The guide's lines. A timer has no user to contact.
fn log_message(revoked: &Revoked) -> String {
    let gone = format!("Permission \"{}\" has been deleted.", revoked.grant);
    match &revoked.cause {
        Cause::Expired => format!("{gone}\nIts time was over: it expired."),
        Cause::Sweep { why, .. } => format!("{gone}\nA sweep took it away: {why}."),
        Cause::Person(who) | Cause::Direct(who) => {
            let told = format!("{gone}\nTo get more information regarding this deletion, contact \"{who}\".");
            std::iter::once(told).chain(revoked.lines_of_live_extensions()).collect::<Vec<_>>().join("\n")
        }
    }
}
