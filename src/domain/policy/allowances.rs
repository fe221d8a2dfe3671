//! What the reviewed configuration allows beyond the default, and what it refuses of it.

use super::verdict::ActionClass;
use crate::domain::glob::{Case, text_matches};
use crate::domain::identifier::ActionName;
use crate::domain::rules::{Companion, Rules};

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

impl From<&Rules> for Allowances {
    fn from(rules: &Rules) -> Self {
        Self {
            denied_actions: rules.allow_actions.clone(),
            account_wide_actions: rules.account_wide_actions.clone(),
            refused_classes: rules.refuse_classes.clone(),
            companions: rules.companions.clone(),
        }
    }
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
