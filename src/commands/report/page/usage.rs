//! Whether the grants were used, as a bar with its legend, and why that cannot be known.

use maud::{Markup, html};

use super::section::percent;
use crate::domain::report::{AccessReport, reasons_of_unknown};

pub(super) fn usage(report: &AccessReport) -> Markup {
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
    let reasons = reasons_of_unknown(&report.grants);
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
                    "Without IAM's answer it is not seen: a session that somebody opened at the address of another region is seen there alone. "
                    "IAM tells nothing of a role that is gone, as that of every grant is that ended as it should, and may be four hours late."
                }
                @if !reasons.is_empty() {
                    h3 { "Why it cannot be known" }
                    ul { @for (why, count) in reasons { li { (count) @if count == 1 { " grant: " } @else { " grants: " } (why) } } }
                }
            }
        }
    }
}
