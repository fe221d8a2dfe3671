//! What a plan tells, and in which order.

use super::*;

#[test]
fn a_plan_tells_machines_and_people_the_same() {
    let mut seen = one();
    look_at(&mut seen).inline.push("x".to_owned());
    let plan = judge(&seen);
    assert!(plan.has_grave_findings());
    let told = plan.to_json();
    assert_eq!(told["steps"][0]["action"], "deny");
    assert_eq!(told["steps"][0]["subject"], NAME);
    assert_eq!(told["findings"][0]["kind"], "tampered");
    assert_eq!(told["findings"][0]["subject"], arn("role", NAME));
    assert_eq!(told["stopped"], serde_json::Value::Null);
    assert_eq!(plan.steps[0].to_string(), format!("deny {NAME}: it has an inline policy `x`"));
    let mut review = Plan::default();
    review.find(FindingKind::ReviewDue, NAME, "look");
    assert!(!review.has_grave_findings() && !Plan::default().has_grave_findings());
}

#[test]
fn what_is_another_installation_s_is_left_to_it_by_name() {
    let mut seen = nothing();
    add(&mut seen, NAME);
    unknown(&mut seen);
    look_at(&mut seen).scope = Some("org_2/8".to_owned());
    let policy = arn("policy", "deeper/Permission-r_9");
    let listed = ListedPolicy { name: "Permission-r_9".to_owned(), arn: policy.clone(), ..seen.policies[NAME].clone() };
    seen.policies.insert("Permission-r_9".to_owned(), listed);
    seen.looks.insert(policy.clone(), Look { scope: Some("org_2/8".to_owned()), ..Look::default() });
    let plan = judge(&seen);
    let left = |subject: &str| Left { subject: subject.to_owned(), installation: "org_2/8".to_owned() };
    assert_eq!(plan.left, [left(&policy), left(&arn("role", NAME))]);
    assert!(plan.steps.is_empty() && plan.findings.is_empty() && plan.questions.is_empty(), "{plan:?}");
    let told = &plan.to_json()["left"][1];
    assert_eq!((&told["subject"], &told["installation"]), (&arn("role", NAME).into(), &"org_2/8".into()));
}

#[test]
fn what_may_be_in_the_making_waits_for_an_hour() {
    let mut seen = one();
    seen.entities.clear();
    empty(&mut seen);
    role(&mut seen).created = later(-59);
    let plan = judge(&seen);
    assert_eq!(plan.waiting[0].until, Some(later(1)));
    assert_eq!(plan.to_json()["waiting"][0]["until"], "2026-11-23T20:01:00Z");
}

#[test]
fn what_was_found_as_a_role_was_taken_away_is_told_unless_it_was_found_before() {
    use FindingKind::{Foreign, Tampered};
    let found = |kind: FindingKind, subject: &str| {
        let mut plan = Plan::default();
        plan.find(kind, subject, "x");
        plan.find_late(NAME, "y is attached to it");
        plan.findings.into_iter().map(|it| (it.kind, it.subject, it.what)).collect::<Vec<_>>()
    };
    let late = (Tampered, NAME.to_owned(), "when it was taken away: y is attached to it".to_owned());
    let before = |kind, subject: &str| (kind, subject.to_owned(), "x".to_owned());
    assert_eq!(found(Tampered, NAME), [before(Tampered, NAME)]);
    assert_eq!(found(Foreign, NAME), [late.clone(), before(Foreign, NAME)]);
    assert_eq!(found(Tampered, "Permission-r_2"), [late, before(Tampered, "Permission-r_2")]);
}

#[test]
fn a_role_that_bears_the_name_of_a_grant_elsewhere_is_told_once_beside_what_was_found() {
    use FindingKind::{Foreign, Tampered};
    let elsewhere = "arn:aws:iam::123456789012:role/other/Permission-r_1";
    let found = |kind: FindingKind, subject: &str| {
        let mut plan = Plan::default();
        plan.find(kind, subject, "x");
        plan.find_namesake(elsewhere, NAME);
        plan.findings.into_iter().map(|it| (it.kind, it.subject, it.what)).collect::<Vec<_>>()
    };
    let what = "it bears the name of Permission-r_1, does not lie where its role does, and was not touched";
    let namesake = (Foreign, elsewhere.to_owned(), what.to_owned());
    let before = |kind, subject: &str| (kind, subject.to_owned(), "x".to_owned());
    assert_eq!(found(Foreign, elsewhere), [before(Foreign, elsewhere)]);
    assert_eq!(found(Tampered, elsewhere), [before(Tampered, elsewhere), namesake.clone()]);
    assert_eq!(found(Foreign, "arn:z"), [namesake, before(Foreign, "arn:z")]);
}

#[test]
fn every_kind_of_finding_tells_what_people_can_do() {
    for (kind, words) in [
        (FindingKind::Tampered, "look at CloudTrail"),
        (FindingKind::Foreign, "--deny-foreign"),
        (FindingKind::Unexplained, "delete it there if nobody needs it"),
        (FindingKind::Doubtful, "compare it with its run"),
        (FindingKind::OtherRules, "nothing has to be done"),
        (FindingKind::ReviewDue, "review it in Port"),
    ] {
        assert!(kind.remedy().contains(words), "{}", kind.remedy());
    }
}

