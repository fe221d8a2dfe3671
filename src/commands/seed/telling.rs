//! What came of it: as text and as JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::looked::Looked;
use super::table;
use crate::commands::confirmation::declined;
use crate::domain::counting::count as counted;
use crate::domain::names::Names;
use crate::domain::refusal::quoted;
use crate::domain::seed::{Difference, InStep, Kind, Remark, Step};
use crate::engine::seeding::{Outcome, Trouble};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;
use crate::stop::{GO_ON, Signal};

/// How many lines of a kind a person is shown.
const MOST_LINES: usize = 40;

/// A plan that can be told.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) names: &'a Names,
    pub(super) steps: &'a [Step],
    /// The automation that keeps the catalog in step, where one is wanted.
    pub(super) in_step: Option<&'a InStep>,
    pub(super) warnings: &'a [Remark],
    pub(super) looked: &'a Looked,
}

impl Told<'_> {
    /// Returns the report of a plan that is not carried out: nothing to do, or a dry run.
    pub(super) fn plan(&self) -> Report {
        let pending = self.pending();
        let json = self.json(&[], &pending, &[]);
        if !self.is_pending() {
            let text = match self.steps.len() {
                0 => "Nothing to do: no entity is named.".to_owned(),
                count => format!("Nothing to do: {} as wanted.", counted(count, "entity is", "entities are")),
            };
            return Report::done(text, json);
        }
        let mut lines = self.all_lines(&pending);
        lines.extend(self.automation());
        let text = format!("{}\n{}.", lines.join("\n"), self.intention());
        Report::done(text, json).with_exit_code(FailureKind::ChangesPending.exit_code())
    }

    /// Returns the report of a plan that a person did not want.
    pub(super) fn declined(&self) -> Report {
        declined("Nothing was written.", self.json(&[], &self.pending(), &[]))
    }

    /// Returns the report of what was written; `outcomes` are those of `pending`.
    pub(super) fn outcome(&self, pending: &[&Step], outcomes: &[Outcome]) -> Report {
        let (mut written, mut failed, mut not_tried) = (Vec::new(), Vec::new(), Vec::new());
        for (&step, outcome) in pending.iter().zip(outcomes) {
            match outcome {
                Outcome::Written => written.push(step),
                Outcome::Failed(trouble) => failed.push((step, trouble)),
                Outcome::NotTried => not_tried.push(step),
            }
        }
        let created = written.iter().filter(|step| step.difference == Difference::New).count();
        let mut lines = self.lines(&written);
        lines.extend(self.automation());
        // What failed is never cut short.
        lines.extend(failed.iter().map(|(step, trouble)| format!("! {}: {}", self.name(step), trouble.message)));
        let unchanged = self.steps.len() - pending.len();
        let and_not_tried =
            if not_tried.is_empty() { String::new() } else { format!(", {} not tried", not_tried.len()) };
        lines.push(format!(
            "{created} created, {} changed, {unchanged} unchanged, {} failed{and_not_tried}.",
            written.len() - created,
            failed.len()
        ));
        let report = Report::done(lines.join("\n"), self.json(&written, &not_tried, &failed));
        if failed.is_empty() { report } else { report.with_exit_code(FailureKind::Failed.exit_code()) }
    }

    /// Returns what would be done, as a sentence without a full stop.
    pub(super) fn intention(&self) -> String {
        let pending = self.pending();
        let new = pending.iter().filter(|step| step.difference == Difference::New).count();
        let to_create = counted(new, "entity", "entities");
        let automation = match self.in_step {
            Some(InStep::Create(_)) => ", 1 automation to create",
            Some(InStep::Change { .. }) => ", 1 automation to change",
            Some(InStep::Same(_)) | None => "",
        };
        format!("{to_create} to create, {} to change{automation}", pending.len() - new)
    }

    /// Returns whether something has to be written.
    pub(super) fn is_pending(&self) -> bool {
        self.steps.iter().any(Step::is_pending) || self.in_step.is_some_and(InStep::is_pending)
    }

    /// Returns the lines of the automation that has to be written, if any: whole, since it acts when nobody looks.
    fn automation(&self) -> Vec<String> {
        let Some(in_step) = self.in_step.filter(|in_step| in_step.is_pending()) else { return Vec::new() };
        let (sign, differences) = match in_step {
            InStep::Change { lines, .. } => ('~', lines.clone()),
            _ => {
                let whole = serde_json::to_string_pretty(in_step.body()).unwrap_or_default();
                ('+', whole.lines().map(str::to_owned).collect())
            }
        };
        let mut lines = vec![format!("{sign} automation {}", quoted(in_step.identifier()))];
        lines.extend(differences.iter().map(|line| format!("    {line}")));
        lines
    }

    /// Returns what would be done, for a person who has to decide.
    pub(super) fn preview(&self) -> String {
        let mut lines = self.lines(&self.pending());
        lines.extend(self.automation());
        lines.push(format!("{}; --dry-run lists them all.", self.intention()));
        lines.join("\n")
    }

    fn pending(&self) -> Vec<&Step> {
        self.steps.iter().filter(|step| step.is_pending()).collect()
    }

    fn lines(&self, steps: &[&Step]) -> Vec<String> {
        let mut lines = self.all_lines(&steps[..steps.len().min(MOST_LINES)]);
        if steps.len() > MOST_LINES {
            lines.push(format!("  … and {} more; --output json lists them all", steps.len() - MOST_LINES));
        }
        lines
    }

    /// Returns a line for each step, those that make a table at the end.
    fn all_lines(&self, steps: &[&Step]) -> Vec<String> {
        let (rows, others): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|step| table::is_row(step));
        let mut lines: Vec<_> = others.into_iter().map(|step| self.line(step)).collect();
        lines.extend(table::table(Kind::Permission.blueprint(self.names), &rows));
        lines
    }

    fn name(&self, step: &Step) -> String {
        format!("{} {}", step.entity.kind.blueprint(self.names), quoted(&step.entity.identifier))
    }

    fn line(&self, step: &Step) -> String {
        let name = self.name(step);
        match &step.difference {
            Difference::New => {
                let title = step.entity.title_of_new().map(|title| format!(", title {}", quoted(&title)));
                format!("+ {name}: type {}{}", quoted(&step.entity.resource_type), title.unwrap_or_default())
            }
            Difference::Changed(changes) => {
                let changes: Vec<_> = changes
                    .iter()
                    .map(|change| format!("{} {} → {}", change.field, shown(&change.from), shown(&change.to)))
                    .collect();
                format!("~ {name}: {}", changes.join(", "))
            }
            Difference::Same => format!("= {name}"),
        }
    }

    fn json(&self, written: &[&Step], pending: &[&Step], failed: &[(&Step, &Trouble)]) -> Value {
        let is_new = |step: &Step| step.difference == Difference::New;
        let some = |wanted: bool| -> Vec<Value> {
            written.iter().filter(|step| is_new(step) == wanted).map(|step| self.entity(step)).collect()
        };
        let unchanged = self.steps.iter().filter(|step| !step.is_pending());
        let failed = failed.iter().map(|(step, trouble)| {
            let mut entity = self.entity(step);
            entity["message"] = json!(trouble.message);
            entity["hint"] = json!(trouble.hint);
            entity
        });
        let automation = self.in_step.map(|in_step| {
            let outcome = match in_step {
                InStep::Create(_) => "create",
                InStep::Change { .. } => "change",
                InStep::Same(_) => "keep",
            };
            json!({ "identifier": in_step.identifier(), "outcome": outcome, "lines": self.automation() })
        });
        json!({
            "automation": automation,
            "created": some(true),
            "changed": some(false),
            "unchanged": unchanged.map(|step| self.entity(step)).collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
            "pending": pending.iter().map(|step| self.entity(step)).collect::<Vec<_>>(),
            "warnings": self.warnings.iter().map(Remark::to_string).collect::<Vec<_>>(),
            "left_out": self.looked.left_out.iter().map(Remark::to_string).collect::<Vec<_>>(),
            "gone": self.looked.gone,
            "notes": self.looked.notes,
        })
    }

    fn entity(&self, step: &Step) -> Value {
        let mut entity = json!({
            "blueprint": step.entity.kind.blueprint(self.names),
            "identifier": step.entity.identifier,
            "resource_type": step.entity.resource_type,
        });
        for (name, value) in &step.entity.properties {
            entity[*name] = value.clone();
        }
        match &step.difference {
            Difference::New => entity["title"] = json!(step.entity.title_of_new()),
            Difference::Changed(changes) => {
                let changes = changes
                    .iter()
                    .map(|change| (change.field.to_owned(), json!({ "from": change.from, "to": change.to })));
                entity["changes"] = Value::Object(changes.collect());
            }
            Difference::Same => {}
        }
        entity
    }
}

/// Returns a value of a property for a person.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => quoted(&other.to_string()),
    }
}

/// Returns the failure that sums up what could not be written, or was left when a signal came; none when everything was
/// written.
pub(super) fn failure(outcomes: &[Outcome], stopped: Option<Signal>) -> Option<Failure> {
    let written = outcomes.iter().filter(|outcome| **outcome == Outcome::Written).count();
    if written == outcomes.len() {
        return None;
    }
    if let Some(signal) = stopped {
        let failure = signal.failure();
        let message = format!("{failure}: {written} of {} entities are known to be written", outcomes.len());
        return Some(Failure { message, ..failure }.hint(GO_ON));
    }
    let failed: Vec<&Trouble> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Failed(trouble) => Some(trouble),
            Outcome::Written | Outcome::NotTried => None,
        })
        .collect();
    let message = format!("{} of {} entities could not be written", failed.len(), outcomes.len());
    let hints: BTreeSet<_> = failed.iter().copied().filter_map(|trouble| trouble.hint.as_deref()).collect();
    let failure = hints.into_iter().fold(Failure::failed(message), |failure, hint| failure.hint(hint));
    Some(failure.hint("the result names each of them; a second run writes what is still missing"))
}
