use serde::Deserialize;

use super::*;

/// One case: what is asked and what must come of it. They were checked by hand against AWS's own pages.
#[derive(Deserialize)]
struct Case {
    id: String,
    arn: String,
    action: String,
    verdict: String,
    spelled: Option<String>,
    resources: Vec<String>,
    missing_types: Vec<String>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../tests/fixtures/policy-cases.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn judged(arn: &str, action: &str) -> Judged {
    judge(&[arn], &[action], &Allowances::default()).remove(0)
}

#[test]
fn every_case_gets_its_verdict_its_resources_and_its_missing_types() {
    let cases = cases();
    assert_eq!(cases.len(), 169);
    for case in cases {
        let judged = judged(&case.arn, &case.action);
        let got = (judged.verdict.as_str(), &judged.resources, &judged.missing_types);
        assert_eq!(got, (case.verdict.as_str(), &case.resources, &case.missing_types), "{}", case.id);
        assert_eq!(Some(judged.action), case.spelled, "{}", case.id);
    }
}
