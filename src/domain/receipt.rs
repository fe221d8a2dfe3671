//! A grant that has ended: why, what of it was taken away, and what of that stands on record and in the log of the run.

mod tampering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::evidence::{self, RecordBefore, Tampering};
use super::identifier::GrantId;
use super::time::utc;
use crate::domain::state::GrantState;

/// Why a grant ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its time is over.
    Expired,
    /// A person asked in Port; the e-mail where Port knows it, else Port's user id.
    Person(String),
    /// Somebody gave it back in Port; the e-mail where Port knows it, else Port's user id.
    Returned(String),
    /// A person did it with AWS credentials of their own; the ARN.
    Direct(String),
    /// A sweep found that it had to end.
    Sweep {
        /// Whether its time was over.
        expired: bool,
        /// Why, a sentence.
        why: &'static str,
    },
}

impl Cause {
    /// Returns whether the grant ended because its time was over.
    fn is_expiry(&self) -> bool {
        matches!(self, Self::Expired | Self::Sweep { expired: true, .. })
    }

    /// Returns why it ended, where it was neither its time alone nor a person; a sentence.
    fn why(&self) -> Option<&'static str> {
        match self {
            Self::Sweep { why, .. } => Some(why),
            Self::Expired | Self::Person(_) | Self::Returned(_) | Self::Direct(_) => None,
        }
    }

    /// Returns who or what ended the grant, for the record.
    pub fn who(&self) -> &str {
        match self {
            Self::Expired => "expiry",
            Self::Person(who) | Self::Returned(who) | Self::Direct(who) => who,
            Self::Sweep { .. } => "sweep",
        }
    }
}

/// What was removed, for the receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// ARN of the role, when it was there.
    pub role: Option<String>,
    /// ARNs of the roles of the same name in other accounts.
    pub other_roles: Vec<String>,
    /// ARNs of managed policies that were detached.
    pub detached: Vec<String>,
    /// Names of inline policies that were deleted.
    pub inline: Vec<String>,
    /// ARNs of our policies that were there, the first one first.
    pub policies: Vec<String>,
    /// ARNs of our policies that were seen and are not known to be gone.
    pub left: Vec<String>,
    /// ARNs of those of our policies that had another version than the first one, which is the only one that we make.
    pub changed: Vec<String>,
    /// What of its role was not as we make it, where that was read, and who else held its policies; sentences.
    pub unlike: Vec<String>,
    /// Digest of the trust policy of its role, where that was read.
    pub trust_digest: Option<String>,
    /// Digest of its policies, where they were read: they were made later than their role.
    pub policy_digest: Option<String>,
    /// When its role was made, where that was read.
    pub created: Option<Timestamp>,
    /// When its role was last seen before it was taken away, by AWS's clock, where that was told.
    pub seen: Option<Timestamp>,
    /// When its role was deleted, by AWS's clock.
    pub deleted: Option<Timestamp>,
    /// ARNs of roles that are denied and empty, and stay until a sweep has put on record what their tags tell.
    pub kept: Vec<String>,
    /// ARNs of roles of its name that are not under our path: they are none of ours, and were not touched.
    pub namesakes: Vec<String>,
    /// Whether its role was there and was gone already when it was to be deleted: somebody else took it away at the same time.
    pub was_gone_already: bool,
}

impl Removed {
    /// Returns whether nothing of the grant was there any more.
    pub fn is_nothing(&self) -> bool {
        self.role.is_none() && self.other_roles.is_empty() && self.policies.is_empty() && self.kept.is_empty()
    }

    /// Returns a line for each role of its name that is none of ours.
    pub fn lines_of_namesakes(&self) -> Vec<String> {
        let line = |arn: &String| {
            format!(
                "The role {arn} bears its name, is none of ours and was not touched: see CloudTrail for who made it."
            )
        };
        self.namesakes.iter().map(line).collect()
    }

