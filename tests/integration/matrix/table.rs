//! What was run: fault by flow, printed whether or not the test's output is shown.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

/// How many cases each cell came to.
#[derive(Debug)]
pub(super) struct Table {
    flows: Vec<(&'static str, usize)>,
    cells: BTreeMap<(&'static str, &'static str), (usize, Duration)>,
}

impl Table {
    /// Creates an empty table of flows, each with the count of its requests.
    pub(super) fn new(flows: impl Iterator<Item = (&'static str, usize)>) -> Self {
        Self { flows: flows.collect(), cells: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, fault: &'static str, flow: &'static str, cases: usize, took: Duration) {
        let cell = self.cells.entry((fault, flow)).or_default();
        cell.0 += cases;
        cell.1 += took;
    }

    pub(super) fn total(&self) -> usize {
        self.cells.values().map(|(cases, _)| cases).sum()
    }

    /// Returns the cells that no case came to, of all that there have to be: one that was never added to is empty too.
    pub(super) fn empty_cells(&self) -> Vec<String> {
        let rows = super::faults::rows();
        let all = self.flows.iter().flat_map(|(flow, _)| rows.iter().map(move |row| (row.name, *flow)));
        let empty = all.filter(|cell| self.cells.get(cell).is_none_or(|(cases, _)| *cases == 0));
        empty.map(|(fault, flow)| format!("{flow}: {fault}")).collect()
    }

    /// Prints it as the documentation shows it.
    pub(super) fn print(&self, took: Duration) {
        let mut text = String::from("\n| fault |");
        self.flows.iter().for_each(|(flow, _)| text.push_str(&format!(" {flow} |")));
        text.push_str(" all |\n| --- |");
        text.push_str(&" ---: |".repeat(self.flows.len() + 1));
        text.push_str("\n| *requests of the flow* |");
        self.flows.iter().for_each(|(_, requests)| text.push_str(&format!(" *{requests}* |")));
        text.push_str(&format!(" *{}* |\n", self.flows.iter().map(|(_, requests)| requests).sum::<usize>()));
        for row in super::faults::rows() {
            text.push_str(&format!("| {} |", row.name));
            let cases = |flow: &str| self.cells.get(&(row.name, flow)).map_or(0, |(cases, _)| *cases);
            self.flows.iter().for_each(|(flow, _)| text.push_str(&format!(" {} |", cases(flow))));
            text.push_str(&format!(" {} |\n", self.flows.iter().map(|(flow, _)| cases(flow)).sum::<usize>()));
        }
        text.push_str("| **all** |");
        for (flow, _) in &self.flows {
            let of_flow = || self.cells.iter().filter(|((_, of), _)| of == flow).map(|(_, cell)| cell);
            text.push_str(&format!(" **{}** |", of_flow().map(|(cases, _)| cases).sum::<usize>()));
        }
        text.push_str(&format!(" **{}** |\n\n", self.total()));
        for (flow, _) in &self.flows {
            let time: Duration = self.cells.iter().filter(|((_, of), _)| of == flow).map(|(_, (_, time))| *time).sum();
            text.push_str(&format!("{flow}: {} s; ", time.as_secs()));
        }
        text.push_str(&format!("all, side by side: {} s\n", took.as_secs()));
        // Not through the macros, whose output the test harness keeps to itself.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

#[test]
fn a_cell_without_a_case_is_empty_whether_or_not_anything_was_tried_for_it() {
    let mut table = Table::new([("grant", 1), ("seed", 1)].into_iter());
    let rows = super::faults::rows();
    let (first, rest) = rows.split_first().unwrap();
    rest.iter().for_each(|row| table.add(row.name, "grant", 1, Duration::ZERO));
    rows.iter().for_each(|row| table.add(row.name, "seed", 1, Duration::ZERO));
    assert_eq!(table.empty_cells(), [format!("grant: {}", first.name)]);
    table.add(first.name, "grant", 0, Duration::ZERO);
    assert_eq!(table.empty_cells(), [format!("grant: {}", first.name)]);
    table.add(first.name, "grant", 1, Duration::ZERO);
    assert_eq!(table.empty_cells(), [""; 0]);
}

#[test]
fn the_documentation_has_the_same_rows_and_columns() {
    let page = include_str!("../../../docs/reliability.md");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let head = page.lines().find(|line| line.starts_with("| fault |")).unwrap();
    let flows = super::flows::FLOWS.iter().map(|flow| flow.name);
    assert_eq!(cells(head), ["fault"].into_iter().chain(flows).chain(["all"]).collect::<Vec<_>>());
    for row in super::faults::rows() {
        let shown = page.lines().map(cells).find(|cells| cells[0] == row.name).unwrap_or_default();
        assert!(shown.len() == super::flows::FLOWS.len() + 2, "{}: {shown:?}", row.name);
        assert!(shown[1..].iter().all(|count| count.parse::<usize>().unwrap() > 0), "{}: {shown:?}", row.name);
    }
}
