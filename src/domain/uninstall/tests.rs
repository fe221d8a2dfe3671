//! The plan of a removal, from what was seen.

mod grants;
mod neighbours;
mod of_others;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::assets;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::setup::{Origin, PageSeen, SETUP_COMMIT, SecretStore};

const SCOPE: &str = "org_1/7";
const ACTIONS: [&str; 5] = [
    "request_permissions",
    "extend_permissions",
    "return_permissions",
    "revoke_permissions",
    "revoke_expired_permissions",
];

fn action(identifier: &str, repository: &str) -> Value {
    json!({ "identifier": identifier, "description": "[made by port-iam init]", "trigger": { "type": "self-service" },
        "invocationMethod": { "type": "GITHUB", "org": "Acme", "repo": repository, "workflow": "create-iam-permissions.yaml" } })
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// Our ruleset as `init` makes it, a minute behind its first release.
fn ruleset(id: u64) -> RulesetSeen {
    let rules = ["deletion", "non_fast_forward", "pull_request"].map(str::to_owned).to_vec();
    RulesetSeen { id, is_ours: true, rules, made: at("2026-11-20T10:01:00Z") }
}

/// An installation as `init --aws-setup` and `seed` leave it.
fn installed() -> Seen {
    let names = Names::default();
    let account = AwsAccount { id: AccountId::parse("x", "123456789012").unwrap(), partition: "aws".to_owned() };
    let workflow = ".github/workflows/create-iam-permissions.yaml".to_owned();
    let files = vec![
        FileSeen { path: workflow, origin: Origin::AsWritten },
        FileSeen { path: ".github/port-iam.yaml".to_owned(), origin: Origin::AsWritten },
    ];
    let role = |name: &str| RoleSeen {
        name: name.to_owned(),
        is_marked: true,
        was_there_before: false,
        scope: Some(SCOPE.to_owned()),
        attached: vec![format!("arn:aws:iam::123456789012:policy/{name}")],
        inline: Vec::new(),
    };
    let policy = |name: &str, held_by: &[&str]| PolicySeen {
        name: name.to_owned(),
        arn: format!("arn:aws:iam::123456789012:policy/{name}"),
        is_marked: true,
        holders: held_by.iter().map(|name| Holder { kind: "role", name: (*name).to_owned() }).collect(),
    };
    let entities = |seeded: &[&str]| EntitiesSeen {
        seeded: seeded.iter().map(|name| (*name).to_owned()).collect(),
        others: Vec::new(),
    };
    let originals = Originals {
        blueprints: assets::blueprints(&names, &ResourceTypes::default()).unwrap(),
        forms: assets::action_forms(&names).unwrap(),
        page: assets::dashboard(&names).unwrap(),
    };
    Seen {
        blueprints: originals.blueprints.clone(),
        permissions: BTreeMap::new(),
        page: PageSeen::Present(originals.page.clone()),
        originals,
        target: ("acme".to_owned(), "port-iam-permissions".to_owned()),
        actions: ACTIONS.map(|identifier| action(identifier, "port-iam-permissions")).to_vec(),
        entities: BTreeMap::from([
            ("aws_resource".to_owned(), entities(&["arn:aws:s3:::b"])),
            ("iam_permissions".to_owned(), entities(&["s3:PutObject"])),
            ("provisioned_permissions".to_owned(), entities(&[])),
            ("permission_records".to_owned(), entities(&[])),
        ]),
        grants: Vec::new(),
        grants_of_others: BTreeSet::new(),
        repository: Some(RepositorySeen {
            branch: "main".to_owned(),
            files,
            other_files: 1,
            ruleset: Some(ruleset(9)),
            has_immutable_releases: true,
            environment: Some(EnvironmentSeen { made: at("2026-11-20T09:59:00Z"), ..EnvironmentSeen::default() }),
            environment_secrets: vec!["PORT_CLIENT_ID".to_owned(), "PORT_CLIENT_SECRET".to_owned()],
            releases: vec![ReleaseSeen {
                id: 3,
                tag: "port-iam-v0.1.0-abc".to_owned(),
                is_draft: false,
                is_immutable: false,
                published: at("2026-11-20T10:00:00Z"),
                assets: vec!["port-iam-x86_64-linux.gz".to_owned()],
            }],
            ..RepositorySeen::default()
        }),
        scope: Some(SCOPE.to_owned()),
        aws: AwsSeen {
            account,
            roles: vec![role("port-iam-granter"), role("port-iam-revoker")],
            policies: vec![
                policy("port-iam-granter", &["port-iam-granter"]),
                policy("port-iam-revoker", &["port-iam-revoker"]),
                policy("port-iam-boundary", &[]),
            ],
            provider: Some(ProviderSeen {
                arn: "arn:aws:iam::123456789012:oidc-provider/x".to_owned(),
                is_marked: true,
                trusted_by: vec!["port-iam-granter".to_owned(), "port-iam-revoker".to_owned()],
            }),
        },
        further: Vec::new(),
        left_accounts: BTreeSet::new(),
        names,
    }
}

fn subjects(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| step.subject.clone()).collect()
}

#[track_caller]
fn stays(plan: &Plan, subject: &str, reason: &str) {
    let left = plan.left.iter().find(|left| left.subject == subject);
    let left = left.unwrap_or_else(|| panic!("{subject} is not named: {:#?}", plan.left));
    assert!(left.reason.contains(reason), "{left:?}");
    assert!(!subjects(plan).contains(&subject.to_owned()), "{subject} goes");
}

fn row(grant: &str, state: State) -> Row {
    Row {
        grant: grant.to_owned(),
        requesters: vec!["dana@acme.example".to_owned()],
        resources: vec!["arn:aws:s3:::b".to_owned()],
        actions: Vec::new(),
        account: Some("123456789012".to_owned()),
        from: None,
        until: None,
        ended: None,
        state,
        is_listed: true,
        is_recorded: true,
        reason: None,
        extends: None,
        scope: None,
        differences: Vec::new(),
    }
}
