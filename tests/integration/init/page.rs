//! The dashboard in Port: made, kept, taken away, refused.

use port_iam::sandbox::fault::Fault;

use super::*;
use crate::installed::Installed;

const PAGE: &str = "iam_permissions_dashboard";
const SUBJECT: &str = "page iam_permissions_dashboard";

fn page(harness: &Harness) -> Option<Value> {
    let mut found = None;
    harness.with_port(async |port| found = port.page(PAGE).await.unwrap());
    found
}

fn replace(harness: &Harness, edit: impl FnOnce(&mut Value)) {
    let body = edited(page(harness).unwrap(), edit);
    harness.with_port(async |port| port.replace_page(PAGE, &body).await.unwrap());
}

/// Returns what a plan says of the page, and of what else it says something.
fn open(harness: &Harness, arguments: &[&str], exit_code: u8) -> Vec<(String, String)> {
    let plan = harness.run(&[&["plan", "--output", "json"], arguments].concat()).exits(exit_code).json();
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] != "keep");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps.map(|step| (text(&step["subject"]), text(&step["change"]))).collect()
}

fn codes(json: &Value) -> Vec<&str> {
    json["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// Lets Port refuse every call of this method that is about pages.
fn refuse(harness: &Harness, method: &str, status: u16) {
    let pages = format!("{method} /v1/pages");
    harness.sandbox.faults.plan_matching(&pages, 0, usize::MAX, Fault::Status { status, retry_after: None });
}

/// Returns the entities that a dataset finds in a blueprint.
fn found(harness: &Harness, blueprint: &str, dataset: &Value) -> Vec<String> {
    let variable = |name: &str| harness.variable(name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let post = async |path: &str, token: &str, body: Value| {
            let request = client.post(format!("{}{path}", variable("PORT_API_URL"))).bearer_auth(token).json(&body);
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{path} {body}: {}", answer.status());
            answer.json::<Value>().await.unwrap()
        };
        let login = json!({ "clientId": variable("PORT_CLIENT_ID"), "clientSecret": variable("PORT_CLIENT_SECRET") });
        let token = post("/v1/auth/access_token", "", login).await;
        let path = format!("/v1/blueprints/{blueprint}/entities/search");
        let answer = post(&path, token["accessToken"].as_str().unwrap(), json!({ "query": dataset })).await;
        let entities = answer["entities"].as_array().unwrap().iter();
        entities.map(|entity| entity["identifier"].as_str().unwrap().to_owned()).collect()
    })
}

#[test]
fn the_page_is_made_with_the_first_set_up_and_the_second_run_writes_nothing() {
    let harness = Harness::new();
    let ran = harness.run(&["init", "--yes"]).exits(0);
    assert!(ran.stdout.contains(SUBJECT), "{}", ran.stdout);
    let made = page(&harness).unwrap();
    assert_eq!((&made["title"], &made["type"]), (&json!("IAM permissions"), &json!("dashboard")));
    assert_done(&harness);
    assert_eq!(page(&harness).unwrap(), made);
}

#[test]
fn each_table_of_the_page_lists_what_its_title_says() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let harness = &installed.harness;
    let shown = |id: &str| {
        let page = page(harness).unwrap();
        let widgets = page["widgets"][0]["widgets"].as_array().unwrap().clone();
        let widget = widgets.into_iter().find(|widget| widget["id"] == id).unwrap();
        found(harness, widget["blueprint"].as_str().unwrap(), &widget["dataset"])
    };
    assert_eq!(shown("portIamLive"), [grant.as_str()]);
    assert_eq!(shown("portIamByRequester"), [grant.as_str()]);
    assert_eq!(shown("portIamByResourceType"), [grant.as_str()]);
    // Which of its slices is whose: a mirror of the resource's property, which the blueprint of the grants has.
    let made = page(harness).unwrap();
    let pies = made["widgets"][0]["widgets"].as_array().unwrap();
    let pie = pies.iter().find(|widget| widget["id"] == "portIamByResourceType").unwrap();
    assert_eq!(pie["property"], "mirror-property#resource_type");
    harness.with_port(async |port| {
        let all = port.blueprints().await.unwrap();
        let blueprint = all.iter().find(|known| known["identifier"] == "provisioned_permissions").unwrap();
        assert_eq!(blueprint["mirrorProperties"]["resource_type"]["path"], "aws_resource.resource_type", "{blueprint}");
    });
    assert_eq!(shown("portIamOverdue"), [""; 0]);
    let entity = harness.sandbox.port.entities("provisioned_permissions").remove(0);
    let (today, ends) = (harness.sandbox.clock.now().to_string(), entity["properties"]["expiry_time"].to_string());
    let ends_today = ends.starts_with(&format!("\"{}", &today[..10]));
    assert_eq!(shown("portIamEnding"), if ends_today { vec![grant.clone()] } else { Vec::new() });
    harness.sandbox.clock.advance(jiff::SignedDuration::from_hours(2));
    assert_eq!(shown("portIamOverdue"), [grant]);
}

