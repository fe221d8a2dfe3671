//! Whether every field has a row: the fields are read off the sandbox's own answers, off the event and off the parser of
//! the rules file, so that one that is added and has no row fails by its name.

use std::collections::{BTreeMap, BTreeSet};

use port_iam::domain::rules::Rules;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use super::complete::{Idle, unaccounted};
use super::{Baseline, Forge, Row, catalog, event, people, record, run, twins};
use crate::installed::Dispatched;

/// What a grant asks, which fields of the answer decide nothing, and why.
pub(super) const DECIDES_NOTHING: &[Idle] = &[
    (
        RUN,
        &["/run/approval/state", "/run/approval/userId", "/run/requiredApproval/type"],
        "the rules file says whether somebody has to approve, and the list of approvals who did",
    ),
    (
        RUN,
        &["/run/blueprint/identifier", "/run/blueprint/title", "/run/blueprint/icon", "/run/blueprint/deleted"],
        "which catalog is looked into, the action and our own names say",
    ),
    (
        RUN,
        &["/run/entity/title", "/run/entity/icon", "/run/entity/deleted"],
        "the catalog is asked for the entity by its identifier",
    ),
    (RUN, &["/run/action/title", "/run/action/icon", "/run/action/deleted"], "the identifier names the action"),
    (RUN, &["/run/source", "/run/link", "/run/externalRunId", "/run/updatedBy"], "for people who look at the run"),
    (RUN, &["/run/statusLabel"], "the status decides; the label is for people, and ours is written by whoever reports"),
    (
        RUN,
        &["/run/rawProperties/duration", "/run/rawProperties/reason"],
        "the properties hold the form; where they are empty: `forged_runs`",
    ),
    (APPROVERS, &["/approvers/0/description"], "an approver's words"),
    (ADA, OF_A_PERSON, "an approver is named by e-mail, and told by id, status and type"),
    (ADA, &["/user/teams", "/user/teamsIdentifiers"], "the rules name approvers by e-mail alone"),
    (DANA, OF_A_PERSON, "a requester is told by id, e-mail, status and type"),
    (
        DANA,
        &["/user/teams", "/user/teamsIdentifiers"],
        "no rule here is for a team: `a_team_is_what_port_tells_of_the_requester`",
    ),
    (
        RESOURCES,
        &["/entities/0/title", "/entities/0/team", "/entities/0/relations"],
        "for people who look at the catalog",
    ),
    (RESOURCES, &["/entities/0/properties/resource_kind"], "which kind it is, the ARN says; the form filters by it"),
    (RESOURCES, &["/entities/0/properties/seeded"], "`uninstall` knows by it what `seed` has made"),
    (PERMISSIONS, &["/entities/0/properties/seeded"], "`uninstall` knows by it what `seed` has made"),
    (
        PERMISSIONS,
        &["/entities/0/title", "/entities/0/team", "/entities/0/relations"],
        "for people who look at the catalog",
    ),
    (
        PERMISSIONS,
        &[
            "/entities/0/properties/access_level",
            "/entities/0/properties/account_wide",
            "/entities/0/properties/leaves_behind",
            "/entities/0/properties/pass_role",
            "/entities/0/properties/resource_kinds/0",
            "/entities/0/properties/sensitive",
        ],
        "what an action is and does, the reference says; the form shows it",
    ),
];

/// The same of a request, whose form holds more than that of an extension.
const OF_A_REQUEST: &[Idle] = &[(
    RUN,
    &["/run/rawProperties/additional_resources/0", "/run/rawProperties/permissions/0"],
    "the properties hold the form; where they are empty: `forged_runs`",
)];

const RUN: &str = "GET /v1/actions/runs/RUN";
const APPROVERS: &str = "GET /v1/actions/runs/RUN/approvers";
const ADA: &str = "GET /v1/users/ada%40acme.example";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const RESOURCES: &str = "POST /v1/blueprints/aws_resource/entities/search";
const PERMISSIONS: &str = "POST /v1/blueprints/iam_permissions/entities/search";

const OF_A_PERSON: &[&str] = &[
    "/user/createdAt",
    "/user/firstName",
    "/user/lastName",
    "/user/orgs/0/id",
    "/user/providers",
    "/user/roles/0/name",
    "/user/updatedAt",
];

