//! Looks at everything there is of one grant.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join3};
use jiff::Timestamp;

use super::Looking;
use crate::clients::aws::{Aws, Caller, ReachedAccount};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::{Port, SearchRule};
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Entity, Run};
use crate::domain::iam::{PolicyState, RoleState};
use crate::domain::identifier::GrantId;
use crate::domain::overview::{AwsSeen, OverviewSeen, PortSeen, RoleSeen, RoleTold, Row, compose};
use crate::domain::tags::{REQUESTER, SCOPE, names_a_resource, value_of};
use crate::domain::trust;
use crate::engine::MOST_POLICIES;
use crate::failure::Failure;

/// Everything there is of one grant.
#[derive(Clone, Debug)]
pub struct Closely {
    /// Port and AWS together; none where neither knows such a grant.
    pub row: Option<Row>,
    /// What Port has; none where it was not looked at.
    pub port: Option<InPort>,
    /// What AWS has; none where it was not looked at.
    pub aws: Option<InAws>,
}

/// What Port has of a grant.
#[derive(Clone, Debug)]
pub struct InPort {
    /// The entity of the live grants.
    pub entity: Option<Entity>,
    /// The permanent record.
    pub record: Option<Entity>,
    /// The run that asked for it.
    pub run: Option<Run>,
}

/// What AWS has of a grant.
#[derive(Clone, Debug)]
pub struct InAws {
    /// The account.
    pub account: AwsAccount,
    /// AWS's time.
    pub now: Timestamp,
    /// The role of its name under our path.
    pub role: Option<RoleState>,
    /// ARNs of what is attached to the role.
    pub attached: Vec<String>,
    /// Names of what is written into the role.
    pub inline: Vec<String>,
    /// Its own policies, and further ones that are attached.
    pub policies: Vec<PolicySeen>,
}

/// A policy of a grant.
#[derive(Clone, Debug)]
pub struct PolicySeen {
    /// What it is.
    pub state: PolicyState,
    /// Whether it is attached to the grant's role.
    pub is_attached: bool,
}

impl Looking<'_> {
    /// Looks at everything there is of one grant.
    ///
    /// # Errors
    ///
    /// Fails when Port or AWS refuses or cannot be asked.
    pub async fn closely(&self, grant: &GrantId) -> Result<Closely, Failure> {
        let aws = match self.aws {
            Some((aws, caller)) => Some(self.in_aws(aws, caller, grant).await?),
            None => None,
        };
        let mut others = Vec::new();
        for ReachedAccount { aws, caller } in self.further {
            others.push(self.in_aws(aws, caller, grant).await?);
        }
        let port = match self.port {
            Some(port) => Some(self.in_port(port, grant).await?),
            None => None,
        };
        let seen = OverviewSeen {
            aws: aws.as_ref().map(|aws| role_seen(aws, grant)),
            further: others.iter().map(|aws| role_seen(aws, grant)).collect(),
            port: port.as_ref().map(|(port, is_over)| {
                let keyed = |entity: &Option<Entity>| -> BTreeMap<String, Entity> {
                    entity.iter().map(|entity| (entity.identifier.clone(), entity.clone())).collect()
                };
                let expired: BTreeSet<String> = is_over.then(|| grant.to_string()).into_iter().collect();
                PortSeen { entities: keyed(&port.entity), records: keyed(&port.record), expired }
            }),
        };
        let row = compose(&seen).pop();
        let account = row.as_ref().and_then(|row| row.account.clone());
        let is_there = |aws: &InAws| account.as_deref() == Some(aws.account.id.as_str());
        let at = others.iter().position(is_there).filter(|_| !aws.as_ref().is_some_and(is_there));
        let aws = at.map(|at| others.swap_remove(at)).or(aws);
        Ok(Closely { row, port: port.map(|(port, _)| port), aws })
    }

    /// Returns what Port has, and whether the grant's time is over by its clock.
    async fn in_port(&self, port: &Port, grant: &GrantId) -> Result<(InPort, bool), ApiError> {
        let live = &self.names.provisioned_permissions;
        let expired = [SearchRule::IdentifierIn(vec![grant.to_string()]), SearchRule::Expired("expiry_time")];
        let (entity, record, over) = try_join3(
            port.entity(live, grant.as_str()),
            port.entity(&self.names.permission_records, grant.as_str()),
            port.search(live, &expired),
        )
        .await?;
        let run = if grant.is_break_glass() { None } else { port.run(grant.run_id().as_str()).await? };
        Ok((InPort { entity, record, run }, !over.is_empty()))
    }

    async fn in_aws(&self, aws: &Aws, caller: &Caller, grant: &GrantId) -> Result<InAws, Failure> {
        let account = caller.account.clone();
        // A role of the name that lies elsewhere is none of ours.
        let role = aws.role(grant.as_str()).await?.filter(|role| role.arn == account.role_arn(self.names, grant));
        let (attached, inline) = match role {
            Some(_) => try_join(aws.attached_policies(grant.as_str()), aws.inline_policies(grant.as_str())).await?,
            None => (None, None),
        };
        let attached = attached.unwrap_or_default();
        let mut policies = Vec::new();
        for number in 1..=MOST_POLICIES {
            let Some(state) = aws.policy(&account.part_arn(self.names, grant, number)).await? else { break };
            policies.push(PolicySeen { is_attached: attached.contains(&state.arn), state });
        }
        for arn in &attached {
            if policies.iter().any(|policy| policy.state.arn == *arn) || *arn == account.deny_all_arn() {
                continue;
            }
            match aws.policy(arn).await {
                Ok(state) => policies.extend(state.map(|state| PolicySeen { state, is_attached: true })),
                Err(error) if error.kind == ApiErrorKind::Forbidden => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(InAws { account, now: aws.told_time()?, role, attached, inline: inline.unwrap_or_default(), policies })
    }
}

fn role_seen(aws: &InAws, grant: &GrantId) -> AwsSeen {
    let deny_all = aws.account.deny_all_arn();
    let role = aws.role.iter().map(|role| {
        let tagged = role.tags.iter().filter(|(key, _)| names_a_resource(key)).map(|(_, value)| value.clone());
        let text = |key: &str| value_of(&role.tags, key).map(str::to_owned);
        let told = RoleTold {
            requester: text(REQUESTER),
            resources: tagged.collect(),
            actions: Vec::new(),
            scope: text(SCOPE),
        };
        let seen = RoleSeen {
            arn: role.arn.clone(),
            end: trust::end_of(&role.trust),
            is_denied: aws.attached.contains(&deny_all),
            holds_policies: !aws.inline.is_empty() || aws.attached.iter().any(|arn| *arn != deny_all),
            told: Some(told),
        };
        (grant.to_string(), seen)
    });
    AwsSeen { account: aws.account.clone(), now: aws.now, roles: role.collect() }
}
