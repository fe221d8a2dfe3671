//! A value of the rules file that has another form than its key wants, in words of the file. The parser tells the place alone.

/// Returns what is wrong at a place, counted from 1, where the parser `expected` another form; none where it is not about
/// one.
pub(super) fn told(file: &str, line: u64, column: u64, expected: &str) -> Option<String> {
    let (of_key, here) = match expected {
        "sequence start" => ("must be a list, such as [\"*\"]", "a list is expected here, such as [\"*\"]"),
        "mapping start" => ("must hold keys and values, such as {key: value}", "keys and values are expected here"),
        "string scalar" => {
            ("must be a single value, such as a word", "a single value is expected here, such as a word")
        }
        _ => return None,
    };
    Some(key(file, line, column).map_or_else(|| here.to_owned(), |key| format!("`{key}` {of_key}")))
}

/// Returns the key whose value begins at a place: what stands before it in its line, or, where nothing does, in the last
/// line before that stands further out.
fn key(file: &str, line: u64, column: u64) -> Option<&str> {
    let (line, column) = (usize::try_from(line).ok()?, usize::try_from(column).ok()?);
    let lines: Vec<&str> = file.lines().take(line).collect();
    let (last, above) = lines.split_last().filter(|_| lines.len() == line)?;
    let end = last.char_indices().nth(column.checked_sub(1)?).map_or(last.len(), |(at, _)| at);
    let before = &last[..end];
    if !before.trim().is_empty() {
        return of_colon(before);
    }
    let is_empty = |text: &str| text.trim().is_empty() || text.trim_start().starts_with('#');
    let depth = |text: &str| text.len() - text.trim_start().len();
    let outer = above.iter().rev().find(|text| !is_empty(text) && depth(text) < before.len())?;
    of_colon(outer)
}

/// Returns the key at the end of a text, in front of its colon.
fn of_colon(text: &str) -> Option<&str> {
    let text = text.trim_end().strip_suffix(':')?;
    let key = text.rsplit(|character: char| !(character.is_ascii_alphanumeric() || "-_".contains(character))).next()?;
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_the_line_of_its_value_and_above_it() {
        let file = "version: 1\nrules:\n  # all\n  - name: x\n    requesters:\n      a: b\n  - {name: [, actions: [[\n";
        for (line, column, expected) in [
            (1, 10, Some("version")),
            (4, 11, Some("name")),
            (6, 7, Some("requesters")),
            (7, 12, Some("name")),
            (7, 25, None),
            (4, 5, None),
            (99, 1, None),
        ] {
            assert_eq!(key(file, line, column), expected, "{line}:{column}");
        }
        assert_eq!(key("rules:\nx: 1\n", 2, 1), None);
        assert_eq!(key("\u{e4}\u{e4}: [", 1, 5), None);
    }

    #[test]
    fn a_form_that_is_not_known_is_left_to_the_parser() {
        assert_eq!(told("a: b", 1, 4, "sequence end"), None);
        assert_eq!(told("a: b", 1, 4, "sequence start").unwrap(), "`a` must be a list, such as [\"*\"]");
    }
}
