//! Who has what until when: what Port has on record and what AWS really holds, side by side.
//!
//! AWS tells what is live. Where the two say different things, the row says so: neither of them is believed silently.

mod compose;
mod hints;
mod selection;
mod state;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

pub use compose::compose;
pub use hints::{Hints, console_link};
pub use selection::RowSelection;
pub use state::State;
pub use table::{csv, table};

use super::account::AwsAccount;
use super::catalog::Entity;
use super::time::utc;

/// What was seen of all grants.
#[derive(Clone, Debug, Default)]
pub struct OverviewSeen {
    /// What AWS holds; none where it was not looked at.
    pub aws: Option<AwsSeen>,
    /// What further accounts hold.
    pub further: Vec<AwsSeen>,
    /// What Port holds; none where it was not looked at.
    pub port: Option<PortSeen>,
}

/// The roles of grants in one account.
#[derive(Clone, Debug)]
pub struct AwsSeen {
    /// The account.
    pub account: AwsAccount,
    /// AWS's time.
    pub now: Timestamp,
    /// By name.
    pub roles: BTreeMap<String, RoleSeen>,
}

/// The role of a grant.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleSeen {
    /// Its ARN.
    pub arn: String,
    /// The end that its trust policy carries.
    pub end: Option<Timestamp>,
    /// Whether AWS's `AWSDenyAll` is attached.
    pub is_denied: bool,
    /// Whether any other policy is attached, or written into it.
    pub holds_policies: bool,
    /// What its tags and policies tell, where Port knows nothing of it.
    pub told: Option<RoleTold>,
}

/// What a role tells of its grant: claims, shown where Port has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleTold {
    /// E-mail of the requester, as the tag has it.
    pub requester: Option<String>,
    /// ARNs of the resources, as tags and policies have them.
    pub resources: Vec<String>,
    /// What its policies allow.
    pub actions: Vec<String>,
    /// The installation that made it.
    pub scope: Option<String>,
}

/// The grants in Port's catalog.
#[derive(Clone, Debug, Default)]
pub struct PortSeen {
    /// The live grants, by identifier.
    pub entities: BTreeMap<String, Entity>,
    /// Permanent records, by identifier: those of what was seen, and of ended grants where they were asked for.
    pub records: BTreeMap<String, Entity>,
    /// Identifiers of the live grants whose time is over by Port's clock.
    pub expired: BTreeSet<String>,
}

/// One grant.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub grant: String,
    /// Who asked for it; several where Port and AWS do not agree.
    pub requesters: Vec<String>,
    /// The ARNs of all its resources, the one that was named first.
    pub resources: Vec<String>,
    /// The actions.
    pub actions: Vec<String>,
    /// The account.
    pub account: Option<String>,
    /// When it began.
    pub from: Option<Timestamp>,
    /// When its time ends or has ended.
    pub until: Option<Timestamp>,
    /// When it was taken away, where a record says so and nothing of it is left.
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub state: State,
    /// Whether Port's catalog of live grants has it.
    pub is_listed: bool,
    /// Whether Port has a permanent record of it.
    pub is_recorded: bool,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// The grant that it goes on from.
    pub extends: Option<String>,
    /// The installation that made it, where Port does not list it and the role tells.
    pub scope: Option<String>,
    /// What is not as it should be, each a sentence.
    pub differences: Vec<String>,
}

impl Row {
    /// Returns the row for machines.
    pub fn json(&self) -> Value {
        let Self { grant, requesters, resources, actions, account, reason, extends, scope, differences, .. } = self;
        json!({
            "grant": grant,
            "requester": requesters.first(),
            "also_told_as_requester": requesters.get(1..).unwrap_or_default(),
            "resource": resources.first(),
            "additional_resources": resources.get(1..).unwrap_or_default(),
            "actions": actions,
            "account": account,
            "from": self.from.map(utc),
            "until": self.until.map(utc),
            "ended_at": self.ended.map(utc),
            "state": self.state.word(),
            "is_listed_in_port": self.is_listed,
            "is_recorded_in_port": self.is_recorded,
            "reason": reason,
            "extends": extends,
            "scope": scope,
            "differences": differences,
        })
    }
}
