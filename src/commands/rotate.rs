//! `port-iam rotate`: another access key for the workflows.

use serde_json::json;

use super::confirmation::{confirmed, declined};
use super::workflow_step::repository;
use super::{Surroundings, connected};
use crate::clients::aws::Aws;
use crate::clients::github::{GitHub, Repository};
use crate::config;
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::names::MANAGER_USER;
use crate::domain::own_command::shell_word;
use crate::domain::refusal::Refusal;
use crate::domain::rotation::Replaced;
use crate::domain::setup::{AWS_SECRETS, SecretStore};
use crate::domain::workflow_literal::literal;
use crate::engine::rotation::{Rotated, Rotation};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

/// Give the workflows another access key of their IAM user.
///
/// For installations with --aws-auth access-key. A new key is made, tried, and set as the workflows' secrets; when the
/// workflows that began with the old one are over, that one is disabled and deleted. Until the new key is set, a failure
/// takes it back. GitHub tells nobody which key its secrets hold: the old one goes only where the time at which they were
/// set, and the keys that the user has, leave no doubt, and what was concluded is told. A user whose policies allow more
/// than the workflows need is refused. It needs an administrator's AWS credentials and a GitHub token, and can be run again after any
/// interruption. The roles of --aws-auth oidc have no key.
#[derive(Clone, Debug, clap::Args)]
pub struct RotateArgs {
    /// Target repository; a name alone is of the organisation that PORT_IAM_GITHUB_ORG names [environment:
    /// GITHUB_REPOSITORY, PORT_IAM_REPOSITORY].
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// The workflows' IAM user.
    #[arg(long, value_name = "NAME", default_value = MANAGER_USER)]
    user: String,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

impl RotateArgs {
    /// Returns the repository as its flag gives it.
    pub(crate) fn place(&self) -> Option<&str> {
        self.repository.as_deref()
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails on missing settings and when a service cannot be asked; refuses where it cannot be told which of two keys the
/// workflows have, and where they have none.
pub async fn run(surroundings: &Surroundings<'_>, args: RotateArgs) -> Result<Report, Failure> {
    let Surroundings { world, ui, .. } = *surroundings;
    let (owner, name) = repository(world, args.repository.as_deref())?;
    connected::check_addresses(world, None).await?;
    let settings = config::aws::read(world, "rotate")?;
    let (aws, github) = (Aws::new(world, &settings).await?, connected::github(world)?);
    let account = aws.caller().await?.account;
    account.check_credentials(connected::expected_account(world)?.as_ref())?;
    let found = github.repository(&owner, &name).await?;
    let repository = found.ok_or_else(|| {
        Failure::usage(format!("there is no repository {owner}/{name}, or the token may not see it"))
            .hint("name the repository of the workflows with --repository")
    })?;
    check_workflow(surroundings, &github, &repository, &account).await?;
    let environment = SecretStore::Environment(surroundings.names.environment.clone());
    let mut store = None;
    for candidate in [environment, SecretStore::Repository] {
        let names = github.secret_names(&repository, &candidate).await?;
        if store.is_none() && AWS_SECRETS.iter().all(|secret| names.iter().any(|name| name == secret)) {
            store = Some(candidate);
        }
    }
    let store = store.ok_or_else(|| {
        Failure::usage(format!("the workflows of {owner}/{name} have no access key"))
            .hint("they use roles (--aws-auth oidc), or `port-iam init --aws-auth access-key` was not run yet")
            .hint("--prefix tells which one is meant, where there are several installations")
    })?;
    let question = format!("Replace the access key of {} in the account {}?", args.user, account.id);
    if !args.yes && !confirmed(world, &question, None, "pass --yes to do it")? {
        return Ok(declined("Nothing was changed.", json!({ "changed": false })));
    }
    let progress = |sentence: &str| ui.status(sentence);
    let rotation = Rotation {
        world,
        names: &surroundings.names,
        account: &account,
        aws: &aws,
        settings: &settings,
        github: &github,
        repository: &repository,
        store,
        user: &args.user,
        progress: &progress,
    };
    let Rotated { new, old } = rotation.rotate().await?;
    let has_new = format!("The workflows of {owner}/{name} have the access key {new}.");
    let (gone, kept, why) = match old {
        Replaced::Nothing => (None, None, None),
        Replaced::OfTheWorkflows { id, why } => (Some(id), None, Some(why)),
        Replaced::OfSomebodyElse { id, why } => (None, Some(id), Some(why)),
    };
    let text = match (&gone, &kept, why.as_deref().unwrap_or_default()) {
        (Some(old), _, why) => format!("{has_new} {old} is deleted: {why}."),
        (None, Some(kept), why) => {
            let command = format!(
                "aws iam update-access-key --user-name {} --access-key-id {kept} --status Inactive",
                shell_word(&args.user)
            );
            format!("{has_new} {kept} was left as it is: {why}.\nWhat to do: {command}, if nobody uses it")
        }
        (None, None, _) => format!("{has_new} There was no other one."),
    };
    let exit_code = if kept.is_some() { FailureKind::ChangesPending.exit_code() } else { 0 };
    let json = json!({ "changed": true, "new": new, "old": gone, "left": kept, "why": why });
    Ok(Report::done(text, json).with_exit_code(exit_code))
}

/// Refuses the credentials of another account than the workflows act in: a key of that one would be of no use to them.
async fn check_workflow(
    surroundings: &Surroundings<'_>,
    github: &GitHub,
    repository: &Repository,
    account: &AwsAccount,
) -> Result<(), Failure> {
    let path = format!(".github/workflows/{}", surroundings.names.create_workflow);
    let text = github.file(repository, &path).await?;
    let Some(named) = text.and_then(|text| literal(&text, AWS_ACCOUNT_ID)) else {
        surroundings.ui.warning(&format!("{path} names no account, so that it was not compared"));
        return Ok(());
    };
    let expected = AccountId::parse(AWS_ACCOUNT_ID, &named)?;
    account.check_expected(Some(&expected)).map_err(|refusal| {
        let remedy = format!("use credentials of the account {expected}, which {path} names");
        Refusal { remedy, ..refusal }.into()
    })
}
