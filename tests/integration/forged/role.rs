//! What an earlier attempt at the same run left in AWS, and what somebody made of it.

use port_iam::domain::iam::{PolicyState, RoleState};
use serde_json::json;

use super::{Forge, Row, row};
use crate::installed::Installed;

pub(super) fn forged_roles() -> Vec<Row> {
    use Forge::Aws;
    vec![
        row(
            "the role's trust",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole" }] });
            iam.update_assume_role_policy().role_name(grant).policy_document(trust.to_string()).send().await.unwrap();
        })
            }),
            "trust policy",
        ),
        row(
            "the role's end",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
                    let mut trust = crate::harness::decoded(role.assume_role_policy_document().unwrap());
                    trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] =
                        json!("2099-01-01T00:00:00Z");
                    iam.update_assume_role_policy()
                        .role_name(grant)
                        .policy_document(trust.to_string())
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "trust policy",
        ),
        row(
            "no boundary",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
                })
            }),
            "boundary",
        ),
        row(
            "another boundary",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.put_role_permissions_boundary()
                        .role_name(grant)
                        .permissions_boundary("arn:aws:iam::aws:policy/ReadOnlyAccess")
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "boundary",
        ),
        row(
            "the longest session",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.update_role().role_name(grant).max_session_duration(43_200).send().await.unwrap();
                })
            }),
            "session length",
        ),
        row(
            "the role's tag of the run",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:run", "r_other")),
            "tags",
        ),
        row(
            "the role's tag of the installation",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:scope", "other/1")),
            "tags",
        ),
        row(
            "the role's tag of the requester",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:requester", "max@acme.example")),
            "tags",
        ),
        row(
            "the role's tag of the resource",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:resource", "arn:aws:s3:::third-bucket")),
            "tags",
        ),
        row(
            "the role's tag of the additional resource",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:resource.2", "arn:aws:s3:::third-bucket")),
            "tags",
        ),
        row(
            "a tag of one more resource",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:resource.3", "arn:aws:s3:::third-bucket")),
            "tags",
        ),
        row(
            "the role's tag of the end",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:expires", "2099-01-01T00:00:00Z")),
            "tags",
        ),
        row(
            "no tag of the end",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.untag_role().role_name(grant).tag_keys("port-iam:expires").send().await.unwrap();
                })
            }),
            "tags",
        ),
        row("the role's mark", Aws(|installed, grant| tag_role(installed, grant, "managed-by", "somebody")), "tags"),
        row(
            "the policy's document",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            iam.create_policy_version().policy_arn(arn).policy_document(document.to_string()).set_as_default(true).send().await.unwrap();
        })
            }),
            "document",
        ),
        row(
            "the policy's mark",
            Aws(|installed, grant| tag_policy(installed, grant, "managed-by", "somebody")),
            "tags",
        ),
        row(
            "the policy's tag of the installation",
            Aws(|installed, grant| tag_policy(installed, grant, "port-iam:scope", "other/1")),
            "tags",
        ),
        row(
            "the policy's tag of the additional resource",
            Aws(|installed, grant| tag_policy(installed, grant, "port-iam:resource.2", "arn:aws:s3:::third-bucket")),
            "tags",
        ),
        row(
            "the policy on another role too",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
                    let other = format!("other-{grant}");
                    iam.create_role().role_name(&other).assume_role_policy_document(trust.to_string()).send().await.unwrap();
                    let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
                    iam.attach_role_policy().role_name(other).policy_arn(arn).send().await.unwrap();
                })
            }),
            "is attached to something else",
        ),
        row(
            "the policy's tag of the run",
            Aws(|installed, grant| tag_policy(installed, grant, "port-iam:run", "r_other")),
            "tags",
        ),
        row(
            "the policy's tag of the requester",
            Aws(|installed, grant| tag_policy(installed, grant, "port-iam:requester", "max@acme.example")),
            "tags",
        ),
        row(
            "the policy's tag of the resource",
            Aws(|installed, grant| tag_policy(installed, grant, "port-iam:resource", "arn:aws:s3:::third-bucket")),
            "tags",
        ),
        row(
            "the policy's tag of the end",
            Aws(|installed, grant| tag_policy(installed, grant, "port-iam:expires", "2099-01-01T00:00:00Z")),
            "tags",
        ),
        row(
            "another policy attached",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.attach_role_policy()
                        .role_name(grant)
                        .policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "is attached to it",
        ),
        row(
            "AWSDenyAll attached",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.attach_role_policy()
                        .role_name(grant)
                        .policy_arn("arn:aws:iam::aws:policy/AWSDenyAll")
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "is attached to it",
        ),
        row(
            "an inline policy",
            Aws(|installed, grant| put_inline(installed, grant, "s3:PutObject")),
            "an inline policy",
        ),
        row(
            "an inline policy that gives everything",
            Aws(|installed, grant| put_inline(installed, grant, "*")),
            "an inline policy",
        ),
        row(
            "a policy under our path that is none of the grant's attached",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    let created = iam.create_policy().path("/port-iam/").policy_name(format!("{grant}.x"));
                    let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
                    let created = created.policy_document(document.to_string()).send().await.unwrap();
                    let arn = created.policy.unwrap().arn.unwrap();
                    iam.attach_role_policy().role_name(grant).policy_arn(arn).send().await.unwrap();
                })
            }),
            "is attached to it",
        ),
        row(
            "a further policy of its name",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
            iam.create_policy().policy_name(format!("{grant}.2")).path("/port-iam/").policy_document(document.to_string()).send().await.unwrap();
        })
            }),
            "number",
        ),
        row(
            "a role of its name elsewhere",
            Forge::Port(|installed, request| {
                installed.harness.with_aws(async |iam| {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
            iam.create_role().role_name(request.grant()).assume_role_policy_document(trust.to_string()).send().await.unwrap();
        })
            }),
            "path",
        ),
    ]
}

