//! Other installations beside this one.

use super::*;

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
