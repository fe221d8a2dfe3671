//! The three systems under the names that they really have: over TLS, through a proxy, with no address of this machine
//! anywhere in what is set.

mod certificate;
mod proxy;

use std::process::Command;

use port_iam::sandbox::request_log::Api;

use crate::harness::{Harness, Ran, runtime};
use crate::installed::REPOSITORY;
use proxy::{Place, Proxy};

const CREATE: &str = ".github/workflows/create-iam-permissions.yaml";

/// An organisation whose GitHub is a host of its own under ghe.com; Port and AWS have their usual names.
struct Tenant {
    harness: Harness,
    proxy: Proxy,
    runtime: String,
}

impl Tenant {
    fn new() -> Self {
        let harness = Harness::for_installation();
        let own = |name: &str| harness.variable(name).trim_end_matches('/').to_owned();
        let (port, github, aws) = (own("PORT_API_URL"), own("GITHUB_API_URL"), own("AWS_ENDPOINT_URL"));
        let place = |name: &str, address: &str| Place {
            name: name.to_owned(),
            address: address.to_owned(),
            instead: Vec::new(),
        };
        let of_github = |name: &str| Place {
            // The sandbox has one address for what GitHub has three for.
            instead: vec![
                (format!("\"upload_url\":\"{github}/"), "\"upload_url\":\"https://uploads.acme.ghe.com/".to_owned()),
                (format!("{github}/repos/"), "https://api.acme.ghe.com/repos/".to_owned()),
                (format!("{github}/"), "https://acme.ghe.com/".to_owned()),
            ],
            ..place(name, &github)
        };
        let places = vec![
            of_github("api.acme.ghe.com"),
            of_github("uploads.acme.ghe.com"),
            place("api.port.io", &port),
            place("iam.amazonaws.com", &aws),
            place("sts.us-east-1.amazonaws.com", &aws),
        ];
        let proxy = Proxy::start(harness.folder.path(), places);
        let file = harness.folder.path().join("runtime");
        std::fs::write(&file, runtime()).unwrap();
        let runtime = file.to_str().unwrap().to_owned();
        Self { harness, proxy, runtime }
    }

    /// Runs the program itself, as an engineer of the organisation has it set up.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let is_address = |name: &str| ["PORT_API_URL", "GITHUB_API_URL", "AWS_ENDPOINT_URL"].contains(&name);
        let own = self.harness.environment.iter().filter(|(name, _)| !is_address(name)).cloned();
        let output = Command::new(env!("CARGO_BIN_EXE_port-iam"))
            .args(arguments)
            .env_clear()
            .envs(own)
            .env("HOME", self.harness.folder.path())
            .env("GITHUB_API_URL", "https://api.acme.ghe.com")
            .env("HTTPS_PROXY", &self.proxy.address)
            .env("SSL_CERT_FILE", &self.proxy.trusted)
            .env("PORT_IAM_RUNTIME_BINARY", &self.runtime)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        self.harness.heard(&format!("{arguments:?}"), &output)
    }

    fn workflow(&self) -> String {
        self.harness.sandbox.github.file(REPOSITORY, "main", CREATE).unwrap()
    }
}

#[test]
fn an_organisation_on_ghe_com_is_set_up_examined_and_left_with_an_access_key_under_its_own_names() {
    let tenant = Tenant::new();
    let before = tenant.harness.sandbox.inventory();
    let plan = tenant.run(&["plan"], &[]).exits(3);
    assert!(plan.stdout.contains("+ GitHub repository acme/port-iam-permissions"), "{}", plan.stdout);
    tenant.run(&["init", "--yes"], &[]).exits(0);
    tenant.run(&["plan"], &[]).exits(0);
    assert_eq!(
        tenant.proxy.asked(),
        ["api.acme.ghe.com", "api.port.io", "iam.amazonaws.com", "sts.us-east-1.amazonaws.com", "uploads.acme.ghe.com"]
    );
    // A job of the workflow asks the GitHub that it is of, and has what GitHub itself runs.
    let workflow = tenant.workflow();
    assert!(workflow.contains("export GH_HOST=\"${GITHUB_SERVER_URL#*://}\""), "{workflow}");
    assert!(!workflow.contains("GH_ENTERPRISE_TOKEN") && workflow.contains("queue: max"), "{workflow}");
    assert!(workflow.contains("PORT_API_URL: \"https://api.port.io\""), "{workflow}");
    assert!(!workflow.contains("id-token") && !workflow.contains("127.0.0.1"), "{workflow}");

    tenant.run(&["seed", "--yes"], &[]).exits(0);
    let doctor = tenant.run(&["doctor", "--output", "json"], &[]);
    assert!(!doctor.stdout.contains("\"error\""), "{}", doctor.stdout);
    // An app of the organisation's own is known by no name: that the usual one is not there says nothing.
    tenant.harness.sandbox.github.set_port_app_installed(false);
    let doctor = tenant.run(&["doctor", "--output", "json"], &[]).json();
    let app = doctor["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "port-app").unwrap();
    assert_eq!(app["severity"], "unknown", "{app}");
    // What is to be looked at stands at the organisation's own address.
    tenant.harness.sandbox.github.commit_file(REPOSITORY, "main", CREATE, None).unwrap();
    let ran = tenant.run(&["init", "--yes"], &[]).exits(3);
    assert!(ran.stdout.contains("https://acme.ghe.com/acme/port-iam-permissions/pull/1"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("127.0.0.1") && !ran.stderr.contains("127.0.0.1"), "{}{}", ran.stdout, ran.stderr);
    assert!(tenant.harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    tenant.run(&["plan"], &[]).exits(0);

    tenant.run(&["uninstall", "--yes", "--delete-entities"], &[]).exits(0);
    let mut changes = before.changes(&tenant.harness.sandbox.inventory());
    // The repository stays with its history, and so does what Port keeps of what was done.
    changes.retain(|change| !change.contains(" github acme/port-iam-permissions ") && change != "~ port audit log");
    assert_eq!(changes, [""; 0]);
}

/// The roles would trust an issuer by name that no token of this GitHub comes from.
#[test]
fn no_role_is_made_to_trust_tokens_that_an_organisation_on_ghe_com_does_not_get() {
    let tenant = Tenant::new();
    for arguments in [&["plan"][..], &["init", "--yes", "--aws-setup"], &["init", "--yes", "--aws-auth", "oidc"]] {
        let ran = tenant.run(arguments, &[("PORT_IAM_AWS_AUTH", "")]).exits(2);
        assert!(ran.stderr.contains("pass --aws-auth access-key"), "{arguments:?}: {}", ran.stderr);
    }
    for api in [Api::Port, Api::Github, Api::Aws] {
        assert!(tenant.harness.writes(api, 0).is_empty(), "{api:?}");
    }
}
