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
            environment: Some(EnvironmentSeen::default()),
            environment_secrets: vec!["PORT_CLIENT_ID".to_owned(), "PORT_CLIENT_SECRET".to_owned()],
            releases: vec![ReleaseSeen {
                id: 3,
                tag: "port-iam-v0.1.0-abc".to_owned(),
                is_draft: false,
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

#[test]
fn everything_that_was_set_up_goes_with_the_actions_first_and_targets_behind_their_relator() {
    let plan = plan(&installed(), Consent::default());
    let expected = [
        "action request_permissions",
        "action extend_permissions",
        "action return_permissions",
        "action revoke_permissions",
        "action revoke_expired_permissions",
        "page iam_permissions_dashboard",
        "blueprint provisioned_permissions",
        "1 entity of iam_permissions",
        "blueprint iam_permissions",
        "1 entity of aws_resource",
        "blueprint aws_resource",
        "blueprint permission_records",
        "secrets of the environment port-iam",
        "role port-iam-granter",
        "role port-iam-revoker",
        "policy port-iam-granter",
        "policy port-iam-revoker",
        "policy port-iam-boundary",
        "identity provider for GitHub's tokens",
        "environment port-iam",
        "ruleset port-iam",
        "files on the branch main",
        "release port-iam-v0.1.0-abc",
    ];
    assert_eq!(subjects(&plan), expected);
    let left: Vec<&str> = plan.left.iter().map(|left| left.subject.as_str()).collect();
    let expected = [
        "immutable releases of the repository",
        "repository acme/port-iam-permissions",
        "audit log, and the runs of the actions",
    ];
    assert_eq!(left, expected);
    assert_eq!(plan.refusal(), None);
}

#[test]
fn a_repository_goes_last_and_only_by_word_and_only_where_it_is_ours() {
    let by_word = Consent { delete_repository: true, ..Consent::default() };
    let whole = plan(&installed(), by_word);
    assert_eq!(subjects(&whole).last().unwrap(), "repository acme/port-iam-permissions");
    assert!(!subjects(&whole).iter().any(|subject| subject.starts_with("files")));
    assert!(whole.steps.last().unwrap().lines.iter().any(|line| line.contains("1 files that are not ours")));
    let mut seen = installed();
    seen.repository = Some(RepositorySeen { branch: "main".to_owned(), ..RepositorySeen::default() });
    stays(&plan(&seen, by_word), "repository acme/port-iam-permissions", "nothing in it is of this installation");
}

#[test]
fn what_somebody_else_made_or_changed_stays_and_is_named() {
    let mut seen = installed();
    seen.actions[0] = action("request_permissions", "other");
    let repository = seen.repository.as_mut().unwrap();
    repository.ruleset = Some(RulesetSeen { is_ours: false, ..ruleset(9) });
    repository.files[1].origin = Origin::Edited;
    repository.files.push(FileSeen { path: CODEOWNERS.to_owned(), origin: Origin::Foreign });
    repository.environment_variables = vec!["THEIRS".to_owned()];
    repository.repository_secrets = vec!["port_client_id".to_owned(), "OTHER".to_owned()];
    repository.releases[0].assets.push("theirs.zip".to_owned());
    seen.entities.get_mut("aws_resource").unwrap().others.push("arn:aws:s3:::theirs".to_owned());
    seen.aws.policies[0].is_marked = false;
    seen.aws.policies[1].holders.push(Holder { kind: "user", name: "carol".to_owned() });
    seen.aws.provider.as_mut().unwrap().trusted_by.push("deployer".to_owned());
    let plan = plan(&seen, Consent::default());
    stays(&plan, "action request_permissions", "not of this installation");
    stays(&plan, "file .github/port-iam.yaml", "somebody has edited it");
    stays(&plan, "file .github/CODEOWNERS", "`init` did not write it");
    stays(&plan, "ruleset port-iam", "not one that `init` makes");
    stays(&plan, "environment port-iam", "THEIRS");
    stays(&plan, "secret port_client_id of the repository", "environment");
    stays(&plan, "release port-iam-v0.1.0-abc", "not ours");
    stays(&plan, "blueprint aws_resource", "1 entity that `seed` did not make: arn:aws:s3:::theirs");
    stays(&plan, "policy port-iam-granter", "mark");
    stays(&plan, "policy port-iam-revoker", "the user carol");
    stays(&plan, "identity provider for GitHub's tokens", "deployer");
    assert!(subjects(&plan).contains(&"1 entity of aws_resource".to_owned()), "what `seed` made goes all the same");
}

#[test]
fn a_provider_that_was_there_before_is_never_deleted() {
    let mut seen = installed();
    seen.aws.provider.as_mut().unwrap().is_marked = false;
    stays(&plan(&seen, Consent::default()), "identity provider for GitHub's tokens", "did not make it");
}

#[test]
fn a_blueprint_on_which_something_of_others_hangs_stays_with_what_it_relates_to() {
    let relating = json!({ "identifier": "theirs", "schema": { "properties": {} },
        "relations": { "bucket": { "target": "aws_resource" } } });
    let mut seen = installed();
    seen.blueprints.push(relating);
    stays(&plan(&seen, Consent::default()), "blueprint aws_resource", "the blueprint theirs");
    for trigger in [
        json!({ "type": "self-service", "blueprintIdentifier": "provisioned_permissions" }),
        json!({ "type": "automation", "event": { "blueprintIdentifier": "provisioned_permissions" } }),
    ] {
        let mut seen = installed();
        seen.actions.push(json!({ "identifier": "theirs", "trigger": trigger, "invocationMethod": {} }));
        let plan = plan(&seen, Consent::default());
        stays(&plan, "blueprint provisioned_permissions", "the action or automation theirs");
        stays(&plan, "blueprint iam_permissions", "the blueprint provisioned_permissions");
        assert!(!subjects(&plan).contains(&"action theirs".to_owned()));
    }
}

#[test]
fn entities_of_others_go_by_word_and_records_never() {
    let mut seen = installed();
    seen.entities.get_mut("aws_resource").unwrap().others.push("arn:aws:s3:::theirs".to_owned());
    seen.entities.get_mut("permission_records").unwrap().others.push("Permission-r_1".to_owned());
    let plan = plan(&seen, Consent { delete_entities: true, ..Consent::default() });
    assert!(subjects(&plan).contains(&"2 entities of aws_resource".to_owned()), "{:?}", subjects(&plan));
    assert!(subjects(&plan).contains(&"blueprint aws_resource".to_owned()));
    stays(&plan, "blueprint permission_records", "the permanent record of who had access");
}

#[test]
fn nothing_goes_while_somebody_can_use_a_grant_unless_all_are_to_be_revoked() {
    for (state, is_refused) in
        [(State::Live, true), (State::Granting, true), (State::Expired, false), (State::Missing, false)]
    {
        let mut seen = installed();
        seen.grants = vec![row("Permission-r_1", state)];
        let held = plan(&seen, Consent::default());
        assert_eq!(
            held.refusal().map(|refusal| refusal.code.as_str()),
            is_refused.then_some("grants-live"),
            "{state:?}"
        );
        let revoked = plan(&seen, Consent { revoke_all: true, ..Consent::default() });
        assert_eq!(revoked.refusal(), None);
        let position = |subject: &str| subjects(&revoked).iter().position(|one| one == subject).unwrap();
        let grant = position("grant Permission-r_1");
        assert!(
            position("action revoke_expired_permissions") < grant
                && grant < position("blueprint provisioned_permissions")
        );
    }
    // Of another account nobody here knows anything.
    let mut seen = installed();
    seen.grants = vec![Row { account: Some("210987654321".to_owned()), ..row("Permission-r_1", State::Expired) }];
    assert!(plan(&seen, Consent { revoke_all: true, ..Consent::default() }).refusal().is_some());
}

#[test]
fn another_installation_keeps_its_grants_its_roles_and_what_both_use() {
    let mut seen = installed();
    let other = Some("org_1/8".to_owned());
    seen.grants = vec![Row { is_listed: false, scope: other.clone(), ..row("Permission-r_9", State::Live) }];
    seen.aws.roles[0].scope = other;
    let plan = plan(&seen, Consent { revoke_all: true, ..Consent::default() });
    assert_eq!(plan.refusal(), None);
    stays(&plan, "grant Permission-r_9", "org_1/8");
    stays(&plan, "role port-iam-granter", "another installation (org_1/8)");
    stays(&plan, "policy port-iam-boundary", "another installation");
    stays(&plan, "identity provider for GitHub's tokens", "port-iam-granter");
    // One that Port alone tells of shares the boundary as well.
    let mut seen = installed();
    seen.blueprints.push(json!({ "identifier": "dev_provisioned_permissions" }));
    stays(&super::plan(&seen, Consent::default()), "policy port-iam-boundary", "another installation");
}

#[test]
fn two_installations_in_one_repository_have_one_scope_and_are_told_apart_all_the_same() {
    let mut seen = installed();
    seen.actions.push(action("dev_request_permissions", "Port-IAM-permissions"));
    let owners = FileSeen { path: CODEOWNERS.to_owned(), origin: Origin::AsWritten };
    seen.repository.as_mut().unwrap().files.push(owners);
    let unlisted = Row { is_listed: false, scope: seen.scope.clone(), ..row("Permission-r_9", State::Live) };
    seen.grants = vec![unlisted.clone()];
    assert!(plan(&seen, Consent::default()).refusal().is_some(), "it is on our record");
    seen.grants = vec![Row { is_recorded: false, ..unlisted.clone() }];
    assert!(plan(&seen, Consent::default()).refusal().is_none(), "nobody knows whose it is");
    seen.grants = vec![unlisted];
    seen.grants_of_others.insert("Permission-r_9".to_owned());
    let consent = Consent { revoke_all: true, delete_repository: true, ..Consent::default() };
    let plan = plan(&seen, consent);
    for subject in [
        "grant Permission-r_9",
        "role port-iam-granter",
        "policy port-iam-boundary",
        "release port-iam-v0.1.0-abc",
        "ruleset port-iam",
        "file .github/CODEOWNERS",
        "repository acme/port-iam-permissions",
    ] {
        stays(&plan, subject, "another installation");
    }
    assert!(subjects(&plan).contains(&"files on the branch main".to_owned()));
}

#[test]
fn without_the_repository_nobody_knows_whose_the_roles_are() {
    let mut seen = installed();
    (seen.repository, seen.scope) = (None, None);
    let plan = plan(&seen, Consent { delete_repository: true, ..Consent::default() });
    stays(&plan, "role port-iam-granter", "the repository is gone");
    stays(&plan, "policy port-iam-granter", "another installation");
}

#[test]
fn secrets_of_a_repository_without_environment_go_before_the_workflow_that_tells_they_are_ours() {
    let mut seen = installed();
    let repository = seen.repository.as_mut().unwrap();
    repository.environment = None;
    repository.environment_secrets = Vec::new();
    repository.repository_secrets = vec!["PORT_CLIENT_ID".to_owned(), "THEIRS".to_owned()];
    let subjects_of = |seen: &Seen| subjects(&plan(seen, Consent::default()));
    let position = |subject: &str| subjects_of(&seen).iter().position(|one| one == subject).unwrap();
    assert!(position("secrets of the repository") < position("files on the branch main"));
    seen.repository.as_mut().unwrap().files.clear();
    stays(&plan(&seen, Consent::default()), "secret PORT_CLIENT_ID of the repository", "no workflow of ours");
}

#[test]
fn what_is_gone_is_not_planned_again() {
    let mut seen = installed();
    seen.blueprints.clear();
    seen.actions.clear();
    seen.page = PageSeen::Absent;
    seen.entities.clear();
    seen.repository = Some(RepositorySeen { branch: "main".to_owned(), ..RepositorySeen::default() });
    (seen.aws.roles, seen.aws.policies, seen.aws.provider) = (Vec::new(), Vec::new(), None);
    let plan = plan(&seen, Consent { revoke_all: true, delete_entities: true, ..Consent::default() });
    assert_eq!(subjects(&plan), [""; 0]);
}

#[test]
fn an_edited_file_goes_by_word_alone_and_a_foreign_one_never() {
    let mut seen = installed();
    let files = &mut seen.repository.as_mut().unwrap().files;
    files[0].origin = Origin::Foreign;
    files[1].origin = Origin::Edited;
    let forced = plan(&seen, Consent { force: true, ..Consent::default() });
    let files = forced.steps.iter().find(|step| step.subject.starts_with("files")).unwrap();
    assert_eq!(files.removal, Removal::Files(vec![".github/port-iam.yaml".to_owned()]));
    assert_eq!(files.lines, [".github/port-iam.yaml: what was edited in it is lost"]);
    stays(&forced, "file .github/workflows/create-iam-permissions.yaml", "did not write it");
}

#[test]
fn a_template_is_ours_while_init_alone_committed_it_and_it_says_what_init_writes() {
    let ours = format!("{SETUP_COMMIT}0.1.0");
    let origin = |is_as_written: bool, commits: &[&String]| {
        let commits: Vec<String> = commits.iter().map(|&commit| commit.clone()).collect();
        FileSeen::of_template("t".to_owned(), is_as_written, &commits).origin
    };
    let theirs = "Add Port's guide".to_owned();
    assert_eq!(origin(true, &[&ours]), Origin::AsWritten);
    assert_eq!(origin(false, &[&ours]), Origin::Edited, "a squashed pull request may hold more than it says");
    assert_eq!(origin(true, &[&theirs, &ours]), Origin::Edited);
    assert_eq!(origin(true, &[&theirs]), Origin::Foreign, "Port's guide has the same one");
    assert_eq!(origin(true, &[]), Origin::Foreign);
}

#[test]
fn the_records_stay_where_a_revocation_is_about_to_write_some() {
    let mut seen = installed();
    seen.grants = vec![row("Permission-r_1", State::Live)];
    let consent = Consent { revoke_all: true, ..Consent::default() };
    stays(
        &plan(&seen, consent),
        "blueprint permission_records",
        "the permanent records of the grants that are revoked",
    );
    // Of a role that nobody has listed nothing is recorded.
    seen.grants = vec![Row { is_listed: false, ..row("Permission-r_1", State::Live) }];
    assert!(subjects(&plan(&seen, consent)).contains(&"blueprint permission_records".to_owned()));
}

#[test]
fn what_people_have_added_to_ours_is_named_before_it_goes() {
    let mut seen = installed();
    let resource = seen.blueprints.iter_mut().find(|blueprint| blueprint["identifier"] == "aws_resource").unwrap();
    resource["schema"]["properties"]["cost_center"] = json!({ "type": "string" });
    resource["relations"]["owner"] = json!({ "target": "_team", "many": false, "required": false });
    resource["mirrorProperties"] = json!({ "owner_name": { "path": "owner.$title" } });
    let types = resource["schema"]["properties"]["resource_type"]["enum"].as_array_mut().unwrap();
    types.extend([json!("SQS"), json!("Mainframe")]);
    let method = seen.actions[0]["invocationMethod"].clone();
    seen.actions[0] = json!({ "identifier": "request_permissions", "description": "[made by port-iam init]", "invocationMethod": method,
        "trigger": { "type": "self-service", "userInputs": { "properties": { "permissions": {}, "ticket": {} } } } });
    let plan = plan(&seen, Consent::default());
    let lines = |subject: &str| plan.steps.iter().find(|step| step.subject == subject).unwrap().lines.clone();
    let added = |what: &str| format!("with what people have added: {what}");
    assert_eq!(
        lines("blueprint aws_resource"),
        [
            added("the property cost_center"),
            added("the relation owner"),
            added("the mirror property owner_name"),
            added("the value \"Mainframe\" of the property resource_type"),
        ]
    );
    assert_eq!(lines("action request_permissions"), [added("the input ticket")]);
    assert_eq!(lines("blueprint permission_records"), [""; 0]);
}

#[test]
fn a_later_plan_does_nothing_that_was_not_shown() {
    let mut seen = installed();
    let shown = plan(&seen, Consent::default());
    seen.entities.get_mut("aws_resource").unwrap().seeded.push("arn:aws:s3:::new".to_owned());
    let repository = seen.repository.as_mut().unwrap();
    repository.files.push(FileSeen { path: ".github/new.yaml".to_owned(), origin: Origin::AsWritten });
    repository.environment_secrets.push("AWS_ACCESS_KEY_ID".to_owned());
    repository.ruleset = Some(ruleset(10));
    seen.aws.roles[0].attached.clear();
    let mut later = plan(&seen, Consent::default());
    let beyond = later.hold_to(&shown);
    assert_eq!(beyond[0].subject, "1 entity of aws_resource");
    assert_eq!(beyond[0].lines, ["arn:aws:s3:::new"]);
    let appeared: Vec<Removal> = beyond.into_iter().map(|step| step.removal).collect();
    assert_eq!(
        appeared,
        [
            Removal::Entities {
                blueprint: "aws_resource".to_owned(),
                identifiers: vec!["arn:aws:s3:::new".to_owned()]
            },
            Removal::Secrets {
                store: SecretStore::Environment("port-iam".to_owned()),
                names: vec!["AWS_ACCESS_KEY_ID".to_owned()]
            },
            Removal::Ruleset(10),
            Removal::Files(vec![".github/new.yaml".to_owned()]),
            Removal::Blueprint("aws_resource".to_owned()),
        ]
    );
    // All else is as it was.
    let same = |step: &&Step| shown.steps.iter().any(|shown| shown.removal == step.removal);
    assert_eq!(later.steps.iter().filter(same).count(), shown.steps.len() - 3, "all but blueprint, ruleset and role");
}

#[test]
fn what_was_there_before_stays_without_the_power_that_init_gave_it() {
    let mut seen = installed();
    seen.actions[3].as_object_mut().unwrap().shift_remove("description");
    let blueprint = seen.blueprints.iter_mut().find(|blueprint| blueprint["identifier"] == "aws_resource").unwrap();
    blueprint["schema"]["properties"]["seeded"] = json!({ "type": "boolean" });
    seen.entities.get_mut("aws_resource").unwrap().others.push("arn:aws:s3:::theirs".to_owned());
    seen.aws.roles[0].was_there_before = true;
    seen.aws.roles[0].attached.push("arn:aws:iam::123456789012:policy/theirs".to_owned());
    let plan = plan(&seen, Consent { delete_entities: true, ..Consent::default() });
    stays(&plan, "action revoke_permissions", "it was there before");
    stays(&plan, "blueprint aws_resource", "it was there before");
    stays(&plan, "role port-iam-granter", "it was there before");
    let removal = |subject: &str| &plan.steps.iter().find(|step| step.subject == subject).unwrap().removal;
    let Removal::SwitchOff { body, .. } = removal("action revoke_permissions, which is switched off") else { panic!() };
    assert_eq!(body["publish"], false);
    let Removal::Power { attached, .. } = removal("role port-iam-granter, which loses our policies") else { panic!() };
    assert_eq!(*attached, ["arn:aws:iam::123456789012:policy/port-iam-granter"]);
    // Nothing holds the policy then, and of the entities those alone go that `seed` made.
    let subjects = subjects(&plan);
    assert!(subjects.contains(&"policy port-iam-granter".to_owned()), "{subjects:?}");
    assert!(subjects.contains(&"1 entity of aws_resource".to_owned()), "{subjects:?}");
    // What is switched off already is only named.
    seen.actions[3]["publish"] = json!(false);
    let plan = super::plan(&seen, Consent::default());
    assert!(!plan.steps.iter().any(|step| step.subject.contains("switched off")), "{:?}", plan.steps);
    stays(&plan, "action revoke_permissions", "stays switched off");
}

#[test]
fn the_permissions_of_a_blueprint_that_stays_are_named_while_they_are_as_init_sets_them() {
    let rule = |roles: Value| json!({ "entities": { "register": { "roles": roles }, "update": { "roles": roles } } });
    for (roles, is_named) in [(json!(["Admin"]), true), (json!(["Admin", "aws_resource-moderator"]), false)] {
        let mut seen = installed();
        seen.entities.get_mut("aws_resource").unwrap().others.push("arn:aws:s3:::theirs".to_owned());
        seen.permissions.insert("aws_resource".to_owned(), rule(roles.clone()));
        seen.permissions.insert("iam_permissions".to_owned(), rule(roles));
        let left = plan(&seen, Consent::default()).left;
        let named: Vec<&str> = left
            .iter()
            .map(|left| left.subject.as_str())
            .filter(|subject| subject.starts_with("permissions"))
            .collect();
        let expected: &[&str] = if is_named { &["permissions of the blueprint aws_resource"] } else { &[] };
        assert_eq!(named, expected, "what goes takes its permissions along");
    }
}

#[test]
fn an_account_that_somebody_has_made_up_is_quoted_and_never_part_of_a_command() {
    let mut seen = installed();
    let named = "1=x --leave-account 123456789012";
    seen.grants = vec![Row { account: Some(named.to_owned()), ..row("Permission-r_1", State::Expired) }];
    let refused = plan(&seen, Consent { revoke_all: true, ..Consent::default() }).refusal().unwrap();
    assert!(!refused.remedy.contains("--leave-account") && !refused.remedy.contains("PROFILE"), "{refused:?}");
    assert!(refused.reason.contains(&format!("`{named}`")), "{refused:?}");
}

#[test]
fn a_ruleset_and_an_environment_that_are_older_than_anything_of_init_stay_however_like_ours_they_are() {
    let edited = |edit: &dyn Fn(&mut RepositorySeen)| {
        let mut seen = installed();
        edit(seen.repository.as_mut().unwrap());
        plan(&seen, Consent::default())
    };
    let ours = edited(&|it| {
        // `init` makes it before the release, and may have been cut off for a while.
        it.environment.as_mut().unwrap().made = at("2026-11-20T09:30:00Z");
    });
    let taken = |subject: &str| ours.steps.iter().find(|step| step.subject == subject).unwrap().lines.clone();
    assert_eq!(
        taken("ruleset port-iam"),
        ["with its rule deletion", "with its rule non_fast_forward", "with its rule pull_request"]
    );
    assert_eq!(taken("environment port-iam"), [""; 0]);
    let before = edited(&|it| {
        it.environment.as_mut().unwrap().made = at("2026-11-19T10:00:00Z");
        it.ruleset.as_mut().unwrap().made = at("2026-11-20T09:59:59Z");
    });
    stays(&before, "ruleset port-iam", "it was there before");
    stays(&before, "environment port-iam", "it was there before");
    // Our secrets in it are ours.
    assert!(before.steps.iter().any(|step| step.subject == "secrets of the environment port-iam"));
    // An old release may be deleted: the commit tells as well, and what nothing tells is as it looks.
    let cleaned = edited(&|it| {
        it.releases[0].published = at("2026-11-25T10:00:00Z");
        it.first_commit = at("2026-11-20T10:00:30Z");
    });
    let untold = edited(&|it| it.releases.clear());
    for plan in [cleaned, untold] {
        assert!(plan.steps.iter().any(|step| step.subject == "ruleset port-iam"), "{plan}");
    }
}

#[test]
fn an_environment_that_demands_more_than_ours_stays() {
    let mut seen = installed();
    let environment = seen.repository.as_mut().unwrap().environment.as_mut().unwrap();
    environment.beyond = vec!["required_reviewers".to_owned()];
    stays(
        &plan(&seen, Consent::default()),
        "environment port-iam",
        "it demands what `init` does not: required_reviewers",
    );
}
