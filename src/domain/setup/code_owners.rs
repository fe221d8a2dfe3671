//! What a CODEOWNERS file says: whose review a change of a path needs (GitHub Docs, "About code owners").

use super::finding::{Finding, Severity};
use super::seen::RepositorySeen;
use super::wanted::Wanted;
use crate::domain::glob::{Case, text_matches};

/// Stands for whatever a workflow may be called.
const ANY_WORKFLOW: &str = ".github/workflows/any.yaml";

/// Returns what the file of the repository leaves to everybody of what decides who gets which permissions.
pub(super) fn finding(wanted: &Wanted, seen: &RepositorySeen) -> Option<Finding> {
    let (path, text) = seen.code_owners.as_ref()?;
    let decides = wanted.files.iter().map(|file| file.path.as_str()).chain([ANY_WORKFLOW, path]);
    let first = decides.into_iter().find(|path| owners(text, path).is_none_or(|owners| owners.is_empty()))?;
    let ours = wanted.files.iter().find(|file| file.path.ends_with("CODEOWNERS"));
    let line =
        ours.and_then(|file| file.contents.lines().find(|line| line.starts_with('/'))).unwrap_or("/.github/ @OWNER");
    Some(Finding::new(
        Severity::Warning,
        "code-owners",
        format!("{path} names nobody who reviews {first}, so that any review lets a change of it in"),
        format!(
            "echo '{line}' >> {path}, and commit it by a pull request: of all lines that take a path the last one counts"
        ),
    ))
}

/// Returns the owners of a path: those of the last line whose pattern takes it, which may be nobody; none where no line
/// does.
fn owners<'a>(text: &'a str, path: &str) -> Option<Vec<&'a str>> {
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(before, _)| before));
    let mut last = None;
    for line in lines {
        let mut words = line.split_whitespace();
        if let Some(pattern) = words.next()
            && takes(pattern, path)
        {
            last = Some(words.collect());
        }
    }
    last
}

/// Returns whether a pattern takes a path, by the rules of `.gitignore`: one with a slash before its end begins at the
/// root, `*` ends at a slash, `**` does not, and a folder takes all that is in it.
fn takes(pattern: &str, path: &str) -> bool {
    let bare = pattern.trim_end_matches('/');
    let is_anchored = bare.trim_start_matches('/') != bare || bare.contains('/');
    let pieces: Vec<&str> = bare.split('/').filter(|piece| !piece.is_empty()).collect();
    let parts: Vec<&str> = path.split('/').collect();
    // GitHub's own exception: `docs/*` takes the files in docs, and not those in folders of it.
    let is_shallow = pieces.len() > 1 && pieces.last() == Some(&"*");
    let is_folder = pattern.ends_with('/');
    (0..if is_anchored { 1 } else { parts.len() }).any(|start| {
        let ends = start..parts.len();
        ends.into_iter().any(|end| {
            let is_whole = end + 1 == parts.len();
            let is_fitting = if is_whole { !is_folder } else { !is_shallow };
            is_fitting && pieces_take(&pieces, &parts[start..=end])
        })
    })
}

fn pieces_take(pieces: &[&str], parts: &[&str]) -> bool {
    match (pieces.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=parts.len()).any(|skipped| pieces_take(rest, &parts[skipped..])),
        (Some((piece, rest)), Some((part, further))) => {
            text_matches(piece, part, Case::Sensitive) && pieces_take(rest, further)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_github_s_own_examples_say() {
        for (pattern, path, is_taken) in [
            ("*", "a/b.yaml", true),
            ("*.js", "a/b.js", true),
            ("*.js", "a/b.yaml", false),
            ("/build/logs/", "build/logs/a/b", true),
            ("/build/logs/", "x/build/logs/a", false),
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/x/a.md", false),
            ("apps/", "x/apps/a", true),
            ("/apps/github", "apps/github/a", true),
            ("**/logs", "x/y/logs/a", true),
            ("/.github/", ".github/workflows/a.yaml", true),
            (".github", ".github/port-iam.yaml", true),
            ("/.github/**", ".github/workflows/a.yaml", true),
            ("/.github/*", ".github/workflows/a.yaml", false),
            (".github/workflows/", ".github/port-iam.yaml", false),
            ("/apps/", "apps", false),
            ("/*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?z", &"a".repeat(200), false),
        ] {
            assert_eq!(takes(pattern, path), is_taken, "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_line_that_takes_a_path_decides_and_may_name_nobody() {
        let text = "# all\n* @acme/all # of us\n/.github/ @acme/platform @ada\n/.github/workflows/\n";
        assert_eq!(owners(text, "a"), Some(vec!["@acme/all"]));
        assert_eq!(owners(text, ".github/port-iam.yaml"), Some(vec!["@acme/platform", "@ada"]));
        assert_eq!(owners(text, ".github/workflows/x.yaml"), Some(vec![]));
        assert_eq!(owners("docs/ @ada\n", ".github/x"), None);
    }
}
