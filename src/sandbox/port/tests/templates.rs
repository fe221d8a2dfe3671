//! Templates by themselves.

use serde_json::{Value, json};

use super::super::template::render;

fn data() -> Value {
    json!({ "inputs": { "n": 3, "list": [1, 2], "quote": "'; touch pwned; echo '" }, "entity": null })
}

#[test]
fn a_text_that_is_one_template_keeps_the_type_of_its_value() {
    let template = json!({ "a": "{{ .inputs.list }}", "b": "{{.inputs.n}}", "c": ["{{ .entity }}"], "d": true,
        "e": "{{ .inputs.none.deeper }}" });
    assert_eq!(render(&template, &data()), Ok(json!({ "a": [1, 2], "b": 3, "c": [null], "d": true, "e": null })));
}

#[test]
fn in_a_longer_text_the_value_is_written_out() {
    let template = json!("n={{ .inputs.n }} list={{ .inputs.list }} {{ .inputs.quote }}");
    assert_eq!(render(&template, &data()), Ok(json!("n=3 list=[1,2] '; touch pwned; echo '")));
}

#[test]
fn an_expression_may_itself_have_two_closing_braces() {
    assert_eq!(render(&json!("{{ {a: {b: .inputs.n}} }}"), &data()), Ok(json!({ "a": { "b": 3 } })));
    assert_eq!(render(&json!("{{ {a:{b:1}}}}"), &data()), Ok(json!({ "a": { "b": 1 } })));
}

#[test]
fn a_key_that_evaluates_to_null_takes_its_pair_with_it() {
    let template = json!({ "{{ .entity }}": 1, "k{{ .inputs.n }}": 2 });
    assert_eq!(render(&template, &data()), Ok(json!({ "k3": 2 })));
}

#[test]
fn a_wrong_expression_is_an_error_and_names_itself() {
    for template in ["{{ .inputs | nonsense }}", "{{ .inputs.n.x }}", "{{ .inputs", "{{ .[ }}"] {
        let message = render(&json!(template), &data()).unwrap_err();
        assert!(message.contains(".inputs") || message.contains(".["), "{message}");
    }
}
