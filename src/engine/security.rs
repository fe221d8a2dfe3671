//! What an identity of the workflows can really do: asked of AWS's own simulator, or read from its documents where the
//! simulator may not be asked.

use std::collections::BTreeSet;

use crate::clients::aws::Aws;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::evaluation::{Context, PolicyDocument, Request, evaluate};
use crate::domain::security::{Allowed, Battery, Circumstance};
use crate::failure::Failure;

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// `iam:SimulatePrincipalPolicy`, which also knows boundaries and the organisation's policies.
    Simulator,
    /// The evaluation of the identity's own policies.
    Documents,
}

impl Judge {
    /// Returns the word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Documents => "documents",
        }
    }
}

/// Returns what the identity `arn` may do of `battery`, and who said so.
///
/// # Errors
///
/// Fails when neither can be had, and when an answer is missing: what is not known is not taken for a no.
pub async fn what_is_allowed(aws: &Aws, arn: &str, battery: &Battery) -> Result<(Allowed, Judge), Failure> {
    match simulated(aws, arn, battery).await {
        Err(error) if error.kind == ApiErrorKind::Forbidden => {}
        Err(error) => return Err(error.into()),
        Ok((asked, allowed)) => {
            let key =
                |action: &str, arn: &str, circumstance: Circumstance| (action.to_owned(), arn.to_owned(), circumstance);
            let keys = battery.questions().map(|one| key(one.action, &one.target.arn, one.circumstance));
            if let Some((action, resource, _)) = keys.into_iter().find(|one| !asked.contains(one)) {
                return Err(Failure::failed(format!("AWS's simulator did not answer about {action} on {resource}")));
            }
            let allowed = battery.allowed(|one| allowed.contains(&key(one.action, &one.target.arn, one.circumstance)));
            return Ok((allowed, Judge::Simulator));
        }
    }
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let documents =
        if arn.contains(":user/") { aws.documents_of_user(name).await? } else { aws.documents_of_role(name).await? };
    let identity: Vec<PolicyDocument> = documents
        .iter()
        .map(PolicyDocument::parse)
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::failed(format!("a policy of {arn} cannot be judged: {error}")))?;
    let allowed = battery.allowed(|question| {
        let keys = battery.condition_keys(question.circumstance);
        let context = keys.into_iter().fold(Context::new(), |context, (key, value)| context.with(key, value));
        evaluate(&identity, None, &Request::new(question.action, &question.target.arn).with_context(context))
            .is_allowed()
    });
    Ok((allowed, Judge::Documents))
}

type Asked = BTreeSet<(String, String, Circumstance)>;

async fn simulated(aws: &Aws, arn: &str, battery: &Battery) -> Result<(Asked, Asked), ApiError> {
    let (mut asked, mut allowed) = (Asked::new(), Asked::new());
    // One after the other: IAM's rate limits are low, and this is no hurry.
    for batch in battery.batches() {
        let keys = battery.condition_keys(batch.circumstance);
        for verdict in aws.simulate(arn, &batch.actions, &batch.resources, &keys).await? {
            let one = (verdict.action, verdict.resource, batch.circumstance);
            if verdict.is_allowed {
                allowed.insert(one.clone());
            }
            asked.insert(one);
        }
    }
    Ok((asked, allowed))
}
