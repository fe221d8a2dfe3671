//! The files of the default branch: what is committed, all at once, and what somebody has edited.

use super::entering::is_workflow;
use super::generated::Origin;
use super::likeness::{self, Likeness, likeness, misattribution, with_their_pins};
use super::plan::{FileChange, Outcome, Step, System, Write};
use super::seen::{DifferingFile, RepositorySeen, Seen};
use super::subject::Thing;
use super::text_difference::difference;
use super::upgrade;
use super::wanted::{Wanted, WantedFile};

/// What is to be said of a file that waits for the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// It is not there.
    Missing,
    /// Its newest commit is not one of `init`.
    Forged,
    /// It is not what this program writes with the runtime that it pins.
    Strange,
    /// It names another version, whose form this program does not know.
    Untold,
}

impl Waiting {
    fn sentence(self) -> &'static str {
        match self {
            Self::Missing => {
                "it is missing, and is not put beside the others, which run another program than this one writes"
            }
            Self::Forged => "it says that this tool wrote it, and `init` did not commit it",
            Self::Strange => "it is not what this program writes with the runtime that it pins",
            Self::Untold => {
                "it cannot be told whether it is as it was written: this program does not know the form of the version that it names"
            }
        }
    }
}

/// Which files wait for a word of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// None of them.
    Nothing,
    /// Our workflows, all of them: they are of one version, and run one program.
    Workflows,
}

/// What becomes of a file.
enum Fate<'a> {
    /// It is as it shall be, or the operator's.
    Kept,
    /// It is written.
    Written(Option<&'a DifferingFile>),
    /// It is what this program would write with another runtime, to which nobody has agreed.
    Held,
    /// Another runtime is there, to which nobody has agreed, and this file is not what it should be meanwhile.
    Waits(Option<&'a DifferingFile>, Waiting),
    /// Somebody has edited it, and nobody said that this may be lost.
    Edited(&'a DifferingFile),
    /// It is somebody else's.
    Foreign(&'a DifferingFile),
}

/// Returns the step that commits what is missing or of another version, and one for each file that somebody has edited.
pub(super) fn steps(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Vec<Step> {
    let hold = upgrade::hold(wanted, seen);
    let fates: Vec<(&WantedFile, Fate<'_>)> =
        wanted.files.iter().map(|file| (file, fate(wanted, file, seen, hold))).collect();
    let edited = fates.iter().filter_map(|(file, fate)| match fate {
        Fate::Edited(found) => Some(edited(file, found)),
        Fate::Waits(found, reason) => Some(waiting(wanted, file, *found, *reason, seen)),
        _ => None,
    });
    let mut steps = vec![commit(wanted, seen, &fates)];
    steps.extend(edited);
    steps
}

fn held<'a>(seen: Option<&'a RepositorySeen>, path: &str) -> Option<&'a String> {
    seen.and_then(|seen| seen.blobs.as_ref()?.get(path))
}

fn fate<'a>(wanted: &Wanted, file: &WantedFile, seen: Option<&'a RepositorySeen>, hold: Hold) -> Fate<'a> {
    let is_held = hold == Hold::Workflows && is_workflow(&file.path);
    if file.instead.iter().any(|path| held(seen, path).is_some()) {
        return Fate::Kept;
    }
    match held(seen, &file.path) {
        None if is_held => return Fate::Waits(None, Waiting::Missing),
        None => return Fate::Written(None),
        Some(blob) if file.only_if_missing || *blob == file.blob => return Fate::Kept,
        Some(_) => {}
    }
    // What was not read is written as if it were of another version; the engine reads all that differs.
    let Some(found) = seen.and_then(|seen| seen.differing.get(&file.path)) else {
        return if is_held { Fate::Waits(None, Waiting::Untold) } else { Fate::Written(None) };
    };
    match found.origin {
        Origin::Foreign if !wanted.consent.adopt => Fate::Foreign(found),
        Origin::Edited if !wanted.consent.force => Fate::Edited(found),
        Origin::AsWritten if is_held && found.is_forged => Fate::Waits(Some(found), Waiting::Forged),
        _ if is_held => while_held(wanted, file, found),
        Origin::AsWritten | Origin::Edited | Origin::Foreign => Fate::Written(Some(found)),
    }
}

/// Returns what becomes of a file while another runtime is there: quiet is what is ours but for that alone.
fn while_held<'a>(wanted: &Wanted, file: &WantedFile, found: &'a DifferingFile) -> Fate<'a> {
    match likeness_of(wanted, file, found) {
        Likeness::Same => Fate::Held,
        Likeness::OtherVersion if found.origin == Origin::AsWritten => Fate::Waits(Some(found), Waiting::Untold),
        Likeness::OtherVersion | Likeness::Other => Fate::Waits(Some(found), Waiting::Strange),
    }
}

fn likeness_of(wanted: &Wanted, file: &WantedFile, found: &DifferingFile) -> Likeness {
    found.text.as_ref().map_or(Likeness::Other, |text| likeness(&file.contents, &wanted.release, text))
}

/// Returns whether nobody can tell if the workflow at a path is as its version wrote it, and nothing else speaks against it.
pub fn cannot_be_told(wanted: &Wanted, seen: &Seen, path: &str) -> bool {
    let Some(repository) = &seen.repository else { return false };
    let Some(file) = wanted.files.iter().find(|file| file.path == path) else { return false };
    matches!(
        fate(wanted, file, Some(repository), upgrade::hold(wanted, Some(repository))),
        Fate::Waits(Some(_), Waiting::Untold)
    )
}

/// Returns whether the workflow at a path says that this very version wrote it, or another one that does not go with what
/// it pins, and it is something else: whatever is said by the commit that brought it.
pub fn is_misattributed(wanted: &Wanted, seen: &Seen, path: &str) -> bool {
    let Some(repository) = &seen.repository else { return false };
    let mut workflows = wanted.files.iter().filter(|file| file.path == path && is_workflow(path));
    workflows.any(|file| likeness::is_misattributed(wanted, file, repository))
}

/// Returns whether a file that is there and differs is not written by this plan.
pub(super) fn stays(wanted: &Wanted, file: &WantedFile, seen: Option<&RepositorySeen>) -> bool {
    !matches!(fate(wanted, file, seen, upgrade::hold(wanted, seen)), Fate::Written(_))
}

fn commit(wanted: &Wanted, seen: Option<&RepositorySeen>, fates: &[(&WantedFile, Fate<'_>)]) -> Step {
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
        .filter_map(|(file, fate)| change(file, fate, held(seen, &file.path).is_some(), is_misattributed(file)))
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

fn edited(file: &WantedFile, found: &DifferingFile) -> Step {
    let outcome = Outcome::Left {
        reason: "somebody has edited it since it was written".to_owned(),
        remedy: "port-iam init --force: it writes the file as it shall be, and what was edited is lost; look at the difference first"
            .to_owned(),
    };
    let lines = difference(&file.path, found.text.as_deref(), &file.contents);
    Step { system: System::GitHub, subject: Thing::File(file.path.clone()).into(), lines, files: Vec::new(), outcome }
}

/// Returns the step of a file that is written with the runtime alone, with what separates it from ours of its own runtime.
fn waiting(
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
