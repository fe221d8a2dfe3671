//! The pages of the reference that are made from the code: commands with their options, and variables.
//!
//! After a wanted change: `PORT_IAM_WRITE_GOLDEN=1 cargo test --lib golden`, and read the difference.

#![expect(clippy::unwrap_used, reason = "in a test it is an assertion")]

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use crate::config::variables;

const MADE: &str = "<!-- Made from the code by `PORT_IAM_WRITE_GOLDEN=1 cargo test --lib golden`. -->\n";
const WIDTH: usize = 120;
/// What clap adds to every command, and what is said once.
const OF_EVERY_COMMAND: [&str; 7] = ["help", "version", "output", "quiet", "verbose", "color", "prefix"];

/// Returns the text of help as Markdown takes it: nothing of it is markup but what stands in backticks.
fn plain(text: &str) -> String {
    let quote = |(at, part): (usize, &str)| {
        if at % 2 == 1 { format!("`{part}`") } else { part.replace('<', "\\<").replace('*', "\\*") }
    };
    text.split('`').enumerate().map(quote).collect()
}

/// Breaks a paragraph into lines that begin with `indent`.
fn wrapped(text: &str, first: &str, indent: &str) -> String {
    let (mut lines, mut line) = (Vec::new(), first.to_owned());
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    format!("{}\n", lines.join("\n"))
}

/// Returns paragraphs as Markdown; what is indented in the help is an example.
fn paragraphs(text: &str) -> String {
    let paragraph = |part: &str| {
        if part.lines().all(|line| line.starts_with("  ")) {
            format!("```text\n{part}\n```\n")
        } else {
            wrapped(&plain(part), "", "")
        }
    };
    text.trim_matches('\n').split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n")
}

/// Returns one argument: how it is written, what it does, its values and its default.
fn argument(argument: &Arg) -> String {
    let value = || {
        let names: Vec<String> =
            argument.get_value_names().unwrap_or_default().iter().map(|name| format!("<{name}>")).collect();
        names.join(" ")
    };
    let written = match argument.get_long() {
        Some(long) if argument.get_action().takes_values() => format!("--{long} {}", value()),
        Some(long) => format!("--{long}"),
        None => value(),
    };
    let written = argument.get_short().map_or_else(|| written.clone(), |short| format!("-{short}, {written}"));
    let required = if argument.is_required_set() { " (required)" } else { "" };
    let help = argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let default: Vec<_> = argument.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
    let default = if default.is_empty() || !argument.get_action().takes_values() {
        String::new()
    } else {
        format!(" Default: `{}`.", default.join(" "))
    };
    let help = help.split("\n\n").map(|part| part.trim_end_matches('.')).collect::<Vec<_>>().join(". ");
    let text = format!("`{written}`{required}: {}.{default}", plain(&help));
    let mut lines = wrapped(&text, "* ", "  ");
    if argument.get_action().takes_values() {
        for value in argument.get_possible_values().iter().filter(|value| !value.is_hide_set()) {
            let help = value.get_help().map(|help| format!(": {}", plain(&help.to_string()))).unwrap_or_default();
            lines.push_str(&wrapped(&format!("`{}`{help}", value.get_name()), "  * ", "    "));
        }
    }
    lines
}

fn list<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    arguments.map(argument).collect()
}

/// Returns the section of a command and those of what is below it.
fn section(command: &mut Command, path: &str) -> String {
    let mut text = format!("\n## {path}\n\n");
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    let about = if about.ends_with('.') { about } else { format!("{about}.") };
    text.push_str(&paragraphs(&about));
    let usage = command.render_usage().to_string();
    text.push_str(&format!("\n```text\n  {}\n```\n", usage.trim_start_matches("Usage: ").replace("\n       ", "\n  ")));
    let own = |argument: &&Arg| !argument.is_hide_set() && !OF_EVERY_COMMAND.contains(&argument.get_id().as_str());
    let arguments = list(command.get_arguments().filter(own));
    if !arguments.is_empty() {
        text.push_str(&format!("\n{arguments}"));
    }
    if let Some(more) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        text.push_str(&format!("\n{}", paragraphs(&more.to_string())));
    }
    for below in command.get_subcommands_mut().filter(|below| !below.is_hide_set()) {
        let path = format!("{path} {}", below.get_name());
        text.push_str(&section(below, &path));
    }
    text
}

fn commands() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = format!("# Commands\n\n{MADE}\n");
    text.push_str(
        "What each command does, with every option. Its `--help` says the same.\n\nOptions of every command:\n\n",
    );
    text.push_str(&list(root.get_arguments().filter(|it| OF_EVERY_COMMAND.contains(&it.get_id().as_str()))));
    for command in root.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
        let path = format!("port-iam {}", command.get_name());
        text.push_str(&section(command, &path));
    }
    text
}

fn environment() -> String {
    let mut text = format!("# Environment variables\n\n{MADE}\n");
    text.push_str(
        "An option comes before a variable, and a variable before a file of another tool. An empty one counts as not \
         set.\n\nWhat agrees to a change has no variable on purpose, and is said each time: `--adopt`, `--force`, `--upgrade`, \
         `--downgrade`,\n`--rotate-secrets`, `--writers-are-admins`, `--aws-setup` and `--yes`. Nor has what names a part of one \
         run: `--only`.\n\nAWS is where `AWS_ENDPOINT_URL` says, else where the AWS profile that brings the credentials says \
         (`endpoint_url`): at an https address, or\non this machine. An address of a single service, in a variable such as \
         `AWS_ENDPOINT_URL_IAM` or under `services` of the profile, takes no\npart: a warning names it. The AWS SDK alone \
         asks where those of STS and of single sign-on say, for the credentials of a profile.\n\n| variable | meaning |\n| --- | --- |\n",
    );
    for variable in variables::ALL {
        text.push_str(&format!("| `{}` | {} |\n", variable.name, variable.meaning));
    }
    text
}

fn is_golden(name: &str, text: &str) {
    let path = format!("{}/docs/reference/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("PORT_IAM_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(expected.lines()).position(|(one, other)| one != other);
    let differs = differs.or_else(|| (text != expected).then_some(text.lines().count().min(expected.lines().count())));
    assert_eq!(differs.map(|line| line + 1), None, "the first line of {path} that differs");
}

#[test]
fn the_reference_of_commands_is_the_golden_page() {
    is_golden("commands.md", &commands());
}

#[test]
fn the_reference_of_variables_is_the_golden_page() {
    is_golden("environment.md", &environment());
}

#[test]
fn the_page_of_exit_codes_has_each_of_them_and_no_other() {
    use crate::failure::FailureKind::{ChangesPending, Failed, Interrupted, LoginNeeded, Refused, Terminated, Usage};
    let page = std::fs::read_to_string(format!("{}/docs/reference/exit-codes.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let told: Vec<u8> = first_cells.flat_map(|cell| cell.split(", ")).filter_map(|code| code.parse().ok()).collect();
    let kinds = [Failed, Usage, ChangesPending, LoginNeeded, Refused, Interrupted, Terminated];
    let known: Vec<u8> = std::iter::once(0).chain(kinds.map(|kind| kind.exit_code())).collect();
    assert_eq!(told, known);
}

#[test]
fn help_is_no_markup() {
    assert_eq!(plain("a <b> `c <d> *` *"), "a \\<b> `c <d> *` \\*");
    assert_eq!(wrapped("a b", "* ", "  "), "* a b\n");
    assert_eq!(paragraphs("one\n\n  port-iam list\n"), "one\n\n```text\n  port-iam list\n```\n");
}
