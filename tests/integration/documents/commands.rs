//! Every command that a document names, in a block or in a sentence, is one of this program.

use clap::Parser as _;
use clap::error::ErrorKind;
use port_iam::cli::Cli;

use super::{documents, read};

/// Returns the commands of a document: lines of code blocks, and what stands in backticks.
fn commands(text: &str) -> Vec<String> {
    let (mut found, mut in_block) = (Vec::new(), false);
    // A command that goes on in the next line is one.
    for line in text.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push(line.to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let command = |line: String| {
        let line = line.trim().replace("cargo run -- ", "port-iam ");
        // What the shell does with it is not the program's: comments, and where the output goes.
        let line = [" #", " > ", " | "].iter().fold(line.as_str(), |line, end| line.split(end).next().unwrap());
        // Variables in front of a command are the shell's too.
        let line = line
            .split("port-iam ")
            .nth(1)
            .filter(|_| is_after_variables(line))
            .map(|_| format!("port-iam {}", line.split_once("port-iam ").unwrap().1));
        line.map(|line| line.trim().to_owned())
    };
    found.into_iter().filter_map(command).collect()
}

/// Returns whether nothing but `NAME=value` stands before the program's name.
fn is_after_variables(line: &str) -> bool {
    let before = line.split_once("port-iam ").map_or("", |(before, _)| before);
    (before.is_empty() || before.ends_with(' ')) && before.split_whitespace().all(|word| word.contains('='))
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
    for path in documents() {
        let name = path.display();
        for command in commands(&read(&path)) {
            shown += 1;
            if let Err(error) = Cli::try_parse_from(words(&command)) {
                // A command that is only named is not shown with its arguments.
                let named = error.kind() == ErrorKind::MissingRequiredArgument && words(&command).len() == 2;
                let is_help = matches!(
                    error.kind(),
                    // Clap tells help and version by an error.
                    ErrorKind::DisplayVersion
                        | ErrorKind::DisplayHelp
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                );
                assert!(named || is_help || is_usage(&command), "{name}: `{command}`: {error}");
            }
        }
    }
    assert!(shown > 100, "only {shown} commands were found");
}

/// The reference shows how each command is called, as the program's own help does.
fn is_usage(command: &str) -> bool {
    command.contains(['[', '<'])
}

#[test]
fn a_document_s_command_that_does_not_exist_would_be_noticed() {
    assert_eq!(
        commands("x `port-iam init --yes` y\n```sh\nport-iam seed  # samples\nA=b port-iam list \\\n  --live > f\n```"),
        ["port-iam init --yes", "port-iam seed", "port-iam list    --live"]
    );
    assert!(Cli::try_parse_from(words("port-iam frobnicate")).is_err());
    assert_eq!(words("port-iam request --reason \"a b\""), ["port-iam", "request", "--reason", "a b"]);
}
