//! A length of time in words.

/// Returns a length of time for people: `3d 4h`, `1h 30m`, `40m`, `20s`.
pub fn length(seconds: i64) -> String {
    const UNITS: [(i64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let Some(first) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else { return "0s".to_owned() };
    // Two units say enough, and seconds only where there is nothing else.
    let mut left = seconds;
    let shown = UNITS[first..].iter().take(if first < 2 { 2 } else { 1 }).filter_map(|(unit, name)| {
        let count = left / unit;
        left %= unit;
        (count > 0).then(|| format!("{count}{name}"))
    });
    shown.collect::<Vec<_>>().join(" ")
}
