//! The contract of an action's or automation's body: nothing in it may be unknown.

use serde_json::{Value, json};

/// Returns the schema of the body of `POST /v1/actions` and `PUT /v1/actions/{action_identifier}`.
pub(super) fn body_schema() -> Value {
    let text = json!({ "type": "string" });
    json!({ "type": "object", "required": ["identifier", "trigger", "invocationMethod"],
        "additionalProperties": false, "properties": {
        "identifier": { "type": "string", "format": "action identifier" },
        "title": text, "icon": text, "description": text,
        "trigger": { "oneOf": [self_service(), automation()] },
        "invocationMethod": { "oneOf": invocation_methods() },
        "requiredApproval": { "oneOf": [{ "type": "boolean" }, { "type": "object", "required": ["type"],
            "additionalProperties": false, "properties": { "type": { "enum": ["ANY", "ALL"] } } }] },
        "approvalNotification": { "type": "object", "required": ["type"], "oneOf": [
            { "additionalProperties": false, "properties": { "type": { "enum": ["email"] } } },
            { "additionalProperties": false, "required": ["url"], "properties": { "type": { "enum": ["webhook"] },
                "url": { "type": "string", "format": "uri" }, "format": { "enum": ["json", "slack"] } } }] },
        "publish": { "type": "boolean" }, "allowAnyoneToViewRuns": { "type": "boolean" } } })
}

fn self_service() -> Value {
    let button = json!({ "type": "string", "minLength": 1, "maxLength": 15, "pattern": r"^\S.*\S$" });
    json!({ "type": "object", "required": ["type", "userInputs", "operation"], "additionalProperties": false,
        "properties": { "type": { "enum": ["self-service"] },
        "operation": { "enum": ["DAY-2", "DELETE", "CREATE"] },
        "blueprintIdentifier": { "type": "string" }, "userInputs": user_inputs(),
        "actionCardButtonText": button, "executeActionButtonText": button,
        "condition": { "type": "object", "required": ["type", "rules", "combinator"], "additionalProperties": false,
            "properties": { "type": { "enum": ["SEARCH"] }, "rules": { "type": "array" },
                "combinator": { "enum": ["and", "or"] } } } } })
}

/// `order` and `steps` exclude each other.
fn user_inputs() -> Value {
    let query = json!({ "type": "object", "required": ["jqQuery"], "additionalProperties": false,
        "properties": { "jqQuery": { "type": "string" } } });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let input = json!({ "type": "object", "required": ["type"], "properties": {
        "type": { "enum": ["string", "number", "boolean", "object", "array"] },
        // No `timer`: a timer cannot be asked for, only stored.
        "format": { "enum": ["date-time", "url", "email", "ipv4", "ipv6", "yaml", "entity", "user", "team", "proto",
            "markdown", "multi-line", "labeled-url"] },
        "blueprint": { "type": "string" }, "icon": { "type": "string" }, "dependsOn": texts,
        "visible": { "oneOf": [{ "type": "boolean" }, query] }, "dataset": { "type": "object" },
        "sort": { "type": "object", "required": ["property", "order"] } } });
    let branch = |extra: Option<(&str, Value)>| {
        let mut branch = json!({ "type": "object", "required": ["properties"], "additionalProperties": false,
            "properties": { "titles": { "type": "object" },
            "properties": { "type": "object", "propertyNames": { "format": "property key" },
                "additionalProperties": input },
            "required": { "oneOf": [texts, query] } } });
        if let Some((name, schema)) = extra {
            branch["required"] = json!(["properties", name]);
            branch["properties"][name] = schema;
        }
        branch
    };
    let step = json!({ "type": "object", "required": ["title"], "additionalProperties": false,
        "properties": { "title": { "type": "string" }, "order": texts,
        "visible": { "oneOf": [{ "type": "boolean" }, query] } } });
    let steps = json!({ "type": "array", "items": step });
    json!({ "oneOf": [branch(None), branch(Some(("order", texts.clone()))), branch(Some(("steps", steps)))] })
}

