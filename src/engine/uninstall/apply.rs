//! Carries out a plan, and looks whether anything is left of it.
//!
//! Whoever is interrupted runs it again: what is gone is then not seen any more.

use std::time::Duration;

use super::{Looked, Uninstalling, page};
use crate::clients::aws::Aws;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{Head, PullRequest, Repository};
use crate::clients::patience::Patience;
use crate::domain::digest::digest;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Cause;
use crate::domain::uninstall::{Plan, Removal, Seen, Step, grants_made_meanwhile, plan};
use crate::engine::revoke::{InPort, Revocation};
use crate::failure::Failure;
use crate::stop::{BEGUN_WITHIN, GO_ON};

/// How often it is looked again before what is left is told: the services take a moment to agree with themselves.
const MOST_ROUNDS: usize = 4;
/// How often a blueprint is tried while Port still sees entities in it that are gone.
const PATIENCE: Patience = Patience { looks: 6, pause: Duration::from_secs(2) };
/// Message of the commit, and title of the pull request, that takes the files away.
const REMOVAL: &str = "Take port-iam down";
const PROPOSAL: &str = "`port-iam uninstall` made this pull request, since a rule of the branch forbids a push.";
/// How many entities Port deletes in one request.
const ENTITIES_AT_ONCE: usize = 100;

/// What became of a plan.
#[derive(Debug)]
pub struct Uninstalled {
    /// The steps that were carried out.
    pub done: Vec<Step>,
    /// The plan from what was seen at the end: without steps, with what stays.
    pub after: Plan,
    /// What would go and was not in the plan that was shown: it has appeared meanwhile, and is still there.
    pub appeared: Vec<Step>,
    /// The pull request that has to be merged before the files are gone.
    pub waiting: Option<PullRequest>,
}

/// What became of a step.
enum Removed {
    /// The thing is gone.
    Gone,
    /// It is gone when this pull request is merged.
    Proposed(PullRequest),
    /// Something that was not seen stands in its way.
    InTheWay,
}

