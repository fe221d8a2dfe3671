//! Action runs: starting them, reading them, reporting to them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Call, Port, decoding, segment};
use crate::clients::answered::Answered;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::catalog::{Approval, Run};

/// Port's limit for a log message is not documented; this is far below the body's limit.
const LONGEST_MESSAGE: usize = 8_000;

/// As many messages as Port gives at once.
const PAGE_OF_LOG: usize = 50;

/// The last word on a run.
#[derive(Clone, Debug, Default)]
pub struct RunPatch {
    /// Whether the run ended well; none leaves it in progress.
    pub succeeded: Option<bool>,
    /// A few words that Port shows beside the status.
    pub label: Option<String>,
}

impl Port {
    /// Starts an action on an entity, as the person whom the credentials belong to.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked. It is not sent twice: that could start two runs.
    pub async fn execute(&self, action: &str, entity: &str, properties: &Value) -> Result<Run, ApiError> {
        let body = json!({ "properties": properties, "entity": entity });
        let path = format!("/actions/{}/runs", segment(action));
        let answer = self.send(Call::new("start the action", Method::POST, path).body(&body)).await?;
        run(&answer)
    }

    /// Returns the newest runs of an action on an entity that the person whom the credentials belong to has started; none where
    /// the credentials do not say who that is, as those of a machine need not.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, and on a run that is not what the API documents.
    pub async fn own_runs(&self, action: &str, entity: &str) -> Result<Option<Vec<Run>>, ApiError> {
        const OPERATION: &str = "look for the run";
        let Some(email) = self.own_email().await? else { return Ok(None) };
        let who = ("user_email", email.as_str());
        let query = [("action", action), ("entity", entity), who, ("limit", "100"), ("version", "v2")];
        let answer = self.send(Call::new(OPERATION, Method::GET, "/actions/runs".to_owned()).query(&query)).await?;
        let runs = answer["runs"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let runs: Option<Vec<Run>> = runs.iter().map(decoding::run).collect();
        let mut runs = runs.ok_or_else(|| answer.undecodable(OPERATION))?;
        // The filters are Port's; a run of something else would be followed as the caller's.
        runs.retain(|run| run.action == action && run.entity.as_deref() == Some(entity));
        Ok(Some(runs))
    }

    /// Starts an action that is about no entity. It is not sent twice: that could start two runs.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn execute_alone(&self, action: &str) -> Result<Run, ApiError> {
        let path = format!("/actions/{}/runs", segment(action));
        let body = json!({ "properties": {} });
        let answer = self.send(Call::new("start the action", Method::POST, path).body(&body)).await?;
        run(&answer)
    }

    /// Returns a run; none when Port knows no such run.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn run(&self, id: &str) -> Result<Option<Run>, ApiError> {
        let path = format!("/actions/runs/{}", segment(id));
        match self.send(Call::new("read the run", Method::GET, path).query(&[("version", "v2")])).await {
            Ok(answer) => run(&answer).map(Some),
            // What Port does not take for the id of a run is none.
            Err(error) if error.is_not_found() || error.kind == ApiErrorKind::Invalid => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the decisions on a run that had to be approved; none when it had not.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, and when a decision cannot be read.
    pub async fn approvals(&self, run_id: &str) -> Result<Vec<Approval>, ApiError> {
        let path = format!("/actions/runs/{}/approvers", segment(run_id));
        let call = Call::new("read the approvals", Method::GET, path).query(&[("include_pending_approvers", "false")]);
        let answer = match self.send(call).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        decoding::approvals(&answer).ok_or_else(|| answer.undecodable("read the approvals"))
    }

    /// Adds a line to the run's log.
    ///
    /// # Errors
    ///
    /// Fails with the kind `RunExhausted` when the run has ended, and when Port cannot be asked.
    pub async fn log(&self, run_id: &str, message: &str) -> Result<(), ApiError> {
        let cut: String = message.chars().take(LONGEST_MESSAGE).collect();
        let body = json!({ "message": cut });
        let path = format!("/actions/runs/{}/logs", segment(run_id));
        // A line that stands twice is harmless; a line that is missing is not.
        self.send(Call::new("write to the run's log", Method::POST, path).body(&body).repeatable()).await.map(|_| ())
    }

    /// Returns the messages of a run's log, oldest first, beginning behind `offset` of them; at most 500, of which a run of ours
    /// writes a handful.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn logs(&self, run_id: &str, offset: usize) -> Result<Vec<String>, ApiError> {
        const MOST: usize = 500;
        let mut messages = Vec::new();
        loop {
            let page = self.page_of_log(run_id, offset + messages.len()).await?;
            let is_last = page.len() < PAGE_OF_LOG;
            messages.extend(page);
            if is_last || messages.len() >= MOST {
                return Ok(messages);
            }
        }
    }

    async fn page_of_log(&self, run_id: &str, offset: usize) -> Result<Vec<String>, ApiError> {
        const OPERATION: &str = "read the run's log";
        let path = format!("/actions/runs/{}/logs", segment(run_id));
        let (limit, offset) = (PAGE_OF_LOG.to_string(), offset.to_string());
        let query = [("limit", limit.as_str()), ("offset", offset.as_str())];
        let answer = self.send(Call::new(OPERATION, Method::GET, path).query(&query)).await?;
        let logs = match &answer["runLogs"] {
            // Port documents the list as one that may be missing.
            Value::Null => &[],
            logs => logs.as_array().ok_or_else(|| answer.undecodable(OPERATION))?.as_slice(),
        };
        // One that says nothing counts as well: behind a shorter list the next page would begin with what was read.
        Ok(logs.iter().map(|log| log["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Reports on a run. Its end can be reported once.
    ///
    /// # Errors
    ///
    /// Fails with the kind `RunExhausted` when the run has ended, and when Port cannot be asked.
    pub async fn report(&self, run_id: &str, patch: &RunPatch) -> Result<(), ApiError> {
        let mut body = json!({});
        if let Some(succeeded) = patch.succeeded {
            body["status"] = json!(if succeeded { "SUCCESS" } else { "FAILURE" });
        }
        if let Some(label) = &patch.label {
            body["statusLabel"] = json!(label);
        }
        let path = format!("/actions/runs/{}", segment(run_id));
        let call =
            Call::new("report to the run", Method::PATCH, path).query(&[("version", "v2")]).body(&body).repeatable();
        self.send(call).await.map(|_| ())
    }
}

fn run(answer: &Answered) -> Result<Run, ApiError> {
    decoding::run(&answer["run"]).ok_or_else(|| answer.undecodable("read the run"))
}
