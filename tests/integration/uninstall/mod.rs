//! `port-iam uninstall` against the sandbox.

mod again;
mod faults;
mod foreign;
mod grants;
mod killed;
mod meanwhile;
mod taken_over;

use port_iam::sandbox::cast;
use port_iam::sandbox::github::Level;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use crate::contracts::judge;
use crate::harness::{Harness, Ran};
use crate::installed::{Installed, REPOSITORY};
use crate::oidc;

/// What is in the three systems, as far as anybody can see it, without what changes by itself.
pub(crate) fn state(harness: &Harness) -> Value {
    let mut port = json!({});
    harness.with_port(async |client| {
        let mut blueprints = client.blueprints().await.unwrap();
        for blueprint in &mut blueprints {
            let name = blueprint["identifier"].as_str().unwrap().to_owned();
            port["entities"][&name] = harness.sandbox.port.entities(&name).into();
            blueprint.as_object_mut().unwrap().retain(|key, _| !key.ends_with("At") && key != "id");
        }
        let actions = client.actions().await.unwrap();
        let names: Vec<Value> = actions.iter().map(|action| action["identifier"].clone()).collect();
        port["blueprints"] = blueprints.into();
        port["actions"] = names.into();
        port["page"] = client.page("iam_permissions_dashboard").await.unwrap().into();
    });
    let github = &harness.sandbox.github;
    let repositories = github.repository_names().into_iter().map(|name| {
        let branch = github.default_branch_of(&name).unwrap();
        let files = github.files(&name, &branch).unwrap_or_default();
        let files: Vec<String> = files.into_iter().map(|(path, text)| format!("{path}: {}", String::from_utf8_lossy(&text))).collect();
        let secrets = get(harness, &format!("/repos/{name}/actions/secrets"))["secrets"].clone();
        let releases = get(harness, &format!("/repos/{name}/releases"));
        json!({ "name": name, "files": files, "environments": github.environments(&name), "secrets": secrets, "releases": releases })
    });
    let repositories: Vec<Value> = repositories.collect();
    let mut aws = json!({});
    harness.with_aws(async |iam| {
        let roles = iam.list_roles().send().await.unwrap().roles;
        for role in roles {
            let attached = iam.list_attached_role_policies().role_name(&role.role_name).send().await.unwrap();
            let attached = attached.attached_policies.unwrap_or_default().into_iter().filter_map(|it| it.policy_arn);
            aws["roles"][&role.role_name] =
                json!({ "trust": role.assume_role_policy_document, "attached": attached.collect::<Vec<_>>() });
        }
        let providers = iam.list_open_id_connect_providers().send().await.unwrap();
        let providers = providers.open_id_connect_provider_list.unwrap_or_default();
        aws["providers"] = providers.into_iter().filter_map(|it| it.arn).collect();
    });
    aws["policies"] = harness.sandbox.aws.policy_arns("/").into();
    json!({ "port": port, "github": repositories, "aws": aws })
}

/// Asks GitHub for something by hand, as the platform engineer.
fn get(harness: &Harness, path: &str) -> Value {
    let url = format!("{}{path}", harness.variable("GITHUB_API_URL"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().user_agent("by hand").build().unwrap();
        client.get(url).bearer_auth(cast::ADA.github_token).send().await.unwrap().json().await.unwrap()
    })
}

fn writes(harness: &Harness, since: usize) -> Vec<Exchange> {
    [Api::Port, Api::Github, Api::Aws].into_iter().flat_map(|api| harness.writes(api, since)).collect()
}

fn allow_deletion_of_repositories(harness: &Harness) {
    let scopes = "repo, workflow, read:org, delete_repo";
    harness.sandbox.github.set_token_scopes(cast::ADA.github_token, cast::ADA.github_login, scopes);
}

fn left(ran: &Ran) -> Vec<String> {
    let left = ran.json()["left"].as_array().unwrap().clone();
    left.iter().map(|left| left["subject"].as_str().unwrap().to_owned()).collect()
}

