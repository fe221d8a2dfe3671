//! What goes, and in which order.

use super::*;

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
