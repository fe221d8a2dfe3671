//! What is told where there is no installation of the prefix that is named.

use crate::installed::{Installed, REPOSITORY};

#[test]
fn every_command_that_reads_an_installation_says_how_to_name_another_one() {
    let installed = Installed::new();
    let grant = "Permission-r_k86OUzq80jRlxFV0";
    let repository = ["--repository", REPOSITORY];
    let arn = "arn:aws:s3:::my-s3-bucket";
    let commands: Vec<Vec<&str>> = vec![
        vec!["list"],
        vec!["show", grant],
        vec!["request", "--resource", arn, "--permission", "s3:PutObject"],
        vec!["extend", grant],
        vec!["return", grant],
        vec!["revoke", grant],
        vec!["revoke", "--requester", "dana@acme.example"],
        vec!["revoke", "--resource", arn],
        vec!["seed", "--samples", "--yes"],
        vec!["audit", "export"],
        [&["sweep"], &repository[..]].concat(),
        [&["rotate"], &repository[..]].concat(),
    ];
    let mut silent = Vec::new();
    for command in commands {
        let ran = installed.harness.run(&[&command[..], &["--prefix", "nope"]].concat());
        let told = format!("{}{}", ran.stdout, ran.stderr);
        if ran.exit_code == 0 || !told.contains("--prefix tells which one is meant") {
            silent.push(command.join(" "));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}
