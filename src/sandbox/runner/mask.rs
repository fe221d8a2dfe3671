//! Hides secrets in logs, and obeys `::add-mask::`.

/// The values that are shown as `***`.
#[derive(Clone, Default)]
pub(super) struct Masks {
    values: Vec<String>,
    /// Token that ends a `::stop-commands::`.
    stopped: Option<String>,
}

impl Masks {
    /// Hides `value` from now on, and each line of it.
    pub(super) fn add(&mut self, value: &str) {
        for part in std::iter::once(value).chain(value.lines()) {
            let part = part.trim();
            if !part.is_empty() && !self.values.iter().any(|known| known == part) {
                self.values.push(part.to_owned());
            }
        }
        // A value that contains another is hidden whole.
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// Returns `text` with every secret hidden.
    pub(super) fn hide(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| text.replace(value, "***"))
    }

    /// Returns the log of a step with secrets hidden; commands in it take effect from their line on.
    pub(super) fn log(&mut self, text: &str) -> String {
        let mut shown = String::new();
        for line in text.split_inclusive('\n') {
            self.obey(line.trim());
            shown.push_str(&self.hide(line));
        }
        shown
    }

    fn obey(&mut self, line: &str) {
        if let Some(token) = &self.stopped {
            if line == format!("::{token}::") {
                self.stopped = None;
            }
        } else if let Some(token) = line.strip_prefix("::stop-commands::") {
            self.stopped = Some(token.to_owned());
        } else if let Some(value) = line.strip_prefix("::add-mask::") {
            self.add(&value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Masks;

    #[test]
    fn secrets_and_masked_values_are_hidden() {
        let mut masks = Masks::default();
        masks.add("abc");
        let log = masks.log("abc and later\nlater is open\n::add-mask::later\nlater abcd\n");
        assert_eq!(log, "*** and later\nlater is open\n::add-mask::***\n*** ***d\n");
    }

    #[test]
    fn text_between_stop_commands_commands_nothing() {
        let mut masks = Masks::default();
        let log = masks.log("::stop-commands::t0\n::add-mask::plain\n::t0::\nplain\n");
        assert!(log.ends_with("\nplain\n"));
    }

    #[test]
    fn each_line_of_a_secret_is_hidden() {
        let mut masks = Masks::default();
        masks.add("first\nsecond");
        assert_eq!(masks.log("second, first\n"), "***, ***\n");
    }
}
