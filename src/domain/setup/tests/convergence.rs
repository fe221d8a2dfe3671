//! Whatever is there: a plan that is carried out leaves nothing to do, takes nothing away and touches nothing foreign.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// One thing that somebody did to a finished set-up.
#[derive(Clone, Debug)]
enum Edit {
    DropBlueprint(usize),
    DropProperty(usize, usize),
    DropEnumValue(usize),
    AddProperty(usize, String),
    AddRelation(usize, String),
    DropAction(usize),
    DropInput(usize),
    AddInput(usize, String),
    Retitle(usize, String),
    Approve(usize),
    Ref(usize),
    Stranger(usize),
    DropFile(usize),
    ChangeFile(usize),
    AddFile(String),
    DropSecret(usize),
    DropEnvironment,
    UnbindEnvironment,
    DropRelease,
    DropBoundary,
    EmptyRepository,
    DropRepository,
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = 0_usize..4;
    let name = "user_[a-z]{1,5}";
    prop_oneof![
        index.clone().prop_map(Edit::DropBlueprint),
        (index.clone(), 0_usize..20).prop_map(|(blueprint, property)| Edit::DropProperty(blueprint, property)),
        index.clone().prop_map(Edit::DropEnumValue),
        (index.clone(), name).prop_map(|(blueprint, name)| Edit::AddProperty(blueprint, name)),
        (index.clone(), name).prop_map(|(blueprint, name)| Edit::AddRelation(blueprint, name)),
        index.clone().prop_map(Edit::DropAction),
        index.clone().prop_map(Edit::DropInput),
        (index.clone(), name).prop_map(|(action, name)| Edit::AddInput(action, name)),
        (index.clone(), "\\PC{1,8}").prop_map(|(action, title)| Edit::Retitle(action, title)),
        index.clone().prop_map(Edit::Approve),
        index.clone().prop_map(Edit::Ref),
        index.clone().prop_map(Edit::Stranger),
        (0_usize..5).prop_map(Edit::DropFile),
        (0_usize..5).prop_map(Edit::ChangeFile),
        name.prop_map(Edit::AddFile),
        index.prop_map(Edit::DropSecret),
        Just(Edit::DropEnvironment),
        Just(Edit::UnbindEnvironment),
        Just(Edit::DropRelease),
        Just(Edit::DropBoundary),
        Just(Edit::EmptyRepository),
        Just(Edit::DropRepository),
    ]
}

fn nth(values: &mut [Value], index: usize) -> &mut Value {
    static NOWHERE: Value = Value::Null;
    let count = values.len().max(1);
    values.get_mut(index % count).unwrap_or_else(|| Box::leak(Box::new(NOWHERE.clone())))
}

fn drop_key(object: &mut Value, index: usize) {
    if let Some(object) = object.as_object_mut() {
        let key = object.keys().nth(index % object.len().max(1)).cloned();
        key.map(|key| object.shift_remove(&key));
    }
}

fn perform_edit(edit: &Edit, seen: &mut Seen) {
    let (blueprints, actions) = (&mut seen.blueprints, &mut seen.actions);
    match edit {
        Edit::DropBlueprint(index) => drop(blueprints.pop().filter(|_| *index == 0)),
        Edit::DropProperty(index, key) => drop_key(&mut nth(blueprints, *index)["schema"]["properties"], *key),
        Edit::DropEnumValue(index) => {
            let values = nth(blueprints, *index).pointer_mut("/schema/properties/state/enum");
            values.and_then(Value::as_array_mut).map(Vec::pop);
        }
        Edit::AddProperty(index, name) => {
            nth(blueprints, *index)["schema"]["properties"][name] = json!({ "type": "number" });
        }
        Edit::AddRelation(index, name) => {
            nth(blueprints, *index)["relations"][name] = json!({ "target": "x", "required": false, "many": true });
        }
        Edit::DropAction(index) => actions.truncate(*index),
        Edit::DropInput(index) => drop_key(&mut nth(actions, 0)["trigger"]["userInputs"]["properties"], *index),
        Edit::AddInput(index, name) => {
            let inputs = nth(actions, *index).pointer_mut("/trigger/userInputs/properties");
            inputs
                .and_then(Value::as_object_mut)
                .map(|inputs| inputs.insert(name.clone(), json!({ "type": "string" })));
        }
        Edit::Retitle(index, title) => nth(actions, *index)["title"] = json!(title),
        Edit::Approve(index) => nth(actions, *index)["requiredApproval"] = json!({ "type": "ALL" }),
        Edit::Ref(index) => nth(actions, *index)["invocationMethod"]["workflowInputs"]["ref"] = json!("other"),
        Edit::Stranger(index) => {
            nth(actions, *index)["invocationMethod"] = json!({ "type": "KAFKA", "payload": {} });
        }
        Edit::DropBoundary => seen.boundary = BoundarySeen::Absent,
        Edit::DropRepository => seen.repository = None,
        other => {
            let Some(repository) = &mut seen.repository else { return };
            match other {
                Edit::DropFile(index) => {
                    let blobs = repository.blobs.get_or_insert_default();
                    blobs.keys().nth(*index).cloned().map(|path| blobs.remove(&path));
                }
                Edit::ChangeFile(index) => {
                    let blobs = repository.blobs.get_or_insert_default();
                    blobs.values_mut().skip(*index).take(1).for_each(|blob| blob.push('x'));
                }
                Edit::AddFile(name) => drop(repository.blobs.get_or_insert_default().insert(name.clone(), "x".into())),
                Edit::DropSecret(index) => {
                    let secrets = &mut repository.environment_secrets;
                    (*index < secrets.len()).then(|| secrets.remove(*index));
                }
                Edit::DropEnvironment => {
                    repository.environment = None;
                    repository.environment_secrets.clear();
                }
                Edit::UnbindEnvironment => repository.environment = Some(BranchesSeen::Named(Vec::new())),
                Edit::DropRelease => repository.release = ReleaseSeen::Absent,
                Edit::EmptyRepository => repository.blobs = None,
                _ => unreachable!("performed above"),
            }
        }
    }
}

