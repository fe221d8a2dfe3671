//! `${{ … }}`: the part of GitHub's expression language that workflows without actions need.
//!
//! Where GitHub puts an empty text for what is not there, this evaluator fails with the name of it: a workflow that
//! relies on an unset secret is a mistake here. `vars.X || 'default'` works as on GitHub.

use serde_json::{Map, Value};

/// The contexts by name: `github`, `inputs`, `secrets`, …
pub(super) type Contexts = Map<String, Value>;

/// What an expression yields: a value, or the name of what is not there.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Value(Value),
    Missing(String),
}

impl Found {
    fn or_null(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Missing(_) => Value::Null,
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Missing(_) | Self::Value(Value::Null) => false,
            Self::Value(Value::Bool(value)) => *value,
            Self::Value(Value::Number(number)) => number.as_f64() != Some(0.0),
            Self::Value(Value::String(text)) => !text.is_empty(),
            Self::Value(Value::Array(_) | Value::Object(_)) => true,
        }
    }
}

/// Replaces every `${{ … }}` in `template`, or says which expression has no value.
pub(super) fn interpolate(template: &str, contexts: &Contexts) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("${{") {
        text.push_str(&rest[..start]);
        let body = &rest[start + 3..];
        let end = closing(body).ok_or_else(|| format!("the expression {} is not closed", rest[start..].trim()))?;
        let expression = body[..end].trim();
        text.push_str(&as_text(evaluate(expression, contexts)?, expression)?);
        rest = &body[end + 2..];
    }
    text.push_str(rest);
    Ok(text)
}

/// Returns the title of a run from its `run-name`, where the inputs suffice for it.
pub(in crate::sandbox) fn run_title(
    template: &str,
    inputs: &std::collections::BTreeMap<String, String>,
) -> Option<String> {
    let inputs = inputs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    interpolate(template, &Contexts::from_iter([("inputs".to_owned(), Value::Object(inputs))])).ok()
}

/// Evaluates the condition of an `if:`, with or without `${{ }}`.
pub(super) fn condition(text: &str, contexts: &Contexts) -> Result<bool, String> {
    let text = text.trim();
    let inner = text.strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}")).unwrap_or(text);
    Ok(evaluate(inner.trim(), contexts)?.is_true())
}

/// Returns where `}}` closes an expression; a `}}` inside a quoted text does not.
fn closing(body: &str) -> Option<usize> {
    let mut quoted = false;
    for (index, letter) in body.char_indices() {
        if letter == '\'' {
            quoted = !quoted;
        } else if !quoted && body[index..].starts_with("}}") {
            return Some(index);
        }
    }
    None
}

fn as_text(found: Found, expression: &str) -> Result<String, String> {
    match found {
        Found::Missing(name) => Err(format!("the expression `{expression}` has no value: `{name}` is not there")),
        Found::Value(Value::Null) => Err(format!("the expression `{expression}` has no value: it is null")),
        Found::Value(Value::String(text)) => Ok(text),
        Found::Value(value @ (Value::Bool(_) | Value::Number(_))) => Ok(value.to_string()),
        Found::Value(_) => Err(format!("the expression `{expression}` is a collection and no text")),
    }
}

fn evaluate(expression: &str, contexts: &Contexts) -> Result<Found, String> {
    let fail = |problem: String| format!("the expression `{expression}` cannot be evaluated: {problem}");
    let mut parser = Parser { rest: expression, contexts };
    let found = parser.either().map_err(fail)?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(found) } else { Err(fail(format!("unexpected `{}`", parser.rest))) }
}

