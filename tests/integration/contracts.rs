//! Everything that a full demo sends is legal by the vendors' own documents, and gives no secret away.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use crate::counterparts::named;
use crate::recorded_demo::DEMO;

#[test]
fn the_demo_ends_well_and_every_access_is_as_expected() {
    assert!(DEMO.output.status.success(), "{}", String::from_utf8_lossy(&DEMO.output.stderr));
    let story = DEMO.json();
    assert_eq!(story["passed"], true);
    let judged = story["accesses"].as_array().unwrap();
    let wrong: Vec<_> = judged.iter().filter(|access| access["expected"] != access["got"]).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for what in ["s3:PutObject", "ec2:StopInstances"] {
        let verdicts: BTreeSet<_> = judged
            .iter()
            .filter(|access| access["what"].as_str().unwrap().starts_with(what))
            .map(|access| access["got"].as_str().unwrap())
            .collect();
        assert_eq!(verdicts, BTreeSet::from(["allowed", "denied"]), "{what}");
    }
}

/// Each of the three grants and three revocations is a job that fetched the runtime from the repository's own release.
#[test]
fn every_grant_and_revocation_of_the_demo_went_through_a_workflow() {
    let github = DEMO.exchanges("github");
    let calls = |method: &str, part: &str| {
        github.iter().filter(|call| call["method"] == method && call["path"].as_str().unwrap().contains(part)).count()
    };
    assert_eq!(calls("POST", "/dispatches"), 6);
    assert_eq!(calls("GET", "/releases/assets/"), 6);
}

/// That a set-up with the page does call for it, `what_a_page_takes_is_all_that_no_document_of_port_has` says.
#[test]
fn the_demo_asks_for_no_page_of_port() {
    let port = DEMO.exchanges("port");
    let pages: Vec<&Value> =
        port.iter().filter(|call| call["path"].as_str().unwrap().starts_with("/v1/pages")).collect();
    assert!(!port.is_empty() && pages.is_empty(), "{pages:#?}");
}

#[test]
fn every_call_to_port_is_legal_by_port_s_document() {
    judge("port.json", &DEMO.exchanges("port"), 60);
}

#[test]
fn every_call_to_github_is_legal_by_github_s_document() {
    let rest: Vec<_> = DEMO.exchanges("github").into_iter().filter(|call| call["path"] != "/graphql").collect();
    judge("github.json", &rest, 30);
}

/// What is sent to Port although its document does not have it: the calls of Port's own Terraform provider
/// (`internal/cli/page.go`), in its shapes. A page cannot be made in any other way. Reading and deleting one is documented.
pub(crate) const UNDOCUMENTED: [(&str, &str); 2] =
    [("POST", "/v1/pages"), ("PUT", "/v1/pages/iam_permissions_dashboard")];

/// What such a page consists of (`cli.Page`).
const PAGE: [&str; 11] = [
    "identifier",
    "type",
    "icon",
    "title",
    "locked",
    "blueprint",
    "parent",
    "after",
    "description",
    "widgets",
    "pageFilters",
];

/// Returns the exchanges that the vendor's document is to judge, and looks through those few that it does not have.
fn documented(document: &str, exchanges: &[Value]) -> Vec<Value> {
    let is_undocumented = |exchange: &&Value| {
        let call = (exchange["method"].as_str().unwrap(), exchange["path"].as_str().unwrap());
        document == "port.json" && UNDOCUMENTED.contains(&call)
    };
    let (undocumented, documented): (Vec<&Value>, Vec<&Value>) = exchanges.iter().partition(is_undocumented);
    for exchange in undocumented {
        for (member, _) in exchange["body"].as_object().unwrap() {
            assert!(PAGE.contains(&member.as_str()), "{member} is no part of a page: {exchange}");
        }
    }
    documented.into_iter().cloned().collect()
}

