//! The first rule of a rules file, to be shown as it stands.

/// Returns the lines of the first rule, without comments that stand on a line of their own; none when there is none.
pub(super) fn first_rule(file: &str) -> Option<String> {
    let mut lines = file.lines().skip_while(|line| line.trim_end() != "rules:").skip(1);
    let is_text = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let first = lines.by_ref().find(is_text).filter(|line| line.trim_start().starts_with("- "))?;
    let depth = first.len() - first.trim_start().len();
    let deeper = |line: &&str| line.len() - line.trim_start().len() > depth;
    let rest = lines.filter(is_text).take_while(deeper);
    Some(std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::first_rule;

    #[test]
    fn the_first_rule_ends_where_the_second_begins() {
        let file = "version: 1\nrules:\n  # why\n  - name: one\n    actions: [a]\n\n    # more\n    longest-duration: 1h\n  - name: two\n    actions: [b]\n";
        assert_eq!(first_rule(file).unwrap(), "  - name: one\n    actions: [a]\n    longest-duration: 1h");
    }

    #[test]
    fn a_file_without_rules_has_no_first_rule() {
        for file in ["", "rules: []\n", "rules:\n", "rules:\nversion: 1\n"] {
            assert_eq!(first_rule(file), None, "{file:?}");
        }
    }
}
