//! Escalations that are refused, each beside its twin: the same call but for one field, which is allowed. So what
//! refuses it is that field, and no action that is misspelt, no resource that never fits.

use super::*;

/// It says how many there are.
const RELIABILITY: &str = include_str!("../../../../docs/reliability.md");

const UNDER_OUR_PATH: &str = "role under our path";
const WITHOUT_PORT: &str = "role under our path of a grant without Port";
const POLICY_UNDER_OUR_PATH: &str = "policy under our path";
/// All tags of a run, and one besides that a policy elsewhere may take for a proof of its session.
const ANOTHERS_TAG: &str = "mark: ours beside another's tag";

/// Roles that are no grant's, the identity itself among them.
const OTHER_ROLES: &[&str] =
    &["role elsewhere", "role of a path that begins alike", "role of a grant's name elsewhere", "itself"];
/// Those, and what a run never makes.
const NO_ROLES_OF_A_RUN: &[&str] =
    &["role elsewhere", "role of a path that begins alike", "role of a grant's name elsewhere", "itself", WITHOUT_PORT];
/// Policies that are no grant's, the identities' own among them.
const OTHER_POLICIES: &[&str] =
    &["policy elsewhere", "policy of AWS", "the boundary", "policy of the granter", "policy of the revoker"];
const NO_POLICIES_OF_A_RUN: &[&str] = &[
    "policy elsewhere",
    "policy of AWS",
    "the boundary",
    "policy of the granter",
    "policy of the revoker",
    "policy under our path of a grant without Port",
];

/// A call that is allowed, and each change of one field that makes it one that is refused.
struct Twins {
    action: &'static str,
    /// Target and circumstance.
    allowed: [&'static str; 2],
    /// What of the circumstance is said otherwise.
    refused_with: &'static [&'static str],
    /// Other targets. They are refused under every circumstance, and stand with one target that is allowed.
    refused_on: &'static [&'static str],
}

