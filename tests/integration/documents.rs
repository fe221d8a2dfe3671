//! The commands that the documents show are commands of this program.

use clap::Parser as _;
use clap::error::ErrorKind;
use port_iam::cli::Cli;

const DOCUMENTS: [(&str, &str); 4] = [
    ("README.md", include_str!("../../README.md")),
    ("ARCHITECTURE.md", include_str!("../../ARCHITECTURE.md")),
    ("CONTRIBUTING.md", include_str!("../../CONTRIBUTING.md")),
    ("CHANGELOG.md", include_str!("../../CHANGELOG.md")),
];

/// Returns the commands of a document: lines of code blocks, and what stands in backticks.
fn commands(text: &str) -> Vec<String> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push(line.to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let command = |line: String| {
        line.trim().replace("cargo run -- ", "port-iam ").split(" #").next().map(|line| line.trim().to_owned())
    };
    found.into_iter().filter_map(command).filter(|line| line.starts_with("port-iam ")).collect()
}

/// Splits a command at its blanks; what stands in double quotes is one word.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_of_the_documents_is_one_of_this_program() {
    let mut shown = 0;
    for (name, text) in DOCUMENTS {
        for command in commands(text) {
            shown += 1;
            if let Err(error) = Cli::try_parse_from(words(&command)) {
                // A command that is only named is not shown with its arguments.
                let named = error.kind() == ErrorKind::MissingRequiredArgument && words(&command).len() == 2;
                assert!(named, "{name}: `{command}`: {error}");
            }
        }
    }
    assert!(shown > 10, "only {shown} commands were found");
}

#[test]
fn a_document_s_command_that_does_not_exist_would_be_noticed() {
    assert_eq!(
        commands("x `port-iam init --yes` y\n```sh\nport-iam seed  # samples\n```"),
        ["port-iam init --yes", "port-iam seed"]
    );
    assert!(Cli::try_parse_from(words("port-iam frobnicate")).is_err());
    assert_eq!(words("port-iam request --reason \"a b\""), ["port-iam", "request", "--reason", "a b"]);
}
