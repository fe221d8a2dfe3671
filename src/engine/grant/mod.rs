//! The grant: nothing is live before it is on record.

pub(in crate::engine) mod again;
mod apply;
pub mod break_glass;
mod extend;
mod gravest;
mod look;
mod observe;
mod open;
mod versions;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join;
use jiff::Timestamp;
use serde_json::Value;

use super::undo::Made;
use super::{Engine, unknown_shape};
use crate::clients::aws::{Aws, PolicyHead, ReachedAccount};
use crate::clients::github::GitHub;
use crate::domain::adoption::{Steps, steps};
use crate::domain::boundary;
use crate::domain::catalog::{Approval, Entity, Run};
use crate::domain::decision::{Circumstances, decide};
use crate::domain::grant::Grant;
use crate::domain::iam::Observed;
use crate::domain::identifier::AccountId;
use crate::domain::quotas::Quotas;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::state::GrantState;
use crate::domain::time::utc;
use crate::domain::verification::{
    ExpectedRun, RunStage, VerifiedRequest, verify_age, verify_request, verify_run, verify_same_account,
};
use crate::domain::workflow::Workflow;
use crate::failure::{Failure, FailureKind};
use apply::STEP_WITHIN;
pub(in crate::engine) use look::Place;
pub use look::not_let_in;
use look::{Hinted, Looked};

/// How long after a signal it may take to ask whether another attempt has completed the grant: then it is undone.
const ASKED_WITHIN: Duration = Duration::from_millis(2_500);

/// Where the workflow runs and what it was told, besides the dispatch.
#[derive(Clone, Debug)]
pub struct GrantSettings {
    /// Owner of the target repository.
    pub owner: String,
    /// Name of the target repository.
    pub repository: String,
    /// Whether this is a step of a workflow, so that GitHub must have told the branch and who started it.
    pub is_in_actions: bool,
    /// `GITHUB_REPOSITORY_ID`, where the runner names the repository.
    pub repository_id: Option<String>,
    /// `GITHUB_REF` inside Actions.
    pub git_ref: Option<String>,
    /// The account that the reviewed workflow names.
    pub expected_account: Option<AccountId>,
    /// GitHub logins that started the workflow.
    pub dispatchers: Vec<String>,
}

impl GrantSettings {
    /// Returns what the runner told of the workflow.
    fn workflow(&self) -> Workflow<'_> {
        let Self { is_in_actions, repository_id, git_ref, dispatchers, .. } = self;
        let (repository_id, git_ref) = (repository_id.as_deref(), git_ref.as_deref());
        Workflow { is_in_actions: *is_in_actions, repository_id, git_ref, starters: dispatchers }
    }
}

/// What is told of a grant that is live and cannot be read back yet.
pub const STILL_PROPAGATING: &str = "Granted, still propagating in AWS: try again in a minute if access is denied.";

/// A grant that is live.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The grant.
    pub grant: Grant,
    /// AWS's time when it went live.
    pub now: Timestamp,
    /// Whether an earlier attempt had already done everything.
    pub was_live: bool,
    /// Whether it was not visible everywhere yet when we last looked.
    pub still_propagating: bool,
    /// Why the run in Port could not be told, when it could not.
    pub untold: Option<Failure>,
}

