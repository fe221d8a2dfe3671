//! What a workflow was dispatched with. All of it is a hint: anybody who may dispatch can write anything here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::identifier::{EntityIdentifier, RunId};
use super::refusal::{Refusal, RefusalCode, quoted};

/// GitHub's limit for the inputs of a dispatch, in characters (GitHub REST API, "Create a workflow dispatch event").
const LONGEST_INPUT: usize = 65_535;
/// More than a policy could hold, and few enough to look up in one search.
/// The most permissions of one request.
pub const MOST_PERMISSIONS: usize = 100;
/// The most additional resources of one request.
pub const MOST_RESOURCES: usize = 20;
/// Longer than any reason a person writes, short enough for a record.
pub(super) const LONGEST_REASON: usize = 2_000;

/// The two inputs of our workflows.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    /// The Port run on whose behalf the workflow was started.
    pub run_id: RunId,
    /// Identifier of the entity that the run is about, as the dispatch claims.
    pub entity: String,
    /// E-mail of the person who started the run, as the dispatch claims; none when a timer did.
    pub requester: Option<String>,
    /// The form, as the dispatch claims.
    pub properties: Value,
}

impl Dispatch {
    /// Reads the inputs from the event payload of a `workflow_dispatch`.
    ///
    /// `properties` may be absent, empty, `null` or an object, as text or as JSON: an automation has no form.
    ///
    /// # Errors
    ///
    /// Refuses what is no JSON, names no run or no entity, or is longer than GitHub lets an input be.
    pub fn from_event(event: &Value) -> Result<Self, Refusal> {
        let inputs = &event["inputs"];
        let context = json_input("port_context", &inputs["port_context"])?;
        let Some(run) = context["runId"].as_str() else {
            return Err(missing("runId", "the dispatch names no run of Port"));
        };
        let run_id = RunId::parse(run)?;
        let entity = &context["entity"];
        // Port sends the whole entity; a hand-made template may send its identifier only.
        let identifier = entity["identifier"].as_str().or_else(|| entity.as_str());
        let Some(entity) = identifier else {
            return Err(missing("entity", "the dispatch names no entity"));
        };
        let requester = context["trigger"]["by"]["user"]["email"].as_str().map(str::to_owned);
        let properties = json_input("properties", &inputs["properties"])?;
        Ok(Self { run_id, entity: entity.to_owned(), requester, properties })
    }

    /// Returns the run id of an event, even when the rest of it is nonsense, so that the run can be told.
    pub fn run_id_of(event: &Value) -> Option<RunId> {
        let context = json_input("port_context", &event["inputs"]["port_context"]).ok()?;
        RunId::parse(context["runId"].as_str()?).ok()
    }
}

fn missing(field: &'static str, reason: &str) -> Refusal {
    Refusal::new(
        RefusalCode::MissingField,
        field,
        reason,
        "start the action in Port; do not dispatch the workflow by hand",
    )
}

/// Returns an input as JSON, whether it came as text or as JSON already. Nothing at all is `null`.
fn json_input(field: &'static str, input: &Value) -> Result<Value, Refusal> {
    let Some(text) = input.as_str() else {
        return Ok(input.clone());
    };
    if text.chars().count() > LONGEST_INPUT {
        let reason = format!("is longer than {LONGEST_INPUT} characters");
        return Err(Refusal::new(RefusalCode::InputTooLong, field, reason, "ask for fewer permissions at a time"));
    }
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text).map_err(|error| {
        let reason = format!("is not JSON ({error})");
        Refusal::new(
            RefusalCode::NotJson,
            field,
            reason,
            "start the action in Port; do not dispatch the workflow by hand",
        )
    })
}

/// The form of `request_permissions`, checked for shape and not yet for sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestForm {
    /// The actions asked for, in the order of the form.
    pub permissions: Vec<EntityIdentifier>,
    /// The duration as it was written; none means the default.
    pub duration: Option<String>,
    /// Why the access is needed, in the requester's words.
    pub reason: Option<String>,
    /// Further resources that the actions need.
    pub additional_resources: Vec<EntityIdentifier>,
}

