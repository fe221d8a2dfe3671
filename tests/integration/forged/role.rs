//! What an earlier attempt at the same run left in AWS, and what somebody made of it.

use port_iam::domain::iam::{PolicyState, RoleState};
use serde_json::{Value, json};

use super::{Forge, Row, row};
use crate::installed::Installed;

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const THIRD: &str = "arn:aws:s3:::third-bucket";
const LATE: &str = "2099-01-01T00:00:00Z";

/// What is changed in AWS of the grant of this name.
type Change = fn(&Installed, &str);

pub(super) fn forged_roles() -> Vec<Row> {
    let mut rows = of_the_role();
    rows.extend(of_the_policy());
    rows.extend(of_what_is_attached());
    rows.extend(
        TAGS_OF_THE_ROLE
            .map(|(what, change)| row(what, Forge::Aws(change), "a role of this name exists and its tags are not")),
    );
    rows.extend(
        TAGS_OF_THE_POLICY
            .map(|(what, change)| row(what, Forge::Aws(change), "a policy of this name exists and its tags are not")),
    );
    rows
}

fn of_the_role() -> Vec<Row> {
    let aws = |what, change: Change, words| row(what, Forge::Aws(change), words);
    vec![
        aws(
            "the role's trust",
            |it, grant| {
                trust(it, grant, |trust| *trust = trust_in(&json!({ "AWS": "arn:aws:iam::999999999999:root" })))
            },
            "a role of this name exists and its trust policy is not",
        ),
        aws(
            "the role's end",
            |it, grant| {
                trust(it, grant, |trust| {
                    trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] = json!(LATE);
                });
            },
            "a role of this name exists and its trust policy is not",
        ),
        aws(
            "no boundary",
            |it, grant| {
                it.harness.with_aws(async |iam| {
                    iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
                });
            },
            "a role of this name exists and its boundary is not",
        ),
        aws(
            "another boundary",
            |it, grant| {
                it.harness.with_aws(async |iam| {
                    let put = iam.put_role_permissions_boundary().role_name(grant);
                    put.permissions_boundary(READ_ONLY).send().await.unwrap();
                });
            },
            "a role of this name exists and its boundary is not",
        ),
        aws(
            "the longest session",
            |it, grant| {
                it.harness.with_aws(async |iam| {
                    iam.update_role().role_name(grant).max_session_duration(43_200).send().await.unwrap();
                });
            },
            "a role of this name exists and its session length is not",
        ),
        row(
            "a role of its name elsewhere",
            Forge::Port(|it, request| create_role(it, &request.grant())),
            "a role of this name exists and its path is not",
        ),
    ]
}

fn of_the_policy() -> Vec<Row> {
    let aws = |what, change: Change, words| row(what, Forge::Aws(change), words);
    vec![
        aws(
            "the policy's document",
            |it, grant| add_version(it, grant, &document("s3:*"), true),
            "a policy of this name exists and its document is not",
        ),
        aws(
            "the policy's default version",
            |it, grant| {
                let same = document_of(it, grant);
                add_version(it, grant, &same, true);
            },
            "a policy of this name exists and its default version is not",
        ),
        aws(
            "a further version of the policy",
            |it, grant| add_version(it, grant, &document("*"), false),
            "exists and has further versions: v2",
        ),
        aws(
            "the policy on another role too",
            |it, grant| {
                let other = format!("other-{grant}");
                create_role(it, &other);
                attach(it, &other, &policy(grant));
            },
            "exists and is attached to something else",
        ),
        aws(
            "a further policy of its name",
            |it, grant| drop(create_policy(it, &format!("{grant}.2"))),
            "a policy of this name exists and its number is not",
        ),
    ]
}