#[test]
fn a_grant_without_port_that_is_over_is_reviewed_no_more_unless_its_record_says_so() {
    let mut seen = nothing();
    add(&mut seen, "Permission-bg-1");
    (record(&mut seen).is_reviewed, record(&mut seen).is_over) = (false, true);
    deny(&mut seen);
    let is_due = |seen: &Seen| judge(seen).findings.iter().any(|found| found.kind == FindingKind::ReviewDue);
    assert!(!is_due(&seen));
    seen.review_due.insert("Permission-bg-1".to_owned(), None);
    assert!(is_due(&seen));
}

#[test]
fn what_stops_power_comes_before_what_tidies_up() {
    let mut seen = nothing();
    for name in ["Permission-r_1", "Permission-r_2", "Permission-r_3"] {
        add(&mut seen, name);
    }
    seen.roles.remove("Permission-r_1");
    seen.roles.get_mut("Permission-r_2").unwrap().end = Some(seen.now);
    let third = seen.roles["Permission-r_3"].arn.clone();
    seen.looks.get_mut(&third).unwrap().boundary = None;
    seen.policies.get_mut("Permission-r_1").unwrap().attachments = 0;
    let all =
        [Action::Deny(Denial::ForGood), Action::Revoke(Reason::Expired), Action::MarkMissing, Action::RemovePolicy];
    assert_eq!(actions(&seen), all);
    let findings = |seen: &Seen| judge(seen).findings.iter().map(|finding| finding.kind).collect::<Vec<_>>();
    let elsewhere = seen.policies.get_mut("Permission-r_3").unwrap();
    (elsewhere.arn, elsewhere.attachments) = (arn("policy", "deeper/Permission-r_3"), 0);
    seen.roles.get_mut("Permission-r_2").unwrap().arn = arn("role", "deeper/Permission-r_2");
    let of_nobody = Look { attached: look("Permission-r_2").attached, ..Look::default() };
    seen.looks.insert(arn("role", "deeper/Permission-r_2"), of_nobody);
    seen.held_elsewhere.insert(arn("policy", "Permission-r_2"), true);
    assert_eq!(findings(&seen), [FindingKind::Tampered, FindingKind::Tampered, FindingKind::Foreign]);
}

#[test]
fn what_waits_for_a_review_is_found_by_every_sweep_whether_its_role_is_there_or_not() {
    let mut seen = one();
    add(&mut seen, "Permission-bg-1");
    seen.review_due = BTreeMap::from(["Permission-bg-1", "Permission-bg-2"].map(|name| (name.to_owned(), None)));
    let plan = judge(&seen);
    let found: Vec<(FindingKind, &str)> = plan.findings.iter().map(|it| (it.kind, it.subject.as_str())).collect();
    let there = arn("role", "Permission-bg-1");
    assert_eq!(found, [(FindingKind::ReviewDue, "Permission-bg-2"), (FindingKind::ReviewDue, there.as_str())]);
    assert!(!plan.has_grave_findings());
}

#[test]
fn what_was_tampered_with_is_found_by_every_sweep_until_somebody_has_looked() {
    let mut seen = one();
    let due =
        [("Permission-r_1", Some("x is attached to it")), ("Permission-r_2", None), ("Permission-bg-3", Some("y"))];
    seen.review_due = due.map(|(name, found)| (name.to_owned(), found.map(str::to_owned))).into();
    let plan = judge(&seen);
    let found: Vec<(FindingKind, &str)> = plan.findings.iter().map(|it| (it.kind, it.subject.as_str())).collect();
    let there = arn("role", NAME);
    assert_eq!(
        found,
        [
            (FindingKind::Tampered, "Permission-bg-3"),
            (FindingKind::Tampered, "Permission-r_2"),
            (FindingKind::Tampered, there.as_str()),
            (FindingKind::ReviewDue, "Permission-bg-3"),
        ]
    );
    assert!(plan.findings[2].what.contains("(x is attached to it)"), "{:?}", plan.findings);
    // The catalog, which others write too, ends and spares nothing by it.
    assert!(plan.has_grave_findings() && plan.steps.is_empty());
    // What is found anyhow is told once.
    look_at(&mut seen).boundary = None;
    let told = judge(&seen).findings;
    assert_eq!(told.iter().filter(|it| it.subject == there).count(), 1, "{told:?}");
}

#[test]
fn what_could_not_be_asked_is_told_and_not_asked_again() {
    let mut seen = one();
    seen.looks.clear();
    seen.close = BTreeSet::from([NAME.to_owned()]);
    let questions: Vec<Question> = judge(&seen).questions.into_iter().collect();
    assert!(!questions.is_empty());
    for question in &questions {
        seen.unanswered.insert(question.clone(), "no answer".to_owned());
    }
    let plan = judge(&seen);
    assert!(plan.questions.is_empty());
    let doubtful = plan.findings.iter().filter(|found| found.kind == FindingKind::Doubtful);
    assert!(doubtful.clone().any(|found| found.subject == arn("role", NAME) && found.what.contains("no answer")));
    // A question that nobody asks any more is no doubt.
    let settled = Seen { unanswered: seen.unanswered, ..one() };
    assert!(!judge(&settled).findings.iter().any(|found| found.kind == FindingKind::Doubtful));
}
