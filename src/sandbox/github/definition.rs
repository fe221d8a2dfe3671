//! A workflow file as it is written: YAML with a name, triggers and declared inputs.

use std::collections::BTreeMap;

use serde_json::Value;

/// GitHub takes at most this many characters of inputs.
const LONGEST_INPUTS: usize = 65_535;

/// A parsed workflow file.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// The whole file.
    pub(crate) document: Value,
}

impl Definition {
    /// Parses a workflow file, or says in one sentence why it is none.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(content).map_err(|_| "the workflow file is not UTF-8".to_owned())?;
        let document: Value =
            serde_saphyr::from_str(text).map_err(|error| format!("the workflow file is not valid YAML: {error}"))?;
        if document.is_object() { Ok(Self { document }) } else { Err("the workflow file is not a mapping".to_owned()) }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.document["name"].as_str()
    }

    /// Returns whether GitHub starts the workflow by the clock.
    pub(crate) fn has_schedule(&self) -> bool {
        self.document["on"]["schedule"].as_array().is_some_and(|entries| !entries.is_empty())
    }

    /// Returns the declared inputs of `workflow_dispatch`, or `None` when the workflow cannot be dispatched.
    pub(crate) fn dispatch_inputs(&self) -> Option<BTreeMap<String, Value>> {
        const TRIGGER: &str = "workflow_dispatch";
        match &self.document["on"] {
            Value::String(trigger) if trigger == TRIGGER => Some(BTreeMap::new()),
            Value::Array(triggers) if triggers.iter().any(|trigger| trigger == TRIGGER) => Some(BTreeMap::new()),
            Value::Object(triggers) => {
                let inputs = &triggers.get(TRIGGER)?["inputs"];
                let declared = inputs.as_object().into_iter().flatten();
                Some(declared.map(|(name, declaration)| (name.clone(), declaration.clone())).collect())
            }
            _ => None,
        }
    }

    /// Fills in defaults, or says as GitHub does why `given` is refused.
    pub(crate) fn inputs(&self, given: &Value) -> Result<BTreeMap<String, String>, String> {
        let declared = self.dispatch_inputs().ok_or("Workflow does not have 'workflow_dispatch' trigger")?;
        let given = match given {
            Value::Null => serde_json::Map::new(),
            Value::Object(given) => given.clone(),
            _ => return Err("For 'properties/inputs', the value is not an object.".to_owned()),
        };
        let unexpected: Vec<&str> =
            given.keys().map(String::as_str).filter(|name| !declared.contains_key(*name)).collect();
        if !unexpected.is_empty() {
            return Err(format!("Unexpected inputs provided: [\"{}\"]", unexpected.join("\", \"")));
        }
        let mut inputs = BTreeMap::new();
        for (name, declaration) in &declared {
            let value = match given.get(name).filter(|value| !value.is_null()) {
                Some(value) => text(value).ok_or_else(|| format!("Invalid value for input '{name}'"))?,
                None => match text(&declaration["default"]) {
                    Some(default) => default,
                    None if declaration["required"] == true => {
                        return Err(format!("Required input '{name}' not provided"));
                    }
                    None => String::new(),
                },
            };
            check_type(name, declaration, &value)?;
            inputs.insert(name.clone(), value);
        }
        if inputs.values().map(|value| value.chars().count()).sum::<usize>() > LONGEST_INPUTS {
            return Err("inputs are too large.".to_owned());
        }
        Ok(inputs)
    }
}

fn check_type(name: &str, declaration: &Value, value: &str) -> Result<(), String> {
    let known = match declaration["type"].as_str() {
        Some("choice") => {
            declaration["options"].as_array().is_none_or(|options| options.iter().any(|option| option == value))
        }
        Some("boolean") => ["true", "false", ""].contains(&value),
        Some("number") => value.is_empty() || value.parse::<f64>().is_ok(),
        _ => true,
    };
    if known {
        Ok(())
    } else {
        Err(format!("Provided value '{value}' for input '{name}' not in the list of allowed values"))
    }
}

/// Returns a scalar as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Definition;

    fn workflow() -> Definition {
        let text = "\
name: Grant
on:
  workflow_dispatch:
    inputs:
      properties: {required: false, default: \"{}\", type: string}
      port_context: {required: true, type: string}
jobs: {}
";
        Definition::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn defaults_are_filled_in() {
        let inputs = workflow().inputs(&json!({ "port_context": "{}" })).unwrap();
        assert_eq!(inputs["properties"], "{}");
        assert_eq!(inputs.len(), 2);
    }

    #[test]
    fn a_missing_required_input_is_named() {
        assert_eq!(workflow().inputs(&json!({})).unwrap_err(), "Required input 'port_context' not provided");
    }

    #[test]
    fn an_undeclared_input_is_named() {
        let error = workflow().inputs(&json!({ "port_context": "{}", "x": "y" })).unwrap_err();
        assert_eq!(error, "Unexpected inputs provided: [\"x\"]");
    }

    #[test]
    fn inputs_are_limited_in_characters_and_not_in_bytes() {
        let fits = "ü".repeat(65_533);
        workflow().inputs(&json!({ "port_context": fits })).unwrap();
        let too_long = "ü".repeat(65_534);
        let error = workflow().inputs(&json!({ "port_context": too_long })).unwrap_err();
        assert_eq!(error, "inputs are too large.");
    }

    #[test]
    fn a_trigger_may_be_a_word_or_a_list() {
        assert!(Definition::parse(b"on: workflow_dispatch\n").unwrap().dispatch_inputs().is_some());
        assert!(Definition::parse(b"on: [push, workflow_dispatch]\n").unwrap().dispatch_inputs().is_some());
        assert!(Definition::parse(b"on: push\n").unwrap().dispatch_inputs().is_none());
    }
}
