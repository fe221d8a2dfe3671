//! What has happened: the runs of an action, and the audit log.

use futures_util::future::try_join;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;

use super::{Call, Port, decoding};
use crate::clients::error::ApiError;
use crate::domain::catalog::Run;
use crate::domain::record_history::{DeletedRecord, RecordChange, RecordHistory};
use crate::domain::time::utc;

/// The most that Port gives at once, and there is no further page (Port OpenAPI, GET actions/runs, `limit`).
pub const MOST_RUNS: usize = 1_000;
/// The same is asked of the audit log, whose most is not documented.
const MOST_EVENTS: usize = 1_000;
/// Port's words for what became of an entity.
const DELETE: &str = "DELETE";
const UPDATE: &str = "UPDATE";

impl Port {
    /// Returns the newest runs of an action, [`MOST_RUNS`] at most.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, and on a run that is not what the API documents.
    pub async fn runs_of(&self, action: &str) -> Result<Vec<Run>, ApiError> {
        const OPERATION: &str = "list the runs";
        let limit = MOST_RUNS.to_string();
        let query = [("action", action), ("limit", limit.as_str()), ("version", "v2")];
        let call = Call::new(OPERATION, Method::GET, "/actions/runs".to_owned()).query(&query);
        let answer = self.send(call).await?;
        let runs = answer["runs"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        runs.iter().map(|run| decoding::run(run).ok_or_else(|| answer.undecodable(OPERATION))).collect()
    }

    /// Returns what the audit log tells of the entities of a blueprint since a moment: which were deleted, and how they were
    /// changed. It keeps a year, and lets administrators alone read it.
    ///
    /// Port's API documents no shape of it (UNVERIFIED: as Port's own tools read it); an event that tells no
    /// entity is counted, and not known.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn record_history(&self, blueprint: &str, since: Timestamp) -> Result<RecordHistory, ApiError> {
        let (deletions, updates) =
            try_join(self.events(DELETE, blueprint, since), self.events(UPDATE, blueprint, since)).await?;
        Ok(history(&deletions, &updates, blueprint))
    }

    async fn events(&self, action: &str, blueprint: &str, since: Timestamp) -> Result<Vec<Value>, ApiError> {
        const OPERATION: &str = "read the audit log";
        let (limit, from) = (MOST_EVENTS.to_string(), utc(since));
        let query = [
            ("blueprint", blueprint),
            ("resources", "entity"),
            ("action", action),
            ("from", from.as_str()),
            ("limit", limit.as_str()),
        ];
        let call = Call::new(OPERATION, Method::GET, "/audit-log".to_owned()).query(&query);
        let mut answer = self.send(call).await?;
        match answer["audits"].take() {
            Value::Array(events) => Ok(events),
            _ => Err(answer.undecodable(OPERATION)),
        }
    }
}

fn history(deletions: &[Value], updates: &[Value], blueprint: &str) -> RecordHistory {
    let is_cut = [deletions, updates].iter().any(|events| events.len() >= MOST_EVENTS);
    let mut history = RecordHistory { is_cut, ..RecordHistory::default() };
    for event in deletions.iter().filter(|event| may_be_meant(event, DELETE, blueprint)) {
        match deleted(event, blueprint) {
            Some(record) => history.deleted.push(record),
            None => history.unreadable += 1,
        }
    }
    for event in updates.iter().filter(|event| may_be_meant(event, UPDATE, blueprint)) {
        match changed(event, blueprint) {
            Some(change) => history.changes.push(change),
            None => history.unreadable += 1,
        }
    }
    history
}

/// The filter is Port's; another action or blueprint in the answer would make a false accusation.
fn may_be_meant(event: &Value, action: &str, blueprint: &str) -> bool {
    event["action"].as_str().is_none_or(|told| told == action)
        && event["context"]["blueprint"].as_str().is_none_or(|it| it == blueprint)
}

fn deleted(event: &Value, blueprint: &str) -> Option<DeletedRecord> {
    event["action"].as_str()?;
    let grant = event["context"]["entity"].as_str().or_else(|| event["identifier"].as_str())?;
    let (at, by) = trigger(event);
    let record = decoding::entity(&event["diff"]["before"], blueprint).ok();
    Some(DeletedRecord { grant: grant.to_owned(), at, by, record })
}

fn changed(event: &Value, blueprint: &str) -> Option<RecordChange> {
    event["action"].as_str()?;
    let (before, after) = (&event["diff"]["before"], &event["diff"]["after"]);
    let made_by = before["createdBy"].as_str().map(str::to_owned);
    let (at, by) = trigger(event);
    let entity = |value: &Value| decoding::entity(value, blueprint).ok();
    Some(RecordChange { at, by, made_by, before: entity(before)?, after: entity(after)? })
}

fn trigger(event: &Value) -> (Option<Timestamp>, Option<String>) {
    let trigger = &event["trigger"];
    let at = trigger["at"].as_str().and_then(|at| at.parse().ok());
    (at, trigger["by"]["userId"].as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_that_cannot_be_read_is_counted_and_what_is_of_another_kind_is_not() {
        let events = [
            json!({ "action": "DELETE", "context": { "blueprint": "records", "entity": "a" } }),
            json!({ "action": "DELETE", "context": { "blueprint": "records" } }),
            json!({ "action": { "type": "DELETE" }, "context": { "entity": "b" } }),
            json!("DELETE"),
            json!({ "action": "UPDATE", "context": { "blueprint": "records", "entity": "c" } }),
            json!({ "action": "DELETE", "context": { "blueprint": "services", "entity": "d" } }),
        ];
        let seen = history(&events, &[], "records");
        assert_eq!((seen.deleted.len(), seen.deleted[0].grant.as_str()), (1, "a"));
        assert_eq!((seen.unreadable, seen.is_cut), (3, false));
        // As many as are given at once, whatever becomes of them.
        let many = vec![json!({ "action": "TIMER_EXPIRED" }); MOST_EVENTS];
        assert!(history(&many, &[], "records").is_cut && history(&[], &many, "records").is_cut);
    }

    #[test]
    fn a_change_is_told_with_both_states_of_the_record_and_one_without_them_is_counted() {
        let state = |until: &str| json!({ "identifier": "a", "blueprint": "records", "createdBy": "workflow", "properties": { "granted_until": until } });
        let update = |diff: Value| {
            let trigger = json!({ "by": { "userId": "ada" }, "at": "2026-11-20T12:00:00.000Z" });
            json!({ "action": "UPDATE", "context": { "blueprint": "records", "entity": "a" }, "trigger": trigger, "diff": diff })
        };
        let whole = update(json!({ "before": state("2026-11-20T12:00:00Z"), "after": state("2020-01-01T00:00:00Z") }));
        let events = [whole, update(json!({ "after": state("2020-01-01T00:00:00Z") })), update(Value::Null)];
        let seen = history(&[], &events, "records");
        let [change] = seen.changes.as_slice() else { panic!("{seen:?}") };
        assert_eq!((change.by.as_deref(), change.made_by.as_deref()), (Some("ada"), Some("workflow")));
        assert_eq!(change.after.text("granted_until"), Some("2020-01-01T00:00:00Z"));
        assert_eq!(seen.unreadable, 2);
    }
}
