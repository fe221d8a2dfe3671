//! The timeline as an inline SVG: places are in percent, so that it is as wide as the page, and its letters stay as large
//! as all others.

use maud::{Markup, html};

use crate::domain::report::{Bar, Course, Lane, Timeline};

/// Heights in pixels: of a requester's name, of a bar with the gap below it, of the bar alone, and of the axis.
const NAME: usize = 20;
const ROW: usize = 12;
const BAR: usize = 9;
const AXIS: usize = 22;
/// What stands between two lanes.
const GAP: usize = 10;

/// How grants go, as the legend has them.
const COURSES: [Course; 7] = [
    Course::Live,
    Course::Expired,
    Course::EndedEarly,
    Course::Overdue,
    Course::Failed,
    Course::Powerless,
    Course::Unclear,
];

/// Returns the timeline with its legend.
pub(super) fn timeline(timeline: &Timeline) -> Markup {
    let tops: Vec<usize> = timeline
        .lanes
        .iter()
        .scan(AXIS, |top, lane| {
            let this = *top;
            *top += height(lane);
            Some(this)
        })
        .collect();
    let bottom = AXIS + timeline.lanes.iter().map(height).sum::<usize>();
    let there = |course: &Course| timeline.lanes.iter().any(|lane| lane.bars.iter().any(|bar| bar.course == *course));
    let courses: Vec<Course> = COURSES.into_iter().filter(there).collect();
    html! {
        figure {
            svg class="timeline" role="img" aria-labelledby="timeline-title timeline-words" width="100%" height=(bottom) {
                title id="timeline-title" { "Grants over time, by requester" }
                desc id="timeline-words" { (words(timeline)) }
                @for (at, label) in &timeline.ticks {
                    line class="tick" x1=(percent(*at)) x2=(percent(*at)) y1=(AXIS - 4) y2=(bottom) {}
                    text class="axis" x=(percent(*at)) y="12" text-anchor=(anchor(*at)) { (label) }
                }
                line class="now" x1=(percent(timeline.now)) x2=(percent(timeline.now)) y1=(AXIS - 4) y2=(bottom) {}
                @for (lane, top) in timeline.lanes.iter().zip(tops) {
                    text class="name" x="0" y=(top + 14) { (lane.requester) }
                    @for bar in &lane.bars { (of_bar(bar, top + NAME)) }
                }
            }
            figcaption class="legend" {
                @for course in courses {
                    span { span class={ "key " (course.word()) } aria-hidden="true" {} " " (course.told()) } " "
                }
                span { span class="key asked" aria-hidden="true" {} " asked for, and not had" } " "
                span { span class="key now" aria-hidden="true" {} " now" }
                @if timeline.left_out > 0 { " " span { (timeline.left_out) " more requesters are in the table" } }
            }
        }
    }
}

fn height(lane: &Lane) -> usize {
    NAME + lane.rows * ROW + GAP
}

fn of_bar(bar: &Bar, top: usize) -> Markup {
    let y = top + bar.row * ROW;
    // What is shorter than a thousandth is there all the same: the stroke makes it a line.
    let wide = |from: u32, to: u32| percent(to.saturating_sub(from).max(1));
    html! {
        g {
            title { (bar.label) }
            @if bar.asked_to > bar.held_to {
                rect class="asked" x=(percent(bar.held_to)) width=(wide(bar.held_to, bar.asked_to)) y=(y) height=(BAR) rx="2" {}
            }
            rect class={ "bar " (bar.course.word()) } x=(percent(bar.from)) width=(wide(bar.from, bar.held_to)) y=(y) height=(BAR) rx="2" {}
        }
    }
}

/// What the picture shows, for whoever does not see it; the table below has every grant.
fn words(timeline: &Timeline) -> String {
    let lane = |lane: &Lane| format!("{}: {}", lane.requester, lane.bars.len());
    format!("Number of grants by requester. {}.", timeline.lanes.iter().map(lane).collect::<Vec<_>>().join("; "))
}

/// Labels at the ends stay inside.
fn anchor(thousandths: u32) -> &'static str {
    match thousandths {
        0..50 => "start",
        950.. => "end",
        _ => "middle",
    }
}

fn percent(thousandths: u32) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}
