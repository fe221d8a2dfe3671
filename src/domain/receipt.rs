//! A grant that has ended: why, what of it was taken away, and what of that stands on record and in the log of the run.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

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
}

impl Removed {
    /// Returns whether nothing of the grant was there any more.
    pub fn is_nothing(&self) -> bool {
        self.role.is_none() && self.other_roles.is_empty() && self.policies.is_empty()
    }

    /// Adds what was taken away in another account.
    pub fn and_elsewhere(&mut self, other: Self) {
        let Self { role, other_roles, detached, inline, policies } = other;
        self.other_roles.extend(role.into_iter().chain(other_roles));
        self.detached.extend(detached);
        self.inline.extend(inline);
        self.policies.extend(policies);
    }

    /// Returns the part of a receipt that says what is gone.
    pub fn to_json(&self) -> Map<String, Value> {
        let Self { role, other_roles, detached, inline, policies } = self;
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
}

impl Revoked {
    /// Returns a line for each extension that lives on, with the command that ends it.
    pub fn lines_of_live_extensions(&self) -> Vec<String> {
        let line =
            |grant: &GrantId| format!("{grant} goes on from it and is live; to end it too: port-iam revoke {grant}");
        self.live_extensions.iter().map(line).collect()
    }

    /// Returns what the permanent record gains: when and by whom access ended, and the receipt. None when it has it
    /// already, or when there was no such grant: a second revocation must not overwrite the receipt of the first.
    pub fn record(&self, record_is_over: Option<bool>) -> Option<Value> {
        if self.removed.is_nothing() && record_is_over != Some(false) {
            return None;
        }
        let mut receipt: Map<String, Value> =
            [("asked_by", json!(self.cause.who())), ("why", json!(self.cause.why())), ("at", json!(utc(self.now)))]
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect();
        receipt.extend(self.removed.to_json());
        receipt.insert("aws_request_ids".to_owned(), json!(self.aws_request_ids));
        Some(json!({
            "identifier": self.grant.as_str(),
            "properties": {
                "grant": self.grant.as_str(),
                "run": self.grant.run_id().as_str(),
                "state": if self.cause.is_expiry() { GrantState::Expired } else { GrantState::Revoked }.as_str(),
                "revoked_at": utc(self.now),
                "revoked_by": self.cause.who(),
                "receipt": receipt,
            },
        }))
    }

