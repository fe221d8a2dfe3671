//! The files that are left as they are until the operator says otherwise.

use super::super::generated::Origin;
use super::super::likeness::with_their_pins;
use super::super::plan::{Outcome, Step, System};
use super::super::seen::{DifferingFile, RepositorySeen};
use super::super::subject::Thing;
use super::super::text_difference::difference;
use super::super::upgrade;
use super::super::wanted::{Wanted, WantedFile};
use super::fate::Waiting;

pub(super) fn edited(file: &WantedFile, found: &DifferingFile) -> Step {
    let outcome = Outcome::Left {
        reason: "somebody has edited it since it was written".to_owned(),
        remedy: "port-iam init --force: it writes the file as it shall be, and what was edited is lost; look at the difference first"
            .to_owned(),
    };
    let lines = difference(&file.path, found.text.as_deref(), &file.contents);
    Step { system: System::GitHub, subject: Thing::File(file.path.clone()).into(), lines, files: Vec::new(), outcome }
}

/// Returns the step of a file that is written with the runtime alone, with what separates it from ours of its own runtime.
pub(super) fn waiting(
    wanted: &Wanted,
    file: &WantedFile,
    found: Option<&DifferingFile>,
    reason: Waiting,
    seen: Option<&RepositorySeen>,
) -> Step {
    let consent = match found.map(|found| found.origin) {
        Some(Origin::Edited) => " --force",
        Some(Origin::Foreign) => " --adopt",
        Some(Origin::AsWritten) | None => "",
    };
    let remedy = format!(
        "{}{consent}: it writes this file as it shall be, with the runtime of this program; look at the difference first",
        upgrade::command(wanted, seen)
    );
    let lines = found.map_or_else(Vec::new, |found| {
        let text = found.text.as_deref();
        let expected = text.and_then(|text| with_their_pins(&file.contents, &wanted.release, text));
        difference(&file.path, text, expected.as_deref().unwrap_or(&file.contents))
    });
    let outcome = Outcome::Left { reason: reason.sentence().to_owned(), remedy };
    Step { system: System::GitHub, subject: Thing::File(file.path.clone()).into(), lines, files: Vec::new(), outcome }
}
