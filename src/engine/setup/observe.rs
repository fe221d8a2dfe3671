//! Looks at the three systems: reads only, side by side, each thing once.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all, try_join, try_join3, try_join5};
use serde_json::Value;

use super::accounts::Accounts;
use super::wanted::boundary_of;
use super::{Setup, Target};
use crate::clients::aws::Caller;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{Head, Installed, Repository, SecretStore as Store, TokenOwner};
use crate::clients::port::Integration;
use crate::config::variables::PORT_IAM_GITHUB_ORG;
use crate::domain::account::AwsAccount;
use crate::domain::rules::Rules;
use crate::domain::setup::{
    App, BoundarySeen, DifferingFile, IdentitiesSeen, Origin, People, Plan, ReleaseSeen, RepositorySeen, RulesFile,
    SecretStore, Seen, Step, System, Wanted, WantedApproval, WantedFile, WorkflowAccess, holds_strange_workflow, plan,
};
use crate::domain::tags::MARK;
use crate::failure::Failure;

/// Slug of Port's GitHub app.
const APP: &str = "getport-io";

/// Returns the tag of what this tool makes in AWS.
pub(super) fn mark() -> (String, String) {
    (MARK.0.to_owned(), MARK.1.to_owned())
}

/// Who is asking, and what does not change while it is set up.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The account.
    pub account: AwsAccount,
    /// The AWS identity of the caller; none where AWS is not looked at.
    pub caller: Option<Caller>,
    /// The AWS region.
    pub region: String,
    /// Port's organisation; none where Port is not looked at.
    pub organization: Option<String>,
    /// Whether the Port credentials belong to a person; none when their token does not say.
    pub personal: Option<bool>,
    /// The GitHub integrations of the organisation; none when the credentials may not see them.
    pub integrations: Option<Vec<Integration>>,
    /// The owner of the GitHub token; none where GitHub is not looked at.
    pub token: Option<TokenOwner>,
    /// Whether the repository's owner is the token's own user.
    pub owner_is_user: bool,
    /// Whether Port's app is installed.
    pub app: App,
    /// E-mail addresses of the first approvers: of those who are named, and of the members of their teams.
    pub approvers: Vec<String>,
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
}

struct InRepository {
    repository: Repository,
    head: Option<Head>,
    seen: RepositorySeen,
}

