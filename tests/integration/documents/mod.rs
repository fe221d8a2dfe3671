//! What the documents show is there and true: their commands run, their outputs are those, their links lead somewhere.

mod commands;
mod diagrams;
mod first_page;
mod json_outputs;
mod labels;
mod links;
mod markdown;
mod played;
mod rules_schema;
mod stage;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Returns the folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the documents, sorted: those of the project's first page, and all of `docs`.
fn documents() -> Vec<PathBuf> {
    let mut found = files(&root().join("docs"), "md");
    found.extend(
        std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| has_end(path, "md")),
    );
    found.sort();
    assert!(found.len() > 20, "{found:?}");
    found
}

/// Returns how the documents are called, from the folder of the repository.
fn name_of(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Returns the files under `folder` whose names end in `.end`.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path, end) } else { vec![path] })
        .filter(|path| has_end(path, end))
        .collect()
}

fn has_end(path: &Path, end: &str) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == end)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Returns what stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Returns whether `word` is named as a test is: a sentence of at least four words.
fn is_sentence(word: &str) -> bool {
    let is_word =
        |part: &str| !part.is_empty() && part.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    word.split('_').count() > 3 && word.split('_').all(is_word)
}

#[test]
fn every_test_that_the_documents_name_is_there() {
    let code: Vec<String> =
        ["src", "tests"].iter().flat_map(|folder| files(&root().join(folder), "rs")).map(|path| read(&path)).collect();
    let tests: BTreeSet<&str> = code
        .iter()
        .flat_map(|text| text.split("fn ").skip(1))
        .filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
        .collect();
    let mut named = 0;
    // Fields of an output are named as tests are.
    for path in documents().into_iter().filter(|path| !path.ends_with("docs/reference/json.md")) {
        for name in quoted(&read(&path)).filter(|word| is_sentence(word)) {
            named += 1;
            assert!(tests.contains(name), "{}: there is no test `{name}`", path.display());
        }
    }
    assert!(named > 40, "only {named} tests were found");
}

/// Code, tables and pictures break where they must; prose and examples stay readable beside each other.
#[test]
fn no_line_of_prose_in_docs_is_longer_than_140_columns() {
    for path in documents().into_iter().filter(|path| name_of(path).starts_with("docs") || path.ends_with("README.md"))
    {
        for line in markdown::prose(&read(&path)).lines().filter(|line| !line.starts_with('|')) {
            assert!(line.chars().count() <= 140, "{}: {line}", path.display());
        }
    }
}
