//! What was not done: what, why, and what to do.

use crate::domain::markdown::{code, sentence};
use crate::domain::own_command::Invocation;
use crate::domain::printable::one_line;

/// A step that came to nothing.
#[derive(Clone, Copy, Debug)]
pub struct NotDone<'a> {
    /// What, as a heading: `Not granted`.
    pub title: &'a str,
    /// Whether it was understood and refused; else something did not work.
    pub is_refused: bool,
    /// Port's run that asked for it, as the event tells.
    pub run: Option<&'a str>,
    /// Why, a sentence.
    pub why: &'a str,
    /// What the reader can do, each a sentence or a command.
    pub remedies: &'a [String],
}

impl NotDone<'_> {
    /// Returns the summary of the step.
    pub fn markdown(&self, prefix: &str) -> String {
        let Self { title, is_refused, run, why, remedies } = self;
        let mark = if *is_refused { "⛔" } else { "❌" };
        let how = if *is_refused { ": refused" } else { "" };
        let what = match run {
            Some(run) => format!("what the run {} in Port asked for", code(run)),
            None => "this step".to_owned(),
        };
        let mut parts = vec![
            format!("### {mark} {title}{how}"),
            format!("**What:** {what}"),
            format!("**Why:** {}", sentence(why)),
        ];
        if !remedies.is_empty() {
            let lines: Vec<String> = remedies.iter().map(|remedy| format!("- {}", sentence(remedy))).collect();
            parts.push(format!("**What to do:**\n\n{}", lines.join("\n")));
        }
        Invocation::new(prefix).completed(&parts.join("\n\n"))
    }

    /// Returns the same for the log of the run in Port, which is plain text.
    pub fn log_message(&self, prefix: &str) -> String {
        let how = if self.is_refused { "refused" } else { "error" };
        let head = [format!("What: {}", one_line(self.title)), format!("Why: {how}: {}", one_line(self.why))];
        let remedies = self.remedies.iter().map(|remedy| format!("What to do: {}", one_line(remedy)));
        Invocation::new(prefix).completed(&head.into_iter().chain(remedies).collect::<Vec<_>>().join("\n"))
    }
}
