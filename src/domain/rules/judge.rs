//! Which rule, if any, lets a request through.

use super::{Requester, Rule, Rules};
use crate::domain::arn::Arn;
use crate::domain::catalog::User;
use crate::domain::duration::GrantDuration;
use crate::domain::glob::{Case, text_matches};
use crate::domain::identifier::{AccountId, ActionName};
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::resource_types::can_be_of;

/// What is asked of the rules: one person, some resources of one type, some actions, a time.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who asks.
    pub requester: &'a User,
    /// The account that the grant would be made in.
    pub account: &'a AccountId,
    /// The resource types of the catalog that occur; all must be covered by one rule.
    pub resource_types: &'a [String],
    /// The resources; all must be covered by the same rule.
    pub resources: &'a [Arn],
    /// The actions; all must be covered by the same rule.
    pub actions: &'a [ActionName],
    /// The duration asked for.
    pub duration: GrantDuration,
    /// Why, in the requester's words.
    pub reason: Option<&'a str>,
}

impl Rules {
    /// Returns the first rule that covers the whole request.
    ///
    /// # Errors
    ///
    /// Refuses when the account or region is not named, when no rule fits, and when the rules that fit allow only a
    /// shorter time or want another reason. The refusal names what no rule covers, so that the reader knows what to ask
    /// for.
    pub fn judge(&self, question: &Question<'_>) -> Result<&Rule, Refusal> {
        self.check_place(question.account, question.resources)?;
        let fitting: Vec<&Rule> = self.rules.iter().filter(|rule| rule.covers(question)).collect();
        let long_enough = fitting.iter().filter(|rule| question.duration <= rule.longest_duration);
        let mut unreasoned = None;
        for rule in long_enough {
            match rule.reason.check(&rule.name, question.reason) {
                Ok(()) => return Ok(rule),
                Err(refusal) => unreasoned = unreasoned.or(Some(refusal)),
            }
        }
        if let Some(refusal) = unreasoned {
            return Err(refusal);
        }
        if let Some(longest) = fitting.iter().map(|rule| rule.longest_duration).max() {
            let reason = format!("{} is longer than the {longest} that the rules allow for this", question.duration);
            return Err(Refusal::new(
                RefusalCode::TooLongForRule,
                "duration",
                reason,
                format!("ask for at most {longest}"),
            ));
        }
        Err(self.nothing_fits(question))
    }

    fn nothing_fits(&self, question: &Question<'_>) -> Refusal {
        let remedy = "ask the owners of the rules file for a rule, or ask for something that a rule covers";
        let for_requester: Vec<&Rule> = self.rules.iter().filter(|rule| rule.is_for(question.requester)).collect();
        let (field, reason) = if for_requester.is_empty() {
            ("requester", format!("no rule speaks of {}", quoted(&question.requester.email)))
        } else if !for_requester.iter().any(|rule| rule.covers_resources(question)) {
            let who = quoted(&question.requester.email);
            ("entity", format!("no rule lets {who} ask for this resource in the account {}", question.account))
        } else {
            let uncovered = question.actions.iter().find(|action| {
                !for_requester.iter().any(|rule| rule.covers_resources(question) && rule.covers_action(action))
            });
            match uncovered {
                Some(action) => {
                    ("permissions", format!("no rule lets {} ask for {action} here", quoted(&question.requester.email)))
                }
                None => ("permissions", "no single rule covers all permissions of this request; split it".to_owned()),
            }
        };
        Refusal::new(RefusalCode::NoRule, field, reason, remedy)
    }
}

impl Rule {
    fn covers(&self, question: &Question<'_>) -> bool {
        self.is_for(question.requester)
            && self.covers_resources(question)
            && question.actions.iter().all(|action| self.covers_action(action))
    }

    fn is_for(&self, user: &User) -> bool {
        self.requesters.iter().any(|requester| match requester {
            Requester::Anybody => true,
            Requester::Person(email) => user.has_email(email),
            Requester::Team(team) => user.teams.iter().any(|name| name == team),
        })
    }

    /// Returns whether the rule lets anybody ask for this resource, and for this action on it. A resource type may be
    /// any that the catalog could give such a resource; where neither the ARN nor `account` tells where it lies, that is
    /// any account.
    pub fn may_cover(&self, arn: &Arn, account: Option<&AccountId>, action: Option<&ActionName>) -> bool {
        let type_fits = self.resource_types.iter().any(|name| name == "*" || can_be_of(name, arn));
        let account = Some(arn.account()).filter(|named| !named.is_empty()).or(account.map(AccountId::as_str));
        type_fits
            && account.is_none_or(|account| self.covers_account(account))
            && self.covers_resource(arn)
            && action.is_none_or(|action| self.covers_action(action))
    }

    fn covers_resource(&self, arn: &Arn) -> bool {
        self.resources.iter().any(|pattern| text_matches(pattern, arn.as_str(), Case::Sensitive))
    }

    /// Returns whether the rule grants in this account.
    fn covers_account(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|id| id.as_str() == account)
    }

    fn covers_resources(&self, question: &Question<'_>) -> bool {
        let type_fits = |kind: &String| self.resource_types.iter().any(|name| name == "*" || name == kind);
        self.covers_account(question.account.as_str())
            && question.resource_types.iter().all(type_fits)
            && question.resources.iter().all(|arn| self.covers_resource(arn))
    }

    fn covers_action(&self, action: &ActionName) -> bool {
        self.actions.iter().any(|pattern| text_matches(pattern, action.as_str(), Case::Insensitive))
    }
}

#[cfg(test)]
mod tests;