    /// Adds what was taken away in another account.
    pub fn and_elsewhere(&mut self, other: Self) {
        let Self {
            role,
            other_roles,
            detached,
            inline,
            policies,
            left,
            changed,
            unlike,
            trust_digest,
            policy_digest,
            created,
            seen,
            deleted,
            kept,
            namesakes,
            was_gone_already,
        } = other;
        self.other_roles.extend(role.into_iter().chain(other_roles));
        self.detached.extend(detached);
        self.inline.extend(inline);
        self.policies.extend(policies);
        self.left.extend(left);
        self.changed.extend(changed);
        self.kept.extend(kept);
        self.namesakes.extend(namesakes);
        self.unlike.extend(unlike);
        // A record tells of one role: the one here, or else that of the other account.
        self.trust_digest = self.trust_digest.take().or(trust_digest);
        self.policy_digest = self.policy_digest.take().or(policy_digest);
        // The last one that was made decides whether it was made again.
        self.created = self.created.max(created);
        self.seen = self.seen.max(seen);
        self.deleted = self.deleted.max(deleted);
        self.was_gone_already |= was_gone_already;
    }

    /// Returns the part of a receipt that says what is gone.
    pub fn to_json(&self) -> Map<String, Value> {
        let Self { role, other_roles, detached, inline, policies, changed, kept, namesakes, .. } = self;
        let parts = [
            ("role", json!(role)),
            ("policy", json!(policies.first())),
            ("policies", json!(policies)),
            ("detached", json!(detached)),
            ("inline", json!(inline)),
        ];
        let mut told: Map<String, Value> = parts.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        if !other_roles.is_empty() {
            told.insert("other_roles".to_owned(), json!(other_roles));
        }
        if !changed.is_empty() {
            told.insert("changed".to_owned(), json!(changed));
        }
        if !kept.is_empty() {
            told.insert("kept".to_owned(), json!(kept));
        }
        if !namesakes.is_empty() {
            told.insert("namesakes".to_owned(), json!(namesakes));
        }
        told
    }
}

/// A grant that is gone.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// The grant.
    pub grant: GrantId,
    /// Why.
    pub cause: Cause,
    /// What was there and is gone.
    pub removed: Removed,
    /// AWS's time when it was gone.
    pub now: Timestamp,
    /// AWS's ids of the requests that took it away.
    pub aws_request_ids: Vec<String>,
    /// The grants that go on from it, where a person ended it and Port could be asked: they are live as before.
    pub live_extensions: Vec<GrantId>,
    /// What the permanent record told before; none without a record, and where Port was not asked.
    pub before: Option<RecordBefore>,
}

impl Revoked {
    /// Returns whether nothing of its name was there, no role of somebody else either, and it is on no record.
    pub fn has_found_nothing(&self) -> bool {
        self.removed.is_nothing() && self.removed.namesakes.is_empty() && self.before.is_none()
    }

    /// Returns a line for each extension that lives on, with the command that ends it.
    pub fn lines_of_live_extensions(&self) -> Vec<String> {
        let line =
            |grant: &GrantId| format!("{grant} goes on from it and is live; to end it too: port-iam revoke {grant}");
        self.live_extensions.iter().map(line).collect()
    }

    /// Returns a line for each role of its name that is none of ours.
    pub fn lines_of_namesakes(&self) -> Vec<String> {
        self.removed.lines_of_namesakes()
    }

    /// Returns what of the grant was not as we make it, by itself and beside what its permanent record told; a sentence.
    pub fn tampering(&self) -> Option<String> {
        let (removed, before) = (&self.removed, self.before.as_ref());
        // Whoever takes it away at the same time may have recorded its end since its role was last seen, when it was deleted. In
        // the very second of its end it may have been made again.
        let ended = before.and_then(|before| before.over_since).zip(removed.seen.zip(removed.deleted));
        let is_honest =
            ended.is_some_and(|(ended, (seen, deleted))| seen < ended && deleted <= ended && ended <= self.now);
        let receipt_left_out = || before.map(|before| RecordBefore { receipt: None, ..before.clone() });
        removed.tampering(&self.grant, if is_honest { receipt_left_out() } else { before.cloned() }.as_ref())
    }

    /// Returns a line for people that tells what was not as we make it.
    pub fn line_of_tampering(&self) -> Option<String> {
        self.tampering().map(|what| format!("It was not as it was made: {what}."))
    }

