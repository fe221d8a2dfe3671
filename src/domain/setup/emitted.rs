//! What is wanted as files, for administrators who bring it about by their own means: Terraform, a pull request, a ticket.

use serde_json::Value;

use super::identities::WantedTrust;
use super::wanted::Wanted;

/// A file of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// Its path below the folder, with `/` between the parts; the first part is the system.
    pub path: String,
    /// The whole text.
    pub contents: String,
}

/// Returns everything that is wanted: bodies of Port's API, files of the repository, policies of AWS. Secrets and the
/// runtime's bytes are no part of it.
pub fn emitted(wanted: &Wanted) -> Vec<EmittedFile> {
    let json = |path: String, value: &Value| EmittedFile { path, contents: format!("{value:#}\n") };
    let of_port = |kind: &str, value: &Value| {
        let identifier = value["identifier"].as_str().unwrap_or_default();
        json(format!("port/{kind}/{identifier}.json"), value)
    };
    let mut files: Vec<EmittedFile> = wanted.blueprints.iter().map(|body| of_port("blueprints", body)).collect();
    files.extend(wanted.actions.iter().map(|body| of_port("actions", &super::action::asking(wanted, body))));
    files.extend(
        wanted
            .files
            .iter()
            .map(|file| EmittedFile { path: format!("github/{}", file.path), contents: file.contents.clone() }),
    );
    files.push(json("github/ruleset.json".to_owned(), &super::guard::ruleset()));
    if let Ok(boundary) = &wanted.boundary {
        files.push(json(format!("aws/policies/{}.json", wanted.names.boundary), boundary));
    }
    for policy in &wanted.identities.policies {
        files.push(json(format!("aws/policies/{}.json", policy.name), &policy.document));
    }
    for role in &wanted.identities.roles {
        if let WantedTrust::Known { document, .. } = &role.trust {
            files.push(json(format!("aws/trust/{}.json", role.name), document));
        }
    }
    files
}
