//! As much of Markdown as the tests look at: blocks of code with the notes before them, headings, and links.

/// A block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// What stands behind the fence, such as `sh`.
    pub(super) kind: String,
    /// The note on the line before it: an HTML comment, which readers do not see.
    pub(super) note: String,
    pub(super) text: String,
    /// The line of its fence, counted from 1.
    pub(super) line: usize,
    /// Whether nothing stands between the block before and this one.
    pub(super) is_behind_block: bool,
}

/// Returns the blocks of a document.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    let (mut note, mut is_behind_block) = (String::new(), false);
    for (at, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (Some(_), Some(_)) => {
                found.extend(open.take());
                (note, is_behind_block) = (String::new(), true);
            }
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, Some(kind)) => {
                let (kind, note) = (kind.trim().to_owned(), std::mem::take(&mut note));
                open = Some(Block { kind, note, text: String::new(), line: at + 1, is_behind_block });
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => {
                is_behind_block = false;
                let comment = line.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
                note = comment.unwrap_or_default().trim().to_owned();
            }
        }
    }
    assert!(open.is_none(), "a block of code does not end");
    found
}

/// Returns the text without its blocks of code.
pub(super) fn prose(text: &str) -> String {
    let mut in_block = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// Returns the anchors of a document's headings, as GitHub makes them.
pub(super) fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in prose(text).lines() {
        let Some(title) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#')) else { continue };
        let Some(title) = title.strip_prefix(' ') else { continue };
        let kept = title.trim().to_lowercase();
        let kept = kept.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
        let anchor: String = kept.map(|it| if it == ' ' { '-' } else { it }).collect();
        let same = found.iter().filter(|known| **known == anchor).count();
        found.push(if same == 0 { anchor } else { format!("{anchor}-{same}") });
    }
    found
}

/// Returns what a document links to; what stands in backticks is no link.
pub(super) fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let plain = prose.split('`').step_by(2).collect::<Vec<_>>().join("``");
    let behind = plain.split("](").skip(1);
    behind.filter_map(|rest| rest.split_once(')').map(|(target, _)| target.trim().to_owned())).collect()
}

#[test]
fn blocks_are_found_with_their_notes() {
    let found = blocks("a\n<!-- exits 3 -->\n```sh\nport-iam plan\n```\n\n```text\nx\n```\nb\n```sh\n```\n");
    let told = |block: &Block| (block.kind.clone(), block.note.clone(), block.is_behind_block, block.line);
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            ("sh".to_owned(), "exits 3".to_owned(), false, 3),
            ("text".to_owned(), String::new(), true, 7),
            ("sh".to_owned(), String::new(), false, 11)
        ]
    );
    assert_eq!(found[0].text, "port-iam plan\n");
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# Set it up, for `real`!\n## Exit codes\n```\n# no heading\n```\n## Exit codes\n#no heading either\n";
    assert_eq!(anchors(text), ["set-it-up-for-real", "exit-codes", "exit-codes-1"]);
    assert_eq!(links("[a](b.md#c) `[x](y)` [d](https://e.example)\n```\n[f](g)\n```"), ["b.md#c", "https://e.example"]);
}