#[test]
fn what_a_page_takes_is_all_that_no_document_of_port_has() {
    let harness = crate::harness::Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    harness.with_port(async |port| {
        let mut page = port.page("iam_permissions_dashboard").await.unwrap().unwrap();
        page["widgets"][0]["widgets"][1]["property"] = json!("property#state");
        page.as_object_mut().unwrap().retain(|member, _| PAGE.contains(&member.as_str()));
        port.replace_page("iam_permissions_dashboard", &page).await.unwrap();
    });
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["uninstall", "--yes"]).exits(0);
    let exchanges = harness.sandbox.log.exchanges().into_iter();
    let exchanges = exchanges.filter(|exchange| exchange.api == port_iam::sandbox::request_log::Api::Port);
    let exchanges: Vec<Value> = exchanges.map(|exchange| serde_json::to_value(exchange).unwrap()).collect();
    let called: BTreeSet<(&str, &str)> = exchanges
        .iter()
        .map(|exchange| (exchange["method"].as_str().unwrap(), exchange["path"].as_str().unwrap()))
        .collect();
    for call in UNDOCUMENTED {
        assert!(called.contains(&call), "{call:?} is allowed, and never made");
    }
    // All others are documented, reading and deleting a page among them.
    assert!(called.contains(&("DELETE", "/v1/pages/iam_permissions_dashboard")));
    judge("port.json", &exchanges, 40);
}

