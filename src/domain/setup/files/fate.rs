//! What becomes of a file, by what is in its place.

use super::super::entering::is_workflow;
use super::super::generated::Origin;
use super::super::likeness::{Likeness, likeness};
use super::super::seen::{DifferingFile, RepositorySeen};
use super::super::wanted::{Wanted, WantedFile};

/// What becomes of a file.
pub(super) enum Fate<'a> {
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

/// What is to be said of a file that waits for the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
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
    pub(super) fn sentence(self) -> &'static str {
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
pub(in crate::domain::setup) enum Hold {
    /// None of them.
    Nothing,
    /// Our workflows, all of them: they are of one version, and run one program.
    Workflows,
}

pub(super) fn held<'a>(seen: Option<&'a RepositorySeen>, path: &str) -> Option<&'a String> {
    seen.and_then(|seen| seen.blobs.as_ref()?.get(path))
}

pub(super) fn fate<'a>(wanted: &Wanted, file: &WantedFile, seen: Option<&'a RepositorySeen>, hold: Hold) -> Fate<'a> {
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