/// Returns the values at the ends of a document by their pointers; what is empty is an end.
pub(super) fn ends(value: &Value) -> BTreeMap<String, Value> {
    fn walk(value: &Value, at: &str, into: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                members.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), into));
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().for_each(|(index, value)| walk(value, &format!("{at}/{index}"), into));
            }
            end => {
                into.insert(at.to_owned(), end.clone());
            }
        }
    }
    let mut into = BTreeMap::new();
    walk(value, "", &mut into);
    into
}

/// Returns a pointer with all items of a list as one.
pub(super) fn of_any_item(pointer: &str) -> String {
    let is_item = |part: &str| part == "-" || (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    pointer.split('/').map(|part| if is_item(part) { "0" } else { part }).collect::<Vec<_>>().join("/")
}

/// Returns the ends that have another value, are there only in the second document, or were empty and are filled there.
/// What a row takes away together with what lies around it is not what it forges.
pub(super) fn changed(from: &Value, to: &Value) -> BTreeSet<String> {
    let (from, to) = (ends(from), ends(to));
    let is_filled = |pointer: &str| to.keys().any(|other| other.starts_with(&format!("{pointer}/")));
    let filled = from.keys().filter(|pointer| is_filled(pointer));
    let differing = to.iter().filter(|(pointer, value)| from.get(*pointer) != Some(value)).map(|(pointer, _)| pointer);
    filled.chain(differing).map(|pointer| of_any_item(pointer)).collect()
}

/// Returns a document with another value at `pointer`.
pub(super) fn with(document: &Value, pointer: &str, value: &Value) -> Value {
    let mut document = document.clone();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}")) {
        Value::Array(items) => match member.parse::<usize>() {
            Ok(at) => items[at] = value.clone(),
            Err(_) => items.push(value.clone()),
        },
        parent => parent[member] = value.clone(),
    }
    document
}

/// Returns what the grant of a request asked, at first and when it was repeated, as rows name it, each with its answers.
fn answers(baseline: &Baseline) -> BTreeMap<String, Vec<Value>> {
    let mut answers = BTreeMap::new();
    gather(baseline, &baseline.request(), &mut answers);
    // A repeat reads what the attempt before it has written.
    gather(baseline, &baseline.half_told(), &mut answers);
    answers
}

/// Grants a request, and adds what that asked.
fn gather(baseline: &Baseline, request: &Dispatched, answers: &mut BTreeMap<String, Vec<Value>>) {
    let installed = &baseline.installed;
    let begun = installed.harness.sandbox.log.len();
    baseline.good(request).exits(0);
    // A run that has ended has more to tell.
    installed.harness.with_port(async |port| {
        assert!(port.run(&request.run_id).await.unwrap().unwrap().is_successful());
    });
    let is_read = |exchange: &Exchange| {
        matches!(exchange.api, Api::Port | Api::Github)
            && !exchange.is_write()
            && !exchange.path.ends_with("/access_token")
    };
    for mut exchange in installed.exchanges_since(begun).into_iter().filter(|it| is_read(it) && it.status == 200) {
        let asked = format!("{} {}", exchange.method, exchange.path).replace(&request.run_id, "RUN");
        // The approvers of the list are read alike, and whether an answer went well its status tells.
        let asked = asked.replace("greta", "ada");
        exchange.response.as_object_mut().unwrap().remove("ok");
        answers.entry(asked).or_default().push(exchange.response);
    }
}

fn decides_nothing() -> Vec<Idle> {
    DECIDES_NOTHING.iter().chain(OF_A_REQUEST).copied().collect()
}

fn forged_answers() -> Vec<Row> {
    let mut rows = run::forged_runs();
    rows.extend(people::forged_people());
    rows.extend(catalog::forged_catalog_and_rules());
    rows.extend(record::forged_records());
    rows
}

#[test]
fn every_field_of_an_answer_has_a_row_or_decides_nothing() {
    let idle: Vec<Idle> = decides_nothing().into_iter().chain(record::DECIDES_NOTHING.iter().copied()).collect();
    let (missing, stale) = unaccounted(&answers(&Baseline::new()), &forged_answers(), &idle);
    assert_eq!(missing, [""; 0], "fields without a row");
    assert_eq!(stale, [""; 0], "fields that are none, or have a row");
}

