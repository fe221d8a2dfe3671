//! What a caller can choose about a call besides action and resource, as far as the identities' policies look at it.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::domain::tags::{MARK, OF_A_RUN};

const BOUNDARIES: [&str; 3] = ["none", "ours", "another"];
const MARKS: [&str; 3] = ["none", "ours", ANOTHERS];
const ANOTHERS: &str = "ours beside another's tag";
const POLICIES: [&str; 5] = ["none", "ours", "AWSDenyAll", "AdministratorAccess", "the boundary"];
/// Key of a tag that no run writes.
const ANOTHERS_TAG: &str = "team";

/// One combination: the boundary that a role has or is to have, the tags of the request (all that a run writes, and a
/// tag that a policy elsewhere may take for a proof), and the policy that is attached or detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Circumstance {
    boundary: &'static str,
    mark: &'static str,
    policy: &'static str,
}

impl Circumstance {
    /// The circumstance in which nothing is said.
    pub const NEUTRAL: Self = Self { boundary: "none", mark: "none", policy: "none" };

    /// Returns every combination of which there may be a call, the neutral one first.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for boundary in BOUNDARIES {
            for mark in MARKS {
                all.extend(
                    POLICIES.map(|policy| Self { boundary, mark, policy }).into_iter().filter(Self::is_of_a_call),
                );
            }
        }
        all
    }

    /// Returns whether there may be a call of the kind: another's tag comes with what is made or tagged, which names no policy.
    fn is_of_a_call(&self) -> bool {
        self.mark != ANOTHERS || self.policy == "none"
    }

    /// Returns how many of the three say something else than in `other`.
    pub fn distance(self, other: Self) -> usize {
        let Self { boundary, mark, policy } = self;
        usize::from(boundary != other.boundary) + usize::from(mark != other.mark) + usize::from(policy != other.policy)
    }

    /// Returns the condition keys and values of a call under it (Service Authorization Reference, "Condition keys for
    /// AWS Identity and Access Management"); `aws:TagKeys` alone has several values.
    pub fn condition_keys(self, account: &AwsAccount, names: &Names) -> Vec<(&'static str, Vec<String>)> {
        let aws_policy = |name: &str| format!("arn:{}:iam::aws:policy/{name}", account.partition);
        let ours = account.under_path(names, "policy", "Permission-1");
        let mut keys = Vec::new();
        match self.boundary {
            "ours" => keys.push(("iam:PermissionsBoundary", vec![account.boundary_arn(names)])),
            "another" => keys.push(("iam:PermissionsBoundary", vec![aws_policy("AdministratorAccess")])),
            _ => {}
        }
        if self.mark != "none" {
            let mut tags: Vec<String> = OF_A_RUN.iter().map(|key| key.replace('*', "2")).collect();
            tags.extend((self.mark != "ours").then(|| ANOTHERS_TAG.to_owned()));
            keys.push(("aws:RequestTag/managed-by", vec![MARK.1.to_owned()]));
            keys.push(("aws:TagKeys", tags));
        }
        match self.policy {
            "ours" => keys.push(("iam:PolicyARN", vec![ours])),
            "the boundary" => keys.push(("iam:PolicyARN", vec![account.boundary_arn(names)])),
            "none" => {}
            name => keys.push(("iam:PolicyARN", vec![aws_policy(name)])),
        }
        keys
    }

    /// Returns the circumstances that a text of the written list names, out of those that were asked: `always`, or a
    /// list such as `boundary: ours; policy: ours`. None when it is not understood.
    pub(super) fn named(text: &str, asked: &BTreeSet<Self>) -> Option<BTreeSet<Self>> {
        let mut named = asked.clone();
        if text == "always" {
            return Some(named);
        }
        for part in text.split("; ") {
            let (field, value) = part.split_once(": ")?;
            let (known, read): (&[&str], fn(&Self) -> &'static str) = match field {
                "boundary" => (&BOUNDARIES, |one| one.boundary),
                "mark" => (&MARKS, |one| one.mark),
                "policy" => (&POLICIES, |one| one.policy),
                _ => return None,
            };
            known.contains(&value).then_some(())?;
            named.retain(|one| read(one) == value);
        }
        Some(named)
    }
}

impl fmt::Display for Circumstance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { boundary, mark, policy } = self;
        write!(formatter, "boundary: {boundary}; mark: {mark}; policy: {policy}")
    }
}
