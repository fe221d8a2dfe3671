//! What has happened: the runs of an action, and the audit log.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;

use super::entities::undecodable;
use super::{Call, Port, decoding};
use crate::clients::error::ApiError;
use crate::domain::catalog::Run;
use crate::domain::report::{DeletedRecord, DeletedSeen};
use crate::domain::time::utc;

/// The most that Port gives at once, and there is no further page (Port OpenAPI, GET actions/runs, `limit`).
pub const MOST_RUNS: usize = 1_000;
/// The same is asked of the audit log, whose most is not documented.
const MOST_EVENTS: usize = 1_000;

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
        let runs = answer["runs"].as_array().ok_or_else(|| undecodable(OPERATION))?;
        runs.iter().map(|run| decoding::run(run).ok_or_else(|| undecodable(OPERATION))).collect()
    }

    /// Returns the entities of a blueprint that were deleted since a moment, as the audit log tells it. It keeps a year,
    /// and lets administrators alone read it.
    ///
    /// Port's API documents no shape of it (UNVERIFIED: as Port's own tools read it); an event that names no
    /// entity is counted, and not known.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn deleted_since(&self, blueprint: &str, since: Timestamp) -> Result<DeletedSeen, ApiError> {
        const OPERATION: &str = "read the audit log";
        let (limit, from) = (MOST_EVENTS.to_string(), utc(since));
        let query = [
            ("blueprint", blueprint),
            ("resources", "entity"),
            ("action", "DELETE"),
            ("from", from.as_str()),
            ("limit", limit.as_str()),
        ];
        let call = Call::new(OPERATION, Method::GET, "/audit-log".to_owned()).query(&query);
        let answer = self.send(call).await?;
        let events = answer["audits"].as_array().ok_or_else(|| undecodable(OPERATION))?;
        Ok(deletions(events, blueprint))
    }
}

fn deletions(events: &[Value], blueprint: &str) -> DeletedSeen {
    let mut seen = DeletedSeen { is_cut: events.len() >= MOST_EVENTS, ..DeletedSeen::default() };
    for event in events.iter().filter(|event| may_be_meant(event, blueprint)) {
        match deleted(event, blueprint) {
            Some(record) => seen.records.push(record),
            None => seen.unreadable += 1,
        }
    }
    seen
}

/// The filter is Port's; another action or blueprint in the answer would make a false accusation.
fn may_be_meant(event: &Value, blueprint: &str) -> bool {
    event["action"].as_str().is_none_or(|action| action == "DELETE")
        && event["context"]["blueprint"].as_str().is_none_or(|it| it == blueprint)
}

fn deleted(event: &Value, blueprint: &str) -> Option<DeletedRecord> {
    event["action"].as_str()?;
    let grant = event["context"]["entity"].as_str().or_else(|| event["identifier"].as_str())?;
    let trigger = &event["trigger"];
    Some(DeletedRecord {
        grant: grant.to_owned(),
        at: trigger["at"].as_str().and_then(|at| at.parse().ok()),
        by: trigger["by"]["userId"].as_str().map(str::to_owned),
        record: decoding::entity(&event["diff"]["before"], blueprint).ok(),
    })
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
        let seen = deletions(&events, "records");
        assert_eq!((seen.records.len(), seen.records[0].grant.as_str()), (1, "a"));
        assert_eq!((seen.unreadable, seen.is_cut), (3, false));
        // As many as are given at once, whatever becomes of them.
        assert!(deletions(&vec![json!({ "action": "UPDATE" }); MOST_EVENTS], "records").is_cut);
    }
}