/// The twin of the rows: what is said to decide nothing is forged, and everything is granted as it was asked for.
#[test]
fn what_decides_nothing_may_say_anything() {
    let baseline = Baseline::new();
    let faults = &baseline.installed.harness.sandbox.faults;
    for (asked, pointers, _) in decides_nothing() {
        for pointer in pointers {
            let request = baseline.request();
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: json!("anything") };
            faults.plan_exactly(&asked.replace("RUN", &request.run_id), fault);
            let ran = baseline.good(&request);
            faults.clear();
            assert_eq!(ran.exit_code, 0, "{asked} {pointer}: {}\n{}", ran.stdout, ran.stderr);
        }
    }
}

/// Returns what the workflow is started with as one document.
fn whole_event(dispatched: &Dispatched) -> Value {
    let read = |(name, text): (&String, &String)| {
        (name.clone(), serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())))
    };
    let inputs: serde_json::Map<String, Value> = dispatched.inputs.iter().map(read).collect();
    json!({ "inputs": inputs, "sender": { "login": "getport-io[bot]" } })
}

/// What begins the names of the fields of an event that are never read, and why.
const HINTS: &[(&str, &str)] = &[
    ("/inputs/port_context/blueprint", "which catalog is looked into, the action of the run says"),
    ("/inputs/port_context/entity/", "Port is asked for the entity by its identifier"),
    ("/inputs/port_context/trigger/", "of whoever asks the e-mail is read, and Port is asked for the rest"),
    ("/inputs/properties/permissions/0/", "Port is asked for the permission by its identifier"),
    ("/inputs/properties/additional_resources/0/", "Port is asked for the resource by its identifier"),
];

/// Returns the fields of an event that no row forges.
fn unforged(request: &Dispatched) -> Vec<String> {
    let original = whole_event(request);
    let mut forged = BTreeSet::new();
    for row in event::forged_dispatches() {
        let mut event = match row.forge {
            Forge::Dispatch(forge) => whole_event(&forge(request.clone())),
            _ => original.clone(),
        };
        if let Forge::Event(forge) = row.forge {
            forge(&mut event);
        }
        forged.extend(changed(&original, &event));
    }
    ends(&original).into_keys().filter(|pointer| !forged.contains(&of_any_item(pointer))).collect()
}

#[test]
fn every_field_of_the_event_has_a_row_or_is_never_read() {
    let unforged = unforged(&Baseline::new().request());
    let is_of = |field: &str, hint: &str| of_any_item(field).starts_with(hint);
    let missing: Vec<&String> =
        unforged.iter().filter(|field| !HINTS.iter().any(|(hint, _)| is_of(field, hint))).collect();
    assert_eq!(missing, [""; 0], "fields without a row");
    for (hint, why) in HINTS {
        assert!(unforged.iter().any(|field| is_of(field, hint)), "{hint}: {why}");
    }
}

/// The twin of the rows: whatever is never read may say anything, all of it at once.
#[test]
fn what_is_never_read_of_the_event_may_say_anything() {
    let baseline = Baseline::new();
    let request = baseline.request();
    let mut event = whole_event(&request);
    for pointer in unforged(&request) {
        *event.pointer_mut(&pointer).unwrap() = json!("anything");
    }
    let mut forged = request;
    for input in ["port_context", "properties"] {
        forged.inputs.insert(input.to_owned(), event["inputs"][input].to_string());
    }
    baseline.good(&forged).exits(0);
}

/// Which teams the requester is in, Port alone tells.
#[test]
fn a_team_is_what_port_tells_of_the_requester() {
    let baseline = Baseline::new();
    baseline.installed.set_rules(|rules| rules.replace("[dana@acme.example, ada", "[\"team:Storage\", ada"));
    let ran = baseline.good(&baseline.request()).exits(5);
    assert!(ran.stdout.contains("refused::requester:"), "{}", ran.stdout);
    let fault = Fault::Forged { pointer: "/user/teams".to_owned(), value: json!([{ "name": "Storage" }]) };
    baseline.installed.harness.sandbox.faults.plan_exactly(DANA, fault);
    baseline.good(&baseline.request()).exits(0);
}