const BY_THE_GRANTER: &[Twins] = &[
    // A role without our boundary, or with one that is wider; one without our mark, so that the sweep would take it for
    // somebody else's; one with a tag besides, by which its sessions could be somebody else's; one of another place, or
    // with the name of a grant that needs no run.
    Twins {
        action: "iam:CreateRole",
        allowed: [UNDER_OUR_PATH, "boundary: ours; mark: ours; policy: none"],
        refused_with: &["boundary: none", "boundary: another", "mark: none", ANOTHERS_TAG],
        refused_on: NO_ROLES_OF_A_RUN,
    },
    // Another policy than ours, a role without our boundary, another role, itself, one that was granted without Port.
    Twins {
        action: "iam:AttachRolePolicy",
        allowed: [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: ours"],
        refused_with: &[
            "boundary: none",
            "boundary: another",
            "policy: AdministratorAccess",
            "policy: AWSDenyAll",
            "policy: the boundary",
        ],
        refused_on: NO_ROLES_OF_A_RUN,
    },
    // A denial that somebody has put on a role.
    Twins {
        action: "iam:DetachRolePolicy",
        allowed: [UNDER_OUR_PATH, "boundary: none; mark: none; policy: ours"],
        refused_with: &["policy: AWSDenyAll", "policy: AdministratorAccess", "policy: the boundary"],
        refused_on: OTHER_ROLES,
    },
    Twins {
        action: "iam:DetachRolePolicy",
        allowed: [WITHOUT_PORT, "boundary: none; mark: none; policy: ours"],
        refused_with: &["policy: AWSDenyAll", "policy: AdministratorAccess", "policy: the boundary"],
        refused_on: &[],
    },
    Twins {
        action: "iam:DeleteRole",
        allowed: [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: OTHER_ROLES,
    },
    Twins {
        action: "iam:CreatePolicy",
        allowed: [POLICY_UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
        refused_with: &["mark: none", ANOTHERS_TAG],
        refused_on: NO_POLICIES_OF_A_RUN,
    },
    Twins {
        action: "iam:DeletePolicy",
        allowed: [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: OTHER_POLICIES,
    },
    // What would make somebody else's role or policy look like ours, or one that needs no run like one of a run; and what
    // would make a role of a run look like somebody else's.
    Twins {
        action: "iam:TagRole",
        allowed: [UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
        refused_with: &["mark: none", ANOTHERS_TAG],
        refused_on: NO_ROLES_OF_A_RUN,
    },
    Twins {
        action: "iam:TagPolicy",
        allowed: [POLICY_UNDER_OUR_PATH, "boundary: none; mark: ours; policy: none"],
        refused_with: &["mark: none", ANOTHERS_TAG],
        refused_on: NO_POLICIES_OF_A_RUN,
    },
];

const BY_THE_REVOKER: &[Twins] = &[
    // Its one right to attach gives nobody anything.
    Twins {
        action: "iam:AttachRolePolicy",
        allowed: [UNDER_OUR_PATH, "boundary: ours; mark: none; policy: AWSDenyAll"],
        refused_with: &["policy: AdministratorAccess", "policy: ours", "policy: the boundary"],
        refused_on: OTHER_ROLES,
    },
    Twins {
        action: "iam:AttachRolePolicy",
        allowed: [WITHOUT_PORT, "boundary: ours; mark: none; policy: AWSDenyAll"],
        refused_with: &["policy: AdministratorAccess", "policy: ours", "policy: the boundary"],
        refused_on: &[],
    },
    Twins {
        action: "iam:DetachRolePolicy",
        allowed: [UNDER_OUR_PATH, "boundary: none; mark: none; policy: ours"],
        refused_with: &[],
        refused_on: OTHER_ROLES,
    },
    Twins {
        action: "iam:DeleteRole",
        allowed: [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: OTHER_ROLES,
    },
    Twins {
        action: "iam:DeleteRolePolicy",
        allowed: [UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: OTHER_ROLES,
    },
    Twins {
        action: "iam:DeletePolicy",
        allowed: [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: OTHER_POLICIES,
    },
    Twins {
        action: "iam:DeletePolicyVersion",
        allowed: [POLICY_UNDER_OUR_PATH, "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: OTHER_POLICIES,
    },
    Twins {
        action: "iam:RemoveRoleFromInstanceProfile",
        allowed: ["instance profile under our path", "boundary: none; mark: none; policy: none"],
        refused_with: &[],
        refused_on: &["instance profile elsewhere"],
    },
];

const BY_EACH: [(Job, &[Twins]); 2] = [(Job::Granter, BY_THE_GRANTER), (Job::Revoker, BY_THE_REVOKER)];

/// Escalations without a twin: no identity may do them to anything under any circumstance, since no statement names
/// them.
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

impl Twins {
    /// Returns target and circumstance of each call that is refused.
    fn refused(&self, battery: &Battery) -> Vec<(&'static str, Circumstance)> {
        let [target, said] = self.allowed;
        let with = self.refused_with.iter().map(|other| (target, circumstance(battery, &with_field(said, other))));
        let on = self.refused_on.iter().map(|other| (*other, circumstance(battery, said)));
        with.chain(on).collect()
    }
}

/// Returns a circumstance that says `other` of its field.
fn with_field(said: &str, other: &str) -> String {
    let (field, _) = other.split_once(": ").unwrap();
    let parts = said.split("; ").map(|part| if part.starts_with(field) { other } else { part });
    parts.collect::<Vec<_>>().join("; ")
}

/// Returns what `refused` says of the one field in which it differs from `allowed`.
fn differing_field(allowed: Circumstance, refused: Circumstance) -> String {
    let (allowed, refused) = (allowed.to_string(), refused.to_string());
    let mut parts = allowed.split("; ").zip(refused.split("; "));
    parts.find(|(one, other)| one != other).unwrap().1.to_owned()
}

pub(super) fn circumstance(battery: &Battery, text: &str) -> Circumstance {
    let named = Circumstance::named(text, &battery.asked(UNDER_OUR_PATH)).unwrap();
    assert_eq!(named.len(), 1, "{text} is no one circumstance");
    *named.first().unwrap()
}

#[test]
fn every_escalation_is_refused_by_one_field_without_which_it_is_allowed() {
    let battery = battery();
    for (job, all) in BY_EACH {
        let (found, written) = (found(&battery, &documents(job)), expected(job, &battery).unwrap());
        for twins in all {
            let (action, [target, said]) = (twins.action, twins.allowed);
            let twin = (target, circumstance(&battery, said));
            let is_asked = |(target, circumstance): (&str, Circumstance)| {
                battery
                    .questions()
                    .any(|it| it.action == action && it.target.name == target && it.circumstance == circumstance)
            };
            assert!(is_asked(twin), "{job:?}: {action} on {twin:?} is not asked");
            let may = |allowed: &Allowed, (target, circumstance): (&str, Circumstance)| {
                allowed.circumstances(action, target).contains(&circumstance)
            };
            assert!(may(&found, twin) && may(&written, twin), "{job:?}: {action} on {twin:?} is refused");
            for refused in twins.refused(&battery) {
                assert!(is_asked(refused), "{job:?}: {action} on {refused:?} is not asked");
                let fields = usize::from(refused.0 != twin.0) + refused.1.distance(twin.1);
                assert_eq!(fields, 1, "{job:?}: {action} on {refused:?} and {twin:?}");
                let is_refused = !may(&found, refused) && !may(&written, refused);
                assert!(is_refused, "{job:?}: {action} on {refused:?} is allowed");
            }
        }
    }
}

/// Of all that an identity may write: each target on which it never may, and of each other target every value that
/// alone turns a call that it may make there into one that it may not.
#[test]
fn whatever_may_be_written_somewhere_has_a_twin_for_each_condition_and_each_other_target() {
    let battery = battery();
    let (always, mut twins) = ("always", 0);
    for (job, all) in BY_EACH {
        let written = expected(job, &battery).unwrap();
        let writes = |action: &&str| !action.starts_with("iam:Get") && !action.starts_with("iam:List");
        let actions: BTreeSet<&str> = written.pairs().map(|(action, _)| action).filter(writes).collect();
        let mut needed = BTreeSet::new();
        for Question { action, target, circumstance } in battery.questions().filter(|it| actions.contains(it.action)) {
            let allowed = written.circumstances(action, &target.name);
            if allowed.is_empty() {
                needed.insert((action, target.name.as_str(), always.to_owned()));
            } else if !allowed.contains(&circumstance) {
                let nearest = allowed.into_iter().filter(|twin| twin.distance(circumstance) == 1);
                needed.extend(nearest.map(|twin| (action, target.name.as_str(), differing_field(twin, circumstance))));
            }
        }
        // Whoever attaches or detaches names a policy: without one there is no such call.
        needed.retain(|(_, _, change)| change != "policy: none");
        let mut listed = BTreeSet::new();
        for Twins { action, allowed: [target, _], refused_with, refused_on } in all {
            let mut list = |target, change: &str| assert!(listed.insert((*action, target, change.to_owned())));
            refused_with.iter().for_each(|change| list(*target, change));
            refused_on.iter().for_each(|other| list(*other, always));
        }
        let missing: Vec<_> = needed.difference(&listed).collect();
        assert!(missing.is_empty(), "{job:?}: no twins of {missing:#?}");
        let surplus: Vec<_> = listed.difference(&needed).collect();
        assert!(surplus.is_empty(), "{job:?}: not refused so, or not asked: {surplus:#?}");
        twins += listed.len();
    }
    assert!(RELIABILITY.contains(&format!("; {twins} escalations with a twin |")), "{twins}");
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
