//! What people are told while something happens: on stderr, or as workflow commands inside Actions.

use crate::color::{Color, with_marks};
use crate::domain::printable::printable_lines;
use crate::failure::Failure;
use crate::world::{Sink, World};

/// Tells people what happens.
#[derive(Clone)]
pub struct Ui {
    world: World,
    quiet: bool,
    is_colored: bool,
    is_beside_document: bool,
}

impl Ui {
    /// Creates it for these surroundings; `quiet` leaves only warnings and errors.
    pub fn new(world: &World, quiet: bool) -> Self {
        Self { world: world.clone(), quiet, is_colored: false, is_beside_document: false }
    }

    /// Returns the same with colours, or without.
    #[must_use]
    pub fn colored(mut self, is_colored: bool) -> Self {
        self.is_colored = is_colored;
        self
    }

    /// Returns the same where standard output is a document.
    #[must_use]
    pub fn beside_document(mut self, is_beside_document: bool) -> Self {
        self.is_beside_document = is_beside_document;
        self
    }

    /// Tells a step, a fact or a hint. Everything that is not printable is left out.
    pub fn status(&self, sentence: &str) {
        if !self.quiet {
            self.line(&printable_lines(sentence));
        }
    }

    /// Tells what no further look shows again, to somebody who asked for quiet as well.
    pub fn parting(&self, sentence: &str) {
        self.line(&printable_lines(sentence));
    }

    /// Shows on the terminal's last line how far something is, in the place of what was shown there before. `is_over`
    /// leaves it standing.
    pub fn bar(&self, text: &str, is_over: bool) {
        if !self.quiet {
            let end = if is_over { "\n" } else { "" };
            // Erase in line (ECMA-48): what was longer goes.
            self.world.stderr.write(&format!("\r{}\u{1b}[K{end}", printable_lines(text)));
        }
    }

    /// Tells what should be looked at, although the work goes on.
    pub fn warning(&self, sentence: &str) {
        if self.world.is_in_actions() {
            self.stream().write(&format!("::warning::{}\n", command_data(&printable_lines(sentence))));
        } else {
            let heading = self.painted(Color::Yellow, "warning:");
            self.world.stderr.write(&format!("{heading} {}\n", printable_lines(sentence)));
        }
    }

    /// Tells a failure: once, with what to do next.
    pub fn failure(&self, failure: &Failure) {
        let heading = failure.kind.heading();
        let message = printable_lines(&failure.message);
        if self.world.is_in_actions() {
            let hints: String =
                failure.hints.iter().map(|hint| format!("\nWhat to do: {}", printable_lines(hint))).collect();
            let data = command_data(&format!("{message}{hints}"));
            self.stream()
                .write(&format!("::error title={}::{data}\n", command_property(&format!("port-iam: {heading}"))));
            return;
        }
        let heading = self.painted(Color::Red, &format!("{heading}:"));
        self.world.stderr.write(&format!("{heading} {message}\n"));
        for hint in &failure.hints {
            let heading = self.painted(Color::Cyan, "hint:");
            self.world.stderr.write(&format!("{heading} {}\n", printable_lines(hint)));
        }
    }

    /// Begins a group of lines, which the runner folds.
    pub fn group(&self, title: &str) {
        if self.world.is_in_actions() {
            self.world.stdout.write(&format!("::group::{}\n", command_data(&printable_lines(title))));
        }
    }

    /// Ends a group.
    pub fn end_group(&self) {
        if self.world.is_in_actions() {
            self.world.stdout.write("::endgroup::\n");
        }
    }

    fn line(&self, text: &str) {
        let text = if self.world.is_in_actions() { harmless(text) } else { text.to_owned() };
        let text = if self.is_colored { with_marks(&text) } else { text };
        self.stream().write(&format!("{text}\n"));
    }

    /// One stream keeps the order inside Actions, where both end up in one log anyway, unless standard output is a document,
    /// of which what is told would become a part: the runner reads commands on both (actions/runner, `ScriptHandler`).
    fn stream(&self) -> &Sink {
        let is_stdout = self.world.is_in_actions() && !self.is_beside_document;
        if is_stdout { &self.world.stdout } else { &self.world.stderr }
    }

    fn painted(&self, color: Color, text: &str) -> String {
        if self.is_colored { color.paint(text) } else { text.to_owned() }
    }
}

/// Returns `text` so that no line of it is a workflow command: neither `::name::` at its beginning, nor the runner's
/// older form `##[name]` anywhere in it (actions/runner, ActionCommand).
pub fn harmless(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace("##[", "## [");
        if line.trim_start().starts_with("::") { format!(" {}", line.replace("::", ": :")) } else { line }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Escapes the data of a workflow command (GitHub Docs, "Workflow commands").
pub fn command_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_ours_is_no_workflow_command_of_either_form() {
        assert_eq!(harmless("::error::a"), " : :error: :a");
        // The runner takes its older form anywhere in a line.
        assert_eq!(harmless("for a##[set-output name=role_arn]b@c"), "for a## [set-output name=role_arn]b@c");
        assert_eq!(harmless("a::b"), "a::b");
    }

    #[test]
    fn data_cannot_begin_a_new_command() {
        assert_eq!(command_data("a\n::add-mask::b%"), "a%0A::add-mask::b%25");
        assert_eq!(command_property("a:b,c"), "a%3Ab%2Cc");
    }
}
