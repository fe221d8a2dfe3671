//! Which roles are looked at closely although nothing about them is odd.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::seen::Seen;
use crate::domain::iam::ListedRole;

/// Returns the roles that are looked at closely although nothing about them is odd: all while there are at most `most`,
/// else a share whose turn it is in this hour.
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
    let hour = u64::try_from(seen.now.as_second() / 3_600).unwrap_or_default();
    let first = share_of(hour, live.len().div_ceil(most)) * most;
    live.rotate_left(first);
    live.into_iter().take(most).map(str::to_owned).collect()
}

/// Returns the share whose turn it is, below `shares`. Through as many hours as there are shares each has one. The next
/// hours begin with another share, as if it were drawn: in a fixed order, sweeps at every second hour would meet the same
/// half of the shares for ever.
fn share_of(hour: u64, shares: usize) -> usize {
    let shares = u64::try_from(shares).unwrap_or(u64::MAX).max(1);
    let share = mixed(hour / shares).wrapping_add(hour) % shares;
    usize::try_from(share).unwrap_or_default()
}

/// Returns a number as if it were drawn for this one, the same each time.
fn mixed(number: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}
