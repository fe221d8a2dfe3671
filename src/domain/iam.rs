//! What IAM answers about roles and policies, as plain values.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::grant::Grant;
use super::identifier::GrantId;
use super::part::part_number;
use super::policy_text::length_without_white_space;
use super::quotas::Needed;
use super::trust;

/// The only version of a policy that we make.
pub const FIRST_VERSION: &str = "v1";

/// How long after its role a policy of a grant may be made, and how long after the beginning on record its role: all of
/// it is made within seconds.
const MADE_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Returns whether a part of a grant was made so long after another that it is of a run that was repeated, or something
/// else of the same name.
pub fn is_late(made: Timestamp, since: Timestamp) -> bool {
    made.duration_since(since) > MADE_WITHIN
}

/// A role, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleState {
    /// Its path, with a slash at both ends.
    pub path: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made, where AWS says it.
    pub created: Option<Timestamp>,
    /// Its trust document.
    pub trust: Value,
    /// ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its longest session in seconds.
    pub max_session_seconds: Option<i32>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A managed policy, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyState {
    /// Its ARN.
    pub arn: String,
    /// The document of its default version.
    pub document: Value,
    /// Which version that is, for example `v1`.
    pub default_version: String,
    /// How many identities it is attached to.
    pub attachments: i32,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// What of one grant IAM holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The role of the grant's name.
    pub role: Option<RoleState>,
    /// The policies of the grant's name under our path, the first one first; none in the place of one that is missing.
    pub policies: Vec<Option<PolicyState>>,
    /// ARNs of the managed policies that are attached to the role, where it lies under our path.
    pub attached: Vec<String>,
    /// Names of the role's inline policies, where it lies under our path. We never write one.
    pub inline: Vec<String>,
}

impl Observed {
    /// Returns the end that an earlier attempt wrote into the role.
    pub fn first_end(&self) -> Option<Timestamp> {
        trust::end_of(&self.role.as_ref()?.trust)
    }

    /// Returns `now`, or when the role was made if that is later: an attempt at the same run may have read the clock after
    /// this one did and made the role before it, and what it gave from then on is no more than was asked for.
    pub fn not_before_it_was_made(&self, now: Timestamp) -> Timestamp {
        self.role.as_ref().and_then(|role| role.created).map_or(now, |made| made.max(now))
    }

    /// Returns whether nothing of what a grant has seems to be missing: a role, a policy, and each policy attached to the role.
    pub fn is_whole(&self) -> bool {
        let is_attached =
            |policy: &Option<PolicyState>| policy.as_ref().is_some_and(|policy| self.attached.contains(&policy.arn));
        self.role.is_some() && !self.policies.is_empty() && self.policies.iter().all(is_attached)
    }

    /// Returns the policy in this place, counted from 0.
    pub fn policy(&self, index: usize) -> Option<&PolicyState> {
        self.policies.get(index)?.as_ref()
    }

    /// Returns what is still to be made of `grant`.
    pub fn needed(&self, grant: &Grant) -> Needed {
        Needed {
            roles: usize::from(self.role.is_none()),
            policies: (0..grant.policies.len()).filter(|index| self.policy(*index).is_none()).count(),
            trust_characters: length_without_white_space(&grant.trust),
        }
    }
}

/// Sessions of a role that were opened, as CloudTrail tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailEvents {
    /// How many were seen.
    pub count: usize,
    /// When the first was opened.
    pub first: Option<Timestamp>,
    /// When the last was opened.
    pub last: Option<Timestamp>,
    /// Whether there may be earlier ones, which were not read.
    pub is_cut: bool,
}

/// The services that a role was used with, as IAM's last accessed information tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicesSeen {
    /// The services, by the prefix of their actions.
    pub services: Vec<String>,
    /// When the last of them was used.
    pub last: Option<Timestamp>,
}

/// A role under our path, as a list shows it: without tags and boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRole {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// The end that its trust policy carries; none when it is not of our form.
    pub end: Option<Timestamp>,
    /// Digest of its trust policy, as records hold it.
    pub trust_digest: String,
}

/// A customer managed policy under our path, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// How many identities it is attached to.
    pub attachments: i32,
    /// Id of the version that counts, such as `v1`.
    pub version: String,
}

