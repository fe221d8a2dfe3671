//! A request as if Port vouched for it: it goes the way of a real one, with everything that Port would answer made up.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::catalog::{Approval, Entity, Run, User};
use crate::domain::decision::{Circumstances, Configuration, decide};
use crate::domain::duration::GrantDuration;
use crate::domain::grant::Grant;
use crate::domain::identifier::{AccountId, ActionName, RunId};
use crate::domain::quotas::Limits;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::rules::{ApprovalRule, Rules};
use crate::domain::tags::Scope;
use crate::domain::verification::{Evidence, ExpectedRun, RunStage, verify_request};

/// What somebody would ask for.
#[derive(Clone, Copy, Debug)]
pub struct Supposed<'a> {
    /// E-mail of the person who asks.
    pub requester: &'a str,
    /// The teams of that person in Port.
    pub teams: &'a [String],
    /// The account of the credentials; none for the one that the resources name.
    pub account: Option<&'a AccountId>,
    /// The resources with their types in the catalog, that of the run first.
    pub resources: &'a [(Arn, String)],
    /// The actions.
    pub actions: &'a [ActionName],
    /// How long.
    pub duration: GrantDuration,
    /// Why, in the requester's words.
    pub reason: Option<&'a str>,
}

impl Supposed<'_> {
    /// Decides as on a real request that everybody approved who could, and that Port's catalog holds all of.
    ///
    /// # Errors
    ///
    /// Refuses as a grant would be refused.
    pub fn decide(&self, configuration: &Configuration, now: Timestamp) -> Result<Grant, Refusal> {
        let requester = person(self.requester, self.teams);
        let arns: Vec<Arn> = self.resources.iter().map(|(arn, _)| arn.clone()).collect();
        let dispatch = self.dispatch()?;
        let form = RequestForm::parse(&dispatch.properties)?;
        let request = verify_request(&dispatch, &form, &self.evidence(&dispatch, &requester), EXPECTED)?;
        let (users, approvals) = approvers(&configuration.rules);
        let account = account_of(&configuration.rules, &arns, self.account)?;
        decide(
            &request,
            &Circumstances {
                configuration,
                account: &account,
                home: &account.id,
                scope: &Scope("none".to_owned()),
                approvals: &approvals,
                users: &users,
                room: Limits::default().room(),
                now,
                first_end: None,
            },
        )
    }

    fn dispatch(&self) -> Result<Dispatch, Refusal> {
        let mut identifiers = self.resources.iter().map(|(arn, _)| arn.as_str());
        Ok(Dispatch {
            run_id: RunId::parse("none")?,
            entity: identifiers.next().unwrap_or_default().to_owned(),
            requester: Some(self.requester.to_owned()),
            properties: json!({
                "permissions": self.actions.iter().map(ActionName::as_str).collect::<Vec<_>>(),
                "duration": self.duration.to_string(),
                "reason": self.reason,
                "additional_resources": identifiers.collect::<Vec<_>>(),
            }),
        })
    }

    fn evidence(&self, dispatch: &Dispatch, requester: &User) -> Evidence {
        let of_first = self.resources.first().map_or("", |(_, kind)| kind.as_str());
        Evidence {
            run: Some(Run {
                id: dispatch.run_id.to_string(),
                action: ACTION.to_owned(),
                entity: Some(dispatch.entity.clone()),
                status: "IN_PROGRESS".to_owned(),
                status_label: None,
                created_by: Some(requester.id.clone()),
                impersonated_by: None,
                ended_at: None,
                has_ended: false,
                created_at: None,
                updated_at: None,
                properties: dispatch.properties.clone(),
                raw_properties: Value::Null,
                needs_approval: false,
            }),
            requester: Some(requester.clone()),
            resources: self.resources.iter().map(|(arn, kind)| entity(arn.as_str(), kind)).collect(),
            // The form offers permissions of the resource's type only.
            permissions: self.actions.iter().map(|action| entity(action.as_str(), of_first)).collect(),
            record: None,
        }
    }
}

/// Any action will do: the run that is made up belongs to it.
const ACTION: &str = "request";
const EXPECTED: ExpectedRun<'static> = ExpectedRun { action: ACTION, stage: RunStage::Open };

fn entity(identifier: &str, resource_type: &str) -> Entity {
    Entity {
        identifier: identifier.to_owned(),
        title: None,
        properties: json!({ "resource_type": resource_type }),
        relations: Value::Null,
    }
}

fn person(email: &str, teams: &[String]) -> User {
    User {
        id: email.to_owned(),
        email: email.to_owned(),
        status: "ACTIVE".to_owned(),
        kind: None,
        teams: teams.to_vec(),
        roles: Vec::new(),
    }
}

/// Everybody whom a rule names as approver, and their yes.
fn approvers(rules: &Rules) -> (Vec<User>, Vec<Approval>) {
    let emails = rules.rules.iter().flat_map(|rule| match &rule.approval {
        ApprovalRule::Required { approvers } => approvers.as_slice(),
        ApprovalRule::None => &[],
    });
    let users: Vec<User> = emails.map(|email| person(email, &[])).collect();
    let yes = |user: &User| Approval { user_id: user.id.clone(), state: "APPROVED".to_owned(), said: None };
    let approvals = users.iter().map(yes).collect();
    (users, approvals)
}

/// Returns the account of the credentials: `named`, or the one of the rules file that the resources name, or its first
/// one. Its partition is that of its regions where the file names any, else that of the resources.
///
/// # Errors
///
/// Refuses a rules file that names no account.
pub fn account_of(rules: &Rules, resources: &[Arn], named: Option<&AccountId>) -> Result<AwsAccount, Refusal> {
    let accounts = &rules.accounts;
    let of_resources = resources.iter().find_map(|arn| accounts.keys().find(|id| id.as_str() == arn.account()));
    let Some(id) = named.or(of_resources).or_else(|| accounts.keys().next()) else {
        let reason = "the rules file names no account";
        return Err(Refusal::new(RefusalCode::ForeignAccount, "accounts", reason, "name one under `accounts`"));
    };
    let region = accounts.get(id).and_then(|account| account.regions.first());
    Ok(match region {
        Some(region) => AwsAccount::in_region(id.clone(), region),
        None => {
            let partition = resources.first().map_or("aws", Arn::partition).to_owned();
            AwsAccount { id: id.clone(), partition }
        }
    })
}
