//! Names with wildcards, as rulesets, branch policies and `gh` write them.

/// Matches a name against a pattern: `?` is one letter, `*` stops at a slash, `**` does not.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            let (rest, crosses) = match rest.strip_prefix('*') {
                Some(rest) => (rest.strip_prefix('/').unwrap_or(rest), true),
                None => (rest, false),
            };
            let ends = name.char_indices().map(|(index, _)| index).chain([name.len()]);
            let reachable = ends.take_while(|end| crosses || !name[..*end].contains('/'));
            reachable.into_iter().any(|end| matches(rest, &name[end..]))
        }
        '?' => name.chars().next().is_some_and(|next| next != '/' && matches(rest, &name[next.len_utf8()..])),
        _ => name.strip_prefix(first).is_some_and(|name| matches(rest, name)),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn one_star_stops_at_a_slash_and_two_do_not() {
        assert!(matches("refs/heads/*", "refs/heads/main"));
        assert!(!matches("refs/heads/*", "refs/heads/port-iam/abc"));
        assert!(matches("refs/heads/**", "refs/heads/port-iam/abc"));
        assert!(matches("release/?.x", "release/1.x"));
        assert!(!matches("main", "main2"));
        assert!(!matches("main2", "main"));
    }
}
