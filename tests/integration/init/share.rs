//! Three administrators, each with the credentials of one system.

use port_iam::sandbox::{Options, Sandbox};

use super::*;
use crate::harness::Ran;
use crate::oidc;

const PORT: [&str; 2] = ["PORT_CLIENT_ID", "PORT_CLIENT_SECRET"];
const GITHUB: [&str; 1] = ["GH_TOKEN"];
const AWS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Takes these credentials away, and names the account as somebody without AWS would.
fn without(harness: &mut Harness, names: &[&'static str]) {
    names.iter().for_each(|name| harness.set(name, None));
    harness.set("AWS_ACCOUNT_ID", Some("123456789012"));
}

/// How the workflows reach AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Key,
    Oidc,
}

const BOTH: [Access; 2] = [Access::Key, Access::Oidc];

impl Access {
    /// Whoever works in this sandbox, in an installation of this kind.
    fn harness_of(self, sandbox: Sandbox) -> Harness {
        let harness = Harness::of(sandbox);
        if self == Self::Oidc { oidc::without_key(harness) } else { harness }
    }

    fn harness(self) -> Harness {
        self.harness_of(Sandbox::start(&Options::default()).unwrap())
    }
}

/// Asserts that a run tells what it has done and what waits for others, and nothing of the whole that is not so.
#[track_caller]
fn assert_part(ran: &Ran, part: &str, pending: &str) {
    let mut lines = ran.stdout.lines();
    assert_eq!(lines.next(), Some(part), "{}", ran.stdout);
    let line = lines.next().unwrap();
    let (_, names) = line.strip_prefix("Pending").and_then(|line| line.split_once(": ")).unwrap();
    for name in pending.split(", ") {
        assert!(names.split(", ").any(|known| known == name), "{name}: {}", ran.stdout);
    }
    for untrue in ["is set up for AWS account", "Everything is set up", "holds no rule", "Next: "] {
        assert!(!ran.stdout.contains(untrue), "{untrue}: {}", ran.stdout);
    }
}

