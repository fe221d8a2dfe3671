//! What guards the repository.

use super::*;

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
    let missing =
        |edit: fn(&mut Vec<Value>)| step(&planned(|seen| edit(rules(seen))), "rules of the branch main").lines;
    assert_eq!(missing(|_| {}), [""; 0]);
    assert_eq!(missing(|rules| rules.retain(|rule| rule["type"] != "deletion")), ["+ nobody deletes it"]);
    assert_eq!(missing(|rules| rules.retain(|rule| rule["type"] != "non_fast_forward")), ["+ nobody force-pushes"]);
    let reviewed = "+ a code owner reviews what changes under .github/";
    assert_eq!(missing(|rules| rules[2]["parameters"]["require_code_owner_review"] = json!(false)), [reviewed]);
    assert_eq!(missing(|rules| rules[2]["parameters"]["required_approving_review_count"] = json!(0)), [reviewed]);
    assert_eq!(missing(|rules| _ = rules.pop()), ["+ changes need a pull request", reviewed]);
}

#[test]
fn a_ruleset_of_our_name_is_changed_and_none_is_made_where_the_plan_has_none() {
    let broken = |has_ruleset: bool| {
        planned(|seen| {
            rules(seen).clear();
            seen.has_ruleset = has_ruleset;
        })
    };
    assert!(matches!(step(&broken(true), "rules of").outcome, Outcome::Change(Write::Ruleset(_))));
    assert!(matches!(step(&broken(false), "rules of").outcome, Outcome::Create(Write::Ruleset(_))));
    let without = planned(|seen| seen.rules = BranchRules::Unavailable);
    assert!(without.is_done(), "{without}");
    assert!(without.findings.iter().any(|finding| finding.code == "branch-unguarded"));
}

#[test]
fn releases_are_immutable_where_github_knows_that() {
    let outcome = |immutable: Option<bool>| planned(|seen| seen.immutable_releases = immutable);
    assert!(outcome(Some(true)).is_done());
    assert!(matches!(step(&outcome(Some(false)), "immutable").outcome, Outcome::Change(Write::ImmutableReleases)));
    assert!(!outcome(None).steps.iter().any(|step| step.subject.starts_with("immutable")));
}

#[test]
fn a_key_in_the_repository_s_own_secrets_needs_the_operator_s_word() {
    let without = wanted_of(&Rendering { environment: false, ..rendering() });
    let refused =
        |wanted: &Wanted| matches!(step(&plan(wanted, &nothing()), "secrets").outcome, Outcome::Refused { .. });
    assert!(refused(&without));
    let consent = Consent { writers_are_admins: true, ..Consent::default() };
    assert!(!refused(&Wanted { consent, ..without }));
    let by_oidc = Rendering { environment: false, access: WorkflowAccess::Oidc, ..rendering() };
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
