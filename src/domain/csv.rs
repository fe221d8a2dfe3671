//! Tables for spreadsheets (RFC 4180).

/// Returns a table with a head. No cell of it is taken for a formula.
pub fn csv(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    let rows = rows.into_iter().map(|cells| cells.iter().map(|text| cell(text)).collect());
    std::iter::once(head).chain(rows).map(line).collect()
}

/// A spreadsheet takes what begins so for a formula; people write some of it.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_a_cell_and_is_no_formula() {
        let cells = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a,\"b\"", "a\nb", "plain"];
        let rows = cells.map(|text| vec![text.to_owned(), "end".to_owned()]);
        let expected = "x,y\r\n'=1+1,end\r\n'+1,end\r\n'-1,end\r\n'@x,end\r\n'\tx,end\r\n\"'\rx\",end\r\n\"a,\"\"b\"\"\",end\r\n\"a\nb\",end\r\nplain,end\r\n";
        assert_eq!(csv(&["x", "y"], rows), expected);
    }
}
