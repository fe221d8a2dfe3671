//! What a grant workflow looks up besides when it is to extend a grant.

use futures_util::future::{join, join3};
use jiff::Timestamp;

use super::look::Looked;
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Entity, Run};
use crate::domain::extension::{Attempt, Extended, MOST_IN_A_ROW, Owner, verify_extension, verify_still_standing};
use crate::domain::grant::Grant;
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::trust;
use crate::domain::verification::{RunStage, VerifiedRequest};
use crate::engine::{Engine, unknown_shape};
use crate::failure::Failure;

impl Engine<'_> {
    /// Looks up what Port and AWS hold of the grant that is to be extended.
    pub(super) async fn extended(&self, account: &AwsAccount, grant: &GrantId) -> Result<Extended, ApiError> {
        let runs = async {
            let (runs, first) = self.runs_before(grant).await?;
            let record = if first == *grant { None } else { self.recorded(&first).await? };
            Ok((runs, first, record))
        };
        let (runs, record, role) = join3(runs, self.recorded(grant), self.role_and_policies(account, grant)).await;
        let ((runs, first, first_record), record, (role, attached)) = (runs?, record?, role?);
        let first_record = if first == *grant { record.clone() } else { first_record };
        Ok(Extended { runs, record, first_record, role, attached })
    }

    /// Looks once more at the grant that was extended, now that its extension is live: whoever ended it meanwhile could
    /// not know of the extension.
    ///
    /// # Errors
    ///
    /// Refuses when somebody has ended it, and fails when it cannot be asked.
    pub(super) async fn check_still_extends(&self, looked: &Looked, grant: &Grant) -> Result<(), Failure> {
        let (Some(before), Some(old)) = (&looked.extended, grant.extends.first()) else { return Ok(()) };
        let account = &grant.account;
        let (record, role) = join(self.recorded(old), self.role_and_policies(account, old)).await;
        let (record, (role, attached)) = (record?, role?);
        let end = before.role.as_ref().and_then(|role| trust::end_of(&role.trust));
        let owner = Owner { names: self.names, account, scope: &looked.place.scope };
        let extended = Extended { record, role, attached, ..Extended::default() };
        Ok(verify_still_standing(owner, old, &extended, end, self.service_time()?)?)
    }

    async fn recorded(&self, grant: &GrantId) -> Result<Option<Entity>, ApiError> {
        self.port.entity(&self.names.permission_records, grant.as_str()).await
    }

    /// Follows the runs back to the first request, and returns them with the first grant. What they are is judged
    /// later.
    async fn runs_before(&self, grant: &GrantId) -> Result<(Vec<Run>, GrantId), ApiError> {
        let (mut runs, mut first) = (Vec::new(), grant.clone());
        while runs.len() < MOST_IN_A_ROW {
            let Some(run) = self.port.run(first.run_id().as_str()).await? else { break };
            let extends = run.entity.as_deref().filter(|_| run.action == self.names.extend_permissions);
            let before = extends.and_then(|entity| GrantId::parse(entity).ok());
            runs.push(run);
            match before {
                Some(before) => first = before,
                None => break,
            }
        }
        Ok((runs, first))
    }
}

/// Returns the entity and the form of the first request, as far as they can be read: what has to be looked up.
pub(super) fn first_asked(extended: &Extended, names: &Names) -> Option<(String, RequestForm)> {
    let first = extended.runs.last().filter(|run| run.action == names.request_permissions)?;
    Some((first.entity.clone()?, RequestForm::parse(first.form()).ok()?))
}

/// Checks an extension, whose run has to have come to this stage.
pub(super) fn verified(
    dispatch: &Dispatch,
    looked: &Looked,
    extended: &Extended,
    names: &Names,
    stage: RunStage,
    now: Timestamp,
) -> Result<VerifiedRequest, Failure> {
    let owner = Owner { names, account: &looked.place.caller.account, scope: &looked.place.scope };
    let attempt = Attempt { stage, first_end: looked.observed.first_end(), now };
    // What the dispatch says was read before; here an unknown shape is one of Port's answers.
    verify_extension(dispatch, &looked.evidence, extended, owner, attempt).map_err(unknown_shape)
}
