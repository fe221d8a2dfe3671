//! Who can approve.

use super::*;
use crate::domain::catalog::Approval;
use crate::domain::rules::{ApprovalRule, ApprovalsNeeded, ReasonRule, Requester, Rule};

fn rule(approvers: &[&str]) -> Rule {
    Rule {
        name: "r".to_owned(),
        requesters: vec![Requester::Anybody],
        resource_types: Vec::new(),
        accounts: Vec::new(),
        resources: Vec::new(),
        actions: Vec::new(),
        bundles: Vec::new(),
        longest_duration: GrantDuration::DEFAULT,
        approval: ApprovalRule::Required { approvers: approvers.iter().map(|&email| email.to_owned()).collect() },
        approvals: ApprovalsNeeded::One,
        reason: ReasonRule::default(),
    }
}

#[test]
fn only_another_active_person_of_the_rule_s_list_can_approve() {
    let (dana, lead) = (user("auth0|dana", "Dana@acme.example"), user("auth0|lead", "Lead@acme.example"));
    let mut gone = user("auth0|gone", "gone@acme.example");
    gone.status = "DISABLED".to_owned();
    let twin = user("auth0|twin", "dana@ACME.example");
    // The Kelvin sign, whose lower case is a plain k.
    let lookalike = user("auth0|lookalike", "mar\u{212a}@acme.example");
    let users = [dana.clone(), lead, gone, twin, lookalike];
    let list = rule(&["dana@acme.example", "lead@acme.example", "gone@acme.example", "mark@acme.example"]);
    let said = |id: &str, state: &str| vec![Approval { user_id: id.to_owned(), state: state.to_owned(), said: None }];
    assert_eq!(
        verify_approval(&list, &dana, &said("auth0|lead", "APPROVED"), &users),
        Ok(Some("Lead@acme.example".to_owned()))
    );
    for (id, state) in [
        ("auth0|lead", "PENDING"),
        ("auth0|lead", "DECLINED"),
        ("auth0|dana", "APPROVED"),
        ("auth0|twin", "APPROVED"),
        ("auth0|gone", "APPROVED"),
        ("auth0|stranger", "APPROVED"),
        ("auth0|lookalike", "APPROVED"),
    ] {
        let refusal = verify_approval(&list, &dana, &said(id, state), &users).unwrap_err();
        assert_eq!(refusal.code.as_str(), "not-approved", "{id} {state}");
    }
    assert!(verify_approval(&list, &dana, &[], &users).is_err());
    // Whoever declined, and in whatever order: a run that somebody has declined is not to go on.
    for no in ["DECLINED", "Decline", "REJECTED", ""] {
        let mut contested = said("auth0|lead", "APPROVED");
        contested.extend(said("auth0|max", no));
        assert!(verify_approval(&list, &dana, &contested, &users).is_err(), "{no}");
    }
    let mut waited_for = said("auth0|max", "PENDING");
    waited_for.extend(said("auth0|lead", "APPROVED"));
    assert!(verify_approval(&list, &dana, &waited_for, &users).is_ok());
    assert!(verify_approval(&rule(&["max@acme.example"]), &dana, &said("auth0|lead", "APPROVED"), &users).is_err());
}

#[test]
fn an_approval_by_what_may_be_no_person_is_refused_with_whose_it_is() {
    let (dana, lead) = (user("auth0|dana", "dana@acme.example"), user("auth0|lead", "lead@acme.example"));
    let mut machine = user("auth0|machine", "machine@acme.example");
    machine.kind = Some("SERVICE_ACCOUNT".to_owned());
    let users = [dana.clone(), lead, machine];
    let said = |id: &str, state: &str| Approval { user_id: id.to_owned(), state: state.to_owned(), said: None };
    let judge = |said: &[Approval]| {
        let list = rule(&["lead@acme.example", "machine@acme.example"]);
        verify_approval(&list, &dana, said, &users).unwrap_err().reason
    };
    let reason = judge(&[said("auth0|machine", "APPROVED")]);
    assert!(reason.contains("`machine@acme.example` is of the kind `SERVICE_ACCOUNT`"), "{reason}");
    for silent in [said("auth0|machine", "PENDING"), said("auth0|stranger", "APPROVED")] {
        assert!(!judge(std::slice::from_ref(&silent)).contains("of the kind"), "{silent:?}");
    }
}

#[test]
fn a_rule_that_wants_all_its_approvers_is_content_with_no_fewer() {
    let person = |name: &str| user(&format!("auth0|{name}"), &format!("{name}@acme.example"));
    let mut gone = person("gone");
    gone.status = "DISABLED".to_owned();
    let users = [person("dana"), person("lead"), person("max"), gone];
    let said = |names: &[&str]| -> Vec<Approval> {
        let yes = |name: &&str| Approval { user_id: format!("auth0|{name}"), state: "APPROVED".to_owned(), said: None };
        names.iter().map(yes).collect()
    };
    let of_all = |approvers: &[&str]| {
        let emails: Vec<String> = approvers.iter().map(|name| format!("{name}@acme.example")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        Rule { approvals: ApprovalsNeeded::All, ..rule(&emails) }
    };
    let judge = |approvers: &[&str], yes: &[&str]| verify_approval(&of_all(approvers), &users[0], &said(yes), &users);
    let both = Ok(Some("lead@acme.example, max@acme.example".to_owned()));
    assert_eq!(judge(&["lead", "max"], &["max", "lead"]), both);
    // Whoever asks is not among those who have to agree, and their own yes counts for nobody.
    assert_eq!(judge(&["lead", "dana", "max"], &["lead", "max"]), both);
    for (approvers, yes) in [
        (&["lead", "max"][..], &["lead"][..]),
        (&["lead", "max"], &["lead", "lead"]),
        (&["lead", "max"], &["lead", "dana"]),
        (&["lead", "max"], &[]),
        (&["lead", "gone"], &["lead", "gone"]),
        (&["lead", "unknown"], &["lead", "unknown"]),
        (&["dana"], &["dana"]),
        (&["dana"], &[]),
    ] {
        let refusal = judge(approvers, yes).unwrap_err();
        assert_eq!(refusal.code.as_str(), "not-approved", "{approvers:?} {yes:?}");
        assert!(refusal.reason.contains("of each, but the requester, of"), "{refusal}");
    }
    let mut declined = said(&["lead", "max"]);
    declined.push(Approval { user_id: "auth0|other".to_owned(), state: "DECLINED".to_owned(), said: None });
    assert!(verify_approval(&of_all(&["lead", "max"]), &users[0], &declined, &users).is_err());
}
