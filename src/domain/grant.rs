//! A grant: one role, one policy, one entity, all of one name, all with one end.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::AwsAccount;
use super::arn::Arn;
use super::catalog::Entity;
use super::digest::policies_digest;
use super::duration::GrantDuration;
use super::identifier::{GrantId, RunId};
use super::names::Names;
use super::policy::together;
use super::tags::{self, Scope, tag_value};
use super::time::{CLOCKS_APART, utc};
use super::trust;
use crate::domain::evidence::is_note;
use crate::domain::state::GrantState;

/// Everything about a grant, decided before anything is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Its name, which role, policy and entity bear.
    pub id: GrantId,
    /// The run that asked for it.
    pub run_id: RunId,
    /// The grants that it goes on from: the one that it extends first; none for a grant of its own.
    pub extends: Vec<GrantId>,
    /// E-mail of the person who asked.
    pub requester: String,
    /// E-mail of the person who approved, when somebody had to.
    pub approver: Option<String>,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// The account.
    pub account: AwsAccount,
    /// The resource that was named.
    pub resource: Arn,
    /// Further resources.
    pub additional_resources: Vec<Arn>,
    /// Identifiers of the permission entities, as the catalog spells them.
    pub permissions: Vec<String>,
    /// How long it lasts.
    pub duration: GrantDuration,
    /// When it ends.
    pub expires: Timestamp,
    /// The policy documents, one for each managed policy.
    pub policies: Vec<Value>,
    /// The trust document.
    pub trust: Value,
    /// What people should know of it: warnings about actions, and what the rules grant beside; each a sentence.
    pub notes: Vec<String>,
    /// Name of the rule that let it through.
    pub rule: String,
    /// One sentence on what the trust proves.
    pub trust_sentence: &'static str,
    /// The installation.
    pub scope: Scope,
    /// ARN of the AWS identity that granted it without Port; none when a run asked for it.
    pub break_glass_by: Option<String>,
}

impl Grant {
    /// Returns the longest session of the role in seconds: IAM takes 1 to 12 hours, the dates end it earlier.
    pub fn max_session_seconds(&self) -> i32 {
        i32::try_from(self.duration.seconds().clamp(3_600, 43_200)).unwrap_or(3_600)
    }

    /// Returns the tags of role and policy. They are an index for people and sweeps, never evidence.
    pub fn tags(&self) -> Vec<(String, String)> {
        let [mark, run, scope] = tags::owner(&self.run_id, &self.scope);
        let (requester, resource) = (self.requester.clone(), self.resource.to_string());
        let own = [(tags::REQUESTER, requester), (tags::RESOURCE, resource), (tags::EXPIRES, utc(self.expires))];
        let all = [mark, run].into_iter().chain(own).chain([scope]);
        let mut tags: Vec<_> = all.map(|(key, value)| (key.to_owned(), tag_value(&value))).collect();
        tags.extend(tags::of_additional(&self.additional_resources));
        // Without a run there is nobody else who could tell what was asked for.
        tags.extend(self.break_glass_by.iter().flat_map(|person| {
            let reason = self.reason.as_deref().unwrap_or_default();
            tags::of_break_glass(person, reason, self.duration, &self.permissions)
        }));
        tags
    }

    /// Returns one document that says what all policies say, for people.
    pub fn policy(&self) -> Value {
        together(&self.policies)
    }

    /// Returns the ARNs of all policies, the first one first.
    pub fn policy_arns(&self, names: &Names) -> Vec<String> {
        (1..=self.policies.len()).map(|number| self.account.part_arn(names, &self.id, number)).collect()
    }

    /// Returns the link with which the console switches to the role (IAM User Guide, "Switching to a role"); none where
    /// its host is not known, and for a trust in a source identity, which the console cannot bring.
    pub fn sign_in_url(&self, names: &Names) -> Option<String> {
        self.sign_in_url_of(names, &self.id)
    }

    fn sign_in_url_of(&self, names: &Names, id: &GrantId) -> Option<String> {
        self.account.switch_role_url(names, id).filter(|_| !trust::wants_source_identity(&self.trust))
    }

    /// Returns how the requester gets at the role: the link, or the command where there is none.
    pub fn how_to_sign_in(&self, names: &Names) -> String {
        self.how_to_sign_in_to(names, &self.id)
    }

    /// Returns how the requester gets at the role of another grant in the same account.
    pub fn how_to_sign_in_to(&self, names: &Names, other: &GrantId) -> String {
        self.sign_in_url_of(names, other).unwrap_or_else(|| {
            let role = self.account.role_arn(names, other);
            format!("aws sts assume-role --role-arn {role} --role-session-name {other}")
        })
    }

