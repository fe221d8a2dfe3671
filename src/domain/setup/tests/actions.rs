//! Actions: ours, edited by the user, a stranger's.

use serde_json::{Value, json};

use super::*;

const ACTION: &str = "request_permissions";

fn edited(edit: impl FnOnce(&mut Value)) -> (Plan, Value) {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    edit(find(&mut seen.actions, ACTION));
    let theirs = find(&mut seen.actions, ACTION).clone();
    (plan(&wanted, &seen), theirs)
}

fn changed(plan: &Plan) -> Value {
    match step(plan, "action request_permissions").outcome {
        Outcome::Change(Write::Action { body, .. }) => body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_people_see_is_the_operator_s() {
    let (plan, _) = edited(|action| {
        action["title"] = json!("'; touch pwned; echo '");
        action["icon"] = json!("Fire");
        action["description"] = json!("Ask here");
        action["requiredApproval"] = json!({ "type": "ANY" });
        action["approvalNotification"] = json!({ "type": "email" });
        action["trigger"]["condition"] = json!({ "type": "SEARCH", "rules": [], "combinator": "and" });
        action["trigger"]["userInputs"]["required"] = json!(["permissions", "reason"]);
        action["trigger"]["userInputs"]["properties"]["ticket"] = json!({ "type": "string" });
        action["trigger"]["userInputs"]["properties"]["duration"]["enum"] = json!(["15m", "1h"]);
        action["trigger"]["userInputs"]["properties"]["duration"]["default"] = json!("15m");
        action["trigger"]["userInputs"]["properties"]["reason"]["title"] = json!("Warum?");
        action["trigger"]["userInputs"]["properties"]["permissions"]["items"]["dataset"]["rules"] = json!([]);
    });
    assert_eq!(step(&plan, "action request_permissions").outcome, Outcome::Keep);
}

#[test]
fn the_guide_s_own_dataset_is_replaced_by_ours() {
    let dataset =
        |action: &Value| action["trigger"]["userInputs"]["properties"]["permissions"]["items"]["dataset"].clone();
    let (plan, theirs) = edited(|action| {
        let items = &mut action["trigger"]["userInputs"]["properties"]["permissions"]["items"];
        items["dataset"]["rules"].as_array_mut().unwrap().truncate(1);
    });
    let guide: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/guide.json")).unwrap();
    assert_eq!(dataset(&theirs), dataset(&guide["actions"][ACTION]));
    let ours = wanted().actions.into_iter().find(|action| action["identifier"] == ACTION).unwrap();
    assert_eq!(dataset(&changed(&plan)), dataset(&ours));
}

#[test]
fn an_input_that_is_missing_comes_back_and_the_user_s_stay() {
    let (plan, theirs) = edited(|action| {
        action["title"] = json!("Ask");
        let inputs = &mut action["trigger"]["userInputs"];
        inputs["properties"]["ticket"] = json!({ "type": "string" });
        inputs["order"] = json!(["ticket", "permissions"]);
        inputs["properties"].as_object_mut().unwrap().shift_remove("duration");
    });
    let body = changed(&plan);
    assert_eq!(body["title"], "Ask");
    assert_eq!(body["trigger"]["userInputs"]["properties"]["duration"]["default"], "4h");
    assert_eq!(
        body["trigger"]["userInputs"]["properties"]["ticket"],
        theirs["trigger"]["userInputs"]["properties"]["ticket"]
    );
    assert_eq!(body["trigger"]["userInputs"]["order"], json!(["ticket", "permissions", "duration"]));
}

#[test]
fn inputs_that_would_start_another_branch_or_send_something_else_are_put_right() {
    for edit in [
        |action: &mut Value| action["invocationMethod"]["workflowInputs"]["ref"] = json!("evil"),
        |action: &mut Value| action["invocationMethod"]["workflowInputs"]["port_context"]["runId"] = json!("r_1"),
        |action: &mut Value| action["invocationMethod"]["reportWorkflowStatus"] = json!(false),
        |action: &mut Value| {
            action["trigger"]["userInputs"]["properties"]["permissions"]["items"]["blueprint"] = json!("service");
        },
    ] {
        let (plan, _) = edited(edit);
        let body = changed(&plan);
        let ours = wanted().actions.into_iter().find(|action| action["identifier"] == ACTION).unwrap();
        assert_eq!(body["invocationMethod"], ours["invocationMethod"]);
        assert_eq!(body["trigger"], ours["trigger"]);
    }
}

#[test]
fn members_that_port_adds_by_itself_are_no_difference() {
    let (plan, _) = edited(|action| {
        action["invocationMethod"]["omitPayload"] = json!(false);
        action["approvalNotification"] = Value::Null;
        action["version"] = json!(3);
        action["invocationMethod"]["org"] = json!("ACME");
    });
    assert_eq!(step(&plan, "action request_permissions").outcome, Outcome::Keep);
}

#[test]
fn a_stranger_s_action_of_our_name_is_refused_until_adopted() {
    for (method, said) in [
        (json!({ "type": "WEBHOOK", "url": "https://example.com" }), "its backend is WEBHOOK"),
        (
            json!({ "type": "GITHUB", "org": "<YOUR_GITHUB_ORG>", "repo": "port-iam-permissions",
                "workflow": "create-iam-permissions.yaml" }),
            "it starts <YOUR_GITHUB_ORG>/port-iam-permissions create-iam-permissions.yaml",
        ),
    ] {
        let edit = |action: &mut Value| action["invocationMethod"] = method.clone();
        let (refused, _) = edited(edit);
        let Outcome::Refused { reason, remedy } = step(&refused, "action request_permissions").outcome else {
            panic!("{refused}")
        };
        assert!(reason.contains(said) && remedy.contains("--adopt"), "{reason}");
        assert!(refused.writes().all(|(step, _)| step.subject.to_string() != "action request_permissions"));

        let adopting = Wanted { consent: Consent { adopt: true, ..Consent::default() }, ..wanted() };
        let mut seen = everything(&wanted());
        edit(find(&mut seen.actions, ACTION));
        let ours = adopting.actions.iter().find(|action| action["identifier"] == ACTION).unwrap();
        assert_eq!(changed(&plan(&adopting, &seen))["invocationMethod"], ours["invocationMethod"]);
    }
}

#[test]
fn an_automation_of_the_action_s_name_is_a_stranger() {
    let (plan, _) = edited(|action| {
        action["trigger"] = json!({ "type": "automation", "event": { "type": "ENTITY_CREATED", "blueprintIdentifier": "aws_resource" } });
    });
    assert!(matches!(step(&plan, "action request_permissions").outcome, Outcome::Refused { .. }));
}

#[test]
fn an_expiry_automation_that_was_switched_off_is_switched_on_again() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    find(&mut seen.actions, "revoke_expired_permissions")["publish"] = json!(false);
    let step = step(&plan(&wanted, &seen), "automation revoke_expired_permissions");
    assert_eq!(step.lines, ["~ publish: false -> true"]);
}

#[test]
fn an_action_that_nobody_can_see_is_drift_and_one_that_says_nothing_of_it_is_not() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    for name in ["request_permissions", "return_permissions"] {
        find(&mut seen.actions, name)["publish"] = json!(false);
        let found = step(&plan(&wanted, &seen), &format!("action {name}"));
        assert_eq!(found.lines, ["~ publish: false -> true"]);
        assert!(matches!(found.outcome, Outcome::Change(_)));
        for kept in [json!(true), json!(null)] {
            find(&mut seen.actions, name)["publish"] = kept;
            assert!(plan(&wanted, &seen).is_done());
        }
    }
}

#[test]
fn the_other_backend_is_ours_too_and_is_changed_over() {
    let ocean = Backend::IntegrationAction { installation_id: "github-ocean-acme".to_owned() };
    let (through_app, through_ocean) = (wanted(), wanted_of(&Rendering { backend: ocean, ..rendering() }));
    for (from, to) in [(&through_app, &through_ocean), (&through_ocean, &through_app)] {
        let seen = everything(from);
        let body = changed(&plan(to, &seen));
        let ours = to.actions.iter().find(|action| action["identifier"] == ACTION).unwrap();
        assert_eq!(body["invocationMethod"], ours["invocationMethod"]);
    }
}
