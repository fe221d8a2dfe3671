//! What is read from a dispatch and from a form.

use serde_json::json;

use super::*;

fn context() -> Value {
    json!({"runId": "r_1", "entity": {"identifier": "arn:aws:s3:::b"}, "trigger": {"by": {"user": {"email": "a@b.c"}}}})
}

fn dispatch(properties: &Value) -> Result<Dispatch, Refusal> {
    Dispatch::from_event(&json!({"inputs": {"properties": properties, "port_context": context().to_string()}}))
}

#[test]
fn a_form_that_is_absent_empty_or_null_is_read_as_no_form() {
    for properties in [Value::Null, json!(""), json!("null"), json!("  ")] {
        assert_eq!(dispatch(&properties).unwrap().properties, Value::Null, "{properties}");
    }
    assert_eq!(dispatch(&json!("{}")).unwrap().properties, json!({}));
    let absent = json!({"inputs": {"port_context": context().to_string()}});
    assert_eq!(Dispatch::from_event(&absent).unwrap().properties, Value::Null);
}

#[test]
fn every_form_without_permissions_is_refused_by_the_name_of_the_field() {
    for properties in [Value::Null, json!({}), json!({"permissions": []}), json!({"permissions": null})] {
        let refusal = RequestForm::parse(&properties).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("no-permissions", "permissions"), "{properties}");
    }
}

#[test]
fn permissions_may_be_objects_or_plain_identifiers() {
    let objects = RequestForm::parse(&json!({"permissions": [{"identifier": "s3:PutObject", "title": "x"}]})).unwrap();
    let plain = RequestForm::parse(&json!({"permissions": ["s3:PutObject"]})).unwrap();
    assert!(objects.asks_the_same_as(&plain));
}

#[test]
fn two_resources_that_differ_in_case_alone_are_two_and_two_spellings_of_an_action_are_one() {
    let refusal = RequestForm::parse(&json!({"permissions": ["s3:PutObject", "s3:putobject"]})).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("duplicate", "permissions"));
    let of = |resources: [&str; 2]| {
        RequestForm::parse(&json!({"permissions": ["s3:PutObject"], "additional_resources": resources}))
    };
    let resources = ["arn:aws:s3:::bucket/Reports", "arn:aws:s3:::bucket/reports"];
    let form = of(resources).unwrap();
    assert_eq!(form.additional_resources.iter().map(EntityIdentifier::as_str).collect::<Vec<_>>(), resources);
    let refusal = of([resources[0]; 2]).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("duplicate", "additional_resources"));
}

#[test]
fn nonsense_is_refused_by_the_name_of_its_field() {
    let long = "x".repeat(65_535);
    let cases = [
        (json!({"permissions": "s3:PutObject"}), "permissions"),
        (json!({"permissions": [7]}), "permissions"),
        (json!({"permissions": ["s3:*"]}), "permissions"),
        (json!({"permissions": [long]}), "permissions"),
        (json!({"permissions": vec!["s3:PutObject"; 101]}), "permissions"),
        (json!({"permissions": ["a:B"], "duration": 4}), "duration"),
        (json!({"permissions": ["a:B"], "reason": "\u{1b}[2J"}), "reason"),
        (json!({"permissions": ["a:B"], "reason": long}), "reason"),
        (json!({"permissions": ["a:B"], "additional_resources": ["x y"]}), "additional_resources"),
        (json!([]), "properties"),
    ];
    for (properties, field) in cases {
        assert_eq!(RequestForm::parse(&properties).unwrap_err().field, field, "{properties:.80}");
    }
    for (length, code) in [(65_535, "not-json"), (65_536, "input-too-long")] {
        // Characters are counted, and each of these is two bytes.
        let refusal = dispatch(&json!("ä".repeat(length))).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), (code, "properties"), "{length}");
    }
}

