//! Rotates the access key of the workflows: a new one is made, tried and set, and only then the old one goes.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::assets;
use crate::clients::aws::{Aws, AwsCredentials, AwsSettings, Caller};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{GitHub, Repository};
use crate::clients::patience::Patience;
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::domain::own_command::shell_word;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::rotation::{Next, Replaced, next};
use crate::domain::security::statement_differences;
use crate::domain::setup::{AWS_SECRETS, SecretStore};
use crate::engine::security::{Documents, documents_of};
use crate::failure::Failure;
use crate::world::World;

/// How often a new key is tried: IAM takes a moment to know it everywhere.
const PATIENCE: Patience = Patience { looks: 30, pause: Duration::from_secs(2) };
/// How often it is looked whether workflows are over that began with the old key, ten seconds apart: they take ten
/// minutes at most.
const MOST_LOOKS: usize = 62;

/// How long after a signal a new key may take to be tried and set, so that it can still be taken back.
const SET_WITHIN: Duration = Duration::from_millis(3_500);

/// So much of a statement is told.
const LONGEST: usize = 300;

/// What a rotation works with.
pub struct Rotation<'a> {
    /// The surroundings.
    pub world: &'a World,
    /// The installation's names.
    pub names: &'a Names,
    /// The account.
    pub account: &'a AwsAccount,
    /// AWS, with an administrator's credentials.
    pub aws: &'a Aws,
    /// How AWS is reached.
    pub settings: &'a AwsSettings,
    /// GitHub.
    pub github: &'a GitHub,
    /// The target repository.
    pub repository: &'a Repository,
    /// Where its secrets lie.
    pub store: SecretStore,
    /// The IAM user of the workflows.
    pub user: &'a str,
    /// Told each step as it begins.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// What a rotation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Id of the key that the workflows have now.
    pub new: String,
    /// The one that was there.
    pub old: Replaced,
}

