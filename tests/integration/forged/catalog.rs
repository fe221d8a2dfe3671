//! What the catalog and the reviewed files say.

use serde_json::json;

use super::{End, Forge, Row, THIRD_BUCKET, ending, row};

const RESOURCES: &str = "POST /v1/blueprints/aws_resource/entities/search";
const PERMISSIONS: &str = "POST /v1/blueprints/iam_permissions/entities/search";
const OPEN_RECORDS: &str = "POST /v1/blueprints/permission_records/entities/search";
const OPEN: &str = "POST /v1/blueprints/provisioned_permissions/entities/search";
const REPOSITORY_ANSWER: &str = "POST /graphql";

pub(super) fn forged_catalog_and_rules() -> Vec<Row> {
    use Forge::{Answer, Rules};
    let resource = |what, pointer, value, words| row(what, Answer(RESOURCES, pointer, value), words);
    let permission = |what, pointer, value| row(what, Answer(PERMISSIONS, pointer, value), "refused::permissions:");
    let rules = |what, from, to, words| row(what, Rules(from, to), words);
    let unknown = |what, asked, pointer, value, words| ending(what, End::Unknown, Answer(asked, pointer, value), words);
    vec![
        resource("the resource's identifier", "/entities/0/identifier", json!(THIRD_BUCKET), "refused::entity:"),
        resource("the resource's type", "/entities/0/properties/resource_type", json!("EC2"), "refused::entity:"),
        resource("no type", "/entities/0/properties/resource_type", json!(null), "refused::entity:"),
        resource(
            "a type that no rule names",
            "/entities/0/properties/resource_type",
            json!("Storage"),
            "refused::permissions:",
        ),
        resource("a type of another shape", "/entities/0/properties/resource_type", json!(["S3"]), "refused::entity:"),
        resource(
            "the further resource's type",
            "/entities/1/properties/resource_type",
            json!("EC2"),
            "refused::additional_resources:",
        ),
        resource(
            "the further resource",
            "/entities/1/identifier",
            json!(THIRD_BUCKET),
            "refused::additional_resources:",
        ),
        resource(
            "an account that the rules do not name",
            "/entities/0/properties/account",
            json!("210987654321"),
            "refused::entity:",
        ),
        resource("an account that is none", "/entities/0/properties/account", json!("all"), "refused::entity:"),
        resource("an account of another shape", "/entities/0/properties/account", json!(["x"]), "refused::entity:"),
        resource(
            "the further resource's account",
            "/entities/1/properties/account",
            json!("210987654321"),
            "refused::entity:",
        ),
        resource("no resource", "/entities", json!([]), "refused::entity:"),
        unknown("a resource of another blueprint", RESOURCES, "/entities/0/blueprint", json!("service"), "blueprint"),
        unknown("resources of another shape", RESOURCES, "/entities", json!({}), "search the catalog"),
        permission("the permission's identifier", "/entities/0/identifier", json!("s3:GetObject")),
        permission("the permission's type", "/entities/0/properties/resource_type", json!("EC2")),
        permission("a permission of no type", "/entities/0/properties/resource_type", json!(null)),
        permission("no permission", "/entities", json!([])),
        unknown(
            "a permission of another blueprint",
            PERMISSIONS,
            "/entities/0/blueprint",
            json!("service"),
            "blueprint",
        ),
        unknown("live records of another shape", OPEN_RECORDS, "/entities", json!({}), "search the catalog"),
        unknown("live grants of another shape", OPEN, "/entities", json!({}), "search the catalog"),
        rules("a version to come", "version: 1", "version: 2", "refused::port-iam.yaml:"),
        rules("a word that is unknown", "version: 1", "version: 1\nsurprise: 1", "refused::port-iam.yaml:"),
        rules("the account", "\"123456789012\"", "\"210987654321\"", "refused::entity:"),
        rules("the requesters", "[dana@acme.example, ada", "[max@acme.example, ada", "refused::requester:"),
        rules("a team", "[dana@acme.example, ada", "[\"team:Storage\", ada", "refused::requester:"),
        rules("the resource types", "resource-types: [S3, EC2]", "resource-types: [EC2]", "refused::entity:"),
        rules("the resources", "\"arn:aws:s3:::*\"", "\"arn:aws:s3:::my-*\"", "refused::entity:"),
        rules("the actions", "[\"bundle:objects\"]", "[\"s3:GetObject\"]", "refused::permissions:"),
        rules("the bundle", "[\"s3:PutObject\", \"ec2", "[\"s3:GetObject\", \"ec2", "refused::permissions:"),
        rules("the longest duration", "longest-duration: 12h", "longest-duration: 30m", "refused::duration:"),
        rules("the approvers", "[ada@acme.example, greta", "[max@acme.example, greta", "refused::approval:"),
        rules(
            "an approver in other letters",
            "[ada@acme.example, greta",
            "[\"\u{430}da@acme.example\", greta",
            "refused::approval:",
        ),
        rules("whether anybody approves", "approval: required", "approval: none", "refused::port-iam.yaml:"),
        rules("the ticket", "[A-Z]+-[0-9]+", "INC-[0-9]+", "refused::reason:"),
        rules("the reason", "reason: required", "reason: \"because .*\"", "refused::reason:"),
        rules(
            "a trust that has no name for her",
            "mode: account",
            "mode: iam-user\n  names: { \"max@acme.example\": max }",
            "requester",
        ),
        ending("the dispatchers", End::LeftOpen, Rules("getport-io[bot]", "my-app[bot]"), "refused::dispatchers:"),
        row("no rules", Answer(REPOSITORY_ANSWER, "/data/repository/rules", json!(null)), "refused::port-iam.yaml:"),
        row(
            "rules that are empty",
            Answer(REPOSITORY_ANSWER, "/data/repository/rules/text", json!("")),
            "refused::port-iam.yaml:",
        ),
        row(
            "no policy template",
            Answer(REPOSITORY_ANSWER, "/data/repository/policy", json!(null)),
            "refused::iamPolicyDocument.json:",
        ),
        row(
            "a policy template that widens",
            Answer(
                REPOSITORY_ANSWER,
                "/data/repository/policy/text",
                json!(
                    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":""},{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
                ),
            ),
            "refused::iamPolicyDocument.json:",
        ),
        row(
            "no trust template",
            Answer(REPOSITORY_ANSWER, "/data/repository/trust", json!(null)),
            "refused::iamTrustPolicy.json:",
        ),
        row(
            "a trust template that is no JSON",
            Answer(REPOSITORY_ANSWER, "/data/repository/trust/text", json!("{")),
            "refused::iamTrustPolicy.json:",
        ),
        ending(
            "the default branch",
            End::LeftOpen,
            Answer(REPOSITORY_ANSWER, "/data/repository/defaultBranchRef/name", json!("trunk")),
            "refused::GITHUB_REF:",
        ),
        ending(
            "no default branch",
            End::Unread,
            Answer(REPOSITORY_ANSWER, "/data/repository/defaultBranchRef", json!(null)),
            "read the rules",
        ),
        ending(
            "another number of the repository",
            End::LeftOpen,
            Answer(REPOSITORY_ANSWER, "/data/repository/databaseId", json!(1)),
            "refused::GITHUB_REPOSITORY_ID:",
        ),
        ending(
            "no number of the repository",
            End::Unread,
            Answer(REPOSITORY_ANSWER, "/data/repository/databaseId", json!(null)),
            "read the rules",
        ),
    ]
}
