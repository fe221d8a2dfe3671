//! The dashboard: ours, edited by the user, a stranger's, and done without.

use serde_json::{Value, json};

use super::*;

const SUBJECT: &str = "page iam_permissions_dashboard";

fn edited(edit: impl FnOnce(&mut Value)) -> (Plan, Value) {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    let PageSeen::Present(theirs) = &mut seen.page else { panic!("no page was made") };
    edit(theirs);
    let theirs = theirs.clone();
    (plan(&wanted, &seen), theirs)
}

fn changed(plan: &Plan) -> Value {
    match step(plan, SUBJECT).outcome {
        Outcome::Change(Write::Page { body, .. }) => body,
        other => panic!("{other:?}"),
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|widget| widget["id"].as_str().unwrap()).collect()
}

fn has_page(wanted: &Wanted, seen: &Seen) -> bool {
    plan(wanted, seen).steps.iter().any(|step| step.subject.to_string() == SUBJECT)
}

#[test]
fn what_it_refers_to_is_part_of_the_installation() {
    let wanted = wanted();
    let widgets = wanted.page["widgets"][0]["widgets"].as_array().unwrap();
    let is_there = |all: &[Value], name: &Value| all.iter().any(|body| body["identifier"] == *name);
    for widget in widgets {
        if let Some(blueprint) = widget.get("blueprint") {
            let found = wanted.blueprints.iter().find(|body| body["identifier"] == *blueprint).unwrap();
            let (kind, name) =
                widget["property"].as_str().and_then(|it| it.split_once('#')).unwrap_or(("property", "state"));
            let section = if kind == "property" { &found["schema"]["properties"] } else { &found["mirrorProperties"] };
            assert!(section[name].is_object(), "{widget}");
            for rule in widget["dataset"]["rules"].as_array().unwrap() {
                assert!(found["schema"]["properties"][rule["property"].as_str().unwrap()].is_object(), "{rule}");
            }
        }
        let actions = widget["actions"].as_array().into_iter().flatten().filter_map(|it| it.get("action"));
        for action in actions.chain(widget.get("action")) {
            assert!(is_there(&wanted.actions, action), "{widget}");
        }
    }
}

#[test]
fn each_action_that_people_start_has_its_runs_on_the_page() {
    let wanted = wanted();
    let widgets = wanted.page["widgets"][0]["widgets"].as_array().unwrap();
    let shown: Vec<&Value> = widgets.iter().filter_map(|widget| widget.get("action")).collect();
    // The automation is started by a timer.
    let is_by_people = |action: &&Value| action["trigger"]["type"] == "self-service";
    let started: Vec<&Value> = wanted.actions.iter().filter(is_by_people).map(|action| &action["identifier"]).collect();
    let missing: Vec<_> = started.iter().filter(|action| !shown.contains(action)).collect();
    assert!(missing.is_empty() && shown.len() == started.len(), "{missing:?} of {started:?}");
}

#[test]
fn it_is_made_behind_the_actions_and_before_the_automation() {
    let plan = plan(&wanted(), &nothing());
    let position = |subject: &str| plan.steps.iter().position(|step| step.subject.to_string() == subject).unwrap();
    assert!(position("action revoke_permissions") < position(SUBJECT));
    assert!(position(SUBJECT) < position("automation revoke_expired_permissions"));
}

#[test]
fn titles_arrangement_and_widgets_of_others_are_the_operator_s() {
    let (plan, _) = edited(|page| {
        page["title"] = json!("Zugriffe");
        page["parent"] = json!("security");
        page["pageFilters"] = json!([]);
        let frame = &mut page["widgets"][0];
        frame["widgets"][0]["title"] = json!("Los");
        frame["widgets"][3]["blueprintConfig"] = json!({ "provisioned_permissions": { "groupSettings": {} } });
        frame["widgets"][3]["dataset"]["extra"] = json!(true);
        frame["widgets"].as_array_mut().unwrap().push(json!({ "id": "theirs", "type": "markdown" }));
        frame["layout"]
            .as_array_mut()
            .unwrap()
            .insert(0, json!({ "height": 900, "columns": [{ "id": "theirs", "size": 12 }] }));
        page["widgets"].as_array_mut().unwrap().push(json!({ "id": "further", "type": "dashboard-widget" }));
    });
    assert_eq!(step(&plan, SUBJECT).outcome, Outcome::Keep);
}

#[test]
fn what_a_widget_of_ours_shows_is_put_right_and_nothing_else() {
    let (plan, theirs) = edited(|page| {
        let frame = &mut page["widgets"][0];
        frame["widgets"][3]["dataset"]["rules"] = json!([]);
        frame["widgets"][3]["title"] = json!("Wer darf was");
        frame["widgets"][0]["actions"] = json!([{ "action": "delete_everything" }]);
        frame["widgets"].as_array_mut().unwrap().push(json!({ "id": "theirs", "type": "markdown" }));
    });
    let body = changed(&plan);
    let ours = wanted().page;
    let widget = |page: &Value, place: usize| page["widgets"][0]["widgets"][place].clone();
    assert_eq!(widget(&body, 3)["dataset"], widget(&ours, 3)["dataset"]);
    assert_eq!(widget(&body, 3)["title"], "Wer darf was");
    assert_eq!(widget(&body, 0)["actions"], widget(&ours, 0)["actions"]);
    assert_eq!(widget(&body, 8), widget(&theirs, 8));
    assert_eq!(body["widgets"][0]["layout"], theirs["widgets"][0]["layout"]);
    assert_eq!(step(&plan, SUBJECT).lines.len(), 2, "{plan}");
}