struct Parser<'a> {
    rest: &'a str,
    contexts: &'a Contexts,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, sign: &str) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("`{sign}` is missing before `{}`", self.rest)) }
    }

    fn either(&mut self) -> Result<Found, String> {
        let mut left = self.both()?;
        while self.take("||") {
            let right = self.both()?;
            left = if left.is_true() { left } else { right };
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Found, String> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            let right = self.comparison()?;
            left = if left.is_true() { right } else { left };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Found, String> {
        let left = self.negation()?;
        let equal = self.take("==");
        if !equal && !self.take("!=") {
            return Ok(left);
        }
        let right = self.negation()?;
        Ok(Found::Value(Value::Bool(same(&left.or_null(), &right.or_null()) == equal)))
    }

    fn negation(&mut self) -> Result<Found, String> {
        self.skip_space();
        if self.rest.starts_with('!') && !self.rest.starts_with("!=") {
            self.rest = &self.rest[1..];
            return Ok(Found::Value(Value::Bool(!self.negation()?.is_true())));
        }
        self.access()
    }

    fn access(&mut self) -> Result<Found, String> {
        let (mut found, mut name) = self.primary()?;
        loop {
            if self.rest.starts_with('.') {
                self.rest = &self.rest[1..];
                let property = self.word().ok_or_else(|| format!("a name is missing before `{}`", self.rest))?;
                name = format!("{name}.{property}");
                found = property_of(found, property, &name);
            } else if self.rest.starts_with('[') {
                self.rest = &self.rest[1..];
                let index = self.either()?.or_null();
                self.expect("]")?;
                name = format!("{name}[{index}]");
                found = match &index {
                    Value::String(property) => property_of(found, property, &name),
                    Value::Number(number) => {
                        let place = number.as_u64().and_then(|place| usize::try_from(place).ok());
                        let item = place.and_then(|place| found.or_null().get(place).cloned());
                        item.map_or_else(|| Found::Missing(name.clone()), Found::Value)
                    }
                    _ => return Err(format!("`{index}` is no index")),
                };
            } else {
                return Ok(found);
            }
        }
    }

    /// Reads a literal, a context, a call or something in brackets, with the name to call it by.
    fn primary(&mut self) -> Result<(Found, String), String> {
        if self.take("(") {
            let found = self.either()?;
            self.expect(")")?;
            return Ok((found, "(…)".to_owned()));
        }
        if self.take("'") {
            return self.quoted().map(|text| (Found::Value(Value::from(text)), "'…'".to_owned()));
        }
        let start = self.rest;
        if start.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            let end = start[1..]
                .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.')
                .map_or(start.len(), |end| end + 1);
            self.rest = &start[end..];
            let number: Value =
                serde_json::from_str(&start[..end]).map_err(|_| format!("`{}` is no number", &start[..end]))?;
            return Ok((Found::Value(number), start[..end].to_owned()));
        }
        let word = self.word().ok_or_else(|| format!("unexpected `{start}`"))?;
        match word {
            "true" => return Ok((Found::Value(Value::Bool(true)), word.to_owned())),
            "false" => return Ok((Found::Value(Value::Bool(false)), word.to_owned())),
            "null" => return Ok((Found::Value(Value::Null), word.to_owned())),
            _ => {}
        }
        if self.take("(") {
            return Ok((self.call(word)?, format!("{word}(…)")));
        }
        let context = self.contexts.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, value)| value);
        let context = context.ok_or_else(|| format!("`{word}` is not available here"))?;
        Ok((Found::Value(context.clone()), word.to_owned()))
    }

    /// Reads a quoted text after its opening quote; two quotes are one.
    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let end = self.rest.find('\'').ok_or("a quoted text is not closed")?;
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            let Some(rest) = self.rest.strip_prefix('\'') else { return Ok(text) };
            self.rest = rest;
            text.push('\'');
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let belongs = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        let end = self.rest.find(|letter| !belongs(letter)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// Reads the arguments after the opening bracket and calls the function.
    fn call(&mut self, function: &str) -> Result<Found, String> {
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.either()?);
        }
        let status = self.contexts.get("job").map(|job| job["status"].clone()).unwrap_or_default();
        let value = match (function.to_lowercase().as_str(), arguments.as_slice()) {
            ("always", []) => Value::Bool(true),
            ("success", []) => Value::Bool(status == "success"),
            ("failure", []) => Value::Bool(status == "failure"),
            ("cancelled", []) => Value::Bool(status == "cancelled"),
            ("fromjson", [text]) => from_json(text)?,
            ("tojson", [value]) => {
                let text = serde_json::to_string_pretty(&value.clone().or_null());
                Value::from(text.map_err(|error| error.to_string())?)
            }
            ("contains", [whole, part]) => match whole.clone().or_null() {
                Value::Array(items) => Value::Bool(items.iter().any(|item| same(item, &part.clone().or_null()))),
                whole => Value::Bool(lower(&whole).contains(&lower(&part.clone().or_null()))),
            },
            ("startswith", [text, start]) => {
                Value::Bool(lower(&text.clone().or_null()).starts_with(&lower(&start.clone().or_null())))
            }
            ("endswith", [text, end]) => {
                Value::Bool(lower(&text.clone().or_null()).ends_with(&lower(&end.clone().or_null())))
            }
            _ => return Err(format!("the function `{function}` with {} arguments is not known", arguments.len())),
        };
        Ok(Found::Value(value))
    }
}

