//! The embedded folders. No other module knows how the files got into the binary.

use include_dir::{Dir, include_dir};
use serde_json::Value;

use super::AssetError;

static BLUEPRINTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/blueprints");
static ACTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/actions");
static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pages");
static WORKFLOWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/workflows");

/// Returns the text of the file at `path`, which begins with the name of one of these folders.
pub(super) fn text(path: &str) -> Result<&'static str, AssetError> {
    let (folder, file) = path.split_once('/').unwrap_or((path, ""));
    let folder = match folder {
        "blueprints" => Some(&BLUEPRINTS),
        "actions" => Some(&ACTIONS),
        "pages" => Some(&PAGES),
        "workflows" => Some(&WORKFLOWS),
        _ => None,
    };
    folder
        .and_then(|folder| folder.get_file(file))
        .and_then(|file| file.contents_utf8())
        .ok_or_else(|| AssetError::Missing { path: path.to_owned() })
}

/// Returns the file at `path` as JSON.
pub(super) fn json(path: &str) -> Result<Value, AssetError> {
    parse(path, text(path)?)
}

/// Returns `text`, which came from `path`, as JSON.
pub(super) fn parse(path: &str, text: &str) -> Result<Value, AssetError> {
    serde_json::from_str(text)
        .map_err(|error| AssetError::Malformed { path: path.to_owned(), problem: error.to_string() })
}

/// Returns the paths of all embedded files, for the tests that look at every one of them.
#[cfg(test)]
pub(super) fn paths() -> Vec<String> {
    fn walk(dir: &Dir<'_>, prefix: &str, found: &mut Vec<String>) {
        found.extend(dir.files().map(|file| format!("{prefix}/{}", file.path().display())));
        for inner in dir.dirs() {
            walk(inner, prefix, found);
        }
    }
    let mut found = Vec::new();
    for (dir, prefix) in
        [(&BLUEPRINTS, "blueprints"), (&ACTIONS, "actions"), (&PAGES, "pages"), (&WORKFLOWS, "workflows")]
    {
        walk(dir, prefix, &mut found);
    }
    found
}
