//! What a sweep sees, as little of it as decides: thousands of grants fit into memory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::plan::Question;
use super::verdict::Verdict;
use crate::domain::account::AwsAccount;
use crate::domain::evidence::is_made_again;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::names::Names;
use crate::domain::part::{MOST_POLICIES, part_name, part_number};
use crate::domain::state::GrantState;
use crate::domain::time::{CLOCKS_APART, SHOWN_WITHIN};

/// An entity of the live grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntitySeen {
    /// E-mail of the requester.
    pub requester: Option<String>,
    /// What the entity says of itself.
    pub state: Option<GrantState>,
    /// When a sweep first missed its role.
    pub missing_since: Option<Timestamp>,
    /// The AWS account that it names.
    pub account: Option<String>,
    /// The end that it tells.
    pub end: Option<Timestamp>,
}

/// A permanent record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSeen {
    /// E-mail of the requester, which nobody edits as long as the record is what it is for.
    pub requester: Option<String>,
    /// Digest of the trust policy that was made.
    pub trust_digest: Option<String>,
    /// Digest of the policies that were made.
    pub policy_digest: Option<String>,
    /// The AWS account that it names.
    pub account: Option<String>,
    /// When it says that access began.
    pub from: Option<Timestamp>,
    /// Whether it says that the grant has ended.
    pub is_over: bool,
    /// When it ended, as far as that can be read.
    pub over_since: Option<Timestamp>,
    /// Whether somebody has done the review that was due.
    pub is_reviewed: bool,
    /// Whether a review is due: the grant was made without Port, or was tampered with.
    pub is_marked: bool,
    /// Whether it holds a receipt: what was found, or how the grant ended.
    pub has_receipt: bool,
    /// Whether a revocation wrote it of a grant that was made without Port, before anybody had compared that: its digests
    /// are of what stood then, whoever had made it.
    pub is_unverified: bool,
}

impl RecordSeen {
    /// Returns whether it tells what was made, and not only what was found.
    pub(super) fn vouches(&self) -> bool {
        self.trust_digest.is_some() && !self.is_unverified
    }
}

/// A role or policy looked at closely.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// It is no longer there, or its grant was put on record since: somebody else is at work.
    pub is_settled: bool,
    /// Its tag `port-iam:scope`.
    pub scope: Option<String>,
    /// Its tag `port-iam:requester`.
    pub requester: Option<String>,
    /// ARN of its boundary.
    pub boundary: Option<String>,
    /// ARNs of the attached policies.
    pub attached: Vec<String>,
    /// Names of the inline policies.
    pub inline: Vec<String>,
    /// Digest of its grant's policies as they are, with those behind a gap in their numbers; none when there is none, or
    /// when one that is attached was not listed.
    pub policy_digest: Option<String>,
}

impl Look {
    /// Returns whether AWS's `AWSDenyAll` is attached.
    pub(super) fn is_denied(&self, account: &AwsAccount) -> bool {
        self.attached.contains(&account.deny_all_arn())
    }

    /// Returns whether there is no policy on it but AWS's `AWSDenyAll`, if that: it can do nothing.
    pub(super) fn is_powerless(&self, account: &AwsAccount) -> bool {
        let deny_all = account.deny_all_arn();
        self.inline.is_empty() && self.attached.iter().all(|arn| *arn == deny_all)
    }
}

/// What a sweep knows of the installation's other accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Whether the account is not the one that the workflows are set up in: what names no account lies in that one.
    pub is_further: bool,
    /// The installation's other accounts.
    pub others: BTreeSet<AccountId>,
    /// Those of them that could not be looked at.
    pub unseen: BTreeSet<AccountId>,
    /// Names of roles that the others hold.
    pub roles: BTreeSet<String>,
    /// Names of roles of this account whose record is of a grant in another one, with what that names.
    pub recorded: BTreeMap<String, String>,
}

