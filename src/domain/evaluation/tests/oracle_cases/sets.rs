//! Set operators on the tags of a request.

use serde_json::json;

use super::{Case, everything, policy, when};

/// The simulator takes a missing key for false. AWS calls a missing key true for `…IfExists` ("evaluate the condition
/// element as true", `reference_policies_elements_condition_operators`) and false for `ForAnyValue` ("for no matching
/// key", `reference_policies_condition-single-vs-multi-valued-context-keys`), and not which of the two wins: in doubt,
/// a Deny denies.
const ANY_VALUE_IF_EXISTS: &str = "AWS says two things about ForAnyValue:…IfExists without the key";

/// Set operators on the tags of a request.
pub(super) fn set_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for set in ["ForAllValues", "ForAnyValue"] {
        for operator in ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists"] {
            for tags in [
                None,
                Some(json!(["a"])),
                Some(json!(["b"])),
                Some(json!(["a", "b"])),
                Some(json!(["ab", "c"])),
                Some(json!(["x", "y"])),
            ] {
                for effect in ["Allow", "Deny"] {
                    let condition = json!({format!("{set}:{operator}"): {"aws:TagKeys": ["a*", "b"]}});
                    let conditional = when(everything(effect), condition);
                    let statements =
                        if effect == "Deny" { json!([everything("Allow"), conditional]) } else { conditional };
                    cases.push(Case {
                        differs: ((set, operator, effect) == ("ForAnyValue", "StringEqualsIfExists", "Deny")
                            && tags.is_none())
                        .then_some(ANY_VALUE_IF_EXISTS),
                        note: format!("{effect} if {set}:{operator}, being {tags:?}"),
                        identity: vec![policy(statements)],
                        boundary: None,
                        action: "iam:CreateRole",
                        resource: "arn:aws:iam::123456789012:role/port-iam/Permission-2",
                        context: tags.clone().map(|tags| ("aws:TagKeys", tags)).into_iter().collect(),
                    });
                }
            }
        }
    }
    cases
}
