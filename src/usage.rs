//! A command line that cannot be read, for machines: the form that was asked for has to be looked for beside the mistake.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::report::Output;

const HELP: &str = "`port-iam --help` tells which commands there are";

/// Returns the form of the result that a command line asks for, as far as it can be read. Where a program reads the
/// result, what is wrong is told on standard error alone.
pub(crate) fn output(arguments: &[OsString]) -> Output {
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let beside = texts.windows(2).filter(|pair| pair[0] == "--output").map(|pair| pair[1]);
    let joined = texts.iter().filter_map(|text| text.strip_prefix("--output="));
    let is_json = beside.chain(joined).any(|form| form == "json");
    if is_json && !answers_a_program(&texts) { Output::Json } else { Output::Text }
}

/// Returns whether the command is one whose standard output another program reads.
fn answers_a_program(texts: &[&str]) -> bool {
    let cli = Cli::command();
    let is_value = |index: usize| index > 0 && ["--prefix", "--color", "--output"].contains(&texts[index - 1]);
    let named = (1..texts.len()).find(|&index| !is_value(index) && cli.find_subcommand(texts[index]).is_some());
    named.is_some_and(|index| texts[index] == "credentials")
}

/// Returns what is wrong with the command line: what clap says before it tells the usage, and what it says to do about it.
pub(crate) fn failure(error: &clap::Error) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("a command is missing").hint(HELP);
    }
    let text = error.render().to_string();
    let (first, others) = text.split_once("\n\n").unwrap_or((&text, ""));
    let (lists, message): (Vec<&str>, Vec<&str>) = first.lines().map(str::trim).partition(|line| line.starts_with('['));
    let message = message.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let values = lists.into_iter().filter(|list| list.starts_with("[possible values: "));
    let values = values.map(|list| list.trim_matches(['[', ']']));
    let told = others.lines().map(str::trim);
    let told = told.filter_map(|line| ["tip: ", "For more information, "].iter().find_map(|it| line.strip_prefix(it)));
    let failure =
        values.chain(told.map(|line| line.trim_end_matches('.'))).fold(Failure::usage(message), Failure::hint);
    if failure.hints.is_empty() { failure.hint(HELP) } else { failure }
}
