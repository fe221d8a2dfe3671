//! What was not done: what, why, and what to do.

use crate::domain::catalog::Run;
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
    /// What that run asks for, where it is known.
    pub asked: Option<&'a AskedFor>,
    /// Why, a sentence.
    pub why: &'a str,
    /// What the reader can do, each a sentence or a command.
    pub remedies: &'a [String],
}

/// What the log of a run says of its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldNotDone {
    /// Whether it was understood and refused; else something did not work.
    pub is_refused: bool,
    /// Why, a sentence.
    pub why: String,
    /// What the reader can do.
    pub remedies: Vec<String>,
}

/// What begins the lines of a message.
const WHY: &str = "Why: ";
const WHAT_TO_DO: &str = "What to do: ";
const REFUSED: &str = "refused";
const ERROR: &str = "error";

impl ToldNotDone {
    /// Reads the lines that [`NotDone::log_message`] writes, and those of earlier versions, which had no `Why`; none when a
    /// message is of something else.
    pub fn parse(message: &str) -> Option<Self> {
        let kind = |line: &str| {
            let line = line.strip_prefix(WHY).unwrap_or(line);
            let of = |kind: &str| line.strip_prefix(kind)?.strip_prefix(": ").map(str::to_owned);
            of(REFUSED).map(|why| (true, why)).or_else(|| of(ERROR).map(|why| (false, why)))
        };
        let (is_refused, why) = message.lines().find_map(kind)?;
        let remedies = message.lines().filter_map(|line| line.strip_prefix(WHAT_TO_DO)).map(str::to_owned).collect();
        Some(Self { is_refused, why, remedies })
    }
}

/// What a run of Port asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedFor {
    /// The actions.
    pub actions: Vec<String>,
    /// On what: a resource, or a grant.
    pub on: Option<String>,
    /// For how long.
    pub duration: Option<String>,
}

impl AskedFor {
    /// Reads what a run asks for.
    pub fn of(run: &Run) -> Self {
        let duration = run.form()["duration"].as_str().map(str::to_owned);
        Self { actions: run.permissions(), on: run.entity.clone(), duration }
    }

    fn told(&self, shown: impl Fn(&str) -> String) -> Option<String> {
        let actions: Vec<String> = self.actions.iter().map(|action| shown(action)).collect();
        let on = self.on.as_ref().map(|on| format!("on {}", shown(on)));
        let duration = self.duration.as_ref().map(|duration| format!("for {}", shown(duration)));
        let parts = [Some(actions.join(", ")).filter(|actions| !actions.is_empty()), on, duration];
        let told: Vec<String> = parts.into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join(" "))
    }
}

impl NotDone<'_> {
    /// Returns the summary of the step.
    pub fn markdown(&self, prefix: &str) -> String {
        let Self { title, is_refused, run, asked, why, remedies } = self;
        let mark = if *is_refused { "⛔" } else { "❌" };
        let how = if *is_refused { ": refused" } else { "" };
        let what = match run {
            Some(run) => match asked.and_then(|asked| asked.told(code)) {
                Some(asked) => format!("{asked}, as the run {} in Port asked", code(run)),
                None => format!("what the run {} in Port asked for", code(run)),
            },
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
        let how = if self.is_refused { REFUSED } else { ERROR };
        let asked = self.asked.and_then(|asked| asked.told(one_line)).map(|asked| format!(": {asked}"));
        let what = format!("What: {}{}", one_line(self.title), asked.unwrap_or_default());
        let head = [what, format!("{WHY}{how}: {}", one_line(self.why))];
        let remedies = self.remedies.iter().map(|remedy| format!("{WHAT_TO_DO}{}", one_line(remedy)));
        Invocation::new(prefix).completed(&head.into_iter().chain(remedies).collect::<Vec<_>>().join("\n"))
    }
}
