//! No page of the portal without a picture: what is looked at in the browser is a list by route, and a new route is on it.

use std::collections::BTreeMap;
use std::path::Path;

/// Each route, and the pages of it that `tests/counterparts/portal.mjs` looks at and keeps: none where it answers with a file, or
/// sends on to where one came from.
const PICTURES: [(&str, &[&str]); 14] = [
    ("/", &["start-setting-up", "start", "start-with-grants", "start-empty"]),
    ("/catalog/{blueprint}", &["table-grants", "table-records", "table-empty"]),
    (
        "/catalog/{blueprint}/{entity}",
        &["resource", "permission", "grant", "grant-documents", "grant-denied", "grant-gone", "record"],
    ),
    ("/actions/{action}", &["form", "form-refused", "form-approval", "form-extend", "form-return", "form-revoke"]),
    ("/runs", &["runs", "runs-empty"]),
    (
        "/runs/{run}",
        &[
            "run-under-way",
            "run",
            "run-refused",
            "run-waiting-requester",
            "run-waiting",
            "run-approved",
            "run-declined",
        ],
    ),
    ("/runs/{run}/approval", &["port-refused"]),
    ("/audit", &["audit", "audit-refused"]),
    ("/aws", &["aws", "aws-after", "aws-empty"]),
    ("/person", &[]),
    ("/time", &[]),
    ("/portal.css", &[]),
    ("/portal.js", &[]),
    ("/portal.svg", &[]),
];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Returns the routes of the portal, each with what it is answered by.
fn routes(source: &str) -> BTreeMap<&str, &str> {
    let calls = source.split(".route(\"").skip(1);
    calls.filter_map(|call| call.split_once("\", ")).collect()
}

#[test]
fn every_route_that_answers_a_page_is_looked_at_in_the_browser() {
    let (source, story) = (read("src/portal/routes/mod.rs"), read("tests/counterparts/portal.mjs"));
    let routes = routes(&source);
    let listed: BTreeMap<&str, &[&str]> = PICTURES.into_iter().collect();
    let missing: Vec<_> = routes.keys().filter(|route| !listed.contains_key(*route)).collect();
    assert!(missing.is_empty(), "look at them in portal.mjs, and list here what is kept of them: {missing:?}");
    for (route, pictures) in listed {
        let answered = routes.get(route).unwrap_or_else(|| panic!("there is no route {route} any more"));
        // A page is what a read is answered with; a file is no page.
        let is_page = answered.starts_with("get(") && !answered.starts_with("get(async");
        assert!(!is_page || !pictures.is_empty(), "nobody looks at {route}");
        for picture in pictures {
            assert!(story.contains(&format!("look(\"{picture}\"")), "{route}: portal.mjs keeps no picture {picture}");
        }
    }
}

/// The answers that are no page of a route: who is not let in, what is not there, what cannot be read.
#[test]
fn every_page_that_no_route_has_is_looked_at_in_the_browser() {
    let story = read("tests/counterparts/portal.mjs");
    for picture in ["closed", "closed-elsewhere", "closed-cross-site", "not-found", "entity-not-found", "unreadable"] {
        assert!(story.contains(&format!("\"{picture}\"")), "portal.mjs keeps no picture {picture}");
    }
}
