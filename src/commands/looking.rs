//! Port and AWS for commands that only look: as far as there are credentials for them, and whichever is missing is told.

use serde_json::{Value, json};

use super::{Surroundings, connected};
use crate::clients::aws::{Aws, Caller, ReachedAccount};
use crate::clients::error::{Api, ApiErrorKind};
use crate::clients::port::Port;
use crate::config::port::PortSettings;
use crate::domain::identifier::AccountId;
use crate::engine::overview::Looking;
use crate::failure::{Failure, FailureKind};

/// Port and AWS, as far as there are credentials for them.
pub(super) struct Reach {
    port: Result<Port, Failure>,
    aws: Result<(Aws, Caller), Failure>,
    further: Vec<ReachedAccount>,
    /// The further accounts that could not be reached, and why.
    unreached: Vec<(AccountId, Failure)>,
}

impl Reach {
    /// Finds out what can be looked at. Somebody at a terminal is asked for Port's credentials only where there are
    /// none of AWS either.
    ///
    /// # Errors
    ///
    /// Fails when neither can be looked at, on settings that are wrong, and on a mixture of a sandbox and a real system.
    pub(super) async fn of(surroundings: &Surroundings<'_>, profiles: &[String]) -> Result<Self, Failure> {
        let world = surroundings.world;
        // Settings that are wrong are told, those that are not there are not.
        let settings = match connected::settings_of_several(world, "look", profiles) {
            Err(failure) if failure.kind == FailureKind::Usage => return Err(failure),
            settings => settings,
        };
        let aws = async {
            let aws = Aws::new(world, &settings?).await?;
            let caller = aws.caller().await?;
            Ok((aws, caller))
        };
        let aws: Result<(Aws, Caller), Failure> = aws.await;
        let nobody = world.with_nobody();
        let settings = match PortSettings::read(if aws.is_ok() { &nobody } else { world }) {
            Err(failure) if failure.kind != FailureKind::LoginNeeded => return Err(failure),
            settings => settings,
        };
        let port = async {
            let settings = settings?;
            let port = Port::new(world, &settings.url, settings.client_id, settings.client_secret)?;
            port.log_in().await?;
            Ok(port)
        };
        let port: Result<Port, Failure> = port.await;
        match (&port, &aws) {
            (Ok(_), Ok(_)) => connected::check_port_and_aws(world, None).await?,
            (Err(of_port), Err(of_aws)) => {
                let mut failure =
                    Failure::new(of_port.kind, format!("neither Port nor AWS can be looked at: {of_port}; {of_aws}"));
                failure.hints = of_port.hints.iter().chain(&of_aws.hints).cloned().collect();
                return Err(failure);
            }
            _ => {}
        }
        let (mut further, mut unreached) = (Vec::new(), Vec::new());
        if let Ok((aws, _)) = &aws {
            for account in aws.further_accounts() {
                match aws.of_further_account(account).await {
                    Some(Ok(reached)) => further.push(reached),
                    Some(Err(failure)) => unreached.push((account.clone(), failure)),
                    None => {}
                }
            }
        }
        Ok(Self { port, aws, further, unreached })
    }

    /// Notes an account that is asked for and that nobody looked at. Where AWS was not looked at, that is told already.
    pub(super) fn note_asked_for(&mut self, account: &AccountId) {
        let Ok((_, caller)) = &self.aws else { return };
        let mut known = std::iter::once(&caller.account.id)
            .chain(self.further.iter().map(|further| &further.account().id))
            .chain(self.unreached.iter().map(|(account, _)| account));
        if known.any(|known| known == account) {
            return;
        }
        let why = format!("none of these credentials are of it; --account-profile {account}=PROFILE adds it");
        self.unreached.push((account.clone(), Failure::login(why)));
    }

    /// Leaves AWS out where its credentials are good and not enough, as those of whoever only uses grants are, and Port
    /// can be asked.
    ///
    /// # Errors
    ///
    /// Fails with any other failure.
    pub(super) fn without_what_is_forbidden(&mut self, failure: Failure) -> Result<(), Failure> {
        let is_forbidden =
            failure.call.as_ref().is_some_and(|call| call.api == Api::Aws && call.kind == ApiErrorKind::Forbidden);
        if !is_forbidden || self.port.is_err() || self.aws.is_err() {
            return Err(failure);
        }
        self.aws = Err(failure);
        self.further.clear();
        Ok(())
    }

    /// Returns what the engine looks with.
    pub(super) fn looking<'a>(&'a self, surroundings: &'a Surroundings<'_>) -> Looking<'a> {
        Looking {
            names: &surroundings.names,
            port: self.port.as_ref().ok(),
            aws: self.aws.as_ref().ok().map(|(aws, caller)| (aws, caller)),
            further: &self.further,
            reads_every_role: false,
        }
    }

    /// Returns the region of AWS, where it is looked at.
    pub(super) fn region(&self) -> Option<&str> {
        self.aws.as_ref().ok().and_then(|(aws, _)| aws.region())
    }

    /// Returns the accounts that could not be reached.
    pub(super) fn unreached(&self) -> Vec<String> {
        self.unreached.iter().map(|(account, _)| account.as_str().to_owned()).collect()
    }

    /// Returns a sentence for each system that is not looked at.
    pub(super) fn not_looked_at(&self) -> Vec<String> {
        let of_port = self.port.as_ref().err().map(|failure| format!("Port not looked at: {failure}"));
        let of_aws = self
            .aws
            .as_ref()
            .err()
            .map(|failure| format!("AWS not looked at: {failure}; what Port says may not be what is live"));
        let of_account =
            |(account, failure): &(AccountId, Failure)| format!("account {account} not looked at: {failure}");
        of_port.into_iter().chain(of_aws).chain(self.unreached.iter().map(of_account)).collect()
    }

    /// Returns for machines what was looked at, and why not.
    pub(super) fn json(&self) -> [(&'static str, Value); 2] {
        let told = |problem: Option<&Failure>| json!({ "looked_at": problem.is_none(), "why_not": problem.map(|failure| failure.message.clone()) });
        let mut aws = told(self.aws.as_ref().err());
        if let Ok((_, caller)) = &self.aws {
            aws["account"] = json!(caller.account.id.as_str());
            aws["as"] = json!(caller.arn);
            let all = std::iter::once(caller).chain(self.further.iter().map(|further| &further.caller));
            aws["accounts"] = all.map(|caller| json!(caller.account.id.as_str())).collect();
            let unreached = |(account, failure): &(AccountId, Failure)| json!({ "account": account.as_str(), "why_not": failure.message });
            aws["accounts_not_looked_at"] = self.unreached.iter().map(unreached).collect();
        }
        [("port", told(self.port.as_ref().err())), ("aws", aws)]
    }
}
