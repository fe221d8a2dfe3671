//! The part of JSON Schema that Port's bodies, blueprints and user inputs need.
//!
//! One interpreter serves all three: the contract of a request, the schema of a blueprint (which users write) and the
//! inputs of an action. Keywords that only describe (`title`, `icon`, `enumColors` …) are ignored.

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

/// Checks `value` against `schema`; the error names the member by `at`.
pub(super) fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    type_and_choice(schema, value, at)?;
    match value {
        Value::String(text) => string(schema, text, at)?,
        Value::Number(number) => range(schema, number.as_f64().unwrap_or_default(), at)?,
        Value::Array(items) => array(schema, items, at)?,
        Value::Object(members) => object(schema, members, at)?,
        Value::Null | Value::Bool(_) => {}
    }
    alternatives(schema, value, at)
}

fn type_and_choice(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let fits = |name: &str| match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => false,
    };
    match schema.get("type") {
        Some(Value::String(name)) if !fits(name) => return Err(format!("{at} must be {name}")),
        Some(Value::Array(names)) if !names.iter().filter_map(Value::as_str).any(fits) => {
            return Err(format!("{at} must be one of {}", Value::from(names.clone())));
        }
        _ => {}
    }
    match schema.get("enum") {
        Some(Value::Array(allowed)) if !allowed.contains(value) => {
            Err(format!("{at} must be equal to one of the allowed values: {}", Value::from(allowed.clone())))
        }
        _ => Ok(()),
    }
}

fn limit(schema: &Value, keyword: &str) -> Option<f64> {
    schema.get(keyword).and_then(Value::as_f64)
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
fn size(schema: &Value, count: usize, least: &str, most: &str, what: &str, at: &str) -> Result<(), String> {
    if limit(schema, least).is_some_and(|least| (count as f64) < least) {
        return Err(format!("{at} must NOT have fewer {what} than {least} allows"));
    }
    if limit(schema, most).is_some_and(|most| (count as f64) > most) {
        return Err(format!("{at} must NOT have more {what} than {most} allows"));
    }
    Ok(())
}

fn string(schema: &Value, text: &str, at: &str) -> Result<(), String> {
    size(schema, text.chars().count(), "minLength", "maxLength", "characters", at)?;
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        let regex = Regex::new(pattern).map_err(|_| format!("{at}: the sandbox cannot evaluate pattern {pattern}"))?;
        if !regex.is_match(text) {
            return Err(format!("{at} must match pattern \"{pattern}\""));
        }
    }
    match schema.get("format").and_then(Value::as_str) {
        Some(format) if !format_fits(format, text) => Err(format!("{at} must match format \"{format}\"")),
        _ => Ok(()),
    }
}

fn range(schema: &Value, number: f64, at: &str) -> Result<(), String> {
    let outside = limit(schema, "minimum").is_some_and(|least| number < least)
        || limit(schema, "maximum").is_some_and(|most| number > most)
        || limit(schema, "exclusiveMinimum").is_some_and(|least| number <= least)
        || limit(schema, "exclusiveMaximum").is_some_and(|most| number >= most);
    if outside { Err(format!("{at} is out of range")) } else { Ok(()) }
}

fn array(schema: &Value, items: &[Value], at: &str) -> Result<(), String> {
    size(schema, items.len(), "minItems", "maxItems", "items", at)?;
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        for (index, item) in items.iter().enumerate() {
            if items[..index].contains(item) {
                return Err(format!("{at} must NOT have duplicate items"));
            }
        }
    }
    let Some(of_items) = schema.get("items") else { return Ok(()) };
    items.iter().enumerate().try_for_each(|(index, item)| check(of_items, item, &format!("{at}/{index}")))
}

fn object(schema: &Value, members: &serde_json::Map<String, Value>, at: &str) -> Result<(), String> {
    size(schema, members.len(), "minProperties", "maxProperties", "properties", at)?;
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            return Err(format!("{at} must have required property '{name}'"));
        }
    }
    for (name, member) in members {
        let here = format!("{at}/{name}");
        if let Some(names) = schema.get("propertyNames") {
            check(names, &Value::from(name.as_str()), &format!("property name {here}"))?;
        }
        let known = schema.get("properties").and_then(|properties| properties.get(name));
        match (known, schema.get("additionalProperties")) {
            (Some(known), _) => check(known, member, &here)?,
            (None, Some(Value::Bool(false))) => return Err(format!("{at} must NOT have additional property '{name}'")),
            (None, Some(others @ Value::Object(_))) => check(others, member, &here)?,
            (None, _) => {}
        }
    }
    Ok(())
}

fn alternatives(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, exactly_one) in [("oneOf", true), ("anyOf", false)] {
        let Some(branches) = schema.get(keyword).and_then(Value::as_array) else { continue };
        let verdicts: Vec<_> = branches.iter().map(|branch| check(branch, value, at)).collect();
        let fitting = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
        if fitting == 0 {
            let reasons: Vec<_> = verdicts.into_iter().filter_map(Result::err).collect();
            return Err(format!("{at} fits no alternative: {}", reasons.join("; ")));
        }
        if exactly_one && fitting > 1 {
            return Err(format!("{at} must match exactly one schema in oneOf"));
        }
    }
    Ok(())
}

fn format_fits(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "timer" => timestamp(text).is_some(),
        "url" | "uri" => url::Url::parse(text).is_ok(),
        "email" | "idn-email" => {
            text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        }
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "blueprint identifier" => matches(r"^[\p{L}0-9@_.+:\\/-]+$", text) && not_dots(text),
        "action identifier" => matches(r"^[\p{L}0-9@_.+:=-]+$", text) && not_dots(text),
        "entity identifier" => matches(r"^[\p{L}0-9@_.+:\\/=-]+$", text) && not_dots(text),
        "property key" => matches(r"^[A-Za-z0-9@_=\\-]+$", text),
        // `user`, `team`, `markdown`, `yaml` and so on: whether Port looks at the text is not documented.
        _ => true,
    }
}

/// Reads a date and time as Port's timers take it: ISO 8601 with `Z` or an offset.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|_| text.contains('T'))
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

/// A path segment of `.` or `..` would be normalised away on its way.
fn not_dots(text: &str) -> bool {
    text != "." && text != ".."
}