    /// Returns the receipt for people, as names and values: role, when, by whom, `requests` of AWS, and the lists of
    /// what else is gone, since they may be long. None of it when nothing was there any more.
    pub fn receipt(&self, requests: String) -> Vec<(&'static str, String)> {
        if self.removed.is_nothing() {
            return Vec::new();
        }
        let Removed { role, other_roles, detached, inline, policies } = &self.removed;
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
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam/Permission-r_1";

    fn revoked(cause: Cause, removed: Removed) -> Revoked {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        let now = "2026-11-23T20:00:00Z".parse().unwrap();
        let aws_request_ids = vec!["request-1".to_owned()];
        Revoked { grant, cause, removed, now, aws_request_ids, live_extensions: Vec::new() }
    }

    fn a_role() -> Removed {
        Removed { role: Some(ROLE.to_owned()), ..Removed::default() }
    }

    fn a_policy() -> Removed {
        Removed { policies: vec!["one".to_owned(), "two".to_owned()], ..Removed::default() }
    }

    #[test]
    fn what_is_on_record_says_who_ended_it_when_and_what_was_taken_away() {
        let removed = Removed { role: Some(ROLE.to_owned()), detached: vec!["other".to_owned()], ..a_policy() };
        let removed = Removed { inline: vec!["x".to_owned()], ..removed };
        let revoked = revoked(Cause::Sweep { expired: false, why: "its run has ended" }, removed);
        let expected = r#"{"identifier":"Permission-r_1","properties":{"grant":"Permission-r_1","run":"r_1","#
            .to_owned()
            + r#""state":"revoked","revoked_at":"2026-11-23T20:00:00Z","revoked_by":"sweep","receipt":{"#
            + r#""asked_by":"sweep","why":"its run has ended","at":"2026-11-23T20:00:00Z","#
            + &format!(r#""role":"{ROLE}","policy":"one","policies":["one","two"],"detached":["other"],"#)
            + r#""inline":["x"],"aws_request_ids":["request-1"]}}}"#;
        let record = revoked.record(Some(false)).unwrap();
        assert_eq!(record.to_string(), expected);
    }

    #[test]
    fn a_receipt_is_not_overwritten_and_none_is_made_of_what_never_was() {
        for (removed, record_is_over, is_written) in [
            (Removed::default(), None, false),
            (Removed::default(), Some(true), false),
            (Removed::default(), Some(false), true),
            (a_role(), None, true),
            (a_role(), Some(true), true),
            (a_policy(), Some(true), true),
            (Removed { detached: vec!["other".to_owned()], ..Removed::default() }, Some(true), false),
        ] {
            let record = revoked(Cause::Expired, removed.clone()).record(record_is_over);
            assert_eq!(record.is_some(), is_written, "{removed:?} {record_is_over:?}");
        }
    }

    #[test]
    fn what_has_expired_is_told_from_what_was_taken_away() {
        let why = "its time is over";
        for (cause, state, who) in [
            (Cause::Expired, "expired", "expiry"),
            (Cause::Sweep { expired: true, why }, "expired", "sweep"),
            (Cause::Sweep { expired: false, why }, "revoked", "sweep"),
            (Cause::Person("dana@acme.example".to_owned()), "revoked", "dana@acme.example"),
            (Cause::Direct("arn:admin".to_owned()), "revoked", "arn:admin"),
        ] {
            let record = revoked(cause.clone(), a_role()).record(None).unwrap();
            assert_eq!(record["properties"]["state"], state, "{cause:?}");
            assert_eq!(record["properties"]["revoked_by"], who, "{cause:?}");
        }
    }

    #[test]
    fn the_log_names_whom_to_ask_and_what_lives_on() {
        let mut revoked = revoked(Cause::Person("dana@acme.example".to_owned()), a_role());
        revoked.live_extensions = vec![GrantId::parse("Permission-r_2").unwrap()];
        let lines = "Permission \"Permission-r_1\" has been deleted.\n\
            To get more information regarding this deletion, contact \"dana@acme.example\".\n\
            Permission-r_2 goes on from it and is live; to end it too: port-iam revoke Permission-r_2\n";
        assert!(revoked.log_message().starts_with(lines), "{}", revoked.log_message());
        revoked.cause = Cause::Expired;
        assert!(revoked.log_message().contains("deleted.\nIts time was over: it expired.\n"));
        revoked.cause = Cause::Sweep { expired: true, why: "its time is over" };
        assert!(revoked.log_message().contains("deleted.\nA sweep took it away: its time is over.\n"));
    }

    #[test]
    fn the_log_holds_the_receipt_of_what_was_there_and_none_of_what_was_not() {
        let removed = Removed { detached: vec!["one".to_owned(), "other".to_owned()], ..a_policy() };
        let removed = Removed { role: Some(ROLE.to_owned()), inline: vec!["mine".to_owned()], ..removed };
        let receipt = format!(
            "\nDeleted role: {ROLE}\nAt: 2026-11-23T20:00:00Z\nAsked by: dana@acme.example\n\
             AWS requests: 1, listed in the record \"Permission-r_1\"\nDeleted policies: one, two\n\
             Detached policies: one, other\nDeleted inline policies: mine"
        );
        let log = revoked(Cause::Person("dana@acme.example".to_owned()), removed).log_message();
        assert!(log.ends_with(&receipt), "{log}");
        let log = revoked(Cause::Expired, a_role()).log_message();
        assert!(log.contains("\nAsked by: expiry\n") && !log.contains("policies"), "{log}");
        let log = revoked(Cause::Expired, Removed::default()).log_message();
        assert!(log.ends_with("expired.\nNothing of it was left in AWS."), "{log}");
    }
}