#[test]
fn as_many_entries_are_taken_as_a_request_may_have() {
    let of_permissions = |count: usize| {
        let permissions: Vec<String> = (0..count).map(|number| format!("s3:GetObject{number}")).collect();
        RequestForm::parse(&json!({ "permissions": permissions }))
    };
    let of_resources = |count: usize| {
        let resources: Vec<String> = (0..count).map(|number| format!("arn:aws:s3:::b{number}")).collect();
        RequestForm::parse(&json!({ "permissions": ["s3:GetObject"], "additional_resources": resources }))
    };
    assert_eq!(of_permissions(100).unwrap().permissions.len(), 100);
    assert_eq!(of_resources(20).unwrap().additional_resources.len(), 20);
    for (refused, field) in [(of_permissions(101), "permissions"), (of_resources(21), "additional_resources")] {
        let refusal = refused.unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("too-many", field));
    }
}

#[test]
fn a_text_is_read_trimmed_with_its_lines_and_nothing_but_blanks_is_none() {
    let read = |text: &str| RequestForm::parse(&json!({ "permissions": ["a:B"], "reason": text })).unwrap().reason;
    assert_eq!(read(" the report:\r\n\tOPS-7 ").as_deref(), Some("the report:\r\n\tOPS-7"));
    for blank in ["", "  ", "\n\t"] {
        assert_eq!(read(blank), None, "{blank:?}");
    }
}

#[test]
fn a_text_is_as_long_as_it_may_be_in_characters() {
    let form = |field: &str, length: usize| {
        let mut form = json!({ "permissions": ["a:B"] });
        form[field] = json!("ä".repeat(length));
        RequestForm::parse(&form).map_err(|refusal| (refusal.code.as_str(), refusal.field))
    };
    for (field, longest) in [("reason", 2_000), ("duration", 20)] {
        assert!(form(field, longest).is_ok(), "{field}");
        assert_eq!(form(field, longest + 1).unwrap_err(), ("too-long", field));
    }
}

#[test]
fn two_forms_ask_for_the_same_whatever_the_order_and_nothing_else_may_differ() {
    let form = |form: Value| RequestForm::parse(&form).unwrap();
    let asked = json!({
        "permissions": ["s3:GetObject", "s3:PutObject"], "duration": "1h", "reason": "the report",
        "additional_resources": ["arn:aws:s3:::b", "arn:aws:s3:::c"],
    });
    let with = |field: &str, value: Value| {
        let mut other = asked.clone();
        other[field] = value;
        form(asked.clone()).asks_the_same_as(&form(other))
    };
    assert!(with("permissions", json!(["s3:PutObject", "s3:GetObject"])));
    assert!(with("additional_resources", json!(["arn:aws:s3:::c", "arn:aws:s3:::b"])));
    for (field, value) in [
        ("permissions", json!(["s3:GetObject"])),
        ("permissions", json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])),
        ("permissions", json!(["s3:GetObject", "s3:PutObjectAcl"])),
        ("duration", json!("2h")),
        ("duration", json!(null)),
        ("reason", json!("another")),
        ("reason", json!(null)),
        ("additional_resources", json!(["arn:aws:s3:::b"])),
        ("additional_resources", json!(null)),
    ] {
        assert!(!with(field, value.clone()), "{field} {value}");
    }
}

#[test]
fn a_dispatch_without_run_or_entity_is_refused() {
    for (context, field) in [
        (json!({}), "runId"),
        (json!({"runId": "r 1", "entity": "e"}), "runId"),
        (json!({"runId": "r_1"}), "entity"),
        (json!({"runId": "r_1", "entity": {}}), "entity"),
    ] {
        let event = json!({"inputs": {"port_context": context}});
        assert_eq!(Dispatch::from_event(&event).unwrap_err().field, field, "{context}");
    }
}

#[test]
fn the_run_is_known_even_when_the_form_is_nonsense() {
    let event = json!({"inputs": {"properties": "{", "port_context": context().to_string()}});
    assert!(Dispatch::from_event(&event).is_err());
    assert_eq!(Dispatch::run_id_of(&event).unwrap().as_str(), "r_1");
}

#[test]
fn a_timer_names_no_requester() {
    let context =
        json!({"runId": "r_1", "entity": {"identifier": "Permission-r_0"}, "trigger": {"by": {"byPort": true}}});
    let event = json!({"inputs": {"properties": "{}", "port_context": context.to_string()}});
    assert_eq!(Dispatch::from_event(&event).unwrap().requester, None);
}
