//! What separates two texts of a file, as lines to be shown.

use similar::TextDiff;

use super::entering::is_workflow;

/// So many lines of a difference are shown whatever they say; of a workflow all that are followed.
const MOST_LINES: usize = 60;

/// Returns what separates the text that is there from the one that shall be, line by line, without what is the same. What
/// GitHub or a shell would follow in a workflow is never cut: sixty comments before it would hide it.
pub(super) fn difference(path: &str, old: Option<&str>, new: &str) -> Vec<String> {
    let Some(old) = old else { return vec!["  it is no text".to_owned()] };
    let difference = TextDiff::from_lines(old, new);
    let unified = difference.unified_diff().context_radius(0).to_string();
    let mut lines: Vec<String> = unified.lines().map(|line| format!("  {line}")).collect();
    let beyond = lines.split_off(lines.len().min(MOST_LINES));
    let (told, cut): (Vec<String>, Vec<String>) =
        beyond.into_iter().partition(|line| is_workflow(path) && is_followed(line));
    lines.extend(told);
    if !cut.is_empty() {
        lines.push(format!("  … {} further lines", cut.len()));
    }
    lines
}

/// Returns whether a line of a difference is neither empty nor a comment, nor the head of a part.
fn is_followed(line: &str) -> bool {
    let text = line.strip_prefix("  +").or_else(|| line.strip_prefix("  -")).unwrap_or_default().trim();
    !text.is_empty() && !text.starts_with('#')
}
