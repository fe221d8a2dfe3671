//! Looks up everything that decides about a grant: what does not depend on each other, at once.

use futures_util::future::{join, join3, join4};

use super::GrantSettings;
use super::extend::first_asked;
use super::open::OpenSeen;
use crate::clients::aws::Caller;
use crate::clients::aws::PolicyHead;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::GitHub;
use crate::clients::port::SearchRule;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::catalog::{Approval, User};
use crate::domain::decision::Configuration;
use crate::domain::extension::{Extended, ExtensionForm};
use crate::domain::iam::Observed;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::lies_in::account_of;
use crate::domain::names::Names;
use crate::domain::quotas::Quotas;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::rules::{ApprovalRule, Rules};
use crate::domain::tags::Scope;
use crate::domain::verification::Evidence;
use crate::engine::Engine;
use crate::failure::Failure;

/// Everything that was looked up.
pub(super) struct Looked {
    pub(super) place: Place,
    pub(super) evidence: Evidence,
    pub(super) approvals: Vec<Approval>,
    pub(super) users: Vec<User>,
    pub(super) observed: Observed,
    pub(super) quotas: Option<Quotas>,
    pub(super) boundary: Option<serde_json::Value>,
    /// None when the dispatch names nobody, and where nothing is to be granted.
    pub(super) open: Option<OpenSeen>,
    /// What is held of the grant that is to be extended, when it is an extension that is asked for.
    pub(super) extended: Option<Extended>,
}

/// What the dispatch seems to ask for. Which it is, the action of its run decides.
pub(super) enum Hinted {
    /// Permissions on a resource.
    Request(RequestForm),
    /// To go on with this grant. No resource has such a name.
    Extension(GrantId),
}

impl Hinted {
    /// Returns the account that the entity of the dispatch names, if it does.
    pub(super) fn account(dispatch: &Dispatch) -> Option<AccountId> {
        let arn = Arn::parse("entity", &dispatch.entity).ok()?;
        AccountId::parse("entity", arn.account()).ok()
    }

    /// Reads the dispatch.
    pub(super) fn of(dispatch: &Dispatch) -> Result<Self, Refusal> {
        match GrantId::parse(&dispatch.entity) {
            Ok(grant) => ExtensionForm::parse(&dispatch.properties).map(|_| Self::Extension(grant)),
            Err(_) => RequestForm::parse(&dispatch.properties).map(Self::Request),
        }
    }
}

/// Where the workflow runs.
#[derive(Clone)]
pub(in crate::engine) struct Place {
    pub(in crate::engine) caller: Caller,
    pub(in crate::engine) configuration: Configuration,
    pub(in crate::engine) scope: Scope,
    /// The account that the workflows are set up in.
    pub(in crate::engine) home: AccountId,
    /// Whether the rules file names everybody who started the workflow; not while it names nobody.
    pub(in crate::engine) starters_are_listed: bool,
}

impl Place {
    /// Lets a failure end the run of the dispatch only where no stranger can have sent it.
    pub(super) fn failing(&self, failure: impl Into<Failure>) -> Failure {
        let failure = failure.into();
        if self.starters_are_listed { failure } else { failure.leaving_run_open() }
    }
}

/// Returns what a grant fails with whose job AWS did not let in. Where the workflow runs and who started it is judged
/// first: AWS asks for both as well, and its refusal of a stranger must not end the run that the stranger names.
pub async fn not_let_in(names: &Names, github: &GitHub, settings: &GrantSettings, failure: Failure) -> Failure {
    let Ok(repository) = github.configuration(&settings.owner, &settings.repository, names).await else {
        return failure.leaving_run_open();
    };
    let workflow = settings.workflow();
    let is_here = workflow.verify_repository(repository.repository_id);
    let judged = is_here.and_then(|()| workflow.verify_branch(&repository.default_branch)).and_then(|()| {
        let rules = repository.rules.as_deref().and_then(|text| Rules::parse(text).ok());
        rules.map_or(Ok(false), |rules| workflow.verify_starters(&rules))
    });
    match judged {
        Ok(true) => failure,
        Ok(false) => failure.leaving_run_open(),
        Err(refusal) => refusal.into(),
    }
}

