//! Every command that a document names, in a block or in a sentence, is one of this program, and is run with its flags.

use std::collections::BTreeSet;

use clap::Parser as _;
use clap::error::ErrorKind;
use port_iam::cli::Cli;

use super::{documents, files, name_of, read, root};

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a block, which is run if it is one of commands.
    Block,
    Sentence,
}

/// Returns the commands of a document: lines of code blocks, and what stands in backticks.
fn commands(text: &str) -> Vec<String> {
    [Place::Block, Place::Sentence].into_iter().flat_map(|place| commands_in(text, place)).collect()
}

/// Returns the commands in such places.
fn commands_in(text: &str, place: Place) -> Vec<String> {
    let (mut found, mut in_block) = (Vec::new(), false);
    // A command that goes on in the next line is one.
    for line in text.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block && place == Place::Block {
            found.push(line.to_owned());
        } else if !in_block && place == Place::Sentence {
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

/// Returns whether nothing but `NAME=value`, or the loading of variables, stands before the program's name.
fn is_after_variables(line: &str) -> bool {
    let before = line.split_once("port-iam ").map_or("", |(before, _)| before);
    let before = before.rsplit(" && ").next().unwrap_or_default();
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
        ["port-iam seed", "port-iam list    --live", "port-iam init --yes"]
    );
    assert!(Cli::try_parse_from(words("port-iam frobnicate")).is_err());
    assert_eq!(words("port-iam request --reason \"a b\""), ["port-iam", "request", "--reason", "a b"]);
}

/// Returns the command of a line and each flag that it is shown with: `("seed", "--samples")`.
fn flags(command: &str) -> Vec<(String, String)> {
    let words = words(command);
    let is_name = |word: &&String| word.starts_with(|it: char| it.is_ascii_lowercase()) && !word.contains([':', '.']);
    let name = words.iter().skip(1).find(is_name).cloned().unwrap_or_default();
    let flags = words.iter().filter(|word| word.starts_with("--"));
    flags.map(|flag| (name.clone(), flag.split('=').next().unwrap().to_owned())).collect()
}

/// Returns whether the code of a test runs a command with a flag: both stand in it as words of strings.
fn is_run_by(code: &str, (name, flag): &(String, String)) -> bool {
    let is_word = |word: &str| {
        let around = |at: usize| (code[..at].chars().next_back(), code[at + word.len()..].chars().next());
        let is_end = |it: Option<char>| it.is_some_and(|it| it == '"' || it == ' ');
        code.match_indices(word).any(|(at, _)| is_end(around(at).0) && is_end(around(at).1))
    };
    is_word(flag) && is_word(name)
}

/// What stands in a sentence is read by no shell of a test: some block or some test has to run the same.
#[test]
fn every_command_in_a_sentence_is_run_with_its_flags_by_a_block_or_by_a_test() {
    let shown =
        |path: &std::path::PathBuf| !path.ends_with("docs/reference/commands.md") && !path.ends_with("CHANGELOG.md");
    let pages: Vec<_> = documents().into_iter().filter(shown).map(|path| (name_of(&path), read(&path))).collect();
    let run: BTreeSet<_> =
        pages.iter().flat_map(|(_, text)| commands_in(text, Place::Block)).flat_map(|line| flags(&line)).collect();
    let tests: Vec<String> = files(&root().join("tests/integration"), "rs").iter().map(|path| read(path)).collect();
    let (mut looked_at, mut never) = (0, Vec::new());
    for (page, text) in &pages {
        for command in commands_in(text, Place::Sentence).into_iter().filter(|command| !is_usage(command)) {
            for pair in flags(&command) {
                looked_at += 1;
                if !run.contains(&pair) && !tests.iter().any(|code| is_run_by(code, &pair)) {
                    never.push(format!("{page}: `{command}` ({})", pair.1));
                }
            }
        }
    }
    assert!(looked_at > 15, "only {looked_at} flags were found");
    assert!(never.is_empty(), "put them into a block, which is run: {never:#?}");
}

#[test]
fn a_flag_that_only_a_sentence_shows_would_be_noticed() {
    let pair = |name: &str, flag: &str| (name.to_owned(), flag.to_owned());
    assert_eq!(flags("port-iam aws granter --partition aws-us-gov"), [pair("aws", "--partition")]);
    assert_eq!(flags("port-iam --prefix=dev init --yes"), [pair("init", "--prefix"), pair("init", "--yes")]);
    assert!(is_run_by(r#"run(&["demo", "--keep"])"#, &pair("demo", "--keep")));
    assert!(!is_run_by(r#"run(&["demo", "--keep-in-step"])"#, &pair("demo", "--keep")));
    assert!(!is_run_by(r#"run(&["seed", "--keep"])"#, &pair("demo", "--keep")));
}
