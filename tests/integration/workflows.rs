//! The rendered workflow files, judged by the linters that a security team would run over the target repository.
//!
//! A test of the library holds the golden files to be exactly what is rendered.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::counterparts::named;

fn golden(form: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(form).join(".github/workflows")
}

/// Returns how often each audit found something in the workflows of a form.
fn findings(form: &str) -> Option<BTreeMap<String, usize>> {
    let zizmor = named("PORT_IAM_ZIZMOR", "the security audit of the rendered workflows")?;
    let output = Command::new(zizmor)
        .args(["--offline", "--persona", "auditor", "--format", "json-v1"])
        // Nothing may be hidden: no comment, no configuration, no file that could not be read.
        .args(["--no-ignores", "--no-config", "--strict-collection", "--collect", "workflows", "--no-exit-codes"])
        .arg(golden(form))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches("completed").count(), 3, "all workflows are audited: {told}");
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut counted = BTreeMap::new();
    for finding in found {
        *counted.entry(finding["ident"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    Some(counted)
}

#[test]
fn the_auditor_finds_nothing_where_an_environment_guards_the_secrets() {
    for form in ["environment", "several-accounts", "access-key", "enterprise-server", "ghe-com"] {
        let Some(found) = findings(form) else { return };
        assert_eq!(found, BTreeMap::new(), "{form}");
    }
}

#[test]
fn the_auditor_finds_nothing_but_the_unguarded_secrets_in_the_fallback() {
    let Some(found) = findings("repository-secrets") else { return };
    // Port's two secrets in each of the three workflows.
    assert_eq!(found, BTreeMap::from([("secrets-outside-env".to_owned(), 6)]));
}

#[test]
fn every_form_is_a_correct_workflow() {
    for form in ["environment", "several-accounts", "access-key", "enterprise-server", "ghe-com", "repository-secrets"]
    {
        let Some(actionlint) = named("PORT_IAM_ACTIONLINT", "the correctness of the rendered workflows") else {
            return;
        };
        let files: Vec<PathBuf> = std::fs::read_dir(golden(form)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 3, "{files:?}");
        let output = Command::new(actionlint).args(["-no-color", "-shellcheck="]).args(files).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{form}: {told}");
        assert_eq!(told, "", "{form}");
    }
}
