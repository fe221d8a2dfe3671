//! Asks AWS whether grants were used: CloudTrail region by region, and IAM of the roles that are there.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::{AT_ONCE, Gathering};
use crate::clients::aws::{Aws, Caller};
use crate::clients::error::ApiErrorKind;
use crate::domain::arn::{Arn, is_region};
use crate::domain::iam::{ServicesSeen, TrailEvents};
use crate::domain::identifier::GrantId;
use crate::domain::overview::{OverviewSeen, Row, State, compose};
use crate::domain::report::{TrailSeen, UsageSeen};

/// Clocks differ a little.
const LEEWAY: SignedDuration = SignedDuration::from_mins(1);

impl Gathering<'_> {
    /// Asks about the grants that were live in the period, the newest first.
    pub(super) async fn usage(&self, overview: &OverviewSeen, now: Timestamp) -> BTreeMap<String, UsageSeen> {
        let is_meant = |row: &Row| {
            let end = row.ended.or(row.until).filter(|_| row.state != State::Live);
            row.state != State::GrantFailed && end.is_none_or(|end| end >= self.since)
        };
        let mut rows: Vec<Row> = compose(overview).into_iter().filter(is_meant).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.from));
        let mut usage = BTreeMap::new();
        let unasked = |why: String| UsageSeen { unasked: Some(why), ..UsageSeen::default() };
        let beyond = rows.split_off(rows.len().min(self.most_looked_up));
        let why =
            format!("of the newest {} grants alone was it looked up; --look-ups sets how many", self.most_looked_up);
        usage.extend(beyond.into_iter().map(|row| (row.grant, unasked(why.clone()))));
        let accounts: Vec<(&Aws, &Caller)> =
            self.looking.aws.into_iter().chain(self.looking.further.iter().map(|it| (&it.aws, &it.caller))).collect();
        let mut of_accounts: Vec<Vec<Wanted>> = accounts.iter().map(|_| Vec::new()).collect();
        for row in rows {
            let at = accounts.iter().position(|(_, caller)| row.account.as_deref() == Some(caller.account.id.as_str()));
            match at.map(|at| (at, Wanted::of(&row, accounts[at].1, self, now))) {
                Some((at, Ok(wanted))) => of_accounts[at].push(wanted),
                Some((_, Err(why))) => {
                    usage.insert(row.grant, unasked(why));
                }
                None => {
                    let account = row.account.as_deref().unwrap_or("that nothing tells");
                    usage.insert(row.grant, unasked(format!("the account {account} was not looked at")));
                }
            }
        }
        if of_accounts.iter().any(|wanted| !wanted.is_empty()) {
            (self.progress)("Asking AWS which grants were used");
        }
        let asking =
            accounts.iter().zip(&of_accounts).map(|(account, wanted)| self.usage_in(*account, wanted, overview));
        join_all(asking).await.into_iter().for_each(|seen| usage.extend(seen));
        usage
    }

    async fn usage_in(
        &self,
        (aws, caller): (&Aws, &Caller),
        wanted: &[Wanted],
        overview: &OverviewSeen,
    ) -> BTreeMap<String, UsageSeen> {
        let regions = self.regions_of(aws, caller, wanted);
        let trails = regions.iter().map(|region| sessions(aws, region, wanted));
        let is_there =
            |name: &String| overview.aws.iter().chain(&overview.further).any(|aws| aws.roles.contains_key(name));
        let services = wanted.iter().map(async |wanted| {
            let seen: Option<Result<ServicesSeen, String>> = if is_there(&wanted.grant) {
                Some(aws.services_of(&wanted.role_arn).await.map_err(|error| error.to_string()))
            } else {
                None
            };
            seen
        });
        let services = stream::iter(services).buffered(AT_ONCE).collect::<Vec<_>>();
        let (trails, services) = join(join_all(trails), services).await;
        let seen = wanted.iter().zip(services).enumerate().map(|(index, (wanted, services))| {
            let of_region = |(region, events): (&String, &Vec<Result<TrailEvents, String>>)| TrailSeen {
                region: region.clone(),
                events: events[index].clone(),
            };
            let trail = regions.iter().zip(&trails).map(of_region).collect();
            (wanted.grant.clone(), UsageSeen { trail, services, unasked: None })
        });
        seen.collect()
    }

    /// The regions that were named, or the one in use; always those of the resources, where most use them, and the one in
    /// which AWS logs what goes to a partition's global addresses.
    fn regions_of(&self, aws: &Aws, caller: &Caller, wanted: &[Wanted]) -> Vec<String> {
        let mut regions: Vec<String> = self.regions.to_vec();
        if regions.is_empty() {
            regions.extend(aws.region().map(str::to_owned));
        }
        regions.extend(wanted.iter().flat_map(|wanted| &wanted.regions).cloned());
        regions.extend(caller.account.global_region().map(str::to_owned));
        regions.sort();
        regions.dedup();
        regions
    }
}

