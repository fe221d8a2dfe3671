//! Dependencies point one way, as ARCHITECTURE.md draws them: what a layer takes from the rest of the program is a list.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A layer, and which others it may name.
const LAYERS: [(&str, &[&str]); 14] = [
    ("api_error", &["domain"]),
    ("stop", &["failure"]),
    ("world", &["domain", "stop"]),
    ("config", &["clients", "config", "domain", "failure", "world"]),
    ("color", &["config", "world"]),
    ("ui", &["color", "domain", "failure", "world"]),
    ("report", &["color", "domain", "failure", "ui", "world"]),
    ("failure", &["api_error", "domain"]),
    ("domain", &["domain"]),
    ("assets", &["assets", "domain"]),
    ("clients", &["api_error", "clients", "domain", "failure", "world"]),
    ("sandbox", &["domain", "sandbox"]),
    ("portal", &["assets", "domain", "portal", "sandbox"]),
    ("engine", &["assets", "clients", "config", "domain", "engine", "failure", "stop", "world"]),
];

/// Modules of the domain that know each other: each pair is one thing in two folders.
const DOMAIN_CIRCLES: [[&str; 2]; 2] = [["extension", "verification"], ["template", "trust"]];

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
fn the_layers_go_round_in_no_circle() {
    let taken = LAYERS.map(|(layer, allowed)| {
        let others = allowed.iter().filter(|other| **other != layer);
        (layer.to_owned(), others.map(|other| (*other).to_owned()).collect())
    });
    assert_eq!(in_circles(&BTreeMap::from(taken)), BTreeSet::new());
}

#[test]
fn the_modules_of_the_domain_go_round_in_no_further_circle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files_under(&folder).into_iter().filter(|file| *file != folder.join("mod.rs")) {
        let place: Vec<_> = file.strip_prefix(&folder).unwrap().with_extension("").iter().map(name_of).collect();
        let (module, depth) = (place[0].clone(), place.len() - usize::from(place.ends_with(&["mod".to_owned()])));
        let modules = modules_taken_by(&std::fs::read_to_string(&file).unwrap(), depth);
        taken.entry(module.clone()).or_default().extend(modules.into_iter().filter(|other| *other != module));
    }
    assert!(taken["setup"].contains("runtime"), "nothing is read of what a module takes: {:?}", taken["setup"]);
    assert_eq!(in_circles(&taken), DOMAIN_CIRCLES.concat().into_iter().map(str::to_owned).collect());
}

#[test]
fn what_a_module_takes_of_the_domain_is_told_by_every_form_of_a_path() {
    let text = "use super::super::a::A;\nuse crate::domain::{b::{B, C}, c};\nuse super::d;\nuse super::super::Names;\n";
    assert_eq!(modules_taken_by(text, 2), BTreeSet::from(["a", "b", "c"].map(str::to_owned)));
}

#[test]
fn what_leads_to_a_circle_or_from_one_to_another_is_in_none() {
    let taken = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "e"), ("e", "e")];
    let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, other) in taken {
        modules.entry(module.to_owned()).or_default().insert(other.to_owned());
    }
    assert_eq!(in_circles(&modules), BTreeSet::from(["b", "c", "e"].map(str::to_owned)));
}

#[test]
fn what_a_test_takes_is_nobody_s_dependency_and_what_stands_before_it_is() {
    let taken = taken_by("use crate::assets;\n#[cfg(test)]\nmod tests {\n    use crate::sandbox::cast;\n}\n");
    assert_eq!(taken, ["assets"]);
    assert_eq!(taken_by("#[cfg(test)]\nmod tests;\n\nuse crate::assets;\n"), ["assets"]);
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

fn name_of(part: &OsStr) -> String {
    part.to_str().unwrap().to_owned()
}

/// Returns the modules that come back to themselves by way of what they take.
fn in_circles(taken: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let comes_back = |module: &&String| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![*module]);
        while let Some(one) = next.pop() {
            next.extend(taken.get(one).into_iter().flatten().filter(|other| reached.insert(*other)));
        }
        reached.contains(module)
    };
    taken.keys().filter(comes_back).cloned().collect()
}

/// Returns the modules of the domain that a file names which stands `depth` modules deep in it.
fn modules_taken_by(text: &str, depth: usize) -> BTreeSet<String> {
    let program: String = program_of(text).lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let upwards = "super::".repeat(depth);
    let above = program.match_indices(&upwards).filter(|(start, _)| !program[..*start].ends_with("super::"));
    let named = above.map(|(start, _)| &program[start + upwards.len()..]);
    let named = named.chain(program.split("crate::domain::").skip(1));
    let first = |path: &str| -> String {
        path.trim_start()
            .chars()
            .take_while(|letter| letter.is_ascii_lowercase() || "_0123456789".contains(*letter))
            .collect()
    };
    let mut modules = BTreeSet::new();
    for path in named {
        match path.strip_prefix('{') {
            Some(group) => modules.extend(members(group).iter().map(|member| first(member))),
            None => modules.extend([first(path)]),
        }
    }
    modules.into_iter().filter(|module| !module.is_empty() && module != "super").collect()
}

/// Returns what stands in a group, up to its end, without what its members have in groups of their own.
fn members(group: &str) -> Vec<String> {
    let (mut members, mut depth) = (vec![String::new()], 0);
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            '{' => depth += 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().unwrap().push(letter),
            _ => {}
        }
    }
    members
}

/// Returns what a file names of the crate, up to its tests.
fn taken_by(text: &str) -> Vec<String> {
    let named = program_of(text).split("crate::").skip(1);
    named
        .map(|rest| rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect())
        .collect()
}

/// Returns a file up to its tests.
fn program_of(text: &str) -> &str {
    // Tests stand last. What is for tests alone but is no module of them is looked at like the rest, and so is what stands
    // behind the name of a module that has a file of its own.
    let is_module = |line: &str| line.contains("mod ") && line.ends_with('{');
    let tests = text.rfind("#[cfg(test)]").filter(|start| text[*start..].lines().nth(1).is_some_and(is_module));
    &text[..tests.unwrap_or(text.len())]
}
