//! Looks at the three systems: reads only, side by side, each thing once.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all, try_join, try_join3, try_join4};
use serde_json::Value;

use super::accounts::Accounts;
use super::guarding::users_of_secrets;
use super::identities::Place;
use super::in_repository::InRepository;
use super::wanted::boundary_of;
use super::who::{Identity, Who};
use super::{Asked, Setup};
use crate::clients::error::ApiError;
use crate::clients::github::{Head, OidcSubject, Repository, SecretStore as Store};
use crate::config::variables::PORT_IAM_GITHUB_ORG;
use crate::domain::account::AwsAccount;
use crate::domain::rules::Rules;
use crate::domain::runtime::PinnedRuntime;
use crate::domain::setup::{
    AccessSource, BoundarySeen, IdentitiesSeen, Likeness, PageSeen, Plan, RulesFile, RuntimeConsent, SecretStore, Seen,
    Step, System, Wanted, WantedApproval, WorkflowAccess, approvers_that_moved, holds_strange_workflow, likeness, plan,
};
use crate::domain::tags::MARK;
use crate::failure::Failure;

/// Returns the tag of what this tool makes in AWS.
pub(super) fn mark() -> (String, String) {
    (MARK.0.to_owned(), MARK.1.to_owned())
}

/// What was seen, and the plan from there to what is wanted.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The target repository.
    pub repository: Option<Repository>,
    /// The newest commit of its default branch.
    pub head: Option<Head>,
    /// What is wanted.
    pub wanted: Wanted,
    /// What was seen.
    pub seen: Seen,
    /// The plan.
    pub plan: Plan,
    /// The steps of the plan that are of accounts whose credentials these are not, and of files that are their owner's.
    pub beside: Vec<Step>,
    /// The text of the rules file on the default branch, if it is there.
    rules: Option<String>,
}

/// What was seen before it is known what is wanted.
struct Looked {
    blueprints: Vec<Value>,
    actions: Vec<Value>,
    /// Of blueprints, and of actions.
    permissions: (BTreeMap<String, Value>, BTreeMap<String, Value>),
    page: PageSeen,
    repository: Option<(Repository, InRepository)>,
    boundary: BoundarySeen,
    aside: Aside,
}

/// How the workflows reach AWS, and what there is for that.
struct Aside {
    /// The text of the grant workflow on the default branch.
    workflow: Option<String>,
    access: WorkflowAccess,
    access_source: AccessSource,
    subject: Option<OidcSubject>,
    identities: IdentitiesSeen,
}

