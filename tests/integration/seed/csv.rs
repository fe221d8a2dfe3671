//! Files that a spreadsheet writes.

use port_iam::sandbox::request_log::Api;

use super::{BUCKET, catalog, own};
use crate::harness::Harness;

#[test]
fn a_table_says_what_a_yaml_file_does() {
    let harness = Harness::with_blueprints();
    let text = format!(
        "identifier,title,resource_type\r\n{BUCKET},\"Reports, \"\"monthly\"\"\",S3\r\n\r\n arn:aws:s3:::plain ,,\r\ns3:GetObject,,S3\r\n,,\r\n"
    );
    let file = harness.file("catalog.csv", &text);
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(
        catalog(&harness, "aws_resource"),
        own(&[[BUCKET, "Reports, \"monthly\"", "S3"], ["arn:aws:s3:::plain", "", "S3"]])
    );
    assert_eq!(catalog(&harness, "iam_permissions"), own(&[["s3:GetObject", "s3:GetObject", "S3"]]));
    let since = harness.sandbox.log.len();
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn a_table_without_its_ending_is_known_by_its_first_line() {
    let harness = Harness::with_blueprints();
    let file = harness.file("buckets", "identifier\narn:aws:s3:::b\n");
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(catalog(&harness, "aws_resource").len(), 1);
}

#[test]
fn every_mistake_of_a_table_is_told_with_its_line_and_nothing_is_written() {
    let harness = Harness::with_blueprints();
    let text = "identifier,title\n\narn:aws:s3:::a,\"A\nB\"\narn:aws:s3:::b,B,S3\n,No name\narn:aws:s3:::c,\narn:aws:s3:::c,\ns3:*,\n\"arn:aws:s3:::d,D\n";
    let file = harness.file("wrong.csv", text);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(2);
    for (line, words) in [
        (3, "holds a control character"),
        (5, "the line has 3 fields, and the first line names 2"),
        (6, "the entry has no `identifier`"),
        (8, "`arn:aws:s3:::c` is named a second time"),
        (9, "`s3:*` holds a wildcard"),
        (10, "never closed"),
    ] {
        let told = ran.stderr.lines().any(|told| told.contains(&format!("{file}:{line}: ")) && told.contains(words));
        assert!(told, "no {words:?} for line {line} in\n{}", ran.stderr);
    }
    assert!(ran.stderr.contains("6 mistakes"), "{}", ran.stderr);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn a_column_that_nobody_knows_is_a_mistake_and_so_is_a_missing_or_repeated_one() {
    let harness = Harness::with_blueprints();
    for (text, words) in [
        ("identifier,colour\n", "column `colour` is not known here"),
        ("identifier;title\n", "separated by commas"),
        ("identifier,title,title\n", "column `title` is there a second time"),
        ("title,resource_type\n", "no column `identifier`"),
        ("", "the file is empty"),
    ] {
        let file = harness.file("wrong.csv", text);
        let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(2);
        assert!(ran.stderr.contains("wrong.csv:1: ") && ran.stderr.contains(words), "{text:?}: {}", ran.stderr);
    }
}
