//! Statements become the documents that IAM is given: the template's frame, our statements with their end.

mod pieces;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Statement;
use crate::domain::policy_text::{LONGEST_POLICY, check_alphabet, check_alphabet_of, length_without_white_space};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::template::PolicyTemplate;
use pieces::pieces;

/// How long a policy may be, and how many of them a role may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The most characters of one document.
    pub characters: usize,
    /// The most documents.
    pub documents: usize,
}

/// Returns the policy documents of a grant, `most` at most, each as long as IAM takes it by default.
///
/// # Errors
///
/// As [`documents_within`].
pub fn documents(
    template: &PolicyTemplate,
    statements: &[Statement],
    end: Timestamp,
    most: usize,
) -> Result<Vec<Value>, Refusal> {
    documents_within(template, statements, end, Room { characters: LONGEST_POLICY, documents: most })
}

/// Returns the policy documents of a grant: one where it fits, else several that together allow the same. The same
/// arguments always give the same documents.
///
/// Every document carries all denials of the template. In one of them they would hold over the others too, but only
/// once all are attached and visible everywhere; so any of them alone allows no more than all of them together.
///
/// # Errors
///
/// Refuses what does not fit, with the arithmetic; characters that IAM takes in no policy; and a condition that meets
/// another one of the template's on the same key.
pub fn documents_within(
    template: &PolicyTemplate,
    statements: &[Statement],
    end: Timestamp,
    room: Room,
) -> Result<Vec<Value>, Refusal> {
    let ours =
        statements.iter().map(|statement| Allow::new(template, statement, end)).collect::<Result<Vec<_>, _>>()?;
    let further = template.further_allows(end)?;
    let all: Vec<Value> = ours.iter().map(Allow::render).chain(further.iter().cloned()).collect();
    let whole = assembled(&all, template.denials());
    let length = length_without_white_space(&whole);
    if length <= room.characters && room.documents > 0 {
        return Ok(vec![whole]);
    }
    let left = room.characters.saturating_sub(length_without_white_space(&assembled(&[], template.denials())));
    let mut parts = Vec::new();
    for allow in &ours {
        match pieces(allow, left) {
            Some(pieces) => parts.extend(pieces.iter().map(Allow::render)),
            None => return Err(alone_too_long(cost(&allow.smallest().render()), left, room, "permissions")),
        }
    }
    if let Some(statement) = further.iter().find(|statement| cost(statement) > left) {
        return Err(alone_too_long(cost(statement), left, room, PolicyTemplate::FILE));
    }
    parts.extend(further);
    let packed = packed(parts, left);
    if packed.len() > room.documents {
        return Err(too_long(length, room));
    }
    Ok(packed.iter().map(|part| assembled(part, template.denials())).collect())
}

/// Returns the one document that says what all of `documents` say, for people: what several repeat stands there once.
pub fn together(documents: &[Value]) -> Value {
    if let [document] = documents {
        return document.clone();
    }
    let mut all: Vec<Value> = Vec::new();
    for statement in documents.iter().filter_map(|document| document["Statement"].as_array()).flatten() {
        if !all.contains(statement) {
            all.push(statement.clone());
        }
    }
    assembled(&all, &[])
}

/// One Allow of a grant with everything that bounds it.
#[derive(Clone, Debug, PartialEq)]
struct Allow {
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Map<String, Value>,
}

impl Allow {
    fn new(template: &PolicyTemplate, statement: &Statement, end: Timestamp) -> Result<Self, Refusal> {
        let Statement { actions, resources, conditions } = statement;
        let texts = [("permissions", actions), ("resource", resources)];
        for (field, text) in texts.into_iter().flat_map(|(field, texts)| texts.iter().map(move |text| (field, text))) {
            check_alphabet(field, text)?;
        }
        check_alphabet_of("permissions", &Value::Object(conditions.clone()))?;
        let conditions = template.conditions(conditions, end)?;
        Ok(Self { actions: actions.clone(), resources: resources.clone(), conditions })
    }

    fn render(&self) -> Value {
        json!({
            "Effect": "Allow",
            "Action": self.actions,
            "Resource": self.resources,
            "Condition": self.conditions,
        })
    }

    /// Returns the least that cannot be cut any more: the longest action on the longest resource.
    fn smallest(&self) -> Self {
        let longest = |texts: &[String]| texts.iter().max_by_key(|text| text.len()).cloned().into_iter().collect();
        Self {
            actions: longest(&self.actions),
            resources: longest(&self.resources),
            conditions: self.conditions.clone(),
        }
    }
}

fn assembled(allows: &[Value], denials: &[Value]) -> Value {
    let all: Vec<&Value> = allows.iter().chain(denials).collect();
    json!({ "Version": "2012-10-17", "Statement": all })
}

/// Returns the characters that one more item takes in a list, its comma included.
fn cost(item: &Value) -> usize {
    length_without_white_space(item) + 1
}

/// Puts each part into the first document that has room for it, none of which takes more than `left`.
fn packed(parts: Vec<Value>, left: usize) -> Vec<Vec<Value>> {
    let mut documents: Vec<(usize, Vec<Value>)> = Vec::new();
    for part in parts {
        let cost = cost(&part);
        match documents.iter_mut().find(|(taken, _)| taken.saturating_add(cost) <= left) {
            Some((taken, document)) => {
                *taken += cost;
                document.push(part);
            }
            None => documents.push((cost, vec![part])),
        }
    }
    documents.into_iter().map(|(_, document)| document).collect()
}

fn too_long(length: usize, room: Room) -> Refusal {
    let reason = format!(
        "the policy would have {} characters; IAM takes {} in each of at most {} policies of a role",
        grouped(length),
        grouped(room.characters),
        room.documents
    );
    Refusal::new(RefusalCode::PolicyTooLong, "permissions", reason, "ask for fewer permissions or resources at a time")
}

fn alone_too_long(length: usize, left: usize, room: Room, field: &'static str) -> Refusal {
    let reason = format!(
        "one statement alone would have {} characters; IAM takes {} in a policy, and frame and denials of {} leave {} of them",
        grouped(length),
        grouped(room.characters),
        PolicyTemplate::FILE,
        grouped(left)
    );
    Refusal::new(
        RefusalCode::PolicyTooLong,
        field,
        reason,
        "shorten the template, or ask for something with a shorter name",
    )
}

/// Returns a number with a comma between its thousands, as IAM's documentation writes them.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests;
