//! The tables of the page: the grants, what came to nothing, what is not over, and the shares.

use jiff::Timestamp;
use maud::{Markup, html};

use super::section::{moment, percent, scrolling, section};
use crate::domain::report::{
    AccessReport, AskedRun, Breakdown, Course, NotGranted, OpenRun, ReportGrant, Usage, length,
};

pub(super) fn grants(report: &AccessReport) -> Markup {
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

pub(super) fn not_granted(report: &AccessReport) -> Markup {
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
            (asked(&it.asked))
            td data-label="Outcome" { span class={ "badge " (outcome) } { (outcome) } }
            td class="words" data-label="Why" { (it.why) }
            td class="words" data-label="What to do" { @for remedy in &it.remedies { p class="remedy" { (remedy) } } }
        }
    }
}

pub(super) fn open(report: &AccessReport) -> Markup {
    let table = html! {
        table class="stack" {
            thead { tr { @for name in ["When", "Requester", "What", "How it stands"] { th scope="col" { (name) } } } }
            tbody { @for it in &report.open { (open_row(it)) } }
        }
    };
    html! { @if !report.open.is_empty() { (section("open", "Not over", report.open.len(), "", &table)) } }
}

fn open_row(it: &OpenRun) -> Markup {
    html! {
        tr {
            (asked(&it.asked))
            td class="words" data-label="How it stands" { (it.told()) }
        }
    }
}

/// What a run asks for, who did, and when.
fn asked(it: &AskedRun) -> Markup {
    html! {
        th scope="row" { @if let Some(at) = it.at { (moment(at)) } p { (it.run) } }
        td data-label="Requester" { (it.requester.as_deref().unwrap_or("unknown")) }
        td class="what" data-label="What" {
            (it.action)
            @if !it.actions.is_empty() { p { (it.actions.join(", ")) } }
            @if let Some(on) = &it.on { p { (on) } }
            @if let Some(duration) = &it.duration { p { "for " (duration) } }
        }
    }
}

pub(super) fn breakdowns(report: &AccessReport) -> Markup {
    html! {
        @if report.breakdowns.iter().any(|breakdown| !breakdown.shares.is_empty()) {
            section aria-labelledby="by" {
                h2 id="by" { "By requester, resource and action" }
                div class="beside" { @for breakdown in &report.breakdowns { (of_breakdown(breakdown)) } }
            }
        }
    }
}

/// What was surely not used and what was only not seen to be are one column here: it claims no more than is known of both.
fn of_breakdown(breakdown: &Breakdown) -> Markup {
    let most = breakdown.shares.iter().map(|share| share.grants).max().unwrap_or_default().max(1);
    let title = format!("By {}", breakdown.by);
    let table = html! {
        table {
            thead { tr { @for name in [breakdown.by, "grants", "asked", "had", "not seen used", "not granted"] { th scope="col" { (name) } } } }
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
                        td class="length" { (share.unused + share.not_seen) }
                        td class="length" { (share.not_granted) }
                    }
                }
            }
        }
    };
    html! { @if !breakdown.shares.is_empty() { (scrolling(&title, &table)) } }
}