impl Engine<'_> {
    /// Looks at where the workflow runs, before anything that it was told is read.
    pub(in crate::engine) async fn look_around(
        &self,
        github: &GitHub,
        settings: &GrantSettings,
    ) -> Result<Place, Failure> {
        let (organization, caller, repository) = join3(
            self.port.organization_id(),
            self.aws.caller(),
            github.configuration(&settings.owner, &settings.repository, self.names),
        )
        .await;
        // Who started it is judged before what else went wrong, and as long as it is not known, no failure ends a run.
        // Credentials that are missing are told before a repository that cannot be read.
        let repository = match (repository, &caller) {
            (Ok(repository), _) => repository,
            (Err(_), Err(error)) => return Err(Failure::from(error.clone()).leaving_run_open()),
            (Err(error), Ok(_)) => return Err(Failure::from(error).leaving_run_open()),
        };
        let workflow = settings.workflow();
        workflow.verify_repository(repository.repository_id)?;
        workflow.verify_branch(&repository.default_branch)?;
        let configuration = Configuration::parse(
            repository.rules.as_deref(),
            repository.policy_template.as_deref(),
            repository.trust_template.as_deref(),
        )?;
        let starters_are_listed = workflow.verify_starters(&configuration.rules)?;
        let failing = |failure: Failure| if starters_are_listed { failure } else { failure.leaving_run_open() };
        let (organization, caller) =
            (organization.map_err(|error| failing(error.into()))?, caller.map_err(|error| failing(error.into()))?);
        caller.account.check_expected(settings.expected_account.as_ref()).map_err(|refusal| failing(refusal.into()))?;
        let scope = Scope::new(&organization, repository.repository_id, &self.names.prefix);
        let home = caller.account.id.clone();
        Ok(Place { caller, configuration, scope, home, starters_are_listed })
    }

    /// Returns what AWS tells of the boundary in the account that the workflow names, before the caller is known; its document
    /// needs a second answer. What cannot be told is asked for later.
    pub(super) async fn boundary_head(&self, settings: &GrantSettings) -> Option<PolicyHead> {
        let account = AwsAccount::in_region(settings.expected_account.clone()?, self.aws.region()?);
        self.aws.policy_head(&account.boundary_arn(self.names)).await.ok().flatten()
    }

    /// Looks up what the dispatch speaks of.
    pub(super) async fn look(
        &self,
        place: Place,
        dispatch: &Dispatch,
        hinted: Hinted,
        boundary: Option<&PolicyHead>,
    ) -> Result<Looked, Failure> {
        let account = place.caller.account.clone();
        let port = async {
            let (asked, extended) = match hinted {
                Hinted::Request(form) => (Some((dispatch.entity.clone(), form)), None),
                Hinted::Extension(grant) => {
                    let extended = self.extended(&account, &grant).await?;
                    (first_asked(&extended, self.names), Some(extended))
                }
            };
            Ok::<_, Failure>((self.ask_port(dispatch, asked, &place.configuration).await?, extended))
        };
        // On the heap: what is asked at once is large.
        let (port, aws) = (Box::pin(port), Box::pin(self.ask_aws(&account, dispatch, boundary)));
        let (port, aws) = join(port, aws).await;
        let ((evidence, approvals, users), extended) = port?;
        let (observed, quotas, boundary) = aws?;
        Ok(Looked { place, evidence, approvals, users, observed, quotas, boundary, open: None, extended })
    }

    /// Looks up what the dispatch speaks of, and beside it what is open that a new grant is held against.
    pub(super) async fn look_before_granting(
        &self,
        place: Place,
        dispatch: &Dispatch,
        hinted: Hinted,
        boundary: Option<&PolicyHead>,
    ) -> Result<Looked, Failure> {
        let (limits, account) = (place.configuration.rules.open_grants, place.caller.account.id.clone());
        let open = async {
            match dispatch.requester.as_deref() {
                Some(requester) => self.open_grants(limits, requester, &account).await.map(Some),
                None => Ok(None),
            }
        };
        let (looked, open) = join(Box::pin(self.look(place, dispatch, hinted, boundary)), Box::pin(open)).await;
        Ok(Looked { open: open?, ..looked? })
    }

    /// Looks at AWS once more, in the account of this engine: what Port says stands.
    pub(super) async fn look_in(&self, place: Place, looked: Looked, dispatch: &Dispatch) -> Result<Looked, Failure> {
        let account = &place.caller.account;
        let old = GrantId::parse(&dispatch.entity).ok().filter(|_| looked.extended.is_some());
        let role = async {
            match &old {
                Some(old) => self.role_and_policies(account, old).await,
                None => Ok((None, Vec::new())),
            }
        };
        let (asked, role) = join(self.ask_aws(account, dispatch, None), role).await;
        let ((observed, quotas, boundary), (role, attached)) = (asked?, role?);
        let extended = looked.extended.map(|extended| Extended { role, attached, ..extended });
        Ok(Looked { place, observed, quotas, boundary, extended, ..looked })
    }

    /// `asked` is what is asked for on which entity; none when that cannot be told, and then nothing will be granted.
    async fn ask_port(
        &self,
        dispatch: &Dispatch,
        asked: Option<(String, RequestForm)>,
        configuration: &Configuration,
    ) -> Result<(Evidence, Vec<Approval>, Vec<User>), Failure> {
        let run_id = dispatch.run_id.as_str();
        let (mut resources, mut permissions) = (Vec::new(), Vec::new());
        if let Some((entity, form)) = asked {
            resources.push(entity);
            resources.extend(form.additional_resources.iter().map(ToString::to_string));
            permissions.extend(form.permissions.iter().map(ToString::to_string));
        }
        let requester = async {
            match dispatch.requester.as_deref() {
                Some(email) => self.port.user(email).await,
                None => Ok(None),
            }
        };
        let approvers = approvers(configuration);
        let approval = async {
            if approvers.is_empty() {
                return Ok((Vec::new(), Vec::new()));
            }
            let users = futures_util::future::join_all(approvers.iter().map(|email| self.approver(email)));
            let (approvals, users) = join(self.port.approvals(run_id), users).await;
            let users = users.into_iter().collect::<Result<Vec<_>, ApiError>>()?;
            Ok::<_, ApiError>((approvals?, users.into_iter().flatten().collect()))
        };
        let (resources, permissions) = ([SearchRule::IdentifierIn(resources)], [SearchRule::IdentifierIn(permissions)]);
        let grant = dispatch.run_id.grant_id();
        let entities = join3(
            self.port.search(&self.names.aws_resource, &resources),
            self.port.search(&self.names.iam_permissions, &permissions),
            self.port.entity(&self.names.permission_records, grant.as_str()),
        );
        let (run, requester, approval, (resources, permissions, record)) =
            join4(self.port.run(run_id), requester, approval, entities).await;
        let (mut approvals, users): (_, Vec<User>) = approval?;
        // Where no rule asks for anybody, Port may all the same: its approval says when the request was last meant.
        if approvers.is_empty() && run.as_ref().is_ok_and(|run| run.as_ref().is_some_and(|run| run.needs_approval)) {
            approvals = self.port.approvals(run_id).await?;
        }
        let kinds = &configuration.rules.kinds_of_people;
        let evidence = Evidence {
            run: run?,
            requester: requester?.map(|user| user.among_people(kinds)),
            resources: resources?,
            permissions: permissions?,
            record: record?,
        };
        let users = users.into_iter().map(|user| user.among_people(kinds)).collect();
        Ok((evidence, approvals, users))
    }

    /// Returns somebody whom the rules name as an approver; nobody where Port's answer cannot be read: a yes of such a person
    /// counts for nothing, and keeps nobody from what others approve, or what needs no approval.
    async fn approver(&self, email: &str) -> Result<Option<User>, ApiError> {
        match self.port.user(email).await {
            Err(error) if error.kind == ApiErrorKind::Undecodable => {
                tracing::warn!(%error, approver = email, "an approver of the rules file counts for nobody");
                Ok(None)
            }
            answer => answer,
        }
    }

    async fn ask_aws(
        &self,
        account: &AwsAccount,
        dispatch: &Dispatch,
        boundary: Option<&PolicyHead>,
    ) -> Result<(Observed, Option<Quotas>, Option<serde_json::Value>), Failure> {
        let grant = dispatch.run_id.grant_id();
        let arn = account.boundary_arn(self.names);
        let boundary = async {
            match boundary.filter(|head| head.arn == arn) {
                Some(head) => self.aws.policy_of(head).await,
                None => self.aws.policy(&arn).await,
            }
        };
        let (observed, boundary, quotas) =
            join3(self.observe_whole(account, &grant), boundary, self.aws.quotas()).await;
        Ok((observed?, quotas?, boundary?.map(|policy| policy.document)))
    }
}

impl Looked {
    /// Returns the account of the first resource that is asked for, as far as it can be told: what contradicts itself is
    /// refused later.
    pub(super) fn account(&self, dispatch: &Dispatch, names: &Names) -> Option<AccountId> {
        let identifier = match &self.extended {
            Some(extended) => first_asked(extended, names)?.0,
            None => dispatch.entity.clone(),
        };
        let entity = self.evidence.resources.iter().find(|entity| entity.identifier == identifier)?;
        account_of("entity", &Arn::parse("entity", &identifier).ok()?, entity).ok()?
    }
}

fn approvers(configuration: &Configuration) -> Vec<String> {
    let required = |rule: &crate::domain::rules::Rule| match &rule.approval {
        ApprovalRule::Required { approvers } => approvers.clone(),
        ApprovalRule::None => Vec::new(),
    };
    let mut all: Vec<String> = configuration.rules.rules.iter().flat_map(required).collect();
    all.sort();
    all.dedup();
    all
}
