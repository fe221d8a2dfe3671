//! A run of an action, as Port shows it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::view::{EntityLink, moment, person_name, text};
use crate::sandbox::github::{Conclusion, WorkflowRun};

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) action: String,
    pub(super) action_identifier: String,
    pub(super) status: String,
    pub(super) label: String,
    pub(super) entity: Option<EntityLink>,
    pub(super) by: String,
    pub(super) created: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) inputs: Map<String, Value>,
}

/// One line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogLine {
    pub(super) at: Option<Timestamp>,
    pub(super) message: String,
}

/// Somebody who may approve a run, and what he has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Approver {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) state: String,
}

impl Approver {
    pub(super) fn is_asked(&self) -> bool {
        self.state == "PENDING"
    }
}

/// What a run has done to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) what: String,
    pub(super) entity: EntityLink,
}

/// The job that the run has started in GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) title: String,
    /// How it ended, once it has. That may be after its run: whoever works in it tells Port first.
    pub(super) conclusion: Option<&'static str>,
    pub(super) log: String,
    pub(super) summary: String,
}

impl Run {
    pub(super) fn read(value: &Value) -> Self {
        let named = |member: &str| {
            let object = &value[member];
            let title = object["title"].as_str().filter(|title| !title.is_empty());
            title.map_or_else(|| text(object, "identifier"), str::to_owned)
        };
        let entity = value["entity"]["identifier"].as_str().map(|identifier| EntityLink {
            blueprint: text(&value["blueprint"], "identifier"),
            identifier: identifier.to_owned(),
            title: named("entity"),
        });
        Self {
            id: text(value, "id"),
            action: named("action"),
            action_identifier: text(&value["action"], "identifier"),
            status: text(value, "status"),
            label: text(value, "statusLabel"),
            entity,
            by: person_name(value["createdBy"].as_str().unwrap_or_default()),
            created: moment(value, "createdAt"),
            ended: moment(value, "endedAt"),
            inputs: value["properties"].as_object().cloned().unwrap_or_default(),
        }
    }

    /// Reads the answer to a list of runs.
    pub(super) fn list(answer: &Value) -> Vec<Self> {
        answer["runs"].as_array().into_iter().flatten().map(Self::read).collect()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.status == "WAITING_FOR_APPROVAL"
    }

    /// Returns whether it goes on without anybody's word.
    pub(super) fn is_under_way(&self) -> bool {
        self.status == "IN_PROGRESS"
    }
}

impl LogLine {
    /// Reads the answer to a list of log lines.
    pub(super) fn list(answer: &Value) -> Vec<Self> {
        let lines = answer["runLogs"].as_array().into_iter().flatten();
        lines.map(|line| Self { at: moment(line, "createdAt"), message: text(line, "message") }).collect()
    }
}

impl Approver {
    /// Reads the answer to a list of approvers.
    pub(super) fn list(answer: &Value) -> Vec<Self> {
        let people = answer["approvers"].as_array().into_iter().flatten();
        let read = |person: &Value| {
            let id = text(person, "userId");
            Self { name: person_name(&id), state: text(person, "state"), id }
        };
        people.map(read).collect()
    }
}

impl Change {
    /// Reads from the answer of the audit log what happened to entities, oldest first.
    pub(super) fn list(answer: &Value) -> Vec<Self> {
        let events = answer["audits"].as_array().into_iter().flatten().rev();
        let of_entities = events.filter(|event| event["resourceType"] == "entity");
        let read = |event: &Value| {
            let identifier = text(event, "identifier");
            let blueprint = text(&event["context"], "blueprint");
            Self {
                what: text(event, "action").to_lowercase(),
                entity: EntityLink { title: format!("{identifier} in {blueprint}"), blueprint, identifier },
            }
        };
        of_entities.map(read).collect()
    }
}

impl Job {
    pub(super) fn of(run: &WorkflowRun) -> Self {
        Self {
            title: run.title.clone(),
            conclusion: run.conclusion.map(Conclusion::as_str),
            log: run.log(),
            summary: run.summary(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_read_from_what_port_answers() {
        let run = Run::read(&json!({ "id": "r_1", "status": "IN_PROGRESS", "createdBy": "auth0|dana",
            "action": { "identifier": "request_permissions", "title": "Request permissions" },
            "blueprint": { "identifier": "aws_resource" }, "createdAt": "2026-11-23T20:00:00.000Z",
            "entity": { "identifier": "arn:aws:s3:::b", "title": null }, "properties": { "duration": "1h" } }));
        assert_eq!((run.by.as_str(), run.action.as_str()), ("Dana Developer", "Request permissions"));
        assert_eq!(run.entity.as_ref().unwrap().title, "arn:aws:s3:::b");
        assert!(run.is_under_way() && !run.is_waiting() && run.created.is_some() && run.ended.is_none());
    }

    #[test]
    fn an_approver_who_has_said_nothing_is_asked() {
        let answer = json!({ "approvers": [{ "userId": "auth0|ada", "state": "PENDING" },
            { "userId": "auth0|max", "state": "APPROVED", "description": null }] });
        let asked: Vec<bool> = Approver::list(&answer).iter().map(Approver::is_asked).collect();
        assert_eq!(asked, [true, false]);
    }
}
