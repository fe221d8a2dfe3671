//! The planner, on what the assets of this project render to.

mod actions;
mod blueprints;
mod convergence;
mod files;
mod guard;
mod identities;
mod page;
mod permissions;
mod repository;
mod share;
mod upgrade;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::assets::{self, Backend, Keeper, Rendering, Runtime};
use crate::domain::github_host::GitHubHost;
use crate::domain::names::Names;
use crate::domain::own_command::Invocation;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::rules::ApprovalsNeeded;

fn rendering() -> Rendering {
    Rendering {
        further_accounts: Vec::new(),
        names: Names::default(),
        organization: "acme".to_owned(),
        repository: "port-iam-permissions".to_owned(),
        default_branch: "main".to_owned(),
        resource_types: ResourceTypes::default(),
        backend: Backend::GitHub,
        account_id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        port_api_url: "https://api.port.io".to_owned(),
        aws_endpoint_url: None,
        access: WorkflowAccess::AccessKey,
        store: SecretStore::Environment("port-iam".to_owned()),
        host: GitHubHost::GithubCom,
        runtime: Runtime {
            tag: "port-iam-v0.1.0-00000000".to_owned(),
            asset: "port-iam-x86_64-linux.gz".to_owned(),
            sha256: "0".repeat(64),
            version: "0.1.0".to_owned(),
        },
        code_owners: vec!["@ada".to_owned()],
        approvers: Vec::new(),
        approvals: ApprovalsNeeded::One,
    }
}

fn wanted() -> Wanted {
    wanted_of(&rendering())
}

fn wanted_of(rendering: &Rendering) -> Wanted {
    let files = assets::repository_files(rendering).unwrap();
    let file = |file: assets::RepositoryFile| WantedFile {
        blobs_before: Vec::new(),
        // The planner only compares hashes, so the text is as good as one.
        blob: file.contents.clone(),
        only_if_missing: file.keeper == Keeper::Operator,
        instead: file.instead,
        path: file.path,
        contents: file.contents,
    };
    Wanted {
        names: rendering.names.clone(),
        owner: rendering.organization.clone(),
        repository: rendering.repository.clone(),
        default_branch: rendering.default_branch.clone(),
        blueprints: assets::blueprints(&rendering.names, &rendering.resource_types).unwrap(),
        actions: assets::actions(rendering).unwrap(),
        page: assets::dashboard(&rendering.names).unwrap(),
        page_choice: PageChoice::default(),
        through_the_app: rendering.backend == Backend::GitHub,
        files: files.into_iter().map(file).collect(),
        store: rendering.store.clone(),
        access: rendering.access,
        access_source: AccessSource::default(),
        identities: WantedIdentities::none(),
        release: WantedRelease {
            tag: rendering.runtime.tag.clone(),
            asset: rendering.runtime.asset.clone(),
            digest: format!("sha256:{}", rendering.runtime.sha256),
        },
        boundary: Ok(assets::boundary_policy().unwrap()),
        approval: WantedApproval::default(),
        asks_for_approval: false,
        approvers: Vec::new(),
        administrators: None,
        consent: Consent::default(),
        share: Systems::ALL,
        invocation: Invocation::default(),
    }
}

fn nothing() -> Seen {
    Seen {
        blueprints: Vec::new(),
        actions: Vec::new(),
        blueprint_permissions: BTreeMap::new(),
        action_permissions: BTreeMap::new(),
        page: PageSeen::Absent,
        repository: None,
        boundary: BoundarySeen::Absent,
        identities: IdentitiesSeen::default(),
        app: App::Installed,
        token_scopes: Some(vec!["repo".to_owned(), "workflow".to_owned()]),
        integrations_visible: true,
        looked_at: Systems::ALL,
    }
}

/// What is there after everything was done.
fn everything(wanted: &Wanted) -> Seen {
    let mut seen = nothing();
    carry_out(wanted, &mut seen);
    seen
}

/// Carries the plan out on the model, as the engine does on the real things.
fn carry_out(wanted: &Wanted, seen: &mut Seen) {
    loop {
        let plan = plan(wanted, seen);
        let writes: Vec<Write> = plan.writes().map(|(_, write)| write.clone()).collect();
        let replans = writes.iter().any(|write| matches!(write, Write::Repository { .. } | Write::FirstCommit));
        for write in writes {
            let makes_ground = matches!(write, Write::Repository { .. } | Write::FirstCommit);
            perform(write, seen);
            if makes_ground {
                break;
            }
        }
        if !replans {
            return;
        }
    }
}

