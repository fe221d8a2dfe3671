//! How the workflows reach AWS.

use super::super::access::AccessSource;
use super::super::finding::{Finding, Severity};
use super::super::seen::Seen;
use super::super::wanted::{AWS_SECRETS, Wanted, WorkflowAccess};

/// What should be known about how the workflows reach AWS.
pub(super) fn access(wanted: &Wanted, seen: &Seen) -> Option<Finding> {
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
