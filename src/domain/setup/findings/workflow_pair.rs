//! Whose Port credentials the workflows get.

use crate::domain::setup::finding::{Finding, Severity};

/// Tells that the workflows get Port credentials of a person.
pub const PERSONAL_PAIR: &str = "personal-port-credentials";

/// Tells that the workflows get the Port credentials that set them up.
pub const SHARED_PAIR: &str = "shared-port-credentials";

/// Returns what is wrong with giving the workflows a pair of Port credentials: that it is a person's, as far as Port tells,
/// or the caller's own, which may do all that `init` does, and goes on to do it for whoever reaches the workflows.
pub fn weakness_of_pair(is_personal: Option<bool>, is_callers: bool) -> Option<Finding> {
    let (code, message) = match (is_personal, is_callers) {
        (Some(true), _) => (
            PERSONAL_PAIR,
            "the workflows get Port credentials of a person: they end with that person's account, and act in that person's name",
        ),
        (_, true) => (
            SHARED_PAIR,
            "the workflows get the Port credentials that set them up: what may be done with these, whoever reaches the workflows may do, \
             and neither of the two can be replaced alone",
        ),
        (_, false) => return None,
    };
    let remedy = "create credentials for a machine in Port, and set PORT_IAM_WORKFLOW_PORT_CLIENT_ID and \
                  PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET; where the secrets are there already, run init with \
                  --rotate-secrets then";
    Some(Finding::new(Severity::Warning, code, message, remedy))
}
