//! Whether and how what people read is coloured. It says the same without.

use crate::config::variables::{CLICOLOR_FORCE, FORCE_COLOR, NO_COLOR, TERM};
use crate::world::World;

/// What the caller says about colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// Where they are seen: on a terminal, and in the log of a workflow.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// Returns whether a stream is coloured: NO_COLOR comes first (no-color.org), then the flag, then FORCE_COLOR and
/// CLICOLOR_FORCE (bixense.com/clicolors), then what the stream is.
pub fn is_colored(world: &World, choice: ColorChoice, is_terminal: bool) -> bool {
    if world.variable(NO_COLOR).is_some() {
        return false;
    }
    let is_forced =
        || [FORCE_COLOR, CLICOLOR_FORCE].iter().any(|name| world.variable(name).is_some_and(|it| it != "0"));
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        // GitHub shows ANSI colours in the log of a job.
        ColorChoice::Auto => {
            is_forced() || world.is_in_actions() || is_terminal && world.variable(TERM) != Some("dumb")
        }
    }
}

/// A colour, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// What is wrong or goes away.
    Red,
    /// What comes.
    Green,
    /// What changes or should be looked at.
    Yellow,
    /// What can be done.
    Cyan,
}

impl Color {
    /// Returns `text` in this colour (ECMA-48, "Select Graphic Rendition").
    pub(crate) fn paint(self, text: &str) -> String {
        let number = match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Cyan => 36,
        };
        format!("\u{1b}[1;{number}m{text}\u{1b}[0m")
    }
}

/// Returns lines with the marks of a plan painted: what comes, what changes, what goes, what should be looked at.
pub(crate) fn with_marks(lines: &str) -> String {
    let line = |line: &str| {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let color = match rest.get(..2) {
            Some("+ ") => Color::Green,
            Some("~ ") => Color::Yellow,
            Some("- " | "! ") => Color::Red,
            _ => return line.to_owned(),
        };
        format!("{indent}{}{}", color.paint(&rest[..1]), &rest[1..])
    };
    lines.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Returns lines with each of these words painted where a line begins or ends with it.
pub(crate) fn with_words(lines: &str, words: &[(&str, Color)]) -> String {
    let line = |line: &str| {
        for (word, color) in words {
            if let Some(rest) = line.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
                return format!("{}{rest}", color.paint(word));
            }
            if let Some(rest) = line.strip_suffix(word).filter(|rest| rest.ends_with(' ')) {
                return format!("{rest}{}", color.paint(word));
            }
        }
        line.to_owned()
    };
    lines.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Sink;

    fn decided(variables: &[(&str, &str)], choice: ColorChoice, is_terminal: bool) -> bool {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sink = || Sink::new(std::io::sink());
        is_colored(&World::isolated(environment, "port-iam".into(), sink(), sink()), choice, is_terminal)
    }

    #[test]
    fn the_first_that_says_something_about_colours_decides() {
        use ColorChoice::{Always, Auto, Never};
        for (variables, choice, is_terminal, expected) in [
            (&[][..], Auto, false, false),
            (&[], Auto, true, true),
            (&[("TERM", "dumb")], Auto, true, false),
            (&[("GITHUB_ACTIONS", "true")], Auto, false, true),
            (&[("FORCE_COLOR", "1")], Auto, false, true),
            (&[("CLICOLOR_FORCE", "1")], Auto, false, true),
            (&[("FORCE_COLOR", "0")], Auto, false, false),
            (&[("FORCE_COLOR", "1"), ("GITHUB_ACTIONS", "true")], Never, true, false),
            (&[], Always, false, true),
            (&[("NO_COLOR", "")], Always, false, true),
            (&[("NO_COLOR", "1"), ("FORCE_COLOR", "1"), ("GITHUB_ACTIONS", "true")], Always, true, false),
        ] {
            assert_eq!(decided(variables, choice, is_terminal), expected, "{variables:?} {choice:?} {is_terminal}");
        }
    }

    #[test]
    fn a_word_is_painted_where_it_begins_or_ends_a_line_and_nowhere_else() {
        let words = [("ok", Color::Green), ("live", Color::Green)];
        let painted = with_words("ok       look: live or not\nokay\na  live\nalive\nok", &words);
        let ok = Color::Green.paint("ok");
        let live = Color::Green.paint("live");
        assert_eq!(painted, format!("{ok}       look: live or not\nokay\na  {live}\nalive\n{ok}"));
    }

    #[test]
    fn painting_changes_nothing_that_can_be_read() {
        let plan = "+ Port   blueprint x\n      + property y\n~ a\n- b\n! c\n= kept\n+\nnone + there\n";
        let painted = with_marks(plan);
        assert_eq!(painted.matches("\u{1b}[1;").count(), 5, "{painted:?}");
        let plain = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        assert_eq!(plain.replace_all(&painted, ""), plan);
    }
}
