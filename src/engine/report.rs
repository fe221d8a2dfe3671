//! Gathers what a report is made of: the grants, the runs that came to nothing, and what AWS shows of their use. Reads
//! only; how much is asked is bounded, and what was not asked is told.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all, join3};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::overview::Looking;
use crate::clients::aws::{Aws, Caller};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::{MOST_RUNS, Port};
use crate::domain::arn::{Arn, is_region};
use crate::domain::catalog::Run;
use crate::domain::identifier::GrantId;
use crate::domain::overview::{OverviewSeen, Row, State, compose};
use crate::domain::report::{
    DeletedSeen, Period, ReportSeen, RunSeen, RunsSeen, ServicesSeen, TrailEvents, TrailSeen, UsageSeen,
};
use crate::failure::Failure;
use crate::world::World;

/// How many logs are read, of the newest runs that came to nothing.
const MOST_LOGS: usize = 200;
/// How many requests are under way at once.
const AT_ONCE: usize = 4;
/// Clocks differ a little.
const LEEWAY: SignedDuration = SignedDuration::from_mins(1);

/// What is asked, and of whom.
#[derive(Clone, Copy)]
pub struct Gathering<'a> {
    /// Port and AWS.
    pub looking: Looking<'a>,
    /// The surroundings.
    pub world: &'a World,
    /// The beginning of the period.
    pub since: Timestamp,
    /// Regions whose CloudTrail is asked; none for the usual ones.
    pub regions: &'a [String],
    /// Of how many grants, the newest, it is looked up whether they were used.
    pub most_looked_up: usize,
    /// Told each step as it begins.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