fn of_what_is_attached() -> Vec<Row> {
    let attached = |what, change: Change, words| row(what, Forge::Aws(change), words);
    let inline = |what, change: Change| {
        row(what, Forge::Aws(change), "a role of this name exists and it has an inline policy `more`")
    };
    vec![
        attached(
            "another policy attached",
            |it, grant| attach(it, grant, READ_ONLY),
            "a role of this name exists and `arn:aws:iam::aws:policy/ReadOnlyAccess` is attached to it",
        ),
        attached(
            "AWSDenyAll attached",
            |it, grant| attach(it, grant, "arn:aws:iam::aws:policy/AWSDenyAll"),
            "a role of this name exists and `arn:aws:iam::aws:policy/AWSDenyAll` is attached to it",
        ),
        attached(
            "a policy under our path that is none of the grant's attached",
            |it, grant| attach(it, grant, &create_policy(it, &format!("{grant}.x"))),
            ".x` is attached to it",
        ),
        inline("an inline policy", |it, grant| put_inline(it, grant, "s3:PutObject")),
        inline("an inline policy that gives everything", |it, grant| put_inline(it, grant, "*")),
    ]
}

/// Each tag of the role, one more, and one less.
const TAGS_OF_THE_ROLE: [(&str, Change); 9] = [
    ("the role's tag of the run", |it, grant| tag_role(it, grant, "port-iam:run", "r_other")),
    ("the role's tag of the installation", |it, grant| tag_role(it, grant, "port-iam:scope", "other/1")),
    ("the role's tag of the requester", |it, grant| tag_role(it, grant, "port-iam:requester", "max@acme.example")),
    ("the role's tag of the resource", |it, grant| tag_role(it, grant, "port-iam:resource", THIRD)),
    ("the role's tag of the additional resource", |it, grant| tag_role(it, grant, "port-iam:resource.2", THIRD)),
    ("a tag of one more resource", |it, grant| tag_role(it, grant, "port-iam:resource.3", THIRD)),
    ("the role's tag of the end", |it, grant| tag_role(it, grant, "port-iam:expires", LATE)),
    ("no tag of the end", |it, grant| untag_role(it, grant, "port-iam:expires")),
    ("the role's mark", |it, grant| tag_role(it, grant, "managed-by", "somebody")),
];

/// Each tag of the policy.
const TAGS_OF_THE_POLICY: [(&str, Change); 7] = [
    ("the policy's tag of the run", |it, grant| tag_policy(it, grant, "port-iam:run", "r_other")),
    ("the policy's tag of the installation", |it, grant| tag_policy(it, grant, "port-iam:scope", "other/1")),
    ("the policy's tag of the requester", |it, grant| tag_policy(it, grant, "port-iam:requester", "max@acme.example")),
    ("the policy's tag of the resource", |it, grant| tag_policy(it, grant, "port-iam:resource", THIRD)),
    ("the policy's tag of the additional resource", |it, grant| tag_policy(it, grant, "port-iam:resource.2", THIRD)),
    ("the policy's tag of the end", |it, grant| tag_policy(it, grant, "port-iam:expires", LATE)),
    ("the policy's mark", |it, grant| tag_policy(it, grant, "managed-by", "somebody")),
];

fn policy(grant: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/port-iam/{grant}")
}

fn document(action: &str) -> String {
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn trust_in(principal: &Value) -> Value {
    let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// Changes whom a role trusts.
fn trust(installed: &Installed, grant: &str, change: impl FnOnce(&mut Value)) {
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
        let mut trust = crate::harness::decoded(role.assume_role_policy_document().unwrap());
        change(&mut trust);
        let update = iam.update_assume_role_policy().role_name(grant);
        update.policy_document(trust.to_string()).send().await.unwrap();
    });
}

/// Makes a role outside the path of grants.
fn create_role(installed: &Installed, name: &str) {
    installed.harness.with_aws(async |iam| {
        let trust = trust_in(&json!({ "Service": "ec2.amazonaws.com" }));
        let create = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
        create.send().await.unwrap();
    });
}

