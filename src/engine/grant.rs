//! The grant: nothing is live before it is on record.

use std::time::Duration;

use futures_util::future::{join, join3, join4};
use jiff::Timestamp;

use super::undo::{Made, Thing};
use super::{Engine, unknown_shape};
use crate::clients::aws::Caller;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{GitHub, RepositoryConfiguration};
use crate::clients::port::{RunPatch, SearchRule, Upsert};
use crate::domain::adoption::{Observed, PolicyStep, Steps, steps};
use crate::domain::catalog::{Approval, Run, User};
use crate::domain::decision::{Circumstances, Configuration, decide};
use crate::domain::grant::{AwsAccount, Grant, Scope};
use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::rules::ApprovalRule;
use crate::domain::time::utc;
use crate::domain::verification::{Evidence, VerifiedRequest, verify_age, verify_request, verify_run};
use crate::failure::Failure;

/// How often what is not visible everywhere yet is looked at again, a second apart.
const MOST_LOOKS: u32 = 10;
/// How often the plan is made anew when somebody else was faster or an answer was lost.
const MOST_PLANS: u32 = 4;

/// Where the workflow runs and what it was told, besides the dispatch.
#[derive(Clone, Debug)]
pub struct GrantSettings {
    /// Owner of the target repository.
    pub owner: String,
    /// Name of the target repository.
    pub repository: String,
    /// `GITHUB_REF` inside Actions.
    pub git_ref: Option<String>,
    /// The account that the reviewed workflow names.
    pub expected_account: Option<AccountId>,
    /// GitHub logins that started the workflow.
    pub dispatchers: Vec<String>,
}

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

/// Everything that was looked up.
struct Looked {
    caller: Caller,
    configuration: Configuration,
    scope: Scope,
    evidence: Evidence,
    approvals: Vec<Approval>,
    users: Vec<User>,
    observed: Observed,
    boundary: Option<serde_json::Value>,
}

