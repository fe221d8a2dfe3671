//! How a release of this project is made: versions that agree, a package that holds everything, archives that are always
//! the same bytes, and workflows that a security team would take.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde_json::Value;

use crate::counterparts::named;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn workflows() -> Vec<PathBuf> {
    let folder = root().join(".github/workflows");
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A copy of what `scripts/check-release` reads, with other texts in it.
fn checked_with(version: &str, changelog: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    let script = folder.path().join("scripts/check-release");
    std::fs::copy(root().join("scripts/check-release"), &script).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "Cargo.toml",
        &format!("[package]\nname = \"port-iam\"\nversion = \"{version}\"\n\n[dependencies]\nx = \"9\"\n"),
    );
    write("Cargo.lock", &format!("[[package]]\nname = \"port-iam\"\nversion = \"{version}\"\n"));
    write("CHANGELOG.md", changelog);
    run(&script, arguments)
}

#[test]
fn the_version_of_this_project_is_in_its_changelog_or_comes_with_what_is_unreleased() {
    let output = run(&root().join("scripts/check-release"), &[]);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_release_is_one_version_in_tag_manifest_and_changelog() {
    let changelog = "# Changelog\n\n## Unreleased\n\n* more\n\n## 0.2.0 - 2026-12-01\n\n* this\n\n## 0.1.0\n\n* that\n";
    let good = checked_with("0.2.0", changelog, &["v0.2.0"]);
    assert!(good.status.success(), "{}", told(&good));
    assert_eq!(String::from_utf8_lossy(&good.stdout).trim(), "* this");
    for (version, changelog, tag, message) in [
        ("0.2.0", changelog, "v0.2.1", "the tag is v0.2.1, and Cargo.toml says 0.2.0"),
        ("0.2.0", changelog, "0.2.0", "the tag is 0.2.0"),
        ("0.3.0", changelog, "v0.3.0", "no section '## 0.3.0'"),
        ("0.2.0", "## 0.2.0\n\n## 0.1.0\n\n* that\n", "v0.2.0", "is empty"),
        ("0.2", changelog, "v0.2", "no version that can be read"),
    ] {
        let output = checked_with(version, changelog, &[tag]);
        assert!(!output.status.success() && told(&output).contains(message), "{tag}: {}", told(&output));
    }
    assert!(checked_with("0.9.0", changelog, &[]).status.success(), "it comes with what is unreleased");
    assert!(!checked_with("0.9.0", "# Changelog\n\n## 0.1.0\n", &[]).status.success());
}

#[test]
fn the_package_holds_everything_that_is_embedded_and_nothing_of_this_machine() {
    let output = run(&root().join("scripts/check-package"), &[]);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn what_is_packed_for_a_release_is_the_same_each_time_and_has_its_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let built = folder.path().join("built");
    for (target, name) in [
        ("x86_64-unknown-linux-musl", "port-iam"),
        ("runtime-x86_64-unknown-linux-musl", "port-iam"),
        ("x86_64-pc-windows-msvc", "port-iam.exe"),
    ] {
        std::fs::create_dir_all(built.join(target)).unwrap();
        std::fs::write(built.join(target).join(name), format!("a program for {target}")).unwrap();
    }
    let script = root().join("scripts/package-release");
    let pack = |dist: &str| {
        let dist = folder.path().join(dist);
        (run(&script, &["0.1.0", built.to_str().unwrap(), dist.to_str().unwrap()]), dist)
    };
    let (output, _) = pack("incomplete");
    assert!(told(&output).contains("holds no list of what it is made of"), "{}", told(&output));
    std::fs::write(built.join("port-iam.cdx.json"), "{}").unwrap();
    let packed = ["one", "two"].map(|dist| {
        let (output, dist) = pack(dist);
        assert!(output.status.success(), "{}", told(&output));
        std::fs::read_to_string(dist.join("SHA256SUMS")).unwrap()
    });
    assert_eq!(packed[0], packed[1]);
    let names: Vec<&str> = packed[0].lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    let expected = [
        "port-iam-0.1.0-x86_64-pc-windows-msvc.zip",
        "port-iam-0.1.0-x86_64-unknown-linux-musl.tar.gz",
        "port-iam-0.1.0.cdx.json",
        "port-iam-runtime-0.1.0-x86_64-unknown-linux-musl.tar.gz",
    ];
    assert_eq!(names, expected);
    let archive = folder.path().join("one").join(expected[1]);
    let listed = run(Path::new("tar"), &["--list", "--verbose", "--file", archive.to_str().unwrap()]);
    let listed = told(&listed);
    assert!(listed.lines().any(|line| line.starts_with("-rwxr-xr-x") && line.ends_with("/port-iam")), "{listed}");
}

#[test]
fn every_action_of_our_workflows_is_pinned_and_every_job_has_its_own_few_rights() {
    let pinned = Regex::new(r"^(- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").unwrap();
    assert_eq!(workflows().len(), 2);
    for path in workflows() {
        let text = std::fs::read_to_string(&path).unwrap();
        let uses: Vec<&str> = text.lines().map(str::trim).filter(|line| line.contains("uses:")).collect();
        assert!(!uses.is_empty(), "{}", path.display());
        for line in uses {
            assert!(pinned.is_match(line), "{}: {line}", path.display());
        }
        assert!(text.lines().any(|line| line == "permissions: {}"), "{}", path.display());
        let jobs = text.lines().filter(|line| line.trim_start().starts_with("runs-on:")).count();
        let rights = text.lines().filter(|line| *line == "    permissions:").count();
        assert_eq!(jobs, rights, "{}", path.display());
    }
}

#[test]
fn the_auditor_finds_nothing_in_our_own_workflows() {
    let Some(zizmor) = named("PORT_IAM_ZIZMOR", "the security audit of the project's own workflows") else { return };
    let output = Command::new(zizmor)
        .args(["--offline", "--persona", "auditor", "--format", "json-v1"])
        .args(["--no-ignores", "--no-config", "--strict-collection", "--collect", "workflows", "--no-exit-codes"])
        .arg(root().join(".github/workflows"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches("completed").count(), 2, "all workflows are audited: {told}");
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &found {
        *counted.entry(finding["ident"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(counted, BTreeMap::new());
}

#[test]
fn our_own_workflows_are_correct() {
    let Some(actionlint) = named("PORT_IAM_ACTIONLINT", "the correctness of the project's own workflows") else {
        return;
    };
    let output = Command::new(actionlint).args(["-no-color", "-shellcheck="]).args(workflows()).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(told(&output), "");
}
