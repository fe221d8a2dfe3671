//! What is told of a command line that cannot be read.

use serde_json::json;

use crate::harness::Harness;
use crate::installed::Installed;

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
