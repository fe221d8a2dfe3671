//! The form of a self-service action, as the action's own JSON says it, and what is sent when it is filled in.

use serde_json::{Map, Value};

use super::view::{EntityLink, text};

/// The form of an action on an entity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    pub(super) action: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) deletes: bool,
    pub(super) needs_approval: bool,
    pub(super) fields: Vec<Field>,
}

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) is_required: bool,
    pub(super) input: Input,
}

/// What is filled in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    /// Any number of these entities, or one.
    Entities { offered: Vec<EntityLink>, are_many: bool },
    /// One line of text, of a form that a regular expression says.
    Line { pattern: Option<String>, default: String },
    /// Several lines.
    Lines,
}

/// What somebody has filled in: pairs of key and value, as a browser sends them.
pub(super) type Filled = Vec<(String, String)>;

impl Form {
    /// Reads the form of an action. `offered` are the entities of an input, as its dataset lets them through.
    pub(super) fn read(action: &Value, mut offered: impl FnMut(&str, &Value) -> Vec<EntityLink>) -> Self {
        let trigger = &action["trigger"];
        let inputs = &trigger["userInputs"];
        let required: Vec<&str> =
            inputs["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let definitions = inputs["properties"].as_object().cloned().unwrap_or_default();
        let fields = ordered(&definitions, &inputs["order"]).into_iter().map(|(key, definition)| Field {
            title: definition["title"].as_str().unwrap_or(key).to_owned(),
            description: text(definition, "description"),
            is_required: required.contains(&key),
            input: Input::read(definition, |entities| offered(key, entities)),
            key: key.to_owned(),
        });
        Self {
            fields: fields.collect(),
            action: text(action, "identifier"),
            title: text(action, "title"),
            description: text(action, "description"),
            deletes: trigger["operation"] == "DELETE",
            needs_approval: !matches!(action["requiredApproval"], Value::Bool(false) | Value::Null),
        }
    }

    /// Returns what Port is sent. What was left empty is left out, and what the form does not have is not taken.
    pub(super) fn values(&self, filled: &Filled) -> Value {
        let mut values = Map::new();
        for field in &self.fields {
            let given = filled.iter().filter(|(key, value)| *key == field.key && !value.trim().is_empty());
            let given: Vec<&str> = given.map(|(_, value)| value.as_str()).collect();
            let value = match (&field.input, given.first()) {
                (_, None) => continue,
                (Input::Entities { are_many: true, .. }, _) => Value::from(given),
                // A browser ends lines as mail does.
                (Input::Lines, Some(lines)) => Value::from(lines.replace("\r\n", "\n")),
                (_, Some(one)) => Value::from(one.trim()),
            };
            values.insert(field.key.clone(), value);
        }
        values.into()
    }
}

impl Input {
    fn read(definition: &Value, offered: impl FnOnce(&Value) -> Vec<EntityLink>) -> Self {
        let are_many = definition["type"] == "array";
        let item = if are_many { &definition["items"] } else { definition };
        if item["format"] == "entity" {
            return Self::Entities { offered: offered(item), are_many };
        }
        if definition["format"] == "multi-line" {
            return Self::Lines;
        }
        let pattern = definition["pattern"].as_str().map(str::to_owned);
        Self::Line { pattern, default: text(definition, "default") }
    }
}

/// Returns the inputs in the order that the action wants, and those that it does not name behind them.
fn ordered<'a>(definitions: &'a Map<String, Value>, order: &Value) -> Vec<(&'a str, &'a Value)> {
    let wanted: Vec<&str> = order.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut all: Vec<(&str, &Value)> = definitions.iter().map(|(key, value)| (key.as_str(), value)).collect();
    all.sort_by_key(|(key, _)| wanted.iter().position(|name| name == key).unwrap_or(usize::MAX));
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Form {
        let action = serde_json::from_str(include_str!("../../actions/request_permissions.json")).unwrap();
        Form::read(&action, |_, entities| {
            let identifier = format!("one of {}", text(entities, "blueprint"));
            vec![EntityLink { blueprint: text(entities, "blueprint"), title: identifier.clone(), identifier }]
        })
    }

    #[test]
    fn the_form_is_the_one_of_our_own_action() {
        let form = form();
        let keys: Vec<&str> = form.fields.iter().map(|field| field.key.as_str()).collect();
        assert_eq!(keys, ["permissions", "duration", "reason", "additional_resources"]);
        let required: Vec<bool> = form.fields.iter().map(|field| field.is_required).collect();
        assert_eq!(required, [true, false, false, false]);
        let Input::Entities { offered, are_many: true } = &form.fields[0].input else { panic!("{form:?}") };
        assert_eq!(offered[0].blueprint, "iam_permissions");
        let pattern = Some("^([0-9]+[dhm])+$".to_owned());
        assert_eq!(form.fields[1].input, Input::Line { pattern, default: "4h".to_owned() });
        assert_eq!(form.fields[2].input, Input::Lines);
        assert!(!form.needs_approval && !form.deletes);
    }

    #[test]
    fn what_is_sent_is_what_the_form_has_and_nothing_else() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let filled = vec![
            pair("permissions", "s3:PutObject"),
            pair("permissions", "s3:GetObject"),
            pair("duration", " 1h "),
            pair("reason", "two\r\nlines"),
            pair("additional_resources", ""),
            pair("run_as", "ada@acme.example"),
        ];
        let sent = json!({ "permissions": ["s3:PutObject", "s3:GetObject"], "duration": "1h", "reason": "two\nlines" });
        assert_eq!(form().values(&filled), sent);
        assert_eq!(form().values(&Vec::new()), json!({}));
    }
}
