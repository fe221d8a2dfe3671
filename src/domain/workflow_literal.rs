//! What a workflow of ours sets a variable to.

/// Returns what a reviewed workflow sets a variable to, where that is a literal, and the same wherever its lines say it.
pub fn literal(text: &str, name: &str) -> Option<String> {
    let said = text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    let mut values = said.map(|value| value.trim().trim_matches(['"', '\'']));
    let value = values.next()?;
    if values.any(|other| other != value) {
        return None;
    }
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-:/".contains(character);
    (!value.is_empty() && value.chars().all(is_plain)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_read_and_an_expression_is_not() {
        let text = "env:\n  AWS_ACCOUNT_ID: \"123456789012\"\n  RUNTIME_TAG: v1\n  OTHER: ${{ vars.OTHER }}\n";
        assert_eq!(literal(text, "AWS_ACCOUNT_ID").as_deref(), Some("123456789012"));
        assert_eq!(literal(text, "RUNTIME_TAG").as_deref(), Some("v1"));
        assert_eq!((literal(text, "OTHER"), literal(text, "RUNTIME")), (None, None));
    }

    #[test]
    fn what_is_said_twice_in_two_ways_is_not_known() {
        assert_eq!(literal("A: 1\nA: \"1\"\n", "A").as_deref(), Some("1"));
        for text in ["A: 1\nA: 2\n", "A: 1\nA: ${{ vars.A }}\n"] {
            assert_eq!(literal(text, "A"), None, "{text}");
        }
    }
}