#[test]
fn three_administrators_set_it_up_each_with_his_own_credentials_alone() {
    for access in BOTH {
        let mut github = access.harness();
        without(&mut github, &[&PORT[..], &AWS[..]].concat());
        let ran = github.run(&["init", "--yes", "--only", "github"]).exits(3);
        assert!(ran.stdout.contains("Waiting for an administrator of Port: everything"), "{}", ran.stdout);
        assert_part(&ran, "The part of GitHub is set up.", "Port everything, AWS everything");
        assert!(ran.stdout.contains("\n\nThe first rule of .github/port-iam.yaml:\n"), "{}", ran.stdout);
        let asked = |api: Api, since: usize, harness: &Harness| {
            harness.sandbox.log.exchanges().iter().skip(since).filter(|exchange| exchange.api == api).count()
        };
        // The workflows' own credentials are proven; nothing is asked with the administrator's.
        assert!(github.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").is_some());
        assert!(github.writes(Api::Port, 0).iter().all(|exchange| exchange.path == "/v1/auth/access_token"));
        assert!(github.writes(Api::Aws, 0).is_empty());

        let mut port = access.harness_of(github.sandbox);
        without(&mut port, &[&GITHUB[..], &AWS[..]].concat());
        let since = port.sandbox.log.len();
        let ran = port.run(&["init", "--yes", "--only", "port"]).exits(3);
        assert_part(&ran, "The part of Port is set up.", "GitHub everything, AWS everything");
        assert!(!ran.stdout.contains(".github/port-iam.yaml"), "nobody has looked at it: {}", ran.stdout);
        assert_eq!((asked(Api::Github, since, &port), asked(Api::Aws, since, &port)), (0, 0));
        assert_eq!(action(&port, "request_permissions")["identifier"], "request_permissions");

        let mut aws = access.harness_of(port.sandbox);
        without(&mut aws, &[&PORT[..], &GITHUB[..]].concat());
        let since = aws.sandbox.log.len();
        for part in ["The part of AWS is set up.", "The part of AWS is set up already; nothing was changed."] {
            let ran = aws.run(&["init", "--yes", "--only", "aws"]).exits(3);
            assert_part(&ran, part, "Port everything, GitHub everything");
            assert!(!ran.stdout.contains(".github/port-iam.yaml"), "nobody has looked at it: {}", ran.stdout);
        }
        assert_eq!((asked(Api::Port, since, &aws), asked(Api::Github, since, &aws)), (0, 0));
        assert!(aws.writes(Api::Aws, since).len() == 1, "the boundary");

        let all = access.harness_of(aws.sandbox);
        if access == Access::Oidc {
            all.run(&["init", "--yes", "--only", "aws", "--aws-setup"]).exits(0);
        }
        assert_done(&all);
    }
}

#[test]
fn an_administrator_of_aws_makes_what_there_is_to_make_and_the_roles_wait_by_name() {
    let mut aws = Access::Oidc.harness();
    without(&mut aws, &[&PORT[..], &GITHUB[..]].concat());
    let setting_up = ["init", "--yes", "--only", "aws", "--aws-setup"];
    for first in [true, false] {
        let ran = aws.run(&[&setting_up[..], &["--output", "json"]].concat()).exits(3).json();
        assert_eq!(ran["changed"], first, "{ran:#}");
        let pending: Vec<&Value> = ran["pending"].as_array().unwrap().iter().collect();
        let subjects: Vec<&str> = pending.iter().map(|step| step["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, ["everything", "everything", "role port-iam-granter", "role port-iam-revoker"]);
        let reason = pending[2]["reason"].as_str().unwrap();
        assert!(reason.contains("no credentials for GitHub"), "{reason}");
        let command = "port-iam init --github-org acme --only aws --aws-setup";
        assert_eq!(pending[2]["commands"], json!([command]));
    }
    let made: Vec<Value> = aws.writes(Api::Aws, 0).iter().map(|write| write.body["PolicyName"].clone()).collect();
    assert_eq!(made, ["port-iam-boundary".into(), Value::Null, "port-iam-granter".into(), "port-iam-revoker".into()]);

    // With a look at GitHub, whose part is another's, they wait for the repository.
    let mut looking = Access::Oidc.harness_of(aws.sandbox);
    let ran = looking.run(&[&setting_up[..], &["--output", "json"]].concat()).exits(3).json();
    let role = ran["pending"].as_array().unwrap().iter().find(|step| step["subject"] == "role port-iam-granter");
    assert_eq!(
        role.unwrap()["commands"],
        json!([
            "port-iam init --github-org acme --only github",
            "port-iam init --github-org acme --only aws --aws-setup",
        ])
    );
    looking.run(&["init", "--yes", "--only", "port,github"]).exits(3);
    without(&mut looking, &[]);
    looking.run(&setting_up).exits(0);
    assert_done(&looking);
}

#[test]
fn nobody_can_execute_anything_before_its_workflow_is_there_whoever_begins() {
    let harness = Access::Oidc.harness();
    let ran = harness.run(&["init", "--yes", "--only", "port", "--output", "json"]).exits(3).json();
    let mut made = Vec::new();
    harness.with_port(async |port| made = port.actions().await.unwrap());
    assert_eq!(made, Vec::<Value>::new(), "there is no workflow that they could start");
    let pending = ran["pending"].as_array().unwrap();
    let waits = pending.iter().find(|step| step["subject"] == "action request_permissions").unwrap();
    assert!(waits["reason"].as_str().unwrap().contains("is not on the default branch yet"), "{waits}");
    let commands = ["github", "port"].map(|part| format!("port-iam init --github-org acme --only {part}"));
    assert_eq!(waits["commands"], json!(commands));
    harness.run(&["init", "--yes", "--only", "github"]).exits(3);
    harness.run(&["init", "--yes", "--only", "port"]).exits(3);
    assert_eq!(action(&harness, "request_permissions")["identifier"], "request_permissions");
    // Without a look at GitHub nobody knows, and that is told.
    let mut blind = Access::Oidc.harness();
    without(&mut blind, &[&GITHUB[..], &AWS[..]].concat());
    let ran = blind.run(&["plan", "--only", "port"]).exits(3);
    assert!(ran.stdout.contains("whether the workflows are there was not looked at"), "{}", ran.stdout);
}

#[test]
fn a_part_of_another_system_is_named_and_not_done() {
    for access in BOTH {
        let harness = access.harness();
        let ran = harness.run(&["plan", "--only", "port,aws", "--output", "json"]).exits(3).json();
        let steps = ran["steps"].as_array().unwrap();
        let of = |system: &str, change: &str| {
            steps.iter().filter(|step| step["system"] == system && step["change"] == change).count()
        };
        assert!(of("port", "create") > 5 && of("aws", "create") == 1, "{ran:#}");
        assert_eq!(of("github", "create"), 0);
        let release = steps.iter().find(|step| step["subject"].as_str().unwrap().starts_with("release")).unwrap();
        let said = if access == Access::Key { " --aws-auth access-key" } else { "" };
        assert_eq!(release["commands"], json!([format!("port-iam init --github-org acme{said} --only github")]));
    }
}

#[test]
fn what_was_said_about_the_installation_is_in_the_command_of_the_next_administrator() {
    let harness = Access::Oidc.harness();
    let said = ["--approval", "all", "--approvers", "ada@acme.example", "--resource-types", "S3,Lambda"];
    let place = ["--prefix", "team-a", "plan", "--repository", "team-a-permissions", "--only", "port"];
    let ran = harness.run(&[&place[..], &said, &["--output", "json"]].concat()).exits(3).json();
    let boundary = ran["steps"].as_array().unwrap().iter().find(|step| step["system"] == "aws").unwrap();
    let whole = "port-iam --prefix team-a init --github-org acme --repository team-a-permissions --resource-types S3,Lambda \
                 --approval all --approvers ada@acme.example --only aws";
    assert_eq!(boundary["commands"], json!([whole]));
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
