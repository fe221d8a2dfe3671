//! Dependencies point one way, as ARCHITECTURE.md draws them: what a layer takes from the rest of the program is a list.

use std::path::{Path, PathBuf};

/// A layer, and which others it may name.
const LAYERS: [(&str, &[&str]); 12] = [
    ("world", &["domain", "stop"]),
    ("config", &["clients", "config", "domain", "failure", "world"]),
    ("color", &["config", "world"]),
    ("ui", &["color", "domain", "failure", "world"]),
    ("report", &["color", "domain", "failure", "ui", "world"]),
    ("failure", &["clients", "domain"]),
    ("domain", &["domain"]),
    ("assets", &["assets", "domain"]),
    ("clients", &["clients", "domain", "failure", "world"]),
    ("sandbox", &["domain", "sandbox"]),
    ("portal", &["assets", "domain", "portal", "sandbox"]),
    ("engine", &["assets", "clients", "config", "domain", "engine", "failure", "stop", "world"]),
];

#[test]
fn no_layer_takes_anything_from_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (layer, allowed) in LAYERS {
        let mut files = files_under(&source.join(layer));
        files.extend(Some(source.join(format!("{layer}.rs"))).filter(|file| file.exists()));
        assert!(!files.is_empty(), "there is no src/{layer}");
        for file in files {
            for named in taken_by(&std::fs::read_to_string(&file).unwrap()) {
                if !allowed.contains(&named.as_str()) {
                    wrong.push(format!("{} takes crate::{named}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_test_takes_is_nobody_s_dependency_and_what_stands_before_it_is() {
    let taken = taken_by("use crate::assets;\n#[cfg(test)]\nmod tests {\n    use crate::sandbox::cast;\n}\n");
    assert_eq!(taken, ["assets"]);
}

/// Returns all files of a folder that the program itself consists of.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        match path.is_dir() {
            _ if is_test => {}
            true => files.extend(files_under(&path)),
            false => files.push(path),
        }
    }
    files
}

/// Returns what a file names of the crate, up to its tests.
fn taken_by(text: &str) -> Vec<String> {
    // Tests stand last. What is for tests alone but is no module of them is looked at like the rest.
    let tests =
        text.rfind("#[cfg(test)]").filter(|start| text[*start..].lines().nth(1).is_some_and(|it| it.contains("mod ")));
    let program = &text[..tests.unwrap_or(text.len())];
    let named = program.split("crate::").skip(1);
    named
        .map(|rest| rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect())
        .collect()
}
