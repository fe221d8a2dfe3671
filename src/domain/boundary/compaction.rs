//! Writes a set of a service's actions as few patterns that match nothing else that the service has.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What a pattern takes in a document besides itself: prefix, colon, quotes and comma.
const AROUND: usize = 8;

/// The names that a pattern matches.
type Hits = BTreeSet<&'static str>;

/// Returns patterns, sorted, that match every one of `wanted` and nothing else of `all`, each without the prefix.
///
/// Actions that begin alike become one pattern, and so do those of one verb that end alike (`Put*Policy`); of a single
/// name stays what tells it, two words at least. Such a pattern also matches what AWS adds of that form, which is why
/// denials are written so and allowances are not.
pub(super) fn patterns(all: &[&'static str], wanted: &Hits) -> Vec<String> {
    if !all.is_empty() && all.iter().all(|name| wanted.contains(name)) {
        return vec!["*".to_owned()];
    }
    let candidates = candidates(all, wanted);
    let mut left = wanted.clone();
    let mut chosen: BTreeMap<&str, &Hits> = BTreeMap::new();
    while !left.is_empty() {
        // The most names for the room that it takes, in whole numbers.
        let worth =
            |(pattern, hits): &(&String, &Hits)| hits.intersection(&left).count() * 10_000 / (pattern.len() + AROUND);
        let Some((pattern, hits)) = candidates.iter().max_by_key(|candidate| (worth(candidate), Reverse(candidate.0)))
        else {
            break;
        };
        left.retain(|name| !hits.contains(name));
        chosen.insert(pattern, hits);
    }
    without_superfluous(chosen, wanted)
}

/// Returns the patterns without those whose names others match too, the longest first.
fn without_superfluous(mut chosen: BTreeMap<&str, &Hits>, wanted: &Hits) -> Vec<String> {
    let mut by_length: Vec<&str> = chosen.keys().copied().collect();
    by_length.sort_by_key(|pattern| (Reverse(pattern.len()), *pattern));
    for pattern in by_length {
        let others = chosen.iter().filter(|(other, _)| **other != pattern);
        let matched: BTreeSet<&str> = others.flat_map(|(_, hits)| hits.iter().copied()).collect();
        if wanted.iter().all(|name| matched.contains(name)) {
            chosen.remove(pattern);
        }
    }
    chosen.into_keys().map(str::to_owned).collect()
}

/// Returns every pattern worth a thought that matches nothing but wanted names, with what it matches.
fn candidates(all: &[&'static str], wanted: &Hits) -> BTreeMap<String, Hits> {
    let mut candidates = BTreeMap::new();
    for name in wanted {
        candidates.insert((*name).to_owned(), BTreeSet::from([*name]));
        let mut beginnings = (0..name.len()).filter_map(|length| name.get(..length));
        let run = beginnings.find_map(|beginning| wanted_alone(all, wanted, beginning, ""));
        if let Some(beginning) = run.as_ref().map(common_beginning) {
            // Where their cases differ the names have less in common than what was looked for.
            candidates.extend(wanted_alone(all, wanted, beginning, "").map(|hits| (format!("{beginning}*"), hits)));
        }
        let words = starts_of_words(name);
        let mut told = words.iter().skip(1).filter_map(|at| name.get(..*at));
        candidates.extend(told.find_map(|beginning| {
            wanted_alone(all, wanted, beginning, "").map(|hits| (format!("{beginning}*"), hits))
        }));
        let verb = words.first().and_then(|at| name.get(..*at)).unwrap_or_default();
        let endings = words.iter().skip(1).filter_map(|at| name.get(*at..));
        let alike = endings.filter_map(|ending| {
            wanted_alone(all, wanted, verb, ending).map(|hits| (format!("{verb}*{ending}"), hits))
        });
        candidates.extend(alike.filter(|(_, hits)| hits.len() > 1));
    }
    candidates
}

/// Returns the names that begin and end so, whatever their case, as IAM matches actions; none where one of them is not
/// wanted, which most often the first of them tells.
fn wanted_alone(all: &[&'static str], wanted: &Hits, beginning: &str, ending: &str) -> Option<Hits> {
    let is_part = |part: Option<&str>, wanted: &str| part.is_some_and(|part| part.eq_ignore_ascii_case(wanted));
    let is_matched = |name: &&&str| {
        let end = name.len().checked_sub(ending.len()).filter(|end| *end >= beginning.len());
        let end = end.and_then(|end| name.get(end..));
        is_part(name.get(..beginning.len()), beginning) && is_part(end, ending)
    };
    all.iter().filter(is_matched).map(|name| wanted.contains(name).then_some(*name)).collect()
}

/// Returns where the second and each further word of a name begins: `PutURLPolicy` has three.
fn starts_of_words(name: &str) -> Vec<usize> {
    let bytes = name.as_bytes();
    let is = |at: usize, what: fn(&u8) -> bool| bytes.get(at).is_some_and(what);
    let begins = |at: &usize| {
        let after_small = !is(*at - 1, u8::is_ascii_uppercase);
        is(*at, u8::is_ascii_uppercase) && (after_small || is(*at + 1, u8::is_ascii_lowercase))
    };
    (1..bytes.len()).filter(begins).collect()
}

fn common_beginning(names: &Hits) -> &'static str {
    let (Some(first), Some(last)) = (names.first(), names.last()) else { return "" };
    // What the first and the last in order have in common, all have.
    let length = first.bytes().zip(last.bytes()).take_while(|(one, other)| one == other).count();
    first.get(..length).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 7] =
        ["GetObject", "PutAcl", "PutAclVersion", "PutObject", "PutPlainPolicy", "PutURLPolicy", "Restore"];

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
    fn what_ends_alike_after_the_same_verb_is_one_pattern() {
        assert_eq!(of(&["PutPlainPolicy", "PutURLPolicy"]), ["Put*Policy"]);
        assert_eq!(
            patterns(&["PutIndexPolicy", "PutPlainPolicy", "PutURLPolicy"], &["PutPlainPolicy", "PutURLPolicy"].into()),
            ["PutPlain*", "PutURL*"]
        );
    }

    #[test]
    fn a_single_name_is_told_by_two_words_at_least() {
        assert_eq!(of(&["PutPlainPolicy"]), ["PutPlain*"]);
        assert_eq!(of(&["PutObject"]), ["PutObject"]);
    }

    #[test]
    fn a_pattern_matches_whatever_the_case() {
        let all = ["PUT", "PutPlain", "PutPlainly", "Plus"];
        assert_eq!(patterns(&all, &["PutPlain", "PutPlainly"].into()), ["PutPlain*"]);
        // `P*` and `Pu*` would match more than is wanted, or look as if they did not match all of it.
        assert_eq!(patterns(&all, &["PUT", "PutPlain", "PutPlainly"].into()), ["PUT", "PutPlain", "PutPlainly"]);
        assert_eq!(patterns(&["PUT", "PutPlain"], &["PutPlain"].into()), ["PutPlain"]);
    }

    #[test]
    fn a_whole_service_is_a_star_even_of_one_action_and_nothing_is_where_a_service_has_none() {
        assert_eq!(of(&ALL), ["*"]);
        assert_eq!(patterns(&["GetObject"], &["GetObject"].into()), ["*"]);
        assert_eq!(patterns(&[], &Hits::new()), Vec::<String>::new());
    }

    #[test]
    fn one_pattern_is_better_than_two_short_ones_since_each_takes_room_around_it() {
        let all = ["DoItConfiguration", "DoMoreConfiguration", "DoOther"];
        assert_eq!(patterns(&all, &["DoItConfiguration", "DoMoreConfiguration"].into()), ["Do*Configuration"]);
    }
}