impl Rotation<'_> {
    /// Rotates.
    ///
    /// # Errors
    ///
    /// Fails when a service does; until the new key is set, it is taken back, and the old one works on. Refuses where it
    /// cannot be told which key the workflows have.
    pub async fn rotate(&self) -> Result<Rotated, Failure> {
        self.check_user().await?;
        let old = self.make_room().await?;
        self.world.stop.check()?;
        (self.progress)(&format!("Creating an access key of {}", self.user));
        let (new, secret) = self.aws.create_access_key(self.user).await?;
        // A signal leaves it the time to be tried and set; what takes longer is taken back.
        let setting = self.world.stop.within(SET_WITHIN, self.try_and_set(&new, &secret));
        if let Err(failure) = setting.await {
            (self.progress)(&format!("Taking the new key {new} back"));
            let taken_back = self.aws.delete_access_key(self.user, &new).await;
            let hint = match taken_back {
                Ok(()) => {
                    "the old key works on, unless GitHub took half of the new pair: run it again, which sets a whole one".to_owned()
                }
                Err(error) => format!("the new key {new} could not be deleted ({error}): delete it, and run it again"),
            };
            return Err(failure.hint(hint));
        }
        if let Replaced::OfTheWorkflows { id: old, .. } = &old {
            self.retire(old).await.map_err(|failure| {
                failure.hint(format!("the workflows have the new key {new}; disable and delete {old} in IAM"))
            })?;
        }
        Ok(Rotated { new, old })
    }

    /// Refuses a user who is not the workflows' own: somebody else's key is none to give them, or to take away.
    async fn check_user(&self) -> Result<(), Failure> {
        let arn = self.aws.user_arn(self.user).await?;
        let arn = arn.ok_or_else(|| {
            Failure::usage(format!("the account {} has no IAM user {}", self.account.id, self.user))
                .hint("name the workflows' user with --user")
        })?;
        let documents = documents_of(self.aws, &arn).await?;
        let manager = assets::manager_policies(self.names, self.account);
        let assets::ManagerPolicies { granter, revoker } =
            manager.map_err(|error| Failure::failed(error.to_string()))?;
        let written = [granter, revoker];
        let found = match &documents {
            Documents::All(found) => found,
            Documents::WithoutGroups(_, error) | Documents::Hidden(error) => {
                return Err(Failure::login(format!(
                    "whether {arn} is the workflows' own user cannot be told: {error}"
                ))
                .hint("use credentials of an administrator of the account"));
            }
        };
        let objection = match (found.is_empty(), statement_differences(found, &written).first()) {
            (true, _) => "it has no policy".to_owned(),
            (false, Some(further)) => {
                format!(
                    "its policies allow what no workflow needs: {}",
                    further.to_string().chars().take(LONGEST).collect::<String>()
                )
            }
            (false, None) => return Ok(()),
        };
        let reason = format!("{arn} is not the workflows' own user, or not that alone: {objection}");
        let remedy =
            format!("port-iam doctor --security --user {} shows all; name the right one with --user", self.user);
        Err(Refusal::new(RefusalCode::NotTheManager, "--user", reason, remedy).into())
    }

    /// Deletes what a former attempt left, and returns the key that is to be replaced.
    async fn make_room(&self) -> Result<Replaced, Failure> {
        let [id, _] = AWS_SECRETS;
        let set = self.github.secret_set_at(self.repository, &self.store, id).await?;
        let set = set.ok_or_else(|| Failure::failed("the secret was taken away meanwhile").hint("run it again"))?;
        loop {
            self.world.stop.check()?;
            let keys = self.aws.access_keys(self.user).await?;
            let now = self.aws.service_time().unwrap_or_else(|| self.world.now());
            let next = next(&keys, set, now).map_err(|refusal| Refusal {
                remedy: refusal.remedy.replace("USER", &shell_word(self.user)),
                ..refusal
            })?;
            match next {
                Next::Create(old) => return Ok(old),
                Next::DeleteInactive(id) => {
                    (self.progress)(&format!("Deleting {id}, which nobody can use"));
                    self.aws.delete_access_key(self.user, &id).await?;
                }
                Next::DeleteUnused(id) => {
                    (self.progress)(&format!("Deleting {id}, which was made and never used"));
                    self.aws.delete_access_key(self.user, &id).await?;
                }
            }
        }
    }

    async fn try_and_set(&self, id: &str, secret: &SecretString) -> Result<(), Failure> {
        (self.progress)("Trying the new key");
        self.try_key(id, secret).await?;
        (self.progress)("Setting it as the workflows' secrets");
        let [id_name, secret_name] = AWS_SECRETS;
        let secrets = [(id_name, SecretString::from(id.to_owned())), (secret_name, secret.clone())];
        Ok(self.github.set_secrets(self.repository, &self.store, &secrets).await?)
    }

    async fn try_key(&self, id: &str, secret: &SecretString) -> Result<(), Failure> {
        let credentials = AwsCredentials::Keys {
            access_key_id: id.to_owned(),
            secret_access_key: secret.expose_secret().to_owned().into(),
            session_token: None,
        };
        let aws = Aws::new(self.world, &AwsSettings { credentials, ..self.settings.clone() }).await?;
        let is_settled = |caller: &Result<Caller, ApiError>| !matches!(caller, Err(error) if error.kind == ApiErrorKind::Unauthorized);
        let caller = PATIENCE.until(self.world, is_settled, async || aws.caller().await).await?;
        if !caller.arn.ends_with(&format!("/{}", self.user)) {
            return Err(Failure::failed(format!("the new key is one of {}", caller.arn)));
        }
        Ok(())
    }

    /// Lets workflows end that began with the old key; then it is switched off, and deleted.
    async fn retire(&self, old: &str) -> Result<(), Failure> {
        for look in 0.. {
            // To ask, and to wait, may take longer than what a signal leaves, and what is left to do has to be told.
            let asking = async { Ok(self.github.unfinished_runs(self.repository).await?) };
            let running = self.world.stop.within(Duration::ZERO, asking).await?;
            if running == 0 {
                break;
            }
            if look == MOST_LOOKS {
                return Err(Failure::failed(format!("{running} workflow runs are still under way with the old key")));
            }
            if look == 0 {
                (self.progress)(&format!("Waiting for {running} workflow runs that began with the old key"));
            }
            let pause = async {
                self.world.sleep(Duration::from_secs(10)).await;
                Ok(())
            };
            self.world.stop.within(Duration::ZERO, pause).await?;
        }
        (self.progress)(&format!("Disabling and deleting the old key {old}"));
        self.aws.disable_access_key(self.user, old).await?;
        Ok(self.aws.delete_access_key(self.user, old).await?)
    }
}
