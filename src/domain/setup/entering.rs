//! Which workflows could use what lies in a GitHub environment.

/// Returns whether a job of a workflow may be in the environment of this name, as far as its text tells: it names it, in any
/// case (GitHub compares without), computes a name, or lets another repository's workflow decide.
pub fn may_enter(workflow: &str, environment: &str) -> bool {
    let name = environment.to_lowercase();
    let text = workflow.to_lowercase();
    let is_named = text.contains("environment") && text.contains(&name);
    is_named || text.lines().any(computes_a_name) || text.lines().any(calls_another_repository)
}

fn computes_a_name(line: &str) -> bool {
    let value = line.trim_start().trim_start_matches("- ").strip_prefix("environment:");
    value.is_some_and(|value| value.contains("${{"))
}

fn calls_another_repository(line: &str) -> bool {
    let value = line.trim_start().trim_start_matches("- ").strip_prefix("uses:");
    value.is_some_and(|value| value.contains("/.github/workflows/") && !value.trim_start().starts_with("./"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_entered_by_its_name_by_a_computed_one_and_through_another_repository() {
        for (line, may) in [
            ("    environment: port-iam", true),
            ("    environment: Port-IAM", true),
            ("    environment:\n      name: port-iam", true),
            ("    environment: ${{ inputs.where }}", true),
            ("    uses: acme/shared/.github/workflows/deploy.yaml@main", true),
            ("    uses: ./.github/workflows/deploy.yaml", false),
            ("      - uses: actions/checkout@v4", false),
            ("    environment: production", false),
            ("    runs-on: ubuntu-24.04", false),
        ] {
            assert_eq!(may_enter(&format!("jobs:\n  one:\n{line}\n"), "port-iam"), may, "{line}");
        }
    }
}
