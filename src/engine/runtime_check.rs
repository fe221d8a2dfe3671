//! Looks at what the workflows on the default branch pin, and at what their releases hold. It only reads.

use futures_util::future::join_all;

use crate::clients::error::ApiError;
use crate::clients::github::{GitHub, Repository};
use crate::domain::names::Names;
use crate::domain::runtime::PinnedRuntime;
use crate::domain::runtime_check::Downloaded;

/// Returns what each of our workflows downloads, of those that are there.
///
/// # Errors
///
/// Fails when GitHub cannot be asked.
pub async fn downloads(github: &GitHub, names: &Names, repository: &Repository) -> Result<Vec<Downloaded>, ApiError> {
    let files = [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow];
    let looks = files.map(async |file| {
        let Some(text) = github.file(repository, &format!(".github/workflows/{file}")).await? else { return Ok(None) };
        downloaded(github, repository, file, &text).await.map(Some)
    });
    join_all(looks).await.into_iter().filter_map(Result::transpose).collect()
}

/// Returns what a workflow of this text downloads.
pub(super) async fn downloaded(
    github: &GitHub,
    repository: &Repository,
    workflow: &str,
    text: &str,
) -> Result<Downloaded, ApiError> {
    let pinned = PinnedRuntime::of_workflow(text);
    let assets = match &pinned {
        Some(pinned) => github.release_assets(repository, &pinned.tag).await?,
        None => None,
    };
    let name = pinned.as_ref().map(|pinned| pinned.asset.as_str());
    let asset = assets.into_iter().flatten().find(|asset| asset.is_complete && Some(asset.name.as_str()) == name);
    let (is_there, digest) = (asset.is_some(), asset.and_then(|asset| asset.digest));
    Ok(Downloaded { workflow: workflow.to_owned(), pinned, is_there, digest })
}
