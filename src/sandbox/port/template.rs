//! Port's templates: `{{ expression }}`, where the expression is jq over the trigger data.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::{Map, Value};

/// Evaluates every template in `template`, however deep.
///
/// A text that is exactly one `{{ … }}` becomes the JSON value of its expression; in any other text the value is
/// written into the text. A key whose template yields `null` takes its pair with it.
pub(super) fn render(template: &Value, data: &Value) -> Result<Value, String> {
    match template {
        Value::String(text) => render_text(text, data),
        Value::Array(items) => items.iter().map(|item| render(item, data)).collect(),
        Value::Object(members) => {
            let mut rendered = Map::new();
            for (key, member) in members {
                let key = if key.contains("{{") { render_text(key, data)? } else { key.as_str().into() };
                if !key.is_null() {
                    rendered.insert(text_of(&key), render(member, data)?);
                }
            }
            Ok(rendered.into())
        }
        other => Ok(other.clone()),
    }
}

/// Evaluates one jq expression and returns its first output, `null` when it has none.
pub(super) fn evaluate(expression: &str, data: &Value) -> Result<Value, String> {
    let failed = |what: &str| format!("\"{}\": {what}", expression.trim());
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs::<data::JustLut<Val>>().chain(jaq_std::funs()).chain(jaq_json::funs());
    let (loader, arena) = (Loader::new(definitions), Arena::default());
    let program = File { code: expression, path: () };
    let modules = loader.load(&arena, program).map_err(|_| failed("is no jq expression"))?;
    let filter =
        Compiler::default().with_funs(functions).compile(modules).map_err(|_| failed("names what is unknown"))?;
    let input = read::parse_single(data.to_string().as_bytes()).map_err(|error| failed(&error.to_string()))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    match filter.id.run((context, input)).map(unwrap_valr).next() {
        None => Ok(Value::Null),
        Some(Ok(output)) => serde_json::from_str(&output.to_string()).map_err(|error| failed(&error.to_string())),
        Some(Err(error)) => Err(failed(&error.to_string())),
    }
}

/// Returns a value as it stands in a text: a string as it is, everything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn render_text(text: &str, data: &Value) -> Result<Value, String> {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let after = &rest[start + 2..];
        let (value, length) = first_expression(after, data)?;
        let tail = &after[length + 2..];
        if start == 0 && rest.len() == text.len() && tail.is_empty() {
            return Ok(value);
        }
        rendered.push_str(&rest[..start]);
        rendered.push_str(&text_of(&value));
        rest = tail;
    }
    rendered.push_str(rest);
    Ok(rendered.into())
}

/// Evaluates up to the first `}}` that ends an expression: jq objects may have that pair inside.
fn first_expression(text: &str, data: &Value) -> Result<(Value, usize), String> {
    let mut first_failure = None;
    for (end, _) in text.match_indices("}}") {
        match evaluate(&text[..end], data) {
            Ok(value) => return Ok((value, end)),
            Err(failure) => first_failure = first_failure.or(Some(failure)),
        }
    }
    Err(first_failure.unwrap_or_else(|| format!("\"{{{{{text}\": the template does not end")))
}