impl Engine<'_> {
    /// Grants what the run asks for that the `event` of a `workflow_dispatch` names.
    ///
    /// Where the workflow runs and who started it is looked at first: what a stranger sends is not even read.
    ///
    /// # Errors
    ///
    /// Refuses what Port does not vouch for or no rule allows; fails when a system does. What this attempt made is
    /// then taken away again.
    pub async fn grant(&self, github: &GitHub, settings: &GrantSettings, event: &Value) -> Result<Granted, Failure> {
        self.say("Reading the run, the rules and the account");
        let around = async {
            let place = Box::pin(self.look_around(github, settings));
            let (place, boundary) = join(place, self.boundary_head(settings)).await;
            Ok((place?, boundary))
        };
        // Nothing is made yet, so that a signal may cut it off anywhere. Whoever may stop a workflow may be a stranger.
        let around = self.world.stop.within(Duration::ZERO, around).await;
        let (place, boundary) = around.map_err(|failure| {
            if failure.kind.is_of_a_signal() { nothing_granted(failure).leaving_run_open() } else { failure }
        })?;
        let looking = async {
            let dispatch = Dispatch::from_event(event)?;
            let hinted = Hinted::of(&dispatch)?;
            let (there, looked) =
                Box::pin(self.look_where_it_lies(place.clone(), &dispatch, hinted, boundary.as_ref())).await?;
            let engine = there.as_ref().map_or(*self, |aws| self.with_aws(aws));
            let looked = Box::pin(engine.look_after_its_end(looked, &dispatch)).await?;
            Ok((dispatch, looked, there))
        };
        let looking = self.world.stop.within(Duration::ZERO, looking).await;
        let (dispatch, looked, there) = looking.map_err(|failure| place.failing(nothing_granted(failure)))?;
        let engine = there.as_ref().map_or(*self, |aws| self.with_aws(aws));
        Box::pin(engine.grant_looked(&dispatch, looked)).await
    }

    /// Looks up what decides, in AWS in the account that the resource lies in: the one that its ARN names, which the
    /// dispatch tells, or else the one that Port's catalog names. The latter is looked at second, so that nobody waits
    /// for the catalog whose resources lie in the workflow's own account.
    async fn look_where_it_lies(
        &self,
        place: Place,
        dispatch: &Dispatch,
        hinted: Hinted,
        boundary: Option<&PolicyHead>,
    ) -> Result<(Option<Aws>, Looked), Failure> {
        if let Some((aws, place)) = self.enter(&place, Hinted::account(dispatch)).await? {
            let looked = self.with_aws(&aws).look_before_granting(place, dispatch, hinted, None).await?;
            return Ok((Some(aws), looked));
        }
        let looked = self.look_before_granting(place.clone(), dispatch, hinted, boundary).await?;
        match self.enter(&place, looked.account(dispatch, self.names)).await? {
            Some((aws, place)) => {
                let looked = self.with_aws(&aws).look_in(place, looked, dispatch).await?;
                Ok((Some(aws), looked))
            }
            None => Ok((None, looked)),
        }
    }

    /// Connects to a further account, if that is where it shall be, the rules file names it and the workflow has a role
    /// in it. Otherwise the decision tells what is missing.
    async fn enter(&self, place: &Place, account: Option<AccountId>) -> Result<Option<(Aws, Place)>, Failure> {
        let Some(account) = account.filter(|account| *account != place.caller.account.id) else { return Ok(None) };
        if !place.configuration.rules.accounts.contains_key(&account) {
            return Ok(None);
        }
        let Some(connected) = self.aws.of_further_account(&account).await else { return Ok(None) };
        self.say(&format!("The resource lies in the account {account}"));
        let ReachedAccount { aws, caller } = connected?;
        Ok(Some((aws, Place { caller, ..place.clone() })))
    }

    async fn grant_looked(&self, dispatch: &Dispatch, looked: Looked) -> Result<Granted, Failure> {
        let now = looked.observed.not_before_it_was_made(self.service_time()?);
        let finished = finished_well(&looked);
        // A second dispatch of a run that ended well is told so, after the same checks as the first.
        let stage = if finished { RunStage::OpenOrDone } else { RunStage::Open };
        let request =
            verified(dispatch, &looked, self.names, stage, now).map_err(|failure| looked.place.failing(failure))?;
        verify_same_account(looked.evidence.record.as_ref(), &looked.place.caller.account.id)?;
        let grant = self.decide(&request, &looked, &looked.observed, now)?;
        let (rules, boundary) = (&looked.place.configuration.rules, grant.account.boundary_arn(self.names));
        boundary::check(looked.boundary.as_ref(), rules, &grant.policy(), &boundary, now)?;
        if finished {
            return Ok(self.already_granted(grant, &looked.observed, now)?);
        }
        if let Some(quotas) = &looked.quotas {
            quotas.check(&looked.observed.needed(&grant))?;
        }
        let open = self.check_open(&grant, looked.place.configuration.rules.open_grants, looked.open.as_ref(), now);
        self.world.stop.within(Duration::ZERO, open).await.map_err(nothing_granted)?;
        self.say(&format!("Granting {} until {}", grant.id, utc(grant.expires)));
        let mut made = Made::default();
        let grant = match self.make_live(&request, &looked, grant, now, &mut made).await {
            Ok(grant) => grant,
            Err(failure) => return self.completed_by_another(&request, &looked, &made, failure).await,
        };
        let standing = self.check_still_extends(&looked, &grant);
        if let Err(failure) = self.world.stop.within(STEP_WITHIN, standing).await {
            if failure.kind != FailureKind::Refused {
                return self.completed_by_another(&request, &looked, &made, failure).await;
            }
            // Where somebody has ended what it goes on from, no attempt at this run may leave it live.
            made.is_nobody_elses();
            return Err(self.undo(&made, failure).await);
        }
        // From here on it is live and on record: that Port could not be told is no reason to take it away.
        let (visible, untold) = match self.tell_run(&grant, now).await {
            Ok(told) => told,
            Err(failure) => {
                made.is_nobody_elses();
                return Err(self.undo(&made, failure).await);
            }
        };
        Ok(Granted { grant, now, was_live: false, still_propagating: !visible, untold })
    }

    fn decide(
        &self,
        request: &VerifiedRequest,
        looked: &Looked,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let place = &looked.place;
        decide(
            request,
            &Circumstances {
                configuration: &place.configuration,
                account: &place.caller.account,
                home: &place.home,
                scope: &place.scope,
                approvals: &looked.approvals,
                users: &looked.users,
                room: Quotas::room_of(looked.quotas.as_ref()),
                now,
                first_end: observed.first_end().or_else(|| recorded_end(looked.evidence.record.as_ref())),
            },
        )
    }

    /// A run that has ended well was granted before: everything must be there, or it has been taken away since.
    fn already_granted(&self, grant: Grant, observed: &Observed, now: Timestamp) -> Result<Granted, Refusal> {
        let complete = steps(&grant, self.names, observed).is_ok_and(|steps| Steps::is_nothing(&steps));
        let ours: BTreeSet<String> = grant.policy_arns(self.names).into_iter().collect();
        let attached: BTreeSet<String> = observed.attached.iter().cloned().collect();
        // Anything else that it holds makes it more, or less: a revocation begins with AWSDenyAll.
        if complete && attached == ours && observed.inline.is_empty() {
            return Ok(Granted { grant, now, was_live: true, still_propagating: false, untold: None });
        }
        let reason = "the run has ended, and its grant is no longer as it was made";
        Err(Refusal::new(RefusalCode::RunOver, "runId", reason, "ask again in Port"))
    }

    /// What failed here may have been completed meanwhile by another attempt at the same run, with the role that this
    /// one made: then nothing must be undone. Otherwise it is.
    async fn completed_by_another(
        &self,
        request: &VerifiedRequest,
        looked: &Looked,
        made: &Made,
        failure: Failure,
    ) -> Result<Granted, Failure> {
        let Some(grant) = made.grant.clone() else { return Err(failure) };
        // What nobody answers in time is undone: a signal leaves the undoing its time.
        let asking = async { Ok(self.port.run(grant.run_id.as_str()).await?) };
        match self.world.stop.within(ASKED_WITHIN, asking).await {
            Ok(Some(run)) if run.is_successful() => {
                let observing = async { Ok(self.observe_ended(&grant.account, &run, &grant.id).await?) };
                let observed = self.world.stop.within(ASKED_WITHIN, observing).await?;
                let now = observed.not_before_it_was_made(self.service_time()?);
                let grant = self.decide(request, looked, &observed, now)?;
                Ok(self.already_granted(grant, &observed, now)?)
            }
            _ => Err(self.undo(made, failure).await),
        }
    }
}

