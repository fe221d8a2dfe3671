//! An installation that was used, and a catalog that others have filled: what stays behind it is named, and nothing else.

use serde_json::{Value, json};

use super::NAMED;
use crate::harness::Harness;
use crate::installed::{Installed, REPOSITORY};

const THEIRS: &str = "arn:aws:s3:::theirs";

#[test]
fn of_an_installation_that_was_used_stay_the_records_and_what_others_have_put_into_its_catalog() {
    let harness = Harness::for_installation();
    let before = harness.sandbox.inventory();
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    let installed = Installed { harness };
    let harness = &installed.harness;
    harness.upsert("aws_resource", &json!({ "identifier": THEIRS, "properties": { "resource_type": "S3" } }));
    let grant = installed.granted().grant();
    installed.revoke(&installed.give_back(&grant)).exits(0);

    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    let left: Vec<Value> = ran.json()["left"].as_array().unwrap().iter().map(|left| left["subject"].clone()).collect();
    let record = format!(" permission_records {grant}");
    // What stands in Port afterwards, and what of the answer names it.
    let kept = [
        ("blueprint aws_resource", "blueprint aws_resource"),
        ("blueprint permission_records", "blueprint permission_records"),
        (record.as_str(), "blueprint permission_records"),
        (THEIRS, "blueprint aws_resource"),
    ];
    let is_named = |change: &String| {
        let of_port = kept.iter().filter(|(part, _)| change.starts_with("+ port ") && change.contains(part));
        let named = NAMED.iter().filter(|(begins, _)| change.starts_with(begins));
        // `init` made the repository.
        let of_github =
            change.contains(&format!(" github {REPOSITORY} ")).then_some("repository acme/port-iam-permissions");
        let by = named.chain(of_port).map(|(_, by)| *by).chain(of_github);
        by.into_iter().any(|by| left.iter().any(|subject| subject == by))
    };
    let changes = before.changes(&harness.sandbox.inventory());
    let unnamed: Vec<&String> = changes.iter().filter(|change| !is_named(change)).collect();
    assert!(unnamed.is_empty(), "{unnamed:#?} of {changes:#?}, left: {left:?}");
    for (part, _) in kept {
        assert!(changes.iter().any(|change| change.contains(part)), "{part}: {changes:#?}");
    }
}
