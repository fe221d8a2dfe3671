//! The whole in numbers, and by requester, resource and action.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Course, NotGranted, Outcome, ReportGrant, Usage};

/// The whole in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many grants.
    pub grants: usize,
    /// How many people had one.
    pub requesters: usize,
    /// How many resources they were on.
    pub resources: usize,
    /// Seconds that were asked for, together.
    pub asked: i64,
    /// Seconds that somebody had them, together.
    pub held: i64,
    /// How many are live.
    pub live: usize,
    /// How many ended before their time.
    pub ended_early: usize,
    /// How many are live past their end.
    pub overdue: usize,
    /// How many requests were refused, declined and failed.
    pub not_granted: [usize; 3],
    /// How many grants were used.
    pub used: usize,
    /// How many were not.
    pub unused: usize,
    /// How many were not seen to be used where it was asked.
    pub not_seen: usize,
    /// Of how many that cannot be known.
    pub unknown: usize,
    /// How many requests are not over.
    pub open: usize,
}

impl Totals {
    pub(super) fn of(
        grants: &[ReportGrant],
        not_granted: &[NotGranted],
        open: usize,
        overdue: usize,
        now: Timestamp,
    ) -> Self {
        let distinct = |all: Vec<&str>| {
            let mut all = all;
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        let count = |is_meant: &dyn Fn(&ReportGrant) -> bool| grants.iter().filter(|grant| is_meant(grant)).count();
        Self {
            grants: grants.len(),
            requesters: distinct(grants.iter().filter_map(|grant| grant.requester.as_deref()).collect()),
            resources: distinct(grants.iter().flat_map(|grant| &grant.resources).map(String::as_str).collect()),
            asked: grants.iter().filter_map(ReportGrant::asked).sum(),
            held: grants.iter().filter_map(|grant| grant.held(now)).sum(),
            live: count(&|grant| grant.course == Course::Live),
            ended_early: count(&|grant| grant.course == Course::EndedEarly),
            overdue,
            not_granted: Outcome::ALL.map(|outcome| not_granted.iter().filter(|it| it.outcome == outcome).count()),
            used: count(&|grant| matches!(grant.usage, Usage::Used { .. })),
            unused: count(&|grant| matches!(grant.usage, Usage::Unused { .. })),
            not_seen: count(&|grant| matches!(grant.usage, Usage::NotSeen { .. })),
            unknown: count(&|grant| grant.usage.is_unknown()),
            open,
        }
    }
}

/// The grants by one of their traits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    /// The trait: `requester`, `resource`, `action`.
    pub by: &'static str,
    /// Those of most grants first.
    pub shares: Vec<Share>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What it is.
    pub name: String,
    /// How many grants.
    pub grants: usize,
    /// Seconds that were asked for.
    pub asked: i64,
    /// Seconds that somebody had them.
    pub held: i64,
    /// How many of the grants were not used.
    pub unused: usize,
    /// How many were not seen to be used where it was asked.
    pub not_seen: usize,
    /// How many requests came to nothing.
    pub not_granted: usize,
}

impl Breakdown {
    pub(super) fn all(grants: &[ReportGrant], not_granted: &[NotGranted], now: Timestamp) -> [Self; 3] {
        let requester = |it: &Option<String>| vec![it.clone().unwrap_or_else(|| "unknown".to_owned())];
        [
            Self::of(
                "requester",
                grants,
                not_granted,
                now,
                |it| requester(&it.requester),
                |it| requester(&it.asked.requester),
            ),
            Self::of(
                "resource",
                grants,
                not_granted,
                now,
                |it| it.resources.clone(),
                // A request to go on is on a grant, which is no resource.
                |it| it.asked.on.iter().filter(|on| on.starts_with("arn:")).cloned().collect(),
            ),
            Self::of("action", grants, not_granted, now, |it| it.actions.clone(), |it| it.asked.actions.clone()),
        ]
    }

    fn of(
        by: &'static str,
        grants: &[ReportGrant],
        not_granted: &[NotGranted],
        now: Timestamp,
        of_grant: impl Fn(&ReportGrant) -> Vec<String>,
        of_run: impl Fn(&NotGranted) -> Vec<String>,
    ) -> Self {
        let mut shares: BTreeMap<String, Share> = BTreeMap::new();
        for grant in grants {
            for name in of_grant(grant) {
                let share = shares.entry(name).or_default();
                share.grants += 1;
                share.asked += grant.asked().unwrap_or_default();
                share.held += grant.held(now).unwrap_or_default();
                share.unused += usize::from(matches!(grant.usage, Usage::Unused { .. }));
                share.not_seen += usize::from(matches!(grant.usage, Usage::NotSeen { .. }));
            }
        }
        for it in not_granted {
            of_run(it).into_iter().for_each(|name| shares.entry(name).or_default().not_granted += 1);
        }
        let mut shares: Vec<Share> = shares.into_iter().map(|(name, share)| Share { name, ..share }).collect();
        // By name where the numbers are the same: the map is in that order, and the sorting is stable.
        shares.sort_by_key(|share| std::cmp::Reverse((share.grants, share.not_granted)));
        Self { by, shares }
    }
}