fn put_inline(installed: &Installed, grant: &str, action: &str) {
    installed.harness.with_aws(async |iam| {
        let document =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] });
        let put = iam.put_role_policy().role_name(grant).policy_name("more");
        put.policy_document(document.to_string()).send().await.unwrap();
    });
}

fn tag_role(installed: &Installed, grant: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
        iam.tag_role().role_name(grant).tags(tag).send().await.unwrap();
    });
}

fn tag_policy(installed: &Installed, grant: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        iam.tag_policy().policy_arn(arn).tags(tag).send().await.unwrap();
    });
}

/// What stands there in a newer version's tags alone, and what an organisation tags of its own.
pub(super) fn as_an_older_version_left_it(installed: &Installed, grant: &str) {
    let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    installed.harness.with_aws(async |iam| {
        iam.untag_role().role_name(grant).tag_keys("port-iam:resource.2").send().await.unwrap();
        iam.untag_policy().policy_arn(arn).tag_keys("port-iam:resource.2").send().await.unwrap();
    });
    tag_role(installed, grant, "cost-center", "42");
}

/// The rows that forge a part of what IAM answers about a role and a policy. A part that is added has no row, and the
/// pattern does not compile.
fn rows_of(role: &RoleState, policy: &PolicyState) -> Vec<String> {
    let RoleState { path: _, arn: _, trust: _, boundary: _, max_session_seconds: _, tags: of_role } = role;
    let PolicyState { arn: _, document: _, attachments: _, tags: of_policy } = policy;
    let name = |tag: &str| match tag {
        "managed-by" => "mark".to_owned(),
        "port-iam:scope" => "tag of the installation".to_owned(),
        "port-iam:expires" => "tag of the end".to_owned(),
        "port-iam:resource.2" => "tag of the additional resource".to_owned(),
        other => format!("tag of the {}", other.trim_start_matches("port-iam:")),
    };
    let parts = [
        "a role of its name elsewhere",
        "the role's trust",
        "the role's end",
        "another boundary",
        "the longest session",
        "a further policy of its name",
        "the policy's document",
        "the policy on another role too",
    ];
    let tags = of_role.iter().map(|(tag, _)| format!("the role's {}", name(tag)));
    let tags = tags.chain(of_policy.iter().map(|(tag, _)| format!("the policy's {}", name(tag))));
    parts.map(str::to_owned).into_iter().chain(tags).collect()
}

#[test]
fn every_part_of_a_role_and_a_policy_has_a_row() {
    let baseline = super::Baseline::new();
    let request = baseline.request();
    baseline.good(&request).exits(0);
    let grant = request.grant();
    let (mut of_role, mut of_policy) = (Vec::new(), Vec::new());
    baseline.installed.harness.with_aws(async |iam| {
        let pairs = |tags: Vec<aws_sdk_iam::types::Tag>| tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        of_role = pairs(iam.list_role_tags().role_name(&grant).send().await.unwrap().tags);
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        of_policy = pairs(iam.list_policy_tags().policy_arn(arn).send().await.unwrap().tags);
    });
    assert!(of_role.len() > 6 && of_policy.len() > 6, "{of_role:?} {of_policy:?}");
    let (path, arn, document) = (String::new(), String::new(), json!({}));
    let role = RoleState {
        path,
        arn: arn.clone(),
        trust: json!({}),
        boundary: None,
        max_session_seconds: None,
        tags: of_role,
    };
    let policy = PolicyState { arn, document, attachments: 0, tags: of_policy };
    let rows = forged_roles();
    let missing: Vec<String> =
        rows_of(&role, &policy).into_iter().filter(|name| !rows.iter().any(|row| row.what == name)).collect();
    assert_eq!(missing, [""; 0], "parts without a row");
}
