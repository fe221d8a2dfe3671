//! The values of the workflows' secrets, each checked before it is used.
//!
//! They come from the environment or a hidden prompt, and never from the caller's own AWS credentials: those can do
//! far more than the workflows may.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Identity, Setup};
use crate::clients::aws::{Aws, AwsCredentials, AwsSettings, Caller};
use crate::clients::port::Port;
use crate::config::variables::{
    PORT_IAM_MANAGER_ACCESS_KEY_ID, PORT_IAM_MANAGER_SECRET_ACCESS_KEY, PORT_IAM_WORKFLOW_PORT_CLIENT_ID,
    PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET,
};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::setup::{AwsIdentity, Finding, PORT_SECRETS, check_manager, check_manager_key, weakness_of_pair};
use crate::failure::Failure;

/// Values by the names of the secrets.
#[derive(Debug, Default)]
pub struct SecretValues {
    /// The values.
    pub values: BTreeMap<&'static str, SecretString>,
    /// What should be known about them.
    pub findings: Vec<Finding>,
}

/// Client id and secret of Port.
pub type PortPair = (String, SecretString);

/// The caller's own Port credentials, and how AWS is reached.
#[derive(Debug)]
pub struct OwnCredentials {
    /// Address of Port.
    pub port_url: crate::clients::http::ApiUrl,
    /// Client id and secret, if there are any.
    pub port: Option<PortPair>,
    /// Those that were typed in for the workflows.
    pub workflow_pair: Option<PortPair>,
    /// How AWS is reached.
    pub aws: AwsSettings,
}

