//! Looks up who wants to give a grant back, and whether it is theirs to give.

use futures_util::future::join;

use super::Engine;
use super::starters::Starters;
use crate::domain::arn::Arn;
use crate::domain::catalog::{Run, User};
use crate::domain::identifier::{AccountId, ActionName, GrantId};
use crate::domain::request::Dispatch;
use crate::domain::returning::Returner;
use crate::failure::Failure;

impl Engine<'_> {
    /// Checks that whoever started the run may give the grant back. Somebody's own grant needs no other answer than its
    /// run, or its record where it has none; the rules file is read only for who has not approved the grant and might have.
    pub(super) async fn verify_returner(
        &self,
        run: &Run,
        starter: Option<&User>,
        grant: &GrantId,
        starters: Option<&Starters<'_>>,
    ) -> Result<(), Failure> {
        let (granted, recorded) = self.asked_for(grant).await?;
        let (granted, recorded) = (granted.as_ref(), recorded.as_deref());
        let returner = Returner { run, user: starter, granted, approvals: &[], recorded, approvers: &[] };
        if returner.is_requester() {
            return Ok(());
        }
        // Nobody approves what is granted without Port.
        let approvals =
            if grant.is_break_glass() { Vec::new() } else { self.port.approvals(grant.run_id().as_str()).await? };
        let returner = Returner { approvals: &approvals, ..returner };
        match (returner.verify(grant), starters) {
            (Err(refusal), Some(starters)) => {
                let (approvers, kinds) = self.approvers_of(grant, starters).await.map_err(|failure| {
                    failure.hint(format!("{refusal}; {}, or run the action again", refusal.remedy))
                })?;
                let starter = starter.map(|user| user.clone().among_people(&kinds));
                Ok(Returner { user: starter.as_ref(), approvers: &approvers, ..returner }.verify(grant)?)
            }
            (verified, _) => Ok(verified?),
        }
    }

    /// Returns the run that made a grant, or, of one that was made without Port, the requester whom its permanent record
    /// names.
    async fn asked_for(&self, grant: &GrantId) -> Result<(Option<Run>, Option<String>), Failure> {
        if !grant.is_break_glass() {
            return Ok((self.port.run(grant.run_id().as_str()).await?, None));
        }
        let record = self.port.entity(&self.names.permission_records, grant.as_str()).await?;
        Ok((None, record.and_then(|record| record.text("requester").map(str::to_owned))))
    }

    /// Returns whom the rules let approve a grant of this resource and these actions, as the permanent record tells
    /// them, and which kinds of users are people's besides the usual one.
    async fn approvers_of(
        &self,
        grant: &GrantId,
        starters: &Starters<'_>,
    ) -> Result<(Vec<String>, Vec<String>), Failure> {
        let recorded = self.port.entity(&self.names.permission_records, grant.as_str());
        let (record, rules) = join(recorded, self.rules_of(starters)).await;
        let rules = rules.map_err(|unread| {
            Failure::failed(format!("whom the rules let approve {grant} cannot be told: {unread}"))
        })?;
        let kinds = rules.kinds_of_people.clone();
        let Some(record) = record? else { return Ok((Vec::new(), kinds)) };
        let actions = record.properties["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let actions: Option<Vec<ActionName>> =
            actions.iter().map(|action| ActionName::parse(action.as_str()?).ok()).collect();
        let resource = record.text("resource").and_then(|arn| Arn::parse("resource", arn).ok());
        let account = record.text("account").and_then(|id| AccountId::parse("account", id).ok());
        let approvers =
            resource.zip(actions).map(|(arn, actions)| rules.approvers_of(&arn, account.as_ref(), &actions));
        Ok((approvers.unwrap_or_default(), kinds))
    }

    /// Returns the person whom the dispatch names. Whether that is who started the run, its answer tells; that Port cannot be
    /// asked holds no revocation up.
    pub(super) async fn named_by(&self, dispatch: &Dispatch) -> Option<User> {
        self.port.user(dispatch.requester.as_deref()?).await.ok().flatten()
    }
}
