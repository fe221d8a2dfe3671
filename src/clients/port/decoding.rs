//! What Port answers, as values of the domain. A shape that we do not know is told, and never taken for "nothing".
//!
//! Pure, so that the fuzz target `decide` can feed it without a connection.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::catalog::{Approval, Entity, Run, User};

/// Reads a run; none when it is not what the API documents.
pub fn run(value: &Value) -> Option<Run> {
    // Version 1 of the API gives identifiers where version 2 gives objects.
    let identifier = |value: &Value| value["identifier"].as_str().or_else(|| value.as_str()).map(str::to_owned);
    Some(Run {
        id: value["id"].as_str()?.to_owned(),
        action: identifier(&value["action"])?,
        entity: identifier(&value["entity"]),
        status: value["status"].as_str()?.to_owned(),
        status_label: value["statusLabel"].as_str().map(str::to_owned),
        created_by: value["createdBy"].as_str().map(str::to_owned),
        impersonated_by: match &value["impersonatedBy"] {
            Value::Null => None,
            Value::String(user) => Some(user.clone()),
            // Whatever else it is, it is not nobody.
            other => Some(other.to_string()),
        },
        created_at: moment(&value["createdAt"]),
        updated_at: moment(&value["updatedAt"]),
        has_ended: !value["endedAt"].is_null(),
        ended_at: moment(&value["endedAt"]),
        properties: value["properties"].clone(),
        raw_properties: value["rawProperties"].clone(),
        needs_approval: !matches!(value["requiredApproval"], Value::Null | Value::Bool(false)),
    })
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// Reads the decisions on a run; none when one of them is not what the API documents: it could be a refusal.
pub fn approvals(answer: &Value) -> Option<Vec<Approval>> {
    let approval = |value: &Value| {
        Some(Approval {
            user_id: value["userId"].as_str()?.to_owned(),
            state: value["state"].as_str()?.to_owned(),
            said: value["description"].as_str().map(str::to_owned),
        })
    };
    match &answer["approvers"] {
        Value::Null => Some(Vec::new()),
        approvers => approvers.as_array()?.iter().map(approval).collect(),
    }
}

/// Reads a user; none when it is not what the API documents.
pub fn user(value: &Value) -> Option<User> {
    let names = |list: &Value| -> Vec<String> {
        let name = |item: &Value| item.as_str().or_else(|| item["name"].as_str()).map(str::to_owned);
        list.as_array().into_iter().flatten().filter_map(name).collect()
    };
    Some(User {
        id: value["id"].as_str()?.to_owned(),
        email: value["email"].as_str()?.to_owned(),
        status: value["status"].as_str().unwrap_or_default().to_owned(),
        kind: match &value["type"] {
            Value::Null => None,
            // It tells people from machines.
            kind => Some(kind.as_str()?.to_owned()),
        },
        teams: names(&value["teams"]),
        roles: names(&value["roles"]),
    })
}

/// Reads an entity of `blueprint`. One of another blueprint is another thing, whatever its identifier.
///
/// # Errors
///
/// Says what is wrong with it when it is not what the API documents, or of another blueprint.
pub fn entity(value: &Value, blueprint: &str) -> Result<Entity, &'static str> {
    if value["blueprint"].as_str().is_some_and(|other| other != blueprint) {
        return Err("the `blueprint` of the entity is not the one that was asked for");
    }
    let identifier = value["identifier"].as_str().ok_or("the answer is not what the API documents")?;
    // A record that comes without them would say of no grant that it has ended.
    let properties = Some(&value["properties"]).filter(|properties| properties.is_object());
    Ok(Entity {
        identifier: identifier.to_owned(),
        title: value["title"].as_str().map(str::to_owned),
        properties: properties.ok_or("the entity comes without its `properties`")?.clone(),
        relations: value["relations"].clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entity_without_its_properties_is_none_that_can_be_read() {
        let with = |properties: Value| entity(&json!({ "identifier": "e", "properties": properties }), "b");
        assert!(with(json!({})).is_ok());
        for properties in [Value::Null, json!([]), json!("revoked_at")] {
            assert!(with(properties.clone()).is_err(), "{properties}");
        }
        assert!(entity(&json!({ "identifier": "e" }), "b").is_err());
    }

    #[test]
    fn whoever_impersonates_is_seen_in_whatever_shape_port_tells() {
        let with = |by: Value| {
            let value = json!({ "id": "r_1", "action": "a", "status": "IN_PROGRESS", "impersonatedBy": by });
            run(&value).unwrap().impersonated_by
        };
        assert_eq!(with(Value::Null), None);
        assert_eq!(with(json!("auth0|ada")).as_deref(), Some("auth0|ada"));
        assert!(with(json!({ "id": "auth0|ada" })).is_some());
    }

    #[test]
    fn a_decision_that_cannot_be_read_is_not_passed_over() {
        let yes = json!({ "userId": "auth0|lead", "state": "APPROVED" });
        assert_eq!(approvals(&json!({})), Some(Vec::new()));
        assert_eq!(approvals(&json!({ "approvers": [yes] })).unwrap().len(), 1);
        for no in [json!({ "userId": 7, "state": "DECLINED" }), json!({ "userId": "auth0|max" }), json!("DECLINED")] {
            assert_eq!(approvals(&json!({ "approvers": [yes, no] })), None, "{no}");
        }
        assert_eq!(approvals(&json!({ "approvers": "nobody" })), None);
    }

    #[test]
    fn a_user_whose_kind_cannot_be_read_is_none_that_can() {
        let with = |kind: Value| user(&json!({ "id": "u", "email": "a@b.example", "status": "ACTIVE", "type": kind }));
        assert!(with(Value::Null).is_some() && with(json!("STANDARD")).is_some());
        assert_eq!(with(json!({ "name": "SERVICE_ACCOUNT" })), None);
    }
}
