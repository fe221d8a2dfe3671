//! Another runtime for the workflows that are there. Which program may grant and revoke is nothing that changes by the way:
//! until somebody asks for it, the workflows stay as they are with the one that they pin.

use super::entering::is_workflow;
use super::files::Hold;
use super::generated::Origin;
use super::plan::Outcome;
use super::seen::RepositorySeen;
use super::wanted::{RuntimeConsent, Wanted};
use crate::domain::runtime::{PinnedRuntime, Standing, Version};

/// The workflows pin another runtime than this program would have them run.
pub(super) struct Move {
    /// How this program stands to what is there.
    standing: Standing,
    /// What differs, a line each.
    pub(super) lines: Vec<String>,
    consent: RuntimeConsent,
    own: String,
    there: String,
}

/// Returns the move from what the workflows on the default branch pin to what is wanted; none where they pin just that,
/// and where there are none of ours.
pub(super) fn of(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Option<Move> {
    let release = &wanted.release;
    let sha256 = release.digest.trim_start_matches("sha256:");
    let own = PinnedRuntime { tag: release.tag.clone(), asset: release.asset.clone(), sha256: sha256.to_owned() };
    let version = own.version();
    let pinned = |path: &str| {
        let found = seen?.differing.get(path).filter(|found| found.origin != Origin::Foreign)?;
        PinnedRuntime::of_workflow(found.text.as_deref()?)
    };
    let ours = wanted.files.iter().filter(|file| is_workflow(&file.path));
    let others: Vec<(&str, PinnedRuntime)> = ours
        .filter_map(|file| Some((file.path.as_str(), pinned(&file.path)?)))
        .filter(|(_, pinned)| pinned.sha256 != sha256)
        .collect();
    let standings = others.iter().map(|(_, pinned)| (Standing::of(sha256, version.as_ref(), pinned), pinned));
    // Where one of them is newer, all of them would go back.
    let (standing, there) = standings.max_by_key(|(standing, _)| *standing)?;
    let lines = others.iter().map(|(path, pinned)| format!("~ {path}: {} -> {}", pinned.tag, release.tag));
    Some(Move {
        standing,
        lines: lines.collect(),
        consent: wanted.consent.runtime,
        own: told(version.as_ref(), &release.tag),
        there: told(there.version().as_ref(), &there.tag),
    })
}

/// Returns what is done with our workflows while a move is not agreed to.
pub(super) fn hold(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Hold {
    if of(wanted, seen).is_some_and(|it| it.is_held()) { Hold::Workflows } else { Hold::Nothing }
}

/// Returns the command that makes all workflows what this run would write, `init --force` where no move is open.
pub(super) fn command(wanted: &Wanted, seen: Option<&RepositorySeen>) -> String {
    match of(wanted, seen).filter(Move::is_held) {
        Some(held) => format!("port-iam init {}", held.flag()),
        None => "port-iam init --force".to_owned(),
    }
}

fn told(version: Option<&Version>, tag: &str) -> String {
    version.map_or_else(|| tag.to_owned(), ToString::to_string)
}

impl Move {
    fn is_held(&self) -> bool {
        match self.consent {
            RuntimeConsent::Keep => true,
            RuntimeConsent::Upgrade => matches!(self.standing, Standing::Older | Standing::Untold),
            RuntimeConsent::Downgrade => false,
        }
    }

    /// Returns the flag that agrees to it.
    fn flag(&self) -> &'static str {
        if matches!(self.standing, Standing::Older | Standing::Untold) { "--downgrade" } else { "--upgrade" }
    }

    /// Returns why it is not done, if it is not.
    pub(super) fn held(&self) -> Option<Outcome> {
        let Self { own, there, .. } = self;
        if !self.is_held() {
            return None;
        }
        let remedy = format!("port-iam init {} publishes this one and has the workflows run it", self.flag());
        let outcome = match self.standing {
            Standing::Older if self.consent == RuntimeConsent::Upgrade => Outcome::Refused {
                reason: format!(
                    "the workflows run {there}, which is newer than this program, {own}: that is no upgrade"
                ),
                remedy: format!("upgrade this program; {remedy}, if that is what you want"),
            },
            Standing::Older => Outcome::Left {
                reason: format!("the workflows run {there}, which is newer than this program, {own}"),
                remedy: format!("upgrade this program; {remedy}, if that is what you want"),
            },
            Standing::Untold if self.consent == RuntimeConsent::Upgrade => Outcome::Refused {
                reason: format!(
                    "the workflows run {there}, and this program tells no version: nobody can call that an upgrade"
                ),
                remedy: format!(
                    "name a release of this project with --runtime-binary; {remedy}, if that is what you want"
                ),
            },
            Standing::Untold => Outcome::Left {
                reason: format!("the workflows run {there}, and this program tells no version; they stay as they are"),
                remedy,
            },
            Standing::Newer => Outcome::Left {
                reason: format!("the workflows run {there}, and this program is {own}; they stay as they are"),
                remedy,
            },
            Standing::OtherBuild | Standing::Same => Outcome::Left {
                reason: format!(
                    "the workflows run another build of {there} than this program would have them run; they stay as they are"
                ),
                remedy,
            },
        };
        Some(outcome)
    }

    /// Returns the sentence of a move that is agreed to.
    pub(super) fn headline(&self) -> String {
        let verb = match self.standing {
            Standing::Newer => "upgrade",
            Standing::Older => "downgrade",
            Standing::OtherBuild | Standing::Same => "another build",
            Standing::Untold => "a program of an unknown version",
        };
        format!("~ {verb}: {} -> {}", self.there, self.own)
    }
}
