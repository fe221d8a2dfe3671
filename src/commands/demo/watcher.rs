//! Looks at what the commands of the demo have done.

use serde_json::Value;

use super::access::Judged;
use super::story::Story;
use crate::assets;
use crate::clients::aws::Aws;
use crate::clients::port::Port;
use crate::commands::{Surroundings, connected};
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::failure::Failure;
use crate::sandbox::Sandbox;
use crate::world::World;

/// The clients through which the demo looks at what the commands have done, as the platform engineer.
pub(super) struct Watcher {
    pub(super) world: World,
    pub(super) names: Names,
    pub(super) port: Port,
    pub(super) aws: Aws,
    pub(super) account: AwsAccount,
}

impl Watcher {
    pub(super) async fn new(surroundings: &Surroundings<'_>, sandbox: &Sandbox) -> Result<Self, Failure> {
        let environment = sandbox.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let system = surroundings.world;
        let world = World::isolated(environment, system.program.clone(), system.stdout.clone(), system.stderr.clone());
        let (port, aws) = (connected::port(&world)?, connected::aws(&world).await?);
        let account = aws.caller().await?.account;
        Ok(Self { names: surroundings.names.clone(), port, aws, account, world })
    }

    /// Returns what is left of a grant, in words.
    pub(super) async fn left_of(&self, grant: &GrantId) -> Result<Vec<&'static str>, Failure> {
        let mut left = Vec::new();
        if self.aws.role(grant.as_str()).await?.is_some() {
            left.push("role");
        }
        if self.aws.policy(&self.account.policy_arn(&self.names, grant)).await?.is_some() {
            left.push("policy");
        }
        if self.port.entity(&self.names.provisioned_permissions, grant.as_str()).await?.is_some() {
            left.push("entity");
        }
        Ok(left)
    }

    pub(super) async fn judge_gone(&self, grant: &GrantId, story: &mut Story) -> Result<(), Failure> {
        let left = self.left_of(grant).await?;
        let got = if left.is_empty() { "gone".to_owned() } else { format!("left: {}", left.join(", ")) };
        story.judged(Judged { what: format!("role, policy and entity of {grant}"), expected: "gone".to_owned(), got });
        Ok(())
    }

    pub(super) async fn record(&self, grant: &GrantId) -> Result<Value, Failure> {
        let record = self.port.entity(&self.names.permission_records, grant.as_str()).await?;
        Ok(record.map_or(Value::Null, |record| record.properties))
    }

    pub(super) fn now(&self) -> Result<jiff::Timestamp, Failure> {
        self.aws.service_time().ok_or_else(|| Failure::failed("AWS tells no time"))
    }

    pub(super) fn requester_policy(&self) -> Result<Value, Failure> {
        assets::requester_policy(&self.names, &self.account).map_err(|error| Failure::failed(error.to_string()))
    }
}
