//! The guide's way: the calls that the shell steps of its workflows make, in their order, each waiting for the one before it.
//! What its actions from elsewhere do with Port, curl does here.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::installed::Dispatched;
use crate::program::{Ended, run};

/// The steps of a workflow: a name, and what bash executes.
type Steps = &'static [(&'static str, &'static str)];

/// The steps that make a grant.
pub(crate) const GRANT: Steps = &[
    ("Documents", include_str!("grant/1-documents.sh")),
    ("Policy and role", include_str!("grant/2-policy-and-role.sh")),
    ("Variables", include_str!("grant/3-variables.sh")),
    ("Entity", include_str!("grant/4-entity.sh")),
    ("Run", include_str!("grant/5-run.sh")),
];

/// The steps that end one.
pub(crate) const REVOKE: Steps = &[
    ("Policies", include_str!("revoke/1-policies.sh")),
    ("Entity", include_str!("revoke/2-entity.sh")),
    ("Run", include_str!("revoke/3-run.sh")),
];

/// The templates of the documents, by the names that the steps read.
pub(crate) const TEMPLATES: [(&str, &str); 2] = [
    ("policy-template.json", include_str!("policy-template.json")),
    ("trust-template.json", include_str!("trust-template.json")),
];

/// What GitHub's expressions take out of the inputs, as variables of the steps.
pub(crate) fn variables(dispatched: &Dispatched, grant: &str) -> Vec<(&'static str, String)> {
    let context: Value = serde_json::from_str(&dispatched.inputs["port_context"]).unwrap();
    let text = |pointer: &str| context.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    vec![
        ("GRANT", grant.to_owned()),
        ("PROPERTIES", dispatched.inputs["properties"].clone()),
        ("RESOURCE", text("/entity/identifier")),
        ("EMAIL", text("/trigger/by/user/email")),
        ("POLICY_ARN", text("/entity/properties/policy_arn")),
        ("RUN", text("/runId")),
    ]
}

/// Executes the steps one after the other in `folder`, as a runner does, each in a bash of its own. Returns how long they
/// took together, in milliseconds.
pub(crate) fn execute(steps: Steps, folder: &Path, environment: &[(String, String)]) -> f64 {
    for (name, template) in TEMPLATES {
        std::fs::write(folder.join(name), template).unwrap();
    }
    let bash = Path::new("/bin/bash");
    let one = |(name, script): &(&str, &str)| -> f64 {
        let script = format!("cd '{}'\n{script}", folder.display());
        let ended: Ended = run(bash, &["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &script], environment);
        assert_eq!(ended.code, 0, "{name}: {}\n{}", ended.stdout, ended.stderr);
        ended.milliseconds
    };
    steps.iter().map(one).sum()
}

/// Returns a workflow of these steps for a runner; `environment` is what all of them see.
pub(crate) fn workflow(name: &str, steps: Steps, environment: &[(&str, String)]) -> String {
    let mut text = format!(
        "name: {name}\non:\n  workflow_dispatch:\n    inputs:\n      properties: {{ type: string, required: true }}\n      \
         port_context: {{ type: string, required: true }}\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n    defaults:\n      \
         run: {{ shell: bash }}\n    env:\n"
    );
    for (name, value) in environment {
        writeln!(text, "      {name}: {}", Value::from(value.as_str())).unwrap();
    }
    text.push_str("    steps:\n");
    for (index, (name, script)) in steps.iter().enumerate() {
        writeln!(text, "      - name: {name}\n        run: |").unwrap();
        // In the place of a checkout, which would take longer.
        for (name, template) in TEMPLATES.iter().filter(|_| index == 0) {
            writeln!(text, "          printf '%s' '{}' >{name}", template.trim_end()).unwrap();
        }
        script.lines().for_each(|line| writeln!(text, "          {line}").unwrap());
    }
    text
}