/// Runs it once more, which must find nothing to do.
#[track_caller]
fn assert_nothing_to_do(harness: &Harness) {
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["uninstall", "--yes"]).exits(0);
    assert!(ran.stdout.starts_with("Nothing is there to be removed."), "{}", ran.stdout);
    assert_eq!(writes(harness, since).len(), 0, "{}", ran.stdout);
}

/// Lets the vendors' own documents judge everything that was sent.
fn assert_legal(harness: &Harness) {
    for (api, document, fewest) in [(Api::Port, "port.json", 40), (Api::Github, "github.json", 30)] {
        let exchanges = harness.sandbox.log.exchanges().into_iter();
        // GraphQL stands in no OpenAPI document, and Port's own dispatches are not ours.
        let is_judged = |exchange: &Exchange| exchange.api == api && exchange.path != "/graphql";
        let exchanges: Vec<Value> =
            exchanges.filter(is_judged).map(|exchange| serde_json::to_value(exchange).unwrap()).collect();
        judge(document, &exchanges, fewest);
    }
}

#[test]
fn the_three_systems_are_as_they_were_before_apart_from_what_is_named() {
    let harness = oidc::harness();
    let (before, inventory) = (state(&harness), harness.sandbox.inventory());
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    assert_ne!(state(&harness), before);
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    let expected = [
        "immutable releases of the repository",
        "repository acme/port-iam-permissions",
        "audit log, and the runs of the actions",
    ];
    assert_eq!(left(&ran), expected);
    let mut changes = inventory.changes(&harness.sandbox.inventory());
    changes.retain(|change| !change.starts_with("+ github acme/port-iam-permissions "));
    assert_eq!(changes, ["~ port audit log"]);
    let mut after = state(&harness);
    // The repository is named; nothing of ours is in it.
    let kept = after["github"].as_array_mut().unwrap().pop().unwrap();
    assert_eq!(after, before);
    assert_eq!(kept["name"], REPOSITORY);
    assert_eq!(harness.sandbox.github.rulesets(REPOSITORY), [""; 0]);
    assert_eq!(kept["files"], json!(["README.md: # port-iam-permissions\n"]));
    for empty in ["environments", "secrets", "releases"] {
        assert_eq!(kept[empty], json!([]), "{empty}");
    }
    assert_eq!(get(&harness, &format!("/repos/{REPOSITORY}/git/ref/tags/port-iam-v0.1.0"))["status"], "404");
    assert_nothing_to_do(&harness);
    assert_legal(&harness);
}

#[test]
fn with_the_repository_nothing_at_all_is_left() {
    let harness = oidc::harness();
    let before = harness.sandbox.inventory();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    // A token needs a scope for it, which is told before anything goes.
    let (since, there) = (harness.sandbox.log.len(), harness.sandbox.inventory());
    let ran = harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(4);
    assert!(ran.stderr.contains("gh auth refresh -s delete_repo"), "{}", ran.stderr);
    assert_eq!((writes(&harness, since).len(), there.changes(&harness.sandbox.inventory())), (0, Vec::new()));
    allow_deletion_of_repositories(&harness);
    harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(0);
    let changes = before.changes(&harness.sandbox.inventory());
    let [used, log] = changes.as_slice() else { panic!("{changes:#?}") };
    // GitHub remembers the tags of immutable releases, as was told.
    assert!(used.starts_with("+ github acme/port-iam-permissions used tag port-iam-v"), "{used}");
    assert_eq!(log, "~ port audit log");
    assert_nothing_to_do(&harness);
    assert_legal(&harness);
}

#[test]
fn what_keeps_the_catalog_in_step_goes_and_the_blueprint_it_watches_stays() {
    let harness = oidc::harness();
    let arn = json!({ "properties": { "arn": { "type": "string" } } });
    let blueprint = json!({ "identifier": "bucket", "title": "Bucket", "schema": arn });
    harness.with_port(async |port| port.create_blueprint(&blueprint).await.unwrap());
    let before = state(&harness);
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes", "--from-blueprint", "bucket", "--keep-in-step"]).exits(0);
    let shown = harness.run(&["uninstall", "--dry-run"]).exits(3);
    assert!(shown.stdout.contains("automation seed_from_bucket_123456789012"), "{}", shown.stdout);
    harness.run(&["uninstall", "--yes"]).exits(0);
    assert_eq!(state(&harness)["port"], before["port"]);
    assert_nothing_to_do(&harness);
}