/// A signal has come before anything was made. The run is told and ends with that, so that no attempt goes on from here.
fn nothing_granted(failure: Failure) -> Failure {
    if failure.kind.is_of_a_signal() { failure.hint("nothing was granted; ask again in Port") } else { failure }
}

/// The end that an earlier attempt put on record. It stands even when its role was taken away by hand: whoever repeats
/// the workflow must not gain time by it. What an attempt has undone itself is begun anew.
fn recorded_end(record: Option<&Entity>) -> Option<Timestamp> {
    let record = record.filter(|record| record.state() != Some(GrantState::GrantFailed))?;
    record.text("granted_until")?.parse().ok()
}

fn finished_well(looked: &Looked) -> bool {
    let ended = looked.evidence.run.as_ref().is_some_and(Run::is_successful);
    ended && looked.observed.role.is_some() && looked.observed.policy(0).is_some()
}

fn verified(
    dispatch: &Dispatch,
    looked: &Looked,
    names: &crate::domain::names::Names,
    stage: RunStage,
    now: Timestamp,
) -> Result<VerifiedRequest, Failure> {
    let evidence = &looked.evidence;
    let expected = ExpectedRun { action: granting_action(looked, names), stage };
    let run = verify_run(dispatch, evidence.run.as_ref(), expected)?;
    // Whoever holds a grant against its run judges the age as of the moment when it was made.
    if stage == RunStage::Open {
        verify_age(run, is_approved(&looked.approvals), now)?;
    }
    match &looked.extended {
        Some(extended) => extend::verified(dispatch, looked, extended, names, stage, now),
        None => {
            let form = RequestForm::parse(run.form()).map_err(unknown_shape)?;
            Ok(verify_request(dispatch, &form, evidence, expected)?)
        }
    }
}

/// Returns the action whose run makes what the dispatch hints at.
fn granting_action<'a>(looked: &Looked, names: &'a crate::domain::names::Names) -> &'a str {
    if looked.extended.is_some() { &names.extend_permissions } else { &names.request_permissions }
}

fn is_approved(approvals: &[Approval]) -> bool {
    approvals.iter().any(Approval::is_approved)
}
