//! Lists on a record that grow at their end and are never longer than there is room for.

use serde_json::{Map, Value, json};

/// How much of one kind a receipt keeps: the first and the last. Port takes no entity without an end, and the end of a
/// grant has to find room on its record. What is between stands in Port's audit log.
pub(super) const MOST: usize = 20;
/// How many of them are the first ones.
const FIRST: usize = MOST / 2;

/// Adds to the list of that name. What is no list there is taken for one of one.
pub(super) fn push(receipt: &mut Map<String, Value>, key: &str, item: Value) {
    let mut items = receipt.get(key).map(list).unwrap_or_default();
    if items.len() >= MOST {
        items.remove(FIRST);
    }
    items.push(item);
    receipt.insert(key.to_owned(), json!(items));
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// Returns whether a list is another one to which nothing, or more, was added as [`push`] does it.
pub(super) fn is_kept(before: &Value, after: &Value) -> bool {
    let (before, after) = (list(before), list(after));
    if after.starts_with(&before) {
        return true;
    }
    // Only a list that is full loses anything, and stays as long as it is.
    let length = before.len().max(MOST);
    let first = before.len().min(FIRST);
    if after.len() != length || after[..first] != before[..first] {
        return false;
    }
    // With each one that was added a full list has lost the one in its middle, and none of them was there before. Of more
    // than there were behind the first ones it has lost all of these.
    (1..=length).any(|lost| {
        let left = before.get(FIRST + lost..).unwrap_or_default();
        let added = after[FIRST..].strip_prefix(left);
        added.is_some_and(|added| added.iter().all(|item| !before.contains(item)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(range: impl Iterator<Item = usize>) -> Value {
        json!(range.collect::<Vec<_>>())
    }

    #[test]
    fn a_list_is_kept_however_much_is_added_to_it() {
        let mut receipt = Map::new();
        let mut states = vec![Value::Null];
        for number in 0..3 * MOST {
            push(&mut receipt, "list", json!(number));
            states.push(receipt["list"].clone());
        }
        for (index, before) in states.iter().enumerate() {
            for after in &states[index..] {
                assert!(is_kept(before, after), "{before} {after}");
            }
        }
    }

    #[test]
    fn any_other_loss_is_one() {
        let mut receipt = Map::new();
        for number in 0..3 * MOST {
            let before = receipt.get("list").cloned().unwrap_or_default();
            push(&mut receipt, "list", json!(number));
            let items = receipt["list"].as_array().unwrap();
            // One that was there is missing, or is another one.
            for lost in 0..items.len() - 1 {
                let mut without = items.clone();
                without.remove(lost);
                assert!(!is_kept(&before, &json!(without)), "{before} {without:?}");
                let mut other = items.clone();
                other[lost] = json!("other");
                assert!(!is_kept(&before, &json!(other)), "{before} {other:?}");
            }
        }
        for after in [Value::Null, json!([]), numbers(1..MOST), numbers(0..FIRST), numbers((0..MOST).rev())] {
            assert!(!is_kept(&numbers(0..MOST), &after), "{after}");
        }
    }

    #[test]
    fn what_is_no_list_is_kept_as_the_first_of_one() {
        let mut receipt = Map::from_iter([("list".to_owned(), json!({ "at": "then" }))]);
        push(&mut receipt, "list", json!("more"));
        assert_eq!(receipt["list"], json!([{ "at": "then" }, "more"]));
        assert!(is_kept(&json!({ "at": "then" }), &receipt["list"]) && is_kept(&Value::Null, &receipt["list"]));
        assert!(!is_kept(&json!({ "at": "other" }), &receipt["list"]));
    }

    #[test]
    fn a_list_keeps_the_first_and_the_last_of_very_many() {
        let mut receipt = Map::new();
        (0..3 * MOST).for_each(|number| push(&mut receipt, "list", json!(number)));
        assert_eq!(receipt["list"], numbers((0..FIRST).chain(3 * MOST - FIRST..3 * MOST)));
    }
}
