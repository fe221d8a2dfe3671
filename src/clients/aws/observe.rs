//! Reads roles and policies.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::error::api_error;
use super::pages::{next, pages};
use super::{Aws, Repeat};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::domain::iam::{PolicyState, RoleState};
use crate::domain::quotas::{Limits, Quotas};

/// Returns a document as IAM sends it: percent-encoded JSON (IAM API reference, "GetRole").
pub(super) fn document(operation: &str, encoded: Option<&str>) -> Result<Value, ApiError> {
    let undecodable =
        || ApiError::new(Api::Aws, operation, ApiErrorKind::Undecodable, "the policy document is no JSON");
    let text = percent_decode_str(encoded.unwrap_or_default()).decode_utf8().map_err(|_| undecodable())?;
    serde_json::from_str(&text).map_err(|_| undecodable())
}

const READ_POLICY: &str = "read the policy";

/// What AWS tells of a managed policy beside its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyHead {
    /// Its ARN.
    pub arn: String,
    /// Which version is the default one, for example `v1`.
    version: String,
    attachments: i32,
    tags: Vec<(String, String)>,
}

fn absent<T>(error: ApiError) -> Result<Option<T>, ApiError> {
    if error.is_not_found() { Ok(None) } else { Err(error) }
}

/// Returns when something was made.
pub(super) fn moment(operation: &str, date: Option<&aws_sdk_iam::primitives::DateTime>) -> Result<Timestamp, ApiError> {
    date.and_then(|date| Timestamp::from_second(date.secs()).ok()).ok_or_else(|| {
        ApiError::new(Api::Aws, operation, ApiErrorKind::Undecodable, "the answer does not say when it was made")
    })
}

pub(super) fn tags(tags: &[aws_sdk_iam::types::Tag]) -> Vec<(String, String)> {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

impl Aws {
    /// Returns a role by name, wherever its path; none when there is none.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn role(&self, name: &str) -> Result<Option<RoleState>, ApiError> {
        const OPERATION: &str = "read the role";
        let answer = self
            .retrying(Repeat::Safe, || async {
                self.iam.get_role().role_name(name).send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return absent(error),
        };
        let Some(role) = answer.role() else { return Ok(None) };
        Ok(Some(RoleState {
            path: role.path().to_owned(),
            arn: role.arn().to_owned(),
            created: moment(OPERATION, Some(role.create_date())).ok(),
            // One that cannot be read is none of ours, and is taken away as any other.
            trust: document(OPERATION, role.assume_role_policy_document()).unwrap_or_default(),
            boundary: role
                .permissions_boundary()
                .and_then(|boundary| boundary.permissions_boundary_arn())
                .map(str::to_owned),
            max_session_seconds: role.max_session_duration(),
            tags: tags(role.tags()),
        }))
    }

    /// Returns a managed policy with the document of its default version; none when there is none.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn policy(&self, arn: &str) -> Result<Option<PolicyState>, ApiError> {
        match self.policy_head(arn).await? {
            Some(head) => self.policy_of(&head).await,
            None => Ok(None),
        }
    }

    /// Returns what AWS tells of a managed policy beside its document; none when there is none.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn policy_head(&self, arn: &str) -> Result<Option<PolicyHead>, ApiError> {
        let answer = self
            .retrying(Repeat::Safe, || async {
                self.iam.get_policy().policy_arn(arn).send().await.map_err(|error| api_error(READ_POLICY, &error))
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return absent(error),
        };
        Ok(answer.policy().map(|policy| PolicyHead {
            arn: policy.arn().unwrap_or(arn).to_owned(),
            version: policy.default_version_id().unwrap_or("v1").to_owned(),
            attachments: policy.attachment_count().unwrap_or_default(),
            tags: tags(policy.tags()),
        }))
    }

    /// Returns the policy with the document of the version that was the default one; none when it has gone since.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn policy_of(&self, head: &PolicyHead) -> Result<Option<PolicyState>, ApiError> {
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.get_policy_version().policy_arn(&head.arn).version_id(&head.version);
                request.send().await.map_err(|error| api_error(READ_POLICY, &error))
            })
            .await;
        let version = match answer {
            Ok(answer) => answer,
            Err(error) => return absent(error),
        };
        let encoded = version.policy_version().and_then(|version| version.document());
        Ok(Some(PolicyState {
            arn: head.arn.clone(),
            document: document(READ_POLICY, encoded)?,
            default_version: head.version.clone(),
            attachments: head.attachments,
            tags: head.tags.clone(),
        }))
    }

    /// Returns the ARNs of the managed policies that are attached to a role; none when there is no such role.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn attached_policies(&self, role: &str) -> Result<Option<Vec<String>>, ApiError> {
        let arns = pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_attached_role_policies().role_name(role).set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error("list the policies of the role", &error))
                })
                .await?;
            let arns = answer.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(str::to_owned));
            Ok((arns.collect(), next(answer.is_truncated(), answer.marker())))
        });
        arns.await.map(Some).or_else(absent)
    }

    /// Returns the names of the inline policies of a role; none when there is no such role.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn inline_policies(&self, role: &str) -> Result<Option<Vec<String>>, ApiError> {
        let names = pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_role_policies().role_name(role).set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error("list the inline policies of the role", &error))
                })
                .await?;
            Ok((answer.policy_names().to_vec(), next(answer.is_truncated(), answer.marker())))
        });
        names.await.map(Some).or_else(absent)
    }

    /// Returns the names of the instance profiles that hold a role; none of one that is not there.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn instance_profiles(&self, role: &str) -> Result<Vec<String>, ApiError> {
        let names = pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_instance_profiles_for_role().role_name(role);
                    let answer = request.set_marker(marker.clone()).send().await;
                    answer.map_err(|error| api_error("list the instance profiles of the role", &error))
                })
                .await?;
            let names = answer.instance_profiles().iter().map(|profile| profile.instance_profile_name().to_owned());
            Ok((names.collect(), next(answer.is_truncated(), answer.marker())))
        });
        Ok(names.await.map(Some).or_else(absent)?.unwrap_or_default())
    }

    /// Returns what the account has and may have of roles and policies; none when the credentials may not ask.
    ///
    /// # Errors
    ///
    /// Fails when AWS cannot be asked.
    pub async fn quotas(&self) -> Result<Option<Quotas>, ApiError> {
        use aws_sdk_iam::types::SummaryKeyType as Key;
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.get_account_summary();
                request.send().await.map_err(|error| api_error("read the quotas of the account", &error))
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.kind == ApiErrorKind::Forbidden => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(summary) = answer.summary_map() else { return Ok(None) };
        let number = |key: Key| summary.get(&key).copied();
        let documented = Limits::default();
        // What is missing, or no number that a quota could be, is taken to be as AWS documents it.
        let limit = |key: &str, documented: usize| {
            let told = number(Key::from(key)).and_then(|number| usize::try_from(number).ok());
            told.filter(|told| *told > 0).unwrap_or(documented)
        };
        Ok(Some(Quotas {
            roles: number(Key::Roles).zip(number(Key::from("RolesQuota"))),
            policies: number(Key::Policies).zip(number(Key::PoliciesQuota)),
            limits: Limits {
                attached_policies: limit("AttachedPoliciesPerRoleQuota", documented.attached_policies),
                policy_characters: limit("PolicySizeQuota", documented.policy_characters),
                trust_characters: limit("AssumeRolePolicySizeQuota", documented.trust_characters),
            },
        }))
    }
}