    /// Returns what the permanent record gains: when and by whom access ended, the receipt, and the mark that somebody has
    /// to look at what was not as we make it. None when it has it already, or when there was no such grant.
    ///
    /// Nothing that the record told of an end is lost: an end that was another role's stays, with this receipt beside its
    /// own, and a receipt that is replaced is kept in the new one.
    pub fn record(&self) -> Option<Value> {
        let before = self.before.as_ref();
        let is_over = before.is_some_and(|before| before.is_over);
        if self.removed.is_nothing() && (before.is_none() || is_over) {
            return None;
        }
        let mut receipt: Map<String, Value> =
            [("asked_by", json!(self.cause.who())), ("why", json!(self.cause.why())), ("at", json!(utc(self.now)))]
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect();
        receipt.extend(self.removed.to_json());
        receipt.insert("aws_request_ids".to_owned(), json!(self.aws_request_ids));
        let earlier = before.and_then(|before| before.receipt.as_ref());
        let is_of_another = self.removed.was_gone_already || self.removed.was_made_again(before);
        let keeps_first_end = is_over && (!self.removed.has_role() || is_of_another);
        let (mut receipt, mut properties) = if keeps_first_end {
            (evidence::with_later(earlier, receipt), Map::new())
        } else {
            (evidence::with_earlier(receipt, earlier), self.end())
        };
        let tampering = self.tampering();
        let is_review_due = tampering.is_some();
        if let Some(what) = tampering {
            let (attached, inline) = (self.removed.detached.clone(), self.removed.inline.clone());
            evidence::add(&mut receipt, &Tampering { at: self.now, what, attached, inline });
        }
        properties.insert("receipt".to_owned(), json!(receipt));
        if is_review_due {
            properties.insert("review_due".to_owned(), json!(true));
        }
        Some(json!({ "identifier": self.grant.as_str(), "properties": properties }))
    }

    fn end(&self) -> Map<String, Value> {
        let state = if self.cause.is_expiry() { GrantState::Expired } else { GrantState::Revoked };
        [
            ("grant", json!(self.grant.as_str())),
            ("run", json!(self.grant.run_id().as_str())),
            ("state", json!(state.as_str())),
            ("revoked_at", json!(utc(self.now))),
            ("revoked_by", json!(self.cause.who())),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
    }

    /// Returns the receipt for people, as names and values: role, when, by whom, `requests` of AWS, and the lists of
    /// what else is gone, since they may be long. None of it when nothing was there any more.
    pub fn receipt(&self, requests: String) -> Vec<(&'static str, String)> {
        if self.removed.is_nothing() {
            return Vec::new();
        }
        let Removed { role, other_roles, detached, inline, policies, .. } = &self.removed;
        let lists =
            [("Deleted policies", policies), ("Detached policies", detached), ("Deleted inline policies", inline)];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, list.join(", ")));
        let facts = [("At", utc(self.now)), ("Asked by", self.cause.who().to_owned()), ("AWS requests", requests)];
        role.iter().chain(other_roles).map(|role| ("Deleted role", role.clone())).chain(facts).chain(lists).collect()
    }

    /// Returns the guide's lines for the log of the run, and the receipt. A timer has no user to contact.
    pub fn log_message(&self) -> String {
        let mut lines = vec![format!("Permission \"{}\" has been deleted.", self.grant)];
        match &self.cause {
            Cause::Expired => lines.push("Its time was over: it expired.".to_owned()),
            Cause::Sweep { why, .. } => lines.push(format!("A sweep took it away: {why}.")),
            Cause::Returned(who) => {
                lines.push(format!("It was given back early by \"{who}\"."));
                lines.extend(self.lines_of_live_extensions());
            }
            Cause::Person(who) | Cause::Direct(who) => {
                lines.push(format!("To get more information regarding this deletion, contact \"{who}\"."));
                lines.extend(self.lines_of_live_extensions());
            }
        }
        if let Some(line) = self.line_of_tampering() {
            lines.push(format!("{line} Every sweep tells so until somebody has looked."));
        }
        lines.extend(self.lines_of_namesakes());
        let requests = format!("{}, listed in the record \"{}\"", self.aws_request_ids.len(), self.grant);
        let receipt = self.receipt(requests);
        if receipt.is_empty() {
            lines.push("Nothing of it was left in AWS.".to_owned());
        }
        lines.extend(receipt.into_iter().map(|(name, value)| format!("{name}: {value}")));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