impl Uninstalling<'_> {
    /// Carries out the plan that was shown, as far as it is still what `looked` calls for, and looks again until nothing
    /// is left of it. What appears meanwhile is told, and not touched: nobody has agreed to it.
    ///
    /// # Errors
    ///
    /// Fails when a step does, and when something does not go; what is gone stays gone, and the next run goes on from
    /// there. Refuses when a grant was made meanwhile: before anything that would end it goes, unless it was on its way
    /// when the actions went. After a signal no further step is begun.
    pub async fn apply(&self, mut looked: Looked, shown: &Plan) -> Result<Uninstalled, Failure> {
        let mut done: Vec<Step> = Vec::new();
        let mut waiting: Option<PullRequest> = None;
        let (mut plan, _) = self.held_to(shown, &looked, &done)?;
        // Nobody can ask once the actions are gone: who has got access until then is seen before what would end it goes.
        let harmless = |step: &&Step| {
            matches!(step.removal, Removal::Action(_) | Removal::SwitchOff { .. } | Removal::Grant { .. })
        };
        let first = plan.steps.iter().take_while(harmless).count();
        if (1..plan.steps.len()).contains(&first) {
            self.carry_out(&looked, &plan, first, &mut done, &mut waiting).await?;
            self.engine.say("Looking whether anybody has got access meanwhile");
            looked = self.engine.world.stop.within(Duration::ZERO, self.observe()).await?;
            (plan, _) = self.held_to(shown, &looked, &done)?;
        }
        for round in 1..=MOST_ROUNDS {
            self.carry_out(&looked, &plan, plan.steps.len(), &mut done, &mut waiting).await?;
            self.engine.say("Looking whether anything is left");
            looked = self.engine.world.stop.within(Duration::ZERO, self.observe()).await?;
            let appeared;
            (plan, appeared) = self.held_to(shown, &looked, &done)?;
            if waiting.is_some() {
                plan.steps.retain(|step| !matches!(step.removal, Removal::Files(_)));
            }
            if plan.steps.is_empty() {
                return Ok(Uninstalled { done, after: plan, appeared, waiting });
            }
            if round < MOST_ROUNDS {
                self.engine.world.sleep(Duration::from_secs(3)).await;
            }
        }
        let left: Vec<String> = plan.steps.iter().map(name).collect();
        Err(Failure::failed(format!("something is still there: {}", left.join(", "))).hint(GO_ON))
    }

    /// Returns what of the plan that was shown is still to be done, and what would go beyond it.
    fn held_to(&self, shown: &Plan, looked: &Looked, done: &[Step]) -> Result<(Plan, Vec<Step>), Failure> {
        let mut plan = plan(&looked.seen, self.consent);
        let refusal = plan.refusal();
        let appeared = plan.hold_to(shown);
        match refusal.or_else(|| grants_made_meanwhile(&appeared)) {
            Some(refusal) => Err(cut_off(refusal.into(), done, &plan)),
            None => Ok((plan, appeared)),
        }
    }

    /// Carries out the first steps of a plan, so many of them.
    async fn carry_out(
        &self,
        looked: &Looked,
        plan: &Plan,
        number: usize,
        done: &mut Vec<Step>,
        waiting: &mut Option<PullRequest>,
    ) -> Result<(), Failure> {
        for step in plan.steps.iter().take(number) {
            let stopped = self.engine.world.stop.check();
            stopped.map_err(|failure| cut_off(failure, done, plan))?;
            self.engine.say(&format!("Removing from {}: {}", step.system, step.subject));
            let removing = self.remove(looked, &step.removal);
            let removed = self.engine.world.stop.within(BEGUN_WITHIN, removing).await;
            match removed.map_err(|failure| cut_off(failure, done, plan))? {
                Removed::Proposed(request) => *waiting = Some(request),
                // It is looked at anew.
                Removed::InTheWay => {}
                Removed::Gone if done.iter().any(|other| other.subject == step.subject) => {}
                Removed::Gone => done.push(step.clone()),
            }
        }
        Ok(())
    }

    async fn remove(&self, looked: &Looked, removal: &Removal) -> Result<Removed, Failure> {
        match removal {
            Removal::Action(identifier) => self.engine.port.delete_action(identifier).await?,
            Removal::SwitchOff { identifier, body } => self.engine.port.replace_action(identifier, body).await?,
            // It is looked at anew.
            Removal::Page(_) | Removal::Widgets { .. } if !page::is_as_seen(&self.engine, &looked.seen).await? => {
                return Ok(Removed::InTheWay);
            }
            Removal::Page(identifier) => self.engine.port.delete_page(identifier).await?,
            Removal::Widgets { identifier, body } => self.engine.port.replace_page(identifier, body).await?,
            Removal::Grant { grant, is_listed } => self.revoke(&looked.seen, grant, *is_listed).await?,
            Removal::Entities { blueprint, identifiers } => {
                for some in identifiers.chunks(ENTITIES_AT_ONCE) {
                    self.engine.port.delete_entities(blueprint, some).await?;
                }
            }
            Removal::Blueprint(identifier) => return Ok(self.remove_blueprint(identifier).await?),
            Removal::Role { account, name, attached, inline } => {
                remove_role(self.aws_in(account), name, attached, inline).await?;
            }
            Removal::Power { account, name, attached } => {
                for arn in attached {
                    self.aws_in(account).detach(name, arn).await?;
                }
            }
            Removal::Policy { account, arn } => remove_policy(self.aws_in(account), arn).await?,
            Removal::Provider { account, arn } => self.aws_in(account).delete_provider(arn).await?,
            Removal::Files(_)
            | Removal::Ruleset(_)
            | Removal::Secrets { .. }
            | Removal::Environment(_)
            | Removal::Release { .. }
            | Removal::Repository => {
                let gone = || Failure::failed("the repository is gone meanwhile").hint(GO_ON);
                let repository = looked.repository.as_ref().ok_or_else(gone)?;
                return self.remove_from(repository, looked.head.as_ref(), removal).await;
            }
        }
        Ok(Removed::Gone)
    }

    async fn revoke(&self, seen: &Seen, grant: &str, is_listed: bool) -> Result<(), Failure> {
        let grant = GrantId::parse(grant)?;
        let (engine, account) = (self.engine, &self.caller.account);
        let names = engine.names;
        let is_there = |name: &String| seen.blueprints.iter().any(|blueprint| blueprint["identifier"] == name.as_str());
        // Without these Port has no place any more in which it could be told.
        let is_told = is_there(&names.provisioned_permissions) && is_there(&names.permission_records);
        let in_port = match is_told {
            false => InPort::Gone,
            // Nothing but its role tells of it, and no sweep comes any more.
            true if grant.is_break_glass() => InPort::Told,
            true => InPort::IfKnown { is_listed },
        };
        let revocation = Revocation { grant, cause: Cause::Direct(self.caller.arn.clone()), run_id: None };
        let found = engine.whereabouts(account, &revocation.grant).await?;
        Box::pin(engine.revoke(&found, revocation, in_port)).await?;
        Ok(())
    }

    /// An entity that was deleted a moment ago may still stand in the way; one that came since does so for good.
    async fn remove_blueprint(&self, identifier: &str) -> Result<Removed, ApiError> {
        let delete = async || match self.engine.port.delete_blueprint(identifier).await {
            Err(error) if error.code.as_deref() == Some("has_dependents") => Ok(Removed::InTheWay),
            other => other.map(|()| Removed::Gone),
        };
        let is_settled = |removed: &Result<Removed, ApiError>| !matches!(removed, Ok(Removed::InTheWay));
        PATIENCE.until(self.engine.world, is_settled, delete).await
    }

    async fn remove_from(
        &self,
        repository: &Repository,
        head: Option<&Head>,
        removal: &Removal,
    ) -> Result<Removed, Failure> {
        let github = self.github;
        match removal {
            Removal::Files(paths) => return self.remove_files(repository, head, paths).await,
            Removal::Secrets { store, names } => {
                for name in names {
                    github.delete_secret(repository, store, name).await?;
                }
            }
            Removal::Ruleset(id) => github.delete_ruleset(repository, *id).await?,
            Removal::Environment(name) => github.delete_environment(repository, name).await?,
            Removal::Release { id, tag } => github.delete_release(repository, *id, tag.as_deref()).await?,
            Removal::Repository => {
                let deleted = github.delete_repository(repository).await;
                deleted.map_err(|error| match error.kind {
                    ApiErrorKind::Forbidden => Failure::from(error)
                        .hint("a token needs the scope delete_repo for it: `gh auth refresh -s delete_repo`"),
                    _ => error.into(),
                })?;
            }
            _ => {}
        }
        Ok(Removed::Gone)
    }

    /// Takes files away from the default branch, as it was when they were looked at. Where a rule forbids the push, one
    /// pull request proposes it.
    async fn remove_files(
        &self,
        repository: &Repository,
        head: Option<&Head>,
        paths: &[String],
    ) -> Result<Removed, Failure> {
        let Some(head) = head else { return Ok(Removed::InTheWay) };
        match self.commit_removal(repository, &repository.default_branch, head, paths).await {
            // Somebody has committed meanwhile; whose the files are now is looked at anew.
            Err(error) if error.kind == ApiErrorKind::Conflict => Ok(Removed::InTheWay),
            Err(error) if error.kind == ApiErrorKind::BranchRule => {
                Ok(Removed::Proposed(self.propose(repository, head, paths).await?))
            }
            other => Ok(other.map(|()| Removed::Gone)?),
        }
    }

    async fn commit_removal(
        &self,
        repository: &Repository,
        branch: &str,
        head: &Head,
        paths: &[String],
    ) -> Result<(), ApiError> {
        let paths: Vec<String> = paths.iter().filter(|path| head.blobs.contains_key(*path)).cloned().collect();
        if paths.is_empty() {
            return Ok(());
        }
        self.github.commit_deletions(repository, branch, head, REMOVAL, &paths).await.map(|_| ())
    }

    /// A second run finds branch and pull request again.
    async fn propose(&self, repository: &Repository, head: &Head, paths: &[String]) -> Result<PullRequest, ApiError> {
        // A branch's name takes no colon.
        let digest = digest(&serde_json::json!(paths)).replace("sha256:", "");
        let branch = format!("port-iam/remove-{}", &digest[..12]);
        self.engine.say(&format!("A rule of the branch forbids the push: proposing the removal on {branch}"));
        self.github.create_branch(repository, &branch, head).await?;
        let there = self.github.head(repository, &branch).await?.unwrap_or_default();
        self.commit_removal(repository, &branch, &there, paths).await?;
        match self.github.open_pull_request(repository, &branch).await? {
            Some(request) => Ok(request),
            None => self.github.create_pull_request(repository, &branch, REMOVAL, PROPOSAL).await,
        }
    }
}

