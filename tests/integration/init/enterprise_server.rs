//! GitHub Enterprise Server: other paths for GraphQL and uploads, no immutable releases, no tokens that AWS knows.

use super::*;

#[test]
fn everything_is_set_up_on_an_enterprise_server_at_its_own_paths() {
    let mut harness = Harness::new();
    harness.sandbox.github.set_enterprise_server();
    let address = format!("{}/api/v3", harness.variable("GITHUB_API_URL"));
    harness.set("GITHUB_API_URL", Some(&address));
    harness.run(&["init", "--yes"]).exits(0);
    let exchanges = harness.sandbox.log.exchanges();
    let paths: Vec<&str> = exchanges
        .iter()
        .filter(|exchange| exchange.api == Api::Github)
        .map(|exchange| exchange.path.as_str())
        .collect();
    assert!(paths.iter().all(|path| path.starts_with("/api/")), "{paths:#?}");
    assert!(paths.contains(&"/api/graphql"), "{paths:#?}");
    assert!(paths.iter().any(|path| path.starts_with("/api/uploads/repos/")), "{paths:#?}");
    assert!(!paths.iter().any(|path| path.ends_with("/immutable-releases")), "{paths:#?}");
    let workflow = harness.sandbox.github.file(REPOSITORY, "main", ".github/workflows/create-iam-permissions.yaml");
    assert!(!workflow.unwrap().contains("queue: max"));
    assert_done(&harness);
}

#[test]
fn roles_cannot_trust_the_tokens_of_an_enterprise_server() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_AWS_AUTH", None);
    let address = format!("{}/api/v3", harness.variable("GITHUB_API_URL"));
    harness.set("GITHUB_API_URL", Some(&address));
    let ran = harness.run(&["plan"]).exits(2);
    assert!(ran.stderr.contains("pass --aws-auth access-key"), "{}", ran.stderr);
}
