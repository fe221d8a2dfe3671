//! An installation over several accounts: the one that the workflows are set up in, and further ones of the rules file.
//!
//! Credentials are of one account. What is to be seen in the others is looked at with the profiles that are named, and
//! what nobody looked at is told by name.

mod others;

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{Identity, Setup, System, WorkflowAccess};
use crate::assets::FurtherRoles;
use crate::clients::error::ApiError;
use crate::clients::github::{Repository, blob_hash};
use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::names::{GRANTER_ROLE, REVOKER_ROLE};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::rules::{Account, Rules};
use crate::domain::setup::{Home, Origin, Outcome, Seen, Step, Thing, Wanted, beside, with_account};
use crate::domain::workflow_literal::literal;
use crate::failure::Failure;

/// The accounts of an installation; without a home there is one account, that of the credentials.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    /// The account that the workflows are set up in, and its region.
    pub(super) home: Option<(AwsAccount, String)>,
    /// Further accounts, with what the rules file says of them.
    further: BTreeMap<AccountId, Account>,
    /// The one among them that is added.
    added: Option<AccountId>,
}

impl Accounts {
    /// Returns the accounts without the one that is added.
    pub(super) fn before(&self) -> Self {
        let mut before = self.clone();
        if let Some(added) = before.added.take() {
            before.further.remove(&added);
        }
        before
    }

    /// Returns the roles in the further accounts, which are called as in the first unless the rules file says otherwise.
    pub(super) fn roles(&self, partition: &str) -> Vec<FurtherRoles> {
        let roles = |(id, entry): (&AccountId, &Account)| {
            let account = AwsAccount { id: id.clone(), partition: partition.to_owned() };
            let usual = |name: &str| account.iam_arn("role", name);
            let granter = entry.granter.as_ref().map_or_else(|| usual(GRANTER_ROLE), |role| role.as_str().to_owned());
            let revoker = entry.revoker.as_ref().map_or_else(|| usual(REVOKER_ROLE), |role| role.as_str().to_owned());
            FurtherRoles { granter, revoker }
        };
        self.further.iter().map(roles).collect()
    }

    /// Takes out of what is wanted the roles that the rules file names for a further account: they are their owner's. It
    /// returns what is said of them, since nobody shall take them for judged.
    pub(super) fn leave_own_roles(&self, account: &AccountId, wanted: &mut Wanted) -> Vec<Step> {
        let Some(entry) = self.further.get(account) else { return Vec::new() };
        let named = [("granter", &entry.granter, GRANTER_ROLE), ("revoker", &entry.revoker, REVOKER_ROLE)];
        let mut own = Vec::new();
        for (kind, arn, name) in named {
            let Some(arn) = arn else { continue };
            wanted.identities.roles.retain(|role| role.name != name);
            wanted.identities.policies.retain(|policy| policy.name != name);
            own.push(beside::own_role(account, kind, arn));
        }
        own
    }

    /// Adds the account to the rules file, where that is as `init` wrote it; else returns what its owner has to add.
    pub(super) fn add_to(
        &self,
        path: &str,
        rules: Option<&str>,
        identity: &Identity,
        wanted: &mut Wanted,
    ) -> Option<Step> {
        let (added, text) = (self.added.as_ref()?, rules?);
        let file = wanted.files.iter_mut().find(|file| file.path == path)?;
        match with_account(text, added, &identity.region) {
            Ok(None) => None,
            Ok(Some(contents)) => {
                file.blob = blob_hash(contents.as_bytes());
                file.contents = contents;
                file.only_if_missing = false;
                None
            }
            Err(lines) => {
                let reason = format!("it is yours, and does not name the account {added} under `accounts` yet");
                let outcome = Outcome::Pending { reason, commands: Vec::new() };
                Some(Step {
                    system: System::GitHub,
                    subject: Thing::File(path.to_owned()).into(),
                    lines,
                    files: Vec::new(),
                    outcome,
                })
            }
        }
    }
}

