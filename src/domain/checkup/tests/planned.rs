//! The plan, shared out: whatever is open in it turns exactly one check.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::domain::identifier::AccountId;
use crate::domain::own_command::Invocation;
use crate::domain::setup::{
    self, App, BoundarySeen, IdentitiesSeen, Outcome as Fate, Plan, RulesFile, SecretStore, Step, Subject, System,
    Systems, Thing, Wanted, WantedApproval, WantedIdentities, WantedRelease, WorkflowAccess, Write,
};

const RULES: &str = ".github/port-iam.yaml";

fn action(kind: &str) -> Value {
    json!({ "identifier": "request_permissions", "invocationMethod": { "type": kind } })
}

fn wanted() -> Wanted {
    Wanted {
        names: good().names,
        owner: "acme".to_owned(),
        repository: "iam".to_owned(),
        default_branch: "main".to_owned(),
        blueprints: Vec::new(),
        actions: vec![action("GITHUB")],
        page: json!({}),
        page_choice: setup::PageChoice::default(),
        through_the_app: true,
        files: Vec::new(),
        store: SecretStore::Environment("port-iam".to_owned()),
        access: WorkflowAccess::Oidc,
        access_source: setup::AccessSource::default(),
        identities: WantedIdentities::none(),
        release: WantedRelease { tag: "v1".to_owned(), asset: "a".to_owned(), digest: "sha256:00".to_owned() },
        boundary: Ok(json!({})),
        approval: WantedApproval::default(),
        asks_for_approval: false,
        approvers: Vec::new(),
        administrators: None,
        consent: setup::Consent::default(),
        share: Systems::ALL,
        invocation: Invocation::default(),
    }
}

fn there() -> setup::Seen {
    let held = BTreeMap::from([(RULES.to_owned(), "blob".to_owned())]);
    setup::Seen {
        blueprints: Vec::new(),
        actions: vec![action("GITHUB")],
        blueprint_permissions: BTreeMap::new(),
        action_permissions: BTreeMap::new(),
        page: setup::PageSeen::Absent,
        repository: Some(setup::RepositorySeen {
            visibility: setup::Visibility::Private,
            rules: setup::BranchRules::InForce(Vec::new()),
            rulesets: Vec::new(),
            code_owners: None,
            users_of_secrets: Vec::new(),
            immutable_releases: Some(true),
            blobs: Some(held),
            differing: BTreeMap::new(),
            templates: std::collections::BTreeMap::new(),
            disabled_workflows: BTreeMap::new(),
            environment: None,
            environment_secrets: Vec::new(),
            repository_secrets: Vec::new(),
            release: setup::ReleaseSeen::Absent,
            release_tag: None,
        }),
        boundary: BoundarySeen::Present(json!({})),
        identities: IdentitiesSeen::default(),
        app: App::Installed,
        token_scopes: None,
        integrations_visible: true,
        looked_at: Systems::ALL,
    }
}

/// What was seen, with these steps in the plan.
fn with(steps: Vec<Step>) -> Seen {
    let plan = Plan { steps, findings: Vec::new() };
    let planned = Planned { wanted: wanted(), seen: there(), plan, rules: RulesFile::default() };
    Seen { planned: Ok(planned), ..good() }
}

fn step(system: System, subject: impl Into<Subject>, lines: &[&str], outcome: Fate) -> Step {
    Step {
        system,
        subject: subject.into(),
        lines: lines.iter().map(|&line| line.to_owned()).collect(),
        files: Vec::new(),
        outcome,
    }
}

/// The step that commits files: path, and whether it is new.
fn files(all: &[(&str, bool)]) -> Step {
    let change = |(path, is_new): &(&str, bool)| setup::FileChange {
        path: (*path).to_owned(),
        is_new: *is_new,
        note: Some("said: of it"),
        lines: vec!["  -old".to_owned(), "  +new".to_owned()],
    };
    let files = all.iter().map(change).collect();
    Step { files, ..step(System::GitHub, Thing::Files("main".to_owned()), &[], self::change()) }
}

fn change() -> Fate {
    Fate::Change(Write::ImmutableReleases)
}

