//! What the reviewed configuration allows beyond the default, and what it refuses of it.

use super::verdict::ActionClass;
use crate::domain::glob::{Case, text_matches};

/// What the configuration says about actions. The default allows nothing more and refuses no class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// Actions that are granted although they are denied by default: exact names, whatever their case.
    pub denied_actions: Vec<String>,
    /// Globs over the account-wide actions that may be granted.
    pub account_wide_actions: Vec<String>,
    /// Classes that are refused instead of granted with a warning.
    pub refused_classes: Vec<ActionClass>,
}

impl Allowances {
    pub(super) fn lifts_denial(&self, action: &str) -> bool {
        self.denied_actions.iter().any(|name| name.eq_ignore_ascii_case(action))
    }

    pub(super) fn allows_account_wide(&self, action: &str) -> bool {
        self.account_wide_actions.iter().any(|glob| text_matches(glob, action, Case::Insensitive))
    }

    pub(super) fn refuses(&self, class: ActionClass) -> bool {
        self.refused_classes.contains(&class)
    }
}
