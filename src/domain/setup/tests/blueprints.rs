//! Blueprints: ours, the guide's, a stranger's.

use serde_json::{Value, json};

use super::*;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/guide.json")).unwrap()
}

/// The guide's own blueprints, as somebody who followed it by hand has them.
fn guide() -> Vec<Value> {
    let fixture = fixture();
    let blueprint = |(identifier, body): (&String, &Value)| {
        let mut body = body.clone();
        body["identifier"] = json!(identifier);
        stamped(body)
    };
    fixture["blueprints"].as_object().unwrap().iter().map(blueprint).collect()
}

fn change(plan: &Plan, subject: &str) -> Value {
    match step(plan, subject).outcome {
        Outcome::Change(Write::Blueprint { body, .. }) => body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn blueprints_are_created_before_those_that_relate_to_them() {
    let plan = plan(&wanted(), &nothing());
    let position = |name: &str| {
        plan.steps.iter().position(|step| step.subject.to_string() == format!("blueprint {name}")).unwrap()
    };
    assert!(position("aws_resource") < position("provisioned_permissions"));
    assert!(position("iam_permissions") < position("provisioned_permissions"));
}

#[test]
fn the_guide_s_own_blueprints_are_completed_without_asking() {
    let seen = Seen { blueprints: guide(), ..nothing() };
    let plan = plan(&wanted(), &seen);
    assert_eq!(
        step(&plan, "blueprint aws_resource").lines,
        ["+ property resource_kind (string)", "+ property account (string)", "+ property seeded (boolean)"]
    );
    assert_eq!(
        step(&plan, "blueprint iam_permissions").lines,
        [
            "+ property access_level (string)",
            "+ property sensitive (boolean)",
            "+ property account_wide (boolean)",
            "+ property leaves_behind (boolean)",
            "+ property pass_role (boolean)",
            "+ property resource_kinds (array)",
            "+ property seeded (boolean)",
        ]
    );
    let step = step(&plan, "blueprint provisioned_permissions");
    assert_eq!(
        step.lines,
        [
            "+ property run_id (string)",
            "+ property state (string)",
            "+ property missing_since (string)",
            "+ property extends (string)",
            "+ property reason (string)",
            "+ property notes (array)",
            "+ property duration (string)",
            "+ property account (string)",
            "+ mirror property resource_type (aws_resource.resource_type)",
        ]
    );
}

#[test]
fn what_the_user_added_and_renamed_survives() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    let theirs = find(&mut seen.blueprints, "aws_resource");
    theirs["title"] = json!("Cloud things");
    theirs["schema"]["properties"]["owner"] = json!({ "type": "string", "format": "team" });
    theirs["schema"]["properties"]["resource_type"]["enum"] = json!(["S3", "RDS"]);
    theirs["schema"]["properties"]["resource_type"]["enumColors"] = json!({ "S3": "pink" });
    theirs["schema"]["properties"].as_object_mut().unwrap().shift_remove("tags");
    theirs["relations"]["service"] = json!({ "target": "service", "required": false, "many": false });
    theirs["mirrorProperties"] = json!({ "tier": { "path": "service.tier" } });
    let before = theirs.clone();
    // Without `tags` it is no longer recognised, so it takes the operator's word.
    let adopting = Wanted { consent: Consent { adopt: true, ..Consent::default() }, ..wanted };
    let body = change(&plan(&adopting, &seen), "blueprint aws_resource");
    assert_eq!(body["title"], "Cloud things");
    assert_eq!(body["schema"]["properties"]["owner"], before["schema"]["properties"]["owner"]);
    assert_eq!(body["relations"], before["relations"]);
    assert_eq!(body["mirrorProperties"], before["mirrorProperties"]);
    assert_eq!(body["schema"]["properties"]["resource_type"]["enum"], json!(["S3", "RDS", "EC2"]));
    assert_eq!(body["schema"]["properties"]["resource_type"]["enumColors"], json!({ "S3": "pink", "EC2": "green" }));
    assert_eq!(body["schema"]["properties"]["tags"]["type"], "array");
}

fn wanted_types(types: &str) -> Wanted {
    let resource_types = crate::domain::resource_types::ResourceTypes::parse("f", types).unwrap();
    wanted_of(&Rendering { resource_types, ..rendering() })
}

#[test]
fn a_resource_type_is_added_with_a_colour_and_none_is_taken_away() {
    let mut seen = everything(&wanted());
    let more = wanted_types("S3,Lambda");
    let plan_of_more = plan(&more, &seen);
    for identifier in ["aws_resource", "iam_permissions"] {
        let subject = format!("blueprint {identifier}");
        assert_eq!(step(&plan_of_more, &subject).lines, ["+ value \"Lambda\" of property resource_type"]);
        let property = &change(&plan_of_more, &subject)["schema"]["properties"]["resource_type"];
        assert_eq!(property["enum"], json!(["S3", "EC2", "Lambda"]));
        assert_eq!(property["enumColors"]["EC2"], "green");
        assert!(property["enumColors"]["Lambda"].is_string());
    }
    carry_out(&more, &mut seen);
    assert!(plan(&more, &seen).is_done());
    // Without a word about types, what was added stays and is no difference.
    assert!(plan(&wanted(), &seen).is_done());
}

#[test]
fn a_resource_type_that_is_there_in_another_case_is_refused() {
    let seen = everything(&wanted_types("S3,EC2,lambda"));
    let refused = step(&plan(&wanted_types("S3,Lambda"), &seen), "blueprint iam_permissions");
    assert!(matches!(refused.outcome, Outcome::Refused { .. }));
    assert_eq!(refused.lines, ["! property resource_type: it has the value \"lambda\", not \"Lambda\""]);
}

#[test]
fn an_enumeration_that_the_user_opened_stays_open() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    let theirs = find(&mut seen.blueprints, "iam_permissions");
    theirs["schema"]["properties"]["resource_type"] = json!({ "type": "string" });
    assert_eq!(step(&plan(&wanted, &seen), "blueprint iam_permissions").outcome, Outcome::Keep);
}

