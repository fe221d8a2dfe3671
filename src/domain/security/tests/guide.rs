//! The control: what Port's guide gives its manager, which may make itself anything, turns the battery red.

use super::twins::circumstance;
use super::*;

/// The policy of `port-iam-management-user` in Port's guide, as its prerequisites have it.
fn document() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": [
                "iam:CreateRole",
                "iam:UpdateRole",
                "iam:DeleteRole",
                "iam:CreatePolicy",
                "iam:DeletePolicy",
                "iam:AttachRolePolicy",
                "iam:DetachRolePolicy"
            ],
            "Resource": "*"
        }]
    })
}

#[test]
fn the_manager_of_the_guide_may_do_what_no_identity_of_ours_may_and_every_such_power_is_told() {
    const NEUTRAL: &str = "boundary: none; mark: none; policy: none";
    const ADMINISTRATOR: &str = "boundary: none; mark: none; policy: AdministratorAccess";
    let battery = battery();
    let differences = differences(&found(&battery, &[document()]), &expected(Job::Both, &battery).unwrap());
    for (action, target, said) in [
        ("iam:CreateRole", "role under our path", "boundary: none; mark: ours; policy: none"),
        ("iam:CreateRole", "role under our path", "boundary: another; mark: ours; policy: none"),
        ("iam:CreateRole", "role elsewhere", NEUTRAL),
        ("iam:AttachRolePolicy", "role under our path", ADMINISTRATOR),
        ("iam:AttachRolePolicy", "role elsewhere", ADMINISTRATOR),
        ("iam:AttachRolePolicy", "itself", ADMINISTRATOR),
        ("iam:DeleteRole", "itself", NEUTRAL),
        ("iam:UpdateRole", "role elsewhere", NEUTRAL),
        ("iam:CreatePolicy", "policy elsewhere", NEUTRAL),
        ("iam:DeletePolicy", "the boundary", NEUTRAL),
        ("iam:DeletePolicy", "policy of the revoker", NEUTRAL),
    ] {
        let asked = circumstance(&battery, said);
        let is_told = differences.iter().any(|one| {
            one.is_allowed && one.action == action && one.target == target && one.circumstances.contains(&asked)
        });
        assert!(is_told, "{action} on {target} with {said}: {}", told(&differences));
    }
    // And what it lacks: it could not even look at what it has made.
    let lacks = |action| differences.iter().any(|one| !one.is_allowed && one.action == action);
    assert!(lacks("iam:GetRole") && lacks("iam:TagRole"), "{}", told(&differences));
}