/// A grant of which it is asked whether it was used.
struct Wanted {
    grant: String,
    role_arn: String,
    /// The regions of its resources.
    regions: Vec<String>,
    from: Timestamp,
    to: Timestamp,
}

impl Wanted {
    /// Returns it, or why it cannot be asked about.
    fn of(row: &Row, caller: &Caller, gathering: &Gathering<'_>, now: Timestamp) -> Result<Self, String> {
        let Ok(id) = GrantId::parse(&row.grant) else {
            return Err("its name is none of a grant, so that it cannot be asked by the role's name".to_owned());
        };
        let from = row.from.ok_or_else(|| "nothing tells when it began".to_owned())?;
        let to = row.ended.filter(|_| row.state != State::Live).map_or(now, |ended| ended.min(now));
        let lenient = |moment: Timestamp, by: SignedDuration| moment.checked_add(by).unwrap_or(moment);
        Ok(Self {
            grant: row.grant.clone(),
            role_arn: caller.account.role_arn(gathering.looking.names, &id),
            // Whoever writes a record may name any region in it; none but a region's name is asked.
            regions: row
                .resources
                .iter()
                .filter_map(|arn| Arn::parse("resource", arn).ok())
                .map(|arn| arn.region().to_owned())
                .filter(|region| is_region(region))
                .collect(),
            from: lenient(from, -LEEWAY),
            to: lenient(to.max(from), LEEWAY),
        })
    }
}

/// Asks the CloudTrail of one region about each of them, one after the other, as its limit has it. What it
/// refuses or does not answer once is not asked again; what is wrong with one grant alone says nothing of the next.
async fn sessions(aws: &Aws, region: &str, wanted: &[Wanted]) -> Vec<Result<TrailEvents, String>> {
    let trail = aws.trail(region);
    let (Some(from), Some(to)) = (wanted.iter().map(|it| it.from).min(), wanted.iter().map(|it| it.to).max()) else {
        return Vec::new();
    };
    let switches = trail.switches(from, to).await.map_err(|error| error.to_string());
    let mut failed: Option<String> = None;
    let mut seen = Vec::new();
    for one in wanted {
        if let Some(why) = &failed {
            seen.push(Err(why.clone()));
            continue;
        }
        match trail.sessions(&one.role_arn, one.from, one.to).await {
            Ok(events) => seen.push(with_switches(events, switches.as_ref().map(|all| all.get(&one.grant)))),
            Err(error) => {
                let is_of_all = matches!(
                    error.kind,
                    ApiErrorKind::Forbidden
                        | ApiErrorKind::Unauthorized
                        | ApiErrorKind::NoAnswer
                        | ApiErrorKind::Unreachable
                );
                failed = is_of_all.then(|| error.to_string());
                seen.push(Err(error.to_string()));
            }
        }
    }
    seen
}

/// The console opens a session too; where CloudTrail has both events of it, it is one session. Where nobody can tell
/// whether somebody switched to the role, that there is no session tells nothing.
fn with_switches(events: TrailEvents, switches: Result<Option<&TrailEvents>, &String>) -> Result<TrailEvents, String> {
    match switches {
        _ if events.count > 0 => Ok(events),
        Ok(switches) => Ok(switches.cloned().unwrap_or(events)),
        Err(why) => Err(why.clone()),
    }
}
