//! A sweep of one account: what was done, what was not and why, and what people have to look at.

use jiff::Timestamp;

use crate::domain::markdown::{folded, sentence, table, table_of_markdown, text};
use crate::domain::own_command::Invocation;
use crate::domain::sweep::{Finding, Step, Waiting};
use crate::domain::time::utc;

/// How many rows a table has: a summary has room for a megabyte (GitHub Docs, "Workflow commands").
const MOST_ROWS: usize = 1_000;

/// What a sweep of one account came to.
#[derive(Clone, Debug, Default)]
pub struct SweepTold<'a> {
    /// The account, where several are swept.
    pub account: Option<&'a str>,
    /// AWS's time.
    pub now: Timestamp,
    /// How many roles lie under our path.
    pub roles: usize,
    /// How many grants are in the catalog.
    pub entities: usize,
    /// Whether nothing was done, and only told.
    pub is_rehearsal: bool,
    /// What was done, or would be.
    pub steps: &'a [Step],
    /// What was not done, and why.
    pub failed: Vec<(&'a Step, String)>,
    /// What people have to look at.
    pub findings: &'a [Finding],
    /// What may only be in the making.
    pub waiting: &'a [Waiting],
    /// How many steps are held back, and why.
    pub held: Option<(usize, &'a str)>,
    /// What a signal has left to the next sweep, a sentence.
    pub untried: Option<String>,
}

impl SweepTold<'_> {
    /// Returns the summary of the step.
    pub fn markdown(&self, prefix: &str) -> String {
        let parts = [
            Some(self.heading()),
            Some(self.figures()),
            self.untried.as_ref().map(|untried| format!("> [!WARNING]\n> {}", text(untried))),
            self.held(),
            self.findings(),
            self.failed(),
            self.steps(),
            self.waiting(),
        ];
        Invocation::new(prefix).completed(&parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"))
    }

    fn heading(&self) -> String {
        let is_fine =
            self.findings.is_empty() && self.failed.is_empty() && self.held.is_none() && self.untried.is_none();
        let mark = if is_fine { "✅" } else { "⚠️" };
        let rehearsal = if self.is_rehearsal { ", nothing was changed" } else { "" };
        let account = self.account.map(|account| format!(" of {}", text(account))).unwrap_or_default();
        format!("### {mark} Sweep{account}{rehearsal}")
    }

    fn figures(&self) -> String {
        let what = if self.is_rehearsal { "Would be done" } else { "Done" };
        let Self { roles, entities, steps, failed, findings, .. } = self;
        let nothing = if steps.is_empty() && failed.is_empty() && findings.is_empty() { " Nothing to do." } else { "" };
        format!(
            "{roles} roles in AWS and {entities} grants in Port at **{}**.{nothing}\n\n{what}: {}, failed: {}, findings: {}",
            utc(self.now),
            steps.len(),
            failed.len(),
            findings.len()
        )
    }

    fn held(&self) -> Option<String> {
        let (count, why) = self.held?;
        let would = if self.is_rehearsal { "would be" } else { "were" };
        let what = format!(
            "> [!WARNING]\n> {count} steps {would} held back: {}\n>\n> Look at {}, and if it is right run it with \\-\\-force.",
            text(why),
            sentence("`port-iam sweep --dry-run`")
        );
        Some(what)
    }

    fn findings(&self) -> Option<String> {
        let rows = self.findings.iter().map(|finding| {
            let kind = format!("**{}**", finding.kind.name());
            vec![kind, text(&finding.subject), text(&finding.what), sentence(finding.kind.remedy())]
        });
        titled("Somebody has to look at", &["Finding", "What", "Why", "What to do"], rows, self.findings.len())
    }

    fn failed(&self) -> Option<String> {
        let rows = self
            .failed
            .iter()
            .map(|(step, why)| vec![step.action.name().to_owned(), text(&step.subject), text(&step.why), text(why)]);
        titled("Not done", &["Step", "What", "Why", "What went wrong"], rows, self.failed.len())
    }

    fn steps(&self) -> Option<String> {
        let rows =
            self.steps.iter().map(|step| vec![step.action.name().to_owned(), text(&step.subject), text(&step.why)]);
        let title = if self.is_rehearsal { "Would be done" } else { "Done" };
        titled(title, &["Step", "What", "Why"], rows, self.steps.len())
    }

    fn waiting(&self) -> Option<String> {
        let rows = self.waiting.iter().take(MOST_ROWS).map(|waiting| {
            vec![waiting.subject.clone(), waiting.why.to_owned(), waiting.until.map(utc).unwrap_or_default()]
        });
        let table = table(&["What", "Why", "Left alone until"], rows);
        (!self.waiting.is_empty()).then(|| folded(&format!("{} wait", self.waiting.len()), &table))
    }
}

fn titled(title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>, count: usize) -> Option<String> {
    let more = if count > MOST_ROWS { format!("\n\n{} more", count - MOST_ROWS) } else { String::new() };
    (count > 0).then(|| format!("**{title}**\n\n{}{more}", table_of_markdown(head, rows.take(MOST_ROWS))))
}