#[test]
fn every_open_step_turns_exactly_its_check() {
    use System::{Aws, GitHub, Port};
    let left = || Fate::Left { reason: "edited".to_owned(), remedy: "port-iam init --force".to_owned() };
    let refused = || Fate::Refused { reason: "no".to_owned(), remedy: "do".to_owned() };
    let pending = || Fate::Pending { reason: "no".to_owned(), commands: vec!["aws iam x".to_owned()] };
    let missing = || Fate::Create(Write::ImmutableReleases);
    let sub = "trust: ~ Statement[0].Condition.StringEquals.token.actions.githubusercontent.com:sub: \"a\" -> \"b\"";
    let cases = [
        (
            step(Port, Thing::Blueprint("aws_resource".to_owned()), &[], missing()),
            "blueprints",
            Severity::Error,
            "port-iam init",
        ),
        (
            step(Port, Thing::Blueprint("aws_resource".to_owned()), &["~ x"], change()),
            "blueprints",
            Severity::Warning,
            "port-iam init",
        ),
        (
            step(Port, Thing::Action("request_permissions".to_owned()), &["~ x"], change()),
            "actions",
            Severity::Warning,
            "port-iam init",
        ),
        (
            step(Port, Thing::Automation("expired".to_owned()), &["~ x"], change()),
            "expiry-automation",
            Severity::Error,
            "port-iam init",
        ),
        (
            step(
                Port,
                Thing::ActionPermissions { action: "x".to_owned(), section: "execute".to_owned() },
                &[],
                change(),
            ),
            "port-permissions",
            Severity::Error,
            "init",
        ),
        (
            step(GitHub, Thing::Repository { owner: "acme".to_owned(), name: "iam".to_owned() }, &[], refused()),
            "repository",
            Severity::Error,
            "do",
        ),
        (step(GitHub, Thing::Environment("port-iam".to_owned()), &[], refused()), "environment", Severity::Error, "do"),
        (
            step(GitHub, Thing::Secrets(SecretStore::Repository), &[], change()),
            "secrets",
            Severity::Error,
            "port-iam init",
        ),
        (
            step(GitHub, Thing::ImmutableReleases, &[], change()),
            "immutable-releases",
            Severity::Warning,
            "port-iam init",
        ),
        (step(GitHub, Thing::Release("v2".to_owned()), &[], missing()), "runtime", Severity::Warning, "port-iam init"),
        (
            step(GitHub, Thing::File(".github/workflows/a.yaml".to_owned()), &[], left()),
            "workflows",
            Severity::Error,
            "--force",
        ),
        (files(&[(".github/workflows/a.yaml", true)]), "workflows", Severity::Error, "port-iam init"),
        (files(&[(".github/workflows/a.yaml", false)]), "workflows", Severity::Warning, "port-iam init"),
        (files(&[(".github/templates/t.json", true)]), "files", Severity::Error, "port-iam init"),
        (
            step(GitHub, Thing::Workflow("a.yaml".to_owned()), &["~ state"], change()),
            "workflow-state",
            Severity::Error,
            "port-iam init",
        ),
        (
            step(GitHub, Thing::BranchRules("main".to_owned()), &[], change()),
            "branch-rules",
            Severity::Error,
            "port-iam init",
        ),
        (
            step(Aws, Thing::Policy("port-iam-boundary".to_owned()), &[], change()),
            "boundary",
            Severity::Error,
            "--only aws",
        ),
        (
            step(Aws, Thing::IdentityProvider("x".to_owned()), &[], pending()),
            "identity-provider",
            Severity::Error,
            "aws iam x",
        ),
        (
            step(Aws, Thing::Role("port-iam-granter".to_owned()), &[sub], pending()),
            "oidc-subject",
            Severity::Error,
            "aws iam x",
        ),
        (
            step(Aws, Thing::Role("port-iam-granter".to_owned()), &[sub, "+ x"], pending()),
            "workflow-roles",
            Severity::Error,
            "aws iam x",
        ),
        (
            step(Aws, Thing::Policy("port-iam-granter".to_owned()), &["+ x"], change()),
            "workflow-roles",
            Severity::Error,
            "--aws-setup",
        ),
        // A thing that is added to the plan one day and to no check.
        (step(Aws, Thing::Everything, &[], change()), "plan", Severity::Warning, "port-iam plan"),
    ];
    assert_eq!(bad(&with(Vec::new())), []);
    for (step, check, severity, remedy) in cases {
        let subject = step.subject.clone();
        let bad = bad(&with(vec![step]));
        let [finding] = bad.as_slice() else { panic!("{subject}: {bad:#?}") };
        assert_eq!((finding.check, finding.severity), (check, severity), "{subject}");
        assert!(finding.remedy.as_ref().unwrap().contains(remedy), "{finding}");
    }
}

