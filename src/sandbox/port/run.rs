//! One run of an action, and how it is shown.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::state::{Action, State, written};

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    WaitingForApproval,
    InProgress,
    Success,
    Failure,
    Declined,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::WaitingForApproval => "WAITING_FOR_APPROVAL",
            Self::InProgress => "IN_PROGRESS",
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Declined => "DECLINED",
        }
    }

    /// Reads the two that a request may set.
    pub(super) fn terminal(name: &str) -> Self {
        if name == "SUCCESS" { Self::Success } else { Self::Failure }
    }

    pub(super) fn is_final(self) -> bool {
        !matches!(self, Self::WaitingForApproval | Self::InProgress)
    }
}

/// One line of a run's log.
#[derive(Clone, Debug)]
pub(super) struct RunLog {
    pub(super) id: String,
    pub(super) message: String,
    pub(super) created_by: String,
    pub(super) created_at: Timestamp,
}

/// One approver's answer.
#[derive(Clone, Debug)]
pub(super) struct Approval {
    pub(super) user_id: String,
    pub(super) approved: bool,
    pub(super) description: Option<String>,
}

impl Approval {
    pub(super) fn state(&self) -> &'static str {
        if self.approved { "APPROVED" } else { "DECLINED" }
    }
}

/// A run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) id: String,
    /// The action as it was when the run was created.
    pub(super) action: Action,
    pub(super) blueprint: Option<String>,
    pub(super) entity: Option<String>,
    /// The inputs as they were given: related entities by their identifiers. Port documents them twice, as `properties` and as
    /// `rawProperties`, without a word on how these may differ: here they never do.
    pub(super) properties: Map<String, Value>,
    pub(super) status: Status,
    pub(super) status_label: Option<String>,
    pub(super) link: Option<Value>,
    pub(super) summary: Option<String>,
    pub(super) external_run_id: Option<String>,
    pub(super) source: &'static str,
    pub(super) approvals: Vec<Approval>,
    pub(super) created_by: String,
    pub(super) impersonated_by: Option<String>,
    pub(super) updated_by: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    /// Run of the GitHub workflow, once it is known.
    pub(super) workflow_run_id: Option<u64>,
    /// Whether the end of the workflow ends this run.
    pub(super) report_workflow_status: bool,
    /// The event, for automations.
    pub(super) event: Value,
    pub(super) logs: Vec<RunLog>,
}

impl Run {
    /// Returns the run's `requiredApproval`, as its action has it.
    pub(super) fn required_approval(&self) -> Value {
        self.action.body.get("requiredApproval").cloned().unwrap_or(Value::Bool(false))
    }

    /// Refuses a run that is over. The code of a PATCH is not documented; 422 is.
    pub(super) fn must_be_open(&self) -> Result<(), Problem> {
        if self.status.is_final() {
            return Err(Problem::unprocessable("run_exhausted", "Action run already finished execution"));
        }
        Ok(())
    }

    pub(super) fn touch(&mut self, by: &str, now: Timestamp) {
        by.clone_into(&mut self.updated_by);
        self.updated_at = now;
    }

    pub(super) fn finish(&mut self, status: Status, by: &str, now: Timestamp) {
        self.status = status;
        self.ended_at = Some(now);
        self.touch(by, now);
    }

    pub(super) fn log(&mut self, message: impl Into<String>, by: &str, now: Timestamp) -> &RunLog {
        let id = format!("runLog_{}_{}", self.id, self.logs.len() + 1);
        self.logs.push(RunLog { id, message: message.into(), created_by: by.to_owned(), created_at: now });
        &self.logs[self.logs.len() - 1]
    }

    /// Takes the end of the workflow as the end of this run, if it is still open and its action wants it so.
    pub(super) fn workflow_completed(&mut self, conclusion: &str, now: Timestamp) {
        if !self.report_workflow_status || self.status != Status::InProgress {
            return;
        }
        let by = self.created_by.clone();
        self.log(format!("Workflow completed: {conclusion}"), &by, now);
        let success = matches!(conclusion, "success" | "skipped" | "neutral");
        self.finish(if success { Status::Success } else { Status::Failure }, &by, now);
    }

    /// Returns one line of the log as the API shows it.
    pub(super) fn shown_log(&self, log: &RunLog) -> Value {
        json!({ "id": log.id, "runId": self.id, "message": log.message, "createdBy": log.created_by,
            "createdAt": written(log.created_at) })
    }

    /// Returns the run as version 2 (objects) or version 1 (plain identifiers) shows it.
    pub(super) fn answer(&self, state: &State, objects: bool) -> Value {
        let mut shown = json!({ "id": self.id, "status": self.status.name(), "properties": self.properties,
            "rawProperties": self.properties, "requiredApproval": self.required_approval(), "source": self.source,
            "createdBy": self.created_by, "updatedBy": self.updated_by, "createdAt": written(self.created_at),
            "updatedAt": written(self.updated_at) });
        let named = |identifier: &str, body: Option<&Map<String, Value>>| {
            if !objects {
                return Value::from(identifier);
            }
            let member = |name: &str| body.and_then(|body| body.get(name)).cloned().unwrap_or_default();
            json!({ "identifier": identifier, "title": member("title"), "icon": member("icon"),
                "deleted": body.is_none() })
        };
        let action = self.action.identifier();
        shown["action"] = named(action, state.actions.get(action).map(|action| &action.body));
        if let Some(blueprint) = &self.blueprint {
            shown["blueprint"] = named(blueprint, state.blueprints.get(blueprint).map(|blueprint| &blueprint.body));
            if let Some(entity) = &self.entity {
                let body = state.entity(blueprint, entity).ok().map(super::entity::Entity::answer);
                shown["entity"] = named(entity, body.as_ref());
            }
        }
        self.write_optional(&mut shown);
        shown
    }

    /// Writes the members that are there only when they are set.
    fn write_optional(&self, shown: &mut Value) {
        let texts = [
            ("statusLabel", &self.status_label),
            ("summary", &self.summary),
            ("externalRunId", &self.external_run_id),
            ("impersonatedBy", &self.impersonated_by),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                shown[name] = text.as_str().into();
            }
        }
        if let Some(link) = &self.link {
            shown["link"] = link.clone();
        }
        if let Some(ended_at) = self.ended_at {
            shown["endedAt"] = written(ended_at).into();
        }
        let installation = self.action.body.get("invocationMethod").and_then(|method| method.get("installationId"));
        if let Some(installation) = installation {
            shown["installationId"] = installation.clone();
        }
        if let Some(approval) = self.approvals.last() {
            shown["approval"] = json!({ "userId": approval.user_id, "state": approval.state() });
            if let Some(description) = &approval.description {
                shown["approval"]["description"] = description.as_str().into();
            }
        }
    }
}