#[test]
fn nothing_goes_for_somebody_who_may_not_delete_the_repository() {
    let harness = oidc::harness();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    // A token with permissions instead of scopes, of somebody who writes and does not administer.
    let fine_grained = "github_pat_of_somebody_who_writes";
    harness.sandbox.github.set_token_scopes(fine_grained, cast::DANA.github_login, "repo, workflow, delete_repo");
    assert!(harness.sandbox.github.add_collaborator(REPOSITORY, cast::DANA.github_login, Level::Write));
    let since = harness.sandbox.log.len();
    let ran = harness.run_with(
        &["uninstall", "--yes", "--delete-repository"],
        &[("GITHUB_TOKEN", fine_grained), ("GH_TOKEN", fine_grained)],
    );
    assert_eq!(ran.exit_code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("does not administer acme/port-iam-permissions"), "{}", ran.stderr);
    assert_eq!(writes(&harness, since).len(), 0);
}

#[test]
fn whatever_has_power_goes_before_what_guards_the_repository() {
    let harness = oidc::harness();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    let since = harness.sandbox.log.len();
    harness.run(&["uninstall", "--yes"]).exits(0);
    let exchanges = harness.sandbox.log.exchanges().split_off(since);
    let deleted = |part: &str| {
        let is_it = |exchange: &Exchange| {
            exchange.method == "DELETE" && exchange.path.contains(part) && !exchange.path.contains("/secrets/")
        };
        exchanges.iter().position(is_it).unwrap_or_else(|| panic!("{part} was not deleted"))
    };
    let last = |is_it: &dyn Fn(&Exchange) -> bool| exchanges.iter().rposition(is_it).unwrap();
    let guard = deleted("/rulesets/");
    assert!(last(&|it| it.method == "DELETE" && it.path.contains("/secrets/")) < guard);
    assert!(last(&|it| it.aws_action() == Some("DeleteRole")) < deleted("/environments/port-iam"));
    assert!(deleted("/environments/port-iam") < guard);
    assert!(guard < last(&|it| it.path == "/graphql" && it.body.to_string().contains("deletions")));
}

#[test]
fn a_file_edited_in_one_commit_with_ours_stays_until_it_is_forced() {
    let installed = Installed::new();
    let harness = &installed.harness;
    // A pull request of `init` that was squashed with somebody's own change bears our message.
    let workflow = ".github/workflows/create-iam-permissions.yaml";
    let text = harness.sandbox.github.file(REPOSITORY, "main", workflow).unwrap().replace("timeout", "#timeout");
    harness.sandbox.github.commit_file(REPOSITORY, "main", workflow, Some(text.as_bytes())).unwrap();
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    assert!(left(&ran).contains(&format!("file {workflow}")), "{}", ran.stdout);
    assert!(harness.sandbox.github.file(REPOSITORY, "main", workflow).is_some());
    let ran = harness.run(&["uninstall", "--dry-run", "--force"]).exits(3);
    assert!(ran.stdout.contains("what was edited in it is lost"), "{}", ran.stdout);
    harness.run(&["uninstall", "--yes", "--force"]).exits(0);
    assert_eq!(harness.sandbox.github.file(REPOSITORY, "main", workflow), None);
    assert_nothing_to_do(harness);
}

