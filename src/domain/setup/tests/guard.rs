//! What guards the repository.

use super::*;
use crate::domain::setup::guard::{ruleset, strengthened};

fn planned(edit: impl FnOnce(&mut RepositorySeen)) -> Plan {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    edit(seen.repository.as_mut().unwrap());
    plan(&wanted, &seen)
}

fn rules(seen: &mut RepositorySeen) -> &mut Vec<Value> {
    match &mut seen.rules {
        BranchRules::InForce(rules) => rules,
        BranchRules::Unavailable => panic!("there are rules"),
    }
}

#[test]
fn each_rule_that_does_not_hold_is_named_and_the_ruleset_made_again() {
    let missing = |edit: fn(&mut Vec<Value>)| {
        let lines = step(&planned(|seen| edit(rules(seen))), "rules of the branch main").lines;
        lines.into_iter().filter(|line| line.starts_with("+ ")).collect::<Vec<String>>()
    };
    assert_eq!(missing(|_| {}), [""; 0]);
    assert_eq!(missing(|rules| rules.retain(|rule| rule["type"] != "deletion")), ["+ nobody deletes it"]);
    assert_eq!(missing(|rules| rules.retain(|rule| rule["type"] != "non_fast_forward")), ["+ nobody force-pushes"]);
    let reviewed = "+ a code owner reviews what changes under .github/";
    let (stale, own) = ("+ a further push takes approvals back", "+ nobody approves a push of their own");
    assert_eq!(missing(|rules| rules[2]["parameters"]["require_code_owner_review"] = json!(false)), [reviewed]);
    assert_eq!(missing(|rules| rules[2]["parameters"]["required_approving_review_count"] = json!(0)), [reviewed]);
    assert_eq!(missing(|rules| rules[2]["parameters"]["dismiss_stale_reviews_on_push"] = json!(false)), [stale]);
    assert_eq!(missing(|rules| rules[2]["parameters"]["require_last_push_approval"] = json!(false)), [own]);
    assert_eq!(missing(|rules| _ = rules.pop()), ["+ changes need a pull request", reviewed, stale, own]);
}

#[test]
fn rules_that_more_than_administrators_pass_by_do_not_count_and_ours_is_drawn_tight_again() {
    let loose = json!({ "actor_id": 4, "actor_type": "RepositoryRole", "bypass_mode": "always" });
    let opened = planned(|seen| seen.rulesets[0]["bypass_actors"].as_array_mut().unwrap().push(loose.clone()));
    let opened = step(&opened, "rules of the branch main");
    assert!(opened.lines[0].contains("pass it by: RepositoryRole 4 (always)"), "{opened}");
    let Outcome::Change(Write::Ruleset { id: Some(9), body }) = &opened.outcome else { panic!("{opened}") };
    assert_eq!(body["bypass_actors"], ruleset()["bypass_actors"]);
    // Beside somebody else's ruleset ours is made.
    let beside = planned(|seen| {
        seen.rulesets[0]["name"] = json!("theirs");
        seen.rulesets[0]["bypass_actors"] = json!([loose]);
    });
    let beside = step(&beside, "rules of the branch main");
    assert!(matches!(beside.outcome, Outcome::Create(Write::Ruleset { id: None, .. })), "{beside}");
    // A stricter one may let nobody.
    assert!(planned(|seen| seen.rulesets[0]["bypass_actors"] = json!([])).is_done());
}

#[test]
fn who_may_pass_the_rules_by_is_never_presumed() {
    let has_finding = |plan: &Plan| plan.findings.iter().any(|finding| finding.code == "bypass-hidden");
    assert!(!has_finding(&planned(|_| ())));
    for hide in [
        |seen: &mut RepositorySeen| seen.rulesets.clear(),
        |seen: &mut RepositorySeen| {
            _ = seen.rulesets[0].as_object_mut().unwrap().shift_remove("bypass_actors");
        },
    ] {
        assert!(has_finding(&planned(hide)));
    }
}

