//! Looks at what the workflows on the default branch pin, and at what their releases hold. It only reads.

use futures_util::future::join_all;

use crate::clients::error::ApiError;
use crate::clients::github::{GitHub, Repository};
use crate::domain::names::Names;
use crate::domain::runtime::PinnedRuntime;
use crate::domain::runtime_check::Downloaded;
use crate::domain::setup::Origin;

/// Returns what each of our workflows downloads, and which of them are not there; nothing where none is.
///
/// # Errors
///
/// Fails when GitHub cannot be asked.
pub async fn downloads(github: &GitHub, names: &Names, repository: &Repository) -> Result<Vec<Downloaded>, ApiError> {
    let files = [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow];
    let looks = files.map(async |file| match github.file(repository, &format!(".github/workflows/{file}")).await? {
        Some(text) => downloaded(github, repository, file, &text).await,
        None => Ok(Downloaded { workflow: file.to_owned(), origin: None, pinned: None, is_there: false, digest: None }),
    });
    let looks: Vec<Downloaded> = join_all(looks).await.into_iter().collect::<Result<_, _>>()?;
    Ok(if looks.iter().all(|look| look.origin.is_none()) { Vec::new() } else { looks })
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
    Ok(Downloaded { workflow: workflow.to_owned(), origin: Some(Origin::of(text)), pinned, is_there, digest })
}
