//! The identities' policies fit into IAM, and the boundary holds back what a grant must never give.

use serde_json::Value;

use super::account;
use crate::assets::{boundary_policy, embedded, granter_policy, manager_policies, requester_policy, revoker_policy};
use crate::domain::names::Names;
use crate::domain::tags::OF_A_RUN;

/// Characters of a managed policy, white space not counted (IAM User Guide, quotas).
const LARGEST_MANAGED_POLICY: usize = 6_144;

fn boundary() -> Value {
    boundary_policy().unwrap()
}

/// Returns whether a statement with `effect` names `action`, by a pattern with at most one `*`.
fn names(policy: &Value, effect: &str, action: &str) -> bool {
    let statements = policy["Statement"].as_array().unwrap().iter().filter(|statement| statement["Effect"] == effect);
    statements.flat_map(|statement| statement["Action"].as_array().unwrap()).filter_map(Value::as_str).any(|pattern| {
        match pattern.split_once('*') {
            Some((start, end)) => {
                assert!(!end.contains('*'), "{pattern} has two stars, which this test cannot judge");
                action.len() >= start.len() + end.len() && action.starts_with(start) && action.ends_with(end)
            }
            None => pattern == action,
        }
    })
}

#[test]
fn every_policy_fits_into_a_managed_policy() {
    let longest_names = Names { iam_path: format!("/{}/", "p".repeat(40)), ..Names::default() };
    for policy in [granter_policy, revoker_policy, requester_policy] {
        let text = policy(&longest_names, &account("aws-us-gov")).unwrap().to_string();
        let size = text.chars().filter(|character| !character.is_whitespace()).count();
        assert!(size <= LARGEST_MANAGED_POLICY, "{size} characters");
    }
}

#[test]
fn the_boundary_lets_the_seeded_permissions_through() {
    for action in ["s3:PutObject", "ec2:StopInstances"] {
        assert!(names(&boundary(), "Allow", action), "{action}");
        assert!(!names(&boundary(), "Deny", action), "{action}");
    }
}

#[test]
fn the_boundary_denies_identities_the_audit_trail_and_changes_that_widen() {
    let denied = [
        "iam:PassRole",
        "organizations:LeaveOrganization",
        "account:PutContactInformation",
        "sso:CreateAccountAssignment",
        "sso-directory:CreateUser",
        "identitystore:CreateUser",
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoot",
        "sts:GetFederationToken",
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
        "config:StopConfigurationRecorder",
        "config:DeleteConfigurationRecorder",
        "guardduty:DeleteDetector",
        "guardduty:UpdateDetector",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketAcl",
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
        "s3:PutAccessPointPolicy",
        "s3:CreateAccessGrant",
        "ec2:ModifyInstanceAttribute",
        "ec2:CreateLaunchTemplateVersion",
        "ec2:AssociateIamInstanceProfile",
        "ec2:ReplaceIamInstanceProfileAssociation",
        "ec2:ModifySnapshotAttribute",
        "ec2:DisableImageBlockPublicAccess",
    ];
    for action in denied {
        assert!(names(&boundary(), "Deny", action), "{action}");
    }
}

#[test]
fn the_boundary_denies_on_every_resource_and_under_no_condition() {
    for statement in boundary()["Statement"].as_array().unwrap() {
        assert_eq!(statement["Resource"], "*");
        assert_eq!(statement.get("Condition"), None);
    }
}

#[test]
fn a_new_role_must_be_bounded_and_marked() {
    let granter = granter_policy(&Names::default(), &account("aws")).unwrap();
    let statements = granter["Statement"].as_array().unwrap();
    let create: Vec<&Value> = statements
        .iter()
        .filter(|statement| {
            statement["Effect"] == "Allow" && statement["Action"].to_string().contains("iam:CreateRole")
        })
        .collect();
    assert_eq!(create.len(), 1);
    let condition = &create[0]["Condition"];
    let boundary = "arn:aws:iam::012345678901:policy/port-iam-boundary";
    assert_eq!(condition["ArnEquals"]["iam:PermissionsBoundary"], boundary);
    assert_eq!(condition["StringEquals"]["aws:RequestTag/managed-by"], "port-iam");
}

/// For no tag at all such a condition holds: that there is one, ours, is the condition beside it.
#[test]
fn whatever_the_granter_makes_or_tags_gets_the_tags_of_a_run_and_no_other() {
    let granter = granter_policy(&Names::default(), &account("aws")).unwrap();
    let writes_tags = |statement: &&Value| {
        let actions = statement["Action"].to_string();
        statement["Effect"] == "Allow" && ["iam:Create", "iam:Tag"].iter().any(|start| actions.contains(start))
    };
    let statements: Vec<&Value> = granter["Statement"].as_array().unwrap().iter().filter(writes_tags).collect();
    assert_eq!(statements.len(), 3);
    for statement in statements {
        let condition = &statement["Condition"];
        assert_eq!(condition["ForAllValues:StringLike"]["aws:TagKeys"], serde_json::json!(OF_A_RUN), "{statement}");
        assert_eq!(condition["StringEquals"]["aws:RequestTag/managed-by"], "port-iam", "{statement}");
    }
}

#[test]
fn neither_identity_may_reach_outside_its_path_or_edit_the_boundary() {
    let policies = manager_policies(&Names::default(), &account("aws")).unwrap();
    let reads = ["iam:Get", "iam:List"];
    for policy in [policies.granter, policies.revoker] {
        for statement in policy["Statement"].as_array().unwrap() {
            let listed = |value: &Value| match value {
                Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
                one => vec![one.as_str().unwrap().to_owned()],
            };
            let reading =
                listed(&statement["Action"]).iter().all(|action| reads.iter().any(|read| action.starts_with(read)));
            for resource in listed(&statement["Resource"]) {
                assert!(reading || resource.contains("/port-iam/"), "{statement}");
            }
        }
    }
}

#[test]
fn every_embedded_json_file_parses() {
    for path in embedded::paths().iter().filter(|path| path.ends_with(".json")) {
        embedded::json(path).unwrap();
    }
}
