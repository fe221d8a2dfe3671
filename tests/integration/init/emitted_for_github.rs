//! What `--emit` writes for an administrator of GitHub, carried out line by line.

use std::path::Path;

use port_iam::clients::github::Repository;
use port_iam::domain::setup::SecretStore;
use sha2::{Digest as _, Sha256};

use super::*;

/// Does what a line of the list says, as GitHub's own command line and git would.
fn follow(harness: &Harness, folder: &Path, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let value = |flag: &str| words.iter().skip_while(|word| **word != flag).nth(1).copied();
    match words[..3] {
        ["gh", "repo", "create"] => {
            assert!(words.contains(&"--private") && words.contains(&"--add-readme"), "{line}");
            make_repository(harness, true, true);
        }
        ["gh", "api", "--method"] => {
            let body = match (value("--input"), value("--raw-field")) {
                (Some(path), _) => serde_json::from_str(&std::fs::read_to_string(folder.join(path)).unwrap()).unwrap(),
                (None, Some(field)) => json!({ "name": field.strip_prefix("name=").unwrap() }),
                (None, None) => json!({}),
            };
            github(harness, value("--method").unwrap(), &format!("/{}", words[4]), &body);
        }
        ["gh", "secret", "set"] => {
            let own = match words[3] {
                "AWS_ACCESS_KEY_ID" => "PORT_IAM_MANAGER_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY" => "PORT_IAM_MANAGER_SECRET_ACCESS_KEY",
                other => other,
            };
            let store = SecretStore::Environment(value("--env").unwrap().to_owned());
            let secret = (words[3], harness.variable(own).into());
            harness
                .with_github(async |github| github.set_secrets(&there(github).await, &store, &[secret]).await.unwrap());
        }
        ["gh", "release", "create"] => {
            let path = folder.join(words[4]);
            let (asset, bytes) = (path.file_name().unwrap().to_str().unwrap(), std::fs::read(&path).unwrap());
            let digest = format!("sha256:{:x}", Sha256::digest(&bytes));
            harness.with_github(async |github| {
                github.publish_release(&there(github).await, words[3], asset, bytes, &digest).await.unwrap();
            });
        }
        ["gh", "repo", "clone"] => {
            assert!(line.contains(" checkout && cp -R github/.github checkout/ && git -C checkout add .github && "));
            let (_, message) = line.split_once("--message '").unwrap();
            let (message, rest) = message.split_once('\'').unwrap();
            assert_eq!(rest, " && git -C checkout push");
            let files = files_below(&folder.join("github"), Path::new(".github"));
            harness.with_github(async |github| {
                let repository = there(github).await;
                let head = github.head(&repository, "main").await.unwrap().unwrap();
                github.commit(&repository, "main", &head, message, &files).await.unwrap();
            });
        }
        ["git", "-C", "checkout"] => {
            assert_eq!(line, "git -C checkout pull && ls checkout/.github/workflows");
            let there = harness.sandbox.github.files(REPOSITORY, "main").unwrap();
            let ours = files_below(folder, Path::new("github/.github/workflows"));
            assert_eq!(there.keys().filter(|path| path.starts_with(".github/workflows/")).count(), ours.len());
        }
        _ => panic!("{line}"),
    }
}

async fn there(github: &port_iam::clients::github::GitHub) -> Repository {
    github.repository("acme", "port-iam-permissions").await.unwrap().unwrap()
}

/// Returns every file below a folder of `root`, with its path from there.
fn files_below(root: &Path, folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| folder.join(entry.unwrap().file_name()));
    let file = |path: std::path::PathBuf| {
        let there = root.join(&path);
        if there.is_dir() {
            return files_below(root, &path);
        }
        vec![(path.to_str().unwrap().to_owned(), std::fs::read_to_string(there).unwrap())]
    };
    entries.flat_map(file).collect()
}

#[test]
fn an_administrator_of_github_needs_nothing_but_the_files() {
    let harness = Harness::new();
    let folder = harness.folder.path().join("wanted");
    // `init` writes them as well, and does nothing else that is not its part.
    harness.run(&["init", "--dry-run", "--emit", folder.to_str().unwrap()]).exits(3);
    assert!(writes(&harness, 0).is_empty());
    let list = std::fs::read_to_string(folder.join("github/commands.txt")).unwrap();
    let lines: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 1 + 2 + 4 + 1 + 1 + 1 + 1 + 1, "{lines:#?}");
    let place = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    assert!(
        place("/rulesets") < place("checkout pull") && place("checkout pull") < place("gh secret set"),
        "{lines:#?}"
    );
    lines.iter().for_each(|line| follow(&harness, &folder, line));
    // It is what `init` would have made.
    harness.run(&["init", "--yes", "--only", "port,aws"]).exits(0);
    harness.run(&["plan"]).exits(0);
    let found = harness.run(&["version", "--check-runtime", REPOSITORY, "--output", "json"]).exits(0).json();
    assert_eq!((&found["verdict"], &found["workflows"][0]["as_written"]), (&json!("same"), &json!(true)), "{found}");
}
