//! What is told of a command line that cannot be read.

use serde_json::json;

use crate::harness::Harness;
use crate::installed::{BUCKET, Installed, REPOSITORY};

const SECONDS: &[&str] = &["'--timeout <SECONDS>': write a number of seconds, such as 600"];

#[test]
fn whoever_asks_for_json_gets_the_mistake_of_the_command_line_in_json_too() {
    let harness = Harness::new();
    let json_first = &["--output", "json", "list", "--foo"][..];
    for (arguments, told) in [
        (json_first, "unexpected argument '--foo' found"),
        (&["list", "--foo", "--output=json"], "unexpected argument '--foo' found"),
        (&["list", "--state", "gone", "--output", "json"], "invalid value 'gone' for '--state <STATES>'"),
        (&["--output", "json", "show"], "the following required arguments were not provided: <GRANT>"),
        (&["--output", "json", "lst"], "unrecognized subcommand 'lst'"),
        (&["--output", "json", "audit"], "a command is missing"),
        (&["--output", "json"], "'port-iam' requires a subcommand but one was not provided"),
        (&["--output", "json", "--prefix", "credentials", "list", "--foo"], "unexpected argument '--foo' found"),
    ] {
        let ran = harness.run(arguments).exits(2);
        assert!(ran.stderr.contains("--help"), "{arguments:?}: {}", ran.stderr);
        let error = &ran.json()["error"];
        assert!(error["message"].as_str().unwrap().starts_with(told), "{arguments:?}: {error}");
        assert_eq!((&error["kind"], &error["exit_code"]), (&json!("error"), &json!(2)), "{arguments:?}");
        assert!(error["hints"].to_string().contains("--help"), "{arguments:?}: {error}");
    }
    assert_eq!(harness.run(json_first).json()["version"], 1);
    let hints = harness.run(&["list", "--state", "gone", "--output", "json"]).json()["error"]["hints"].clone();
    assert!(hints[0].as_str().unwrap().starts_with("possible values: live, granting,"), "{hints}");
    let hints = harness.run(&["--output", "json", "lst"]).json()["error"]["hints"].clone();
    assert_eq!(hints[0], "a similar subcommand exists: 'list'");
}

/// What is refused in a request is a mistake on a command line, and nothing is written for it.
#[test]
fn the_same_mistake_ends_with_two_in_every_command() {
    const REQUEST: [&str; 5] = ["request", "--resource", BUCKET, "--permission", "s3:PutObject"];
    const BREAK_GLASS: [&str; 5] = ["grant", "--break-glass", "down", "--requester", "dana@acme.example"];
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    let with = |words: &[&'static str], more: &[&'static str]| [words, more].concat();
    let grant = "Permission-r_1";
    for (arguments, field) in [
        (vec!["request", "--resource", "nope", "--permission", "s3:PutObject"], "--resource"),
        (with(&REQUEST, &["--duration", "abc"]), "--duration"),
        (with(&REQUEST, &["--permission", "s3:*"]), "--permission"),
        (with(&REQUEST, &["--additional-resource", "a b"]), "--additional-resource"),
        (vec!["extend", "nope"], "GRANT"),
        (vec!["extend", grant, "--duration", "abc"], "--duration"),
        (vec!["return", "nope"], "GRANT"),
        (vec!["show", "nope"], "GRANT"),
        (vec!["revoke", "nope"], "GRANT"),
        (vec!["revoke", "nope", "--direct"], "GRANT"),
        (vec!["revoke", "nope", "--direct", "--aws-only"], "GRANT"),
        (vec!["init", "--yes", "--add-account", "12"], "--add-account"),
        (vec!["uninstall", "--yes", "--leave-account", "12"], "--leave-account"),
        (with(&BREAK_GLASS, &["--resource", "nope", "--permission", "s3:PutObject"]), "--resource"),
        (with(&BREAK_GLASS, &["--resource", BUCKET, "--permission", "s3:*"]), "--permission"),
        (with(&BREAK_GLASS, &["--resource", BUCKET, "--permission", "s3:PutObject", "--duration", "x"]), "--duration"),
    ] {
        let ran = installed.harness.run(&[&arguments[..], &["--output", "json"]].concat());
        assert_eq!(ran.exit_code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.starts_with(&format!("error: {field}: ")), "{arguments:?}: {ran:?}");
        let error = &ran.json()["error"];
        assert_eq!((&error["field"], &error["kind"]), (&json!(field), &json!("error")), "{arguments:?}: {error}");
        assert!(error["code"].is_string() && error["hints"][0].is_string(), "{arguments:?}: {error}");
    }
    for arguments in [&["credentials", "nope"][..], &["credentials", grant, "--account", "12"]] {
        let ran = installed.harness.run(arguments).exits(2);
        assert!(ran.stderr.starts_with("error: "), "{arguments:?}: {ran:?}");
    }
    let mistaken = [("AWS_ACCOUNT_ID", "12")];
    let without_aws = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), mistaken[0]];
    for (arguments, variables) in [
        (&["plan"][..], &mistaken[..]),
        (&["plan", "--only", "port"], &without_aws),
        (&["uninstall", "--dry-run", "--github-org", "acme"], &mistaken),
        (&["sweep", "--repository", REPOSITORY], &mistaken),
        (&["rotate", "--yes", "--repository", REPOSITORY], &mistaken),
    ] {
        let ran = installed.harness.run_with(arguments, variables).exits(2);
        assert!(ran.stderr.contains("error: AWS_ACCOUNT_ID: `12` is not an AWS account id"), "{arguments:?}: {ran:?}");
    }
    let mut written = installed.exchanges_since(since).into_iter().filter(|exchange| exchange.is_write());
    let others = written.find(|exchange| exchange.path != "/v1/auth/access_token");
    assert!(others.is_none(), "{others:?}");
}

