//! Which workflows could use what lies in a GitHub environment, or in the secrets of a repository.
//!
//! Whatever cannot be told counts as one that could: a name that is computed, a text that is no workflow.

use serde_json::{Map, Value};

/// Returns whether GitHub may take the file at this path for a workflow (GitHub Docs, "Workflow syntax": `.yml` or `.yaml`).
pub fn is_workflow(path: &str) -> bool {
    let path = path.to_lowercase();
    path.starts_with(".github/workflows/") && [".yml", ".yaml"].iter().any(|ending| path.ends_with(ending))
}

/// Returns whether a job of a workflow may be in the environment of this name: it names it (GitHub compares without case),
/// computes a name, or lets another repository's workflow decide.
pub fn may_enter(workflow: &str, environment: &str) -> bool {
    let Some(workflow) = parsed(workflow) else { return true };
    let jobs = workflow.iter().filter(|(key, _)| is(key, "jobs"));
    let mut jobs = jobs.flat_map(|(_, jobs)| match jobs {
        Value::Object(jobs) => jobs.values().collect(),
        other => vec![other],
    });
    jobs.any(|job| job.as_object().is_none_or(|job| job.iter().any(|(key, value)| leads_into(key, value, environment))))
}

/// Returns whether a workflow may read one of the secrets of these names, which lie in the repository itself.
pub fn may_read(workflow: &str, names: &[&str]) -> bool {
    parsed(workflow).is_none_or(|workflow| reads(&Value::Object(workflow), names))
}

fn parsed(workflow: &str) -> Option<Map<String, Value>> {
    match serde_saphyr::from_str(workflow) {
        Ok(Value::Object(workflow)) => Some(workflow),
        _ => None,
    }
}

/// Returns whether this key of a job lets it into the environment.
fn leads_into(key: &str, value: &Value, environment: &str) -> bool {
    let is_of_another = |path: &str| is_computed(path) || !path.starts_with("./");
    is_computed(key)
        || (is(key, "environment") && names(value, environment))
        || (is(key, "uses") && value.as_str().is_none_or(is_of_another))
}

/// Returns whether the value of `environment` may be this one.
fn names(value: &Value, environment: &str) -> bool {
    match value {
        Value::String(name) => is_computed(name) || is(name, environment),
        Value::Object(fields) => {
            let mut named = fields.iter().filter(|(key, _)| is(key, "name")).peekable();
            named.peek().is_none() || named.any(|(_, name)| name.is_object() || names(name, environment))
        }
        Value::Array(_) => true,
        // The name of an environment may be a number.
        Value::Null | Value::Bool(_) | Value::Number(_) => is(&value.to_string(), environment),
    }
}

fn is_computed(text: &str) -> bool {
    text.contains("${{")
}

/// Compares as loosely as anybody could.
fn is(text: &str, name: &str) -> bool {
    let (text, name) = (text.trim(), name.trim());
    text.to_lowercase() == name.to_lowercase() || text.to_uppercase() == name.to_uppercase()
}

fn reads(value: &Value, secrets: &[&str]) -> bool {
    match value {
        Value::String(text) => is_computed(text) && reads_in(text, secrets),
        Value::Array(values) => values.iter().any(|value| reads(value, secrets)),
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let inherits = is(key, "secrets") && value.as_str().is_some_and(|value| is(value, "inherit"));
            inherits || (is_computed(key) && reads_in(key, secrets)) || reads(value, secrets)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns whether an expression reads one of these secrets, or all of them at once.
fn reads_in(text: &str, secrets: &[&str]) -> bool {
    let is_of_a_name = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
    let text = text.to_lowercase();
    text.match_indices("secrets").any(|(start, word)| {
        if text[..start].ends_with(is_of_a_name) {
            return false;
        }
        let rest = &text[start + word.len()..];
        if rest.starts_with(is_of_a_name) {
            return false;
        }
        let name = rest.trim_start().strip_prefix('.').map(str::trim_start);
        let name = name.map(|name| name.split(|letter| !is_of_a_name(letter)).next().unwrap_or_default());
        name.is_none_or(|name| name.is_empty() || secrets.iter().any(|secret| is(secret, name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(lines: &str) -> String {
        format!("on: push\njobs:\n  one:\n{lines}\n    steps:\n      - uses: actions/checkout@v4\n")
    }

    #[test]
    fn an_environment_is_entered_by_its_name_by_a_computed_one_and_through_another_repository() {
        for (lines, may) in [
            ("    environment: port-iam", true),
            ("    environment: Port-IAM", true),
            ("    environment:\n      name: port-iam", true),
            ("    environment: { url: 'https://x', name: \"port\\x2diam\" }", true),
            ("    environment: >-\n      port-iam", true),
            ("    \"environment\": 'port-iam'", true),
            ("    environment: ${{ inputs.where }}", true),
            ("    environment:\n      name: ${{ format('{0}-{1}', 'port', 'iam') }}", true),
            ("    environment:\n      url: https://x", true),
            ("    environment: [port-iam]", true),
            ("    ${{ insert }}: {}", true),
            ("    uses: acme/shared/.github/workflows/deploy.yaml@main", true),
            ("    uses: ./.github/workflows/deploy.yaml", false),
            ("    environment: production # not port-iam", false),
            ("    environment:\n      name: production\n      url: https://x/${{ github.sha }}", false),
            ("    environment:", false),
            ("    environment: 7", false),
            ("    name: of the environment port-iam\n    runs-on: ubuntu-24.04", false),
        ] {
            assert_eq!(may_enter(&job(lines), "port-iam"), may, "{lines}");
        }
        let elsewhere = "on: push\nenv: { A: &there port-iam }\njobs:\n  one:\n    environment: *there\n";
        assert!(may_enter(elsewhere, "port-iam"));
        assert!(may_enter("on: push\njobs: &jobs\n  one: { environment: 7 }\n", "7"));
        assert!(!may_enter("on: push\n", "port-iam"));
    }

    #[test]
    fn what_is_no_workflow_for_us_may_be_one_for_github() {
        let twice = job("    environment: production\n    environment: port-iam");
        let documents = format!("{}---\n{}", job("    environment: production"), job("    environment: port-iam"));
        for text in
            [twice.as_str(), &documents, "on: [", "jobs", "", "jobs: [{ environment: port-iam }]", "jobs:\n  a: 1\n"]
        {
            assert!(may_enter(text, "port-iam"), "{text}");
        }
    }

    #[test]
    fn a_secret_of_the_repository_is_read_by_its_name_and_with_all_others() {
        for (line, may) in [
            ("    env: { A: '${{ secrets.PORT_CLIENT_ID }}' }", true),
            ("    env: { A: '${{ Secrets . port_client_id }}' }", true),
            ("    env: { A: \"${{ \\x73ecrets['PORT_' + 'X'] }}\" }", true),
            ("    env: { A: '${{ toJSON(secrets) }}' }", true),
            ("    uses: ./.github/workflows/a.yaml\n    secrets: inherit", true),
            ("    env: { A: '${{ secrets.GITHUB_TOKEN }}' }", false),
            ("    env: { A: '${{ vars.secrets_of_port }}' }", false),
            ("    name: the secrets of PORT_CLIENT_ID", false),
        ] {
            assert_eq!(may_read(&job(line), &["PORT_CLIENT_ID"]), may, "{line}");
        }
        assert!(may_read("on: push\nenv:\n  A: ${{ secrets.PORT_CLIENT_ID }}\n", &["PORT_CLIENT_ID"]));
        assert!(may_read("on: [", &["PORT_CLIENT_ID"]));
    }
}