/// Everything a user can add, by where it stands.
fn additions(seen: &Seen) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut collect = |owner: &Value, pointer: &str| {
        for (key, value) in owner.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
            if key.starts_with("user_") {
                found.push((format!("{} {pointer} {key}", owner["identifier"]), value.clone()));
            }
        }
    };
    for blueprint in &seen.blueprints {
        collect(blueprint, "/schema/properties");
        collect(blueprint, "/relations");
    }
    for action in &seen.actions {
        collect(action, "/trigger/userInputs/properties");
    }
    for (path, blob) in seen.repository.iter().filter_map(|repository| repository.blobs.as_ref()).flatten() {
        if path.starts_with("user_") {
            found.push((path.clone(), json!(blob)));
        }
    }
    for action in &seen.actions {
        for key in ["title", "requiredApproval"] {
            found.push((format!("{} {key}", action["identifier"]), action[key].clone()));
        }
    }
    found
}

fn subjects(plan: &Plan) -> Vec<String> {
    plan.steps.iter().filter(|step| step.write().is_some()).map(|step| step.subject.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_plan_that_is_carried_out_leaves_nothing_to_do_and_takes_nothing_away(edits in prop::collection::vec(edit(), 0..8), adopt: bool) {
        let wanted = Wanted { consent: Consent { adopt, ..Consent::default() }, ..wanted() };
        let mut seen = everything(&wanted);
        edits.iter().for_each(|edit| perform_edit(edit, &mut seen));
        let refused: Vec<Step> = plan(&wanted, &seen).refused().cloned().collect();
        let (before, foreign) = (additions(&seen), seen.clone());
        carry_out(&wanted, &mut seen);
        let after = plan(&wanted, &seen);
        prop_assert!(after.is_done(), "{edits:?} left {:?}", subjects(&after));
        let kept = additions(&seen);
        for addition in before {
            prop_assert!(kept.contains(&addition), "{edits:?} lost {addition:?}");
        }
        // What was refused is as it was.
        for step in refused {
            let subject = step.subject.to_string();
            let identifier = subject.split(' ').nth(1).unwrap_or_default();
            let of = |seen: &Seen| seen.blueprints.iter().chain(&seen.actions).filter(|value| value["identifier"] == identifier).cloned().collect::<Vec<_>>();
            prop_assert_eq!(of(&seen), of(&foreign));
        }
    }

    #[test]
    fn blueprints_and_actions_of_other_names_are_never_written(names in prop::collection::vec("[a-z]{3,12}", 1..5)) {
        let wanted = wanted();
        let mut seen = nothing();
        seen.blueprints = names.iter().map(|name| json!({ "identifier": name, "title": name, "schema": { "properties": {} } })).collect();
        seen.actions = names.iter().map(|name| json!({ "identifier": name, "invocationMethod": { "type": "KAFKA" } })).collect();
        let before = seen.clone();
        carry_out(&wanted, &mut seen);
        prop_assert_eq!(&seen.blueprints[..names.len()], &before.blueprints[..]);
        prop_assert_eq!(&seen.actions[..names.len()], &before.actions[..]);
    }
}
