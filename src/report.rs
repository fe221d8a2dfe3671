//! What a command came to: for people as text, for machines as JSON of version 1.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::color::{self, Color};
use crate::domain::own_command::Invocation;
use crate::domain::printable::printable_lines;
use crate::failure::Failure;
use crate::ui::harmless;
use crate::world::World;

/// Members that tell the reader what to do.
const TOLD: [&str; 8] = ["hint", "hints", "remedy", "next", "command", "commands", "profile", "notes"];

/// Form of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For machines; the field `version` tells the form.
    Json,
    /// A page for a browser.
    #[cfg(feature = "full")]
    #[value(hide = true)]
    Html,
    /// A table for spreadsheets.
    #[cfg(feature = "full")]
    #[value(hide = true)]
    Csv,
    /// Markdown.
    #[cfg(feature = "full")]
    #[value(hide = true)]
    Md,
}

impl Output {
    /// Returns whether every command has this form; the others are documents, of which few commands make one.
    pub fn is_of_every_command(self) -> bool {
        matches!(self, Self::Text | Self::Json)
    }
}

/// The result of a command that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For people; printed without control characters.
    pub text: String,
    /// For machines; the field `version` is added.
    pub json: Value,
    /// Exit code: 0, or 3 when changes are pending.
    pub exit_code: u8,
    /// What of the text is coloured where colours are seen.
    paint: Paint,
}

/// What of a text is coloured. Most results are data, in which nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Paint {
    #[default]
    Nothing,
    /// The marks of a plan.
    Marks,
    /// These words where they begin or end a line, and the marks of a plan.
    Words(&'static [(&'static str, Color)]),
}

impl Report {
    /// Creates the report of something that is done.
    pub fn done(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, exit_code: 0, paint: Paint::Nothing }
    }

    /// Returns the same report, of which the marks of a plan are coloured.
    #[must_use]
    pub fn with_marks(self) -> Self {
        Self { paint: Paint::Marks, ..self }
    }

    /// Returns the same report, of which these words are coloured where they begin or end a line.
    #[must_use]
    pub fn with_words(self, words: &'static [(&'static str, Color)]) -> Self {
        Self { paint: Paint::Words(words), ..self }
    }

    /// Returns the same report with another exit code.
    #[must_use]
    pub fn with_exit_code(mut self, exit_code: u8) -> Self {
        self.exit_code = exit_code;
        self
    }

    /// Returns the same report, whose commands name the installation.
    #[must_use]
    pub fn completed(mut self, invocation: &Invocation) -> Self {
        self.text = invocation.completed(&self.text);
        complete(&mut self.json, false, invocation);
        self
    }

    /// Prints the report on standard output, in colours or without. JSON has none.
    pub fn print(&self, world: &World, output: Output, is_colored: bool) {
        match output {
            Output::Text if self.text.is_empty() => {}
            Output::Text => {
                // Some of it is what the catalog says.
                let text = printable_lines(self.text.trim_end());
                let text = if world.is_in_actions() { harmless(&text) } else { text };
                let text = match self.paint {
                    Paint::Marks if is_colored => color::with_marks(&text),
                    Paint::Words(words) if is_colored => color::with_words(&color::with_marks(&text), words),
                    _ => text,
                };
                world.stdout.write(&format!("{text}\n"));
            }
            // What is a script, a page or a schema is printed by its command, and stays what it is.
            Output::Json if self.json.is_null() => {}
            Output::Json => world.stdout.write(&format!("{:#}\n", versioned(&self.json))),
            // A document is written by the command that makes it, byte by byte.
            #[cfg(feature = "full")]
            Output::Html | Output::Csv | Output::Md => {}
        }
    }
}

/// Makes the commands whole in what tells the reader what to do; everything else is data.
fn complete(value: &mut Value, is_told: bool, invocation: &Invocation) {
    match value {
        Value::String(text) if is_told => *text = invocation.completed(text),
        Value::Array(values) => values.iter_mut().for_each(|value| complete(value, is_told, invocation)),
        Value::Object(members) => {
            members.iter_mut().for_each(|(key, value)| complete(value, TOLD.contains(&key.as_str()), invocation));
        }
        _ => {}
    }
}

/// Prints a failure for machines; people read it on standard error.
pub fn print_failure(world: &World, output: Output, failure: &Failure) {
    if output == Output::Json {
        let refusal = failure.refusal.as_ref();
        let error = json!({ "error": {
            "kind": failure.kind.heading(),
            "exit_code": failure.kind.exit_code(),
            "message": failure.message,
            "hints": failure.hints,
            "code": refusal.map(|refusal| refusal.code.as_str()),
            "field": refusal.map(|refusal| refusal.field),
            "call": failure.call.as_ref().map(|call| json!({
                "system": call.api.to_string(),
                "operation": call.operation,
                "status": call.status,
                "code": call.code,
                "request_id": call.request_id,
            })),
        }});
        world.stdout.write(&format!("{:#}\n", versioned(&error)));
    }
}

fn versioned(json: &Value) -> Value {
    let mut all = json!({ "version": 1 });
    if let (Some(all), Some(fields)) = (all.as_object_mut(), json.as_object()) {
        all.extend(fields.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::world::Sink;

    #[derive(Clone, Default)]
    struct Capture(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Capture {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn printed(text: &str, variables: &[(&str, &str)]) -> String {
        let stdout = Capture::default();
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (out, error) = (Sink::new(stdout.clone()), Sink::new(std::io::sink()));
        let world = World::isolated(environment, PathBuf::new(), out, error);
        Report::done(text, Value::Null).print(&world, Output::Text, false);
        String::from_utf8(stdout.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn what_the_catalog_says_drives_neither_a_terminal_nor_a_runner() {
        assert_eq!(printed("Sign in: https://x\u{1b}]0;owned\u{7}\nb", &[]), "Sign in: https://x]0;owned\nb\n");
        let in_actions = [("GITHUB_ACTIONS", "true")];
        assert_eq!(printed("a\n::set-output name=x::y", &in_actions), "a\n : :set-output name=x: :y\n");
    }
}
