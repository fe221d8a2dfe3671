//! Carries out a plan, one step after the other, in its order.
//!
//! Whoever is interrupted runs it again: every step that was done is then seen as kept.

mod boundary;
mod commit;
mod identities;
mod refuse;
mod step;
mod way;

use std::collections::BTreeSet;
use std::time::Duration;

pub use refuse::refuse;
pub(super) use step::Done;

use super::secrets::SecretValues;
use super::{Identity, Observation, Setup, page};
use crate::clients::patience::Patience;
use crate::domain::setup::{Finding, Outcome, SecretStore, Step, Subject, holds_strange_workflow};
use crate::failure::Failure;
use crate::stop::BEGUN_WITHIN;
use way::Way;

/// How often files are committed anew when the branch has moved on meanwhile.
const MOST_COMMITS: usize = 4;

/// How often the end is looked at before it is called not reached: the services take a moment to agree with themselves.
const PATIENCE: Patience = Patience { looks: 4, pause: Duration::from_secs(2) };

/// What became of a plan.
#[derive(Debug)]
pub struct Applied {
    /// The steps that were carried out, as they were planned.
    pub done: Vec<Step>,
    /// What is left for somebody else, and why.
    pub pending: Vec<Finding>,
    /// Subjects of the steps that are left so.
    pub waiting: BTreeSet<Subject>,
    /// What was seen at the end.
    pub after: Observation,
}

