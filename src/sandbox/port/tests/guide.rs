//! The guide's blueprints, actions and automation, and what the tests fill the catalog with.

use serde_json::{Value, json};

pub(super) const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
pub(super) const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789";
pub(super) const INSTANCE_PATH: &str = "arn:aws:ec2:us-east-1:123456789012:instance%2Fi-abc123456789";
pub(super) const GRANTS: &str = "/v1/blueprints/provisioned_permissions/entities";

pub(super) fn blueprints() -> [Value; 3] {
    let kind = json!({ "type": "string", "enum": ["S3", "EC2"], "enumColors": { "S3": "blue", "EC2": "green" } });
    let text = json!({ "type": "string" });
    let typed = |identifier: &str, title: &str| {
        json!({ "identifier": identifier, "title": title, "relations": {}, "mirrorProperties": {},
            "schema": { "properties": { "resource_type": kind, "tags": { "type": "array",
                "items": { "type": "object" } } }, "required": ["resource_type"] } })
    };
    [
        typed("aws_resource", "AWS Resource"),
        typed("iam_permissions", "IAM Permissions"),
        json!({ "identifier": "provisioned_permissions", "title": "Provisioned Permissions", "icon": "Lock",
            "schema": { "required": [], "properties": { "requester": { "type": "string", "format": "user" },
                "iam_policy": { "type": "object" }, "sign_in_url": { "type": "string", "format": "url" },
                "policy_arn": text, "role_arn": text, "expiry_time": { "type": "string", "format": "timer" } } },
            "relations": {
                "permissions": { "target": "iam_permissions", "required": false, "many": true },
                "aws_resource": { "target": "aws_resource", "required": false, "many": false } } }),
    ]
}

fn backend(kind: &str, workflow: &str, context: Value) -> Value {
    let settings = json!({ "org": "acme", "repo": "port-iam-permissions", "workflow": workflow,
        "reportWorkflowStatus": true,
        "workflowInputs": { "properties": "{{ .inputs }}", "port_context": context } });
    if kind == "INTEGRATION_ACTION" {
        return json!({ "type": kind, "installationId": super::super::organization::OCEAN_INSTALLATION_ID,
            "integrationActionType": "dispatch_workflow", "integrationActionExecutionProperties": settings });
    }
    let mut method = settings;
    method["type"] = kind.into();
    method
}

pub(super) fn actions(kind: &str) -> [Value; 3] {
    let context = json!({ "blueprint": "{{.action.blueprint}}", "entity": "{{.entity}}", "runId": "{{.run.id}}",
        "trigger": "{{ .trigger }}" });
    let of_event = json!({ "blueprint": "{{ .event.context.blueprintIdentifier }}",
        "entity": "{{.event.diff.after }}", "runId": "{{ .run.id }}", "trigger": "{{ .event.trigger }}" });
    let inputs = json!({ "properties": { "duration": { "type": "string" }, "permissions": { "type": "array",
            "items": { "type": "string", "format": "entity", "blueprint": "iam_permissions" } } },
        "required": ["permissions"], "order": [] });
    [
        json!({ "identifier": "request_permissions", "title": "Request permissions",
            "trigger": { "type": "self-service", "operation": "DAY-2", "userInputs": inputs,
                "blueprintIdentifier": "aws_resource" },
            "invocationMethod": backend(kind, "create-iam-permissions.yaml", context.clone()),
            "requiredApproval": false }),
        json!({ "identifier": "revoke_permissions", "title": "Revoke permissions",
            "trigger": { "type": "self-service", "operation": "DELETE", "blueprintIdentifier": "provisioned_permissions",
                "userInputs": { "properties": {}, "required": [], "order": [] } },
            "invocationMethod": backend(kind, "delete-iam-permissions.yaml", context), "requiredApproval": false }),
        json!({ "identifier": "revoke_expired_permissions", "title": "Revoke expired permissions", "publish": true,
            "trigger": { "type": "automation", "event": { "type": "TIMER_PROPERTY_EXPIRED",
                "blueprintIdentifier": "provisioned_permissions", "propertyIdentifier": "expiry_time" } },
            "invocationMethod": backend(kind, "delete-iam-permissions.yaml", of_event) }),
    ]
}

pub(super) fn grant(identifier: &str, properties: Value) -> Value {
    json!({ "identifier": identifier, "title": identifier, "properties": properties,
        "relations": { "aws_resource": BUCKET, "permissions": ["s3:PutObject"] } })
}
