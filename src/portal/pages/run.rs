//! Runs: the list, and the page of one with its log, its approval and what it has done.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::{Page, clock_time, entity_link, moment, scrolling, status};
use crate::portal::run::{Approver, Change, Job, LogLine, Run};
use crate::portal::view::segment;

/// What the page of a run shows.
pub(in crate::portal) struct Shown<'a> {
    pub(in crate::portal) run: &'a Run,
    /// What the form calls the inputs, by their keys.
    pub(in crate::portal) titles: &'a BTreeMap<String, String>,
    pub(in crate::portal) log: &'a [LogLine],
    pub(in crate::portal) approvers: &'a [Approver],
    /// Whether whoever acts may say yes or no now.
    pub(in crate::portal) may_decide: bool,
    pub(in crate::portal) changes: &'a [Change],
    pub(in crate::portal) job: Option<&'a Job>,
    pub(in crate::portal) now: Timestamp,
}

/// Shows all runs.
pub(in crate::portal) fn list(runs: &[Run], now: Timestamp) -> Page {
    let body = html! {
        h1 { "Runs" }
        div id="runs" data-live="2000" { (table(runs, now)) }
    };
    Page::new("Runs", body).busy(runs.iter().any(Run::is_under_way))
}

/// Shows a run.
pub(in crate::portal) fn page(shown: &Shown<'_>) -> Page {
    let run = shown.run;
    let is_open = run.is_under_way() || run.is_waiting();
    let job_goes_on = shown.job.is_some_and(|job| job.conclusion.is_none());
    let body = html! {
        p class="path" { a href="/runs" { "Runs" } }
        h1 { (run.action) }
        div id="state" data-live=[is_open.then_some("1000")] role="status" {
            p class="state" { (status(&run.status)) " " (run.label) }
        }
        div id="run" data-live=[(is_open || job_goes_on).then_some("1000")] {
            (approval(shown))
            (facts(shown))
            h2 { "Log" }
            (log(shown.log, is_open))
            (changes(shown.changes))
            @if let Some(job) = shown.job { (job_log(job)) }
        }
    };
    Page::new(format!("{} {}", run.action, run.id), body).busy(run.is_under_way() || job_goes_on)
}

/// The table of some runs.
pub(super) fn table(runs: &[Run], now: Timestamp) -> Markup {
    let table = html! {
        table class="stack" {
            thead {
                tr { @for name in ["Run", "Status", "On", "By", "Started"] { th scope="col" { (name) } } }
            }
            tbody {
                @for run in runs {
                    tr {
                        th scope="row" { a href=(path(run)) { (run.action) } br; code { (run.id) } }
                        td data-label="Status" { (status(&run.status)) " " (run.label) }
                        td data-label="On" { @if let Some(entity) = &run.entity { (entity_link(entity)) } }
                        td data-label="By" { (run.by) }
                        td data-label="Started" { @if let Some(created) = run.created { (moment(created, now)) } }
                    }
                }
            }
        }
    };
    if runs.is_empty() {
        html! { p class="empty" { "There is none." } }
    } else {
        scrolling("Runs", &table)
    }
}

fn path(run: &Run) -> String {
    format!("/runs/{}", segment(&run.id))
}

fn approval(shown: &Shown<'_>) -> Markup {
    html! {
        @if !shown.approvers.is_empty() {
            h2 { "Approval" }
            ul class="plain approvers" {
                @for person in shown.approvers {
                    li { (person.name) ": " (if person.is_asked() { "asked".to_owned() } else { person.state.to_lowercase() }) }
                }
            }
        }
        @if shown.may_decide {
            form method="post" class="buttons decision" action={ (path(shown.run)) "/approval" } {
                button class="primary" id="approve" name="decision" value="approve" { "Approve" }
                " "
                button class="danger" id="decline" name="decision" value="decline" { "Decline" }
            }
        } @else if shown.run.is_waiting() {
            p class="note" { "Only whoever is asked can approve. Act as one of them at the top of the page." }
        }
    }
}