    /// Returns the body of the entity of the live grants. Its end is in UTC alone: how far away that is would be wrong a
    /// minute later, and Port shows dates so by itself.
    pub fn entity(&self, names: &Names) -> Value {
        self.with_what_it_extends(json!({
            "identifier": self.id.as_str(),
            "title": self.id.as_str(),
            "properties": {
                "requester": self.requester,
                "iam_policy": self.policy(),
                "sign_in_url": self.sign_in_url(names),
                "policy_arn": self.account.policy_arn(names, &self.id),
                "role_arn": self.account.role_arn(names, &self.id),
                "expiry_time": utc(self.expires),
                "run_id": self.run_id.as_str(),
                "state": GrantState::Live.as_str(),
                "reason": self.reason,
                "duration": self.duration.to_string(),
                "notes": self.notes,
                "account": self.account.id.as_str(),
            },
            "relations": {
                "aws_resource": self.resource.as_str(),
                "permissions": self.permissions,
            },
        }))
    }

    /// Returns the body of the permanent record, which outlives the grant; `now` is when access begins, unless the record
    /// that is there, `earlier`, tells when it did: no repeated workflow and no sweep may make minutes of it unhappened.
    pub fn record(&self, now: Timestamp, earlier: Option<&Entity>) -> Value {
        let from = beginning(earlier, now, self.expires);
        let mut record = self.with_what_it_extends(json!({
            "identifier": self.id.as_str(),
            "title": self.id.as_str(),
            "properties": {
                "grant": self.id.as_str(),
                "run": self.run_id.as_str(),
                "requester": self.requester,
                "approver": self.approver,
                "reason": self.reason,
                "resource": self.resource.as_str(),
                "additional_resources": self.additional_resources.iter().map(Arn::as_str).collect::<Vec<_>>(),
                "actions": self.permissions,
                "account": self.account.id.as_str(),
                "notes": self.notes,
                "policy_digest": policies_digest(&self.policies),
                "trust_digest": trust::digest_of(&self.trust),
                "granted_from": utc(from),
                "granted_until": utc(self.expires),
                "state": GrantState::Live.as_str(),
                "break_glass_by": self.break_glass_by,
            },
        }));
        // Whatever waits for a review of any other grant is left as it is: a null would take the mark away.
        if self.break_glass_by.is_some() {
            record["properties"]["review_due"] = json!(true);
        }
        record
    }

    fn with_what_it_extends(&self, mut body: Value) -> Value {
        if let Some(extended) = self.extends.first() {
            body["properties"]["extends"] = json!(extended.as_str());
        }
        body
    }
}

/// Returns when access begins: when the record that is there tells, unless an attempt at the grant was undone since, and
/// else `now`. A beginning that is still to come was written by nobody who granted.
fn beginning(earlier: Option<&Entity>, now: Timestamp, expires: Timestamp) -> Timestamp {
    let record = earlier.filter(|record| record.state() != Some(GrantState::GrantFailed) && !is_note(record));
    let from = record.and_then(|record| record.text("granted_from")?.parse::<Timestamp>().ok());
    from.filter(|from| from.duration_since(now) <= CLOCKS_APART && *from < expires).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    proptest! {
        /// IAM API reference, CreateRole and CreatePolicy.
        #[test]
        fn names_of_role_and_policy_are_within_iam_s_limits(run in "[A-Za-z0-9_-]{1,44}") {
            let grant = RunId::parse(&run).unwrap().grant_id();
            let path = Names::default().iam_path;
            let name = Regex::new(r"^[A-Za-z0-9_+=,.@-]{1,64}$").unwrap();
            prop_assert!(name.is_match(grant.as_str()));
            prop_assert!(path.trim_start_matches('/').len() + grant.as_str().len() <= 64);
            prop_assert!(path.starts_with('/') && path.ends_with('/') && path.len() <= 512);
        }
    }

    #[test]
    fn a_record_that_is_there_tells_when_access_began_unless_that_was_undone_or_is_still_to_come() {
        let [now, expires]: [Timestamp; 2] =
            ["2026-11-23T10:20:00Z", "2026-11-23T12:00:00Z"].map(|at| at.parse().unwrap());
        let began = |properties: Value| {
            let record =
                Entity { identifier: "Permission-r_1".to_owned(), title: None, properties, relations: json!({}) };
            utc(beginning(Some(&record), now, expires))
        };
        for from in ["2026-11-23T10:00:00Z", "2026-11-23T10:25:00Z"] {
            assert_eq!(began(json!({ "granted_from": from, "state": "live" })), from);
            assert_eq!(began(json!({ "granted_from": from })), from);
        }
        let undone = json!({ "granted_from": "2026-11-23T10:00:00Z", "state": "grant-failed" });
        let to_come = ["2026-11-23T10:25:01Z", "2026-11-23T13:00:00Z", "9999-12-30T22:00:00Z"];
        let to_come = to_come.map(|from| json!({ "granted_from": from, "state": "live" }));
        let noted =
            json!({ "granted_from": "2026-11-23T10:00:00Z", "receipt": { "tampering": [{ "what": "forged" }] } });
        for none in [undone, noted, json!({ "granted_from": 7 }), json!({})].into_iter().chain(to_come) {
            assert_eq!(began(none.clone()), utc(now), "{none}");
        }
        assert_eq!(beginning(None, now, expires), now);
    }
}
