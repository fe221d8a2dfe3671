//! Every environment variable that the program reads, and what it is for.

/// Name and meaning of a variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// What it is for, one sentence.
    pub meaning: &'static str,
}

macro_rules! variables {
    ($($constant:ident: $meaning:literal,)*) => {
        $(#[doc = $meaning] pub const $constant: &str = stringify!($constant);)*

        /// All variables, in the order of the documentation.
        pub const ALL: &[Variable] = &[$(Variable { name: $constant, meaning: $meaning },)*];
    };
}

variables! {
    PORT_CLIENT_ID: "Client id of the Port credentials.",
    PORT_CLIENT_SECRET: "Client secret of the Port credentials.",
    PORT_API_URL: "Address of Port's API, with or without `/v1`.",
    PORT_BASE_URL: "The same, as other tools of Port call it.",
    PORT_REGION: "Port's region, `eu` or `us`, when no address is given.",
    PORT_IAM_WORKFLOW_PORT_CLIENT_ID: "Port client id that the workflows get; else the caller's.",
    PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET: "Secret of that client.",
    GH_TOKEN: "GitHub token.",
    GITHUB_TOKEN: "Another GitHub token; without any, `gh auth token` is asked.",
    GITHUB_API_URL: "Address of GitHub's API.",
    PORT_IAM_GITHUB_ORG: "Organisation or user that owns the target repository.",
    PORT_IAM_REPOSITORY: "Name of the target repository.",
    PORT_IAM_RESOURCE_TYPES: "Resource types of the catalog, such as `S3,EC2,Lambda`.",
    PORT_IAM_BACKEND: "How Port starts the workflows: `auto`, `github`, `ocean`.",
    PORT_IAM_RUNTIME_BINARY: "Program that the workflows run, for Linux on x86-64.",
    PORT_IAM_APPROVAL: "How many approvers must agree in Port: `any`, `all`, `none`.",
    PORT_IAM_APPROVAL_WEBHOOK: "Address that Port calls when somebody waits for an approval.",
    PORT_IAM_APPROVERS: "Approvers of the first rules: e-mail addresses, `team:NAME`.",
    PORT_IAM_ADMINISTRATORS: "Who besides administrators edits grants and catalog in Port.",
    PORT_IAM_CODE_OWNERS: "Who reviews workflows and rules: `@login`, `@org/team`.",
    PORT_IAM_PAGE: "Whether there is a page in Port: `yes` or `no`.",
    PORT_IAM_PREFIX: "Prefix of all names, for a second installation.",
    AWS_ACCESS_KEY_ID: "Access key of the AWS credentials.",
    AWS_SECRET_ACCESS_KEY: "Secret of that key.",
    AWS_SESSION_TOKEN: "Session token, when the key is a temporary one.",
    AWS_PROFILE: "Profile that the AWS SDK uses when no key is set.",
    AWS_CONFIG_FILE: "File with the AWS profiles, else `~/.aws/config`.",
    AWS_SHARED_CREDENTIALS_FILE: "File with the keys of AWS profiles.",
    PORT_IAM_AWS_ROLE_ARN: "In a workflow: the role to assume with the job's OIDC token.",
    PORT_IAM_FURTHER_AWS_ROLE_ARNS: "In a workflow: those of the further accounts, with commas.",
    PORT_IAM_AWS_PROFILES: "Profiles of further accounts: `ID=PROFILE`, with commas.",
    PORT_IAM_AWS_AUTH: "How the workflows reach AWS: `oidc` or `access-key`.",
    AWS_REGION: "AWS region.",
    AWS_DEFAULT_REGION: "AWS region, when AWS_REGION is not set.",
    AWS_ENDPOINT_URL: "Another address than AWS's own.",
    AWS_ACCOUNT_ID: "The account that is meant; any other one is refused.",
    PORT_IAM_MANAGER_ACCESS_KEY_ID: "Access key that the workflows get.",
    PORT_IAM_MANAGER_SECRET_ACCESS_KEY: "Secret of that key.",
    GITHUB_ACTIONS: "`true` inside a workflow: output becomes workflow commands.",
    GITHUB_EVENT_PATH: "File with the event that started the workflow.",
    GITHUB_REPOSITORY: "Repository of the workflow, `owner/name`.",
    GITHUB_REPOSITORY_ID: "GitHub's number of that repository.",
    GITHUB_RUN_ID: "Number of the workflow run, for the AWS session's name.",
    ACTIONS_ID_TOKEN_REQUEST_URL: "Where the runner says that a job gets its OIDC token.",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "The job's credential for that.",
    GITHUB_REF: "Branch that the workflow runs on.",
    GITHUB_ACTOR: "Login of whoever started the workflow.",
    GITHUB_TRIGGERING_ACTOR: "Login of whoever started or repeated the workflow.",
    GITHUB_STEP_SUMMARY: "File that takes the summary of the step.",
    GITHUB_OUTPUT: "File that takes the outputs of the step.",
    RUNNER_DEBUG: "Set to `1` by a runner in debug mode.",
    HOME: "Where Port's own CLI keeps `.port/config.yaml`.",
    CI: "Says that nobody can be asked.",
    NO_COLOR: "No colours, whatever else is said.",
    FORCE_COLOR: "Colours without a terminal too, unless it is `0`.",
    CLICOLOR_FORCE: "The same.",
    TERM: "`dumb` for a terminal without colours.",
}

/// Returns all variables with their meanings, a line each, for the help.
pub fn table() -> String {
    let width = ALL.iter().map(|variable| variable.name.len()).max().unwrap_or_default();
    let line = |Variable { name, meaning }: &Variable| format!("  {name:width$}  {meaning}\n");
    ALL.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stays_a_table_in_a_window_of_a_hundred_columns() {
        for line in table().lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
