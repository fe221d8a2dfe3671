//! What should be known beyond the steps: prerequisites that nobody but the operator can see to.

use std::fmt;

use serde_json::{Value, json};

use super::access::AccessSource;
use super::code_owners;
use super::entering::is_workflow;
use super::files::is_misattributed;
use super::generated::Origin;
use super::guard::bypass_is_hidden;
use super::page;
use super::plan::{Step, System};
use super::seen::{App, BranchRules, RepositorySeen, Seen};
use super::wanted::{AWS_SECRETS, ApprovalNotification, SecretStore, Wanted, WantedApproval, WorkflowAccess};
use crate::domain::own_command::Invocation;
use crate::domain::trust::Trust;

/// Where Port's GitHub app is installed.
const APP_PAGE: &str = "https://github.com/apps/getport-io/installations/new";
/// The scopes that a classic token needs (GitHub Docs, "Scopes for OAuth apps").
const SCOPES: [&str; 2] = ["repo", "workflow"];

/// Tells that nobody could see who may pass the branch's rules by.
pub const BYPASS_HIDDEN: &str = "bypass-hidden";
/// Tells that the files wait in a pull request for somebody to merge it.
pub const WAITING_FOR_PULL_REQUEST: &str = "waiting-for-pull-request";
/// Tells that Port did not take the page.
pub const PAGE_PENDING: &str = "page-pending";
/// Tells that a workflow in the place of ours, which this tool did not write so, could use the secrets that are there.
pub const SECRETS_EXPOSED: &str = "secrets-exposed";
/// Tells that the boundary waits for an administrator of the account.
pub const BOUNDARY_PENDING: &str = "boundary-pending";

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is written until it is mended.
    Blocking,
    /// It should be mended.
    Warning,
    /// It should be known.
    Note,
}

/// Something that should be known, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable word for machines, in kebab case.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// Creates a finding.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), remedy: remedy.into() }
    }

    /// Returns the same finding, whose commands name the installation.
    #[must_use]
    pub fn completed(self, invocation: &Invocation) -> Self {
        let (message, remedy) = (invocation.completed(&self.message), invocation.completed(&self.remedy));
        Self { message, remedy, ..self }
    }

    /// Returns the finding for machines.
    pub fn json(&self) -> Value {
        let Self { severity, code, message, remedy } = self;
        let severity = match severity {
            Severity::Blocking => "blocking",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        json!({ "severity": severity, "code": code, "message": message, "remedy": remedy })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code: _, message, remedy } = self;
        let word = match severity {
            Severity::Blocking => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(formatter, "{word}: {message}\n      {remedy}")
    }
}

pub(super) fn findings(wanted: &Wanted, seen: &Seen, steps: &[Step]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let writes_to_github = steps.iter().any(|step| step.system == System::GitHub && step.write().is_some())
        && wanted.share.contains(System::GitHub);
    findings.extend(scopes(seen.token_scopes.as_deref()).filter(|_| writes_to_github));
    findings
        .extend(app(wanted, seen.app).filter(|_| wanted.through_the_app && seen.looked_at.contains(System::GitHub)));
    if !seen.integrations_visible && seen.looked_at.contains(System::Port) {
        findings.push(Finding::new(
            Severity::Warning,
            "integrations-hidden",
            "the Port credentials may not see the organisation's integrations, so the backend was not chosen by them",
            "port-iam init --backend github (or --backend ocean); a Port administrator's credentials see which one there is",
        ));
    }
    findings.extend(secrets(wanted, seen));
    findings.extend(exposed(wanted, seen));
    findings.extend(access(wanted, seen));
    findings.extend(unguarded(wanted, seen));
    if let Some(repository) = &seen.repository {
        findings.extend(code_owners::finding(wanted, repository));
        findings.extend(hidden_bypass(repository));
    }
    findings.extend(approval(wanted).filter(|_| seen.looked_at.contains(System::GitHub)));
    if page::is_done_without(wanted, seen) && seen.looked_at.contains(System::Port) {
        findings.push(Finding::new(
            Severity::Note,
            "no-page",
            "this installation does without a page in Port that shows who has access, until when, and what was asked for",
            "port-iam init --page makes it",
        ));
    }
    findings.push(Finding::new(
        Severity::Note,
        "trust-account",
        format!("the first rules file has, as Port's guide, {}", Trust::Account.what_it_proves()),
        "give that right to few people, with `port-iam aws requester-policy`, or choose another mode in the rules file",
    ));
    findings.push(Finding::new(
        Severity::Note,
        "requester-policy",
        "people can only use a grant if their own AWS identity may assume roles under /port-iam/",
        "attach what `port-iam aws requester-policy` prints to the people who ask",
    ));
    findings
}