impl RequestForm {
    /// Reads the form from a run's or a dispatch's properties. Entities may be objects or plain identifiers.
    ///
    /// # Errors
    ///
    /// Refuses an empty permission list, duplicates, other shapes than Port's, control characters and too much of
    /// anything; the refusal names the field.
    pub fn parse(properties: &Value) -> Result<Self, Refusal> {
        if !matches!(properties, Value::Object(_) | Value::Null) {
            return Err(wrong_shape("properties", "is not an object"));
        }
        // IAM's action names ignore case, so two spellings of one are one. An ARN means what it says: a key or a parameter
        // in other letters is another one.
        let permissions = identifiers("permissions", &properties["permissions"], MOST_PERMISSIONS, str::to_lowercase)?;
        if permissions.is_empty() {
            let reason = "is empty: the request asks for nothing";
            return Err(Refusal::new(
                RefusalCode::NoPermissions,
                "permissions",
                reason,
                "pick at least one permission",
            ));
        }
        Ok(Self {
            permissions,
            duration: text("duration", &properties["duration"], 20)?,
            reason: text("reason", &properties["reason"], LONGEST_REASON)?,
            additional_resources: identifiers(
                "additional_resources",
                &properties["additional_resources"],
                MOST_RESOURCES,
                str::to_owned,
            )?,
        })
    }

    /// Returns the permissions as a set, for comparing two forms.
    pub fn permission_set(&self) -> BTreeSet<&EntityIdentifier> {
        self.permissions.iter().collect()
    }

    /// Returns whether both forms ask for the same, whatever the order.
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        let Self { permissions: _, duration, reason, additional_resources } = self;
        self.permission_set() == other.permission_set()
            && *duration == other.duration
            && *reason == other.reason
            && additional_resources.iter().collect::<BTreeSet<_>>()
                == other.additional_resources.iter().collect::<BTreeSet<_>>()
    }
}

pub(super) fn wrong_shape(field: &'static str, reason: &str) -> Refusal {
    Refusal::new(
        RefusalCode::WrongShape,
        field,
        reason,
        "use the form of the action in Port as `port-iam init` made it",
    )
}

/// Reads a list of identifiers, no two of which are the same when both are written by `plainly`.
fn identifiers(
    field: &'static str,
    value: &Value,
    most: usize,
    plainly: fn(&str) -> String,
) -> Result<Vec<EntityIdentifier>, Refusal> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong_shape(field, "is not a list")),
    };
    if items.len() > most {
        let reason = format!("holds {} entries; {most} is the most", items.len());
        return Err(Refusal::new(RefusalCode::TooMany, field, reason, "split the request"));
    }
    let mut seen = BTreeSet::new();
    let mut parsed = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = item.as_str().or_else(|| item["identifier"].as_str()) else {
            return Err(wrong_shape(field, "holds an entry that is neither an entity nor an identifier"));
        };
        let identifier = EntityIdentifier::parse(field, text)?;
        if !seen.insert(plainly(identifier.as_str())) {
            let reason = format!("names {} twice", quoted(text));
            return Err(Refusal::new(RefusalCode::Duplicate, field, reason, "name each entry once"));
        }
        parsed.push(identifier);
    }
    Ok(parsed)
}

pub(super) fn text(field: &'static str, value: &Value, longest: usize) -> Result<Option<String>, Refusal> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        _ => return Err(wrong_shape(field, "is not text")),
    };
    if text.chars().count() > longest {
        let reason = format!("is longer than {longest} characters");
        return Err(Refusal::new(RefusalCode::TooLong, field, reason, "shorten it"));
    }
    // A multi-line field has line ends; everything else that is not printed could drive a terminal or a log.
    if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
        return Err(Refusal::new(RefusalCode::ControlCharacter, field, "holds a control character", "remove it"));
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests;
