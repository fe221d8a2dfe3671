//! Blocks of a workflow that are there under a condition.
//!
//! A block lies between the lines `# [if CONDITION]` and `# [end]`. Both are comments, so that the file in this
//! project is valid YAML and can be read as it is; there is no nesting and no `else`.

use super::AssetError;

/// The conditions of one rendering: name, and whether it holds.
pub(super) type Conditions<'a> = [(&'a str, bool)];

/// Returns `text`, which came from the file at `path`, without the marks and the blocks whose condition does not hold.
pub(super) fn choose(path: &str, text: &str, conditions: &Conditions<'_>) -> Result<String, AssetError> {
    let mut chosen = String::with_capacity(text.len());
    let mut open: Option<(usize, bool)> = None;
    for (index, line) in text.lines().enumerate() {
        let wrong = |problem: String| AssetError::Block { path: path.to_owned(), line: index + 1, problem };
        match (mark(line), open) {
            (Some(Mark::If(_)), Some((first, _))) => {
                return Err(wrong(format!("a block begins inside the one that began in line {first}")));
            }
            (Some(Mark::If(name)), None) => {
                let condition = conditions.iter().find(|(known, _)| *known == name);
                let (_, holds) = condition.ok_or_else(|| wrong(format!("there is no condition {name:?}")))?;
                open = Some((index + 1, *holds));
            }
            (Some(Mark::End), Some(_)) => open = None,
            (Some(Mark::End), None) => return Err(wrong("a block ends that did not begin".to_owned())),
            (Some(Mark::Unknown), _) => return Err(wrong("this is neither [if CONDITION] nor [end]".to_owned())),
            (None, Some((_, false))) => {}
            (None, _) => {
                chosen.push_str(line);
                chosen.push('\n');
            }
        }
    }
    match open {
        Some((line, _)) => {
            Err(AssetError::Block { path: path.to_owned(), line, problem: "this block does not end".to_owned() })
        }
        None => Ok(chosen),
    }
}

enum Mark<'a> {
    If(&'a str),
    End,
    /// A comment that begins with a bracket: most likely a misspelt mark, which must not keep its block in silence.
    Unknown,
}

fn mark(line: &str) -> Option<Mark<'_>> {
    let inner = line.trim().strip_prefix('#')?.trim_start().strip_prefix('[')?;
    Some(match inner.strip_suffix(']') {
        Some("end") => Mark::End,
        Some(inner) => inner.strip_prefix("if ").map_or(Mark::Unknown, Mark::If),
        None => Mark::Unknown,
    })
}
