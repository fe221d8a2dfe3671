//! Observe, decide, apply, observe again: the flows over the three systems, and the rules for crash and propagation.
//!
//! It knows no command line and no output. What it does is told through [`Engine::progress`].

mod attached;
#[cfg(feature = "full")]
pub mod checkup;
#[cfg(feature = "discover")]
pub mod discovery;
mod extensions;
pub mod following;
pub mod grant;
mod in_the_way;
#[cfg(feature = "full")]
pub mod overview;
#[cfg(feature = "full")]
pub mod probing;
mod propagation;
#[cfg(feature = "full")]
pub mod report;
pub mod reporting;
mod returning;
pub mod revoke;
mod role_by_name;
#[cfg(feature = "full")]
pub mod rotation;
#[cfg(feature = "full")]
pub mod runtime_check;
#[cfg(feature = "full")]
pub mod security;
#[cfg(feature = "full")]
pub mod seeding;
pub mod selected;
#[cfg(feature = "full")]
pub mod setup;
pub mod starters;
pub mod starting;
pub mod sweep;
mod taking_apart;
#[cfg(feature = "full")]
mod token_claims;
mod undo;
#[cfg(feature = "full")]
pub mod uninstall;
#[cfg(feature = "full")]
pub mod written_trusts;

use jiff::Timestamp;

use crate::clients::aws::Aws;
use crate::clients::error::ApiError;
use crate::clients::port::{Port, Upsert};
use crate::domain::names::Names;
use crate::domain::part::MOST_POLICIES;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::failure::Failure;
use crate::world::World;

/// What every flow works with.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// The surroundings.
    pub world: &'a World,
    /// The installation's names.
    pub names: &'a Names,
    /// Port.
    pub port: &'a Port,
    /// AWS.
    pub aws: &'a Aws,
    /// Told each step as it begins, one short sentence.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

impl Engine<'_> {
    /// Returns the same in another account.
    fn with_aws<'a>(&'a self, aws: &'a Aws) -> Engine<'a> {
        Engine { aws, ..*self }
    }

    /// Tells what happens now.
    fn say(&self, sentence: &str) {
        (self.progress)(sentence);
    }

    /// Returns the time by AWS's clock. Nothing about access is decided by this machine's clock.
    fn service_time(&self) -> Result<Timestamp, Failure> {
        self.aws.told_time()
    }

    /// Writes an entity under a run, and without the run when that has ended: a fact must not be lost for it.
    async fn upsert(&self, blueprint: &str, body: &serde_json::Value, run_id: Option<&str>) -> Result<(), ApiError> {
        use crate::clients::error::ApiErrorKind::RunExhausted;
        match self.port.upsert_entity(blueprint, body, Upsert { run_id }).await {
            Err(error) if error.kind == RunExhausted => {
                self.port.upsert_entity(blueprint, body, Upsert { run_id: None }).await
            }
            other => other,
        }
    }
}

/// A refusal because Port answered in a shape that is not known is a failure of ours, not of the request.
fn unknown_shape(refusal: Refusal) -> Failure {
    if refusal.code == RefusalCode::WrongShape {
        return Failure::failed(format!("Port's answer about the run has an unknown shape: {refusal}"))
            .hint("nothing was changed; check for a newer version of port-iam");
    }
    refusal.into()
}
