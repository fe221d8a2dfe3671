//! The workflows' identities in AWS: made, or left to somebody with more rights.

use std::time::Duration;

use super::super::Setup;
use super::super::mark;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::patience::{Patience, is_known};
use crate::domain::names::{OIDC_AUDIENCE, OIDC_ISSUER};
use crate::domain::setup::{Finding, Severity, Write};
use crate::failure::Failure;

/// How often a policy is attached that IAM does not know yet.
const PATIENCE: Patience = Patience { looks: 5, pause: Duration::from_secs(2) };

impl Setup<'_> {
    /// Makes one of the workflows' identities. Returns what is left for somebody with more rights.
    pub(super) async fn make_identity(&self, write: &Write) -> Result<Option<Finding>, Failure> {
        match self.written(write).await {
            Ok(()) => Ok(None),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(Some(Finding::new(
                Severity::Warning,
                "identities-pending",
                format!("these AWS credentials do not suffice: {error}"),
                "run `port-iam init --aws-setup` with an administrator's AWS credentials, or without --aws-setup to see the commands",
            ))),
            Err(error) => Err(error.into()),
        }
    }

    async fn written(&self, write: &Write) -> Result<(), ApiError> {
        match write {
            Write::OidcProvider => self.aws.create_provider(OIDC_ISSUER, OIDC_AUDIENCE).await,
            Write::IdentityPolicy { name, document } => {
                let description = "What a workflow of port-iam may do";
                self.aws.create_policy("/", name, document, description, &[mark()]).await
            }
            Write::IdentityPolicyDocument { arn, document } => self.aws.replace_policy_document(arn, document).await,
            Write::NewRole { name, trust: Some(trust), policy_arn, tags } => {
                self.aws.create_workflow_role(name, trust, tags).await?;
                self.attach_once_visible(name, policy_arn).await
            }
            Write::Role { name, trust, attach, detach, delete_inline, tags } => {
                // First what it must not have, and whom it must not trust.
                for inline in delete_inline {
                    self.aws.delete_inline_policy(name, inline).await?;
                }
                for arn in detach {
                    self.aws.detach(name, arn).await?;
                }
                if let Some(trust) = trust {
                    self.aws.replace_trust(name, trust).await?;
                }
                for arn in attach {
                    self.attach_once_visible(name, arn).await?;
                }
                self.aws.tag_role(name, tags).await
            }
            // A role whose repository is not there is planned anew once it is.
            _ => Ok(()),
        }
    }

    /// Attaches a policy that has just been made: for a moment IAM may not know it, or the role, everywhere.
    async fn attach_once_visible(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        PATIENCE.until(self.world, is_known, async || self.aws.attach(role, policy_arn).await).await
    }
}
