//! AWS's own answer to what an identity may do, and the documents behind it where that may not be asked.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::error::api_error;
use super::{Aws, Repeat, retrying};
use crate::clients::error::{Api, ApiError, ApiErrorKind};

/// AWS's verdict on one action and one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// Whether it is allowed.
    pub is_allowed: bool,
}

impl Aws {
    /// Asks AWS's policy simulator whether the identity `principal` may do each of `actions` on each of `resources`,
    /// with these condition keys.
    ///
    /// # Errors
    ///
    /// Fails when the caller may not ask, and when AWS cannot be asked.
    pub async fn simulate(
        &self,
        principal: &str,
        actions: &[&str],
        resources: &[&str],
        keys: &[(&'static str, String)],
    ) -> Result<Vec<Simulated>, ApiError> {
        const OPERATION: &str = "ask AWS's policy simulator";
        let entries = keys.iter().map(|(key, value)| context_entry(key, value)).collect::<Vec<_>>();
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut verdicts = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let answer = retrying(&self.world, Repeat::Safe, || async {
                let request = self.iam.simulate_principal_policy().policy_source_arn(principal);
                let request = request.set_action_names(Some(owned(actions)));
                let request = request.set_resource_arns(Some(owned(resources))).max_items(1000);
                let request = request.set_context_entries(Some(entries.clone())).set_marker(marker.clone());
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await?;
            verdicts.extend(answer.evaluation_results().iter().map(|result| Simulated {
                action: result.eval_action_name().to_owned(),
                resource: result.eval_resource_name().unwrap_or("*").to_owned(),
                is_allowed: *result.eval_decision() == aws_sdk_iam::types::PolicyEvaluationDecisionType::Allowed,
            }));
            marker = answer.marker().filter(|_| answer.is_truncated()).map(str::to_owned);
            if marker.is_none() {
                return Ok(verdicts);
            }
        }
    }

    /// Returns the ARN of an IAM user; none when there is none.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn user_arn(&self, name: &str) -> Result<Option<String>, ApiError> {
        let answer = retrying(&self.world, Repeat::Safe, || async {
            self.iam.get_user().user_name(name).send().await.map_err(|error| api_error("read the user", &error))
        })
        .await;
        match answer {
            Ok(answer) => Ok(answer.user().map(|user| user.arn().to_owned())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the documents of all policies of a role, attached and inline.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn documents_of_role(&self, role: &str) -> Result<Vec<Value>, ApiError> {
        const OPERATION: &str = "read the policies of the role";
        let mut documents = Vec::new();
        for arn in self.attached_policies(role).await?.unwrap_or_default() {
            let policy = self.policy(&arn).await?;
            documents.push(policy.ok_or_else(|| gone(OPERATION))?.document);
        }
        for name in self.inline_policies(role).await?.unwrap_or_default() {
            let answer = retrying(&self.world, Repeat::Safe, || async {
                let request = self.iam.get_role_policy().role_name(role).policy_name(&name);
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await?;
            documents.push(decoded(OPERATION, answer.policy_document())?);
        }
        Ok(documents)
    }

    /// Returns the documents of all policies of a user, attached and inline. A user of more policies than fit on a
    /// page, and one that is in a group, is not read: half of his policies would be no answer.
    ///
    /// # Errors
    ///
    /// Fails then, and when AWS refuses or cannot be asked.
    pub async fn documents_of_user(&self, user: &str) -> Result<Vec<Value>, ApiError> {
        const OPERATION: &str = "read the policies of the user";
        let (attached, inline, groups) = retrying(&self.world, Repeat::Safe, || async {
            let attached = self.iam.list_attached_user_policies().user_name(user).send().await;
            let inline = self.iam.list_user_policies().user_name(user).send().await;
            let groups = self.iam.list_groups_for_user().user_name(user).send().await;
            Ok((
                attached.map_err(|error| api_error(OPERATION, &error))?,
                inline.map_err(|error| api_error(OPERATION, &error))?,
                groups.map_err(|error| api_error(OPERATION, &error))?,
            ))
        })
        .await?;
        if attached.is_truncated() || inline.is_truncated() || !groups.groups().is_empty() {
            let message = "the user has policies by a group, or too many to read";
            return Err(ApiError::new(Api::Aws, OPERATION, ApiErrorKind::Undecodable, message));
        }
        let mut documents = Vec::new();
        for policy in attached.attached_policies() {
            let policy = self.policy(policy.policy_arn().unwrap_or_default()).await?;
            documents.push(policy.ok_or_else(|| gone(OPERATION))?.document);
        }
        for name in inline.policy_names() {
            let answer = retrying(&self.world, Repeat::Safe, || async {
                let request = self.iam.get_user_policy().user_name(user).policy_name(name);
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await?;
            documents.push(decoded(OPERATION, answer.policy_document())?);
        }
        Ok(documents)
    }
}

fn context_entry(key: &str, value: &str) -> aws_sdk_iam::types::ContextEntry {
    use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum as Kind};
    let kind = if key == "aws:TagKeys" { Kind::StringList } else { Kind::String };
    ContextEntry::builder().context_key_name(key).context_key_values(value).context_key_type(kind).build()
}

fn gone(operation: &str) -> ApiError {
    ApiError::new(Api::Aws, operation, ApiErrorKind::NotFound, "a policy that is attached is not there")
}

/// Returns a document as IAM sends it: percent-encoded JSON.
fn decoded(operation: &str, encoded: &str) -> Result<Value, ApiError> {
    let text = percent_decode_str(encoded).decode_utf8().ok();
    text.and_then(|text| serde_json::from_str(&text).ok())
        .ok_or_else(|| ApiError::new(Api::Aws, operation, ApiErrorKind::Undecodable, "the policy document is no JSON"))
}