/// Makes a policy under the path of grants, and returns its ARN.
fn create_policy(installed: &Installed, name: &str) -> String {
    installed.harness.with_aws(async |iam| {
        let create = iam.create_policy().path("/port-iam/").policy_name(name);
        create.policy_document(document("s3:*")).send().await.unwrap();
    });
    policy(name)
}

/// Returns the document of a grant's policy.
fn document_of(installed: &Installed, grant: &str) -> String {
    let mut text = String::new();
    installed.harness.with_aws(async |iam| {
        let version = iam.get_policy_version().policy_arn(policy(grant)).version_id("v1").send().await.unwrap();
        text = crate::harness::decoded(version.policy_version.unwrap().document().unwrap()).to_string();
    });
    text
}

/// Writes a grant's policy once more.
fn add_version(installed: &Installed, grant: &str, document: &str, is_default: bool) {
    installed.harness.with_aws(async |iam| {
        let create = iam.create_policy_version().policy_arn(policy(grant)).set_as_default(is_default);
        create.policy_document(document).send().await.unwrap();
    });
}

fn attach(installed: &Installed, role: &str, policy: &str) {
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(role).policy_arn(policy).send().await.unwrap();
    });
}

fn put_inline(installed: &Installed, grant: &str, action: &str) {
    installed.harness.with_aws(async |iam| {
        let put = iam.put_role_policy().role_name(grant).policy_name("more");
        put.policy_document(document(action)).send().await.unwrap();
    });
}

fn tag(key: &str, value: &str) -> aws_sdk_iam::types::Tag {
    aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap()
}

fn tag_role(installed: &Installed, grant: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        iam.tag_role().role_name(grant).tags(tag(key, value)).send().await.unwrap();
    });
}

fn untag_role(installed: &Installed, grant: &str, key: &str) {
    installed.harness.with_aws(async |iam| {
        iam.untag_role().role_name(grant).tag_keys(key).send().await.unwrap();
    });
}

fn tag_policy(installed: &Installed, grant: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        iam.tag_policy().policy_arn(policy(grant)).tags(tag(key, value)).send().await.unwrap();
    });
}

/// What stands there in a newer version's tags alone, and what an organisation tags of its own.
pub(super) fn as_an_older_version_left_it(installed: &Installed, grant: &str) {
    untag_role(installed, grant, "port-iam:resource.2");
    installed.harness.with_aws(async |iam| {
        iam.untag_policy().policy_arn(policy(grant)).tag_keys("port-iam:resource.2").send().await.unwrap();
    });
    tag_role(installed, grant, "cost-center", "42");
}

/// The rows that forge a part of what IAM answers about a role and a policy. A part that is added has no row, and the
/// pattern does not compile. When the role was made IAM alone says, and no grant asks for it.
fn rows_of(role: &RoleState, policy: &PolicyState) -> Vec<String> {
    let RoleState { path: _, arn: _, trust: _, boundary: _, max_session_seconds: _, created: _, tags: of_role } = role;
    let PolicyState { arn: _, document: _, default_version: _, attachments: _, tags: of_policy } = policy;
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
        "the policy's default version",
        "a further version of the policy",
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
        of_policy = pairs(iam.list_policy_tags().policy_arn(policy(&grant)).send().await.unwrap().tags);
    });
    assert!(of_role.len() > 6 && of_policy.len() > 6, "{of_role:?} {of_policy:?}");
    let (path, arn, document) = (String::new(), String::new(), json!({}));
    let role = RoleState {
        path,
        arn: arn.clone(),
        trust: json!({}),
        created: None,
        boundary: None,
        max_session_seconds: None,
        tags: of_role,
    };
    let policy = PolicyState { arn, document, default_version: "v1".to_owned(), attachments: 0, tags: of_policy };
    let rows = forged_roles();
    let missing: Vec<String> =
        rows_of(&role, &policy).into_iter().filter(|name| !rows.iter().any(|row| row.what == name)).collect();
    assert_eq!(missing, [""; 0], "parts without a row");
}