impl Setup<'_> {
    /// Returns checked values for the secrets `names`; nothing is asked for that is not among them.
    ///
    /// # Errors
    ///
    /// Fails with "login needed" when a value is missing and nobody can be asked, or is rejected; refuses an AWS key
    /// that is temporary, root's, the caller's own or of another account, and Port credentials of another
    /// organisation.
    pub async fn secret_values(
        &self,
        identity: &Identity,
        own: &OwnCredentials,
        names: &[&'static str],
    ) -> Result<SecretValues, Failure> {
        let mut gathered = SecretValues::default();
        if names.iter().any(|name| PORT_SECRETS.contains(name)) {
            self.port_pair(identity, own, &mut gathered).await?;
        }
        if names.contains(&"AWS_ACCESS_KEY_ID") {
            self.manager_key(identity, own.aws.clone(), &mut gathered).await?;
        }
        Ok(gathered)
    }

    async fn port_pair(
        &self,
        identity: &Identity,
        own: &OwnCredentials,
        gathered: &mut SecretValues,
    ) -> Result<(), Failure> {
        let variable = |name| self.world.variable(name).map(str::to_owned);
        let (id, secret) = match own.workflow_pair.clone() {
            Some((id, secret)) => (Some(id), Some(secret)),
            None => (
                variable(PORT_IAM_WORKFLOW_PORT_CLIENT_ID),
                variable(PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET).map(SecretString::from),
            ),
        };
        let (id, secret, personal) = match (id, secret) {
            (Some(id), Some(secret)) => {
                let port = Port::new(self.world, &own.port_url, id.clone(), secret.clone())?;
                let rejected = |mut failure: Failure| {
                    failure.hints = vec![format!(
                        "check {PORT_IAM_WORKFLOW_PORT_CLIENT_ID} and {PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET}"
                    )];
                    failure
                };
                let organization = port.organization_id().await.map_err(|error| rejected(error.into()))?;
                if identity.organization.as_ref().is_some_and(|ours| *ours != organization) {
                    let remedy = "use credentials of the organisation that is set up";
                    let reason = "they are credentials of another Port organisation";
                    return Err(Refusal::new(
                        RefusalCode::OtherOrganisation,
                        PORT_IAM_WORKFLOW_PORT_CLIENT_ID,
                        reason,
                        remedy,
                    )
                    .into());
                }
                (id, secret, port.is_personal().await.map_err(Failure::from)?)
            }
            (None, None) => {
                let (id, secret) = own.port.clone().ok_or_else(|| {
                    Failure::login(format!("{PORT_IAM_WORKFLOW_PORT_CLIENT_ID} is not set")).hint(format!(
                        "set {PORT_IAM_WORKFLOW_PORT_CLIENT_ID} and {PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET} to Port credentials for the workflows"
                    ))
                })?;
                (id, secret, identity.personal)
            }
            _ => {
                return Err(Failure::login(format!(
                    "only one of {PORT_IAM_WORKFLOW_PORT_CLIENT_ID} and {PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET} is set"
                ))
                .hint("set both, or neither"));
            }
        };
        let is_callers = own.port.as_ref().is_some_and(|(own, _)| *own == id);
        gathered.findings.extend(weakness_of_pair(personal, is_callers));
        gathered.values.insert("PORT_CLIENT_ID", id.into());
        gathered.values.insert("PORT_CLIENT_SECRET", secret);
        Ok(())
    }

    async fn manager_key(
        &self,
        identity: &Identity,
        settings: AwsSettings,
        gathered: &mut SecretValues,
    ) -> Result<(), Failure> {
        let id = match self.world.variable(PORT_IAM_MANAGER_ACCESS_KEY_ID) {
            Some(id) => id.trim().to_owned(),
            None => self.ask(PORT_IAM_MANAGER_ACCESS_KEY_ID, |terminal| {
                terminal.text("Access key id of the workflows' own IAM user (AKIA...)")
            })?,
        };
        check_manager_key(&id)?;
        let secret = match self.world.variable(PORT_IAM_MANAGER_SECRET_ACCESS_KEY) {
            Some(secret) => SecretString::from(secret.to_owned()),
            None => self.ask(PORT_IAM_MANAGER_SECRET_ACCESS_KEY, |terminal| {
                terminal.secret("Secret access key of the workflows' own IAM user")
            })?,
        };
        let credentials = AwsCredentials::Keys {
            access_key_id: id.clone(),
            secret_access_key: secret.expose_secret().to_owned().into(),
            session_token: None,
        };
        let settings = AwsSettings { credentials, region: Some(identity.region.clone()), ..settings };
        let manager = Aws::new(self.world, &settings).await?.caller().await.map_err(|error| {
            let mut failure = Failure::from(error);
            failure.hints =
                vec![format!("check {PORT_IAM_MANAGER_ACCESS_KEY_ID} and {PORT_IAM_MANAGER_SECRET_ACCESS_KEY}")];
            failure
        })?;
        check_manager(whose(&manager), &identity.account.id, identity.caller.as_ref().map(whose))?;
        (self.progress)(&format!("The workflows will act in AWS as {}", manager.arn));
        gathered.values.insert("AWS_ACCESS_KEY_ID", id.into());
        gathered.values.insert("AWS_SECRET_ACCESS_KEY", secret);
        Ok(())
    }

    fn ask<T>(
        &self,
        variable: &str,
        question: impl FnOnce(&dyn crate::world::Terminal) -> std::io::Result<T>,
    ) -> Result<T, Failure> {
        let terminal = self.world.terminal.as_ref();
        if !terminal.is_interactive() {
            return Err(Failure::login(format!("{variable} is not set"))
                .hint(format!("create an IAM user for the workflows with the policies that `port-iam aws` prints, and set {PORT_IAM_MANAGER_ACCESS_KEY_ID} and {PORT_IAM_MANAGER_SECRET_ACCESS_KEY} to its access key; your own key is never used for it")));
        }
        question(terminal).map_err(|error| Failure::login(format!("could not ask for {variable}: {error}")))
    }
}

fn whose(caller: &Caller) -> AwsIdentity<'_> {
    AwsIdentity { arn: &caller.arn, user_id: &caller.user_id, account: &caller.account.id }
}