async fn remove_role(aws: &Aws, name: &str, attached: &[String], inline: &[String]) -> Result<(), ApiError> {
    for arn in attached {
        aws.detach(name, arn).await?;
    }
    for policy in inline {
        aws.delete_inline_policy(name, policy).await?;
    }
    for profile in aws.instance_profiles(name).await? {
        aws.leave_instance_profile(name, &profile).await?;
    }
    aws.delete_role(name).await.map(|_| ())
}

async fn remove_policy(aws: &Aws, arn: &str) -> Result<(), ApiError> {
    for version in aws.other_versions(arn).await?.unwrap_or_default() {
        aws.delete_policy_version(arn, &version).await?;
    }
    aws.delete_policy(arn).await
}

fn name(step: &Step) -> String {
    format!("{} {}", step.system, step.subject)
}

/// Adds to a failure what is gone and what is left.
fn cut_off(failure: Failure, done: &[Step], plan: &Plan) -> Failure {
    let or_nothing = |list: Vec<String>| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    let is_left = |step: &&Step| done.iter().all(|other| other.subject != step.subject);
    let left = plan.steps.iter().filter(is_left).map(name).collect();
    let failure = failure.hint(format!("removed: {}", or_nothing(done.iter().map(name).collect())));
    failure.hint(format!("left: {}", or_nothing(left))).hint(GO_ON)
}
