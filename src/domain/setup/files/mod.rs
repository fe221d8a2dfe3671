//! The files of the default branch: what is committed, all at once, and what somebody has edited.

mod commit;
mod fate;
mod left;

pub(super) use fate::Hold;

use super::entering::is_workflow;
use super::likeness;
use super::plan::Step;
use super::seen::{RepositorySeen, Seen};
use super::upgrade;
use super::wanted::{Wanted, WantedFile};
use commit::commit;
use fate::{Fate, Waiting, fate};
use left::{edited, waiting};

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
