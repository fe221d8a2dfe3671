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
    assert_eq!(findings(&seen), [FindingKind::Tampered, FindingKind::Foreign]);
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