fn perform(write: Write, seen: &mut Seen) {
    match write {
        Write::Boundary { document, .. } | Write::BoundaryDocument { document, .. } => {
            seen.boundary = BoundarySeen::Present(document)
        }
        Write::OidcProvider => seen.identities.provider = ProviderSeen::Present(vec!["sts.amazonaws.com".to_owned()]),
        Write::IdentityPolicy { name, document } => {
            seen.identities.policies.insert(name, BoundarySeen::Present(document));
        }
        Write::NewRole { name, trust: Some(trust), policy_arn, tags } => {
            let found = RoleFound { trust, tags, attached: vec![policy_arn], inline: Vec::new() };
            seen.identities.roles.insert(name, RoleSeen::Present(found));
        }
        Write::BlueprintPermissions { identifier, body } => {
            seen.blueprint_permissions.insert(identifier, body);
        }
        Write::ActionPermissions { identifier, body } => {
            let held = seen.action_permissions.entry(identifier).or_insert_with(|| json!({}));
            held.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        }
        Write::NewBlueprint(body) => seen.blueprints.push(stamped(body)),
        Write::Blueprint { identifier, body } => put(&mut seen.blueprints, &identifier, body),
        Write::NewAction(body) => seen.actions.push(stamped(body)),
        Write::Action { identifier, body } => put(&mut seen.actions, &identifier, body),
        Write::NewPage(body) | Write::Page { body, .. } => seen.page = PageSeen::Present(stamped(body)),
        Write::Repository { .. } => {
            seen.repository = Some(RepositorySeen {
                visibility: Visibility::Private,
                rules: BranchRules::InForce(Vec::new()),
                rulesets: Vec::new(),
                code_owners: None,
                users_of_secrets: Vec::new(),
                immutable_releases: Some(false),
                blobs: Some(BTreeMap::new()),
                differing: BTreeMap::new(),
                templates: BTreeMap::new(),
                disabled_workflows: BTreeMap::new(),
                environment: None,
                environment_secrets: Vec::new(),
                repository_secrets: Vec::new(),
                release: ReleaseSeen::Absent,
                release_tag: None,
            });
        }
        other => {
            let repository = seen.repository.as_mut().expect("a repository that can be written to");
            match other {
                Write::ImmutableReleases => repository.immutable_releases = Some(true),
                Write::Ruleset { id, body } => {
                    let id = id.unwrap_or(9);
                    let mut rules = body["rules"].as_array().unwrap().clone();
                    rules.iter_mut().for_each(|rule| rule["ruleset_id"] = json!(id));
                    repository.rules = BranchRules::InForce(rules);
                    let mut ruleset = body;
                    ruleset["id"] = json!(id);
                    repository.rulesets = vec![ruleset];
                }
                Write::FirstCommit => repository.blobs = Some(BTreeMap::new()),
                Write::Environment { branch, .. } => repository.environment = Some(BranchesSeen::Named(vec![branch])),
                Write::Secrets { store, names } => {
                    let held = match store {
                        SecretStore::Environment(_) => &mut repository.environment_secrets,
                        SecretStore::Repository => &mut repository.repository_secrets,
                    };
                    held.extend(names.into_iter().map(str::to_owned));
                }
                Write::Release(release) => {
                    repository.release = ReleaseSeen::Published { digest: Some(release.digest) };
                }
                Write::EnableWorkflow { file } => _ = repository.disabled_workflows.remove(&file),
                Write::Commit(files) => {
                    let blobs = repository.blobs.as_mut().expect("a repository with a commit");
                    for WantedFile { path, blob, .. } in files {
                        repository.differing.remove(&path);
                        blobs.insert(path, blob);
                    }
                }
                _ => unreachable!("performed above"),
            }
        }
    }
}

fn stamped(mut body: Value) -> Value {
    for key in ["createdAt", "updatedAt"] {
        body[key] = json!("2026-11-23T20:00:00.000Z");
    }
    body["id"] = json!("bp_1");
    body["createdBy"] = json!("auth0|ada");
    body["updatedBy"] = json!("auth0|ada");
    body
}

fn put(all: &mut [Value], identifier: &str, body: Value) {
    for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        assert!(body.get(key).is_none(), "{key} is sent back to Port");
    }
    let place = all.iter_mut().find(|value| value["identifier"] == identifier).expect("something to replace");
    *place = stamped(body);
}

fn find<'a>(all: &'a mut [Value], identifier: &str) -> &'a mut Value {
    all.iter_mut().find(|value| value["identifier"] == identifier).unwrap()
}

#[track_caller]
fn step(plan: &Plan, subject: &str) -> Step {
    plan.steps
        .iter()
        .find(|step| step.subject.to_string().starts_with(subject))
        .cloned()
        .unwrap_or_else(|| panic!("{plan}"))
}
