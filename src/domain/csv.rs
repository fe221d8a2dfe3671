//! Tables for spreadsheets (RFC 4180).

use super::printable::one_line;

/// Returns a table with a head. No cell of it is taken for a formula.
pub fn csv(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    let rows = rows.into_iter().map(|cells| cells.iter().map(|text| cell(text)).collect());
    std::iter::once(head).chain(rows).map(line).collect()
}

/// What a spreadsheet takes for the beginning of a formula; people write some of it. The last four are as wide as the
/// letters of Chinese and Japanese, and mean the same there.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// One line without control characters, which a terminal would take for its own. Where lists are separated by semicolons,
/// a cell begins behind one; a tab, which separates them elsewhere, is a blank by then.
fn cell(text: &str) -> String {
    let line = one_line(text);
    let parts = line.split(';').map(|part| {
        let (blanks, rest) = part.split_at(part.len() - part.trim_start_matches([' ', '"']).len());
        if rest.starts_with(FORMULA) { format!("{blanks}'{rest}") } else { part.to_owned() }
    });
    let text = parts.collect::<Vec<_>>().join(";");
    if text.contains(['"', ',']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_a_cell_and_is_no_formula() {
        let cells = [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "a\t=x",
            " =x",
            "a;=x",
            "a; ＋x;b",
            "a;\"=x",
            "a,\"b\"",
            "a\nb",
            "a\u{1b}[2J\u{202e}b",
            "p-l",
        ];
        let rows = cells.map(|text| vec![text.to_owned(), "end".to_owned()]);
        let cells = [
            "'=1+1",
            "'+1",
            "'-1",
            "'@x",
            "a =x",
            " '=x",
            "a;'=x",
            "a; '＋x;b",
            "\"a;\"\"'=x\"",
            "\"a,\"\"b\"\"\"",
            "a b",
            "a [2Jb",
            "p-l",
        ];
        let expected = format!("x,y\r\n{}", cells.map(|cell| format!("{cell},end\r\n")).concat());
        assert_eq!(csv(&["x", "y"], rows), expected);
    }
}
