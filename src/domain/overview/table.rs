//! Rows as a table for people, and for spreadsheets.

use jiff::Timestamp;

use super::Row;
use crate::domain::printable::{cut, one_line};
use crate::domain::time::{relative, utc};

const HEADINGS: [&str; 6] = ["grant", "requester", "resource", "actions", "until", "state"];
/// The column that the account stands before, where there are several.
const ACCOUNT_BEFORE: usize = 4;
/// The longest cell; all of it is in the JSON and the CSV.
const LONGEST_CELL: usize = 60;

const COLUMNS: [&str; 13] = [
    "grant",
    "requester",
    "resource",
    "additional_resources",
    "actions",
    "account",
    "from",
    "until",
    "ended_at",
    "state",
    "reason",
    "extends",
    "differences",
];

/// Returns the table of the rows, with what is not as it should be under each. `now` is AWS's time, where it is known.
pub fn table(rows: &[Row], now: Option<Timestamp>) -> String {
    // Where all are of one account, nobody has to read it in every line.
    let names_account = rows.iter().any(|row| row.account != rows[0].account);
    let shown = |mut cells: Vec<String>, account: String| {
        if names_account {
            cells.insert(ACCOUNT_BEFORE, account);
        }
        cells
    };
    let of_row = |row: &Row| shown(cells(row, now), row.account.clone().unwrap_or_else(|| "unknown".to_owned()));
    let headings = shown(HEADINGS.map(str::to_owned).to_vec(), "account".to_owned());
    let cells: Vec<Vec<String>> = rows.iter().map(of_row).collect();
    let width = |column: usize| {
        let widths = cells.iter().map(|row| row[column].chars().count());
        widths.chain([headings[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&headings)];
    for (row, cells) in rows.iter().zip(&cells) {
        lines.push(line(cells));
        lines.extend(row.differences.iter().map(|difference| format!("  ! {}", one_line(difference))));
    }
    lines.join("\n")
}

/// Returns the rows as CSV with a head.
pub fn csv(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let moment = |moment: Option<Timestamp>| moment.map(utc).unwrap_or_default();
        vec![
            row.grant.clone(),
            row.requesters.join(" "),
            text(row.resources.first()),
            row.resources.get(1..).unwrap_or_default().join(" "),
            row.actions.join(" "),
            text(row.account.as_ref()),
            moment(row.from),
            moment(row.until),
            moment(row.ended),
            row.state.word().to_owned(),
            text(row.reason.as_ref()),
            text(row.extends.as_ref()),
            row.differences.join("; "),
        ]
    };
    crate::domain::csv::csv(&COLUMNS, rows.iter().map(row))
}

fn cells(row: &Row, now: Option<Timestamp>) -> Vec<String> {
    let until = match (row.ended.or(row.until), now) {
        (Some(ended), Some(now)) if row.ended.is_some() => format!("ended {} ({})", utc(ended), relative(ended, now)),
        (Some(ended), None) if row.ended.is_some() => format!("ended {}", utc(ended)),
        (Some(until), Some(now)) => format!("{} ({})", utc(until), relative(until, now)),
        (Some(until), None) => utc(until),
        (None, _) => "unknown".to_owned(),
    };
    [
        row.grant.clone(),
        several(&row.requesters),
        several(&row.resources),
        row.actions.join(", "),
        until,
        row.state.word().to_owned(),
    ]
    .iter()
    .map(|text| short(text))
    .collect()
}

fn several(texts: &[String]) -> String {
    match texts {
        [] => "unknown".to_owned(),
        [one] => one.clone(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

fn short(text: &str) -> String {
    cut(text, LONGEST_CELL)
}