fn facts(shown: &Shown<'_>) -> Markup {
    let Shown { run, titles, now, .. } = shown;
    let input = |value: &Value| match value {
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => plain(other),
    };
    html! {
        dl class="properties" {
            div { dt { "Run" } dd { code { (run.id) } } }
            @if let Some(entity) = &run.entity { div { dt { "On" } dd { (entity_link(entity)) } } }
            div { dt { "By" } dd { (run.by) } }
            @if let Some(created) = run.created { div { dt { "Started" } dd { (moment(created, *now)) } } }
            @if let Some(ended) = run.ended { div { dt { "Ended" } dd { (moment(ended, *now)) } } }
            @for (key, value) in &run.inputs { div { dt { (titles.get(key).unwrap_or(key)) } dd { (input(value)) } } }
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn log(lines: &[LogLine], may_go_on: bool) -> Markup {
    html! {
        @if lines.is_empty() { p class="empty" { (if may_go_on { "Nothing yet." } else { "Nothing." }) } }
        ol class="log" {
            @for line in lines {
                li { @if let Some(at) = line.at { (clock_time(at)) " " } span { (line.message) } }
            }
        }
    }
}

fn changes(changes: &[Change]) -> Markup {
    html! {
        @if !changes.is_empty() {
            h2 { "What it did in the catalog" }
            ul {
                @for change in changes { li { (change.what) " " (entity_link(&change.entity)) } }
            }
        }
    }
}

fn job_log(job: &Job) -> Markup {
    html! {
        h2 { "The job in GitHub" }
        p { (job.title) ": " (job.conclusion.unwrap_or("in progress")) }
        @if !job.log.is_empty() {
            details id="job-log" { summary { "What it printed" } pre { code { (job.log) } } }
        }
        @if !job.summary.is_empty() {
            details id="job-summary" { summary { "Step summary, as Markdown" } pre { code { (job.summary) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(status: &str, conclusion: Option<&'static str>, may_decide: bool) -> Page {
        let line = LogLine { at: None, message: "<script>alert(1)</script>".to_owned() };
        shown_with(status, conclusion, may_decide, &[line])
    }

    fn shown_with(status: &str, conclusion: Option<&'static str>, may_decide: bool, log: &[LogLine]) -> Page {
        let run = Run::read(&json!({ "id": "r_1", "status": status, "action": { "identifier": "<b>" },
            "properties": { "duration": "1h", "other": "2" } }));
        let (printed, summary) = (conclusion.map_or("", |_| "<i>printed</i>").to_owned(), String::new());
        let job = Job { title: "Grant".to_owned(), conclusion, log: printed, summary };
        page(&Shown {
            run: &run,
            titles: &BTreeMap::from([("duration".to_owned(), "Duration".to_owned())]),
            log,
            approvers: &[],
            may_decide,
            changes: &[],
            job: Some(&job),
            now: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn a_run_is_followed_until_its_job_has_ended_too() {
        for (status, conclusion, is_followed) in [
            ("IN_PROGRESS", None, true),
            ("IN_PROGRESS", Some("success"), true),
            ("SUCCESS", None, true),
            ("SUCCESS", Some("success"), false),
            ("FAILURE", Some("failure"), false),
        ] {
            let page = shown(status, conclusion, false);
            assert_eq!(page.body.0.contains("id=\"run\" data-live"), is_followed, "{status} {conclusion:?}");
            assert_eq!(page.is_busy, is_followed, "{status} {conclusion:?}");
        }
    }

    #[test]
    fn what_a_run_tells_stays_text() {
        let body = shown("FAILURE", Some("failure"), false).body.0;
        for tag in ["<b>", "<i>", "<script>"] {
            assert!(!body.contains(tag), "{body}");
        }
    }

    #[test]
    fn an_empty_log_says_whether_something_may_come() {
        let body = |status: &str| shown_with(status, None, false, &[]).body.0;
        assert!(body("WAITING_FOR_APPROVAL").contains("Nothing yet.") && body("IN_PROGRESS").contains("Nothing yet."));
        assert!(body("DECLINED").contains(">Nothing.<"), "{}", body("DECLINED"));
    }

    #[test]
    fn an_input_has_the_title_of_its_form_and_its_key_where_the_form_is_gone() {
        let body = shown("SUCCESS", None, false).body.0;
        assert!(body.contains("<dt>Duration</dt><dd>1h</dd>") && body.contains("<dt>other</dt><dd>2</dd>"), "{body}");
    }

    #[test]
    fn only_whoever_is_asked_finds_the_two_buttons() {
        let buttons = |may_decide| shown("WAITING_FOR_APPROVAL", None, may_decide).body.0.matches("<button").count();
        assert_eq!((buttons(true), buttons(false)), (2, 0));
        // The page is made anew under whoever has one of them in focus: by its id it is found again.
        let body = shown("WAITING_FOR_APPROVAL", None, true).body.0;
        assert!(body.contains("id=\"approve\"") && body.contains("id=\"decline\""), "{body}");
    }
}
