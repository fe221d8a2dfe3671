//! What is wanted as files, whole: also what this tool does not make by itself.

use super::{Asked, Identity, Observation, Setup};
use crate::domain::setup::{EmittedFile, WorkflowAccess, emitted};
use crate::failure::Failure;

impl Setup<'_> {
    /// Returns everything that is wanted as files. With an access key the workflows' user has policies that are made by this
    /// tool with `--aws-setup` alone; whoever works from the files needs them either way.
    ///
    /// # Errors
    ///
    /// Fails when what is wanted cannot be rendered.
    pub fn emitted(&self, identity: &Identity, observation: &Observation) -> Result<Vec<EmittedFile>, Failure> {
        let mut wanted = observation.wanted.clone();
        if wanted.access == WorkflowAccess::AccessKey {
            let asked = Asked { aws_setup: true, ..self.asked.clone() };
            let making = Setup { asked, found: self.found.clone(), ..*self };
            wanted.identities.policies = making.named_identities(&identity.account, wanted.access)?.policies;
        }
        Ok(emitted(&wanted, &observation.seen))
    }
}
