//! What was asked for and came to nothing: refused, failed, declined, and why.

use jiff::Timestamp;

use super::RunSeen;

/// What came of a run that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was understood and refused.
    Refused,
    /// Whoever could have approved it said no.
    Declined,
    /// Something did not work.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Refused, Self::Declined, Self::Failed];

    /// Returns the word for people and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}

/// A request that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotGranted {
    /// Port's run.
    pub run: String,
    /// The action that was run.
    pub action: String,
    /// When it was asked for.
    pub at: Option<Timestamp>,
    /// Who asked: the e-mail where Port tells it, else Port's id.
    pub requester: Option<String>,
    /// What it was asked on: a resource, or a grant.
    pub on: Option<String>,
    /// The actions that were asked for.
    pub actions: Vec<String>,
    /// For how long.
    pub duration: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, a sentence.
    pub why: String,
    /// What the requester was told to do, each a sentence.
    pub remedies: Vec<String>,
}

impl NotGranted {
    /// Reads a run that did not end well.
    pub(super) fn of(seen: &RunSeen) -> Self {
        let RunSeen { run, asked_by, log } = seen;
        let said = Said::of(log.as_deref());
        let outcome = match (run.is_declined(), run.status_label.as_deref(), &said) {
            (true, ..) => Outcome::Declined,
            (_, Some("refused"), _) | (_, _, Said { is_refused: true, .. }) => Outcome::Refused,
            _ => Outcome::Failed,
        };
        let nothing = || match (outcome, log) {
            (Outcome::Declined, _) => "it was not approved".to_owned(),
            (_, None) => "its log was not read".to_owned(),
            (_, Some(_)) => "its log tells no reason".to_owned(),
        };
        Self {
            run: run.id.clone(),
            action: run.action.clone(),
            at: run.created_at,
            requester: asked_by.clone().or_else(|| run.created_by.clone()),
            on: run.entity.clone(),
            actions: run.permissions(),
            duration: run.form()["duration"].as_str().map(str::to_owned),
            outcome,
            why: said.why.unwrap_or_else(nothing),
            remedies: said.remedies,
        }
    }
}

/// What the log of a run says of its end.
#[derive(Debug, Default)]
struct Said {
    is_refused: bool,
    why: Option<String>,
    remedies: Vec<String>,
}

impl Said {
    /// Reads the lines that `step_summary::NotDone` writes, and those of earlier versions; else the last line stands.
    fn of(log: Option<&[String]>) -> Self {
        let mut said = Self::default();
        for message in log.unwrap_or_default() {
            let mut lines = message.lines();
            let reason = message.lines().find_map(|line| {
                let line = line.strip_prefix("Why: ").unwrap_or(line);
                let refused = line.strip_prefix("refused: ").map(|why| (true, why));
                refused.or_else(|| line.strip_prefix("error: ").map(|why| (false, why)))
            });
            if let Some((is_refused, why)) = reason {
                let remedies = lines.by_ref().filter_map(|line| line.strip_prefix("What to do: "));
                said = Self { is_refused, why: Some(why.to_owned()), remedies: remedies.map(str::to_owned).collect() };
            }
        }
        if said.why.is_none() {
            said.why = log.and_then(|log| log.last()).and_then(|message| message.lines().next()).map(str::to_owned);
        }
        said
    }
}
