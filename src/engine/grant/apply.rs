//! Makes a grant that was decided: role and policies, the record, then live, then told.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use super::STILL_PROPAGATING;
use super::look::Looked;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::patience::Patience;
use crate::clients::port::{RunPatch, Upsert};
use crate::domain::adoption::{PolicyStep, Steps, hangs_on_nothing_else, holds_nothing_else, steps};
use crate::domain::catalog::Entity;
use crate::domain::grant::Grant;
use crate::domain::iam::Observed;
use crate::domain::part::part_name;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::step_summary::GrantTold;
use crate::domain::time::utc;
use crate::domain::verification::VerifiedRequest;
use crate::engine::Engine;
use crate::engine::undo::{Made, Thing};
use crate::failure::Failure;

/// How often what is not visible everywhere yet is looked at again.
pub(super) const PATIENCE: Patience = Patience::OF_IAM;
/// How often the plan is made anew when somebody else was faster or an answer was lost.
const MOST_PLANS: usize = 3;
/// How long after a signal the step at work may take, so that what it did is known.
pub(super) const STEP_WITHIN: Duration = Duration::from_millis(1_500);
/// How long after a signal it may take to log that a grant cannot be read back yet.
const LAGGING_WITHIN: Duration = Duration::from_millis(3_000);
/// How long after a signal a grant that is live may take to be told.
const TOLD_WITHIN: Duration = Duration::from_millis(5_000);

