//! How the roles stand that hold their policies: what AWS holds, and whose time is over. AWS alone tells.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Overdue;
use crate::domain::catalog::Entity;
use crate::domain::overview::{AwsSeen, OverviewSeen, Row};
use crate::domain::time::{relative, utc};

/// How a role stands that holds its policies and to which not everything is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It lets people in, and its time is not over.
    Live,
    /// It lets people in although its time is over, or came back and did.
    Overdue(Stood),
    /// It is there, and the end that it carries is over: AWS lets nobody in.
    LeftOver(Stood),
}

/// A role that stands past its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stood {
    /// When its time was over; none where nothing tells.
    pub(super) until: Option<Timestamp>,
    /// The end that Port has on record.
    pub(super) on_record: Option<Timestamp>,
    /// The end that the role carries.
    pub(super) let_in_until: Option<Timestamp>,
    why: String,
}

impl Standing {
    /// Returns the end that Port has on record, where the role says something else that nobody asked for.
    pub(super) fn on_record(&self) -> Option<Timestamp> {
        match self {
            Self::Overdue(stood) => stood.on_record,
            Self::Live | Self::LeftOver(_) => None,
        }
    }

    /// Returns what a grant is told with, a sentence.
    pub(super) fn difference(&self) -> Option<String> {
        match self {
            Self::LeftOver(stood) => Some(stood.why.clone()),
            Self::Live | Self::Overdue(_) => None,
        }
    }
}

/// Returns how each role stands, by the name of its grant. Where several accounts hold a role of one name, the worst counts.
pub(super) fn of(seen: &OverviewSeen, rows: &[Row], now: Timestamp) -> BTreeMap<String, Standing> {
    let mut all: BTreeMap<String, Standing> = BTreeMap::new();
    for aws in seen.aws.iter().chain(&seen.further) {
        for name in aws.roles.keys() {
            let Some(standing) = of_role(name, aws, seen, now) else { continue };
            // A role that another account holds beside the grant's own does not make it live.
            let is_own =
                rows.iter().any(|row| row.grant == *name && row.account.as_deref() == Some(aws.account.id.as_str()));
            let rank = |standing: &Standing| match standing {
                Standing::Overdue(_) => 2,
                Standing::LeftOver(_) => 1,
                Standing::Live => 0,
            };
            let is_worse = all.get(name).is_none_or(|known| rank(&standing) > rank(known));
            if is_worse && (is_own || rank(&standing) > 0) {
                all.insert(name.clone(), standing);
            }
        }
    }
    all
}

fn of_role(name: &str, aws: &AwsSeen, seen: &OverviewSeen, now: Timestamp) -> Option<Standing> {
    let role = aws.roles.get(name).filter(|role| role.holds_policies && !role.is_denied)?;
    let moment = |entity: Option<&Entity>, key: &str| entity?.text(key)?.parse::<Timestamp>().ok();
    let record = seen.port.as_ref().and_then(|port| port.records.get(name));
    let entity = seen.port.as_ref().and_then(|port| port.entities.get(name));
    let on_record = moment(record, "granted_until").or_else(|| moment(entity, "expiry_time"));
    // What is taken away is over, whatever its end was to be.
    let revoked = moment(record, "revoked_at").filter(|at| *at <= now);
    let account = &aws.account.id;
    let is_over = |moment: &Timestamp| *moment <= now;
    let first = [revoked, on_record, role.end].into_iter().flatten().min();
    let came_back = revoked.filter(|revoked| role.end.is_none_or(|end| end > *revoked));
    let stood = |until: Option<Timestamp>, why: String| Stood { until, on_record, let_in_until: role.end, why };
    let over = |until: Option<Timestamp>| match until {
        Some(until) if until <= now => format!("; its time was over {}", relative(until, now)),
        Some(until) => format!("; its time is over {}", relative(until, now)),
        None => "; nothing tells when its time is over".to_owned(),
    };
    let again = came_back.map(|at| format!(", although it was taken away at {}", utc(at))).unwrap_or_default();
    Some(match role.end {
        Some(end) if is_over(&end) && came_back.is_none() => Standing::LeftOver(stood(
            Some(end),
            format!("left over in the account {account}: AWS lets nobody in since {}", utc(end)),
        )),
        Some(end) if is_over(&end) => Standing::Overdue(stood(
            first,
            format!("its role is there again in the account {account}{again}, and let people in until {}", utc(end)),
        )),
        Some(end) if first.as_ref().is_some_and(is_over) => Standing::Overdue(stood(
            first,
            format!("its role lets people in until {} in the account {account}{again}{}", utc(end), over(first)),
        )),
        None => Standing::Overdue(stood(
            first,
            format!(
                "its role lets people in for ever: its trust policy carries no end, in the account {account}{again}{}",
                over(first)
            ),
        )),
        Some(_) => Standing::Live,
    })
}

/// Returns what can be used although its time is over, and what is only left over, each by its end.
pub(super) fn told(standing: &BTreeMap<String, Standing>, rows: &[Row]) -> (Vec<Overdue>, Vec<Overdue>) {
    let of = |(grant, stood): (&String, &Stood)| {
        let row = rows.iter().find(|row| row.grant == *grant);
        Overdue {
            grant: grant.clone(),
            requester: row.and_then(|row| row.requesters.first().cloned()),
            resources: row.map(|row| row.resources.clone()).unwrap_or_default(),
            until: stood.until,
            why: stood.why.clone(),
        }
    };
    let sorted = |mut all: Vec<Overdue>| {
        all.sort_by_key(|it| it.until);
        all
    };
    let (mut overdue, mut left_over) = (Vec::new(), Vec::new());
    for (grant, standing) in standing {
        match standing {
            Standing::Overdue(stood) => overdue.push(of((grant, stood))),
            Standing::LeftOver(stood) => left_over.push(of((grant, stood))),
            Standing::Live => {}
        }
    }
    (sorted(overdue), sorted(left_over))
}
