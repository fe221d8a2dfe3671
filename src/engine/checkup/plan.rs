//! The plan as `port-iam plan` makes it, over those of the systems that answer.

use futures_util::future::join_all;
use serde_json::Value;

use super::Asked;
use super::repository::Inside;
use super::who::Who;
use crate::assets;
use crate::clients::aws::Aws;
use crate::clients::error::ApiErrorKind;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::domain::account::AwsAccount;
use crate::domain::checkup::{AwsSeen, GitHubSeen, Look, Planned, PortSeen, Unseen, UserSeen};
use crate::domain::identifier::AccountId;
use crate::domain::names::{MANAGER_USER, Names};
use crate::domain::resource_types::ResourceTypes;
use crate::domain::security::HeldAgainst;
use crate::domain::setup::{System, Systems, WorkflowAccess};
use crate::engine::security::{Documents, documents_of};
use crate::engine::setup::Setup;
use crate::failure::Failure;

/// The plan and what follows from it.
pub(super) struct Looked {
    pub(super) planned: Look<Planned>,
    /// The systems that failed on the way.
    pub(super) unplanned: Vec<(String, String)>,
    pub(super) user: Look<UserSeen>,
}

pub(super) async fn look(
    asked: &Asked<'_>,
    port: &Who<'_, Port, PortSeen>,
    github: &Who<'_, GitHub, GitHubSeen>,
    aws: &Who<'_, Aws, AwsSeen>,
    inside: Option<&Inside>,
) -> Looked {
    let nothing = |why: Unseen| Looked { planned: Err(why.clone()), unplanned: Vec::new(), user: Err(why.aside()) };
    let setup = match &asked.setup {
        Ok(setup) => setup,
        Err(why) => return nothing(why.clone()),
    };
    let named = inside.and_then(|inside| inside.named_account.as_deref());
    let caller = aws.as_ref().ok().map(|(_, seen)| seen.account.as_str());
    let meant = asked.expected_account.or(named);
    if let (Some(caller), Some(meant)) = (caller, meant)
        && (caller != meant || named.is_some_and(|named| named != caller))
    {
        return nothing(Unseen::Elsewhere("the AWS credentials are of another account".to_owned()));
    }
    let id = caller.or(meant).and_then(|id| AccountId::parse("account", id).ok());
    let region = setup.aws.region().unwrap_or_default();
    let Some(account) = id.map(|id| AwsAccount::in_region(id, region)) else {
        return nothing(Unseen::Elsewhere("nothing names the AWS account".to_owned()));
    };
    let answering = [(System::Port, port.is_ok()), (System::GitHub, github.is_ok()), (System::Aws, aws.is_ok())];
    let answering: Vec<System> = answering.into_iter().filter_map(|(system, is_ok)| is_ok.then_some(system)).collect();
    if answering.is_empty() {
        return nothing(Unseen::Elsewhere("none of the three systems can be asked".to_owned()));
    }
    let place = Place { account, port: inside.and_then(|inside| inside.named_port.clone()) };
    let (planned, unplanned) = Box::pin(made(setup, &answering, &place)).await;
    let account = place.account;
    let user = match (&planned, aws) {
        (_, Err(barred)) => Err(barred.elsewhere()),
        (Err(why), _) => Err(why.clone().aside()),
        (Ok(planned), _) if planned.wanted.access == WorkflowAccess::Oidc => Ok(UserSeen::Roles),
        (Ok(_), Ok((aws, _))) => {
            Box::pin(user(asked, aws, &account)).await.map_err(|failure| Unseen::Here(failure.to_string()))
        }
    };
    Looked { planned, unplanned, user }
}

/// What the plan is made for, beyond what the settings say.
struct Place {
    account: AwsAccount,
    /// The address of Port that the workflows name: one that does not answer is no reason to call them wrong.
    port: Option<String>,
}

/// Makes the plan over the systems that answer. Where one of them fails on the way, it is made without that one.
async fn made(setup: &Setup<'_>, answering: &[System], place: &Place) -> (Look<Planned>, Vec<(String, String)>) {
    let whole = match Box::pin(made_over(setup, answering, place)).await {
        Ok(planned) => return (Ok(planned), Vec::new()),
        Err(failure) => failure,
    };
    let attempts = answering.iter().map(async |left_out| {
        let others: Vec<System> = answering.iter().filter(|system| *system != left_out).copied().collect();
        let alone = if others.is_empty() { None } else { Box::pin(made_over(setup, &others, place)).await.ok() };
        (*left_out, alone)
    });
    let attempts = join_all(attempts).await;
    for (left_out, planned) in attempts {
        if let Some(planned) = planned {
            return (Ok(planned), vec![(left_out.to_string(), whole.in_a_line())]);
        }
    }
    (Err(Unseen::Here(whole.in_a_line())), Vec::new())
}

async fn made_over(setup: &Setup<'_>, systems: &[System], place: &Place) -> Result<Planned, Failure> {
    let mut setup = setup.looking_at(Systems::of(systems), Some(place.account.clone()));
    if let Some(address) = place.port.as_ref().filter(|_| !systems.contains(&System::Port)) {
        setup.found.port_api_url.clone_from(address);
    }
    // On the heap: the futures of whole flows are too large to be nested on a thread's stack.
    let who = Box::pin(setup.who()).await?;
    let (_, observation) = Box::pin(setup.look_first(&who)).await?;
    // A catalog may have got more types than this caller names.
    if let Some(types) = types_of_catalog(setup.names, &observation.seen.blueprints) {
        setup.asked.resource_types = types;
    }
    let rules = setup.rules_file(&observation);
    Ok(Planned { wanted: observation.wanted, seen: observation.seen, plan: observation.plan, rules })
}

/// Returns the resource types that the catalog in Port has; none where there is none, or one with words of somebody's own.
fn types_of_catalog(names: &Names, blueprints: &[Value]) -> Option<ResourceTypes> {
    let blueprint = blueprints.iter().find(|blueprint| blueprint["identifier"] == names.aws_resource)?;
    let types = blueprint["schema"]["properties"]["resource_type"]["enum"].as_array()?;
    let types: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
    ResourceTypes::parse("resource_type", &types.join(",")).ok()
}

/// Compares the policies of the workflows' IAM user with the written ones.
async fn user(asked: &Asked<'_>, aws: &Aws, account: &AwsAccount) -> Result<UserSeen, Failure> {
    let arn = match aws.user_arn(asked.user.unwrap_or(MANAGER_USER)).await {
        Ok(Some(arn)) => arn,
        Ok(None) => match asked.user {
            Some(name) => return Err(Failure::failed(format!("the account {} has no IAM user {name}", account.id))),
            None => return Ok(UserSeen::Unnamed),
        },
        Err(error) if error.kind == ApiErrorKind::Forbidden => return Ok(UserSeen::Hidden(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let found = match documents_of(aws, &arn).await? {
        Documents::All(found) | Documents::WithoutGroups(found, _) => found,
        Documents::Hidden(error) => return Ok(UserSeen::Hidden(error.to_string())),
    };
    let manager = assets::manager_policies(asked.names, account);
    let assets::ManagerPolicies { granter, revoker } = manager.map_err(|error| Failure::failed(error.to_string()))?;
    let HeldAgainst { further, missing } = HeldAgainst::of(&found, &[granter, revoker]);
    Ok(UserSeen::User { arn, further, missing, policies: found.len() })
}
