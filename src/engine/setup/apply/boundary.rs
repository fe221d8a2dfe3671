//! The boundary: made, or left to somebody with more rights.

use super::super::Setup;
use super::super::mark;
use super::Done;
use crate::clients::error::ApiErrorKind;
use crate::domain::setup::{BOUNDARY_PENDING, Finding, Severity};
use crate::failure::Failure;

impl Setup<'_> {
    pub(super) async fn create_boundary(&self, name: &str, document: &serde_json::Value) -> Result<Done, Failure> {
        let tags = [mark()];
        let description = "The most that any grant of port-iam can allow";
        match self.aws.create_policy("/", name, document, description, &tags).await {
            Ok(()) => Ok(Done::Yes),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(Done::Pending(Finding::new(
                Severity::Warning,
                BOUNDARY_PENDING,
                format!("these AWS credentials may not create the policy {name}; until it is there no grant works"),
                format!(
                    "have an administrator create the managed policy {name} (path /) from what `port-iam aws boundary` prints"
                ),
            ))),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn change_boundary(
        &self,
        name: &str,
        arn: &str,
        document: &serde_json::Value,
    ) -> Result<Done, Failure> {
        match self.aws.replace_policy_document(arn, document).await {
            Ok(()) => Ok(Done::Yes),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(Done::Pending(Finding::new(
                Severity::Warning,
                BOUNDARY_PENDING,
                format!("these AWS credentials may not change the policy {name}, which is not as the rules call for"),
                format!(
                    "have an administrator save the document below as boundary.json, and run: aws iam create-policy-version --policy-arn {arn} --policy-document file://boundary.json --set-as-default"
                ),
            ))),
            Err(error) => Err(error.into()),
        }
    }
}
