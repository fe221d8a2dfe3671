//! Diagrams are drawn by whoever shows the document: what breaks one is not seen here.

use super::markdown::blocks;
use super::{documents, name_of, read};

/// Returns the first line of a diagram that mermaid reads otherwise than it is meant: `;` ends a line, `#` begins the code of
/// a letter.
fn misread(diagram: &str) -> Option<&str> {
    diagram.lines().find(|line| line.contains([';', '#']))
}

#[test]
fn no_message_of_a_diagram_has_a_letter_that_ends_it() {
    let mut drawn = 0;
    for path in documents() {
        for block in blocks(&read(&path)).iter().filter(|block| block.kind == "mermaid") {
            drawn += 1;
            assert_eq!(misread(&block.text), None, "{}:{}", name_of(&path), block.line);
        }
    }
    assert!(drawn > 1, "only {drawn} diagrams were found");
    assert_eq!(misread("A->>B: one; two"), Some("A->>B: one; two"));
    assert_eq!(misread("A->>B: issue #7"), Some("A->>B: issue #7"));
}