impl Gathering<'_> {
    /// Gathers it. Its end is AWS's time, where AWS is looked at.
    ///
    /// # Errors
    ///
    /// Fails when the grants cannot be read. What else cannot be read is told in the result.
    pub async fn gather(&self) -> Result<(ReportSeen, Period), Failure> {
        (self.progress)("Reading the grants and the runs");
        let overview = Box::pin(self.looking.overview(true));
        let (overview, runs, deleted) = join3(overview, Box::pin(self.runs()), self.deleted()).await;
        let overview = overview?;
        let mut runs = runs;
        if let (Ok(runs), Err(error)) = (&mut runs, &deleted)
            && error.kind == ApiErrorKind::Forbidden
        {
            let gap = "these credentials of Port are no administrator's: Port may keep other people's runs from them";
            runs.gaps.push(gap.to_owned());
        }
        let deleted = deleted_or_why(deleted, self.looking.port.is_some());
        let now = overview.aws.as_ref().map_or_else(|| self.world.now(), |aws| aws.now);
        let usage = Box::pin(self.usage(&overview, now)).await;
        let period = Period { since: self.since.min(now), now };
        Ok((ReportSeen { overview, runs, deleted, usage, not_looked_at: Vec::new(), unreached: Vec::new() }, period))
    }

    async fn runs(&self) -> Result<RunsSeen, String> {
        let Some(port) = self.looking.port else { return Err("Port was not looked at".to_owned()) };
        let names = self.looking.names;
        let actions = names.granting_actions().into_iter().chain(names.revoking_actions());
        let listing = actions.map(async |action| Ok::<_, ApiError>((action, port.runs_of(action).await?)));
        let (listed, users) = join(stream::iter(listing).buffered(AT_ONCE).try_collect::<Vec<_>>(), port.users()).await;
        let listed = listed.map_err(|error| error.to_string())?;
        let mut seen = RunsSeen::default();
        let mut runs: Vec<Run> = Vec::new();
        for (action, of_action) in listed {
            let is_older = |run: &Run| run.created_at.is_some_and(|at| at < self.since);
            if of_action.len() >= MOST_RUNS && !of_action.iter().any(is_older) {
                seen.gaps
                    .push(format!("Port tells the newest {MOST_RUNS} runs of {action} alone: older ones are missing"));
            }
            runs.extend(of_action.into_iter().filter(|run| came_to_nothing(run) && !is_older(run)));
        }
        runs.sort_by_key(|run| std::cmp::Reverse(run.created_at));
        if runs.len() > MOST_LOGS {
            seen.gaps.push(format!("why it was is read of the newest {MOST_LOGS} of {} runs", runs.len()));
        }
        if let Err(error) = &users {
            seen.gaps.push(format!("who asked is told as Port's user id: {error}"));
        }
        let users = users.unwrap_or_default();
        let email = |id: &String| users.iter().find(|user| user.id == *id).map(|user| user.email.clone());
        let reading = runs.into_iter().enumerate().map(async |(index, run)| {
            let asked_by = run.created_by.as_ref().and_then(email);
            // One that cannot be read is told by its run.
            let log = if index < MOST_LOGS { log(port, &run.id).await.ok() } else { None };
            RunSeen { run, asked_by, log }
        });
        seen.runs = stream::iter(reading).buffered(AT_ONCE).collect().await;
        Ok(seen)
    }

    /// None without Port.
    async fn deleted(&self) -> Result<DeletedSeen, ApiError> {
        match self.looking.port {
            Some(port) => port.deleted_since(&self.looking.names.permission_records, self.since).await,
            None => Ok(DeletedSeen::default()),
        }
    }

    /// Asks about the grants that were live in the period, the newest first.
    async fn usage(&self, overview: &OverviewSeen, now: Timestamp) -> BTreeMap<String, UsageSeen> {
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
                Some((at, Some(wanted))) => of_accounts[at].push(wanted),
                Some((_, None)) => {
                    usage.insert(row.grant, unasked("nothing tells when it began".to_owned()));
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
        let asking = accounts.iter().zip(&of_accounts).map(|((aws, _), wanted)| self.usage_in(aws, wanted, overview));
        join_all(asking).await.into_iter().for_each(|seen| usage.extend(seen));
        usage
    }

    async fn usage_in(&self, aws: &Aws, wanted: &[Wanted], overview: &OverviewSeen) -> BTreeMap<String, UsageSeen> {
        let regions = self.regions_of(aws, wanted);
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
    /// which AWS logs what goes to a partition's global addresses and the console (CloudTrail User Guide, "Global service
    /// events").
    fn regions_of(&self, aws: &Aws, wanted: &[Wanted]) -> Vec<String> {
        let mut regions: Vec<String> = self.regions.to_vec();
        if regions.is_empty() {
            regions.extend(aws.region().map(str::to_owned));
        }
        regions.extend(wanted.iter().flat_map(|wanted| &wanted.regions).cloned());
        let partition = wanted.first().and_then(|wanted| wanted.role_arn.split(':').nth(1));
        let global = match partition {
            Some("aws") => Some("us-east-1"),
            Some("aws-cn") => Some("cn-north-1"),
            Some("aws-us-gov") => Some("us-gov-west-1"),
            _ => None,
        };
        regions.extend(global.map(str::to_owned));
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
    fn of(row: &Row, caller: &Caller, gathering: &Gathering<'_>, now: Timestamp) -> Option<Self> {
        let id = GrantId::parse(&row.grant).ok()?;
        let from = row.from?;
        let to = row.ended.filter(|_| row.state != State::Live).map_or(now, |ended| ended.min(now));
        let lenient = |moment: Timestamp, by: SignedDuration| moment.checked_add(by).unwrap_or(moment);
        Some(Self {
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

fn deleted_or_why(deleted: Result<DeletedSeen, ApiError>, port_was_looked_at: bool) -> Result<DeletedSeen, String> {
    match deleted {
        Ok(_) if !port_was_looked_at => Err("Port was not looked at".to_owned()),
        Ok(deleted) => Ok(deleted),
        Err(error) => Err(error.to_string()),
    }
}

fn came_to_nothing(run: &Run) -> bool {
    !run.is_successful() && !run.is_in_progress() && !run.is_waiting()
}

async fn log(port: &Port, run: &str) -> Result<Vec<String>, ApiError> {
    /// As many as Port gives at once; a run of ours writes a handful.
    const PAGE: usize = 50;
    const MOST: usize = 500;
    let mut messages = Vec::new();
    loop {
        let page = port.logs(run, messages.len()).await?;
        let is_last = page.len() < PAGE;
        messages.extend(page);
        if is_last || messages.len() >= MOST {
            return Ok(messages);
        }
    }
}
