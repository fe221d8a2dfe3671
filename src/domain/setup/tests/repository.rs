//! The repository, its environment, secrets, release and files; the boundary; the findings.

use super::*;
use crate::domain::refusal::{Refusal, RefusalCode};

fn repository(edit: impl FnOnce(&mut RepositorySeen)) -> Plan {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    edit(seen.repository.as_mut().unwrap());
    plan(&wanted, &seen)
}

#[test]
fn a_public_repository_is_refused() {
    let plan = repository(|repository| repository.visibility = Visibility::Public);
    assert!(matches!(step(&plan, "repository").outcome, Outcome::Refused { .. }));
}

#[test]
fn no_secret_goes_into_an_environment_that_others_can_use() {
    for branches in [
        BranchesSeen::Every,
        BranchesSeen::Protected,
        BranchesSeen::Named(vec!["main".to_owned(), "feature/*".to_owned()]),
        BranchesSeen::Named(vec!["*".to_owned()]),
        BranchesSeen::Named(vec!["tag main".to_owned()]),
    ] {
        let plan = repository(|repository| repository.environment = Some(branches));
        let Outcome::Refused { reason, .. } = step(&plan, "environment").outcome else { panic!("{plan}") };
        assert!(reason.contains("no secret is put into it"), "{reason}");
    }
}

#[test]
fn an_environment_that_an_attempt_left_without_a_branch_is_bound() {
    let plan = repository(|repository| repository.environment = Some(BranchesSeen::Named(Vec::new())));
    assert!(matches!(step(&plan, "environment").outcome, Outcome::Change(Write::Environment { .. })));
}

#[test]
fn half_a_pair_of_secrets_is_set_again_whole_and_the_other_pair_is_left() {
    let plan = repository(|repository| repository.environment_secrets.retain(|name| name != "AWS_SECRET_ACCESS_KEY"));
    let Outcome::Change(Write::Secrets { names, .. }) = step(&plan, "secrets").outcome else { panic!("{plan}") };
    assert_eq!(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
}

#[test]
fn rotation_sets_what_is_there_and_nothing_else_changes() {
    let rotating = Wanted { consent: Consent { rotate_secrets: true, ..Consent::default() }, ..wanted() };
    let plan = plan(&rotating, &everything(&rotating));
    let writes: Vec<&Write> = plan.writes().map(|(_, write)| write).collect();
    assert!(matches!(writes.as_slice(), [Write::Secrets { names, .. }] if names.len() == 4), "{plan}");
}

#[test]
fn a_release_with_other_bytes_is_refused_and_never_overwritten() {
    for release in [ReleaseSeen::Published { digest: Some("sha256:1".to_owned()) }, ReleaseSeen::WithoutAsset] {
        let plan = repository(|repository| repository.release = release);
        assert!(matches!(step(&plan, "release").outcome, Outcome::Refused { .. }));
    }
    let plan = repository(|repository| repository.release = ReleaseSeen::Published { digest: None });
    assert_eq!(step(&plan, "release").outcome, Outcome::Keep);
}

#[test]
fn a_workflow_that_github_does_not_run_is_enabled() {
    let plan = repository(|repository| {
        let state = "disabled_inactivity".to_owned();
        repository.disabled_workflows.insert("sweep-iam-permissions.yaml".to_owned(), state);
    });
    let step = step(&plan, "workflow sweep-iam-permissions.yaml");
    assert_eq!(step.lines, ["~ state: disabled_inactivity -> active"]);
    assert!(matches!(step.outcome, Outcome::Change(Write::EnableWorkflow { .. })));
}

#[test]
fn what_can_be_executed_comes_last_and_the_release_before_what_downloads_it() {
    let plan = plan(&wanted(), &nothing());
    let position =
        |subject: &str| plan.steps.iter().position(|step| step.subject.to_string().starts_with(subject)).unwrap();
    let order =
        ["policy", "blueprint", "repository", "environment", "release", "files", "rules of", "secrets", "action"];
    assert!(order.map(position).is_sorted(), "{plan}");
}

#[test]
fn a_boundary_that_differs_is_shown_and_changed_if_it_is_ours() {
    let wanted = wanted();
    let mut document = wanted.boundary.clone().unwrap();
    document["Statement"][0]["Effect"] = json!("Deny");
    let planned = |boundary: BoundarySeen, adopt: bool| {
        let mut wanted = wanted.clone();
        wanted.consent.adopt = adopt;
        let mut seen = everything(&wanted);
        seen.boundary = boundary;
        step(&plan(&wanted, &seen), "policy port-iam-boundary").clone()
    };
    let changed = planned(BoundarySeen::Present(document.clone()), false);
    assert_eq!(changed.lines, ["~ Statement[0].Effect: \"Deny\" -> \"Allow\""]);
    assert!(matches!(changed.outcome, Outcome::Change(Write::BoundaryDocument { .. })));
    let foreign = planned(BoundarySeen::Foreign(document.clone()), false);
    assert_eq!(foreign.lines, changed.lines);
    assert!(matches!(foreign.outcome, Outcome::Left { .. }));
    assert_eq!(planned(BoundarySeen::Foreign(document), true).outcome, changed.outcome);
    assert_eq!(planned(BoundarySeen::Foreign(wanted.boundary.clone().unwrap()), false).outcome, Outcome::Keep);
}

#[test]
fn rules_without_a_boundary_stop_everything_unless_they_are_unreadable_anyway() {
    let planned = |field: &'static str| {
        let refusal = Refusal::new(RefusalCode::NoBoundary, field, "why", "what to do");
        let wanted = Wanted { boundary: Err(refusal), ..wanted() };
        let plan = plan(&wanted, &nothing());
        step(&plan, "policy port-iam-boundary").outcome.clone()
    };
    assert!(matches!(planned("boundary"), Outcome::Refused { .. }));
    assert!(matches!(planned("rules"), Outcome::Left { .. }));
}

