//! How a release of this project is made: versions that agree, a package that holds everything, archives that are always
//! the same bytes, and workflows that a security team would take.

mod changelog;
mod published;

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

/// The targets of a release, with the name of the program.
const TARGETS: [(&str, &str); 5] = [
    ("aarch64-apple-darwin", "port-iam"),
    ("aarch64-unknown-linux-musl", "port-iam"),
    ("x86_64-apple-darwin", "port-iam"),
    ("x86_64-pc-windows-msvc", "port-iam.exe"),
    ("x86_64-unknown-linux-musl", "port-iam"),
];

/// Lays out what the jobs of the release workflow hand over.
fn hand_over(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (target, name) in TARGETS {
        write(&format!("built-{target}/{target}/{name}"), &format!("a program for {target}"));
    }
    let runtime = "x86_64-unknown-linux-musl";
    write(&format!("built-{runtime}/runtime-{runtime}/port-iam"), "what the workflows run");
    write("sbom/port-iam.cdx.json", "{}");
}

#[test]
fn no_job_adds_to_a_release_or_replaces_in_it_what_is_another_s() {
    let script = root().join("scripts/package-release");
    let linux = "built-x86_64-unknown-linux-musl";
    for (path, message) in [
        ("sbom/x86_64-unknown-linux-musl/port-iam".to_owned(), "which no job hands over"),
        ("sbom/port-iam".to_owned(), "which no job hands over"),
        ("sbom/other.cdx.json".to_owned(), "which no job hands over"),
        (format!("{linux}/aarch64-apple-darwin/port-iam"), "which no job hands over"),
        (format!("{linux}/x86_64-unknown-linux-musl/port-iam.exe"), "which no job hands over"),
        (
            "built-riscv64gc-unknown-linux-gnu/riscv64gc-unknown-linux-gnu/port-iam".to_owned(),
            "which no job hands over",
        ),
        ("x86_64-unknown-linux-musl/port-iam".to_owned(), "which no job hands over"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (handed_over, dist) = (folder.path().join("handed-over"), folder.path().join("dist"));
        hand_over(&handed_over);
        let added = handed_over.join(&path);
        std::fs::create_dir_all(added.parent().unwrap()).unwrap();
        std::fs::write(added, "a program of somebody else").unwrap();
        let output = run(&script, &["0.1.0", handed_over.to_str().unwrap(), dist.to_str().unwrap()]);
        assert!(!output.status.success() && told(&output).contains(message), "{path}: {}", told(&output));
        assert!(!dist.exists(), "{path}");
    }
    for missing in ["sbom/port-iam.cdx.json", "built-aarch64-apple-darwin/aarch64-apple-darwin/port-iam"] {
        let folder = tempfile::tempdir().unwrap();
        let (handed_over, dist) = (folder.path().join("handed-over"), folder.path().join("dist"));
        hand_over(&handed_over);
        std::fs::remove_file(handed_over.join(missing)).unwrap();
        let output = run(&script, &["0.1.0", handed_over.to_str().unwrap(), dist.to_str().unwrap()]);
        assert!(told(&output).contains(&format!("holds no {missing}")), "{}", told(&output));
    }
}

#[test]
fn a_release_is_of_the_reviewed_branch_is_let_through_by_somebody_and_takes_each_artifact_by_its_name() {
    let text = std::fs::read_to_string(root().join(".github/workflows/release.yaml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = |job: &str| workflow["jobs"][job]["steps"].as_array().unwrap().clone();
    let check = steps("check");
    assert_eq!(check[0]["with"]["fetch-depth"], 0);
    // A tag `origin/main` comes before the branch of that name.
    let ancestor = r#"git merge-base --is-ancestor "$GITHUB_SHA" refs/remotes/origin/main;"#;
    assert!(check[1]["run"].as_str().unwrap().contains(ancestor));
    assert!(!text.contains(" origin/main;"), "{text}");
    let commands: Vec<&str> = check.iter().filter_map(|step| step["run"].as_str()).collect();
    for command in ["cargo install --path . --locked", "cargo package --locked"] {
        assert!(commands.iter().any(|run| run.lines().any(|line| line.trim().starts_with(command))), "{command}");
    }
    assert_eq!(workflow["jobs"]["publish"]["environment"], "release");
    for job in ["build", "sbom"] {
        assert_eq!(workflow["jobs"][job]["needs"], "check");
    }
    let taken = steps("publish");
    let taken = taken.iter().filter(|step| step["uses"].as_str().is_some_and(|it| it.contains("/download-artifact@")));
    let taken: Vec<(String, String)> = taken
        .map(|step| {
            assert_eq!(step["with"].as_object().unwrap().len(), 2, "{step}");
            ["name", "path"].map(|key| step["with"][key].as_str().unwrap().to_owned()).into()
        })
        .collect();
    let mut names: Vec<String> = TARGETS.map(|(target, _)| format!("built-{target}")).into();
    names.push("sbom".to_owned());
    let mut expected: Vec<_> = names.into_iter().map(|name| (name.clone(), format!("handed-over/{name}"))).collect();
    expected.sort();
    let mut taken = taken;
    taken.sort();
    assert_eq!(taken, expected);
}

#[test]
fn what_was_not_tested_and_built_for_every_target_on_main_is_not_released() {
    let read = |name: &str| {
        let text = std::fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
        serde_saphyr::from_str::<Value>(&text).unwrap()
    };
    let (ci, release) = (read("ci.yaml"), read("release.yaml"));
    assert_eq!(ci["jobs"]["build"]["strategy"]["matrix"], release["jobs"]["build"]["strategy"]["matrix"]);
    let commands = |workflow: &Value| {
        let steps = workflow["jobs"]["build"]["steps"].as_array().unwrap().clone();
        steps.iter().filter_map(|step| step["run"].as_str().map(str::to_owned)).collect::<Vec<_>>().join("\n")
    };
    let build = r#"--target "$TARGET" --no-default-features --features "$FEATURES""#;
    assert!(commands(&ci).contains(&format!("cargo build --locked {build}")));
    assert!(commands(&release).contains(&format!("cargo build --locked --release {build}")));
    assert!(commands(&ci).contains("scripts/build-runtime") && commands(&release).contains("scripts/build-runtime"));
    // A run that a later commit replaces would never be green.
    assert!(ci["concurrency"]["group"].as_str().unwrap().contains("github.event_name == 'push' && github.sha"));
    let gate = &release["jobs"]["check"]["steps"][2];
    assert_eq!(release["jobs"]["check"]["permissions"]["actions"], "read");
    // With the GitHub that knows these runs: no run, none that is green, one.
    for (answer, is_released) in [("0", false), ("", false), ("gh: Not Found", false), ("1", true), ("12", true)] {
        let folder = tempfile::tempdir().unwrap();
        let asked = folder.path().join("asked");
        let gh = format!("#!/usr/bin/env bash\necho \"$*\" > {}\necho '{answer}'\n", asked.display());
        let program = folder.path().join("gh");
        std::fs::write(&program, gh).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", gate["run"].as_str().unwrap()])
            .env_clear()
            .envs([("PATH", path.as_str()), ("GITHUB_SHA", "0a1b"), ("GITHUB_REPOSITORY", "acme/port-iam")])
            .output()
            .unwrap();
        assert_eq!(output.status.success(), is_released, "{answer:?}: {}", told(&output));
        let asked = std::fs::read_to_string(asked).unwrap();
        let route = "api repos/acme/port-iam/actions/workflows/ci.yaml/runs?head_sha=0a1b&branch=main&event=push&status=success";
        assert!(asked.starts_with(route), "{asked}");
    }
}

#[test]
fn what_is_packed_for_a_release_is_the_same_each_time_and_has_its_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let built = folder.path().join("handed-over");
    hand_over(&built);
    let script = root().join("scripts/package-release");
    let pack = |dist: &str| {
        let dist = folder.path().join(dist);
        (run(&script, &["0.1.0", built.to_str().unwrap(), dist.to_str().unwrap()]), dist)
    };
    let packed = ["one", "two"].map(|dist| {
        let (output, dist) = pack(dist);
        assert!(output.status.success(), "{}", told(&output));
        std::fs::read_to_string(dist.join("SHA256SUMS")).unwrap()
    });
    assert_eq!(packed[0], packed[1]);
    let names: Vec<&str> = packed[0].lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    let expected = [
        "port-iam-0.1.0-aarch64-apple-darwin.tar.gz",
        "port-iam-0.1.0-aarch64-unknown-linux-musl.tar.gz",
        "port-iam-0.1.0-x86_64-apple-darwin.tar.gz",
        "port-iam-0.1.0-x86_64-pc-windows-msvc.zip",
        "port-iam-0.1.0-x86_64-unknown-linux-musl.tar.gz",
        "port-iam-0.1.0.cdx.json",
        "port-iam-runtime-0.1.0-x86_64-unknown-linux-musl.tar.gz",
    ];
    assert_eq!(names, expected);
    let archive = folder.path().join("one").join(expected[4]);
    let listed = run(Path::new("tar"), &["--list", "--verbose", "--file", archive.to_str().unwrap()]);
    let listed = told(&listed);
    assert!(listed.lines().any(|line| line.starts_with("-rwxr-xr-x") && line.ends_with("/port-iam")), "{listed}");
    for name in ["CHANGELOG.md", "LICENSE", "README.md", "port-iam.schema.json"] {
        assert!(listed.lines().any(|line| line.ends_with(&format!("/{name}"))), "{name}: {listed}");
    }
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
