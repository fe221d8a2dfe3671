//! Starts an action in Port for a person, once: an answer that is lost is looked up, and never asked for again.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::patience::Patience;
use crate::clients::port::Port;
use crate::domain::catalog::Run;
use crate::domain::request::RequestForm;
use crate::failure::Failure;
use crate::world::World;

/// How long a run that was started is looked for.
const PATIENCE: Patience = Patience { looks: 3, pause: Duration::from_secs(1) };

/// Nobody waits longer than this for what is needed only if an answer is lost.
const WITHIN: Duration = Duration::from_secs(5);

/// What a person starts in Port.
pub struct Start<'a> {
    /// The action.
    pub action: &'a str,
    /// Identifier of the entity that it is started on.
    pub entity: &'a str,
    /// What is filled in.
    pub form: &'a Value,
    /// What the reader can do where Port knows no such action or entity.
    pub when_missing: &'a str,
}

impl Start<'_> {
    /// Starts it, as the person whom the credentials belong to, and returns the id of the run. Where the answer is lost, that
    /// is the one run of the person that was not there before; no clock tells it, since nobody's is Port's.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses; and where nobody can tell whether the run was started, with where to look.
    pub async fn once(&self, world: &World, port: &Port) -> Result<String, Failure> {
        let before = self.runs(port).await;
        let error = match port.execute(self.action, self.entity, self.form).await {
            Ok(run) => return Ok(run.id),
            Err(error) => error,
        };
        if !may_have_started(&error) {
            return Err(Failure::of_call(error, self.when_missing));
        }
        tracing::info!(%error, "whether the run was started is not known; looking for it");
        let found = match &before {
            Some(before) => self.new_run(world, port, before).await,
            None => None,
        };
        found.ok_or_else(|| self.untold(error))
    }

    /// Returns the person's runs of the same form that are there; none where that cannot be told soon, which keeps nobody
    /// from starting another.
    async fn runs(&self, port: &Port) -> Option<Vec<String>> {
        match tokio::time::timeout(WITHIN, port.own_runs(self.action, self.entity)).await {
            Ok(Ok(runs)) => Some(runs?.into_iter().filter(|run| self.is_asked_by(run)).map(|run| run.id).collect()),
            Ok(Err(error)) => {
                tracing::info!(%error, "a lost answer could not be looked up");
                None
            }
            Err(_) => {
                tracing::info!("a lost answer could not be looked up in time");
                None
            }
        }
    }

    /// Returns whether a run asks for all that this does. Port fills in what a form leaves out, and may tell entities as a
    /// whole.
    fn is_asked_by(&self, run: &Run) -> bool {
        let names = self.form.as_object().into_iter().flatten().map(|(name, _)| name);
        let filled: Map<String, Value> = names.map(|name| (name.clone(), run.form()[name].clone())).collect();
        let filled = Value::Object(filled);
        match RequestForm::parse(self.form) {
            Ok(ours) => RequestForm::parse(&filled).is_ok_and(|theirs| theirs.asks_the_same_as(&ours)),
            // Every other form is of texts alone.
            Err(_) => filled == *self.form,
        }
    }

    /// Returns the one run that was not there before; none where there is none, or several.
    async fn new_run(&self, world: &World, port: &Port, before: &[String]) -> Option<String> {
        let new = async || -> Option<Vec<String>> {
            let runs = self.runs(port).await?;
            Some(runs.into_iter().filter(|run| !before.contains(run)).collect())
        };
        // The list may be a moment behind.
        let mut new = PATIENCE.until(world, |new| !matches!(new, Some(new) if new.is_empty()), new).await?;
        if new.len() == 1 { new.pop() } else { None }
    }

    /// Returns the failure of a call after which a second one could start a second run.
    fn untold(&self, error: ApiError) -> Failure {
        let Self { action, entity, .. } = self;
        let hint = format!(
            "the run may have been started all the same: look at the runs of {action} on {entity} in Port, and run the same \
             command again only if yours is not there"
        );
        Failure { hints: vec![hint], ..Failure::from(error) }
    }
}

/// Returns whether the request may have been carried out, though its answer is none that can be used.
fn may_have_started(error: &ApiError) -> bool {
    matches!(error.kind, ApiErrorKind::NoAnswer | ApiErrorKind::Server | ApiErrorKind::Undecodable)
}