/// Keys of the rules file that decide nothing about a request that comes through Port.
const OTHER_KEYS: &[(&str, &str)] = &[
    ("accounts/*/granter", "which role `init` writes into the workflows: a grant uses what the workflow says"),
    ("accounts/*/revoker", "which role `init` writes into the workflows: a revocation uses what the workflow says"),
    ("break-glass/longest", "of grants without Port: `break_glass`"),
    ("break-glass/people", "of grants without Port: `break_glass`"),
    ("break-glass/webhook", "of grants without Port: `break_glass`"),
    ("examples/0/account", EXAMPLES),
    ("examples/0/actions", EXAMPLES),
    ("examples/0/approval", EXAMPLES),
    ("examples/0/code", EXAMPLES),
    ("examples/0/duration", EXAMPLES),
    ("examples/0/expect", EXAMPLES),
    ("examples/0/name", EXAMPLES),
    ("examples/0/reason", EXAMPLES),
    ("examples/0/requester", EXAMPLES),
    ("examples/0/resource-type", EXAMPLES),
    ("examples/0/resources", EXAMPLES),
    ("examples/0/teams", EXAMPLES),
    ("other-installations", "of the sweep: `what_another_installation_made_is_not_touched_though_an_entity_names_it`"),
    ("rules/0/name", "tells which rule decided"),
];

const EXAMPLES: &str = "what the rules are asserted to decide, by `policy test` alone";

/// Places of a rules file, each with a key that nobody knows: the parser answers with those that it knows.
const PLACES: [(&str, &str); 8] = [
    ("", "nobody-knows: 1"),
    ("accounts/*", "accounts: { \"123456789012\": { nobody-knows: 1 } }"),
    ("trust", "trust: { nobody-knows: 1 }"),
    ("companions/0", "companions: [{ nobody-knows: 1 }]"),
    ("open-grants", "open-grants: { nobody-knows: 1 }"),
    ("break-glass", "break-glass: { nobody-knows: 1 }"),
    ("examples/0", "examples: [{ nobody-knows: 1 }]"),
    ("rules/0", "rules: [{ nobody-knows: 1 }]"),
];

/// Returns every key that the parser of the rules file knows.
fn known_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (place, text) in PLACES {
        let told = Rules::parse(text).unwrap_err().to_string();
        let (_, known) = told.trim().split_once("expected one of ").unwrap_or_else(|| panic!("{place}: {told}"));
        keys.extend(known.split(", ").map(|key| format!("{place}/{key}").trim_start_matches('/').to_owned()));
    }
    // What holds others is forged by them.
    let holders: BTreeSet<String> =
        PLACES.iter().map(|(place, _)| place.split('/').next().unwrap().to_owned()).collect();
    keys.retain(|key| !holders.contains(key));
    keys
}

/// Returns the keys of the rules file in which two texts differ.
fn changed_keys(from: &str, to: &str) -> BTreeSet<String> {
    let read = |text: &str| serde_saphyr::from_str::<Value>(text).unwrap();
    let by_key = |pointer: String| {
        let parts: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["accounts", _, key, ..] => format!("accounts/*/{key}"),
            [place @ ("trust" | "open-grants" | "break-glass"), key, ..] => format!("{place}/{key}"),
            [place @ ("rules" | "companions" | "examples"), _, key, ..] => format!("{place}/0/{key}"),
            [key, ..] => (*key).to_owned(),
            [] => String::new(),
        }
    };
    changed(&read(from), &read(to)).into_iter().map(by_key).collect()
}

#[test]
fn every_key_of_the_rules_file_has_a_row_or_decides_nothing_of_a_request() {
    let baseline = Baseline::new();
    let rules = baseline.rules();
    let mut forged = BTreeSet::new();
    for row in catalog::forged_catalog_and_rules() {
        if let Forge::Rules(from, to) = row.forge {
            forged.extend(changed_keys(&rules, &rules.replace(from, to)));
        }
    }
    for twin in twins::twins() {
        forged.extend(changed_keys(&twin.good_rules(&rules), &twin.forged_rules(&rules)));
    }
    let known = known_keys();
    let idle: BTreeSet<&str> = OTHER_KEYS.iter().map(|(key, _)| *key).collect();
    let missing: Vec<&String> =
        known.iter().filter(|key| !forged.contains(*key) && !idle.contains(key.as_str())).collect();
    assert_eq!(missing, [""; 0], "keys without a row");
    let stale: Vec<&str> = idle.iter().copied().filter(|key| !known.contains(*key) || forged.contains(*key)).collect();
    assert_eq!(stale, [""; 0], "keys that are none, or have a row");
}