/// That it cannot be told whom the rules of the branch bind.
fn hidden_bypass(seen: &RepositorySeen) -> Option<Finding> {
    bypass_is_hidden(seen).then(|| {
        Finding::new(
            Severity::Warning,
            BYPASS_HIDDEN,
            "who may pass the rules of the branch by cannot be told: GitHub tells it to administrators alone, and of an organisation's own rulesets to its owners",
            "port-iam doctor --only github, with the token of an administrator of the repository",
        )
    })
}

/// That nothing guards the branch whose files decide.
fn unguarded(wanted: &Wanted, seen: &Seen) -> Option<Finding> {
    let repository = seen.repository.as_ref()?;
    (repository.rules == BranchRules::Unavailable).then(|| {
        Finding::new(
            Severity::Warning,
            "branch-unguarded",
            format!(
                "this GitHub plan has no rules for branches of private repositories: whoever may write to {}/{} can change the rules file and the workflows unreviewed",
                wanted.owner, wanted.repository
            ),
            format!("{}, or use a plan with rulesets and run `port-iam init` again", who_writes(wanted)),
        )
    })
}

/// Returns the command that shows who may write to the repository, and who only should.
fn who_writes(wanted: &Wanted) -> String {
    format!(
        "gh api repos/{}/{}/collaborators --jq '.[] | select(.permissions.push) | .login' tells who may write: leave it to people who may administer the AWS account's permissions",
        wanted.owner, wanted.repository
    )
}

/// What should be known about approval. The rules file decides; Port only asks.
fn approval(wanted: &Wanted) -> Option<Finding> {
    let path = &wanted.names.rules_path;
    let said = wanted.asks_for_approval;
    match (&wanted.approval, said) {
        (WantedApproval::AsItIs, true) => Some(Finding::new(
            Severity::Warning,
            "approval-without-rule",
            format!("--approval is said, and no rule in {path}, which is there already, wants an approval"),
            format!("write `approval: required` and `approvers` into a rule of {path}, and run `port-iam init` again"),
        )),
        (WantedApproval::AsItIs, false) => Some(Finding::new(
            Severity::Note,
            "no-approval",
            "nobody has to approve a request: whom a rule lets ask is granted at once",
            format!(
                "for approval by one of several people, begin with `port-iam init --approval any --approvers PEOPLE`, or write `approval: required` into {path} and run `port-iam init` again"
            ),
        )),
        (WantedApproval::Demanded { notification, .. }, _) => {
            (!matches!(notification, Some(ApprovalNotification::Webhook(_)))).then(|| Finding::new(
                Severity::Note,
                "approvers-without-mail",
                "Port sends no e-mail to approvers that a policy chooses, and a policy keeps requesters from approving their own requests; they see it in the portal",
                "have Port call a webhook as well: --approval-webhook URL",
            ))
        }
    }
}

fn scopes(scopes: Option<&[String]>) -> Option<Finding> {
    let held = scopes?;
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !held.iter().any(|held| held == scope)).collect();
    if missing.is_empty() {
        return None;
    }
    Some(Finding::new(
        Severity::Blocking,
        "github-scopes",
        format!("the GitHub token has the scopes [{}] and lacks {}", held.join(", "), missing.join(" and ")),
        format!("gh auth refresh -s {}", missing.join(",")),
    ))
}

fn app(wanted: &Wanted, app: App) -> Option<Finding> {
    let repository = format!("{}/{}", wanted.owner, wanted.repository);
    let (severity, code, message) = match app {
        App::Installed => (
            Severity::Note,
            "port-app",
            format!(
                "Port's GitHub app is installed; GitHub does not tell whether {repository} is among its repositories"
            ),
        ),
        App::Absent => (
            Severity::Warning,
            "port-app-missing",
            format!("Port's GitHub app is not installed for {}: Port cannot start the workflows", wanted.owner),
        ),
        App::Powerless => (
            Severity::Warning,
            "port-app-powerless",
            format!("Port's GitHub app is suspended for {}, or lacks the right to start workflows", wanted.owner),
        ),
        App::Unknown => (
            Severity::Note,
            "port-app-unknown",
            format!("GitHub does not tell here whether Port's GitHub app is installed for {}", wanted.owner),
        ),
    };
    let remedy = match app {
        App::Installed => format!("if it is not, give it the repository: {APP_PAGE}"),
        App::Absent | App::Powerless | App::Unknown => format!("install it, or give it {repository}: {APP_PAGE}"),
    };
    Some(Finding::new(severity, code, message, remedy))
}

