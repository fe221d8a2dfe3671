//! Which roles are looked at closely although nothing about them is odd.

use std::collections::BTreeSet;

use super::seen::Seen;
use crate::domain::iam::ListedRole;

/// Returns the roles that are looked at closely although nothing about them is odd: all while there are at most `most`,
/// else a share that moves on with every hour, so that each has its turn.
pub fn chosen_for_close_look(seen: &Seen, most: usize) -> BTreeSet<String> {
    let is_live = |role: &&ListedRole| role.end.is_some_and(|end| end > seen.now);
    let mut live: Vec<&str> = seen
        .roles
        .values()
        .filter(|role| is_live(role) && seen.entities.contains_key(&role.name))
        .map(|role| role.name.as_str())
        .collect();
    if live.is_empty() || most == 0 {
        return BTreeSet::new();
    }
    let hour = usize::try_from(seen.now.as_second() / 3_600).unwrap_or_default();
    let first = hour.wrapping_mul(most) % live.len();
    live.rotate_left(first);
    live.into_iter().take(most).map(str::to_owned).collect()
}
