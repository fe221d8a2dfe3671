//! The rules file of the target repository: who may ask for what. No rule, no grant.
//!
//! The catalog offers, this reviewed file decides. Its format is strict: an unknown word is an error that names the
//! line, since a misspelt limit would otherwise be no limit.

mod actions;
mod approvers;
mod break_glass;
mod bundle;
mod by_name;
mod companion;
mod entry;
mod example;
mod form;
mod judge;
mod mistake;
mod open_grants;
mod parse;
mod people;
mod place;
mod present;
mod reason;
#[cfg(test)]
mod tests;
mod trust;
mod unmatched;

use std::collections::BTreeMap;
use std::fmt;

pub use break_glass::BreakGlassRules;
pub use example::{Example, Expectation};
pub use judge::Question;
pub use mistake::{Mistake, RulesError};
pub use open_grants::OpenGrants;
pub use people::is_address;
pub use reason::{ReasonRule, TextPattern};

pub use super::policy::Companion;

use super::duration::GrantDuration;
use super::identifier::{AccountId, ActionName};
use super::policy::{ActionClass, Allowances};
use super::role_arn::RoleArn;
use super::trust::Trust;

/// A parsed rules file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The accounts in which grants may be made.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Who may assume a granted role.
    pub trust: Trust,
    /// GitHub logins that may dispatch the workflows; empty means that the dispatcher is not looked at.
    pub dispatchers: Vec<String>,
    /// Actions that may be granted although they are denied by default (`allow-actions`), exact names. A rule has to
    /// allow them all the same.
    pub allow_actions: Vec<ActionName>,
    /// Globs over actions that know no resource and may be granted on the whole account (`account-wide-actions`).
    pub account_wide_actions: Vec<String>,
    /// Classes of actions that are refused outright (`refuse-classes`).
    pub refuse_classes: Vec<ActionClass>,
    /// What is granted beside a grant (`companions`).
    pub companions: Vec<Companion>,
    /// How many grants may be live at once (`open-grants`).
    pub open_grants: OpenGrants,
    /// Who may grant without Port, and for how long (`break-glass`); none switches it off.
    pub break_glass: Option<BreakGlassRules>,
    /// Port's kinds of users that are people's besides the usual one (`kinds-of-people`).
    pub kinds_of_people: Vec<String>,
    /// Whether `iamPolicyDocument.json` may hold statements that widen a grant (`template-may-widen`); false when the
    /// file does not say.
    pub template_may_widen: bool,
    /// Lists of actions that rules share, by name (`bundles`); the rules hold their actions already.
    pub bundles: BTreeMap<String, Vec<String>>,
    /// Scopes of other installations in the same accounts, whose grants a sweep leaves alone (`other-installations`).
    pub other_installations: Vec<String>,
    /// Requests whose outcome is asserted (`examples`).
    pub examples: Vec<Example>,
    /// The rules, in the order of the file. The first that fits decides.
    pub rules: Vec<Rule>,
}

impl Rules {
    /// Returns the longest time that any rule grants, the one for grants without Port included; none without any rule.
    pub fn longest(&self) -> Option<GrantDuration> {
        let by_rules = self.rules.iter().map(|rule| rule.longest_duration);
        by_rules.chain(self.break_glass.as_ref().map(|rules| rules.longest)).max()
    }

    /// Returns the first of `logins` whom `dispatchers` does not name; none while the file draws no such line.
    pub fn stranger<'a>(&self, logins: &'a [String]) -> Option<&'a str> {
        let is_named = |login: &str| self.dispatchers.iter().any(|name| name.eq_ignore_ascii_case(login));
        let mut logins = logins.iter().map(String::as_str);
        logins.find(|login| !self.dispatchers.is_empty() && !is_named(login))
    }
}

/// One account of the rules file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Regions in which resources may be granted; empty means all.
    pub regions: Vec<String>,
    /// The role of the workflow that grants there, where it is not called as in the first account (`granter`).
    pub granter: Option<RoleArn>,
    /// The role of the workflows that take away there, where it is not called as in the first account (`revoker`).
    pub revoker: Option<RoleArn>,
}

/// One rule: who may ask for what, for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name, shown where the rule decided.
    pub name: String,
    /// E-mail addresses, `team:NAME` or `*`.
    pub requesters: Vec<Requester>,
    /// Resource types of the catalog, or `*`.
    pub resource_types: Vec<String>,
    /// The accounts in which it grants; none of them means every account of the file.
    pub accounts: Vec<AccountId>,
    /// Globs over resource ARNs.
    pub resources: Vec<String>,
    /// Globs over IAM action names, those of its bundles among them; they ignore case, as IAM does.
    pub actions: Vec<String>,
    /// Names of the bundles that the rule names.
    pub bundles: Vec<String>,
    /// The longest grant.
    pub longest_duration: GrantDuration,
    /// Who has to approve, when anybody has to.
    pub approval: ApprovalRule,
    /// How many of them have to.
    pub approvals: ApprovalsNeeded,
    /// What it wants of the reason.
    pub reason: ReasonRule,
}

/// Whom a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requester {
    /// Every active human of the Port organisation.
    Anybody,
    /// One person, by e-mail, lower case.
    Person(String),
    /// The members of a team in Port.
    Team(String),
}

impl fmt::Display for Requester {
    /// As it is written in the file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anybody => formatter.write_str("*"),
            Self::Person(email) => formatter.write_str(email),
            Self::Team(team) => write!(formatter, "team:{team}"),
        }
    }
}

/// Whether a grant under a rule needs a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalRule {
    /// Nobody needs to approve.
    None,
    /// One or all of these people, by e-mail in lower case, as the rule's [`ApprovalsNeeded`] say, have to approve in Port.
    Required {
        /// The approvers.
        approvers: Vec<String>,
    },
}

/// How many approvers have to agree where a rule names some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApprovalsNeeded {
    /// One of them (`approval: required`).
    #[default]
    One,
    /// Each of them but the requester (`approval: all`).
    All,
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
