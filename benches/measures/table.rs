//! The table that is printed: each figure beside its target, and how much of the target it takes.

/// How wide the names of what was measured may be.
const WIDTH: usize = 66;

/// What one section has measured.
#[derive(Debug, Default)]
pub(crate) struct Table {
    missed: bool,
}

impl Table {
    /// Prints what the rows below are about.
    pub(crate) fn about(&self, what: &str) {
        println!("\n{what}");
    }

    /// Prints a figure that has no target.
    pub(crate) fn figure(&self, what: &str, figure: f64, unit: &str) {
        println!("{:>6}  {what:<WIDTH$} {:>16}", "", written(figure, unit));
    }

    /// Prints a figure that may be its target and no more.
    pub(crate) fn at_most(&mut self, what: &str, figure: f64, target: f64, unit: &str) {
        let share = if target > 0.0 { figure / target } else { figure };
        self.row(what, figure, target, "≤", unit, share, figure <= target);
    }

    /// Prints a figure that has to reach its target.
    pub(crate) fn at_least(&mut self, what: &str, figure: f64, target: f64, unit: &str) {
        self.row(what, figure, target, "≥", unit, target / figure, figure >= target);
    }

    #[allow(clippy::too_many_arguments, reason = "the columns of a row")]
    fn row(&mut self, what: &str, figure: f64, target: f64, sign: &str, unit: &str, share: f64, holds: bool) {
        self.missed |= !holds;
        let verdict = if holds { "ok" } else { "MISSED" };
        let (figure, target) = (written(figure, unit), written(target, unit));
        println!("{verdict:>6}  {what:<WIDTH$} {figure:>16}  {sign} {target:<14} {share:>6.2} of it");
    }

    /// Returns whether a figure has missed its target.
    pub(crate) fn has_missed(&self) -> bool {
        self.missed
    }
}

fn written(figure: f64, unit: &str) -> String {
    let digits = match unit {
        "" => 0,
        "×" | "of it" => 3,
        _ if figure.abs() < 100.0 => 2,
        _ => 0,
    };
    format!("{figure:.digits$} {unit}").trim_end().to_owned()
}

/// Returns the middle of some figures.
pub(crate) fn median(figures: &[f64]) -> f64 {
    quantile(figures, 50)
}

/// Returns the figure that so many of a hundred do not exceed.
pub(crate) fn quantile(figures: &[f64], percent: usize) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or_default()
}