fn automation() -> Value {
    let event = |kinds: &[&str], members: &[&str]| {
        let mut event = json!({ "type": "object", "additionalProperties": false,
            "properties": { "type": { "enum": kinds } } });
        let mut required = vec!["type"];
        for member in members {
            event["properties"][member] = json!({ "type": "string" });
            required.push(member);
        }
        event["required"] = json!(required);
        event
    };
    json!({ "type": "object", "required": ["type", "event"], "additionalProperties": false, "properties": {
        "type": { "enum": ["automation"] },
        "event": { "oneOf": [
            event(&["ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE"],
                &["blueprintIdentifier"]),
            event(&["TIMER_PROPERTY_EXPIRED"], &["blueprintIdentifier", "propertyIdentifier"]),
            event(&["RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE"], &["actionIdentifier"])] },
        "condition": { "type": "object", "required": ["type", "expressions"], "additionalProperties": false,
            "properties": { "type": { "enum": ["JQ"] }, "combinator": { "enum": ["and", "or"] },
                "expressions": { "type": "array", "items": { "type": "string" } } } } } })
}

fn invocation_methods() -> Value {
    let text = json!({ "type": "string" });
    let object = json!({ "type": "object" });
    let switch = json!({ "oneOf": [{ "type": "boolean" }, { "type": "string" }] });
    let tree = json!({ "oneOf": [{ "type": "array" }, { "type": "object" }] });
    let method = |kind: &str, required: &[&str], members: Value| {
        let mut method = json!({ "type": "object", "additionalProperties": false, "properties": members });
        method["properties"]["type"] = json!({ "enum": [kind] });
        let required: Vec<&str> = std::iter::once("type").chain(required.iter().copied()).collect();
        method["required"] = json!(required);
        method
    };
    json!([
        method(
            "GITHUB",
            &["org", "repo", "workflow"],
            json!({ "org": text, "repo": text, "workflow": text,
            "workflowInputs": object, "reportWorkflowStatus": switch })
        ),
        method(
            "INTEGRATION_ACTION",
            &["installationId", "integrationActionType", "integrationActionExecutionProperties"],
            json!({ "installationId": text, "integrationActionType": { "enum": ["dispatch_workflow"] },
                "integrationActionExecutionProperties": object })
        ),
        method(
            "WEBHOOK",
            &["url"],
            json!({ "url": text, "agent": switch, "synchronized": switch, "method": text,
            "headers": { "type": "object", "additionalProperties": text }, "body": tree })
        ),
        method("KAFKA", &[], json!({ "payload": tree })),
        method(
            "GITLAB",
            &["projectName", "groupName"],
            json!({ "projectName": text, "groupName": text,
            "defaultRef": text, "pipelineVariables": object })
        ),
        method("AZURE_DEVOPS", &["webhook", "org"], json!({ "webhook": text, "org": text, "payload": tree })),
        method(
            "UPSERT_ENTITY",
            &["blueprintIdentifier", "mapping"],
            json!({ "blueprintIdentifier": text,
            "mapping": object })
        )
    ])
}

/// Returns the schema of `PATCH /v1/actions/{action_identifier}/permissions`.
pub(super) fn permissions_schema() -> Value {
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let policy = json!({ "type": ["object", "null"], "required": ["queries", "conditions"],
        "additionalProperties": false, "properties": {
        "queries": { "type": "object", "minProperties": 1 },
        "conditions": { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 } } } });
    let mut execute = json!({ "type": "object", "additionalProperties": false,
        "properties": { "users": names, "roles": names, "teams": names, "policy": policy } });
    let approve = execute.clone();
    execute["properties"]["ownedByTeam"] = json!({ "type": "boolean" });
    json!({ "additionalProperties": false, "properties": { "execute": execute, "approve": approve } })
}

/// Returns the permissions that a new action has: everybody may execute, administrators approve.
pub(super) fn default_permissions() -> Value {
    json!({ "execute": { "users": [], "roles": ["Admin", "Member"], "teams": [], "ownedByTeam": false,
            "policy": null },
        "approve": { "users": [], "roles": ["Admin"], "teams": [], "policy": null } })
}
