//! What the documents tell a reader to click on is there: the browser's test clicks on it, or a page of the portal says it.

use super::markdown::prose;
use super::{files, read, root};

/// Returns what stands in bold, in the lists of steps alone.
fn labels(text: &str) -> Vec<String> {
    let prose = prose(text);
    let is_step = |line: &&str| line.starts_with("   ") || line.starts_with(|it: char| it.is_ascii_digit());
    let steps = prose.lines().filter(is_step).collect::<Vec<_>>().join("\n");
    steps.split("**").skip(1).step_by(2).map(|label| label.replace("\n   ", " ")).collect()
}

#[test]
fn what_the_first_pages_tell_to_click_on_is_in_the_portal() {
    let mut known = read(&root().join("tests/counterparts/portal.mjs"));
    for (folder, end) in [("src/portal", "rs"), ("blueprints", "json"), ("actions", "json")] {
        known.extend(files(&root().join(folder), end).iter().map(|path| read(path)));
    }
    let mut found = 0;
    for page in ["README.md", "docs/tutorial.md"] {
        for label in labels(&read(&root().join(page))) {
            found += 1;
            assert!(known.contains(&label), "{page}: nothing in the portal says {label:?}");
        }
    }
    assert!(found > 15, "only {found} labels were found");
    assert_eq!(labels("a **b**\n1. c **d\n   e** f"), ["d e"]);
}
