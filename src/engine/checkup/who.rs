//! Whose credentials the three systems were asked with, and why one of them cannot be.

use futures_util::future::join3;
use jiff::SignedDuration;

use super::Asked;
use crate::clients::aws::Aws;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::domain::checkup::{AwsSeen, Bar, Barred, GitHubSeen, InStepSeen, PortSeen, Unseen};
use crate::domain::names::Names;
use crate::domain::seed::in_step;

/// A client and what its system says of the caller.
pub(super) type Who<'a, Client, Seen> = Result<(&'a Client, Seen), Barred>;

/// Returns why a system cannot be asked, from its first answer.
fn barred(error: &ApiError) -> Barred {
    let bar = match error.kind {
        ApiErrorKind::AddressRefused => Bar::Address,
        ApiErrorKind::Unreachable
        | ApiErrorKind::NoAnswer
        | ApiErrorKind::Server
        | ApiErrorKind::Undecodable
        | ApiErrorKind::RateLimited => Bar::Unreachable,
        _ => Bar::Rejected,
    };
    Barred { bar, why: error.to_string(), remedy: error.hint() }
}

pub(super) async fn port<'a>(port: Result<&'a Port, Barred>, names: &Names) -> Who<'a, Port, PortSeen> {
    let port = port?;
    let organization = port.organization_id().await.map_err(|error| barred(&error))?;
    let (personal, integrations, actions) = join3(port.is_personal(), port.github_integrations(), port.actions()).await;
    let kinds = |found: Option<Vec<crate::clients::port::Integration>>| {
        found.map(|found| found.into_iter().map(|integration| integration.kind).collect())
    };
    let integrations = integrations.map(kinds).map_err(|error| Unseen::Here(error.to_string()));
    let address = port.address().to_owned();
    let in_step = actions.map_err(|error| Unseen::Here(error.to_string())).map(|actions| {
        let ours = actions.iter().filter(|action| in_step::is_ours(names, action));
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let seen = |action: &serde_json::Value| InStepSeen {
            identifier: text(&action["identifier"]),
            blueprint: text(&action["trigger"]["event"]["blueprintIdentifier"]),
            weakness: in_step::weakness(action),
        };
        ours.map(seen).collect()
    });
    let personal = personal.unwrap_or_default();
    Ok((port, PortSeen { organization, address, personal, integrations, in_step }))
}

pub(super) async fn github(github: Result<&GitHub, Barred>) -> Who<'_, GitHub, GitHubSeen> {
    let github = github?;
    let owner = github.token_owner().await.map_err(|error| barred(&error))?;
    Ok((github, GitHubSeen { login: owner.login, scopes: owner.scopes }))
}

/// Returns the caller, and how far this machine's clock is ahead of AWS's: a refusal tells the time as well.
pub(super) async fn aws<'a>(asked: &Asked<'a>) -> (Who<'a, Aws, AwsSeen>, Option<SignedDuration>) {
    let aws = match asked.aws.clone() {
        Ok(aws) => aws,
        Err(barred) => return (Err(barred), None),
    };
    let caller = aws.caller().await;
    let ahead = aws.service_time().map(|theirs| asked.world.now().duration_since(theirs));
    let seen = caller.map_err(|error| barred(&error)).map(|caller| {
        let seen = AwsSeen {
            arn: caller.arn,
            account: caller.account.id.as_str().to_owned(),
            region: aws.region().unwrap_or_default().to_owned(),
            expected: asked.expected_account.map(str::to_owned),
        };
        (aws, seen)
    });
    (seen, ahead)
}