#[test]
fn a_stranger_s_blueprint_of_our_name_is_refused_until_adopted() {
    let theirs = json!({ "identifier": "aws_resource", "title": "Inventory",
        "schema": { "properties": { "cost": { "type": "number" } }, "required": [] }, "relations": {} });
    let seen = Seen { blueprints: vec![stamped(theirs)], ..nothing() };
    let refused = plan(&wanted(), &seen);
    assert!(matches!(step(&refused, "blueprint aws_resource").outcome, Outcome::Refused { .. }));
    let adopting = Wanted { consent: Consent { adopt: true, ..Consent::default() }, ..wanted() };
    let body = change(&plan(&adopting, &seen), "blueprint aws_resource");
    assert_eq!(body["title"], "Inventory");
    assert_eq!(body["schema"]["properties"]["cost"], json!({ "type": "number" }));
    assert!(body["schema"]["properties"]["resource_type"].is_object());
}

#[test]
fn a_type_is_never_changed_not_even_when_adopting() {
    let adopting = Wanted { consent: Consent { adopt: true, ..Consent::default() }, ..wanted() };
    for (pointer, value) in [
        ("/schema/properties/expiry_time/format", json!("date-time")),
        ("/schema/properties/iam_policy/type", json!("string")),
        ("/relations/permissions/target", json!("service")),
        ("/relations/aws_resource/many", json!(true)),
    ] {
        let mut seen = everything(&adopting);
        *find(&mut seen.blueprints, "provisioned_permissions").pointer_mut(pointer).unwrap() = value;
        let step = step(&plan(&adopting, &seen), "blueprint provisioned_permissions");
        assert!(matches!(step.outcome, Outcome::Refused { .. }), "{pointer}");
        assert_eq!(step.lines.len(), 1, "{:?}", step.lines);
    }
}

#[test]
fn what_somebody_demands_of_what_a_grant_writes_is_told_by_name_and_left_to_them() {
    let wanted = wanted();
    let demanded = |identifier: &str, edit: &dyn Fn(&mut Value)| {
        let mut seen = everything(&wanted);
        edit(find(&mut seen.blueprints, identifier));
        plan(&wanted, &seen).steps.into_iter().find(|step| step.subject.to_string().starts_with("demands on"))
    };
    let lines = |edit: &dyn Fn(&mut Value)| {
        let step = demanded("provisioned_permissions", edit).unwrap();
        assert_eq!(step.subject.to_string(), "demands on the blueprint provisioned_permissions");
        assert!(matches!(&step.outcome, Outcome::Left { remedy, .. } if remedy.starts_with("open ")), "{step}");
        step.lines
    };
    assert_eq!(
        lines(&|body| {
            body["schema"]["properties"]["ticket"] = json!({ "type": "string" });
            body["schema"]["required"] = json!(["ticket"]);
        }),
        ["! property ticket: it is required"]
    );
    assert_eq!(
        lines(&|body| body["schema"]["properties"]["requester"]["pattern"] = json!("^x")),
        ["! property requester: its pattern is \"^x\""]
    );
    assert_eq!(
        lines(&|body| body["schema"]["properties"]["reason"]["minLength"] = json!(20)),
        ["! property reason: its minLength is 20"]
    );
    assert_eq!(
        lines(&|body| body["relations"]["aws_resource"]["required"] = json!(true)),
        ["! relation aws_resource: it is required"]
    );
    assert_eq!(
        lines(&|body| body["relations"]["team"] = json!({ "target": "_team", "required": true, "many": false })),
        ["! relation team: it is required"]
    );
    // What demands nothing is theirs to add, and what people fill in is no grant's.
    let harmless = |body: &mut Value| {
        body["schema"]["properties"]["ticket"] = json!({ "type": "string", "pattern": "^OPS" });
        body["relations"]["team"] = json!({ "target": "_team", "required": false, "many": false });
    };
    assert_eq!(demanded("provisioned_permissions", &harmless), None);
    assert_eq!(demanded("aws_resource", &|body| body["schema"]["required"] = json!(["resource_type", "tags"])), None);
    assert!(demanded("permission_records", &|body| body["schema"]["required"] = json!(["ticket"])).is_some());
}