#[test]
fn what_is_missing_or_wrong_is_named_with_what_to_write() {
    let installed = Installed::new();
    let no_organization = [("PORT_IAM_GITHUB_ORG", ""), ("GITHUB_REPOSITORY", "")];
    for (arguments, told) in [
        (
            &["revoke"][..],
            &["no event is given", "name the grant: `port-iam revoke GRANT`", "`port-iam list` tells"][..],
        ),
        (&["grant"], &["no event is given", "`port-iam request`"]),
        (
            &["sweep", "--repository", "foo"],
            &["the owner of the target repository `foo` is not given", "PORT_IAM_GITHUB_ORG"],
        ),
        (&["rotate", "--repository", "foo"], &["the owner of the target repository `foo` is not given", "OWNER/NAME"]),
        (&["sweep"], &["the target repository is not given", "--repository OWNER/NAME", "PORT_IAM_GITHUB_ORG"]),
        (&["request", "--resource", "arn:aws:s3:::b", "--permission", "s3:GetObject", "--timeout", "abc"], SECONDS),
        (&["extend", "Permission-r_1", "--timeout", "abc"], SECONDS),
        (&["return", "Permission-r_1", "--timeout", "abc"], SECONDS),
        (&["revoke", "Permission-r_1", "--timeout", "-1s"], &["unexpected argument"]),
        (&["revoke", "Permission-r_1", "--timeout", "10m"], SECONDS),
    ] {
        let ran = installed.harness.run_with(arguments, &no_organization).exits(2);
        for part in told {
            assert!(ran.stderr.contains(part), "{arguments:?}: {part}: {}", ran.stderr);
        }
    }
}

#[test]
fn whoever_does_not_ask_for_json_gets_the_mistake_on_standard_error_alone() {
    let harness = Harness::new();
    for arguments in [
        &["list", "--foo"][..],
        &["--output", "text", "list", "--foo"],
        // A program reads its standard output, which holds credentials or nothing.
        &["credentials", "--foo", "--output", "json"],
        &["--output", "json", "--color", "never", "credentials"],
    ] {
        let ran = harness.run(arguments).exits(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("Usage: port-iam"), "{arguments:?}: {ran:?}");
    }
}