/// What should be known about how the workflows reach AWS.
fn access(wanted: &Wanted, seen: &Seen) -> Option<Finding> {
    match wanted.access {
        WorkflowAccess::AccessKey => (wanted.access_source == AccessSource::Kept).then(|| {
            Finding::new(
                Severity::Note,
                "aws-access-key",
                "the workflows go on using the access key that lies in the secrets",
                "`port-iam init --aws-auth oidc --aws-setup` gives them roles instead, without any key that is stored",
            )
        }),
        WorkflowAccess::Oidc if wanted.access_source == AccessSource::ClaimedKey => Some(Finding::new(
            Severity::Warning,
            "access-key-claimed",
            format!(
                "{} speaks of an access key, and none lies in the secrets, nor did `init` write that: this is about roles",
                wanted.names.create_workflow
            ),
            "port-iam init --aws-auth access-key, if an access key is what you want",
        )),
        WorkflowAccess::Oidc if !wanted.through_the_app => Some(Finding::new(
            Severity::Warning,
            "dispatcher-of-ocean",
            "the granter's role admits workflows that Port's GitHub app starts, and GitHub Ocean may start them under another name",
            format!(
                "port-iam init --aws-setup, once its login is named under `dispatchers` in {}",
                wanted.names.rules_path
            ),
        )),
        WorkflowAccess::Oidc => {
            let repository = seen.repository.as_ref()?;
            let held = |name: &&str| {
                let mut known = repository.environment_secrets.iter().chain(&repository.repository_secrets);
                known.any(|known| known.eq_ignore_ascii_case(name))
            };
            let left: Vec<&str> = AWS_SECRETS.into_iter().filter(held).collect();
            (!left.is_empty()).then(|| {
                Finding::new(
                    Severity::Warning,
                    "aws-secrets-unused",
                    format!("{} still lie in the secrets, and the workflows use them no more", left.join(" and ")),
                    format!(
                        "gh secret list --repo {repository} (and with --env ENVIRONMENT): delete them once a grant and a revocation have gone well, and the access key in AWS with them",
                        repository = format_args!("{}/{}", wanted.owner, wanted.repository)
                    ),
                )
            })
        }
    }
}

/// That secrets are there, and a workflow could use them that this tool did not write so: it may have taken them.
fn exposed(wanted: &Wanted, seen: &Seen) -> Option<Finding> {
    let repository = seen.repository.as_ref()?;
    let held = match &wanted.store {
        SecretStore::Environment(_) => &repository.environment_secrets,
        SecretStore::Repository => &repository.repository_secrets,
    };
    let is_held = |name: &&str| held.iter().any(|known| known.eq_ignore_ascii_case(name));
    if wanted.consent.rotate_secrets || !wanted.access.secret_pairs().iter().flatten().any(is_held) {
        return None;
    }
    let is_of_others = |path: &&String| {
        repository.differing.get(*path).is_some_and(|found| found.is_forged || found.origin != Origin::AsWritten)
            || is_misattributed(wanted, seen, path)
    };
    let paths = wanted.files.iter().map(|file| &file.path).filter(|path| is_workflow(path)).filter(is_of_others);
    let paths: Vec<&str> = paths.map(String::as_str).collect();
    (!paths.is_empty()).then(|| {
        Finding::new(
            Severity::Warning,
            SECRETS_EXPOSED,
            format!("{} is not as this tool wrote it, and could use the secrets that are there", paths.join(", ")),
            "once it is as it shall be: `port-iam init --rotate-secrets`, with new ones, and delete the old ones in Port and AWS",
        )
    })
}

fn secrets(wanted: &Wanted, seen: &Seen) -> Vec<Finding> {
    let names = wanted.access.secret_pairs();
    match &wanted.store {
        SecretStore::Repository => vec![Finding::new(
            Severity::Warning,
            "secrets-in-repository",
            "the secrets lie in the repository, not in an environment: everybody who can push a branch to it can read them",
            format!(
                "{}, or use a GitHub plan with environments for private repositories and run `port-iam init` again",
                who_writes(wanted)
            ),
        )],
        SecretStore::Environment(environment) => {
            let Some(repository) = &seen.repository else { return Vec::new() };
            let doubled =
                |name: &&&str| repository.repository_secrets.iter().any(|known| known.eq_ignore_ascii_case(name));
            let doubled: Vec<&str> = names.iter().flatten().filter(doubled).copied().collect();
            if doubled.is_empty() {
                return Vec::new();
            }
            vec![Finding::new(
                Severity::Warning,
                "secrets-doubled",
                format!(
                    "{} also lie in the repository's own secrets, where everybody who can push a branch can read them",
                    doubled.join(", ")
                ),
                format!(
                    "gh secret delete {} --repo {}/{} (and so on, each of those); the workflows use the ones of the environment {environment}",
                    doubled[0], wanted.owner, wanted.repository
                ),
            )]
        }
    }
}