/// Everything that a sweep has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The installation's names.
    pub names: Names,
    /// The account.
    pub account: AwsAccount,
    /// The installation's scope, as its tag says it.
    pub scope: String,
    /// Scopes of other installations in the account, from the rules file.
    pub other_installations: BTreeSet<String>,
    /// The time, by AWS's clock.
    pub now: Timestamp,
    /// The longest time that any rule grants; none when that is not known.
    pub longest: Option<SignedDuration>,
    /// Whether foreign roles are to be denied.
    pub deny_foreign: bool,
    /// By name.
    pub roles: BTreeMap<String, ListedRole>,
    /// By name.
    pub policies: BTreeMap<String, ListedPolicy>,
    /// By identifier.
    pub entities: BTreeMap<String, EntitySeen>,
    /// By identifier; those of roles, policies and entities that were seen.
    pub records: BTreeMap<String, RecordSeen>,
    /// What there is besides this account.
    pub beside: Beside,
    /// Identifiers of the records that wait for a review and are [told here](super::MarkedRecord::is_told_in), whether
    /// anything of the grant is left or not, with what was found last where it was tampered with, a sentence.
    pub review_due: BTreeMap<String, Option<String>>,
    /// E-mails, in lower case, of people who are in Port and active; none when Port told nobody.
    pub active: Option<BTreeSet<String>>,
    /// Roles that are to be looked at closely even when nothing is odd about them.
    pub close: BTreeSet<String>,
    /// Close looks by ARN.
    pub looks: BTreeMap<String, Look>,
    /// Whether anybody but the role of its grant holds a policy, by its ARN.
    pub held_elsewhere: BTreeMap<String, bool>,
    /// Verdicts by name of the role.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Questions that could not be answered, and why.
    pub unanswered: BTreeMap<Question, String>,
}

impl Seen {
    /// Returns whether what Port knows of a grant of this name is of one in another account: what bears its name here is
    /// something else. Of a grant without Port that is on no record Port knows nothing: that another account holds a role of
    /// its name, which anybody there may have made, says nothing of it.
    pub fn is_elsewhere(&self, name: &str) -> bool {
        let is_unknown = |grant: GrantId| grant.is_break_glass();
        let is_of_another = || !self.records.contains_key(name) && !GrantId::parse(name).is_ok_and(is_unknown);
        self.is_recorded_elsewhere(name) || (self.beside.roles.contains(name) && is_of_another())
    }

    /// Returns whether the record tells of a grant that was made just before AWS was read, or since: no list shows its role.
    pub(super) fn is_new(&self, name: &str) -> bool {
        let made = self.records.get(name).and_then(|record| record.from);
        let age = made.map(|made| self.now.duration_since(made));
        age.is_some_and(|age| -CLOCKS_APART <= age && age < SHOWN_WITHIN)
    }

    /// Returns whether the record of a role's name is of a grant in another account.
    pub(super) fn is_recorded_elsewhere(&self, name: &str) -> bool {
        self.beside.recorded.contains_key(name)
    }

    /// Returns whether that other account is none of the installation's: somebody has written it into the record, and it
    /// hides nothing that is found here.
    pub fn is_recorded_of_no_account(&self, name: &str) -> bool {
        self.beside.recorded.get(name).is_some_and(|account| !self.is_our_account(account))
    }

    /// Returns the grant that a role is the role of: it bears the name of one and lies where ours lie.
    pub(super) fn grant_of(&self, role: &ListedRole) -> Option<GrantId> {
        let grant = GrantId::parse(&role.name).ok()?;
        (role.arn == self.account.role_arn(&self.names, &grant)).then_some(grant)
    }

    /// Returns the policies of a grant that are there, the first one first, whether or not one before them is missing:
    /// what somebody put behind a gap can be attached like any other.
    pub fn parts_of(&self, grant: &str) -> Vec<&ListedPolicy> {
        let Ok(grant) = GrantId::parse(grant) else { return Vec::new() };
        let mut numbers = self.part_numbers_of(&grant);
        numbers.sort_unstable();
        numbers.into_iter().filter_map(|number| self.policies.get(&part_name(&grant, number))).collect()
    }

    /// Returns whether a policy is one of a grant's own, by its name and place.
    pub fn is_part_of(&self, grant: &GrantId, arn: &str) -> bool {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let number = part_number(grant, name).filter(|number| *number <= MOST_POLICIES);
        number.is_some_and(|number| self.account.part_arn(&self.names, grant, number) == arn)
    }

    /// Returns the highest number of a grant's policies that are there; 0 when there is none.
    pub fn last_part_of(&self, grant: &GrantId) -> usize {
        self.part_numbers_of(grant).into_iter().max().unwrap_or_default()
    }

    /// Returns the numbers of a grant's policies that are there, whether or not one before them is missing.
    pub fn part_numbers_of(&self, grant: &GrantId) -> Vec<usize> {
        let names = self.policies.range(grant.to_string()..).map(|(name, _)| name);
        let names = names.take_while(|name| name.starts_with(grant.as_str()));
        names.filter_map(|name| part_number(grant, name)).collect()
    }