#[test]
fn what_people_add_stays_and_what_ours_shows_is_put_right() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    replace(&harness, |page| {
        page["title"] = json!("Access");
        let frame = &mut page["widgets"][0];
        frame["widgets"].as_array_mut().unwrap().push(json!({ "id": "theirs", "type": "markdown", "markdown": "hi" }));
        let row = json!({ "height": 400, "columns": [{ "id": "theirs", "size": 12 }] });
        frame["layout"].as_array_mut().unwrap().push(row);
    });
    assert_done(&harness);
    let theirs = page(&harness).unwrap();
    replace(&harness, |page| page["widgets"][0]["widgets"][3]["dataset"]["rules"] = json!([]));
    assert_eq!(open(&harness, &[], 3), [(SUBJECT.to_owned(), "change".to_owned())]);
    let doctor = harness.run(&["doctor", "--output", "json"]).json();
    let finding = doctor["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "page").unwrap();
    assert_eq!(finding["severity"], "warning", "{finding}");
    harness.run(&["init", "--yes"]).exits(0);
    for member in ["title", "widgets"] {
        assert_eq!(page(&harness).unwrap()[member], theirs[member]);
    }
    assert_done(&harness);
}

#[test]
fn an_installation_without_the_page_is_left_so_until_somebody_asks_for_it() {
    let harness = Harness::new();
    harness.run(&["init", "--yes", "--no-page"]).exits(0);
    assert!(harness.sandbox.log.exchanges().iter().all(|exchange| !exchange.path.starts_with("/v1/pages")));
    assert_eq!(page(&harness), None);
    assert_done(&harness);
    assert_eq!(open(&harness, &[], 0), []);
    let doctor = harness.run(&["doctor", "--output", "json"]).json();
    let finding = doctor["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "page").unwrap();
    assert_eq!(finding["severity"], "ok", "{finding}");
    assert_eq!(open(&harness, &["--page"], 3), [(SUBJECT.to_owned(), "create".to_owned())]);
    harness.run_with(&["init", "--yes"], &[("PORT_IAM_PAGE", "yes")]).exits(0);
    assert!(page(&harness).is_some());
    assert_done(&harness);
    let ran = harness.run_with(&["plan"], &[("PORT_IAM_PAGE", "perhaps")]).exits(2);
    assert!(ran.stderr.contains("PORT_IAM_PAGE is neither yes nor no"), "{}", ran.stderr);
}

#[test]
fn a_page_that_somebody_has_deleted_is_told_and_not_forced_upon_them() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    harness.with_port(async |port| port.delete_page(PAGE).await.unwrap());
    assert_done(&harness);
    let plan = harness.run(&["plan", "--output", "json"]).exits(0).json();
    assert!(codes(&plan).contains(&"no-page"), "{plan}");
    harness.run(&["init", "--yes", "--page"]).exits(0);
    assert!(page(&harness).is_some());
}

#[test]
fn a_page_of_somebody_else_stops_a_set_up_that_would_need_its_name_and_is_not_touched() {
    let harness = Harness::new();
    let theirs = json!({ "identifier": PAGE, "type": "dashboard", "title": "Theirs", "widgets": [] });
    harness.with_port(async |port| port.create_page(&theirs).await.unwrap());
    let before = page(&harness);
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("--no-page") && ran.stderr.contains("--adopt"), "{}", ran.stderr);
    assert_eq!(page(&harness), before);
    harness.run(&["--prefix", "team-a", "init", "--repository", "team-a", "--yes"]).exits(0);
    harness.run(&["init", "--yes", "--no-page"]).exits(0);
    assert_done(&harness);
    assert_eq!(page(&harness), before);
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    assert!(ran.json()["left"].to_string().contains(SUBJECT), "{}", ran.stdout);
    assert_eq!(page(&harness), before);
}

