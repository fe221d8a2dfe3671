//! Whether a ruleset of our name holds what `init` sets and nothing else: one that holds more was somebody's before, or is
//! by now.

use serde_json::{Value, json};

use super::guard::ruleset;

/// How a pull request can be merged, where nothing forbids any of it (GitHub REST API, "Rules": GitHub fills it in).
const MERGE_METHODS: [&str; 3] = ["merge", "squash", "rebase"];

/// Returns whether a ruleset holds nothing beyond ours: no further rule, no stricter parameter, no other branch, nobody else
/// who may pass it by.
pub fn is_within_our_ruleset(theirs: &Value) -> bool {
    let ours = ruleset();
    let of = |body: &Value, pointer: &str| body.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_of_ours = |rule: &Value| {
        let of_its_type = of(&ours, "/rules").into_iter().find(|own| own["type"] == rule["type"]);
        of_its_type.is_some_and(|own| is_no_stricter(&rule["parameters"], &own["parameters"]))
    };
    let lists = ["/conditions/ref_name/include", "/conditions/ref_name/exclude", "/bypass_actors"];
    of(theirs, "/rules").iter().all(is_of_ours)
        && lists.iter().all(|list| of(theirs, list).iter().all(|entry| of(&ours, list).contains(entry)))
}

/// Returns whether parameters demand nothing that ours do not. GitHub tells of some that are not set here.
fn is_no_stricter(theirs: &Value, ours: &Value) -> bool {
    let demands_nothing = |key: &str, value: &Value| match value {
        Value::Array(methods) if key == "allowed_merge_methods" => {
            MERGE_METHODS.iter().all(|method| methods.contains(&json!(method)))
        }
        value => [json!(false), json!(0), json!([]), Value::Null].contains(value),
    };
    theirs.as_object().into_iter().flatten().all(|(key, their)| {
        let own = &ours[key];
        demands_nothing(key, their)
            || their == own
            || their.as_u64().zip(own.as_u64()).is_some_and(|(their, own)| their <= own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_fills_in_or_somebody_has_loosened_is_ours_and_what_somebody_has_added_is_not() {
        let with = |change: &dyn Fn(&mut Value)| {
            let mut body = ruleset();
            change(&mut body);
            is_within_our_ruleset(&body)
        };
        let parameters = |body: &mut Value, key: &str, value: Value| body["rules"][2]["parameters"][key] = value;
        assert!(with(&|_| {}));
        for loosened in [
            &(|body: &mut Value| body["enforcement"] = json!("disabled")) as &dyn Fn(&mut Value),
            &|body| _ = body["rules"].as_array_mut().map(|rules| rules.remove(0)),
            &|body| parameters(body, "required_approving_review_count", json!(0)),
            &|body| parameters(body, "allowed_merge_methods", json!(["merge", "squash", "rebase"])),
            &|body| parameters(body, "required_reviewers", json!([])),
            &|body| _ = body.as_object_mut().map(|body| body.shift_remove("bypass_actors")),
        ] {
            assert!(with(loosened));
        }
        for added in [
            &(|body: &mut Value| body["rules"].as_array_mut().unwrap().push(json!({ "type": "required_signatures" })))
                as &dyn Fn(&mut Value),
            &|body| parameters(body, "required_approving_review_count", json!(2)),
            &|body| parameters(body, "required_review_thread_resolution", json!(true)),
            &|body| parameters(body, "allowed_merge_methods", json!(["squash"])),
            &|body| body["conditions"]["ref_name"]["include"] = json!(["~DEFAULT_BRANCH", "refs/heads/release/*"]),
            &|body| body["bypass_actors"][0]["bypass_mode"] = json!("always"),
        ] {
            assert!(!with(added));
        }
    }
}
