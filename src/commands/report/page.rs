//! A report as one page of HTML that needs nothing beside itself: no script, no file, no address. It can be printed.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::timeline::timeline;
use crate::domain::report::{
    Breakdown, Course, NotGranted, Report, ReportGrant, Usage, count, length, nothing_overdue,
};
use crate::domain::time::{relative, utc};

/// What the page is shown with; a test holds it to need nothing from elsewhere.
const STYLE: &str = include_str!("report.css");
/// Nothing is loaded and nothing is run, whatever stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns the page.
pub(super) fn page(report: &Report) -> Markup {
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
                    (not_granted(report))
                    (usage(report))
                    (breakdowns(report))
                    (deleted(report))
                    (gaps(report))
                }
                footer { p { "Made at " (moment(period.now)) " by port-iam report. All times are in UTC." } }
            }
        }
    }
}

fn seconds(report: &Report) -> i64 {
    report.period.now.as_second() - report.period.since.as_second()
}

fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
}

/// Returns a moment to the minute; the whole of it is in the attribute.
fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(utc(at)) { (at.strftime("%Y-%m-%d %H:%M").to_string()) } }
}

fn overdue(report: &Report) -> Markup {
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
        } @else if report.aws_was_looked_at {
            p class="box good" { span class="mark" aria-hidden="true" { "✓" } " " (nothing_overdue(report)) }
        } @else {
            p class="box note" { (nothing_overdue(report)) }
        }
    }
}

fn left_over(report: &Report) -> Markup {
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

fn figures(report: &Report) -> Markup {
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
                (tile((refused + declined + failed).to_string(), "Not granted", format!("{refused} refused, {declined} declined, {failed} failed")))
                (tile(totals.unused.to_string(), "Not used", format!("{} used, {} not seen, {} cannot be known", totals.used, totals.not_seen, totals.unknown)))
            }
        }
    }
}

fn over_time(report: &Report) -> Markup {
    html! {
        @if !report.timeline.lanes.is_empty() {
            section aria-labelledby="over-time" {
                h2 id="over-time" { "Over time" }
                (timeline(&report.timeline))
            }
        }
    }
}

fn grants(report: &Report) -> Markup {
    let now = report.period.now;
    let table = html! {
        table class="stack" {
            thead { tr { @for name in ["Grant", "Requester", "What", "When", "Asked", "Had", "How it went", "Used"] { th scope="col" { (name) } } } }
            tbody { @for grant in &report.grants { (row(grant, now)) } }
        }
    };
    section("grants", "Grants", report.grants.len(), "Nothing was granted in this time.", &table)
}

fn row(grant: &ReportGrant, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" {
                (grant.grant)
                @if let Some(extended) = &grant.extends { p { "goes on from " (extended) } }
                @if let Some(person) = &grant.break_glass_by { p { "without Port, by " (person) } }
            }
            td data-label="Requester" {
                (grant.requester.as_deref().unwrap_or("unknown"))
                @if let Some(approver) = &grant.approver { p { "approved by " (approver) } }
            }
            td class="what" data-label="What" {
                (grant.actions.join(", "))
                @for resource in &grant.resources { p { (resource) } }
                @if let Some(reason) = &grant.reason { p class="reason" { "“" (reason) "”" } }
            }
            td class="when" data-label="When" {
                @if let Some(from) = grant.from { (moment(from)) }
                @if let Some(until) = grant.ended.or(grant.until) { p { "to " (moment(until)) } }
            }
            td class="length" data-label="Asked" { (grant.asked().map(length).unwrap_or_default()) }
            td class="length" data-label="Had" { (grant.held(now).map(length).unwrap_or_default()) }
            td class="words" data-label="How it went" {
                (course(grant.course))
                @if let Some(who) = grant.ended_by.as_ref().filter(|_| grant.course == Course::EndedEarly) { p { "by " (who) } }
                @for difference in &grant.differences { p class="difference" { (difference) } }
            }
            td class="words" data-label="Used" { (used(&grant.usage)) p { (grant.usage.told()) } }
        }
    }
}

fn course(course: Course) -> Markup {
    html! { span class={ "badge " (course.word()) } { (course.told()) } }
}

fn used(usage: &Usage) -> Markup {
    let word = match usage {
        Usage::Used { .. } => "used",
        Usage::Unused { .. } => "not used",
        Usage::NotSeen { .. } => "not seen",
        Usage::Unknown { .. } => "cannot know",
        Usage::NeverLive => "never live",
        Usage::Unasked => "not asked",
    };
    html! { span class={ "badge use-" (usage.word()) } { (word) } }
}

fn not_granted(report: &Report) -> Markup {
    let table = html! {
        table class="stack" {
            thead { tr { @for name in ["When", "Requester", "What", "Outcome", "Why", "What to do"] { th scope="col" { (name) } } } }
            tbody { @for it in &report.not_granted { (not_granted_row(it)) } }
        }
    };
    section(
        "not-granted",
        "Refused, declined and failed",
        report.not_granted.len(),
        "Nothing was refused and nothing failed.",
        &table,
    )
}

