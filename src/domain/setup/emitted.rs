//! What is wanted as files, for administrators who bring it about by their own means: Terraform, a pull request, a ticket.

use serde_json::Value;

use super::identities::WantedTrust;
use super::seen::Seen;
use super::wanted::{SecretStore, Wanted, WantedRelease};
use super::{emitted_commands, guard, page, permissions};

/// A file of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// Its path below the folder, with `/` between the parts; the first part is the system.
    pub path: String,
    /// The whole text.
    pub contents: String,
}

/// Returns everything that is wanted: bodies of Port's API, files and settings of the repository, policies of AWS, and for
/// each system the commands that bring it about. Secrets are no part of it; the runtime's bytes belong to
/// [`asset_path`], and whoever has them puts them there. What somebody has
/// named in Port's permissions, as `seen`, stays.
pub fn emitted(wanted: &Wanted, seen: &Seen) -> Vec<EmittedFile> {
    let json = |path: String, value: &Value| EmittedFile { path, contents: format!("{value:#}\n") };
    let of_port = |kind: &str, value: &Value| {
        let identifier = value["identifier"].as_str().unwrap_or_default();
        json(format!("port/{kind}/{identifier}.json"), value)
    };
    let mut files: Vec<EmittedFile> = wanted.blueprints.iter().map(|body| of_port("blueprints", body)).collect();
    files.extend(wanted.actions.iter().map(|body| of_port("actions", &super::action::asking(wanted, body))));
    if page::is_wanted(wanted, seen) {
        files.push(of_port("pages", &wanted.page));
    }
    for (kind, bodies) in permissions::bodies(wanted, seen) {
        let named =
            |(identifier, body): &(String, Value)| json(format!("port/permissions/{kind}/{identifier}.json"), body);
        files.extend(bodies.iter().map(named));
    }
    files.extend(
        wanted
            .files
            .iter()
            .map(|file| EmittedFile { path: format!("github/{}", file.path), contents: file.contents.clone() }),
    );
    files.push(json(ruleset_path().to_owned(), &guard::ruleset()));
    if let SecretStore::Environment(_) = &wanted.store {
        files.push(json(environment_path().to_owned(), &guard::environment()));
    }
    if let Ok(boundary) = &wanted.boundary {
        files.push(json(policy_path(&wanted.names.boundary), boundary));
    }
    for policy in &wanted.identities.policies {
        files.push(json(policy_path(policy.name), &policy.document));
    }
    for role in &wanted.identities.roles {
        if let WantedTrust::Known { document, .. } = &role.trust {
            files.push(json(trust_path(role.name), document));
        }
    }
    files.extend(emitted_commands::lists(wanted, seen, &files));
    files
}

/// Returns where the runtime lies that the commands publish.
pub fn asset_path(release: &WantedRelease) -> String {
    format!("github/{}", release.asset)
}

pub(super) fn ruleset_path() -> &'static str {
    "github/ruleset.json"
}

pub(super) fn environment_path() -> &'static str {
    "github/environment.json"
}

pub(super) fn policy_path(name: &str) -> String {
    format!("aws/policies/{name}.json")
}

pub(super) fn trust_path(role: &str) -> String {
    format!("aws/trust/{role}.json")
}
