//! What stands around the commands: completions, manual pages, colours, and what an error says besides its sentence.

use clap::CommandFactory as _;
use port_iam::cli::Cli;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::installed::{Installed, REPOSITORY};

const ESCAPE: char = '\u{1b}';

fn command_names() -> Vec<String> {
    let command = Cli::command();
    command.get_subcommands().filter(|it| !it.is_hide_set()).map(|it| it.get_name().to_owned()).collect()
}

#[test]
fn the_completions_of_every_shell_know_every_command() {
    let harness = Harness::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = harness.run(&["completions", shell]).exits(0).stdout;
        for name in command_names() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
        assert!(script.contains("requester"), "{shell}");
        // PowerShell completes no values.
        assert!(shell == "powershell" || script.contains("revoke-failed"), "{shell}");
    }
    harness.run(&["completions", "csh"]).exits(2);
    let script = harness.run(&["completions", "bash"]).stdout;
    let path = harness.file("completions.bash", &script);
    let checked = std::process::Command::new("bash").args(["-n", &path]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let harness = Harness::new();
    let page = harness.run(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH port-iam 1") && page.contains("credentials"), "{page}");
    let folder = harness.folder.path().join("new/man1");
    harness.run(&["man", "--directory", folder.to_str().unwrap()]).exits(0);
    for name in command_names() {
        let page = std::fs::read_to_string(folder.join(format!("port-iam-{name}.1"))).unwrap();
        assert!(page.contains("SYNOPSIS"), "{name}");
    }
    let file = harness.file("file", "");
    let ran = harness.run(&["man", "--directory", &file]).exits(1);
    assert!(ran.stderr.contains("could not write to"), "{}", ran.stderr);
}

#[test]
fn colours_are_for_those_who_see_them_and_no_color_is_the_last_word() {
    let harness = Harness::new();
    let wrong = &["show", "my-role"][..];
    let is_colored = |flags: &[&str], variables: &[(&'static str, &str)]| {
        let ran = harness.run_with(&[wrong, flags].concat(), variables).exits(2);
        assert!(!ran.stdout.contains(ESCAPE));
        ran.stderr.contains(ESCAPE)
    };
    assert!(!is_colored(&[], &[]));
    assert!(is_colored(&["--color", "always"], &[]));
    assert!(is_colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(!is_colored(&["--color=never"], &[("FORCE_COLOR", "1")]));
    assert!(!is_colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    // Help and mistakes of the command line too.
    for (arguments, code) in [(&["list", "--help"][..], 0), (&["list", "--frobnicate"], 2)] {
        for (flags, expected) in
            [(&["--color", "always"][..], true), (&["--color=always"], true), (&["--color", "never"], false)]
        {
            let ran = harness.run(&[flags, arguments].concat()).exits(code);
            assert_eq!(format!("{}{}", ran.stdout, ran.stderr).contains(ESCAPE), expected, "{arguments:?} {flags:?}");
        }
    }
}

#[test]
fn an_error_of_each_system_says_under_which_id_that_has_logged_the_request() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    for (arguments, variables, system, name, code) in [
        (&["audit", "export"][..], &[("PORT_CLIENT_SECRET", "wrong")][..], "Port", "X-Trace-Id", 4),
        (&["init", "--dry-run"], &[("GH_TOKEN", "wrong")], "GitHub", "X-GitHub-Request-Id", 4),
        // GraphQL tells its errors with status 200.
        (&["sweep", "--force", "--repository", "acme/none"], &[], "GitHub", "X-GitHub-Request-Id", 1),
        (
            &["revoke", "Permission-r_1", "--direct"],
            &[("AWS_ACCESS_KEY_ID", "AKIAWRONGWRONGWRONG0")],
            "AWS",
            "AWS request id",
            4,
        ),
    ] {
        let text = harness.run_with(arguments, variables).exits(code).stderr;
        let json = harness.run_with(&[arguments, &["--output", "json"]].concat(), variables).exits(code).json();
        let call = &json["error"]["call"];
        assert_eq!(call["system"], system, "{json}");
        assert!(call["operation"].is_string() && call["request_id"].is_string(), "{json}");
        assert!(text.contains(&format!("[{name}: ")) && text.contains("hint: "), "{text}");
    }
    let json = harness.run(&["show", "my-role", "--output", "json"]).exits(2).json();
    assert_eq!(json["error"]["call"], Value::Null);
}

#[test]
fn an_answer_that_cannot_be_read_and_a_refusal_within_one_that_can_say_the_id_too() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let forged = |request: &str, pointer: &str, value: Value| {
        harness.sandbox.faults.clear();
        harness.sandbox.faults.plan_matching(
            request,
            0,
            usize::MAX,
            Fault::Forged { pointer: pointer.to_owned(), value },
        );
    };
    for (request, pointer, arguments, name) in [
        ("GET /v1/actions ", "/actions", &["plan"][..], "X-Trace-Id"),
        ("GET /repos/acme/port-iam-permissions/git/trees/", "/tree", &["plan"], "X-GitHub-Request-Id"),
        ("POST /graphql", "/data/repository", &["sweep", "--force", "--repository", REPOSITORY], "X-GitHub-Request-Id"),
    ] {
        forged(request.trim_end(), pointer, json!("something else"));
        let ran = harness.run(arguments);
        assert!(ran.exit_code != 0 && ran.stderr.contains("not what the API documents"), "{request}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("[{name}: ")), "{request}: {}", ran.stderr);
    }
    // An answer that is no JSON at all.
    harness.sandbox.faults.clear();
    harness.sandbox.faults.plan_matching(
        "GET /repos/acme/port-iam-permissions/git/trees/",
        0,
        usize::MAX,
        Fault::Truncated,
    );
    let ran = harness.run(&["plan"]);
    assert!(ran.exit_code != 0, "{}", ran.stderr);
    harness.sandbox.faults.clear();
    // Of many entities, one that Port refuses.
    let refused =
        json!({ "index": 0, "identifier": "a", "statusCode": 422, "error": "invalid_request", "message": "no" });
    forged("POST /v1/blueprints/aws_resource/entities/bulk", "/errors", json!([refused]));
    let file = harness.file("more.csv", "identifier\narn:aws:s3:::one-more-bucket\narn:aws:s3:::yet-another-bucket\n");
    let ran = harness.run(&["seed", "--yes", "--file", &file]);
    assert!(ran.exit_code != 0 && ran.stdout.contains("[X-Trace-Id: "), "{}{}", ran.stdout, ran.stderr);
}
