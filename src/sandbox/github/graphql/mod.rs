//! GraphQL: the query for a repository with files, and `createCommitOnBranch`.
//!
//! Errors come with status 200 and GitHub's `type`, by which clients tell them apart.

mod commit;
mod document;
mod query;
mod token;

use axum::extract::State;
use serde_json::{Map, Value, json};

use self::document::{Field, Operation, Selection};
use super::GitHub;
use super::answer::{Answer, JsonBody, Refusal, ok};
use super::directory::Caller;

/// An error of an operation; a missing `kind` is one of the document itself.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    kind: Option<&'static str>,
    message: String,
}

impl Failure {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Some(kind), message: message.into() }
    }

    fn document(message: impl Into<String>) -> Self {
        Self { kind: None, message: message.into() }
    }

    fn unknown_field(field: &str, kind: &str) -> Self {
        Self::document(format!("Field '{field}' doesn't exist on type '{kind}'"))
    }
}

/// What an operation runs with.
struct Execution<'a> {
    github: &'a GitHub,
    caller: &'a Caller,
    variables: &'a Map<String, Value>,
}

/// `POST /graphql`
pub(super) async fn answer(State(github): State<GitHub>, caller: Caller, body: JsonBody) -> Answer {
    let text = body
        .text("query")
        .ok_or_else(|| Refusal::new(400, "A query attribute must be specified and must be a string."))?;
    let wanted = body.text("operationName").filter(|name| !name.is_empty());
    let mut given = body.0["variables"].as_object().cloned().unwrap_or_default();
    let operation = match operation(text, wanted).and_then(|operation| fill_in(operation, &mut given)) {
        Ok(operation) => operation,
        Err(message) => return ok(json!({ "errors": [{ "message": message }] })),
    };
    let execution = Execution { github: &github, caller: &caller, variables: &given };
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for field in fields(&operation.selections, "Query") {
        let key = field.alias.as_ref().unwrap_or(&field.name).clone();
        let outcome = if operation.kind == "mutation" { execution.mutation(field) } else { execution.query(field) };
        match outcome {
            Ok(value) => {
                data.insert(key, value);
            }
            Err(Failure { kind: None, message }) => {
                // A document that does not fit the schema is not executed at all.
                return ok(json!({ "errors": [{ "message": message, "path": [operation.kind, key] }] }));
            }
            Err(Failure { kind, message }) => {
                errors.push(json!({ "type": kind, "path": [key], "message": message, "locations": [{ "line": 1, "column": 1 }] }));
                data.insert(key, Value::Null);
            }
        }
    }
    let mut answer = json!({ "data": data });
    if !errors.is_empty() {
        answer["errors"] = Value::from(errors);
    }
    ok(answer)
}

fn operation(text: &str, wanted: Option<&str>) -> Result<Operation, String> {
    let mut operations = document::parse(text)?;
    match wanted {
        Some(wanted) => {
            let found = operations.into_iter().find(|operation| operation.name.as_deref() == Some(wanted));
            found.ok_or_else(|| format!("No operation named \"{wanted}\""))
        }
        None if operations.len() == 1 => Ok(operations.remove(0)),
        None => Err("An operation name is required".to_owned()),
    }
}

/// Checks the given variables against the declared ones and fills in defaults.
fn fill_in(operation: Operation, given: &mut Map<String, Value>) -> Result<Operation, String> {
    for declared in &operation.variables {
        let absent = given.get(&declared.name).is_none_or(Value::is_null);
        match &declared.default {
            Some(default) if absent => {
                given.insert(declared.name.clone(), default.value(&Map::new()));
            }
            None if absent && declared.required => {
                return Err(format!("Variable ${} of a required type was provided invalid value", declared.name));
            }
            _ => {}
        }
    }
    given.retain(|name, _| operation.variables.iter().any(|declared| declared.name == *name));
    Ok(operation)
}

/// Returns the fields that are asked of a value of type `kind`, those of fitting fragments included.
fn fields<'a>(selections: &'a [Selection], kind: &str) -> Vec<&'a Field> {
    let mut found = Vec::new();
    for selection in selections {
        match selection {
            Selection::Field(field) => found.push(field),
            Selection::On { kind: on, selections } => {
                let fits = on.as_deref().is_none_or(|on| {
                    on == kind || on == "Node" || (on == "GitObject" && ["Blob", "Tree", "Commit"].contains(&kind))
                });
                if fits {
                    found.extend(fields(selections, kind));
                }
            }
        }
    }
    found
}