#[test]
fn each_file_of_one_commit_turns_its_own_check() {
    let committed =
        [(".github/workflows/a.yaml", false), (".github/templates/t: x.json", true), (".github/port-iam.yaml", true)];
    let seen = with(vec![files(&committed)]);
    let checks: Vec<&str> = bad(&seen).iter().map(|finding| finding.check).collect();
    // The rules file is held by what is there, and here it is.
    assert_eq!(checks, ["workflows", "files"]);
    assert!(bad(&seen)[1].what.starts_with(".github/templates/t: x.json: is missing"), "{:?}", bad(&seen));
}

#[test]
fn a_backend_that_the_organisation_has_not_is_no_difference_of_an_action() {
    let mut seen = with(vec![step(System::Port, Thing::Action("request_permissions".to_owned()), &["~ x"], change())]);
    seen.planned.as_mut().unwrap().seen.actions = vec![action("INTEGRATION_ACTION")];
    let checks: Vec<&str> = bad(&seen).iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["port-backend"]);
}

#[test]
fn what_may_not_be_read_is_unknown_and_not_called_wrong() {
    // In whichever account it is.
    let there = |thing: Thing| Subject::from(thing).of(&AccountId::parse("account", "210987654321").unwrap());
    let granter = Thing::Role("port-iam-granter".to_owned());
    for (subject, check) in [
        (granter.clone().into(), "workflow-roles"),
        (there(granter), "workflow-roles"),
        (there(Thing::Policy("port-iam-revoker".to_owned())), "workflow-roles"),
        (there(Thing::Policy("port-iam-boundary".to_owned())), "boundary"),
        (there(Thing::Everything), "workflow-roles"),
    ] {
        let hidden = Fate::Hidden { reason: "may not read it".to_owned(), commands: Vec::new() };
        let seen = with(vec![step(System::Aws, subject.clone(), &[], hidden)]);
        assert_eq!(bad(&seen), [], "{subject}");
        let told = examine(&seen).into_iter().find(|finding| finding.check == check).unwrap();
        assert_eq!((told.severity, told.what.contains("may not read it")), (Severity::Unknown, true), "{subject}");
    }
}

#[test]
fn a_warning_of_the_plan_turns_its_check_and_a_note_none() {
    let finding = |severity, code| setup::Finding::new(severity, code, "it is so", "do this");
    for (code, check) in [
        ("secrets-in-repository", "environment"),
        ("aws-secrets-unused", "secrets"),
        ("branch-unguarded", "branch-rules"),
        ("dispatcher-of-ocean", "port-backend"),
        ("approval-without-rule", "rules-file"),
        ("of-tomorrow", "plan"),
    ] {
        let mut seen = with(Vec::new());
        seen.planned.as_mut().unwrap().plan.findings =
            vec![finding(setup::Severity::Warning, code), finding(setup::Severity::Note, "some-note")];
        let bad = bad(&seen);
        assert_eq!(bad.iter().map(|finding| finding.check).collect::<Vec<_>>(), [check], "{bad:#?}");
    }
}

#[test]
fn a_system_that_failed_on_the_way_is_told_once_and_the_rest_is_judged() {
    let mut seen = with(vec![step(System::GitHub, Thing::Secrets(SecretStore::Repository), &[], change())]);
    seen.unplanned = vec![("Port".to_owned(), "HTTP 500".to_owned())];
    seen.planned.as_mut().unwrap().seen.looked_at = Systems::ALL.without(System::Port);
    let checks: Vec<&str> = bad(&seen).iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["secrets", "plan"]);
    let blueprints = examine(&seen).into_iter().find(|finding| finding.check == "blueprints").unwrap();
    assert_eq!((blueprints.severity, blueprints.what.contains("Port failed")), (Severity::Unknown, true));
}
