//! What a step writes into `$GITHUB_OUTPUT` and `$GITHUB_ENV`: `NAME=value` lines, or `NAME<<DELIMITER` blocks.

use std::collections::BTreeMap;

/// Parses such a file, or says which line has no form.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        let is_block = heredoc.is_some_and(|heredoc| equals.is_none_or(|equals| heredoc < equals));
        let separator = if is_block { "<<" } else { "=" };
        let (name, rest) = line
            .split_once(separator)
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| format!("Invalid format '{line}'"))?;
        let value = if is_block {
            let mut value = Vec::new();
            loop {
                match lines.next() {
                    Some(line) if line == rest => break,
                    Some(line) => value.push(line),
                    None => return Err(format!("Matching delimiter not found '{rest}'")),
                }
            }
            value.join("\n")
        } else {
            rest.to_owned()
        };
        found.insert(name.to_owned(), value);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines_and_blocks_are_read() {
        let found = parse("a=1=2\nb<<END\nx=y\n\nz\nEND\n").unwrap();
        assert_eq!(found["a"], "1=2");
        assert_eq!(found["b"], "x=y\n\nz");
    }

    #[test]
    fn a_line_without_a_form_is_refused() {
        assert_eq!(parse("nothing").unwrap_err(), "Invalid format 'nothing'");
        assert_eq!(parse("a<<END\nx").unwrap_err(), "Matching delimiter not found 'END'");
    }
}
