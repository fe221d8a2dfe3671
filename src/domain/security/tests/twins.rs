//! Escalations that are refused, each beside its twin: the same call but for one field, which is allowed. So what refuses
//! it is that field, and no action that is misspelt, no resource that never fits.

use super::*;

const UNDER_OUR_PATH: &str = "role under our path";
const POLICY_UNDER_OUR_PATH: &str = "policy under our path";

/// The action; the target and the circumstance of the refused call; those of its twin.
type Twins = (&'static str, [&'static str; 2], [&'static str; 2]);

const BY_THE_GRANTER: &[Twins] = &[
    // A role without our boundary, or with one that is wider.
    (
        "iam:CreateRole",
        [UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    (
        "iam:CreateRole",
        [UNDER_OUR_PATH, "boundary: another; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    // One that does not bear our mark, so that the sweep would take it for somebody else's.
    (
        "iam:CreateRole",
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    // One of another place, or with the name of a grant that needs no run.
    (
        "iam:CreateRole",
        ["role elsewhere", "boundary: ours; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    (
        "iam:CreateRole",
        ["role of a path that begins alike", "boundary: ours; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    (
        "iam:CreateRole",
        ["role of a grant's name elsewhere", "boundary: ours; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    (
        "iam:CreateRole",
        ["role under our path of a grant without Port", "boundary: ours; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
    ),
    // Another policy than ours, a role without our boundary, another role, itself.
    (
        "iam:AttachRolePolicy",
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: AdministratorAccess"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
    ),
    (
        "iam:AttachRolePolicy",
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: the boundary"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
    ),
    (
        "iam:AttachRolePolicy",
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: ours"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
    ),
    (
        "iam:AttachRolePolicy",
        ["role elsewhere", "boundary: ours; mark: none; policy: ours"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
    ),
    (
        "iam:AttachRolePolicy",
        ["itself", "boundary: ours; mark: none; policy: ours"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
    ),
    // A denial that somebody has put on a role.
    (
        "iam:DetachRolePolicy",
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: AWSDenyAll"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: ours"],
    ),
    (
        "iam:CreatePolicy",
        ["policy elsewhere", "boundary: none; mark: ours; policy: none"],
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
    ),
    (
        "iam:CreatePolicy",
        ["policy under our path of a grant without Port", "boundary: none; mark: ours; policy: none"],
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
    ),
    (
        "iam:CreatePolicy",
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
    ),
    (
        "iam:DeletePolicy",
        ["the boundary", "boundary: none; mark: none; policy: none"],
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
    (
        "iam:DeleteRole",
        ["role elsewhere", "boundary: none; mark: none; policy: none"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
    (
        "iam:TagRole",
        ["role elsewhere", "boundary: none; mark: ours; policy: none"],
        [UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
    ),
];

const BY_THE_REVOKER: &[Twins] = &[
    // Its one right to attach gives nobody anything.
    (
        "iam:AttachRolePolicy",
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: AdministratorAccess"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: AWSDenyAll"],
    ),
    (
        "iam:AttachRolePolicy",
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
        [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: AWSDenyAll"],
    ),
    (
        "iam:AttachRolePolicy",
        ["role elsewhere", "boundary: none; mark: none; policy: AWSDenyAll"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: AWSDenyAll"],
    ),
    (
        "iam:AttachRolePolicy",
        ["itself", "boundary: none; mark: none; policy: AWSDenyAll"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: AWSDenyAll"],
    ),
    (
        "iam:DetachRolePolicy",
        ["role elsewhere", "boundary: none; mark: none; policy: ours"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: ours"],
    ),
    (
        "iam:DeleteRole",
        ["role of a path that begins alike", "boundary: none; mark: none; policy: none"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
    (
        "iam:DeleteRole",
        ["itself", "boundary: none; mark: none; policy: none"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
    (
        "iam:DeleteRolePolicy",
        ["itself", "boundary: none; mark: none; policy: none"],
        [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
    (
        "iam:DeletePolicy",
        ["policy elsewhere", "boundary: none; mark: none; policy: none"],
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
    (
        "iam:DeletePolicyVersion",
        ["the boundary", "boundary: none; mark: none; policy: none"],
        [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
    ),
];

/// Escalations without a twin: no identity may do them to anything under any circumstance, since no statement names them.
const NEVER: [&str; 20] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreatePolicyVersion",
    "iam:CreateUser",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "sts:AssumeRole",
    "sts:GetFederationToken",
    "sts:TagSession",
];

fn circumstance(battery: &Battery, text: &str) -> Circumstance {
    let named = Circumstance::named(text, &battery.asked(UNDER_OUR_PATH)).unwrap();
    assert_eq!(named.len(), 1, "{text} is no one circumstance");
    *named.first().unwrap()
}

#[test]
fn every_escalation_is_refused_by_one_field_without_which_it_is_allowed() {
    let battery = battery();
    for (job, all) in [(Job::Granter, BY_THE_GRANTER), (Job::Revoker, BY_THE_REVOKER)] {
        let (found, written) = (found(&battery, &documents(job)), expected(job, &battery).unwrap());
        for (action, refused, twin) in all {
            let is_asked = |[target, text]: &[&str; 2]| {
                let circumstance = circumstance(&battery, text);
                battery
                    .questions()
                    .any(|it| it.action == *action && it.target.name == *target && it.circumstance == circumstance)
            };
            assert!(is_asked(refused) && is_asked(twin), "{job:?}: {action} on {refused:?} or {twin:?} is not asked");
            let fields = usize::from(refused[0] != twin[0])
                + circumstance(&battery, refused[1]).distance(circumstance(&battery, twin[1]));
            assert_eq!(fields, 1, "{job:?}: {action} on {refused:?} and {twin:?}");
            for allowed in [&found, &written] {
                let may = |[target, text]: &[&str; 2]| {
                    allowed.circumstances(action, target).contains(&circumstance(&battery, text))
                };
                assert!(!may(refused), "{job:?}: {action} on {refused:?} is allowed");
                assert!(may(twin), "{job:?}: {action} on {twin:?} is refused");
            }
        }
    }
}

#[test]
fn what_has_no_twin_is_asked_and_allowed_nowhere() {
    let battery = battery();
    let both = found(&battery, &documents(Job::Both));
    for action in NEVER {
        assert!(battery.questions().any(|question| question.action == action), "{action} is not asked");
        assert!(both.pairs().all(|(known, _)| known != action), "{action} is allowed");
    }
}
