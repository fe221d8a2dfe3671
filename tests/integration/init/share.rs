//! Three administrators, each with the credentials of one system.

use super::*;

const PORT: [&str; 2] = ["PORT_CLIENT_ID", "PORT_CLIENT_SECRET"];
const GITHUB: [&str; 1] = ["GH_TOKEN"];
const AWS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Takes these credentials away, and names the account as somebody without AWS would.
fn without(harness: &mut Harness, names: &[&'static str]) {
    names.iter().for_each(|name| harness.set(name, None));
    harness.set("AWS_ACCOUNT_ID", Some("123456789012"));
}

#[test]
fn three_administrators_set_it_up_each_with_his_own_credentials_alone() {
    let mut github = Harness::new();
    without(&mut github, &[&PORT[..], &AWS[..]].concat());
    let ran = github.run(&["init", "--yes", "--only", "github"]).exits(3);
    assert!(ran.stdout.contains("Waiting for an administrator of Port: everything"), "{}", ran.stdout);
    let asked = |api: Api, since: usize, harness: &Harness| {
        harness.sandbox.log.exchanges().iter().skip(since).filter(|exchange| exchange.api == api).count()
    };
    // The workflows' own credentials are proven; nothing is asked with the administrator's.
    assert!(github.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").is_some());
    assert!(github.writes(Api::Port, 0).iter().all(|exchange| exchange.path == "/v1/auth/access_token"));
    assert!(github.writes(Api::Aws, 0).is_empty());

    let mut port = Harness::of(github.sandbox);
    without(&mut port, &[&GITHUB[..], &AWS[..]].concat());
    let since = port.sandbox.log.len();
    port.run(&["init", "--yes", "--only", "port"]).exits(3);
    assert_eq!((asked(Api::Github, since, &port), asked(Api::Aws, since, &port)), (0, 0));
    assert_eq!(action(&port, "request_permissions")["identifier"], "request_permissions");

    let mut aws = Harness::of(port.sandbox);
    without(&mut aws, &[&PORT[..], &GITHUB[..]].concat());
    let since = aws.sandbox.log.len();
    aws.run(&["init", "--yes", "--only", "aws"]).exits(3);
    assert_eq!((asked(Api::Port, since, &aws), asked(Api::Github, since, &aws)), (0, 0));
    assert!(aws.writes(Api::Aws, since).len() == 1, "the boundary");

    assert_done(&Harness::of(aws.sandbox));
}

#[test]
fn a_part_of_another_system_is_named_and_not_done() {
    let harness = Harness::new();
    let ran = harness.run(&["plan", "--only", "port,aws", "--output", "json"]).exits(3).json();
    let steps = ran["steps"].as_array().unwrap();
    let of = |system: &str, change: &str| {
        steps.iter().filter(|step| step["system"] == system && step["change"] == change).count()
    };
    assert!(of("port", "create") > 5 && of("aws", "create") == 1, "{ran:#}");
    assert_eq!(of("github", "create"), 0);
    let release = steps.iter().find(|step| step["subject"].as_str().unwrap().starts_with("release")).unwrap();
    assert_eq!(release["commands"], json!(["port-iam init --only github"]));
}

#[test]
fn without_aws_credentials_the_account_has_to_be_named() {
    let mut harness = Harness::new();
    AWS.iter().for_each(|name| harness.set(name, None));
    let ran = harness.run(&["plan", "--only", "github"]).exits(4);
    assert!(ran.stderr.contains("AWS_ACCOUNT_ID"), "{}", ran.stderr);
    harness.set("AWS_ACCOUNT_ID", Some("123456789012"));
    harness.run(&["plan", "--only", "github"]).exits(3);
}
