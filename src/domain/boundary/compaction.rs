//! Writes a set of a service's actions as few patterns that match nothing else that the service has.

use std::collections::BTreeSet;

/// Returns patterns, sorted, that match every one of `wanted` and nothing else of `all`, each without the prefix.
///
/// A run of actions that begin alike becomes one pattern; it also matches what AWS adds with that beginning, which is
/// why denials are written so and allowances are not.
pub(super) fn patterns(all: &[&'static str], wanted: &BTreeSet<&'static str>) -> Vec<String> {
    let mut patterns = Vec::new();
    let mut covered: BTreeSet<&str> = BTreeSet::new();
    for name in wanted {
        if covered.contains(name) {
            continue;
        }
        let run = widest_run(all, wanted, name);
        patterns.push(match run.as_slice() {
            [only] => (*only).to_owned(),
            _ => format!("{}*", common_beginning(&run)),
        });
        covered.extend(run);
    }
    patterns
}

/// Returns the largest set of actions that begin as `name` does and are all wanted.
fn widest_run(all: &[&'static str], wanted: &BTreeSet<&'static str>, name: &'static str) -> Vec<&'static str> {
    let beginnings = (0..=name.len()).filter_map(|length| name.get(..length));
    let runs = beginnings.map(|beginning| all.iter().filter(move |action| action.starts_with(beginning)).copied());
    let mut complete = runs.map(Iterator::collect).filter(|run: &Vec<_>| run.iter().all(|one| wanted.contains(one)));
    complete.find(|run| !run.is_empty()).unwrap_or_else(|| vec![name])
}

fn common_beginning<'a>(names: &[&'a str]) -> &'a str {
    let Some((first, others)) = names.split_first() else { return "" };
    let length = others.iter().fold(first.len(), |length, other| {
        first.bytes().zip(other.bytes()).take(length).take_while(|(one, two)| one == two).count()
    });
    first.get(..length).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 5] = ["GetObject", "PutAcl", "PutAclVersion", "PutObject", "Restore"];

    fn of(wanted: &[&'static str]) -> Vec<String> {
        patterns(&ALL, &wanted.iter().copied().collect())
    }

    #[test]
    fn what_begins_alike_is_one_pattern_and_nothing_else_is_matched() {
        assert_eq!(of(&["PutAcl", "PutAclVersion", "Restore"]), ["PutAcl*", "Restore"]);
        assert_eq!(of(&["PutAcl"]), ["PutAcl"]);
        assert_eq!(of(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_whole_service_is_a_star() {
        assert_eq!(of(&ALL), ["*"]);
    }
}