impl Engine<'_> {
    /// Grants what the run asks for.
    ///
    /// # Errors
    ///
    /// Refuses what Port does not vouch for or no rule allows; fails when a system does. What this attempt made is
    /// then taken away again.
    pub async fn grant(
        &self,
        github: &GitHub,
        settings: &GrantSettings,
        dispatch: &Dispatch,
    ) -> Result<Granted, Failure> {
        let hinted = RequestForm::parse(&dispatch.properties)?;
        self.say("Reading the run, the rules and the account");
        let looked = self.look(github, settings, dispatch, &hinted).await?;
        let now = self.service_time()?;
        let finished = finished_well(&looked);
        let request = verified(dispatch, &looked, self.names, finished, now)?;
        let grant = self.decide(&request, &looked, &looked.observed, now)?;
        boundary_allows(&grant, looked.boundary.as_ref(), self.names, now)?;
        if finished {
            return self.already_granted(grant, &looked.observed, now).await;
        }
        self.say(&format!("Granting {} until {}", grant.id, utc(grant.expires)));
        let mut made = Made::default();
        let grant = match self.make_live(&request, &looked, grant, now, &mut made).await {
            Ok(grant) => grant,
            Err(failure) => return self.completed_by_another(&made, now, failure).await,
        };
        // From here on it is live and on record: that Port could not be told is no reason to take it away.
        let (visible, untold) = match self.tell_run(&grant, now).await {
            Ok(told) => told,
            Err(failure) => {
                // No attempt at an ended run can be completed any more, so the role is nobody else's.
                made.role = Thing::Made;
                return Err(self.undo(&made, failure).await);
            }
        };
        Ok(Granted { grant, now, was_live: false, still_propagating: !visible, untold })
    }

    async fn look(
        &self,
        github: &GitHub,
        settings: &GrantSettings,
        dispatch: &Dispatch,
        hinted: &RequestForm,
    ) -> Result<Looked, Failure> {
        let (organization, caller, repository) = join3(
            self.port.organization_id(),
            self.aws.caller(),
            github.configuration(&settings.owner, &settings.repository, self.names),
        )
        .await;
        let (organization, caller, repository) = (organization?, caller?, repository?);
        check_account(&caller, settings.expected_account.as_ref())?;
        check_ref(settings.git_ref.as_deref(), &repository)?;
        let configuration = Configuration::parse(
            repository.rules.as_deref(),
            repository.policy_template.as_deref(),
            repository.trust_template.as_deref(),
        )?;
        check_dispatchers(&configuration.rules.dispatchers, &settings.dispatchers)?;
        let scope = Scope(format!("{organization}/{}", repository.repository_id));
        let account = caller.account.clone();
        let ((evidence, approvals, users), (observed, boundary)) =
            join(self.ask_port(dispatch, hinted, &configuration), self.ask_aws(&account, dispatch))
                .await
                .transposed()?;
        Ok(Looked { caller, configuration, scope, evidence, approvals, users, observed, boundary })
    }

    async fn ask_port(
        &self,
        dispatch: &Dispatch,
        hinted: &RequestForm,
        configuration: &Configuration,
    ) -> Result<(Evidence, Vec<Approval>, Vec<User>), Failure> {
        let run_id = dispatch.run_id.as_str();
        let mut resources = vec![dispatch.entity.clone()];
        resources.extend(hinted.additional_resources.iter().map(ToString::to_string));
        let permissions = hinted.permissions.iter().map(ToString::to_string).collect();
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
            let users = futures_util::future::join_all(approvers.iter().map(|email| self.port.user(email)));
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
        let (approvals, users) = approval?;
        let evidence = Evidence {
            run: run?,
            requester: requester?,
            resources: resources?,
            permissions: permissions?,
            record: record?,
        };
        Ok((evidence, approvals, users))
    }

    async fn ask_aws(
        &self,
        account: &AwsAccount,
        dispatch: &Dispatch,
    ) -> Result<(Observed, Option<serde_json::Value>), Failure> {
        let grant = dispatch.run_id.grant_id();
        let boundary = account.boundary_arn(self.names);
        let (observed, boundary, quotas) =
            join3(self.observe(account, &grant), self.aws.policy(&boundary), self.aws.quotas()).await;
        let observed = observed?;
        // A role that is there already needs no room.
        if let Some(quotas) = quotas?.filter(|_| observed.role.is_none()) {
            quotas.check()?;
        }
        Ok((observed, boundary?.map(|policy| policy.document)))
    }

    async fn observe(
        &self,
        account: &AwsAccount,
        grant: &crate::domain::identifier::GrantId,
    ) -> Result<Observed, ApiError> {
        let policy = account.policy_arn(self.names, grant);
        let (role, policy) = join(self.aws.role(grant.as_str()), self.aws.policy(&policy)).await;
        Ok(Observed { role: role?, policy: policy? })
    }

    fn decide(
        &self,
        request: &VerifiedRequest,
        looked: &Looked,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        decide(
            request,
            &Circumstances {
                configuration: &looked.configuration,
                account: &looked.caller.account,
                scope: &looked.scope,
                approvals: &looked.approvals,
                users: &looked.users,
                now,
                first_end: observed.first_end(),
            },
        )
    }

    /// A run that has ended well was granted before: everything must be there, or it has been taken away since.
    async fn already_granted(&self, grant: Grant, observed: &Observed, now: Timestamp) -> Result<Granted, Failure> {
        let nothing_missing = Steps { create_role: false, policy: PolicyStep::Keep };
        let complete = steps(&grant, self.names, observed).is_ok_and(|steps| steps == nothing_missing);
        let policy = grant.account.policy_arn(self.names, &grant.id);
        let attached = self.aws.attached_policies(grant.id.as_str()).await?.unwrap_or_default();
        // Anything else that is attached makes it more, or less: a revocation begins with AWSDenyAll.
        if complete && attached == [policy] {
            return Ok(Granted { grant, now, was_live: true, still_propagating: false, untold: None });
        }
        let reason = "the run has ended, and its grant is no longer as it was made";
        Err(Refusal::new("run-over", "runId", reason, "ask again in Port").into())
    }

    /// What failed here may have been completed meanwhile by another attempt at the same run, with the role that this
    /// one made: then nothing must be undone. Otherwise it is.
    async fn completed_by_another(&self, made: &Made, now: Timestamp, failure: Failure) -> Result<Granted, Failure> {
        let Some(grant) = made.grant.clone() else { return Err(failure) };
        match self.port.run(grant.run_id.as_str()).await {
            Ok(Some(run)) if run.is_successful() => {
                let observed = self.observe(&grant.account, &grant.id).await?;
                self.already_granted(grant, &observed, now).await
            }
            _ => Err(self.undo(made, failure).await),
        }
    }

    async fn make_live(
        &self,
        request: &VerifiedRequest,
        looked: &Looked,
        grant: Grant,
        now: Timestamp,
        made: &mut Made,
    ) -> Result<Grant, Failure> {
        let grant = self.create(request, looked, grant, now, made).await?;
        self.record(&grant, now, made).await?;
        self.attach(&grant).await?;
        Ok(grant)
    }

    /// Logs the grant and ends the run. Returns whether the grant could be read back, and why the run could not be told.
    ///
    /// # Errors
    ///
    /// Fails when somebody has ended the run otherwise meanwhile: what Port calls failed must not be live.
    async fn tell_run(&self, grant: &Grant, now: Timestamp) -> Result<(bool, Option<Failure>), Failure> {
        let run = grant.run_id.as_str();
        let message = log_message(grant, self.names, now);
        let (visible, logged) = join(self.wait_until_visible(grant), self.port.log(run, &message)).await;
        if let Err(error) = logged {
            tracing::warn!(%error, "the grant could not be logged in Port");
        }
        let patch = RunPatch { succeeded: Some(true), label: Some(format!("until {}", utc(grant.expires))) };
        let untold = match self.port.report(run, &patch).await {
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

    /// Creates role and policy, or adopts what an earlier attempt left. Nothing of it can do anything yet.
    async fn create(
        &self,
        request: &VerifiedRequest,
        looked: &Looked,
        grant: Grant,
        now: Timestamp,
        made: &mut Made,
    ) -> Result<Grant, Failure> {
        let mut grant = grant;
        let mut observed = looked.observed.clone();
        made.grant = Some(grant.clone());
        for _ in 0..MOST_PLANS {
            let steps = steps(&grant, self.names, &observed)?;
            match self.create_missing(&grant, steps, made).await {
                Ok(()) => return Ok(grant),
                // Somebody was faster, or the answer was lost: look again, never repeat blindly.
                Err(error) if is_ambiguous(&error) => {
                    self.world.sleep(Duration::from_millis(200)).await;
                    observed = self.observe(&grant.account, &grant.id).await?;
                    made.adopt(&observed);
                    grant = self.decide(request, looked, &observed, now)?;
                    made.grant = Some(grant.clone());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::failed("another attempt at the same run is at work")
            .hint("wait for it to end, then run this again"))
    }

    async fn create_missing(&self, grant: &Grant, steps: Steps, made: &mut Made) -> Result<(), ApiError> {
        let policy_arn = grant.account.policy_arn(self.names, &grant.id);
        let policy = async {
            if steps.policy == PolicyStep::Keep {
                return (Ok(()), false);
            }
            if steps.policy == PolicyStep::Replace
                && let Err(error) = self.aws.delete_policy(&policy_arn).await
            {
                return (Err(error), false);
            }
            let description = format!("Temporary permissions of {}, made by port-iam", grant.id);
            let result = self
                .aws
                .create_policy(&self.names.iam_path, grant.id.as_str(), &grant.policy, &description, &grant.tags())
                .await;
            (result, true)
        };
        let role = async {
            if !steps.create_role {
                return (Ok(()), false);
            }
            (self.aws.create_role(grant, self.names).await, true)
        };
        let ((policy, policy_tried), (role, role_tried)) = join(policy, role).await;
        made.policy.note(policy_tried, &policy);
        made.role.note(role_tried, &role);
        // A clear failure weighs more than one that can be looked up.
        match (policy, role) {
            (Err(error), Err(other)) => Err(if is_ambiguous(&error) { other } else { error }),
            (Err(error), Ok(())) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    /// Puts the grant on record, in the catalog and for good, before it can do anything.
    async fn record(&self, grant: &Grant, now: Timestamp, made: &mut Made) -> Result<(), Failure> {
        made.recorded = true;
        let (entity, record) = (grant.entity(self.names), grant.record(now));
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

    async fn attach(&self, grant: &Grant) -> Result<(), Failure> {
        let policy = grant.account.policy_arn(self.names, &grant.id);
        let mut looks = 1;
        loop {
            match self.aws.attach(grant.id.as_str(), &policy).await {
                Ok(()) => return Ok(()),
                // IAM answers so while role and policy are not known everywhere yet (IAM User Guide, "Troubleshoot").
                Err(error)
                    if matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Forbidden) && looks < MOST_LOOKS =>
                {
                    looks += 1;
                    self.world.sleep(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns whether role and attachment can be read back within a bounded time.
    async fn wait_until_visible(&self, grant: &Grant) -> bool {
        let policy = grant.account.policy_arn(self.names, &grant.id);
        for _ in 0..MOST_LOOKS {
            match self.aws.attached_policies(grant.id.as_str()).await {
                Ok(Some(attached)) if attached.contains(&policy) => return true,
                _ => self.world.sleep(Duration::from_secs(1)).await,
            }
        }
        false
    }
}

/// Joins two results of one error type into one.
trait Transposed<A, B> {
    fn transposed(self) -> Result<(A, B), Failure>;
}

impl<A, B> Transposed<A, B> for (Result<A, Failure>, Result<B, Failure>) {
    fn transposed(self) -> Result<(A, B), Failure> {
        Ok((self.0?, self.1?))
    }
}

fn untold(grant: &Grant, error: ApiError) -> Failure {
    let hint = format!("{} is live and on record; run this again to end the run in Port", grant.id);
    Failure::from(error).hint(hint)
}

fn is_ambiguous(error: &ApiError) -> bool {
    matches!(error.kind, ApiErrorKind::Conflict | ApiErrorKind::NoAnswer | ApiErrorKind::Server)
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

fn finished_well(looked: &Looked) -> bool {
    let ended = looked.evidence.run.as_ref().is_some_and(Run::is_successful);
    ended && looked.observed.role.is_some() && looked.observed.policy.is_some()
}

fn verified(
    dispatch: &Dispatch,
    looked: &Looked,
    names: &crate::domain::names::Names,
    finished: bool,
    now: Timestamp,
) -> Result<VerifiedRequest, Failure> {
    let mut evidence = looked.evidence.clone();
    if let Some(run) = evidence.run.as_mut().filter(|_| finished) {
        // A second dispatch of a run that ended well is told so, after the same checks as the first.
        run.status = "IN_PROGRESS".to_owned();
    }
    let run = verify_run(dispatch, evidence.run.as_ref(), &names.request_permissions)?;
    let form = RequestForm::parse(run.form()).map_err(unknown_shape)?;
    if !finished {
        verify_age(age_counts_from(run, &looked.approvals), now)?;
    }
    Ok(verify_request(dispatch, &form, &evidence, &names.request_permissions)?)
}

/// A request that waited for approval is as old as the approval, which is the last change before it could start.
fn age_counts_from(run: &Run, approvals: &[Approval]) -> Option<Timestamp> {
    let approved = approvals.iter().any(Approval::is_approved);
    if approved { run.updated_at.or(run.created_at) } else { run.created_at }
}

fn check_account(caller: &Caller, expected: Option<&AccountId>) -> Result<(), Failure> {
    match expected {
        Some(expected) if *expected != caller.account.id => {
            let reason = format!("the credentials belong to {}, the workflow is for {expected}", caller.account.id);
            Err(Refusal::new(
                "other-account",
                "AWS_ACCOUNT_ID",
                reason,
                "check the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
            .into())
        }
        _ => Ok(()),
    }
}

/// A workflow on another branch is another workflow: its file and its rules were reviewed by nobody.
fn check_ref(git_ref: Option<&str>, repository: &RepositoryConfiguration) -> Result<(), Refusal> {
    let default = format!("refs/heads/{}", repository.default_branch);
    match git_ref {
        Some(git_ref) if git_ref != default => {
            let reason = format!("the workflow runs on {}, not on the default branch", quoted(git_ref));
            Err(Refusal::new("other-branch", "GITHUB_REF", reason, "start the action in Port"))
        }
        _ => Ok(()),
    }
}

fn check_dispatchers(allowed: &[String], dispatchers: &[String]) -> Result<(), Refusal> {
    let stranger = dispatchers.iter().find(|login| !allowed.iter().any(|name| name.eq_ignore_ascii_case(login)));
    match stranger {
        Some(login) if !allowed.is_empty() => {
            let reason = format!("the workflow was started by {}, whom the rules file does not name", quoted(login));
            Err(Refusal::new("other-dispatcher", "dispatchers", reason, "start the action in Port"))
        }
        _ => Ok(()),
    }
}

/// What the boundary does not allow, the grant could not do: better to say so now.
fn boundary_allows(
    grant: &Grant,
    boundary: Option<&serde_json::Value>,
    names: &crate::domain::names::Names,
    now: Timestamp,
) -> Result<(), Failure> {
    use crate::domain::boundary::first_forbidden;
    let arn = grant.account.boundary_arn(names);
    let remedy =
        "an administrator can create it: `port-iam aws boundary` prints it, `port-iam init` creates it where it may";
    let Some(boundary) = boundary else {
        let reason = format!("the permissions boundary {arn} does not exist");
        return Err(Refusal::new("no-boundary", "boundary", reason, remedy).into());
    };
    match first_forbidden(&grant.policy, boundary, now)? {
        None => Ok(()),
        Some((action, resource)) => {
            let reason = format!("the permissions boundary {arn} does not allow {action} on {resource}");
            let remedy = "ask an administrator to allow it in the boundary (`port-iam aws boundary` prints the present one), or ask for something else";
            Err(Refusal::new("boundary", "permissions", reason, remedy).into())
        }
    }
}

/// The guide's lines, and the end.
fn log_message(grant: &Grant, names: &crate::domain::names::Names, now: Timestamp) -> String {
    use crate::domain::time::relative;
    format!(
        "Created permission for the AWS resource \"{}\"🚀\nRequester for this permission is: {}\nThe sign-in URL: {}\nPermissions: {}\nUntil: {} ({})\nTo assume the role, your own AWS identity needs the requester policy (`port-iam aws requester-policy`).",
        grant.resource,
        grant.requester,
        grant.sign_in_url(names),
        grant.permissions.join(", "),
        utc(grant.expires),
        relative(grant.expires, now),
    )
}
