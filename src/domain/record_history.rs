//! What Port's audit log tells of the permanent records: which were deleted, and which were changed by whoever did not
//! write them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::audit;
use super::catalog::Entity;

/// What the audit log tells of permanent records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordHistory {
    /// The records that were deleted.
    pub deleted: Vec<DeletedRecord>,
    /// How records were changed.
    pub changes: Vec<RecordChange>,
    /// How many events tell no record.
    pub unreadable: usize,
    /// Whether the log gave as many events as it gives at once, so that there may be more.
    pub is_cut: bool,
}

/// A permanent record that somebody deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletedRecord {
    /// The grant.
    pub grant: String,
    /// When it was deleted.
    pub at: Option<Timestamp>,
    /// Port's id of who did it.
    pub by: Option<String>,
    /// The record as it was, where the audit log tells.
    pub record: Option<Entity>,
}

/// One change of a permanent record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordChange {
    /// When it was changed.
    pub at: Option<Timestamp>,
    /// Port's id of who did it.
    pub by: Option<String>,
    /// Port's id of who made the record, which nobody can edit.
    pub made_by: Option<String>,
    /// The record before.
    pub before: Entity,
    /// The record after.
    pub after: Entity,
}

/// A permanent record that somebody edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedRecord {
    /// The grant.
    pub grant: String,
    /// When it was edited.
    pub at: Option<Timestamp>,
    /// Port's id of who did it.
    pub by: Option<String>,
    /// What says something else since, with what it said before where that is text.
    pub fields: BTreeMap<String, Option<String>>,
}

impl RecordHistory {
    /// Returns the edits, oldest first: the changes that neither end an open record nor say that somebody has reviewed it,
    /// and that another one made than who made the record. An attempt that is repeated writes its own record again.
    pub fn edits(&self) -> Vec<EditedRecord> {
        let mut edits: Vec<EditedRecord> = self.changes.iter().filter_map(RecordChange::edit).collect();
        edits.sort_by_key(|edit| edit.at);
        edits
    }
}

impl RecordChange {
    fn edit(&self) -> Option<EditedRecord> {
        let fields = audit::edited_fields(&self.before, &self.after);
        let is_its_own = self.by.is_some() && self.by == self.made_by;
        let before = |field: String| {
            let said = self.before.text(&field).map(str::to_owned);
            (field, said)
        };
        (!fields.is_empty() && !is_its_own).then(|| EditedRecord {
            grant: self.before.identifier.clone(),
            at: self.at,
            by: self.by.clone(),
            fields: fields.into_iter().map(before).collect(),
        })
    }
}

impl EditedRecord {
    /// Returns what somebody edited, in words: `granted_until (it said 2026-11-20T12:00:00Z), relations`.
    pub fn told(&self) -> String {
        let field = |(name, said): (&String, &Option<String>)| match said {
            Some(said) => format!("{name} (it said {said})"),
            None => name.clone(),
        };
        self.fields.iter().map(field).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OPEN: &str = r#"{"requester":"dana@acme.example","granted_until":"2026-11-20T12:00:00Z","state":"live"}"#;

    fn record(properties: &Value) -> Entity {
        Entity { identifier: "g".to_owned(), title: None, properties: properties.clone(), relations: json!({}) }
    }

    fn change(before: &Value, more: &Value, by: &str) -> RecordHistory {
        let mut after = before.clone();
        after.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let change = RecordChange {
            at: None,
            by: Some(by.to_owned()),
            made_by: Some("workflow".to_owned()),
            before: record(before),
            after: record(&after),
        };
        RecordHistory { changes: vec![change], ..RecordHistory::default() }
    }

    #[test]
    fn that_a_grant_ends_and_that_somebody_reviews_it_is_no_edit_whoever_writes_it() {
        let open: Value = serde_json::from_str(OPEN).unwrap();
        let end =
            json!({ "state": "revoked", "revoked_at": "2026-11-20T09:00:00Z", "revoked_by": "ada", "receipt": {} });
        let mut due = open.clone();
        due["review_due"] = json!(true);
        let found = json!({ "review_due": true, "receipt": { "tampering": [] } });
        for history in [
            change(&open, &end, "ada"),
            change(&open, &found, "ada"),
            change(&due, &json!({ "review_due": false }), "ada"),
        ] {
            assert_eq!(history.edits(), []);
        }
        // What was found stays, also where more is found and where the grant ends.
        let noted = json!({ "receipt": { "tampering": [{ "what": "first" }] } });
        let mut told = open.clone();
        told["receipt"] = noted["receipt"].clone();
        let more = json!({ "receipt": { "tampering": [{ "what": "first" }, { "what": "second" }] } });
        assert_eq!(change(&told, &more, "ada").edits(), []);
        let mut whole = end.clone();
        whole["receipt"] = json!({ "at": "then", "tampering": [{ "what": "first" }] });
        assert_eq!(change(&told, &whole, "ada").edits(), []);
        for emptied in [json!({ "receipt": {} }), json!({ "receipt": { "tampering": [] } }), end.clone()] {
            assert_eq!(change(&told, &emptied, "ada").edits().len(), 1, "{emptied}");
        }
        // A mark that is emptied was never seen to.
        assert_eq!(change(&due, &json!({ "review_due": null }), "ada").edits().len(), 1);
    }

    #[test]
    fn whatever_else_another_one_changes_is_an_edit_and_what_a_repeated_attempt_writes_is_none() {
        let open: Value = serde_json::from_str(OPEN).unwrap();
        let mut ended = open.clone();
        ended["revoked_at"] = json!("2026-11-20T12:00:00Z");
        let earlier = json!({ "granted_until": "2020-01-01T00:00:00Z", "revoked_at": "2020-01-01T00:00:00Z" });
        let [edit] = change(&ended, &earlier, "ada").edits().try_into().unwrap();
        assert_eq!((edit.grant.as_str(), edit.by.as_deref()), ("g", Some("ada")));
        let told = "granted_until (it said 2026-11-20T12:00:00Z), revoked_at (it said 2026-11-20T12:00:00Z)";
        assert_eq!(edit.told(), told);
        let from = json!({ "granted_from": "2026-11-20T08:01:00Z" });
        assert_eq!(change(&open, &from, "ada").edits()[0].told(), "granted_from");
        assert_eq!(change(&open, &from, "workflow").edits(), []);
        let unsigned = RecordChange { by: None, made_by: None, ..change(&open, &from, "x").changes.remove(0) };
        let unsigned = RecordHistory { changes: vec![unsigned], ..RecordHistory::default() };
        assert_eq!(unsigned.edits().len(), 1, "what nobody has signed is nobody's own");
    }
}
