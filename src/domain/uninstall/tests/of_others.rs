//! What others have made, changed or added.

use super::*;

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
    stays(&before, "ruleset port-iam", "it may have been there before");
    stays(&before, "environment port-iam", "it may have been there before");
    // Our secrets in it are ours.
    assert!(before.steps.iter().any(|step| step.subject == "secrets of the environment port-iam"));
    let undated = edited(&|it| {
        it.environment.as_mut().unwrap().made = None;
        it.ruleset.as_mut().unwrap().made = None;
    });
    stays(&undated, "ruleset port-iam", "it may have been there before");
    stays(&undated, "environment port-iam", "it may have been there before");
    // An old release may be deleted: the commit tells as well.
    let cleaned = edited(&|it| {
        it.releases[0].published = at("2026-11-25T10:00:00Z");
        it.first_commit = at("2026-11-20T10:00:30Z");
    });
    assert!(cleaned.steps.iter().any(|step| step.subject == "ruleset port-iam"), "{cleaned}");
}

#[test]
fn what_a_first_look_has_left_does_not_go_when_nothing_tells_any_more_since_when_init_worked_here() {
    let mut seen = installed();
    let repository = seen.repository.as_mut().unwrap();
    repository.releases.clear();
    repository.files.clear();
    repository.environment.as_mut().unwrap().made = at("2026-11-20T10:00:00Z");
    for delete_repository in [false, true] {
        let plan = plan(&seen, Consent { delete_repository, ..Consent::default() });
        stays(&plan, "ruleset port-iam", "no release and no commit is left here");
        stays(&plan, "environment port-iam", "no release and no commit is left here");
        stays(
            &plan,
            "repository acme/port-iam-permissions",
            if delete_repository { "nothing in it is of" } else { "history" },
        );
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