impl Setup<'_> {
    /// Carries out the plan of `observation` with the secrets' `values`, and looks again.
    ///
    /// # Errors
    ///
    /// Fails when a step does; what was done before it stays, and the next run goes on from there. After a signal no
    /// further step is begun; the failure then tells what is done and what is left.
    pub async fn apply(
        &self,
        identity: &Identity,
        observation: Observation,
        values: &SecretValues,
    ) -> Result<Applied, Failure> {
        let untold = page::untold(&observation).map(|finding| finding.completed(&self.asked.invocation));
        let mut way = Way {
            now: observation,
            done: Vec::new(),
            pending: untold.into_iter().collect(),
            attempted: BTreeSet::new(),
            waiting: BTreeSet::new(),
            begun: None,
            has_looked_again: false,
            store: self.environment(),
        };
        match self.go(identity, values, &mut way).await {
            Ok(after) => Ok(Applied { done: way.done, pending: way.pending, waiting: way.waiting, after }),
            Err(failure) if failure.kind.is_of_a_signal() => Err(way.cut_off(failure)),
            Err(failure) => Err(failure),
        }
    }

    /// Goes the whole way, and returns what was seen at its end.
    async fn go(&self, identity: &Identity, values: &SecretValues, way: &mut Way) -> Result<Observation, Failure> {
        let mut commits = 0;
        loop {
            refuse(&way.now.plan)?;
            let next = way.now.plan.writes().find(|(step, _)| !way.attempted.contains(&step.subject));
            let Some((step, write)) = next.map(|(step, write)| (step.clone(), write.clone())) else { break };
            self.world.stop.check()?;
            if write.entrusts_workflows() && self.looks_before_entrusting(identity, way).await? {
                continue;
            }
            let left = way.now.plan.writes().filter(|(step, _)| !way.attempted.contains(&step.subject)).count();
            let number = way.attempted.len() + 1;
            (self.progress)(&format!("[{number}/{}] {}", number + left - 1, sentence(&step)));
            way.begun = Some(step.clone());
            let carrying_out = self.carry_out(identity, &way.now, &write, values);
            let became = self.world.stop.within(BEGUN_WITHIN, carrying_out).await?;
            way.begun = None;
            match became {
                Done::Yes => way.done.push(step.clone()),
                Done::PlanAgain => {
                    way.done.push(step.clone());
                    way.now = self.look_into_repository(identity, way).await?;
                }
                Done::Published(tag) => {
                    (self.progress)(&format!(
                        "GitHub lets no release have a tag again that an immutable one has had: it is published as {tag}"
                    ));
                    way.done.push(step.published_as(&tag));
                    way.now = self.look_into_repository(identity, way).await?;
                    if way.now.wanted.release.tag != tag {
                        return Err(Failure::failed(format!("GitHub does not show the new release {tag} yet"))
                            .hint("run the same command again in a minute"));
                    }
                }
                Done::NoEnvironments => {
                    (self.progress)(
                        "The GitHub plan has no environments for private repositories: the secrets go to the repository, where everybody who can push a branch can read them",
                    );
                    way.store = SecretStore::Repository;
                    way.now = self.look_into_repository(identity, way).await?;
                }
                Done::Moved if commits < MOST_COMMITS => {
                    (self.progress)("The branch has moved on meanwhile; committing on top of it");
                    commits += 1;
                    way.now = self.look_into_repository(identity, way).await?;
                    continue;
                }
                Done::Moved => {
                    return Err(Failure::failed("the branch keeps moving on; the files were not committed")
                        .hint("run the same command again when nobody pushes to it"));
                }
                Done::Pending(finding) => {
                    way.pending.push(finding.completed(&self.asked.invocation));
                    way.waiting.insert(step.subject.clone());
                }
                Done::Waiting(finding) => way.wait_for_files(&step, finding.completed(&self.asked.invocation)),
            }
            way.attempted.insert(step.subject);
        }
        self.look_again(identity, &way.store, &way.waiting).await
    }

    /// Looks at the workflows once more before something is entrusted to them: whoever may push could have changed them
    /// since they were looked at, until the rules of the branch were there. Returns whether the plan is another one since.
    ///
    /// # Errors
    ///
    /// Fails when one is not what was committed, and when GitHub does.
    async fn looks_before_entrusting(&self, identity: &Identity, way: &mut Way) -> Result<bool, Failure> {
        if way.has_looked_again || way.now.repository.is_none() {
            return Ok(false);
        }
        way.has_looked_again = true;
        // What was just committed GitHub may not show at once.
        let is_settled = |now: &Result<Observation, Failure>| {
            now.as_ref().map_or(true, |now| !holds_strange_workflow(&now.wanted, now.seen.repository.as_ref()))
        };
        way.now =
            PATIENCE.until(self.world, is_settled, async || self.look_into_repository(identity, way).await).await?;
        if holds_strange_workflow(&way.now.wanted, way.now.seen.repository.as_ref()) {
            let message = "somebody has changed a workflow on the default branch while this ran";
            return Err(Failure::failed(message).hint("`port-iam plan` shows which, and what becomes of it"));
        }
        Ok(true)
    }

    /// Looks at what the repository holds by now, unless a signal comes.
    async fn look_into_repository(&self, identity: &Identity, way: &Way) -> Result<Observation, Failure> {
        let looking = Box::pin(self.observe_repository(identity, &way.now, &way.store));
        self.world.stop.within(Duration::ZERO, looking).await
    }

    /// Looks at everything, unless a signal comes.
    async fn look(&self, identity: &Identity, store: &SecretStore) -> Result<Observation, Failure> {
        self.world.stop.within(Duration::ZERO, self.observe(identity, store)).await
    }

    async fn look_again(
        &self,
        identity: &Identity,
        store: &SecretStore,
        waiting: &BTreeSet<Subject>,
    ) -> Result<Observation, Failure> {
        (self.progress)("Looking whether everything is as it shall be");
        // What was set is not to be set again.
        let consent = crate::domain::setup::Consent { rotate_secrets: false, ..self.asked.consent };
        let look = async || {
            let mut after = self.look(identity, store).await?;
            after.wanted.consent = consent;
            after.plan = crate::domain::setup::plan(&after.wanted, &after.seen);
            after.plan.steps.extend(after.beside.clone());
            Ok::<_, Failure>(after)
        };
        let is_left = |step: &Step| !waiting.contains(&step.subject);
        let is_settled = |after: &Result<Observation, Failure>| !matches!(after, Ok(after) if after.plan.writes().any(|(step, _)| is_left(step)));
        PATIENCE.until(self.world, is_settled, look).await
    }
}

fn sentence(step: &Step) -> String {
    let verb = if matches!(step.outcome, Outcome::Create(_)) { "Creating" } else { "Changing" };
    format!("{verb} in {}: {}", step.system, step.subject)
}
