//! The grants over the period: one lane for each requester, in it a bar for each grant, side by side where they overlap.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Course, Period, ReportGrant};

/// How many lanes are shown: a screen, and a page.
const MOST_LANES: usize = 40;
/// How many bars lie above each other in a lane, at most.
const MOST_ROWS: usize = 6;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How many marks the axis has, at most.
const MOST_TICKS: i64 = 8;

/// The grants over the period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Those with the most grants first.
    pub lanes: Vec<Lane>,
    /// How many requesters have no lane.
    pub left_out: usize,
    /// Where now is, in thousandths.
    pub now: u32,
    /// Marks of the axis: where, in thousandths, and what stands there.
    pub ticks: Vec<(u32, String)>,
}

/// The grants of one requester.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Who.
    pub requester: String,
    /// How many bars lie above each other.
    pub rows: usize,
    /// One for each grant.
    pub bars: Vec<Bar>,
}

/// One grant. Places are in thousandths of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The grant.
    pub grant: String,
    /// Which of the lane's rows it lies in.
    pub row: usize,
    /// Where it begins.
    pub from: u32,
    /// Where somebody had it to.
    pub held_to: u32,
    /// Where its time ends.
    pub asked_to: u32,
    /// How it went.
    pub course: Course,
    /// What it is, in words.
    pub label: String,
}

impl Timeline {
    pub(super) fn of(grants: &[ReportGrant], period: Period) -> Self {
        let mut by_requester: BTreeMap<String, Vec<&ReportGrant>> = BTreeMap::new();
        for grant in grants.iter().filter(|grant| grant.from.is_some()) {
            let requester = grant.requester.clone().unwrap_or_else(|| "unknown".to_owned());
            by_requester.entry(requester).or_default().push(grant);
        }
        let shown = shown(grants, period);
        let mut lanes: Vec<Lane> =
            by_requester.into_iter().map(|(requester, grants)| lane(requester, &grants, period.now, shown)).collect();
        lanes.sort_by_key(|lane| std::cmp::Reverse(lane.bars.len()));
        let left_out = lanes.len().saturating_sub(MOST_LANES);
        lanes.truncate(MOST_LANES);
        Self { lanes, left_out, now: place(period.now, shown), ticks: ticks(shown) }
    }
}

/// What is shown: from the first grant on, and as far beyond now as what is live reaches, but no more than half as much.
fn shown(grants: &[ReportGrant], period: Period) -> Shown {
    let (since, now) = (period.since.as_second(), period.now.as_second());
    let first = grants.iter().filter_map(|grant| grant.from).map(Timestamp::as_second).min().unwrap_or(since);
    let gone = (now - first.max(since)).max(HOUR);
    let since = (now - gone - gone / 50).max(since.min(now - HOUR));
    let reaches = |grant: &&ReportGrant| matches!(grant.course, Course::Live | Course::Powerless);
    let last = grants.iter().filter(reaches).filter_map(|grant| grant.until).map(Timestamp::as_second).max();
    Shown { since, until: last.unwrap_or(now).clamp(now, now + (now - since) / 2) }
}

/// The time that is shown, in seconds.
#[derive(Clone, Copy)]
struct Shown {
    since: i64,
    until: i64,
}

fn lane(requester: String, grants: &[&ReportGrant], now: Timestamp, shown: Shown) -> Lane {
    let mut sorted: Vec<&ReportGrant> = grants.to_vec();
    sorted.sort_by_key(|grant| (grant.from, grant.grant.clone()));
    // Where the last bar of each row ends.
    let mut ends: Vec<Timestamp> = Vec::new();
    let mut bars = Vec::new();
    for grant in sorted {
        let Some(from) = grant.from else { continue };
        let held = grant.held(now).unwrap_or_default();
        let held_to = from.checked_add(SignedDuration::from_secs(held)).unwrap_or(now);
        let until = grant.until.unwrap_or(held_to);
        let end = held_to.max(until);
        let free = ends.iter().position(|end| *end <= from);
        let row = free.unwrap_or(ends.len().min(MOST_ROWS - 1));
        match ends.get_mut(row) {
            Some(last) => *last = end.max(*last),
            None => ends.push(end),
        }
        let place = |moment: Timestamp| place(moment, shown);
        bars.push(Bar {
            grant: grant.grant.clone(),
            row,
            from: place(from),
            held_to: place(held_to).max(place(from)),
            asked_to: place(until),
            course: grant.course,
            label: label(grant),
        });
    }
    Lane { requester, rows: ends.len(), bars }
}

fn label(grant: &ReportGrant) -> String {
    let what = grant.resources.first().map_or("?", String::as_str);
    format!("{}: {} on {what}, {}", grant.grant, grant.actions.join(", "), grant.course.told())
}

/// Returns where a moment lies, in thousandths of what is shown.
fn place(moment: Timestamp, shown: Shown) -> u32 {
    let length = (shown.until - shown.since).max(1);
    let into = (moment.as_second() - shown.since).clamp(0, length);
    u32::try_from(into * 1_000 / length).unwrap_or(1_000)
}

/// Whole hours or days in UTC, as many as can be read.
fn ticks(shown: Shown) -> Vec<(u32, String)> {
    const STEPS: [i64; 11] = [1, 3, 6, 12, 24, 48, 7 * 24, 14 * 24, 30 * 24, 90 * 24, 365 * 24];
    let Shown { since, until: now } = shown;
    let step = STEPS.into_iter().map(|hours| hours * HOUR).find(|step| (now - since) / step < MOST_TICKS);
    let step = step.unwrap_or(365 * 24 * HOUR);
    let (unit, form) = if step < DAY { (HOUR, "%b %-d %H:%M") } else { (DAY, "%b %-d") };
    // Days of UTC are as long as each other, and begin with the epoch.
    let first = since.div_euclid(unit) * unit + if since.rem_euclid(unit) == 0 { 0 } else { unit };
    let steps = usize::try_from(step).unwrap_or(usize::MAX);
    let moments = (first..=now).step_by(steps).filter_map(|second| Timestamp::from_second(second).ok());
    moments
        .take(2 * usize::try_from(MOST_TICKS).unwrap_or_default())
        .map(|at| (place(at, shown), at.strftime(form).to_string()))
        .collect()
}