#[test]
fn a_page_that_was_adopted_holds_ours_beside_theirs_and_outlives_the_installation() {
    let harness = Harness::new();
    let frame = json!({ "id": "x", "type": "dashboard-widget", "widgets": [{ "id": "m", "type": "markdown" }],
        "layout": [{ "height": 400, "columns": [{ "id": "m", "size": 12 }] }] });
    let theirs = json!({ "identifier": PAGE, "type": "dashboard", "title": "Theirs", "widgets": [frame] });
    harness.with_port(async |port| port.create_page(&theirs).await.unwrap());
    let before = page(&harness).unwrap();
    harness.run(&["init", "--yes", "--adopt"]).exits(0);
    assert_eq!(page(&harness).unwrap()["title"], "Theirs");
    assert_eq!(page(&harness).unwrap()["widgets"][0]["widgets"].as_array().unwrap().len(), 11);
    assert_done(&harness);
    // Somebody has put one of ours beside one of theirs.
    replace(&harness, |page| {
        let frame = &mut page["widgets"][0];
        let ours = frame["widgets"][1]["id"].clone();
        let rows = frame["layout"].as_array_mut().unwrap();
        rows.retain(|row| row["columns"][0]["id"] != ours);
        rows[0]["columns"] = json!([{ "id": "m", "size": 8 }, { "id": ours, "size": 4 }]);
    });
    let shown = harness.run(&["uninstall", "--dry-run"]).exits(3);
    assert!(shown.stdout.contains(&format!("- Port   our widgets of the page {PAGE}")), "{}", shown.stdout);
    harness.run(&["uninstall", "--yes"]).exits(0);
    let after = page(&harness).unwrap();
    assert_eq!(after["widgets"], before["widgets"], "what shows nothing any more is gone, and theirs is as it was");
    assert_eq!(after["title"], before["title"]);
    let again = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    assert_eq!(again.json()["steps"], json!([]), "{}", again.stdout);
}

#[test]
fn uninstall_takes_the_page_and_names_what_people_have_put_on_it() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    replace(&harness, |page| {
        let frame = &mut page["widgets"][0];
        frame["widgets"].as_array_mut().unwrap().push(json!({ "id": "t", "type": "markdown", "title": "On call" }));
        frame["layout"].as_array_mut().unwrap().push(json!({ "height": 400, "columns": [{ "id": "t", "size": 12 }] }));
    });
    let ran = harness.run(&["uninstall", "--dry-run"]).exits(3);
    assert!(ran.stdout.contains("with what people have added: the widget On call"), "{}", ran.stdout);
    harness.run(&["uninstall", "--yes"]).exits(0);
    assert_eq!(page(&harness), None);
}

#[test]
fn where_port_takes_no_page_everything_else_is_set_up_and_the_reason_is_told() {
    for status in [403, 404, 422] {
        let harness = Harness::new();
        refuse(&harness, "POST", status);
        let ran = harness.run(&["init", "--yes", "--output", "json"]).exits(3);
        let json = ran.json();
        assert!(codes(&json).contains(&"page-pending"), "{json}");
        assert_eq!(page(&harness), None);
        // Nobody is asked for it again, unless they ask for it.
        assert_done(&harness);
        let ran = harness.run(&["init", "--yes", "--page"]).exits(3);
        assert!(ran.stdout.contains("is left out, and everything works without it: "), "{}", ran.stdout);
        harness.sandbox.faults.clear();
        harness.run(&["init", "--yes", "--page"]).exits(0);
        assert!(page(&harness).is_some());
    }
}

#[test]
fn where_port_does_not_tell_of_pages_everything_else_is_set_up_and_taken_away() {
    let harness = Harness::new();
    refuse(&harness, "GET", 403);
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("is left out, and everything works without it: "), "{}", ran.stdout);
    assert!(ran.stderr.contains(&format!("{SUBJECT}: Port does not tell whether it is there: ")), "{}", ran.stderr);
    assert_done(&harness);
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    assert!(ran.json()["left"].to_string().contains("whether it is there cannot be told"), "{}", ran.stdout);
}

#[test]
fn the_page_can_be_had_as_a_file_and_is_what_init_makes() {
    let harness = Harness::new();
    let folder = harness.folder.path().join("wanted");
    harness.run(&["plan", "--emit", folder.to_str().unwrap()]).exits(3);
    let body: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join(format!("port/pages/{PAGE}.json"))).unwrap())
            .unwrap();
    let commands = std::fs::read_to_string(folder.join("port/commands.txt")).unwrap();
    assert!(
        commands.contains(&format!(
            "/v1/pages\" --header \"Authorization: Bearer $PORT_TOKEN\" --json @port/pages/{PAGE}.json"
        )),
        "{commands}"
    );
    harness.run(&["init", "--yes", "--only", "github,aws"]).exits(3);
    assert_eq!(page(&harness), None);
    harness.run(&["init", "--yes", "--only", "port"]).exits(0);
    assert_eq!(page(&harness).unwrap()["widgets"], body["widgets"]);
}