#[test]
fn what_people_have_added_to_ours_is_shown_before_anybody_says_yes() {
    let mut installed = Installed::new();
    installed.harness.with_port(async |port| {
        let mut blueprints = port.blueprints().await.unwrap();
        let blueprint = blueprints.iter_mut().find(|blueprint| blueprint["identifier"] == "aws_resource").unwrap();
        blueprint["schema"]["properties"]["cost_center"] = json!({ "type": "string", "title": "Cost centre" });
        for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
            blueprint.as_object_mut().unwrap().shift_remove(key);
        }
        port.replace_blueprint("aws_resource", blueprint).await.unwrap();
    });
    installed.harness.answers(&["n"]);
    let ran = installed.harness.run(&["uninstall"]).exits(3);
    assert!(ran.stderr.contains("with what people have added: the property cost_center"), "{}", ran.stderr);
}

#[test]
fn an_installation_with_access_keys_and_one_without_environments_go_as_well() {
    for has_environments in [true, false] {
        let harness = Harness::for_installation();
        harness.sandbox.github.set_plan(has_environments);
        let before = harness.sandbox.inventory();
        harness.run(&["init", "--yes", "--writers-are-admins"]).exits(0);
        harness.run(&["seed", "--yes"]).exits(0);
        let ran = harness.run(&["uninstall", "--yes"]).exits(0);
        let mut changes = before.changes(&harness.sandbox.inventory());
        assert!(!changes.iter().any(|change| change.contains(" secret ")), "{has_environments}: {changes:#?}");
        changes.retain(|change| !change.starts_with("+ github acme/port-iam-permissions "));
        assert_eq!(changes, ["~ port audit log"], "{has_environments}");
        assert!(ran.stdout.contains("an IAM user's access key"), "{}", ran.stdout);
        assert_nothing_to_do(&harness);
    }
}

#[test]
fn a_second_installation_goes_and_the_first_stays_as_it_is() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let grant = installed.granted().grant();
    let before = state(harness);
    let second = ["--prefix", "dev"];
    // The first one's ruleset lets nobody push.
    harness.run(&[&["init", "--yes"], &second[..]].concat()).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&[&["init", "--yes"], &second[..]].concat()).exits(0);
    let ran = harness.run(&[&["uninstall", "--yes", "--output", "json"], &second[..]].concat()).exits(3);
    let number = ran.json()["waiting_for"]["pull_request"].as_u64().unwrap();
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, number));
    assert!(left(&ran).contains(&"policy port-iam-boundary".to_owned()), "{}", ran.stdout);
    assert!(left(&ran).contains(&format!("grant {grant}")), "{}", ran.stdout);
    assert_eq!(state(harness), before);
}

#[test]
fn nothing_is_done_before_somebody_has_said_yes() {
    let mut installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["uninstall"]).exits(2);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    let ran = installed.harness.run(&["uninstall", "--dry-run"]).exits(3);
    for part in [
        "- Port   action request_permissions",
        "- AWS    policy port-iam-boundary",
        "What stays:",
        "= GitHub repository acme/",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let script = installed.harness.answers(&["n"]);
    let ran = installed.harness.run(&["uninstall", "--quiet"]).exits(3);
    assert!(ran.stderr.contains("- Port   action request_permissions"), "who is asked sees what for: {}", ran.stderr);
    assert_eq!(script.asked(), ["Remove this?"]);
    assert_eq!(writes(&installed.harness, since).len(), 0);
    installed.harness.answers(&["y"]);
    installed.harness.run(&["uninstall"]).exits(0);
    installed.harness.run(&["uninstall", "--dry-run"]).exits(0);
}

#[test]
fn the_repository_is_the_one_that_port_s_actions_name_where_nothing_else_does() {
    let mut installed = Installed::new();
    installed.harness.set("PORT_IAM_GITHUB_ORG", None);
    let ran = installed.harness.run(&["uninstall", "--yes"]).exits(0);
    assert!(ran.stderr.contains(REPOSITORY), "{}", ran.stderr);
    let ran = installed.harness.run(&["uninstall", "--yes"]).exits(2);
    assert!(ran.stderr.contains("--github-org"), "{}", ran.stderr);
    installed
        .harness
        .run_with(&["uninstall", "--dry-run", "--github-org", "acme"], &[("AWS_ACCOUNT_ID", "999999999999")])
        .exits(5);
}
