//! Notes on the permanent record what a sweep has found tampered with, so that it is told until somebody has looked.

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use super::{AT_ONCE, Known};
use crate::domain::evidence::{Tampering, note};
use crate::domain::identifier::GrantId;
use crate::domain::sweep::{Action, Denial, Step};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::stop::BEGUN_WITHIN;

impl Engine<'_> {
    /// Notes why roles of ours are denied, each on its record; none where a signal has come before. Returns what could not be
    /// noted.
    pub(super) async fn note_all(&self, known: &Known, steps: &[Step]) -> Vec<(Step, Failure)> {
        if self.world.stop.asked().is_some() {
            return Vec::new();
        }
        let denied = steps.iter().filter(|step| step.action == Action::Deny(Denial::ForGood));
        let noting = denied.map(|step| async move {
            let noted = self.world.stop.within(BEGUN_WITHIN, self.note_tampering(known, step)).await;
            noted.err().map(|failure| {
                let hint = "whether it is denied, the next sweep tells, which notes it on the permanent record";
                (step.clone(), failure.hint(hint))
            })
        });
        stream::iter(noting).buffer_unordered(AT_ONCE).filter_map(|unnoted| async { unnoted }).collect().await
    }

    async fn note_tampering(&self, known: &Known, step: &Step) -> Result<(), Failure> {
        let (seen, name) = (&known.seen, step.subject.as_str());
        // What is no grant's name is told for as long as it is there. The record of another account's grant is not of it, and
        // keeps what one without Port claims; that it names an account which is none of ours hides nothing.
        let (Ok(grant), Some(role)) = (GrantId::parse(name), seen.roles.get(name)) else { return Ok(()) };
        let is_elsewhere = seen.is_elsewhere(name);
        if is_elsewhere && !seen.is_recorded_of_no_account(name) {
            return Ok(Box::pin(self.keep_claims(&seen.account, &grant)).await?);
        }
        let look = seen.looks.get(&role.arn);
        let attached = look.map(|look| look.attached.clone()).unwrap_or_default();
        let inline = look.map(|look| look.inline.clone()).unwrap_or_default();
        let tampering = Tampering { at: seen.now, what: step.why.clone(), attached, inline };
        let blueprint = &self.names.permission_records;
        let record = self.port.entity(blueprint, name).await?;
        let mut body = note(&grant, role.created, &seen.account, record.as_ref(), &tampering);
        // Nobody else tells of a grant that was made without Port.
        if record.is_none()
            && let Some(Value::Object(untold)) = self.unverified_record(&seen.account, &grant, None).await
            && let Some(properties) = body["properties"].as_object_mut()
        {
            properties.extend(untold);
        }
        self.upsert(blueprint, &body, None).await?;
        if is_elsewhere || seen.beside.roles.contains(name) {
            // The record may be of the role of its name in the other account.
            Box::pin(self.keep_claims(&seen.account, &grant)).await?;
        }
        Ok(())
    }
}
