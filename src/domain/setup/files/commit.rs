//! The step that commits the files.

use super::super::entering::is_workflow;
use super::super::generated::Origin;
use super::super::likeness::{self, misattribution, with_their_pins};
use super::super::plan::{FileChange, OTHER_RELEASE, Outcome, Step, System, Write};
use super::super::seen::{DifferingFile, RepositorySeen};
use super::super::subject::Thing;
use super::super::text_difference::difference;
use super::super::wanted::{Wanted, WantedFile};
use super::fate::{Fate, held};
use crate::domain::runtime::PinnedRuntime;

pub(super) fn commit(wanted: &Wanted, seen: Option<&RepositorySeen>, fates: &[(&WantedFile, Fate<'_>)]) -> Step {
    let step = |files, outcome| {
        let subject = Thing::Files(wanted.default_branch.clone()).into();
        Step { system: System::GitHub, subject, lines: Vec::new(), files, outcome }
    };
    let changed: Vec<WantedFile> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Written(_) | Fate::Foreign(_)))
        .map(|(file, _)| (*file).clone())
        .collect();
    if changed.is_empty() {
        return step(Vec::new(), Outcome::Keep);
    }
    let is_misattributed = |file: &WantedFile| {
        is_workflow(&file.path) && seen.is_some_and(|seen| likeness::is_misattributed(wanted, file, seen))
    };
    let files = fates
        .iter()
        .filter_map(|(file, fate)| {
            let change = change(file, fate, held(seen, &file.path).is_some(), is_misattributed(file))?;
            let is_moved = change.note.is_none() && is_moved(wanted, file, fate);
            Some(FileChange { note: if is_moved { Some(OTHER_RELEASE) } else { change.note }, ..change })
        })
        .collect();
    let foreign: Vec<String> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Foreign(_)))
        .map(|(file, _)| format!("{} exists and is not ours", file.path))
        .collect();
    if !foreign.is_empty() {
        let outcome = Outcome::Refused {
            reason: foreign.join("; "),
            remedy: "port-iam init --adopt replaces it: look first at what it does; or install beside it with --prefix NAME, or in another repository with --repository NAME".to_owned(),
        };
        return step(files, outcome);
    }
    let none = !wanted.files.iter().any(|file| held(seen, &file.path).is_some());
    let write = Write::Commit(changed);
    step(files, if none { Outcome::Create(write) } else { Outcome::Change(write) })
}

/// Returns whether a workflow is as it shall be, but for the tag of the release from which it takes the very same program.
fn is_moved(wanted: &Wanted, file: &WantedFile, fate: &Fate<'_>) -> bool {
    let Fate::Written(Some(found)) = fate else { return false };
    let Some(text) = found.text.as_deref().filter(|_| is_workflow(&file.path)) else { return false };
    let pins_ours = |pinned: PinnedRuntime| {
        wanted.release.digest.strip_prefix("sha256:") == Some(pinned.sha256.as_str())
            && pinned.tag != wanted.release.tag
    };
    PinnedRuntime::of_workflow(text).is_some_and(pins_ours)
        && with_their_pins(&file.contents, &wanted.release, text).is_some_and(|ours| ours == text)
}

/// Returns what happens to one file in the step of all, and what changes in it.
fn change(file: &WantedFile, fate: &Fate<'_>, is_there: bool, is_misattributed: bool) -> Option<FileChange> {
    let (found, note) = match fate {
        Fate::Kept | Fate::Held | Fate::Edited(_) | Fate::Waits(..) => return None,
        Fate::Written(None) => (None, None),
        Fate::Foreign(found) => (Some(*found), Some("replaces a file that is not ours")),
        Fate::Written(Some(found)) => (Some(*found), note(file, found, is_misattributed)),
    };
    let lines = found.map(|found| difference(&file.path, found.text.as_deref(), &file.contents));
    Some(FileChange { path: file.path.clone(), is_new: !is_there, note, lines: lines.unwrap_or_default() })
}

/// Returns what is said of a file that is there and is written.
fn note(file: &WantedFile, found: &DifferingFile, is_misattributed: bool) -> Option<&'static str> {
    match found.origin {
        Origin::Foreign => Some("replaces a file that is not ours"),
        Origin::Edited => Some("what was edited in it is lost"),
        Origin::AsWritten if found.is_forged => Some("`init` did not commit what is there"),
        Origin::AsWritten if is_misattributed => Some(misattribution(file, found)),
        Origin::AsWritten => None,
    }
}
