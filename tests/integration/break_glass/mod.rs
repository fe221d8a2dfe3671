//! `port-iam grant --break-glass`: a grant without Port and GitHub, and what the next sweep makes of it.

mod cut_off;
mod ended;
mod granted;
mod selected;
mod swept;
mod tampered;
mod undenied;
mod webhook;

use std::path::Path;

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{BUCKET, Installed, REPOSITORY};
use crate::sweep::{acknowledge, done, found, role_arn};

use webhook::Webhook;

const REASON: &str = "Port is down: OPS-7 (pager)";

/// Switches it on, for Ada, with further lines; without a webhook where they name none.
pub(crate) fn switch_on(installed: &Installed, more: &str) {
    let more = if more.contains("webhook") { more.to_owned() } else { format!(", webhook: none{more}") };
    let section = format!("\nbreak-glass: {{ longest: 1h, people: [ada]{more} }}\nrules:\n");
    installed.set_rules(|rules| rules.replacen("\nrules:\n", &section, 1));
}

/// Puts a checkout of the default branch into a folder, and returns it.
pub(crate) fn checkout(installed: &Installed) -> String {
    let folder = installed.harness.folder.path().join("checkout");
    for (path, content) in installed.harness.sandbox.github.files(REPOSITORY, "main").unwrap() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

fn down(installed: &Installed) {
    for api in [Api::Port, Api::Github] {
        installed.harness.sandbox.faults.plan(Some(api), 0, 999, Fault::DropBefore);
    }
}

fn up(installed: &Installed) {
    installed.harness.sandbox.faults.clear();
}

/// Breaks the glass for Dana, an hour on the sample bucket.
pub(crate) fn break_glass(installed: &Installed, repository: &str, more: &[&str]) -> Ran {
    let arguments = [
        "grant",
        "--break-glass",
        REASON,
        "--repository",
        repository,
        "--requester",
        "dana@acme.example",
        "--resource",
        BUCKET,
        "--permission",
        "s3:PutObject",
        "--output",
        "json",
    ];
    installed.harness.run(&[&arguments[..], more].concat())
}

/// The same with everything that it takes, and returns the grant.
fn granted(installed: &Installed) -> String {
    installed.granted();
    granted_without_port(installed)
}

/// The same where a grant of Port's is there, which tells whose installation it is.
pub(crate) fn granted_without_port(installed: &Installed) -> String {
    switch_on(installed, "");
    let ran = break_glass(installed, &checkout(installed), &["--yes"]).exits(0);
    ran.json()["grant"]["id"].as_str().unwrap().to_owned()
}

fn tags(installed: &Installed, role: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    installed.harness.with_aws(async |iam| {
        let tags = iam.list_role_tags().role_name(role).send().await.unwrap().tags;
        found = tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
    });
    found
}
