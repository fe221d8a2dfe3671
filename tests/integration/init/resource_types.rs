//! `init --resource-types`: what people can ask for.

use super::*;

fn types(harness: &Harness, identifier: &str) -> Value {
    blueprint(harness, identifier)["schema"]["properties"]["resource_type"]["enum"].clone()
}

fn rules_file(harness: &Harness) -> String {
    harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap()
}

#[test]
fn the_chosen_types_are_in_both_blueprints_and_in_the_first_rule() {
    let harness = Harness::new();
    let ran = harness.run(&["init", "--yes", "--resource-types", "S3, EC2,Lambda,Step Functions"]).exits(0);
    for identifier in ["aws_resource", "iam_permissions"] {
        assert_eq!(types(&harness, identifier), json!(["S3", "EC2", "Lambda", "Step Functions"]));
    }
    assert!(rules_file(&harness).contains("resource-types: [S3, EC2, Lambda, Step Functions] #"));
    assert!(ran.stdout.contains("Step Functions"), "{}", ran.stdout);
    // Whoever runs it again without the word keeps them.
    assert_done(&harness);
}

#[test]
fn the_environment_names_them_too_and_the_flag_weighs_more() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_RESOURCE_TYPES", Some("S3,Lambda"));
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(types(&harness, "aws_resource"), json!(["S3", "Lambda"]));
    harness.run(&["init", "--yes", "--resource-types", "RDS"]).exits(0);
    assert_eq!(types(&harness, "aws_resource"), json!(["S3", "Lambda", "RDS"]));
}

#[test]
fn a_type_that_comes_later_is_added_and_the_missing_rule_is_told() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let before = rules_file(&harness);
    let ran = harness.run(&["init", "--yes", "--resource-types", "S3,EC2,Lambda", "--output", "json"]).exits(0);
    assert_eq!(types(&harness, "iam_permissions"), json!(["S3", "EC2", "Lambda"]));
    assert_eq!(rules_file(&harness), before, "the rules are the operator's");
    let report = ran.json();
    let finding = report["findings"].as_array().unwrap().iter().find(|it| it["code"] == "types-without-rule").unwrap();
    assert!(finding["message"].as_str().unwrap().contains("Lambda"), "{finding}");
    assert!(ran.stderr.contains("every request for it is refused"), "{}", ran.stderr);
}

#[test]
fn a_list_that_cannot_be_used_is_found_out_before_anything_is_sent() {
    let mut harness = Harness::new();
    for list in ["", "S3,s3", "S3,,EC2", "{{ .x }}", "yes"] {
        let ran = harness.run(&["init", "--yes", "--resource-types", list]).exits(2);
        assert!(ran.stderr.contains("--resource-types"), "{}", ran.stderr);
    }
    for (list, meant) in [
        ("S3,Lamda", "did you mean Lambda"),
        ("Dynamo", "did you mean DynamoDB"),
        ("Foo", "`Foo` is the name of no AWS service"),
    ] {
        let ran = harness.run(&["plan", "--resource-types", list]).exits(2);
        assert!(ran.stderr.starts_with("error: --resource-types: ") && ran.stderr.contains(meant), "{}", ran.stderr);
    }
    harness.set("PORT_IAM_RESOURCE_TYPES", Some("S3;EC2"));
    let ran = harness.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("PORT_IAM_RESOURCE_TYPES"), "{}", ran.stderr);
    assert!(harness.sandbox.log.exchanges().is_empty());
}