#[test]
fn a_ruleset_of_our_name_is_changed_and_none_is_made_where_the_plan_has_none() {
    let broken = |has_ruleset: bool| {
        planned(|seen| {
            rules(seen).clear();
            if !has_ruleset {
                seen.rulesets.clear();
            }
        })
    };
    assert!(matches!(step(&broken(true), "rules of").outcome, Outcome::Change(Write::Ruleset { id: Some(9), .. })));
    assert!(matches!(step(&broken(false), "rules of").outcome, Outcome::Create(Write::Ruleset { id: None, .. })));
    let without = planned(|seen| seen.rules = BranchRules::Unavailable);
    assert!(without.is_done(), "{without}");
    assert!(without.findings.iter().any(|finding| finding.code == "branch-unguarded"));
}

#[test]
fn a_ruleset_of_our_name_that_somebody_else_made_is_shown_and_changed_by_word_alone() {
    let foreign = json!({ "id": 4, "name": "port-iam", "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["refs/heads/release/*"], "exclude": [] } },
        "bypass_actors": [], "rules": [{ "type": "required_linear_history" }] });
    let wanted = wanted();
    let mut seen = everything(&wanted);
    let repository = seen.repository.as_mut().unwrap();
    rules(repository).clear();
    repository.rulesets = vec![foreign];
    let refused = step(&plan(&wanted, &seen), "rules of");
    assert!(matches!(&refused.outcome, Outcome::Refused { reason, .. } if reason.contains("not of this system")));
    assert!(refused.lines.iter().any(|line| line.contains("refs/heads/release/*")), "{refused}");
    let adopting = Wanted { consent: Consent { adopt: true, ..Consent::default() }, ..wanted };
    let adopted = step(&plan(&adopting, &seen), "rules of");
    assert!(matches!(adopted.outcome, Outcome::Change(Write::Ruleset { id: Some(4), .. })), "{adopted}");
}

#[test]
fn a_ruleset_that_is_there_gets_what_it_lacks_and_loses_nothing_that_is_stricter() {
    let theirs = json!({ "id": 9, "name": "port-iam", "target": "branch", "enforcement": "evaluate",
        "conditions": { "ref_name": { "include": ["refs/heads/release/*", "~DEFAULT_BRANCH"], "exclude": ["~DEFAULT_BRANCH"] } },
        "bypass_actors": [
            { "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" },
            { "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "pull_request" },
            { "actor_id": 7, "actor_type": "Team", "bypass_mode": "pull_request" },
        ],
        "rules": [{ "type": "required_signatures" }, { "type": "pull_request", "parameters": {
            "required_approving_review_count": 3, "require_code_owner_review": false,
            "dismiss_stale_reviews_on_push": false, "require_last_push_approval": false,
            "required_review_thread_resolution": true, "allowed_merge_methods": ["squash"] } }] });
    let body = strengthened(&theirs);
    assert_eq!((&body["enforcement"], &body["target"]), (&json!("active"), &json!("branch")));
    assert_eq!(
        body["conditions"]["ref_name"],
        json!({ "include": ["~DEFAULT_BRANCH", "refs/heads/release/*"], "exclude": [] })
    );
    assert_eq!(
        body["bypass_actors"],
        json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "pull_request" }])
    );
    let types: Vec<&str> =
        body["rules"].as_array().unwrap().iter().map(|rule| rule["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["required_signatures", "pull_request", "deletion", "non_fast_forward"]);
    assert_eq!(
        body["rules"][1]["parameters"],
        json!({ "required_approving_review_count": 3, "require_code_owner_review": true,
            "dismiss_stale_reviews_on_push": true, "require_last_push_approval": true,
            "required_review_thread_resolution": true, "allowed_merge_methods": ["squash"] })
    );
    assert_eq!(strengthened(&body), body);
    // Where nobody may pass it by, nobody will.
    assert_eq!(strengthened(&json!({ "bypass_actors": [], "rules": [] }))["bypass_actors"], json!([]));
}

#[test]
fn code_owners_that_leave_what_decides_to_everybody_are_told_with_the_line_that_mends_it() {
    let told = |text: &str| {
        let plan = planned(|seen| seen.code_owners = Some((".github/CODEOWNERS".to_owned(), text.to_owned())));
        plan.findings.into_iter().find(|finding| finding.code == "code-owners")
    };
    assert_eq!(told("* @acme/all\n"), None);
    assert_eq!(told("/.github/ @ada\n"), None);
    for open in ["", "docs/ @ada\n", "* @ada\n/.github/workflows/\n", "/.github/* @ada\n"] {
        let finding = told(open).unwrap_or_else(|| panic!("{open:?}"));
        assert!(finding.remedy.starts_with("echo '/.github/ @ada' >> .github/CODEOWNERS"), "{finding}");
    }
}

#[test]
fn no_secret_is_set_while_a_workflow_that_would_get_it_is_not_as_it_was_written() {
    let wanted = wanted();
    let create = ".github/workflows/create-iam-permissions.yaml";
    let arranged = |edit: &dyn Fn(&mut RepositorySeen)| {
        let mut seen = everything(&wanted);
        let repository = seen.repository.as_mut().unwrap();
        repository.environment_secrets.clear();
        edit(repository);
        seen
    };
    let edited = arranged(&|seen| {
        let text = Some("edited".to_owned());
        seen.blobs.as_mut().unwrap().insert(create.to_owned(), "edited".to_owned());
        seen.differing.insert(create.to_owned(), DifferingFile { origin: Origin::Edited, text, is_forged: false });
    });
    let strange = arranged(&|seen| seen.users_of_secrets.push(".github/workflows/theirs.yaml".to_owned()));
    let forcing = Wanted { consent: Consent { force: true, ..Consent::default() }, ..wanted.clone() };
    for (wanted, seen, name, command) in [
        (&wanted, &edited, create, "port-iam init --force"),
        (&wanted, &strange, "theirs.yaml", "git rm .github/workflows/theirs.yaml"),
    ] {
        let held = step(&plan(wanted, seen), "secrets of");
        let Outcome::Pending { reason, commands } = &held.outcome else { panic!("{held}") };
        assert!(reason.contains(name) && commands[0] == command, "{held}");
    }
    let position = |plan: &Plan, subject: &str| {
        plan.steps.iter().position(|step| step.subject.to_string().starts_with(subject)).unwrap()
    };
    // What is written anew is so before anything of it could have them, and nobody pushes any more by then.
    for (wanted, seen) in [(&wanted, &arranged(&|_| ())), (&forcing, &edited)] {
        let plan = plan(wanted, seen);
        assert!(matches!(step(&plan, "secrets of").outcome, Outcome::Create(_)), "{plan}");
        let order = ["files on", "rules of the branch", "secrets of"].map(|subject| position(&plan, subject));
        assert!(order.is_sorted(), "{plan}");
    }
}

/// What nobody but this run would write may stand in the place of ours, below our own head too.
fn holding(wanted: &Wanted, text: &str) -> Seen {
    let sweep = ".github/workflows/sweep-iam-permissions.yaml";
    let mut seen = everything(wanted);
    let repository = seen.repository.as_mut().unwrap();
    repository.environment_secrets.clear();
    repository.blobs.as_mut().unwrap().insert(sweep.to_owned(), text.to_owned());
    let found = DifferingFile { origin: Origin::of(text), text: Some(text.to_owned()), is_forged: false };
    repository.differing.insert(sweep.to_owned(), found);
    seen.identities.roles.clear();
    seen
}

#[test]
fn a_seal_alone_is_no_trust_so_that_secrets_and_roles_come_behind_what_replaces_it() {
    let wanted = super::identities::with_identities(true, false);
    let forged = sealed("# Generated by `port-iam init` 0.1.0.\non: push\n");
    assert_eq!(Origin::of(&forged), Origin::AsWritten);
    let planned = plan(&wanted, &holding(&wanted, &forged));
    let position =
        |start: &str| planned.steps.iter().position(|step| step.subject.to_string().starts_with(start)).unwrap();
    assert!(position("files on") < position("secrets of") && position("files on") < position("role "), "{planned}");
    assert!(["files on", "secrets of", "role "].iter().all(|it| step(&planned, it).write().is_some()), "{planned}");
    assert!(holds_strange_workflow(&wanted, holding(&wanted, &forged).repository.as_ref()));
    // Who has no part in the repository makes nothing that trusts it.
    let aws = Wanted { share: Systems::of(&[System::Aws]), ..wanted.clone() };
    let role = step(&plan(&aws, &holding(&wanted, &forged)), "role ");
    let Outcome::Pending { reason, commands } = &role.outcome else { panic!("{role}") };
    assert!(reason.contains("sweep-iam-permissions.yaml") && commands[0].contains("--only github"), "{role}");
    // What this run itself wrote before its own change is no stranger's.
    let mut following = wanted.clone();
    let before = WantedFile {
        blob: forged.clone(),
        ..following.files.iter().find(|it| it.path.contains("sweep")).unwrap().clone()
    };
    following.follows(Wanted { files: vec![before], ..wanted.clone() });
    assert!(!holds_strange_workflow(&following, holding(&following, &forged).repository.as_ref()));
}

#[test]
fn no_role_is_made_while_a_workflow_that_it_trusts_is_somebody_s_own() {
    let wanted = super::identities::with_identities(true, false);
    let edited = format!("{}# more\n", sealed("# Generated by `port-iam init` 0.1.0.\non: push\n"));
    let role = step(&plan(&wanted, &holding(&wanted, &edited)), "role ");
    let Outcome::Pending { reason, commands } = &role.outcome else { panic!("{role}") };
    assert!(reason.contains("could assume it") && commands[0] == "port-iam init --force", "{role}");
    // What is taken away from one that is there waits for nothing.
    let mut seen = holding(&wanted, &edited);
    let further = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    let found = RoleFound { attached: vec![further.clone()], ..super::identities::found() };
    seen.identities.roles.insert("port-iam-granter".to_owned(), RoleSeen::Present(found));
    let role = step(&plan(&wanted, &seen), "role ");
    let Outcome::Change(Write::Role { trust: None, attach, detach, .. }) = &role.outcome else { panic!("{role}") };
    assert_eq!((attach.as_slice(), detach.as_slice()), (&[][..], &[further][..]), "{role}");
    assert!(role.lines.iter().all(|line| line.starts_with("- ")), "{role}");
}

#[test]
fn whoever_may_use_the_secrets_is_told_whether_they_are_set_or_not() {
    let path = ".github/workflows/theirs.yaml";
    for are_set in [true, false] {
        let plan = planned(|seen| {
            seen.users_of_secrets.push(path.to_owned());
            if !are_set {
                seen.environment_secrets.clear();
            }
        });
        let told = step(&plan, &format!("file {path}"));
        let Outcome::Left { reason, remedy } = &told.outcome else { panic!("{told}") };
        assert!(reason.contains("environment port-iam"), "{told}");
        assert!(remedy.starts_with(&format!("git rm {path}")) && remedy.contains("--rotate-secrets"), "{told}");
    }
}

#[test]
fn releases_are_immutable_where_github_knows_that() {
    let outcome = |immutable: Option<bool>| planned(|seen| seen.immutable_releases = immutable);
    assert!(outcome(Some(true)).is_done());
    assert!(matches!(step(&outcome(Some(false)), "immutable").outcome, Outcome::Change(Write::ImmutableReleases)));
    assert!(!outcome(None).steps.iter().any(|step| step.subject.to_string().starts_with("immutable")));
}

#[test]
fn a_key_in_the_repository_s_own_secrets_needs_the_operator_s_word() {
    let without = wanted_of(&Rendering { store: SecretStore::Repository, ..rendering() });
    let refused =
        |wanted: &Wanted| matches!(step(&plan(wanted, &nothing()), "secrets").outcome, Outcome::Refused { .. });
    assert!(refused(&without));
    let consent = Consent { writers_are_admins: true, ..Consent::default() };
    assert!(!refused(&Wanted { consent, ..without }));
    let by_oidc = Rendering { store: SecretStore::Repository, access: WorkflowAccess::Oidc, ..rendering() };
    assert!(!refused(&wanted_of(&by_oidc)));
    assert!(!refused(&wanted()));
}

#[test]
fn what_the_enterprise_can_read_is_no_place_for_it() {
    for visibility in [Visibility::Internal, Visibility::Public] {
        let plan = planned(|seen| seen.visibility = visibility);
        assert!(matches!(step(&plan, "repository").outcome, Outcome::Refused { .. }), "{plan}");
    }
}
