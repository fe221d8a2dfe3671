//! A report as one page of HTML that needs nothing beside itself: no script, no file, no address. It can be printed.

mod section;
mod tables;
mod timeline;
mod usage;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::section::moment;
use self::tables::{breakdowns, grants, not_granted, open};
use self::timeline::timeline;
use self::usage::usage;
use crate::domain::counting::count;
use crate::domain::report::{AccessReport, length, nothing_overdue};
use crate::domain::time::relative;

/// What the page is shown with; a test holds it to need nothing from elsewhere.
const STYLE: &str = include_str!("report.css");
/// Nothing is loaded and nothing is run, whatever stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns the page.
pub(super) fn page(report: &AccessReport) -> Markup {
    let period = report.period;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "IAM permissions, " (day(period.since)) " to " (day(period.now)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p class="brand" { "port-iam" }
                    h1 { "IAM permissions" }
                    p { (day(period.since)) " to " (day(period.now)) ", " (length(seconds(report))) }
                }
                main {
                    (overdue(report))
                    (left_over(report))
                    (figures(report))
                    (over_time(report))
                    (grants(report))
                    (open(report))
                    (not_granted(report))
                    (usage(report))
                    (breakdowns(report))
                    (deleted(report))
                    (edited(report))
                    (gaps(report))
                }
                footer { p { "Made at " (moment(period.now)) " by port-iam report. All times are in UTC." } }
            }
        }
    }
}

fn seconds(report: &AccessReport) -> i64 {
    report.period.now.as_second() - report.period.since.as_second()
}

fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
}

fn overdue(report: &AccessReport) -> Markup {
    let all = report.overdue.len();
    html! {
        @if all > 0 {
            section class="box problem" aria-labelledby="overdue" {
                h2 id="overdue" { @if all == 1 { "1 grant is live past its end" } @else { (all) " grants are live past their end" } }
                ul {
                    @for it in &report.overdue {
                        li {
                            strong { (it.grant) } " of " (it.requester.as_deref().unwrap_or("somebody unknown"))
                            @if !it.resources.is_empty() { " on " (it.resources.join(", ")) }
                            ": " (it.why) "."
                        }
                    }
                }
                p { "Take each away: " code { "port-iam revoke GRANT --direct" } }
            }
        } @else if report.every_account_was_looked_at() {
            p class="box good" { span class="mark" aria-hidden="true" { "✓" } " " (nothing_overdue(report)) }
        } @else {
            p class="box note" { (nothing_overdue(report)) }
        }
    }
}

fn left_over(report: &AccessReport) -> Markup {
    html! {
        @if !report.left_over.is_empty() {
            section class="box note" aria-labelledby="left-over" {
                h2 id="left-over" { "Left over, and of no use to anybody" }
                ul {
                    @for it in &report.left_over {
                        li { strong { (it.grant) } " of " (it.requester.as_deref().unwrap_or("somebody unknown")) ": " (it.why) "." }
                    }
                }
                p { "The next sweep takes them away, or " code { "port-iam sweep" } "." }
            }
        }
    }
}

fn figures(report: &AccessReport) -> Markup {
    let totals = &report.totals;
    let [refused, declined, failed] = totals.not_granted;
    let tile = |number: String, what: &str, more: String| {
        html! { div { dt { (what) } dd { span class="number" { (number) } span class="more" { (more) } } } }
    };
    // What can be used behind its end is had for longer than was asked; a share says nothing then.
    let of_asked = match totals.held {
        held if held > totals.asked => "more than that".to_owned(),
        held => format!("{}%", held * 100 / totals.asked.max(1)),
    };
    html! {
        section aria-labelledby="figures" {
            h2 id="figures" class="unseen" { "In numbers" }
            dl class="tiles" {
                (tile(totals.grants.to_string(), "Grants", format!("{}, {}", count(totals.requesters, "person", "people"), count(totals.resources, "resource", "resources"))))
                (tile(totals.live.to_string(), "Live now", format!("{} past their end", totals.overdue)))
                (tile(length(totals.asked), "Asked for", format!("{} had, {of_asked}", length(totals.held))))
                (tile(totals.ended_early.to_string(), "Ended early", "returned or taken away".to_owned()))
                (tile((refused + declined + failed).to_string(), "Not granted", format!("{refused} refused, {declined} declined, {failed} failed; {} not over", totals.open)))
                (tile((totals.unused + totals.not_seen).to_string(), "Not seen to be used", format!("{} of them surely not; {} used, {} cannot be known", totals.unused, totals.used, totals.unknown)))
            }
        }
    }
}

fn over_time(report: &AccessReport) -> Markup {
    html! {
        @if !report.timeline.lanes.is_empty() {
            section aria-labelledby="over-time" {
                h2 id="over-time" { "Over time" }
                (timeline(&report.timeline))
            }
        }
    }
}

fn deleted(report: &AccessReport) -> Markup {
    let lost = |is_lost: bool| html! { @if is_lost { ": what it said is lost" } };
    let lines =
        report.deleted.iter().map(|it| told_of_record(report, &it.grant, &it.by, it.at, &lost(it.record.is_none())));
    records("deleted", "Permanent records that were deleted", lines.collect())
}

fn edited(report: &AccessReport) -> Markup {
    let said = |told: String| html! { ": " (told) };
    let lines = report.edited.iter().map(|it| told_of_record(report, &it.grant, &it.by, it.at, &said(it.told())));
    records("edited", "Permanent records that were edited", lines.collect())
}

/// What was done to a permanent record, by whom, and when.
fn told_of_record(
    report: &AccessReport,
    grant: &str,
    by: &Option<String>,
    at: Option<Timestamp>,
    what: &Markup,
) -> Markup {
    html! {
        strong { (grant) }
        @if let Some(by) = by { ", by " (by) }
        @if let Some(at) = at { ", at " (moment(at)) " (" (relative(at, report.period.now)) ")" }
        (what)
    }
}

fn records(id: &str, title: &str, lines: Vec<Markup>) -> Markup {
    html! {
        @if !lines.is_empty() {
            section class="box problem" aria-labelledby=(id) {
                h2 id=(id) { (title) }
                ul { @for line in lines { li { (line) } } }
            }
        }
    }
}

fn gaps(report: &AccessReport) -> Markup {
    html! {
        @if !report.gaps.is_empty() {
            section class="box note" aria-labelledby="gaps" {
                h2 id="gaps" { "What this report cannot know" }
                ul { @for gap in &report.gaps { li { (gap) } } }
            }
        }
    }
}
