//! What a change says of itself, and that versions go up.

use super::*;

/// The message of a commit, and the files that it changes.
type Commit<'a> = (&'a str, &'a [&'a str]);

/// A repository with a released version and commits since: each a message and the files that it changes.
fn history(version: &str, tags: &[&str], commits: &[Commit<'_>], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        std::fs::write(path(name), text).unwrap();
    };
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=dana", "-c", "user.email=dana@acme.example", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(folder.path()).args(who).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    write("scripts/check-release", &std::fs::read_to_string(root().join("scripts/check-release")).unwrap());
    write("Cargo.toml", &format!("[package]\nname = \"port-iam\"\nversion = \"{version}\"\n"));
    write("Cargo.lock", &format!("[[package]]\nname = \"port-iam\"\nversion = \"{version}\"\n"));
    write("CHANGELOG.md", &format!("# Changelog\n\n## Unreleased\n\n## {version}\n\n* that\n"));
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Begin"]);
    tags.iter().for_each(|tag| git(&["tag", tag]));
    git(&["branch", "base"]);
    for (message, files) in commits {
        for name in *files {
            let before = std::fs::read_to_string(path(name)).unwrap_or_default();
            write(name, &format!("{before}{message}\n"));
        }
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", message]);
    }
    run(Path::new("bash"), &[&[path("scripts/check-release").to_str().unwrap()], arguments].concat())
}

#[test]
fn a_change_of_the_program_is_in_the_changelog_or_says_that_nobody_sees_it() {
    let since = ["--since", "base"];
    let commits: [(&[Commit<'_>], bool); 6] = [
        (&[], true),
        (&[("Write a page", &["docs/tutorial.md"])], true),
        (&[("Change the program", &["src/main.rs", "CHANGELOG.md"])], true),
        (&[("Change the program", &["src/main.rs"]), ("Say so", &["CHANGELOG.md"])], true),
        (&[("Move a line\n\nChangelog: none", &["src/main.rs"])], true),
        (&[("Move a line\n\nChangelog: none", &["src/main.rs"]), ("Change a form", &["actions/x.json"])], false),
    ];
    for (commits, is_told) in commits {
        let output = history("0.1.0", &["v0.1.0"], commits, &since);
        assert_eq!(output.status.success(), is_told, "{commits:?}: {}", told(&output));
        assert!(is_told || told(&output).contains("(Change a form) changes the program"), "{}", told(&output));
    }
    assert!(told(&history("0.1.0", &[], &[], &["--since", "nowhere"])).contains("nothing in common"));
    let text = std::fs::read_to_string(root().join(".github/workflows/ci.yaml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["run"]["steps"].as_array().unwrap();
    assert_eq!(steps[0]["with"]["fetch-depth"], 0);
    assert_eq!(steps[1]["if"], "github.event_name == 'pull_request'");
    let command = r#"scripts/check-release --since "refs/remotes/origin/$GITHUB_BASE_REF""#;
    assert_eq!(steps[1]["run"], command);
}

#[test]
fn a_version_is_never_below_one_that_is_released() {
    for (version, tags, is_above) in [
        ("0.1.0", &[][..], true),
        ("0.1.0", &["v0.1.0"], true),
        ("0.10.0", &["v0.9.1", "v0.2.0"], true),
        ("0.2.0", &["v0.2.0-rc.1", "v0.1.0"], true),
        ("0.1.0", &["v0.1.0", "v0.2.0"], false),
        ("0.9.0", &["v0.10.0"], false),
        ("0.2.0-rc.1", &["v0.2.0"], false),
    ] {
        for arguments in [&[][..], &[format!("v{version}").as_str()]] {
            let output = history(version, tags, &[], arguments);
            assert_eq!(output.status.success(), is_above, "{version} {tags:?} {arguments:?}: {}", told(&output));
            assert!(is_above || told(&output).contains("a version goes up"), "{}", told(&output));
        }
    }
}