impl ListedPolicy {
    /// Returns the grant that the policy is a part of, if any: `Permission-r_1.2` is the second one of
    /// `Permission-r_1`.
    pub fn grant(&self) -> Option<GrantId> {
        let (stem, _) = self.name.split_once('.').unwrap_or((&self.name, ""));
        GrantId::parse(stem).ok().filter(|grant| part_number(grant, &self.name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn observed(trust: Value, created: Option<&str>) -> Observed {
        let role = RoleState {
            path: "/port-iam/".to_owned(),
            arn: "arn:aws:iam::123456789012:role/port-iam/Permission-r_1".to_owned(),
            created: created.map(|moment| moment.parse().unwrap()),
            trust,
            boundary: None,
            max_session_seconds: None,
            tags: Vec::new(),
        };
        Observed { role: Some(role), ..Observed::default() }
    }

    #[test]
    fn a_role_that_was_made_after_the_clock_was_read_is_judged_as_of_when_it_was_made() {
        let now = "2026-11-23T18:00:01Z".parse::<Timestamp>().unwrap();
        let later = SignedDuration::from_secs(2);
        for (created, judged) in [
            (None, now),
            (Some("2026-11-23T18:00:00Z"), now),
            (Some("2026-11-23T18:00:01Z"), now),
            (Some("2026-11-23T18:00:03Z"), now + later),
        ] {
            assert_eq!(observed(json!({}), created).not_before_it_was_made(now), judged, "{created:?}");
        }
        assert_eq!(Observed::default().not_before_it_was_made(now), now);
    }

    #[test]
    fn the_end_that_an_earlier_attempt_wrote_stands_in_the_trust_of_the_role() {
        let end = "2026-11-23T22:00:00Z";
        let of_trust = |trust: Value| observed(trust, None).first_end();
        let until = json!({ "DateLessThan": { "aws:CurrentTime": end } });
        assert_eq!(of_trust(json!({ "Statement": [{ "Condition": until }] })), Some(end.parse().unwrap()));
        assert_eq!(of_trust(json!({ "Statement": [{ "Condition": {} }] })), None);
        assert_eq!(Observed::default().first_end(), None);
    }

    #[test]
    fn what_is_made_more_than_a_minute_after_the_rest_is_late() {
        let made = "2026-11-23T22:00:00Z".parse::<Timestamp>().unwrap();
        for (later, late) in [(-1, false), (0, false), (60, false), (61, true)] {
            assert_eq!(is_late(made + SignedDuration::from_secs(later), made), late, "{later} s later");
        }
    }

    #[test]
    fn a_grant_is_whole_whose_role_holds_each_policy_that_is_shown() {
        let policy = |arn: &str| {
            let (document, default_version) = (json!({}), "v1".to_owned());
            Some(PolicyState { arn: arn.to_owned(), document, attachments: 1, default_version, tags: Vec::new() })
        };
        let attached = || vec!["one".to_owned(), "two".to_owned()];
        let whole = Observed {
            policies: vec![policy("one"), policy("two")],
            attached: attached(),
            ..observed(json!({}), None)
        };
        assert!(whole.is_whole());
        for lacking in [
            Observed { role: None, ..whole.clone() },
            Observed { policies: Vec::new(), ..whole.clone() },
            Observed { policies: vec![policy("one"), None], ..whole.clone() },
            Observed { attached: attached()[..1].to_vec(), ..whole.clone() },
        ] {
            assert!(!lacking.is_whole(), "{lacking:?}");
        }
    }

    #[test]
    fn a_policy_is_found_by_its_place_unless_it_is_missing() {
        let policy = |arn: &str| PolicyState {
            arn: arn.to_owned(),
            document: json!({}),
            attachments: 1,
            default_version: "v1".to_owned(),
            tags: Vec::new(),
        };
        let observed =
            Observed { policies: vec![Some(policy("one")), None, Some(policy("three"))], ..Observed::default() };
        let found = [0, 1, 2, 3].map(|index| observed.policy(index).map(|policy| policy.arn.as_str()));
        assert_eq!(found, [Some("one"), None, Some("three"), None]);
    }

    #[test]
    fn a_listed_policy_is_a_part_of_the_grant_that_it_is_named_after() {
        let grant_of = |name: &str| {
            let policy = ListedPolicy {
                name: name.to_owned(),
                arn: format!("arn:aws:iam::123456789012:policy/port-iam/{name}"),
                created: Timestamp::UNIX_EPOCH,
                attachments: 0,
                version: "v1".to_owned(),
            };
            policy.grant().map(|grant| grant.to_string())
        };
        for part in ["Permission-r_1", "Permission-r_1.2", "Permission-r_1.10"] {
            assert_eq!(grant_of(part).as_deref(), Some("Permission-r_1"), "{part}");
        }
        for other in ["port-iam-boundary", "Permission-", "Permission-r_1.1", "Permission-r_1.02", "Permission-r_1.x"] {
            assert_eq!(grant_of(other), None, "{other}");
        }
    }
}