impl Engine<'_> {
    pub(super) async fn make_live(
        &self,
        request: &VerifiedRequest,
        looked: &Looked,
        grant: Grant,
        now: Timestamp,
        made: &mut Made,
    ) -> Result<Grant, Failure> {
        // A signal is heeded between the steps; a step that outlasts it is cut off and undone as one whose answer was
        // lost. Behind the last of them the grant is live and on record, and is told whatever comes.
        let steps = async {
            let again =
                |observed: &Observed| self.decide(request, looked, observed, observed.not_before_it_was_made(now));
            let grant = self.create(grant, &looked.observed, again, made).await?;
            self.world.stop.check()?;
            self.record(&grant, now, looked.evidence.record.as_ref(), made).await?;
            self.world.stop.check()?;
            made.begin_attaching(&grant.policy_arns(self.names), &looked.observed);
            self.attach(&grant).await?;
            Ok(grant)
        };
        self.world.stop.within(STEP_WITHIN, steps).await
    }

    /// Logs the grant and ends the run; that it cannot be read back yet is logged too. Returns whether the grant could be read back, and why the run could not be
    /// told.
    ///
    /// # Errors
    ///
    /// Fails when somebody has ended the run otherwise meanwhile: what Port calls failed must not be live.
    pub(super) async fn tell_run(&self, grant: &Grant, now: Timestamp) -> Result<(bool, Option<Failure>), Failure> {
        let run = grant.run_id.as_str();
        let told = GrantTold { grant, names: self.names, now, region: self.aws.region(), was_live: false, note: None };
        let message = told.log_message();
        let stop = &self.world.stop;
        let visible = stop.within(STEP_WITHIN, async { Ok(self.wait_until_visible(grant).await) });
        let log = stop.within(STEP_WITHIN, async { Ok(self.port.log(run, &message).await?) });
        let (visible, logged) = join(visible, log).await;
        let visible = visible.unwrap_or(false);
        let lagging = async {
            // A line of its own, and only here: a good grant does not wait for its reading back before it is logged.
            if visible { Ok(()) } else { Ok(self.port.log(run, STILL_PROPAGATING).await?) }
        };
        let lagging = stop.within(LAGGING_WITHIN, lagging).await;
        for error in [logged, lagging].into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "the grant could not be logged in Port");
        }
        let patch = RunPatch { succeeded: Some(true), label: Some(format!("until {}", utc(grant.expires))) };
        let report = stop.within(TOLD_WITHIN, async { Ok(self.port.report(run, &patch).await) }).await;
        let reported = match report {
            Ok(reported) => reported,
            Err(stopped) => return Ok((visible, Some(stopped.hint(how_to_tell(grant))))),
        };
        let untold = match reported {
            Ok(()) => None,
            // Somebody ended the run meanwhile, or our own report arrived and its answer did not.
            Err(error) if error.kind == ApiErrorKind::RunExhausted => match self.port.run(run).await {
                Ok(Some(run)) if !run.is_successful() && !run.is_in_progress() => {
                    let message = format!("the run ended as {} before the grant was complete", quoted(&run.status));
                    return Err(Failure::failed(message));
                }
                Ok(_) => {
                    self.say("The run had already ended in Port");
                    None
                }
                Err(error) => Some(untold(grant, error)),
            },
            Err(error) => Some(untold(grant, error)),
        };
        Ok((visible, untold))
    }

    /// Creates role and policies, or adopts what an earlier attempt left. Nothing of it can do anything yet.
    ///
    /// `again` decides anew when somebody else was faster: the end that the role bears stands.
    pub(super) async fn create(
        &self,
        grant: Grant,
        observed: &Observed,
        again: impl Fn(&Observed) -> Result<Grant, Refusal>,
        made: &mut Made,
    ) -> Result<Grant, Failure> {
        let (mut grant, mut observed) = (grant, observed.clone());
        made.grant = Some(grant.clone());
        let steps_of = |grant: &Grant, observed: &Observed| steps(grant, self.names, observed);
        // Role and policies are asked for at once: between the answers another attempt may have made the one and attached
        // the others. Then a further look shows it, if not at once.
        let mut looks_left = PATIENCE.looks;
        // Another attempt may be a step ahead at each of the policies.
        for _ in 0..MOST_PLANS + grant.policies.len() {
            while looks_left > 0 && hangs_on_nothing_else(&grant, &observed).is_err() {
                if looks_left < PATIENCE.looks {
                    self.world.sleep(PATIENCE.pause).await;
                }
                looks_left -= 1;
                (grant, observed) = self.look_again(&grant, &again, made).await?;
            }
            made.saw_role |= observed.role.is_some() && made.role == Thing::NotOurs;
            holds_nothing_else(&grant, self.names, &observed)?;
            hangs_on_nothing_else(&grant, &observed)?;
            let steps = steps_of(&grant, &observed)?;
            self.have_one_version(&grant.id, &observed).await?;
            match self.create_missing(&grant, &steps, made).await {
                Ok(()) => return Ok(grant),
                // Somebody was faster, or the answer was lost: look again, never repeat blindly.
                Err(error) if is_ambiguous(&error) => {
                    self.world.sleep(Duration::from_millis(200)).await;
                    (grant, observed) = self.look_again(&grant, &again, made).await?;
                    // What IAM says is there already it may not show yet.
                    while looks_left > 0 && is_there_already(&error) && steps_of(&grant, &observed) == Ok(steps.clone())
                    {
                        looks_left -= 1;
                        self.world.sleep(PATIENCE.pause).await;
                        (grant, observed) = self.look_again(&grant, &again, made).await?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::failed("another attempt at the same run is at work")
            .hint("wait for it to end, then run this again"))
    }

    /// Returns what is there now, and what is decided with that.
    async fn look_again(
        &self,
        grant: &Grant,
        again: impl Fn(&Observed) -> Result<Grant, Refusal>,
        made: &mut Made,
    ) -> Result<(Grant, Observed), Failure> {
        let observed = self.observe(&grant.account, &grant.id).await?;
        made.adopt(&observed);
        let grant = again(&observed)?;
        made.grant = Some(grant.clone());
        Ok((grant, observed))
    }

    /// Creates the role and the first policy at once, then the others one by one: whoever looks for them stops at the
    /// first that is missing.
    async fn create_missing(&self, grant: &Grant, steps: &Steps, made: &mut Made) -> Result<(), ApiError> {
        let role = async {
            if !steps.create_role {
                return (Ok(()), false);
            }
            (self.aws.create_role(grant, self.names).await, true)
        };
        let first = steps.policies.first().copied().unwrap_or(PolicyStep::Keep);
        made.begin_policy(1, first);
        if steps.create_role {
            made.role.begin();
        }
        let ((policy, policy_tried), (role, role_tried)) = join(self.create_policy(grant, 1, first), role).await;
        made.note_policy(1, policy_tried, &policy);
        made.role.note(role_tried, &role);
        // That it could not be made is an answer about the role of another attempt, even where none shows it yet.
        made.saw_role |= role.as_ref().is_err_and(is_there_already);
        // A clear failure weighs more than one that can be looked up.
        match (policy, role) {
            (Err(error), Err(other)) => return Err(if is_ambiguous(&error) { other } else { error }),
            (Err(error), Ok(())) | (Ok(()), Err(error)) => return Err(error),
            (Ok(()), Ok(())) => {}
        }
        for (index, step) in steps.policies.iter().enumerate().skip(1) {
            made.begin_policy(index + 1, *step);
            let (policy, tried) = self.create_policy(grant, index + 1, *step).await;
            made.note_policy(index + 1, tried, &policy);
            policy?;
        }
        Ok(())
    }

    /// Returns what became of it, and whether its creation was tried.
    async fn create_policy(&self, grant: &Grant, number: usize, step: PolicyStep) -> (Result<(), ApiError>, bool) {
        let Some(document) = grant.policies.get(number - 1).filter(|_| step != PolicyStep::Keep) else {
            return (Ok(()), false);
        };
        if step == PolicyStep::Replace
            && let Err(error) = self.aws.delete_policy(&grant.account.part_arn(self.names, &grant.id, number)).await
        {
            return (Err(error), false);
        }
        let description = format!("Temporary permissions of {}, made by port-iam", grant.id);
        let name = part_name(&grant.id, number);
        let result = self.aws.create_policy(&self.names.iam_path, &name, document, &description, &grant.tags()).await;
        (result, true)
    }

    /// Puts the grant on record, in the catalog and for good, before it can do anything.
    async fn record(
        &self,
        grant: &Grant,
        now: Timestamp,
        earlier: Option<&Entity>,
        made: &mut Made,
    ) -> Result<(), Failure> {
        made.recorded = true;
        let (entity, record) = (grant.entity(self.names), grant.record(now, earlier));
        let upsert = Upsert { run_id: Some(grant.run_id.as_str()) };
        let (entity, record) = join(
            self.port.upsert_entity(&self.names.provisioned_permissions, &entity, upsert),
            self.port.upsert_entity(&self.names.permission_records, &record, upsert),
        )
        .await;
        entity?;
        record?;
        Ok(())
    }

    /// Attaches all policies at once: none of them allows anything that all together do not.
    pub(super) async fn attach(&self, grant: &Grant) -> Result<(), Failure> {
        let policies = grant.policy_arns(self.names);
        join_all(policies.iter().map(|policy| self.attach_one(grant, policy))).await.into_iter().collect()
    }

    async fn attach_one(&self, grant: &Grant, policy: &str) -> Result<(), Failure> {
        // IAM answers so while role and policy are not known everywhere yet (IAM User Guide, "Troubleshoot").
        let is_settled = |answer: &Result<(), ApiError>| !matches!(answer, Err(error) if matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Forbidden));
        let attach = async || self.aws.attach(grant.id.as_str(), policy).await;
        Ok(PATIENCE.until(self.world, is_settled, attach).await?)
    }

    /// Returns whether role and attachments can be read back within a bounded time.
    pub(super) async fn wait_until_visible(&self, grant: &Grant) -> bool {
        let policies = grant.policy_arns(self.names);
        let are_attached = async || match self.aws.attached_policies(grant.id.as_str()).await {
            Ok(Some(attached)) => policies.iter().all(|policy| attached.contains(policy)),
            _ => false,
        };
        PATIENCE.until(self.world, |are_attached| *are_attached, are_attached).await
    }
}

fn untold(grant: &Grant, error: ApiError) -> Failure {
    Failure::from(error).hint(how_to_tell(grant))
}

fn how_to_tell(grant: &Grant) -> String {
    format!("{} is live and on record; run this again to end the run in Port", grant.id)
}

/// Returns whether IAM refuses to make what is there (IAM API reference, "CreateRole"); its other conflicts say less.
fn is_there_already(error: &ApiError) -> bool {
    error.code.as_deref() == Some("EntityAlreadyExists")
}

fn is_ambiguous(error: &ApiError) -> bool {
    matches!(error.kind, ApiErrorKind::Conflict | ApiErrorKind::NoAnswer | ApiErrorKind::Server)
}