    /// Returns whether Port, which is ours alone, knows a grant of this name.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.entities.contains_key(name) || self.has_record_of_a_grant(name)
    }

    /// Returns whether there is a record of a grant: one that a sweep has made of a forged role holds no digests.
    pub(super) fn has_record_of_a_grant(&self, name: &str) -> bool {
        let is_note = |record: &RecordSeen| record.trust_digest.is_none() && (record.is_marked || record.is_reviewed);
        self.records.get(name).is_some_and(|record| !is_note(record))
    }

    /// Returns whether the permanent record tells that a role is not as we make it, and waits for a person or has been
    /// seen by one. What is no grant's name, and what is recorded of another account's role, has no record here. The mark of
    /// a grant that was made without Port tells nothing of that.
    pub(super) fn is_noted(&self, name: &str) -> bool {
        let Ok(grant) = GrantId::parse(name) else { return true };
        if self.is_recorded_of_no_account(name) {
            return self.is_told_tampered_with(name);
        }
        let is_due =
            |record: &RecordSeen| record.is_marked && (!grant.is_break_glass() || self.is_told_tampered_with(name));
        let is_told = |record: &RecordSeen| record.is_reviewed || is_due(record);
        self.is_elsewhere(name) || self.records.get(name).is_some_and(is_told)
    }

    /// Returns whether the receipt of a record that waits for a person tells what was tampered with. The mark alone does not:
    /// every grant that was made without Port bears it.
    pub(super) fn is_told_tampered_with(&self, name: &str) -> bool {
        self.review_due.get(name).is_some_and(Option::is_some)
    }

    /// Returns whether a role was made after its grant had ended, as its record tells.
    pub fn is_made_again(&self, role: &ListedRole) -> bool {
        let ended = self.records.get(&role.name).and_then(|record| record.over_since);
        ended.is_some_and(|ended| is_made_again(ended, role.created))
    }

    /// Returns the people whose grant this is who are no longer active users of Port: the entity can be edited so that
    /// it names somebody else, so that the record is asked too.
    pub fn inactive_requesters(&self, name: &str) -> Vec<&str> {
        self.requesters(name).filter(|email| self.is_inactive(email)).collect()
    }

    /// Returns the people whom Port's catalog names as the requester of a grant.
    pub fn requesters(&self, name: &str) -> impl Iterator<Item = &str> {
        let entity = self.entities.get(name).and_then(|entity| entity.requester.as_deref());
        let record = self.records.get(name).and_then(|record| record.requester.as_deref());
        entity.into_iter().chain(record)
    }

    /// Returns how many entities are of the account that is swept.
    pub fn entities_of_account(&self) -> usize {
        if self.beside.others.is_empty() {
            return self.entities.len();
        }
        self.entities.iter().filter(|(name, entity)| self.is_of_this_account(name, entity)).count()
    }

    /// Returns whether an entity is of the account that is swept: the one of its record, which fewer people may edit, where
    /// that is one of the installation's, or else the one that it names itself; one that names none is of the workflows' own.
    pub(super) fn is_of_this_account(&self, name: &str, entity: &EntitySeen) -> bool {
        match self.recorded_account(name).or(entity.account.as_deref()) {
            None => !self.beside.is_further,
            Some(account) => account == self.account.id.as_str(),
        }
    }

    /// Returns whether an entity names an account that is none of the installation's, and its record none that is.
    pub(super) fn is_of_no_account(&self, name: &str, entity: &EntitySeen) -> bool {
        let named = entity.account.as_deref();
        self.recorded_account(name).is_none() && named.is_some_and(|account| !self.is_our_account(account))
    }

    fn recorded_account(&self, name: &str) -> Option<&str> {
        let recorded = self.records.get(name).and_then(|record| record.account.as_deref());
        recorded.filter(|account| self.is_our_account(account))
    }

    fn is_our_account(&self, account: &str) -> bool {
        std::iter::once(&self.account.id).chain(&self.beside.others).any(|ours| ours.as_str() == account)
    }

    /// Returns whether a grant whose role is not here can be anywhere else, as far as the other accounts could be looked
    /// at: whoever edits its entity can say that it is here, and its record says so too where it is.
    pub(super) fn may_be_elsewhere(&self, grant: &str) -> bool {
        let recorded = self.records.get(grant).and_then(|record| record.account.as_deref());
        let is_recorded_here = recorded == Some(self.account.id.as_str());
        let is_where_its_record_says = GrantId::parse(grant).is_ok_and(|grant| grant.is_where_its_record_says());
        !(self.beside.unseen.is_empty() || is_where_its_record_says && is_recorded_here)
    }

    fn is_inactive(&self, email: &str) -> bool {
        self.active.as_ref().is_some_and(|active| !active.contains(&email.to_lowercase()))
    }
}
