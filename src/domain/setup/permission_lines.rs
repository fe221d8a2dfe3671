//! Differences between two rules of Port about who may do what, as people read them: each rule on a line of its own,
//! whole, and not as JSON.

use crate::domain::printable::one_line;
use serde_json::{Map, Value};

/// What stands where no rule is.
const NO_RULE: &str = "as Port has it by default";

/// Returns the differences from `old` to `new`, two rules of the name `name`.
pub(super) fn of_rule(name: &str, old: &Value, new: &Value) -> Vec<String> {
    let mut lines: Vec<String> = change(name, &people(old), &people(new)).into_iter().collect();
    let (olds, news) = (policy(&old["policy"]), policy(&new["policy"]));
    let of_policy = |mark: char, line: &String| format!("{mark} {name}, policy: {line}");
    lines.extend(olds.iter().filter(|line| !news.contains(line)).map(|line| of_policy('-', line)));
    lines.extend(news.iter().filter(|line| !olds.contains(line)).map(|line| of_policy('+', line)));
    lines
}

/// Returns the differences between two objects of rules by name; those that fare alike stand on one line.
pub(super) fn of_rules(section: &str, old: &Value, new: &Value) -> Vec<String> {
    let nothing = Map::new();
    let mut alike: Vec<(Option<String>, Option<String>, Vec<&str>)> = Vec::new();
    for (name, rule) in new.as_object().unwrap_or(&nothing) {
        let (before, after) = (people(&old[name]), people(rule));
        match alike.iter_mut().find(|(one, other, _)| *one == before && *other == after) {
            Some((_, _, names)) => names.push(name),
            None => alike.push((before, after, vec![name])),
        }
    }
    let line = |(before, after, names): &(Option<String>, Option<String>, Vec<&str>)| {
        change(&format!("{section} {}", names.join(", ")), before, after)
    };
    alike.iter().filter_map(line).collect()
}

fn change(name: &str, old: &Option<String>, new: &Option<String>) -> Option<String> {
    match (old, new) {
        _ if old == new => None,
        (None, Some(new)) => Some(format!("+ {name}: {new}")),
        (Some(old), new) => Some(format!("~ {name}: {old} -> {}", new.as_deref().unwrap_or(NO_RULE))),
        (None, None) => None,
    }
}

/// Returns whom a rule names; none where it names nobody and nothing.
fn people(rule: &Value) -> Option<String> {
    let list = |key: &str, one: &str, several: &str| {
        let names: Vec<String> = rule[key].as_array().into_iter().flatten().map(word).collect();
        match names.len() {
            0 => None,
            1 => Some(format!("{one} {}", names[0])),
            _ => Some(format!("{several} {}", names.join(", "))),
        }
    };
    let owners = (rule["ownedByTeam"] == true).then(|| "the team that owns it".to_owned());
    let said = [list("roles", "role", "roles"), list("users", "user", "users"), list("teams", "team", "teams"), owners];
    let said: Vec<String> = said.into_iter().flatten().collect();
    match rule.as_object() {
        None => None,
        Some(rule) if said.is_empty() => {
            ["roles", "users", "teams"].iter().any(|key| rule.contains_key(*key)).then(|| "nobody".to_owned())
        }
        Some(_) => Some(said.join(" · ")),
    }
}

/// Returns a policy of Port, a line for each query and condition.
fn policy(policy: &Value) -> Vec<String> {
    let Some(members) = policy.as_object() else { return Vec::new() };
    let mut lines = Vec::new();
    for (name, query) in policy["queries"].as_object().into_iter().flatten() {
        let rules: Vec<String> = query["rules"].as_array().into_iter().flatten().map(comparison).collect();
        let combinator = query["combinator"].as_str().unwrap_or("and");
        lines.push(format!("{} = those with {}", one_line(name), rules.join(&format!(" {} ", one_line(combinator)))));
    }
    lines.extend(policy["conditions"].as_array().into_iter().flatten().map(|text| format!("condition {}", word(text))));
    let others = members.iter().filter(|(name, _)| !["queries", "conditions"].contains(&name.as_str()));
    lines.extend(others.map(|(name, value)| format!("{} {}", one_line(name), word(value))));
    lines
}

fn comparison(rule: &Value) -> String {
    let value = match &rule["value"] {
        Value::Array(values) => format!("({})", values.iter().map(word).collect::<Vec<_>>().join(", ")),
        value => word(value),
    };
    format!("{} {} {value}", word(&rule["property"]), word(&rule["operator"]))
}

/// Returns a text as it is and anything else as JSON. Anybody may have written it.
fn word(value: &Value) -> String {
    one_line(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
