//! Looks for the release of the program that the workflows run.

use super::super::Setup;
use crate::clients::error::ApiError;
use crate::clients::github::Repository;
use crate::domain::runtime::PinnedRuntime;
use crate::domain::runtime_tag::first;
use crate::domain::setup::{ReleaseSeen, ReleasesFound, RepositorySeen};

impl Setup<'_> {
    /// Returns the published releases that have a tag of this program.
    pub(super) async fn releases(&self, repository: &Repository) -> Result<Vec<(String, ReleaseSeen)>, ApiError> {
        let runtime = &self.found.runtime.runtime;
        let releases = self.github.releases(repository).await?;
        let of_it = releases.into_iter().filter(|release| !release.is_draft && first(&release.tag) == runtime.tag);
        let seen = of_it.map(|release| {
            let asset = release.assets.into_iter().find(|asset| asset.name == runtime.asset && asset.is_complete);
            let seen = asset.map_or(ReleaseSeen::WithoutAsset, |asset| ReleaseSeen::Published { digest: asset.digest });
            (release.tag, seen)
        });
        Ok(seen.collect())
    }

    /// Says which of the releases that are there is the one of this program, and which tag a new one gets.
    pub(super) fn choose_release(
        &self,
        held: &mut RepositorySeen,
        releases: &[(String, ReleaseSeen)],
        workflow: Option<&str>,
    ) {
        let runtime = &self.found.runtime.runtime;
        let pinned = workflow.and_then(PinnedRuntime::of_workflow);
        let found = ReleasesFound {
            tag: &runtime.tag,
            digest: &format!("sha256:{}", runtime.sha256),
            releases,
            pinned: pinned.as_ref(),
            are_immutable: held.immutable_releases == Some(true),
        };
        let (tag, release) = found.choose();
        held.release = release;
        held.release_tag = Some(tag).filter(|tag| *tag != runtime.tag);
    }
}
