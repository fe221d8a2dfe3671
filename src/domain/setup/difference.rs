//! Differences between two JSON values, a readable line each.

use crate::domain::printable::cut;
use serde_json::Value;

/// The longest value that is shown whole.
const LONGEST: usize = 100;

/// Returns the differences from `old` to `new`, each with the path to it.
pub fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", old, new, &mut lines);
    lines
}

fn compare(path: &str, old: &Value, new: &Value, lines: &mut Vec<String>) {
    if old == new {
        return;
    }
    if let (Value::Array(olds), Value::Array(news)) = (old, new)
        && olds.len() == news.len()
    {
        let pairs = olds.iter().zip(news).enumerate();
        pairs.for_each(|(index, (old, new))| compare(&format!("{path}[{index}]"), old, new, lines));
        return;
    }
    let (Value::Object(olds), Value::Object(news)) = (old, new) else {
        lines.push(format!("~ {path}: {} -> {}", shown(old), shown(new)));
        return;
    };
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for (key, old) in olds {
        match news.get(key) {
            Some(new) => compare(&below(key), old, new, lines),
            None => lines.push(format!("- {}: {}", below(key), shown(old))),
        }
    }
    for (key, new) in news.iter().filter(|(key, _)| !olds.contains_key(*key)) {
        lines.push(format!("+ {}: {}", below(key), shown(new)));
    }
}

/// Returns a value on one line; what is not printable stays escaped, since anybody may have written it.
pub(super) fn shown(value: &Value) -> String {
    cut(&value.to_string(), LONGEST)
}
