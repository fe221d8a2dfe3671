//! What a release is published with, and what is tried of it before a tag is there.

use super::*;

#[test]
fn what_is_released_has_a_list_of_its_parts_and_a_statement_of_where_it_comes_from() {
    let text = std::fs::read_to_string(root().join(".github/workflows/release.yaml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = |job: &str| workflow["jobs"][job]["steps"].as_array().unwrap().clone();
    let holds = |step: &Value, key: &str, part: &str| step[key].as_str().is_some_and(|text| text.contains(part));
    let sbom = steps("sbom");
    let written = sbom.iter().find(|step| holds(step, "run", "cargo cyclonedx --format json")).unwrap();
    assert!(holds(written, "run", "cp port-iam.cdx.json out/"), "{written}");
    // The statement is about what is packed, and before anybody can see it.
    let publish = steps("publish");
    let at = |key: &str, part: &str| {
        publish.iter().position(|step| holds(step, key, part)).unwrap_or_else(|| panic!("{part}"))
    };
    let (packed, stated) = (at("run", "scripts/package-release"), at("uses", "actions/attest-build-provenance@"));
    assert!(packed < stated && stated < at("run", "gh release create"), "{publish:#?}");
    assert_eq!(publish[stated]["with"], serde_json::json!({ "subject-checksums": "dist/SHA256SUMS" }));
    assert_eq!(publish[stated]["if"], Value::Null);
    for right in ["id-token", "attestations"] {
        assert_eq!(workflow["jobs"]["publish"]["permissions"][right], "write");
    }
}

#[test]
fn a_program_of_a_release_that_needs_something_of_the_machine_is_refused() {
    let text = std::fs::read_to_string(root().join(".github/workflows/release.yaml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["build"]["steps"].as_array().unwrap();
    let script = steps.iter().filter_map(|step| step["run"].as_str()).find(|run| run.contains("readelf")).unwrap();
    let executable = |path: &Path, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("#!/usr/bin/env bash\n{text}\n")).unwrap();
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let needed = "echo ' 0x1 (NEEDED) Shared library: [libc.so.6]'";
    for (target, version, linked, is_good) in [
        ("x86_64-unknown-linux-musl", "0.1.0", ":", true),
        ("x86_64-unknown-linux-musl", "0.1.0", needed, false),
        ("x86_64-unknown-linux-musl", "0.2.0", ":", false),
        ("aarch64-apple-darwin", "0.1.0", needed, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        executable(&folder.path().join(format!("out/{target}/port-iam")), &format!("echo 'port-iam {version}'"));
        executable(&folder.path().join("bin/readelf"), linked);
        let path = format!("{}:{}", folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
            .current_dir(folder.path())
            .env_clear()
            .envs([("PATH", path.as_str()), ("TARGET", target), ("GITHUB_REF_NAME", "v0.1.0")])
            .output()
            .unwrap();
        assert_eq!(output.status.success(), is_good, "{target} {version} {linked}: {}", told(&output));
    }
}

#[test]
fn every_change_is_installed_and_packed_as_a_release_is() {
    let text = std::fs::read_to_string(root().join(".github/workflows/ci.yaml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["build"]["steps"].as_array().unwrap();
    for command in ["cargo install --path . --locked", "cargo package --locked"] {
        let runs = |step: &&Value| {
            step["run"].as_str().is_some_and(|run| run.lines().any(|line| line.trim().starts_with(command)))
        };
        let step = steps.iter().find(runs).unwrap_or_else(|| panic!("{command}"));
        assert_eq!(step["if"], "matrix.target == 'x86_64-unknown-linux-musl'");
    }
}