#[test]
fn nobody_is_told_to_install_the_app_that_is_installed() {
    let wanted = wanted();
    let remedy = |app: App| {
        let findings = plan(&wanted, &Seen { app, ..nothing() }).findings;
        findings.into_iter().find(|finding| finding.code.starts_with("port-app")).unwrap().remedy
    };
    let installed = remedy(App::Installed);
    assert!(!installed.contains("install it"), "{installed}");
    assert!(installed.contains("give it the repository: https://github.com/apps/getport-io"), "{installed}");
    for app in [App::Absent, App::Powerless, App::Unknown] {
        assert!(remedy(app).starts_with("install it, or give it acme/port-iam-permissions: https://"), "{app:?}");
    }
}

#[test]
fn a_token_without_a_scope_blocks_only_what_would_be_written_to_github() {
    let wanted = wanted();
    let scopes = Some(vec!["repo".to_owned()]);
    let blocks = |seen: &Seen| plan(&wanted, seen).findings.iter().any(|found| found.severity == Severity::Blocking);
    assert!(blocks(&Seen { token_scopes: scopes.clone(), ..nothing() }));
    assert!(!blocks(&Seen { token_scopes: scopes, ..everything(&wanted) }));
    assert!(!blocks(&Seen { token_scopes: None, ..nothing() }));
}

#[test]
fn secrets_of_the_repository_are_said_to_be_in_the_open() {
    let without = wanted_of(&Rendering { store: SecretStore::Repository, ..rendering() });
    let codes = |plan: &Plan| plan.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert!(codes(&plan(&without, &everything(&without))).contains(&"secrets-in-repository"));
    let plan = repository(|repository| repository.repository_secrets.push("AWS_SECRET_ACCESS_KEY".to_owned()));
    assert!(codes(&plan).contains(&"secrets-doubled"));
}
