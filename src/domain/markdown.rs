//! Markdown out of text that anybody may have written (GitHub Flavored Markdown).
//!
//! Whatever comes in stays text: it begins no markup, no line, no cell and no tag of its own.

use super::printable::{one_line, printable_lines};

/// What means something to Markdown, to HTML inside it, or to the formulas that GitHub shows. Each may be escaped by a
/// backslash (CommonMark, "Backslash escapes").
const MARKS: &str = "\\`*_{}[]<>()#+!|~&$";

/// Returns `text` on one line, without markup: fit for a paragraph, a heading and the cell of a table. Where it is pasted
/// into an issue, nobody is mentioned and nothing is a link.
pub fn text(text: &str) -> String {
    unlinked(&escaped(one_line(text).trim(), true))
}

/// GitHub makes links and mentions out of plain text, which no backslash keeps it from (GitHub Flavored Markdown,
/// "Autolinks (extension)"); a blank of no width does.
fn unlinked(escaped: &str) -> String {
    const NOTHING: &str = "&#8203;";
    let parts = escaped.replace('@', &format!("@{NOTHING}")).replace("://", &format!(":{NOTHING}//"));
    let parts = without_issues(&parts, NOTHING);
    let mut unlinked = String::new();
    let mut rest = parts.as_str();
    while let Some(at) = rest.to_ascii_lowercase().find("www.") {
        let (before, after) = rest.split_at(at + 3);
        unlinked.push_str(before);
        unlinked.push_str(NOTHING);
        rest = after;
    }
    unlinked + rest
}

/// Breaks what GitHub takes for the number of an issue or a pull request: `#1`, `owner/name#1`, `GH-1` (GitHub Docs,
/// "Autolinked references and URLs").
fn without_issues(text: &str, nothing: &str) -> String {
    let mut broken = String::new();
    for (at, character) in text.char_indices() {
        broken.push(character);
        let behind = text[at..].chars().nth(1).is_some_and(|next| next.is_ascii_digit());
        let is_issue = character == '#' || (character == '-' && broken.to_ascii_lowercase().ends_with("gh-"));
        // Behind the `&` of a character reference it is no issue.
        if is_issue && behind && !broken.ends_with("&#") {
            broken.push_str(nothing);
        }
    }
    broken
}

