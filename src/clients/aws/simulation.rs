//! AWS's own answer to what an identity may do.

use super::error::api_error;
use super::pages::next;
use super::{Aws, Repeat};
use crate::clients::error::ApiError;

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
    /// with these condition keys and their values.
    ///
    /// # Errors
    ///
    /// Fails when the caller may not ask, and when AWS cannot be asked.
    pub async fn simulate(
        &self,
        principal: &str,
        actions: &[&str],
        resources: &[&str],
        keys: &[(&'static str, Vec<String>)],
    ) -> Result<Vec<Simulated>, ApiError> {
        const OPERATION: &str = "ask AWS's policy simulator";
        let entries = keys.iter().map(|(key, values)| context_entry(key, values)).collect::<Vec<_>>();
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut verdicts = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let answer = self
                .retrying(Repeat::Safe, || async {
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
            marker = next(answer.is_truncated(), answer.marker());
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
        let answer = self
            .retrying(Repeat::Safe, || async {
                self.iam.get_user().user_name(name).send().await.map_err(|error| api_error("read the user", &error))
            })
            .await;
        match answer {
            Ok(answer) => Ok(answer.user().map(|user| user.arn().to_owned())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn context_entry(key: &str, values: &[String]) -> aws_sdk_iam::types::ContextEntry {
    use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum as Kind};
    let kind = if key == "aws:TagKeys" { Kind::StringList } else { Kind::String };
    let values = Some(values.to_vec());
    ContextEntry::builder().context_key_name(key).set_context_key_values(values).context_key_type(kind).build()
}