impl Setup<'_> {
    /// Asks the systems who is asking. Credentials that do not work are found out here.
    ///
    /// # Errors
    ///
    /// Fails when credentials are rejected or a system cannot be asked.
    pub async fn identify(&self) -> Result<Identity, Failure> {
        let port = async {
            if !self.looks_at.contains(System::Port) {
                return Ok((None, None, None, self.first_approvers().await?));
            }
            let organization = self.port.organization_id().await?;
            let (personal, integrations) = try_join(self.port.is_personal(), self.port.github_integrations()).await?;
            Ok::<_, Failure>((Some(organization), personal, integrations, self.first_approvers().await?))
        };
        let github = async {
            if !self.looks_at.contains(System::GitHub) {
                return Ok((None, false, App::Unknown));
            }
            let token = self.github.token_owner().await.map_err(Failure::from)?;
            let owner_is_user = token.login.eq_ignore_ascii_case(&self.target.owner);
            let app = if owner_is_user { App::Unknown } else { self.app().await? };
            Ok((Some(token), owner_is_user, app))
        };
        let aws = async { if self.presumed_account.is_some() { Ok(None) } else { Ok(Some(self.aws.caller().await?)) } };
        let ((organization, personal, integrations, approvers), (token, owner_is_user, app), caller) =
            try_join3(port, github, aws).await?;
        let account = caller.as_ref().map(|caller| &caller.account).or(self.presumed_account.as_ref()).cloned();
        let account = account.ok_or_else(|| Failure::failed("AWS did not tell the account"))?;
        let region = self.aws.region().ok_or_else(|| Failure::usage("no AWS region is set").hint("set AWS_REGION"))?;
        let region = region.to_owned();
        Ok(Identity {
            account,
            caller,
            region,
            organization,
            personal,
            integrations,
            token,
            owner_is_user,
            app,
            approvers,
        })
    }

    /// Returns the people who are named as approvers; the members of teams are looked up, since the rules file names people.
    async fn first_approvers(&self) -> Result<Vec<String>, Failure> {
        let People { users, teams } = &self.target.approvers;
        let mut approvers = users.clone();
        if !teams.is_empty() {
            if !self.looks_at.contains(System::Port) {
                return Err(Failure::login("the members of an approving team are known in Port")
                    .hint("use Port credentials, or name the approvers by e-mail"));
            }
            let members = self.port.users().await?;
            for team in teams {
                let of_team = members.iter().filter(|user| user.is_active_human() && user.teams.contains(team));
                let found: Vec<String> = of_team.map(|user| user.email.to_ascii_lowercase()).collect();
                if found.is_empty() {
                    return Err(Failure::usage(format!(
                        "--approvers: Port knows no active member of the team {team:?}"
                    ))
                    .hint("check the team's name in Port, or name the approvers by e-mail"));
                }
                approvers.extend(found);
            }
        }
        approvers.sort();
        approvers.dedup();
        Ok(approvers)
    }

    async fn app(&self) -> Result<App, ApiError> {
        Ok(match self.github.app_installed(&self.target.owner, APP).await? {
            Installed::Yes => App::Installed,
            Installed::No => App::Absent,
            Installed::Powerless => App::Powerless,
            Installed::CannotTell => App::Unknown,
        })
    }

    /// Looks at everything and plans. `without_environment` says that the GitHub plan was found to have none.
    ///
    /// # Errors
    ///
    /// Fails when a system cannot be asked, when what is wanted cannot be rendered, and when there is nobody whom the
    /// missing repository could belong to.
    pub async fn observe(&self, identity: &Identity, without_environment: bool) -> Result<Observation, Failure> {
        let (blueprints, actions, permissions, inside, boundary) = try_join5(
            self.blueprints(),
            self.actions(),
            self.permissions(),
            Box::pin(self.in_repository()),
            self.boundary(identity),
        )
        .await?;
        let (blueprint_permissions, action_permissions) = permissions;
        let (repository, head, repository_seen) = match inside {
            Some(InRepository { repository, head, seen }) => (Some(repository), head, Some(seen)),
            None => {
                self.check_owner(identity).await?;
                (None, None, None)
            }
        };
        let mut seen = Seen {
            blueprints,
            actions,
            blueprint_permissions,
            action_permissions,
            repository: repository_seen,
            boundary,
            identities: IdentitiesSeen::default(),
            app: identity.app,
            token_scopes: identity.token.as_ref().and_then(|token| token.scopes.clone()),
            integrations_visible: identity.integrations.is_some(),
            looked_at: self.looks_at,
        };
        let holds_workflow = seen.holds(&format!(".github/workflows/{}", self.names.create_workflow));
        let (access, access_is_kept) = self.access(repository.as_ref(), holds_workflow).await?;
        let look = (identity, repository.as_ref(), &seen);
        let mut wanted = self.wanted_in(look, without_environment, access, &Accounts::default())?;
        let rules = self.rules_text(repository.as_ref(), &seen, &wanted).await?;
        let accounts = self.accounts(look, access, rules.as_deref()).await?;
        if accounts.home.is_some() {
            wanted = self.wanted_in(look, without_environment, access, &accounts)?;
        }
        if holds_strange_workflow(&wanted, seen.repository.as_ref()) {
            for access in [WorkflowAccess::Oidc, WorkflowAccess::AccessKey] {
                wanted.follows(self.wanted_in(look, without_environment, access, &accounts.before())?);
            }
        }
        wanted.access_is_kept = access_is_kept;
        if let Some(text) = &rules {
            wanted.boundary = boundary_of(&self.names.rules_path, text);
        }
        let rules_step = accounts.add_to(&self.names.rules_path, rules.as_deref(), identity, &mut wanted);
        self.follow_the_rules(rules.as_deref(), &mut wanted);
        let environment = matches!(wanted.store, SecretStore::Environment(_));
        wanted.identities =
            self.wanted_identities(identity, repository.as_ref(), access, environment, rules.as_deref()).await?;
        if self.looks_at.contains(System::Aws) {
            seen.identities = self.identities(&wanted.identities).await?;
        }
        if let (Some(repository), Some(held)) = (&repository, &mut seen.repository) {
            let looks = try_join3(
                self.differing(repository, held, &wanted),
                self.code_owners_file(repository, held, &wanted),
                self.users_of_secrets(repository, held, &wanted),
            );
            (held.differing, held.code_owners, held.users_of_secrets) = looks.await?;
        }
        let mut plan = plan(&wanted, &seen);
        let mut beside: Vec<Step> = rules_step.into_iter().collect();
        let looking = self.beside(identity, &accounts, (&wanted, &seen), rules.as_deref(), repository.as_ref());
        beside.extend(Box::pin(looking).await?);
        plan.steps.extend(beside.clone());
        Ok(Observation { repository, head, wanted, seen, plan, beside })
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
    async fn check_owner(&self, identity: &Identity) -> Result<(), Failure> {
        let owner = &self.target.owner;
        let Some(token) = &identity.token else { return Ok(()) };
        if identity.owner_is_user || self.github.organization_exists(owner).await? {
            return Ok(());
        }
        let message = format!("GitHub knows no organisation {owner}, or the token of {} cannot see it", token.login);
        Err(Failure::usage(message).hint(format!(
            "give the organisation, or the token's own user, with --github-org or {PORT_IAM_GITHUB_ORG}; or use a token of a member"
        )))
    }

    pub(super) async fn boundary(&self, identity: &Identity) -> Result<BoundarySeen, ApiError> {
        if !self.looks_at.contains(System::Aws) {
            return Ok(BoundarySeen::Hidden);
        }
        self.managed_policy(&identity.account.boundary_arn(self.names)).await
    }

    async fn blueprints(&self) -> Result<Vec<Value>, ApiError> {
        if self.looks_at.contains(System::Port) { self.port.blueprints().await } else { Ok(Vec::new()) }
    }

    /// Says what Port asks for: whom the rules file names as an approver, on the default branch or as it will be there.
    fn follow_the_rules(&self, rules: Option<&str>, wanted: &mut Wanted) {
        let ours = wanted.files.iter().find(|file| file.path == self.names.rules_path);
        let text = rules.or(ours.map(|file| file.contents.as_str())).unwrap_or_default();
        wanted.approvers = Rules::parse(text).map(|rules| rules.all_approvers()).unwrap_or_default();
        if !wanted.approvers.is_empty() {
            let Target { approval, notification, .. } = &self.target;
            wanted.approval = WantedApproval::Demanded { approval: *approval, notification: notification.clone() };
        }
    }

    /// Returns who may do what with the entities of our blueprints, and with our actions, by identifier.
    async fn permissions(&self) -> Result<(BTreeMap<String, Value>, BTreeMap<String, Value>), ApiError> {
        if !self.looks_at.contains(System::Port) {
            return Ok((BTreeMap::new(), BTreeMap::new()));
        }
        let names = self.names;
        let ending = [names.return_permissions.as_str(), names.revoke_permissions.as_str()];
        let of_blueprints =
            names.blueprints().map(async |name| Ok((name.to_owned(), self.port.blueprint_permissions(name).await?)));
        let of_actions = names
            .granting_actions()
            .into_iter()
            .chain(ending)
            .map(async |name| Ok((name.to_owned(), self.port.action_permissions(name).await?)));
        let (of_blueprints, of_actions) = join(join_all(of_blueprints), join_all(of_actions)).await;
        Ok((there(of_blueprints)?, there(of_actions)?))
    }

    async fn actions(&self) -> Result<Vec<Value>, ApiError> {
        if !self.looks_at.contains(System::Port) {
            return Ok(Vec::new());
        }
        let names = self.names.granting_actions().into_iter().chain(self.names.revoking_actions());
        let answers = join_all(names.map(|identifier| self.port.action(identifier))).await;
        Ok(answers.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    async fn in_repository(&self) -> Result<Option<InRepository>, ApiError> {
        if !self.looks_at.contains(System::GitHub) {
            return Ok(None);
        }
        let Some(repository) = self.github.repository(&self.target.owner, &self.target.repository).await? else {
            return Ok(None);
        };
        let environment = &self.names.environment;
        let store = Store::Environment(environment.clone());
        let in_environment = async {
            let Some(branches) = self.github.environment_branches(&repository, environment).await? else {
                return Ok((None, Vec::new()));
            };
            Ok((Some(branches), self.github.secret_names(&repository, &store).await?))
        };
        let guard = async {
            if !self.target.github_com {
                // Enterprise Server has rulesets, and no immutable releases.
                let (rules, rulesets) = self.rules(&repository).await?;
                return Ok((rules, rulesets, None));
            }
            let ((rules, rulesets), immutable) =
                try_join(self.rules(&repository), self.github.immutable_releases(&repository)).await?;
            Ok((rules, rulesets, immutable))
        };
        let configured = try_join(self.release(&repository), self.disabled_workflows(&repository));
        let (head, environment, repository_secrets, configured, guard) = try_join5(
            self.github.head(&repository, &repository.default_branch),
            in_environment,
            self.github.secret_names(&repository, &Store::Repository),
            configured,
            guard,
        )
        .await?;
        let ((environment, environment_secrets), (release, disabled_workflows)) = (environment, configured);
        let (rules, rulesets, immutable_releases) = guard;
        let seen = RepositorySeen {
            visibility: repository.visibility,
            rules,
            rulesets,
            // These as well, and what else there is.
            code_owners: None,
            users_of_secrets: Vec::new(),
            immutable_releases,
            blobs: head.as_ref().map(|head| head.blobs.clone()),
            // Which files are in the place of ours is only known when it is known what is wanted.
            differing: BTreeMap::new(),
            disabled_workflows,
            environment,
            environment_secrets,
            repository_secrets,
            release,
        };
        Ok(Some(InRepository { repository, head, seen }))
    }

    /// Returns the files in the place of ours that differ from them. Only those are read.
    async fn differing(
        &self,
        repository: &Repository,
        held: &RepositorySeen,
        wanted: &Wanted,
    ) -> Result<BTreeMap<String, DifferingFile>, ApiError> {
        let held = |path: &String| held.blobs.as_ref().and_then(|blobs| blobs.get(path));
        let differs = |file: &&WantedFile| held(&file.path).is_some_and(|blob| *blob != file.blob);
        let files = wanted.files.iter().filter(|file| !file.only_if_missing).filter(differs);
        let differing = files.map(async |file| {
            let text = match self.github.file(repository, &file.path).await {
                Ok(text) => text,
                // Ours are text.
                Err(error) if error.kind == ApiErrorKind::Undecodable => None,
                Err(error) => return Err(error),
            };
            let origin = text.as_deref().map_or(Origin::Foreign, Origin::of);
            Ok((file.path.clone(), DifferingFile { origin, text }))
        });
        join_all(differing).await.into_iter().collect()
    }

    /// Returns the workflows of ours that are on the default branch and that GitHub does not run, with its word for why.
    async fn disabled_workflows(&self, repository: &Repository) -> Result<BTreeMap<String, String>, ApiError> {
        let names = [&self.names.create_workflow, &self.names.delete_workflow, &self.names.sweep_workflow];
        let mut states = self.github.workflow_states(repository).await?;
        let ours = names.into_iter().filter_map(|name| states.remove_entry(name));
        Ok(ours.filter(|(_, state)| state.starts_with("disabled")).collect())
    }

    /// Returns what the rules file says as it stands on the default branch.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn rules_file(&self, observation: &Observation) -> Result<RulesFile, ApiError> {
        let path = &self.names.rules_path;
        let Observation { repository, seen, wanted, .. } = observation;
        let text = self.rules_text(repository.as_ref(), seen, wanted).await?;
        let branch = &observation.wanted.default_branch;
        let types = &self.target.resource_types;
        Ok(text.map(|text| RulesFile::read(path, branch, &text, types)).unwrap_or_default())
    }

    /// Returns the text of the rules file on the default branch, if it is there. Only one that is not ours is read.
    async fn rules_text(
        &self,
        repository: Option<&Repository>,
        seen: &Seen,
        wanted: &Wanted,
    ) -> Result<Option<String>, ApiError> {
        let path = &self.names.rules_path;
        let held = seen.repository.as_ref().and_then(|seen| seen.blobs.as_ref()?.get(path));
        let ours = wanted.files.iter().find(|file| file.path == *path);
        match (held, ours, repository) {
            (Some(blob), Some(ours), _) if *blob == ours.blob => Ok(Some(ours.contents.clone())),
            (Some(_), _, Some(repository)) => self.github.file(repository, path).await,
            _ => Ok(None),
        }
    }

    async fn release(&self, repository: &Repository) -> Result<ReleaseSeen, ApiError> {
        let runtime = &self.runtime.runtime;
        let Some(assets) = self.github.release_assets(repository, &runtime.tag).await? else {
            return Ok(ReleaseSeen::Absent);
        };
        let asset = assets.into_iter().find(|asset| asset.name == runtime.asset && asset.is_complete);
        Ok(asset.map_or(ReleaseSeen::WithoutAsset, |asset| ReleaseSeen::Published { digest: asset.digest }))
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