impl Setup<'_> {
    /// Looks at everything and plans, for `who` is asking. What does not depend on an answer is asked before it has come:
    /// where there is nothing to do, nobody waits for more than four answers one after the other.
    ///
    /// # Errors
    ///
    /// Fails when a system cannot be asked, when what is wanted cannot be rendered, and when there is nobody whom the
    /// missing repository could belong to.
    pub async fn look_first(&self, who: &Who) -> Result<(Identity, Observation), Failure> {
        let (identity, looked) = join(Box::pin(self.identity(who)), Box::pin(self.look_around(who))).await;
        let (identity, looked) = (identity?, looked?);
        let observation = Box::pin(self.observation(&identity, looked, false)).await?;
        Ok((identity, observation))
    }

    /// Looks at everything and plans. `without_environment` says that the GitHub plan was found to have none.
    ///
    /// # Errors
    ///
    /// Fails as [`Setup::look_first`] does.
    pub async fn observe(&self, identity: &Identity, without_environment: bool) -> Result<Observation, Failure> {
        let who = identity.asking(self.repository().await?);
        let looked = Box::pin(self.look_around(&who)).await?;
        self.observation(identity, looked, without_environment).await
    }

    /// Looks into the repository again and plans anew; Port and AWS are as `before`, but for what this run has done there.
    pub(super) async fn observe_repository(
        &self,
        identity: &Identity,
        before: &Observation,
        without_environment: bool,
    ) -> Result<Observation, Failure> {
        let who = identity.asking(self.repository().await?);
        let seen = before.seen.clone();
        let aside = Box::pin(self.aside(&who, Some(seen.identities)));
        let (repository, aside) = try_join(self.inside(&who), aside).await?;
        let looked = Looked {
            blueprints: seen.blueprints,
            actions: seen.actions,
            permissions: (seen.blueprint_permissions, seen.action_permissions),
            page: seen.page,
            repository,
            boundary: seen.boundary,
            aside,
        };
        self.observation(identity, looked, without_environment).await
    }

    async fn look_around(&self, who: &Who) -> Result<Looked, Failure> {
        let port = async {
            let looks = try_join4(self.blueprints(), self.actions(), self.permissions(), self.page());
            let (blueprints, (actions, of_granting), mut permissions, page) = looks.await?;
            permissions.1.extend(of_granting);
            Ok((blueprints, actions, permissions, page))
        };
        let boundary = async { Ok(self.boundary(&who.account).await?) };
        let looks = try_join4(port, self.inside(who), boundary, Box::pin(self.aside(who, None)));
        let ((blueprints, actions, permissions, page), repository, boundary, aside) = looks.await?;
        Ok(Looked { blueprints, actions, permissions, page, repository, boundary, aside })
    }

    async fn inside(&self, who: &Who) -> Result<Option<(Repository, InRepository)>, Failure> {
        match &who.repository {
            Some(repository) => Ok(Some((repository.clone(), Box::pin(self.in_repository(repository)).await?))),
            None => self.check_owner(who).await.map(|()| None),
        }
    }

    /// Looks at how the workflows reach AWS. What there is in AWS may be `known`.
    async fn aside(&self, who: &Who, known: Option<IdentitiesSeen>) -> Result<Aside, Failure> {
        let repository = who.repository.as_ref();
        let workflow = match repository {
            Some(repository) => self.workflow_text(repository).await?,
            None => None,
        };
        let (access, access_source) = self.access(workflow.as_deref());
        self.aside_with(who, workflow, (access, access_source), known).await
    }

    /// Looks at what there is for the workflows to reach AWS in a certain way.
    async fn aside_with(
        &self,
        who: &Who,
        workflow: Option<String>,
        (access, access_source): (WorkflowAccess, AccessSource),
        known: Option<IdentitiesSeen>,
    ) -> Result<Aside, Failure> {
        let repository = who.repository.as_ref();
        let subject = async {
            match repository.filter(|_| access == WorkflowAccess::Oidc) {
                Some(repository) => Ok(Some(self.github.oidc_subject(repository).await?)),
                None => Ok(None),
            }
        };
        let identities = async {
            if let Some(known) = known {
                return Ok(known);
            }
            if !self.found.looks_at.contains(System::Aws) {
                return Ok(IdentitiesSeen::default());
            }
            Ok::<_, Failure>(self.identities(&self.named_identities(&who.account, access)?).await?)
        };
        let (subject, identities) = try_join(subject, identities).await?;
        Ok(Aside { workflow, access, access_source, subject, identities })
    }

    async fn observation(
        &self,
        identity: &Identity,
        looked: Looked,
        without_environment: bool,
    ) -> Result<Observation, Failure> {
        let (blueprint_permissions, action_permissions) = looked.permissions;
        let (repository, inside) = looked.repository.unzip();
        let (head, repository_seen) = inside.map(|InRepository { head, seen }| (head, seen)).unzip();
        let mut aside = looked.aside;
        if aside.access_source == AccessSource::Kept
            && let (Some(repository), Some(seen), Some(workflow)) = (&repository, &repository_seen, &aside.workflow)
            && !self.is_given_a_key(repository, seen, workflow).await?
        {
            let by_role = (WorkflowAccess::Oidc, AccessSource::ClaimedKey);
            let who = identity.asking(Some(repository.clone()));
            aside = Box::pin(self.aside_with(&who, aside.workflow.clone(), by_role, None)).await?;
        }
        let Aside { workflow, access, access_source, subject, identities } = aside;
        let mut seen = Seen {
            blueprints: looked.blueprints,
            actions: looked.actions,
            blueprint_permissions,
            action_permissions,
            page: looked.page,
            repository: repository_seen,
            boundary: looked.boundary,
            identities,
            app: identity.app,
            token_scopes: identity.token.as_ref().and_then(|token| token.scopes.clone()),
            integrations_visible: identity.integrations.is_some(),
            looked_at: self.found.looks_at,
        };
        let look = (identity, repository.as_ref(), &seen);
        let is_kept = |accounts: &Accounts| self.is_kept_without_environment(workflow.as_deref(), look, accounts);
        let is_refused = without_environment;
        let mut without_environment = is_refused || is_kept(&Accounts::default())?;
        let mut wanted = self.wanted_in(look, without_environment, access, &Accounts::default())?;
        let texts = try_join3(
            self.rules_text(repository.as_ref(), &seen, &wanted),
            self.code_owners_file(repository.as_ref(), &seen, &wanted),
            self.other_workflows(repository.as_ref(), &seen, &wanted),
        );
        let (rules, code_owners, other_workflows) = texts.await?;
        let accounts = self.accounts(look, workflow.as_deref(), access, rules.as_deref()).await?;
        if accounts.home.is_some() {
            without_environment = is_refused || is_kept(&accounts)?;
            wanted = self.wanted_in(look, without_environment, access, &accounts)?;
        }
        if holds_strange_workflow(&wanted, seen.repository.as_ref()) {
            for access in [WorkflowAccess::Oidc, WorkflowAccess::AccessKey] {
                wanted.follows(self.wanted_in(look, without_environment, access, &accounts.before())?);
            }
        }
        wanted.access_source = access_source;
        if let Some(text) = &rules {
            wanted.boundary = boundary_of(&self.names.rules_path, text);
        }
        let rules_step = accounts.add_to(&self.names.rules_path, rules.as_deref(), identity, &mut wanted);
        self.follow_the_rules(rules.as_deref(), &mut wanted);
        self.look_at_approvers(&wanted, &mut seen).await?;
        let environment = matches!(wanted.store, SecretStore::Environment(_));
        let place = Place { repository: repository.as_ref(), subject: subject.as_ref(), environment };
        wanted.identities = self.wanted_identities(identity, &place, access, rules.as_deref())?;
        let own_roles = accounts.leave_own_roles(&identity.account.id, &mut wanted);
        if let (Some(repository), Some(held)) = (&repository, &mut seen.repository) {
            held.differing = self.differing(repository, held, &wanted, workflow.as_deref()).await?;
            held.code_owners = code_owners;
            held.users_of_secrets = users_of_secrets(other_workflows, &wanted.store);
        }
        let mut plan = plan(&wanted, &seen);
        // A first rules file names them as they are; one that is there does not follow a team.
        if rules.is_some() && !self.asked.approvers.teams.is_empty() {
            let (named, path) = (&identity.approvers, &self.names.rules_path);
            plan.findings.extend(
                approvers_that_moved(named, &wanted.approvers, path)
                    .map(|finding| finding.completed(&wanted.invocation)),
            );
        }
        let mut beside: Vec<Step> = rules_step.into_iter().chain(own_roles).collect();
        let looking = self.beside(identity, &accounts, (&wanted, &seen), rules.as_deref(), &place);
        beside.extend(Box::pin(looking).await?);
        plan.steps.extend(beside.clone());
        let head = head.flatten();
        Ok(Observation { repository, head, wanted, seen, plan, beside, rules })
    }

    /// Returns whether the workflows that are there, and stay with the runtime that they pin, do without an environment:
    /// whoever wrote them has learnt that there can be none. A text is believed only where this program would write just
    /// that without an environment: anybody can take those lines out of one.
    fn is_kept_without_environment(
        &self,
        workflow: Option<&str>,
        (identity, repository, _): (&Identity, Option<&Repository>, &Seen),
        accounts: &Accounts,
    ) -> Result<bool, Failure> {
        let Some(text) = workflow.filter(|_| self.asked.consent.runtime == RuntimeConsent::Keep) else {
            return Ok(false);
        };
        let is_another =
            PinnedRuntime::of_workflow(text).is_some_and(|pinned| pinned.sha256 != self.found.runtime.runtime.sha256);
        if !is_another {
            return Ok(false);
        }
        for access in [WorkflowAccess::Oidc, WorkflowAccess::AccessKey] {
            let without = self.wanted(identity, repository, false, access, accounts)?;
            let path = self.grant_workflow();
            let mut ours = without.files.iter().filter(|file| file.path == path);
            if ours.any(|file| likeness(&file.contents, &without.release, text) == Likeness::Same) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns what is wanted: with an environment, unless there can be none. Whether there can be one is only learnt
    /// by making one; workflows that do without say that this was learnt before.
    fn wanted_in(
        &self,
        (identity, repository, seen): (&Identity, Option<&Repository>, &Seen),
        without_environment: bool,
        access: WorkflowAccess,
        accounts: &Accounts,
    ) -> Result<Wanted, Failure> {
        let Some(held) = &seen.repository else {
            return self.wanted(identity, repository, !without_environment, access, accounts);
        };
        if held.environment.is_some() {
            return self.wanted(identity, repository, true, access, accounts);
        }
        let fallback = self.wanted(identity, repository, false, access, accounts)?;
        let is_held =
            |path: &String, blob: &String| held.blobs.as_ref().and_then(|blobs| blobs.get(path)) == Some(blob);
        let learnt =
            fallback.files.iter().filter(|file| !file.only_if_missing).all(|file| is_held(&file.path, &file.blob));
        if without_environment || learnt {
            Ok(fallback)
        } else {
            self.wanted(identity, repository, true, access, accounts)
        }
    }

    /// Finds out that a repository cannot be created before anything else is: a misspelt owner would otherwise show
    /// only when half of the set-up is done.
    async fn check_owner(&self, who: &Who) -> Result<(), Failure> {
        let owner = &self.asked.owner;
        let Some(token) = &who.token else { return Ok(()) };
        if who.owner_is_user || self.github.organization_exists(owner).await? {
            return Ok(());
        }
        let message = format!("GitHub knows no organisation {owner}, or the token of {} cannot see it", token.login);
        Err(Failure::usage(message).hint(format!(
            "give the organisation, or the token's own user, with --github-org or {PORT_IAM_GITHUB_ORG}; or use a token of a member"
        )))
    }

    pub(super) async fn boundary(&self, account: &AwsAccount) -> Result<BoundarySeen, ApiError> {
        if !self.found.looks_at.contains(System::Aws) {
            return Ok(BoundarySeen::Hidden);
        }
        self.managed_policy(&account.boundary_arn(self.names)).await
    }

    async fn blueprints(&self) -> Result<Vec<Value>, ApiError> {
        if self.found.looks_at.contains(System::Port) { self.port.blueprints().await } else { Ok(Vec::new()) }
    }

    /// Returns the actions and the automation of ours that are there. Who may approve is asked of those that ask for an
    /// approval alone: no rule is about the others.
    async fn actions(&self) -> Result<(Vec<Value>, BTreeMap<String, Value>), ApiError> {
        if !self.found.looks_at.contains(System::Port) {
            return Ok((Vec::new(), BTreeMap::new()));
        }
        let names: Vec<_> = self.names.granting_actions().into_iter().chain(self.names.revoking_actions()).collect();
        let mut actions = self.port.actions().await?;
        actions.retain(|action| action["identifier"].as_str().is_some_and(|name| names.contains(&name)));
        let asks = |action: &&Value| action["requiredApproval"].is_object() || action["requiredApproval"] == true;
        let permissions = self.approvers_of(actions.iter().filter(asks)).await?;
        Ok((actions, permissions))
    }

    /// Returns who may approve which of these actions, of those that grant.
    async fn approvers_of(&self, actions: impl Iterator<Item = &Value>) -> Result<BTreeMap<String, Value>, ApiError> {
        let granting = self.names.granting_actions();
        let names = actions.filter_map(|action| action["identifier"].as_str()).filter(|name| granting.contains(name));
        there(join_all(names.map(|name| self.permissions_of(name))).await)
    }

    async fn permissions_of(&self, action: &str) -> Result<(String, Option<Value>), ApiError> {
        Ok((action.to_owned(), self.port.action_permissions(action).await?))
    }

    /// Looks who may approve what no action asks an approval for yet, where the rules want one.
    async fn look_at_approvers(&self, wanted: &Wanted, seen: &mut Seen) -> Result<(), ApiError> {
        if wanted.approval != WantedApproval::AsItIs {
            let is_known = |action: &&Value| {
                action["identifier"].as_str().is_some_and(|name| seen.action_permissions.contains_key(name))
            };
            let further = self.approvers_of(seen.actions.iter().filter(|action| !is_known(action))).await?;
            seen.action_permissions.extend(further);
        }
        Ok(())
    }

    /// Says what Port asks for: whom the rules file names as an approver, on the default branch or as it will be there.
    fn follow_the_rules(&self, rules: Option<&str>, wanted: &mut Wanted) {
        let ours = wanted.files.iter().find(|file| file.path == self.names.rules_path);
        let text = rules.or(ours.map(|file| file.contents.as_str())).unwrap_or_default();
        wanted.approvers = Rules::parse(text).map(|rules| rules.all_approvers()).unwrap_or_default();
        if !wanted.approvers.is_empty() {
            let Asked { approval, notification, .. } = &self.asked;
            wanted.approval = WantedApproval::Demanded { approval: *approval, notification: notification.clone() };
        }
    }

    /// Returns who may do what with the entities of our blueprints, and with our actions, by identifier.
    async fn permissions(&self) -> Result<(BTreeMap<String, Value>, BTreeMap<String, Value>), ApiError> {
        if !self.found.looks_at.contains(System::Port) {
            return Ok((BTreeMap::new(), BTreeMap::new()));
        }
        let names = self.names;
        let ending = [names.return_permissions.as_str(), names.revoke_permissions.as_str()];
        let of_blueprints =
            names.blueprints().map(async |name| Ok((name.to_owned(), self.port.blueprint_permissions(name).await?)));
        let of_actions = ending.map(|name| self.permissions_of(name));
        let (of_blueprints, of_actions) = join(join_all(of_blueprints), join_all(of_actions)).await;
        Ok((there(of_blueprints)?, there(of_actions)?))
    }

    /// Returns what the rules file says as it stands on the default branch.
    pub fn rules_file(&self, observation: &Observation) -> RulesFile {
        let (path, branch) = (&self.names.rules_path, &observation.wanted.default_branch);
        let read = |text: &String| RulesFile::read(path, branch, text, &self.asked.resource_types);
        observation.rules.as_ref().map(read).unwrap_or_default()
    }
}

/// Returns what is there of what was looked for.
fn there(answers: Vec<Result<(String, Option<Value>), ApiError>>) -> Result<BTreeMap<String, Value>, ApiError> {
    let answers: Vec<_> = answers.into_iter().collect::<Result<_, _>>()?;
    Ok(answers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Returns the client's form of a store.
pub(super) fn client_store(store: &SecretStore) -> Store {
    match store {
        SecretStore::Environment(name) => Store::Environment(name.clone()),
        SecretStore::Repository => Store::Repository,
    }
}