/// Lets the checker judge the exchanges; `fewest` guards against a log that is legal because it is short.
pub(crate) fn judge(document: &str, exchanges: &[Value], fewest: usize) {
    assert!(exchanges.len() >= fewest, "only {} exchanges", exchanges.len());
    let exchanges = &documented(document, exchanges);
    let part = format!("the contract {document}, against which every recorded request is held");
    let (Some(shared), python) = (named("PORT_IAM_SHARED", &part), std::env::var_os("PORT_IAM_PYTHON")) else { return };
    let contract = shared.join("contract");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("requests.jsonl");
    let lines = exchanges.iter().fold(String::new(), |mut lines, exchange| {
        writeln!(lines, "{exchange}").unwrap();
        lines
    });
    std::fs::write(&log, lines).unwrap();
    let output = Command::new(python.unwrap_or_else(|| "python3".into()))
        .arg(contract.join("check.py"))
        .arg("--spec")
        .arg(contract.join(document))
        // A property that the document does not name is an error too.
        .arg("--strict")
        .arg(&log)
        .output()
        .unwrap();
    let (verdict, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let illegal: Vec<&str> =
        verdict.lines().filter(|line| line.starts_with("ILLEGAL") || line.contains("error:")).collect();
    assert!(output.status.success(), "{illegal:#?}\n{errors}");
    let legal = verdict.lines().filter(|line| line.starts_with("legal")).count();
    assert_eq!(legal, exchanges.len(), "{errors}");
    let undocumented: Vec<&str> = verdict.lines().filter(|line| line.contains("note:")).collect();
    assert!(undocumented.is_empty(), "{undocumented:#?}");
}

/// GraphQL stands in no OpenAPI document; GitHub's own GraphQL reference names these fields.
#[test]
fn graphql_is_used_for_one_commit_and_for_reading_the_rules() {
    let calls: Vec<_> = DEMO.exchanges("github").into_iter().filter(|call| call["path"] == "/graphql").collect();
    let words = |call: &Value| call["body"]["query"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let [commit, reads @ ..] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(
        words(commit),
        "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url } } }"
    );
    let input = &commit["body"]["variables"]["input"];
    let named: BTreeSet<_> = input.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(named, BTreeSet::from(["branch", "expectedHeadOid", "fileChanges", "message"]));
    let branch = json!({ "repositoryNameWithOwner": "acme/port-iam-permissions", "branchName": "main" });
    assert_eq!(input["branch"], branch);
    let head = input["expectedHeadOid"].as_str().unwrap();
    assert!(head.len() == 40 && head.chars().all(|digit| digit.is_ascii_hexdigit()), "{head}");
    let mut files = Vec::new();
    for addition in input["fileChanges"]["additions"].as_array().unwrap() {
        let contents = STANDARD.decode(addition["contents"].as_str().unwrap()).unwrap();
        let text = String::from_utf8(contents).unwrap();
        assert!(!text.is_empty() && !text.contains("<YOUR_"), "{text}");
        files.push(addition["path"].as_str().unwrap());
    }
    files.sort_unstable();
    let expected = [
        ".github/port-iam.yaml",
        ".github/templates/iamPolicyDocument.json",
        ".github/templates/iamTrustPolicy.json",
        ".github/workflows/create-iam-permissions.yaml",
        ".github/workflows/delete-iam-permissions.yaml",
        ".github/workflows/sweep-iam-permissions.yaml",
    ];
    assert_eq!(files[0], ".github/CODEOWNERS");
    assert_eq!(files[1..], expected);

    // One read for each grant and each revocation: rules and templates at one commit, in one request.
    assert_eq!(reads.len(), 6);
    for read in reads {
        let query = words(read);
        for part in [
            "query($owner: String!, $name: String!, $rules: String!, $policy: String!, $trust: String!)",
            "repository(owner: $owner, name: $name) { databaseId defaultBranchRef { name }",
            "rules: object(expression: $rules) { ... on Blob { text } }",
            "policy: object(expression: $policy) { ... on Blob { text } }",
            "trust: object(expression: $trust) { ... on Blob { text } }",
        ] {
            assert!(query.contains(part), "{part}\n{query}");
        }
        let variables = &read["body"]["variables"];
        assert_eq!((&variables["owner"], &variables["name"]), (&json!("acme"), &json!("port-iam-permissions")));
        for (variable, file) in [("rules", expected[0]), ("policy", expected[1]), ("trust", expected[2])] {
            let expression = variables[variable].as_str().unwrap();
            assert_eq!(expression.split_once(':').map(|(_, path)| path), Some(file));
        }
    }
}

#[test]
fn no_secret_of_anybody_is_in_the_log_or_in_what_is_printed() {
    // Those of Port and GitHub are of this start alone; those that nobody is told are known by what they look like.
    let drawn = ["GH_TOKEN", "PORT_CLIENT_SECRET", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"].map(|name| {
        let line = DEMO.environment_file.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name} is not in the environment file"))
    });
    let of_aws = cast::port_users().map(|person| person.aws_secret_access_key);
    let secrets: Vec<&str> = of_aws.chain([cast::MANAGER_SECRET_ACCESS_KEY, "ghp_", "ghs_"]).chain(drawn).collect();
    let logins: Vec<Value> =
        DEMO.exchanges("port").into_iter().filter(|call| call["path"] == "/v1/auth/access_token").collect();
    assert!(logins.iter().any(|login| login["body"]["clientId"] == cast::DANA.port_client_id), "{logins:?}");
    for login in logins {
        assert_eq!(login["body"]["clientSecret"], "[redacted]", "{login}");
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&DEMO.output.stdout), String::from_utf8_lossy(&DEMO.output.stderr));
    for (place, text) in [("request log", DEMO.request_log.as_str()), ("stdout", &stdout), ("stderr", &stderr)] {
        for secret in &secrets {
            // As it is, and as JSON or a header could carry it.
            for form in [(*secret).to_owned(), STANDARD.encode(secret), secret.replace('/', "\\/")] {
                assert!(!text.contains(&form), "{secret} is in the {place}");
            }
        }
        assert!(!text.contains("Bearer "), "a token is in the {place}");
    }
    // The canary sings where a secret has to be: what is looked for is what was used.
    assert!(drawn.iter().all(|secret| secret.len() >= 40 && !secret.contains("sandbox")), "{drawn:?}");
    assert!(DEMO.environment_file.contains(cast::MANAGER_SECRET_ACCESS_KEY));
}
