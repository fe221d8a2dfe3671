//! What an identity of the workflows can really do: asked of AWS's own simulator, or read from its documents where the
//! simulator may not be asked.

use std::collections::BTreeSet;

use futures_util::future::join;
use serde_json::Value;

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

/// The documents of an identity's policies, as far as they may be read.
#[derive(Clone, Debug)]
pub enum Documents {
    /// All of them.
    All(Vec<Value>),
    /// A user's own; those of his groups may not be read.
    WithoutGroups(Vec<Value>, ApiError),
    /// None.
    Hidden(ApiError),
}

impl Documents {
    /// Returns those that were read; none where none may be.
    pub fn read(&self) -> Option<&[Value]> {
        match self {
            Self::All(documents) | Self::WithoutGroups(documents, _) => Some(documents),
            Self::Hidden(_) => None,
        }
    }
}

/// Reads the documents of the policies of the identity `arn`.
///
/// # Errors
///
/// Fails when AWS cannot be asked. What may not be read is no failure.
pub async fn documents_of(aws: &Aws, arn: &str) -> Result<Documents, Failure> {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let is_user = arn.contains(":user/");
    let own = async { if is_user { aws.documents_of_user(name).await } else { aws.documents_of_role(name).await } };
    let groups = async { if is_user { aws.documents_of_groups(name).await } else { Ok(Vec::new()) } };
    let (own, groups) = join(own, groups).await;
    let mut documents = match own {
        Ok(documents) => documents,
        Err(error) if error.kind == ApiErrorKind::Forbidden => return Ok(Documents::Hidden(error)),
        Err(error) => return Err(error.into()),
    };
    match groups {
        Ok(more) => documents.extend(more),
        Err(error) if error.kind == ApiErrorKind::Forbidden => return Ok(Documents::WithoutGroups(documents, error)),
        Err(error) => return Err(error.into()),
    }
    Ok(Documents::All(documents))
}

/// Returns what the identity `arn` may do of `battery`, and who said so.
///
/// # Errors
///
/// Fails when neither can be had, and when an answer is missing: what is not known is not taken for a no.
pub async fn what_is_allowed(
    aws: &Aws,
    arn: &str,
    documents: &Documents,
    battery: &Battery,
) -> Result<(Allowed, Judge), Failure> {
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
    let documents = match documents {
        Documents::All(documents) => documents,
        // A part of the policies would be no answer.
        Documents::WithoutGroups(_, error) | Documents::Hidden(error) => return Err(error.clone().into()),
    };
    let identity: Vec<PolicyDocument> = documents
        .iter()
        .map(PolicyDocument::parse)
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::failed(format!("a policy of {arn} cannot be judged: {error}")))?;
    let allowed = battery.allowed(|question| {
        let keys = battery.condition_keys(question.circumstance);
        let context = keys.into_iter().fold(Context::new(), |context, (key, value)| context.with_all(key, value));
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
