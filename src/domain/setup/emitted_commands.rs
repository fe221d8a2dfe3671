//! The commands that bring about what was written as files, for an administrator of one system, who has that system's
//! own tools and not this one.

use super::emitted::{EmittedFile, asset_path, environment_path, policy_path, ruleset_path, trust_path};
use super::generated::SETUP_COMMIT;
use super::guard;
use super::identities::{WantedTrust, WantedUser, attach_user_policy, create_policy, create_provider, mark, role_tags};
use super::seen::Seen;
use super::wanted::{SecretStore, Wanted, WorkflowAccess};
use crate::domain::own_command::shell_word;
use crate::domain::runtime::own_version;

/// Stands at the head of each list.
const HEAD: &str = "# Run in the folder that these files were written to, in this order. This is for what is not there \
                    yet: `port-iam plan` tells what is.\n";

/// Returns a list of commands for each system.
pub(super) fn lists(wanted: &Wanted, seen: &Seen, files: &[EmittedFile]) -> Vec<EmittedFile> {
    let mut lists = vec![
        list("port/commands.txt", &port(files)),
        list("github/commands.txt", &github(wanted, seen)),
        list("aws/commands.txt", &aws(wanted)),
    ];
    let roles = roles(wanted);
    if !roles.is_empty() {
        lists.push(list("aws/roles.txt", &roles));
    }
    lists
}

fn list(path: &str, commands: &[String]) -> EmittedFile {
    EmittedFile { path: path.to_owned(), contents: format!("{HEAD}{}\n", commands.join("\n")) }
}

/// A call of Port's API. Port makes the permissions of what was just created a moment later.
fn port(files: &[EmittedFile]) -> Vec<String> {
    const CALL: &str = "curl --silent --show-error --fail-with-body";
    let call = |method: &str, route: &str, path: &str| {
        let patience = if method == "PATCH" { " --retry 8 --retry-delay 1 --retry-all-errors" } else { "" };
        format!(
            "{CALL}{patience} --request {method} \"$PORT_API_URL/v1/{route}\" --header \"Authorization: Bearer $PORT_TOKEN\" --json @{path}"
        )
    };
    let mut commands = vec![
        "# PORT_API_URL is Port's address, such as https://api.port.io; PORT_TOKEN an access token of an administrator."
            .to_owned(),
    ];
    for (kind, query) in [("blueprints", "?create_catalog_page=true"), ("actions", ""), ("pages", "")] {
        let own = format!("port/{kind}/");
        let bodies = files.iter().filter(|file| file.path.starts_with(&own));
        commands.extend(bodies.map(|file| call("POST", &format!("{kind}{query}"), &file.path)));
        let own = format!("port/permissions/{kind}/");
        commands.extend(files.iter().filter_map(|file| {
            let identifier = file.path.strip_prefix(&own)?.strip_suffix(".json")?;
            Some(call("PATCH", &format!("{kind}/{identifier}/permissions"), &file.path))
        }));
    }
    commands
}

fn github(wanted: &Wanted, seen: &Seen) -> Vec<String> {
    let place = format!("{}/{}", wanted.owner, wanted.repository);
    let mut commands = vec![format!("gh repo create {place} --private --add-readme")];
    let mut of_secret = format!("--repo {place}");
    if let SecretStore::Environment(name) = &wanted.store {
        let route = format!("repos/{place}/environments/{name}");
        commands.push(format!("gh api --method PUT {route} --input {}", environment_path()));
        let branch = shell_word(&format!("name={}", wanted.default_branch));
        commands.push(format!("gh api --method POST {route}/deployment-branch-policies --raw-field {branch}"));
        of_secret.push_str(&format!(" --env {name}"));
    }
    if guard::immutable_releases(seen.repository.as_ref()).is_some() {
        commands.push(format!("gh api --method PUT repos/{place}/immutable-releases"));
    }
    let release = &wanted.release;
    commands.push(format!(
        "# {} is the program that the workflows run, compressed by `gzip`; they take it only with the digest {}.",
        asset_path(release),
        release.digest
    ));
    commands.push("# Where GitHub says that its tag was used by an immutable release, that one was deleted: `port-iam init --only github` publishes the program under the next tag, and has the workflows take it from there.".to_owned());
    commands.push(format!("gh release create {} {} --repo {place} --notes ''", release.tag, asset_path(release)));
    // `plan`, `doctor` and `uninstall` take the files of another commit for somebody else's, whatever they hold.
    commands.push(format!(
        "gh repo clone {place} checkout && cp -R github/.github checkout/ && git -C checkout add .github && git -C checkout commit --message '{SETUP_COMMIT}{}' && git -C checkout push",
        own_version()
    ));
    commands.push("# Leave this out where GitHub's plan has no rulesets for private repositories.".to_owned());
    commands.push(format!("gh api --method POST repos/{place}/rulesets --input {}", ruleset_path()));
    // Behind what guards them.
    commands.push("# Before a secret is there: no other workflow than those of github/.github/workflows may be on the default branch, nor one that differs.".to_owned());
    commands.push("git -C checkout pull && ls checkout/.github/workflows".to_owned());
    commands.push("# Each asks for its value: credentials of the workflows alone, not your own.".to_owned());
    let secrets = wanted.access.secret_pairs();
    commands.extend(secrets.iter().flatten().map(|name| format!("gh secret set {name} {of_secret}")));
    commands
}

fn aws(wanted: &Wanted) -> Vec<String> {
    let create = |name: &str| create_policy(name, &policy_path(name));
    let mut commands = vec![create(&wanted.names.boundary)];
    if wanted.identities.provider_arn.is_some() {
        commands.push(create_provider());
    }
    commands.extend(wanted.identities.policies.iter().map(|policy| create(policy.name)));
    match &wanted.identities.user {
        Some(user) => commands.extend(of_user(user)),
        None if wanted.access == WorkflowAccess::AccessKey => commands.push(OWN_USER.to_owned()),
        None => {}
    }
    if !wanted.identities.roles.is_empty() {
        commands.push(
            "# The roles trust the number of the repository: once it is there, `port-iam plan --emit` writes roles.txt too, with a token that may read it."
                .to_owned(),
        );
    }
    commands
}

/// What is said where the workflows have an access key and the user of our name is another installation's.
const OWN_USER: &str = "# The access key is that of an IAM user of this installation's own, whose name it does not know: make one, attach these policies to it, and create its key. The user port-iam-management-user is the first installation's.";

/// The workflows' IAM user, with its policies and the key that GitHub's list asks for.
fn of_user(user: &WantedUser) -> Vec<String> {
    let name = user.name;
    let mut commands = vec![format!("aws iam create-user --user-name {name} --tags {}", mark())];
    commands.extend(user.policies.iter().map(|policy| attach_user_policy(name, &policy.arn)));
    commands.push(
        "# It prints the key once: its two values are what GitHub's list asks for, and belong nowhere else.".to_owned(),
    );
    commands.push(format!("aws iam create-access-key --user-name {name}"));
    commands
}

fn roles(wanted: &Wanted) -> Vec<String> {
    let mut commands = Vec::new();
    for role in &wanted.identities.roles {
        if let WantedTrust::Known { scope, .. } = &role.trust {
            commands.push(format!(
                "aws iam create-role --role-name {} --assume-role-policy-document file://{} --tags {}",
                role.name,
                trust_path(role.name),
                role_tags(scope)
            ));
            commands.push(format!(
                "aws iam attach-role-policy --role-name {} --policy-arn {}",
                role.name,
                shell_word(&role.policy_arn)
            ));
        }
    }
    commands
}
