//! Asks whoever sits in front of this process.

use secrecy::SecretString;

use super::Terminal;

/// The terminal that this process has, if it has one.
pub(super) struct SystemTerminal {
    /// Nobody sits in front of a job of a CI.
    pub(super) in_ci: bool,
}

impl Terminal for SystemTerminal {
    fn is_interactive(&self) -> bool {
        use std::io::IsTerminal as _;
        !self.in_ci && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    fn text(&self, question: &str) -> std::io::Result<String> {
        dialoguer::Input::new().with_prompt(question).interact_text().map_err(into_io)
    }

    fn optional_text(&self, question: &str) -> std::io::Result<Option<String>> {
        let input: dialoguer::Input<'_, String> = dialoguer::Input::new();
        let text = input.with_prompt(question).allow_empty(true).interact_text().map_err(into_io)?;
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    }

    fn text_or(&self, question: &str, default: &str) -> std::io::Result<String> {
        let input = dialoguer::Input::new().with_prompt(question).default(default.to_owned());
        input.interact_text().map_err(into_io)
    }

    fn choose(&self, question: &str, choices: &[&str]) -> std::io::Result<usize> {
        dialoguer::Select::new().with_prompt(question).items(choices).default(0).interact().map_err(into_io)
    }

    fn say(&self, sentence: &str) {
        // Whoever reads it has asked for it; a terminal that is gone has nobody to tell.
        _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("{}\n", crate::domain::printable::printable_lines(sentence)),
        );
    }

    fn secret(&self, question: &str) -> std::io::Result<SecretString> {
        dialoguer::Password::new().with_prompt(question).interact().map(SecretString::from).map_err(into_io)
    }

    fn confirm(&self, question: &str) -> std::io::Result<bool> {
        dialoguer::Confirm::new().with_prompt(question).default(false).interact().map_err(into_io)
    }
}

fn into_io(error: dialoguer::Error) -> std::io::Error {
    let dialoguer::Error::IO(error) = error;
    error
}
