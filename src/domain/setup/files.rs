//! The files of the default branch: what is committed, all at once, and what somebody has edited.

use similar::TextDiff;

use super::entering::is_workflow;
use super::generated::Origin;
use super::likeness::{self, Likeness, likeness, with_their_pins};
use super::plan::{Outcome, Step, System, Write};
use super::seen::{DifferingFile, RepositorySeen, Seen};
use super::subject::Thing;
use super::upgrade;
use super::wanted::{Wanted, WantedFile};

/// The most lines of a difference that are shown.
const MOST_LINES: usize = 60;

/// What is said of a file that waits for the runtime.
const MISSING: &str = "it is missing, and is not put beside the others, which run another program than this one writes";
const FORGED: &str = "it says that this tool wrote it, and `init` did not commit it";
const STRANGE: &str = "it is not what this program writes with the runtime that it pins";
const UNTOLD: &str = "it cannot be told whether it is as it was written: this program does not know the form of the version that it names";

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
    Waits(Option<&'a DifferingFile>, &'static str),
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
        Fate::Waits(found, reason) => Some(waiting(wanted, file, *found, reason, seen)),
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
        None if is_held => return Fate::Waits(None, MISSING),
        None => return Fate::Written(None),
        Some(blob) if file.only_if_missing || *blob == file.blob => return Fate::Kept,
        Some(_) => {}
    }
    // What was not read is written as if it were of another version; the engine reads all that differs.
    let Some(found) = seen.and_then(|seen| seen.differing.get(&file.path)) else {
        return if is_held { Fate::Waits(None, UNTOLD) } else { Fate::Written(None) };
    };
    match found.origin {
        Origin::Foreign if !wanted.consent.adopt => Fate::Foreign(found),
        Origin::Edited if !wanted.consent.force => Fate::Edited(found),
        Origin::AsWritten if is_held && found.is_forged => Fate::Waits(Some(found), FORGED),
        _ if is_held => while_held(wanted, file, found),
        Origin::AsWritten | Origin::Edited | Origin::Foreign => Fate::Written(Some(found)),
    }
}

/// Returns what becomes of a file while another runtime is there: quiet is what is ours but for that alone.
fn while_held<'a>(wanted: &Wanted, file: &WantedFile, found: &'a DifferingFile) -> Fate<'a> {
    match likeness_of(wanted, file, found) {
        Likeness::Same => Fate::Held,
        Likeness::OtherVersion if found.origin == Origin::AsWritten => Fate::Waits(Some(found), UNTOLD),
        Likeness::OtherVersion | Likeness::Other => Fate::Waits(Some(found), STRANGE),
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
        Fate::Waits(Some(_), UNTOLD)
    )
}

/// Returns whether the workflow at a path says that this very version wrote it, and it is something else: whatever is said
/// by the commit that brought it.
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
    let step = |lines, outcome| {
        let subject = Thing::Files(wanted.default_branch.clone()).into();
        Step { system: System::GitHub, subject, lines, outcome }
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
    let lines = fates
        .iter()
        .flat_map(|(file, fate)| lines(file, fate, held(seen, &file.path).is_some(), is_misattributed(file)))
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
        return step(lines, outcome);
    }
    let none = !wanted.files.iter().any(|file| held(seen, &file.path).is_some());
    let write = Write::Commit(changed);
    step(lines, if none { Outcome::Create(write) } else { Outcome::Change(write) })
}

/// Returns the lines of one file in the step of all: what happens to it, and below that what changes.
fn lines(file: &WantedFile, fate: &Fate<'_>, is_there: bool, is_misattributed: bool) -> Vec<String> {
    let (found, note) = match fate {
        Fate::Kept | Fate::Held | Fate::Edited(_) | Fate::Waits(..) => return Vec::new(),
        Fate::Written(None) => (None, ""),
        Fate::Written(Some(found)) if found.origin == Origin::Foreign => {
            (Some(*found), ": replaces a file that is not ours")
        }
        Fate::Written(Some(found)) if found.origin == Origin::Edited => {
            (Some(*found), ": what was edited in it is lost")
        }
        Fate::Written(Some(found)) if found.is_forged => (Some(*found), ": `init` did not commit what is there"),
        Fate::Written(Some(found)) if is_misattributed => {
            (Some(*found), ": its head names this version, which writes something else here")
        }
        Fate::Written(Some(found)) => (Some(*found), ""),
        Fate::Foreign(found) => (Some(*found), ": replaces a file that is not ours"),
    };
    let mark = if is_there { '~' } else { '+' };
    let mut lines = vec![format!("{mark} {}{note}", file.path)];
    lines.extend(found.into_iter().flat_map(|found| difference(found.text.as_deref(), &file.contents)));
    lines
}

fn edited(file: &WantedFile, found: &DifferingFile) -> Step {
    let outcome = Outcome::Left {
        reason: "somebody has edited it since it was written".to_owned(),
        remedy: "port-iam init --force: it writes the file as it shall be, and what was edited is lost; look at the difference first"
            .to_owned(),
    };
    let lines = difference(found.text.as_deref(), &file.contents);
    Step { system: System::GitHub, subject: Thing::File(file.path.clone()).into(), lines, outcome }
}

/// Returns the step of a file that is written with the runtime alone, with what separates it from ours of its own runtime.
fn waiting(
    wanted: &Wanted,
    file: &WantedFile,
    found: Option<&DifferingFile>,
    reason: &str,
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
        difference(text, expected.as_deref().unwrap_or(&file.contents))
    });
    let outcome = Outcome::Left { reason: reason.to_owned(), remedy };
    Step { system: System::GitHub, subject: Thing::File(file.path.clone()).into(), lines, outcome }
}

/// Returns what separates the text that is there from the one that shall be, line by line, without what is the same.
fn difference(old: Option<&str>, new: &str) -> Vec<String> {
    let Some(old) = old else { return vec!["  it is no text".to_owned()] };
    let difference = TextDiff::from_lines(old, new);
    let unified = difference.unified_diff().context_radius(0).to_string();
    let mut lines: Vec<String> = unified.lines().map(|line| format!("  {line}")).collect();
    let further = lines.len().saturating_sub(MOST_LINES);
    if further > 0 {
        lines.truncate(MOST_LINES);
        lines.push(format!("  … {further} further lines"));
    }
    lines
}
