//! What the documents show is there: commands of this program, tests, and the files that they link to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use clap::error::ErrorKind;
use port_iam::cli::Cli;

/// Returns the documents: those of the project's first page, and all of `docs`.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = files(&root.join("docs"), "md");
    found
        .extend(std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| has_end(path, "md")));
    assert!(found.len() > 5, "{found:?}");
    found
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

/// Returns the commands of a document: lines of code blocks, and what stands in backticks.
fn commands(text: &str) -> Vec<String> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push(line.to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let command = |line: String| {
        line.trim().replace("cargo run -- ", "port-iam ").split(" #").next().map(|line| line.trim().to_owned())
    };
    found.into_iter().filter_map(command).filter(|line| line.starts_with("port-iam ")).collect()
}

/// Splits a command at its blanks; what stands in double quotes is one word.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_of_the_documents_is_one_of_this_program() {
    let mut shown = 0;
    for path in documents() {
        let name = path.display();
        for command in commands(&read(&path)) {
            shown += 1;
            if let Err(error) = Cli::try_parse_from(words(&command)) {
                // A command that is only named is not shown with its arguments.
                let named = error.kind() == ErrorKind::MissingRequiredArgument && words(&command).len() == 2;
                // Clap tells the version by an error.
                assert!(named || error.kind() == ErrorKind::DisplayVersion, "{name}: `{command}`: {error}");
            }
        }
    }
    assert!(shown > 10, "only {shown} commands were found");
}

#[test]
fn a_document_s_command_that_does_not_exist_would_be_noticed() {
    assert_eq!(
        commands("x `port-iam init --yes` y\n```sh\nport-iam seed  # samples\n```"),
        ["port-iam init --yes", "port-iam seed"]
    );
    assert!(Cli::try_parse_from(words("port-iam frobnicate")).is_err());
    assert_eq!(words("port-iam request --reason \"a b\""), ["port-iam", "request", "--reason", "a b"]);
}

#[test]
fn every_test_that_the_documents_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code: Vec<String> =
        ["src", "tests"].iter().flat_map(|folder| files(&root.join(folder), "rs")).map(|path| read(&path)).collect();
    let tests: BTreeSet<&str> = code
        .iter()
        .flat_map(|text| text.split("fn ").skip(1))
        .filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
        .collect();
    let mut named = 0;
    for path in documents() {
        for name in quoted(&read(&path)).filter(|word| is_sentence(word)) {
            named += 1;
            assert!(tests.contains(name), "{}: there is no test `{name}`", path.display());
        }
    }
    assert!(named > 40, "only {named} tests were found");
}

#[test]
fn every_file_that_the_documents_link_to_is_there() {
    let mut linked = 0;
    for path in documents() {
        let text = read(&path);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
        for target in targets.filter(|target| !target.contains("://")) {
            linked += 1;
            let file = path.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(file.exists(), "{}: there is no {target}", path.display());
        }
    }
    assert!(linked > 4, "only {linked} links were found");
}