#[test]
fn a_widget_that_was_taken_out_comes_back_with_a_row_of_its_own() {
    let (plan, _) = edited(|page| {
        let frame = &mut page["widgets"][0];
        frame["widgets"].as_array_mut().unwrap().remove(3);
        frame["layout"].as_array_mut().unwrap().remove(1);
    });
    let body = changed(&plan);
    let frame = &body["widgets"][0];
    assert_eq!(ids(&frame["widgets"]).last(), Some(&"portIamLive"));
    let row = json!({ "height": 400, "columns": [{ "id": "portIamLive", "size": 12 }] });
    assert_eq!(frame["layout"].as_array().unwrap().last(), Some(&row));
    assert!(
        step(&plan, SUBJECT)
            .lines
            .iter()
            .any(|line| line.starts_with("+ widgets.portIamDashboard.widgets.portIamLive:")),
        "{plan}"
    );
}

#[test]
fn a_page_of_somebody_else_is_touched_only_if_that_is_said_and_keeps_all_that_it_held() {
    let theirs = json!({ "identifier": "iam_permissions_dashboard", "title": "Ours", "type": "dashboard", "widgets": [
        { "id": "x", "type": "dashboard-widget", "layout": [{ "height": 400, "columns": [{ "id": "m", "size": 12 }] }],
          "widgets": [{ "id": "m", "type": "markdown" }] }] });
    let mut seen = Seen { page: PageSeen::Present(stamped(theirs.clone())), ..nothing() };
    let refused = step(&plan(&wanted(), &seen), SUBJECT);
    assert_eq!(refused.word(), "refused");
    assert!(!refused.lines.is_empty(), "{refused}");
    let adopting = Wanted { consent: Consent { adopt: true, ..Consent::default() }, ..wanted() };
    let body = changed(&plan(&adopting, &seen));
    let frame = &body["widgets"][0];
    assert_eq!((ids(&frame["widgets"])[0], ids(&body["widgets"])), ("m", vec!["x"]));
    assert_eq!(ids(&frame["widgets"]).len(), 11);
    assert_eq!(body["title"], "Ours");
    // From then on it is kept, and is no page of ours alone that could go as a whole.
    seen.page = PageSeen::Present(stamped(body.clone()));
    assert_eq!(step(&plan(&wanted(), &seen), SUBJECT).outcome, Outcome::Keep);
    assert!(!super::super::page::is_ours_alone(&body) && super::super::page::is_ours_alone(&wanted().page));
    // Of another kind it can hold nothing of ours.
    let catalog = json!({ "identifier": "iam_permissions_dashboard", "type": "blueprint-entities", "widgets": [] });
    seen.page = PageSeen::Present(catalog);
    assert_eq!(step(&plan(&adopting, &seen), SUBJECT).word(), "refused");
}

#[test]
fn who_does_without_it_is_told_so_and_not_asked_again() {
    let without = Wanted { page_choice: PageChoice::Unwanted, ..wanted() };
    assert!(!has_page(&without, &nothing()));
    let set_up = everything(&without);
    let as_it_is = plan(&wanted(), &set_up);
    assert!(as_it_is.is_done() && !has_page(&wanted(), &set_up), "{as_it_is}");
    assert!(as_it_is.findings.iter().any(|finding| finding.code == "no-page"), "{as_it_is}");
    assert!(!plan(&without, &set_up).findings.iter().any(|finding| finding.code == "no-page"));
    // Not even somebody else's page is in the way then.
    let theirs = Seen { page: PageSeen::Present(json!({ "type": "dashboard" })), ..set_up.clone() };
    assert!(!has_page(&wanted(), &theirs));
    let asked = Wanted { page_choice: PageChoice::Wanted, ..wanted() };
    assert!(matches!(step(&plan(&asked, &set_up), SUBJECT).outcome, Outcome::Create(Write::NewPage(_))));
}

#[test]
fn a_set_up_that_was_cut_short_before_the_page_goes_on_with_it() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    seen.page = PageSeen::Absent;
    seen.actions.retain(|action| action["identifier"] != "revoke_expired_permissions");
    assert!(matches!(step(&plan(&wanted, &seen), SUBJECT).outcome, Outcome::Create(Write::NewPage(_))));
}

#[test]
fn what_port_does_not_tell_waits_and_everything_else_is_set_up() {
    let seen = Seen { page: PageSeen::Hidden("no right".to_owned()), ..nothing() };
    let first = plan(&wanted(), &seen);
    assert_eq!(step(&first, SUBJECT).word(), "pending");
    assert_eq!(first.refused().count(), 0);
    let set_up = Seen { page: PageSeen::Hidden("no right".to_owned()), ..everything(&wanted()) };
    assert!(!has_page(&wanted(), &set_up));
}
