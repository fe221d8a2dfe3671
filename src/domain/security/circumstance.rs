//! What a caller can choose about a call besides action and resource, as far as the identities' policies look at it.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::account::AwsAccount;
use crate::domain::names::Names;

const BOUNDARIES: [&str; 3] = ["none", "ours", "another"];
const MARKS: [&str; 2] = ["none", "ours"];
const POLICIES: [&str; 5] = ["none", "ours", "AWSDenyAll", "AdministratorAccess", "the boundary"];

/// One combination: the boundary that a role has or is to have, the tag `managed-by` of the request, and the policy
/// that is attached or detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Circumstance {
    boundary: &'static str,
    mark: &'static str,
    policy: &'static str,
}

impl Circumstance {
    /// The circumstance in which nothing is said.
    pub const NEUTRAL: Self = Self { boundary: "none", mark: "none", policy: "none" };

    /// Returns every combination, the neutral one first.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for boundary in BOUNDARIES {
            for mark in MARKS {
                all.extend(POLICIES.map(|policy| Self { boundary, mark, policy }));
            }
        }
        all
    }

    /// Returns how many of the three say something else than in `other`.
    pub fn distance(self, other: Self) -> usize {
        let Self { boundary, mark, policy } = self;
        usize::from(boundary != other.boundary) + usize::from(mark != other.mark) + usize::from(policy != other.policy)
    }

    /// Returns the condition keys and values of a call under it (Service Authorization Reference, "Condition keys for
    /// AWS Identity and Access Management").
    pub fn condition_keys(self, account: &AwsAccount, names: &Names) -> Vec<(&'static str, String)> {
        let aws_policy = |name: &str| format!("arn:{}:iam::aws:policy/{name}", account.partition);
        let ours = account.under_path(names, "policy", "Permission-1");
        let mut keys = Vec::new();
        match self.boundary {
            "ours" => keys.push(("iam:PermissionsBoundary", account.boundary_arn(names))),
            "another" => keys.push(("iam:PermissionsBoundary", aws_policy("AdministratorAccess"))),
            _ => {}
        }
        if self.mark == "ours" {
            keys.push(("aws:RequestTag/managed-by", "port-iam".to_owned()));
            keys.push(("aws:TagKeys", "managed-by".to_owned()));
        }
        match self.policy {
            "ours" => keys.push(("iam:PolicyARN", ours)),
            "the boundary" => keys.push(("iam:PolicyARN", account.boundary_arn(names))),
            "none" => {}
            name => keys.push(("iam:PolicyARN", aws_policy(name))),
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
