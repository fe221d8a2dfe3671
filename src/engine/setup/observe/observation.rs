//! What was seen, held against what is wanted.

use futures_util::future::try_join4;

use super::super::Setup;
use super::super::accounts::Accounts;
use super::super::wanted::{Place, boundary_of};
use super::access::AccessSeen;
use super::guarding::users_of_secrets;
use super::repository::InRepository;
use super::{Identity, Looked};
use crate::clients::github::{Head, Repository};
use crate::domain::setup::{
    Finding, PORT_SECRETS, Plan, RepositorySeen, RulesFile, SecretStore, Seen, Step, Wanted, WorkflowAccess, Write,
    holds_strange_workflow, plan, weakness_of_pair,
};
use crate::failure::Failure;

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

impl Setup<'_> {
    /// Plans from what was `looked` at. `found` is where it was found that the secrets are to be kept: the GitHub plan may have no environments.
    pub(super) async fn observation(
        &self,
        identity: &Identity,
        looked: Looked,
        found: &SecretStore,
    ) -> Result<Observation, Failure> {
        let (blueprint_permissions, action_permissions) = looked.permissions;
        let (repository, inside) = looked.repository.unzip();
        let (head, inside) = inside.map(|InRepository { head, seen, releases }| (head, (seen, releases))).unzip();
        let (mut repository_seen, releases): (Option<RepositorySeen>, Option<Vec<_>>) = inside.unzip();
        let there = repository.as_ref().zip(repository_seen.as_ref());
        let believed = self.access_believed(identity, there, looked.access).await?;
        let AccessSeen { workflow, access, access_source, subject, identities } = believed;
        if let (Some(held), Some(releases)) = (&mut repository_seen, releases) {
            self.choose_release(held, &releases, workflow.as_deref());
        }
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
        let presumed = |accounts: &Accounts| self.presumed_store(found, workflow.as_deref(), look, accounts);
        let mut store = presumed(&Accounts::default())?;
        let mut wanted = self.wanted_in(look, &store, access, &Accounts::default())?;
        let texts = try_join4(
            self.rules_text(repository.as_ref(), &seen, &wanted),
            self.code_owners_file(repository.as_ref(), &seen, &wanted),
            self.other_workflows(repository.as_ref(), &seen, &wanted),
            self.template_texts(repository.as_ref(), &seen, &wanted),
        );
        let (rules, code_owners, other_workflows, templates) = texts.await?;
        let accounts = self.accounts(look, workflow.as_deref(), access, rules.as_deref()).await?;
        if accounts.home.is_some() {
            store = presumed(&accounts)?;
            wanted = self.wanted_in(look, &store, access, &accounts)?;
        }
        if holds_strange_workflow(&wanted, seen.repository.as_ref()) {
            for access in [WorkflowAccess::Oidc, WorkflowAccess::AccessKey] {
                wanted.follows(self.wanted_in(look, &store, access, &accounts.before())?);
            }
        }
        wanted.access_source = access_source;
        if let Some(text) = &rules {
            wanted.boundary = boundary_of(&self.names.rules_path, text);
        }
        let rules_step = accounts.add_to(&self.names.rules_path, rules.as_deref(), identity, &mut wanted);
        self.follow_the_rules(rules.as_deref(), &mut wanted);
        self.look_at_approvers(&wanted, &mut seen).await?;
        let store = wanted.store.clone();
        let place = Place { repository: repository.as_ref(), subject: subject.as_ref(), store: &store };
        wanted.identities = self.wanted_identities(identity, &place, access, rules.as_deref())?;
        let own_roles = accounts.leave_own_roles(&identity.account.id, &mut wanted);
        if let (Some(repository), Some(held)) = (&repository, &mut seen.repository) {
            held.differing = self.differing(repository, held, &wanted, workflow.as_deref()).await?;
            held.templates = self.templates(templates, rules.as_deref(), &wanted);
            held.code_owners = code_owners;
            held.users_of_secrets = users_of_secrets(other_workflows, &wanted.store);
        }
        let mut plan = plan(&wanted, &seen);
        plan.findings.extend(self.moved_approvers(identity, rules.as_deref(), &wanted));
        plan.findings.extend(self.pair_of_the_caller(identity, &plan));
        let mut beside: Vec<Step> = rules_step.into_iter().chain(own_roles).collect();
        let looking = self.beside(identity, &accounts, (&wanted, &seen), rules.as_deref(), &place);
        beside.extend(Box::pin(looking).await?);
        plan.steps.extend(beside.clone());
        let head = head.flatten();
        Ok(Observation { repository, head, wanted, seen, plan, beside, rules })
    }

    /// Tells that the plan gives the workflows the caller's own Port credentials.
    fn pair_of_the_caller(&self, identity: &Identity, plan: &Plan) -> Option<Finding> {
        let sets_pair =
            |write: &Write| matches!(write, Write::Secrets { names, .. } if names.contains(&PORT_SECRETS[0]));
        // Without Port credentials there are none to be given, and whoever has others is asked for theirs.
        let is_callers = !self.found.has_workflow_pair && identity.organization.is_some();
        let given = plan.writes().any(|(_, write)| sets_pair(write)) && is_callers;
        given.then(|| weakness_of_pair(identity.personal, true)).flatten()
    }

    /// Returns what the rules file says as it stands on the default branch.
    pub fn rules_file(&self, observation: &Observation) -> RulesFile {
        let (path, branch) = (&self.names.rules_path, &observation.wanted.default_branch);
        let read = |text: &String| RulesFile::read(path, branch, text, &self.asked.resource_types);
        observation.rules.as_ref().map(read).unwrap_or_default()
    }
}