/// Returns `text` on one line as code; not for tables, where a bar would end the cell.
pub fn code(text: &str) -> String {
    let line = one_line(text);
    let fence = "`".repeat(longest_run(&line) + 1);
    // One blank at both ends is no part of the code (CommonMark, "Code spans").
    let pad = if line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']) || line.is_empty() { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// Returns a sentence of this program's: what stands in backticks in it is code, everything else text. Not for tables.
pub fn sentence(sentence: &str) -> String {
    let line = one_line(sentence);
    let parts: Vec<&str> = line.split('`').collect();
    // The last of an even number of parts stands behind a backtick that nothing closes.
    let shown = parts.iter().enumerate().map(|(index, part)| match (index % 2, index + 1 < parts.len()) {
        (0, _) => escaped(part, index == 0),
        (_, true) if !part.trim().is_empty() => code(part),
        (_, is_closed) => format!("\\`{}{}", escaped(part, false), if is_closed { "\\`" } else { "" }),
    });
    shown.collect()
}

/// Returns `text` as a block of code, line by line; nothing in it ends the block.
pub fn block(language: &str, text: &str) -> String {
    let text = printable_lines(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// Returns a table; every cell is text. The head may be of empty names.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    table_of_markdown(head, rows.into_iter().map(|cells| cells.iter().map(|cell| text(cell)).collect()))
}

/// The same, where every cell is Markdown on one line already, without a bar.
pub fn table_of_markdown(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head_line = line(head.iter().map(|name| text(name)).collect());
    let rule = line(head.iter().map(|_| "---".to_owned()).collect());
    [head_line, rule].into_iter().chain(rows.into_iter().map(line)).collect::<String>().trim_end().to_owned()
}

/// Returns what the reader unfolds: a summary, which is text, and Markdown.
pub fn folded(summary: &str, markdown: &str) -> String {
    format!("<details>\n<summary>{}</summary>\n\n{markdown}\n\n</details>", html(summary))
}

/// Returns a link. None but an address that this program has made may be given.
pub fn link(label: &str, address: &str) -> String {
    // Neither a blank nor a bracket may stand in it (CommonMark, "Links").
    let address: String = one_line(address).replace(' ', "%20").replace('(', "%28").replace(')', "%29");
    format!("[{}]({})", text(label), address.replace('<', "%3C").replace('>', "%3E"))
}

fn html(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Escapes what is more than text. Digits with a dot, a hyphen and an equals sign are so at the beginning of a line alone: a
/// list, or what makes a heading of the line before.
fn escaped(line: &str, begins_line: bool) -> String {
    let digits = line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let is_first = |at: usize| begins_line && at == digits;
    let mut escaped = String::new();
    for (at, character) in line.char_indices() {
        let begins = is_first(at) && if digits > 0 { character == '.' } else { "-=".contains(character) };
        if MARKS.contains(character) || begins {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup_no_html_and_no_second_line() {
        for (written, shown) in [
            ("s3:PutObject", "s3:PutObject"),
            ("a|b", "a\\|b"),
            ("`code` *bold* _it_ ~no~", "\\`code\\` \\*bold\\* \\_it\\_ \\~no\\~"),
            ("<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert\\(1\\)\\>"),
            ("&lt;b&gt; $x$", "\\&lt;b\\&gt; \\$x\\$"),
            ("[a](javascript:x)", "\\[a\\]\\(javascript:x\\)"),
            ("a\n\n# heading\n::error::x", "a  \\# heading ::error::x"),
            ("- item", "\\- item"),
            ("--- ", "\\---"),
            ("12. item", "12\\. item"),
            ("1.5 hours, 3-4", "1\\.5 hours, 3-4"),
            ("a\u{202e}b\u{1b}[2J", "ab \\[2J"),
            ("dana@acme.example", "dana@&#8203;acme.example"),
            (
                "#123 GH-1 gh-2 octo/repo#3 a#b GH-x",
                "\\#&#8203;123 GH-&#8203;1 gh-&#8203;2 octo/repo\\#&#8203;3 a\\#b GH-x",
            ),
            ("@octocat https://x WWW.x.org", "@&#8203;octocat https:&#8203;//x WWW&#8203;.x.org"),
        ] {
            assert_eq!(text(written), shown, "{written:?}");
        }
    }

    #[test]
    fn code_holds_backticks_and_ends_where_it_ends() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(block("json", "{}\n"), "```json\n{}\n```");
        assert_eq!(block("", "a\n````\n</details>"), "`````\na\n````\n</details>\n`````");
    }

    #[test]
    fn only_what_a_sentence_sets_in_backticks_is_code() {
        for (written, shown) in [
            ("run `port-iam list` again", "run `port-iam list` again"),
            ("`a_b` is *no* ARN", "`a_b` is \\*no\\* ARN"),
            ("an odd ` one <b>", "an odd \\` one \\<b\\>"),
            ("`a`, `b` and `c", "`a`, `b` and \\`c"),
            ("`` x", "\\`\\` x"),
            ("- `a` - `b`", "\\- `a` - `b`"),
        ] {
            assert_eq!(sentence(written), shown, "{written:?}");
        }
    }

    #[test]
    fn a_table_keeps_its_columns_whatever_stands_in_it() {
        let table = table(&["a", "b"], [vec!["1|2".to_owned(), "x\n| y".to_owned()]]);
        assert_eq!(table, "| a | b |\n| --- | --- |\n| 1\\|2 | x \\| y |");
    }

    #[test]
    fn a_link_and_a_fold_are_left_by_nothing_in_them() {
        assert_eq!(link("a]b", "https://x/?a=(1) <"), "[a\\]b](https://x/?a=%281%29%20%3C)");
        assert!(
            folded("</summary><b>", "x").starts_with("<details>\n<summary>&lt;/summary&gt;&lt;b&gt;</summary>\n\nx")
        );
    }
}