fn from_json(text: &Found) -> Result<Value, String> {
    let text = match text {
        Found::Value(Value::String(text)) => text,
        Found::Value(_) => return Err("fromJSON needs a text".to_owned()),
        Found::Missing(name) => return Err(format!("`{name}` is not there")),
    };
    serde_json::from_str(text).map_err(|error| format!("fromJSON was given no JSON: {error}"))
}

/// Returns a property; case does not matter in names.
fn property_of(found: Found, property: &str, name: &str) -> Found {
    let Found::Value(Value::Object(fields)) = found else { return Found::Missing(name.to_owned()) };
    let exact = fields.get(property);
    let value =
        exact.or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(property)).map(|(_, value)| value));
    value.map_or_else(|| Found::Missing(name.to_owned()), |value| Found::Value(value.clone()))
}

/// Compares as GitHub does: texts without regard to case, other types as numbers.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.to_lowercase() == right.to_lowercase(),
        _ if std::mem::discriminant(left) == std::mem::discriminant(right) => left == right,
        _ => matches!((number(left), number(right)), (Some(left), Some(right)) if (left - right).abs() < f64::EPSILON),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.is_empty() => Some(0.0),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn lower(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contexts() -> Contexts {
        let context = r#"{"runId":"r_1","entity":{"identifier":"bucket's }} name"},"by":null}"#;
        json!({
            "inputs": { "port_context": context, "empty": "" }, "secrets": { "TOKEN": "s3cret" }, "vars": {},
            "github": { "actor": "ada" }, "job": { "status": "success" },
        })
        .as_object()
        .unwrap()
        .clone()
    }

    fn text(template: &str) -> Result<String, String> {
        interpolate(template, &contexts())
    }

    #[test]
    fn values_of_contexts_and_of_json_are_put_in() {
        assert_eq!(text("a ${{ secrets.TOKEN }} b").unwrap(), "a s3cret b");
        assert_eq!(text("grant-${{ fromJSON(inputs.port_context).runId }}").unwrap(), "grant-r_1");
        assert_eq!(text("${{ fromJson(inputs.port_context)['entity'].identifier }}").unwrap(), "bucket's }} name");
        assert_eq!(text("${{ inputs.empty }}").unwrap(), "");
    }

    #[test]
    fn what_is_not_there_is_named_and_never_empty() {
        assert!(text("${{ secrets.MISSING }}").unwrap_err().contains("`secrets.MISSING` is not there"));
        assert!(text("${{ fromJSON(inputs.port_context).entity.x.y }}").unwrap_err().contains("entity.x.y"));
        assert!(text("${{ fromJSON(inputs.port_context).by }}").unwrap_err().contains("null"));
        assert!(text("${{ needs.other.outputs.x }}").unwrap_err().contains("`needs` is not available here"));
        assert!(text("${{ hashFiles('x') }}").unwrap_err().contains("hashFiles"));
        assert!(text("${{ fromJSON(inputs.empty).a }}").unwrap_err().contains("no JSON"));
        assert!(text("${{ secrets.TOKEN").unwrap_err().contains("not closed"));
    }

    #[test]
    fn a_default_stands_in_for_an_unset_variable() {
        assert_eq!(text("${{ vars.DISPATCHERS || 'getport-io[bot]' }}").unwrap(), "getport-io[bot]");
        assert_eq!(text("${{ github.actor == 'ADA' && 'it''s }} her' || 'no' }}").unwrap(), "it's }} her");
    }

    #[test]
    fn conditions_follow_the_status_of_the_job() {
        assert!(condition("success()", &contexts()).unwrap());
        assert!(!condition("${{ failure() || cancelled() }}", &contexts()).unwrap());
        assert!(condition("always() && github.actor != 'max'", &contexts()).unwrap());
        assert!(condition("!contains(github.actor, 'max')", &contexts()).unwrap());
    }
}