impl Setup<'_> {
    /// Finds out which accounts the installation is over. Where the rules file names one alone, nobody is asked.
    ///
    /// # Errors
    ///
    /// Refuses credentials of an account that is none of them, and a further account where the workflows use an access
    /// key or are not there yet; and to guess the home where the workflows do not tell it.
    pub(super) async fn accounts(
        &self,
        (identity, repository, seen): (&Identity, Option<&Repository>, &Seen),
        workflow: Option<&str>,
        access: WorkflowAccess,
        rules: Option<&str>,
    ) -> Result<Accounts, Failure> {
        let mut named = rules.and_then(|text| Rules::parse(text).ok()).map(|rules| rules.accounts).unwrap_or_default();
        if self.asked.add_account.is_none() && named.len() < 2 {
            // What somebody has written into it by hand is shown as a difference, as every other edit.
            let written = workflow.filter(|text| Origin::of(text) == Origin::AsWritten);
            return match written.and_then(|text| literal(text, "AWS_ACCOUNT_ID")) {
                Some(home) if home != identity.account.id.as_str() => {
                    Err(elsewhere(&identity.account.id, &home).into())
                }
                _ => Ok(Accounts::default()),
            };
        }
        let home = Home::of(&self.workflows(repository, seen, workflow).await?)?;
        let region = home.as_ref().and_then(|home| home.region.clone()).unwrap_or_else(|| identity.region.clone());
        let home = home.map(|home| home.account);
        let own = &identity.account;
        if let Some(added) = &self.asked.add_account {
            self.check_added(added, identity, home.as_ref(), access)?;
            named.entry(added.clone()).or_default();
        }
        // Without any workflow this run is the first, and theirs is the account of its credentials.
        let home = home.unwrap_or_else(|| own.id.clone());
        if own.id != home && !named.contains_key(&own.id) {
            return Err(elsewhere(&own.id, home.as_str()).into());
        }
        named.remove(&home);
        let account = AwsAccount { id: home, partition: own.partition.clone() };
        Ok(Accounts { home: Some((account, region)), further: named, added: self.asked.add_account.clone() })
    }

    /// Returns the workflows of ours that the default branch holds, each by its path; the grant workflow was read before.
    async fn workflows(
        &self,
        repository: Option<&Repository>,
        seen: &Seen,
        workflow: Option<&str>,
    ) -> Result<Vec<(String, String)>, ApiError> {
        let Some(repository) = repository else { return Ok(Vec::new()) };
        let names = [&self.names.create_workflow, &self.names.delete_workflow, &self.names.sweep_workflow];
        let paths = names.map(|name| format!(".github/workflows/{name}")).into_iter().filter(|path| seen.holds(path));
        let texts = paths.map(async |path| {
            if path.ends_with(&format!("/{}", self.names.create_workflow)) {
                return Ok((path, workflow.unwrap_or_default().to_owned()));
            }
            // One that is no text is there, and tells nothing.
            let text = self.github.readable_file(repository, &path).await?.unwrap_or_default();
            Ok((path, text))
        });
        try_join_all(texts).await
    }

    fn check_added(
        &self,
        added: &AccountId,
        identity: &Identity,
        home: Option<&AccountId>,
        access: WorkflowAccess,
    ) -> Result<(), Failure> {
        if access == WorkflowAccess::AccessKey {
            return Err(Failure::usage("the workflows use an access key, which is of one account alone")
                .hint("move them to roles first: `port-iam init --aws-auth oidc --aws-setup`"));
        }
        let Some(home) = home else {
            return Err(Failure::usage("there is no installation yet that an account could be added to")
                .hint("run `port-iam init` with credentials of the first account, and this after it"));
        };
        if home == added {
            return Err(Failure::usage(format!("{added} is the account that the workflows are set up in"))
                .hint("name another one"));
        }
        if identity.account.id != *added {
            let reason = format!("the AWS credentials are of the account {}", identity.account.id);
            let remedy = format!("use credentials of {added}: AWS_PROFILE=PROFILE port-iam init --add-account {added}");
            return Err(Refusal::new(RefusalCode::OtherAccount, "--add-account", reason, remedy).into());
        }
        Ok(())
    }
}

/// The workflows stay in the account that they were set up in, whoever's credentials are at hand.
fn elsewhere(own: &AccountId, home: &str) -> Refusal {
    let reason = format!("the AWS credentials are of the account {own}, which is none of this installation's");
    let remedy = format!(
        "use credentials of {home}; to make {own} one of them: `port-iam init --add-account {own}`, and merge what that opens"
    );
    Refusal::new(RefusalCode::OtherAccount, "accounts", reason, remedy)
}