fn not_granted_row(it: &NotGranted) -> Markup {
    let outcome = it.outcome.word();
    html! {
        tr {
            th scope="row" { @if let Some(at) = it.at { (moment(at)) } p { (it.run) } }
            td data-label="Requester" { (it.requester.as_deref().unwrap_or("unknown")) }
            td class="what" data-label="What" {
                (it.action)
                @if !it.actions.is_empty() { p { (it.actions.join(", ")) } }
                @if let Some(on) = &it.on { p { (on) } }
                @if let Some(duration) = &it.duration { p { "for " (duration) } }
            }
            td data-label="Outcome" { span class={ "badge " (outcome) } { (outcome) } }
            td class="words" data-label="Why" { (it.why) }
            td class="words" data-label="What to do" { @for remedy in &it.remedies { p class="remedy" { (remedy) } } }
        }
    }
}

fn usage(report: &Report) -> Markup {
    let totals = &report.totals;
    let all = (totals.used + totals.unused + totals.not_seen + totals.unknown).max(1);
    let parts = [
        ("used", totals.used),
        ("unused", totals.unused),
        ("not-seen", totals.not_seen),
        ("cannot-know", totals.unknown),
    ];
    let label = format!(
        "{} used, {} not used, {} not seen to be, {} cannot be known",
        totals.used, totals.unused, totals.not_seen, totals.unknown
    );
    let mut begins = 0;
    let places = parts.map(|(name, count)| {
        let at = begins;
        begins += count;
        (name, at * 1_000 / all, count * 1_000 / all)
    });
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for grant in &report.grants {
        if let Usage::Unknown { why } = &grant.usage {
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, count)) => *count += 1,
                None => reasons.push((why, 1)),
            }
        }
    }
    html! {
        @if totals.grants > 0 {
            section aria-labelledby="use" {
                h2 id="use" { "Whether they were used" }
                svg class="share" role="img" aria-label=(label) width="100%" height="16" {
                    @for (name, at, wide) in places { @if wide > 0 { rect class={ "use-" (name) } x=(percent(at)) width=(percent(wide)) height="16" {} } }
                }
                p class="legend" {
                    @for (name, told) in [("used", "used"), ("unused", "not used"), ("not-seen", "not seen to be used"), ("cannot-know", "cannot be known")] {
                        span { span class={ "key use-" (name) } aria-hidden="true" {} " " (told) } " "
                    }
                }
                p class="quiet" {
                    "A grant is called unused only where CloudTrail answered in every region that was to be asked, for all of its time, and IAM for all regions. "
                    "Without IAM's answer it is not seen: a session that somebody opened at the address of another region is seen there alone."
                }
                @if !reasons.is_empty() {
                    h3 { "Why it cannot be known" }
                    ul { @for (why, count) in reasons { li { (count) @if count == 1 { " grant: " } @else { " grants: " } (why) } } }
                }
            }
        }
    }
}

fn percent(thousandths: usize) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

fn breakdowns(report: &Report) -> Markup {
    html! {
        @if report.breakdowns.iter().any(|breakdown| !breakdown.shares.is_empty()) {
            section aria-labelledby="by" {
                h2 id="by" { "By requester, resource and action" }
                div class="beside" { @for breakdown in &report.breakdowns { (of_breakdown(breakdown)) } }
            }
        }
    }
}

fn of_breakdown(breakdown: &Breakdown) -> Markup {
    let most = breakdown.shares.iter().map(|share| share.grants).max().unwrap_or_default().max(1);
    let title = format!("By {}", breakdown.by);
    let table = html! {
        table {
            thead { tr { @for name in [breakdown.by, "grants", "asked", "had", "not used", "not granted"] { th scope="col" { (name) } } } }
            tbody {
                @for share in &breakdown.shares {
                    tr {
                        th scope="row" {
                            (share.name)
                            svg class="amount" aria-hidden="true" width="100%" height="4" { rect width=(percent(share.grants * 1_000 / most)) height="4" {} }
                        }
                        td class="length" { (share.grants) }
                        td class="length" { (length(share.asked)) }
                        td class="length" { (length(share.held)) }
                        td class="length" { (share.unused) }
                        td class="length" { (share.not_granted) }
                    }
                }
            }
        }
    };
    html! { @if !breakdown.shares.is_empty() { (scrolling(&title, &table)) } }
}

fn deleted(report: &Report) -> Markup {
    html! {
        @if !report.deleted.is_empty() {
            section class="box problem" aria-labelledby="deleted" {
                h2 id="deleted" { "Permanent records that were deleted" }
                ul {
                    @for it in &report.deleted {
                        li {
                            strong { (it.grant) }
                            @if let Some(by) = &it.by { ", by " (by) }
                            @if let Some(at) = it.at { ", at " (moment(at)) " (" (relative(at, report.period.now)) ")" }
                            @if it.record.is_none() { ": what it said is lost" }
                        }
                    }
                }
            }
        }
    }
}

fn gaps(report: &Report) -> Markup {
    html! {
        @if !report.gaps.is_empty() {
            section class="box note" aria-labelledby="gaps" {
                h2 id="gaps" { "What this report cannot know" }
                ul { @for gap in &report.gaps { li { (gap) } } }
            }
        }
    }
}

fn section(id: &str, title: &str, count: usize, nothing: &str, table: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) @if count > 0 { " " span class="count" { (count) } } }
            @if count == 0 { p class="quiet" { (nothing) } } @else { (scrolling(title, table)) }
        }
    }
}

/// A table that is wider than the screen is scrolled by itself, by keyboard too.
fn scrolling(title: &str, table: &Markup) -> Markup {
    html! { div class="scroll" role="region" aria-label=(title) tabindex="0" { (table) } }
}
