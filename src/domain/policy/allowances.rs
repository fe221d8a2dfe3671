//! What the reviewed configuration allows beyond the default, and what it refuses of it.

use super::verdict::ActionClass;
use crate::domain::arn::Arn;
use crate::domain::glob::{Case, text_matches};
use crate::domain::identifier::ActionName;

/// What the configuration says about actions. The default allows nothing more and refuses no class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// Actions that are granted although they are denied by default: exact names, whatever their case.
    pub denied_actions: Vec<ActionName>,
    /// Globs over the account-wide actions that may be granted.
    pub account_wide_actions: Vec<String>,
    /// Classes that are refused instead of granted with a warning.
    pub refused_classes: Vec<ActionClass>,
    /// What is granted beside, by the kind of the resource.
    pub companions: Vec<Companion>,
}

/// What is granted beside every grant on resources of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// Prefix of the service whose actions know this kind: `s3`, or `kafka-cluster` for the clusters of Kafka.
    pub service: String,
    /// Kind of the resource that the grant is on, as AWS's Service Authorization Reference names it: `bucket`,
    /// `instance`, `table`.
    pub kind: String,
    /// Globs over the ARNs of the resources for which it is granted; `*` when the file names none.
    pub resources: Vec<String>,
    /// Actions that are granted beside, exact names.
    pub actions: Vec<ActionName>,
    /// ARNs of the KMS keys that may be used through the resource's service.
    pub keys: Vec<Arn>,
}

impl Allowances {
    pub(super) fn lifts_denial(&self, action: &str) -> bool {
        self.denied_actions.iter().any(|name| name.as_str().eq_ignore_ascii_case(action))
    }

    pub(super) fn allows_account_wide(&self, action: &str) -> bool {
        self.account_wide_actions.iter().any(|glob| text_matches(glob, action, Case::Insensitive))
    }

    pub(super) fn refuses(&self, class: ActionClass) -> bool {
        self.refused_classes.contains(&class)
    }
}
