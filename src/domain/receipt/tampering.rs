//! What of a grant that was taken away is not as we make one.

use super::Removed;
use crate::domain::identifier::GrantId;
use crate::domain::part::part_number;

impl Removed {
    /// Returns what of it a grant does not have, as we make it; a sentence. What is attached or written into its role
    /// besides, what changed its policies, and what lies behind a gap in their numbers, somebody else has made.
    pub fn tampering(&self, grant: &GrantId) -> Option<String> {
        let foreign = self.detached.iter().filter(|arn| !self.policies.contains(arn));
        let foreign = foreign.map(|arn| format!("{arn} was attached to it"));
        let inline = self.inline.iter().map(|name| format!("it had an inline policy `{name}`"));
        let changed = self.changed.iter().map(|arn| format!("{arn} had further versions"));
        let number = |arn: &String| part_number(grant, arn.rsplit('/').next().unwrap_or_default());
        let mut numbers: Vec<usize> = self.policies.iter().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let has_gap = numbers.last().is_some_and(|last| *last != numbers.len());
        let gap = has_gap.then(|| "its policies had a gap in their numbers".to_owned());
        let unlike = self.unlike.iter().cloned();
        let all: Vec<String> = unlike.chain(foreign).chain(inline).chain(changed).chain(gap).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_grant_does_not_have_as_we_make_it_is_told_when_it_is_taken_away() {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        let arn = |name: &str| format!("arn:aws:iam::123456789012:policy/port-iam/{name}");
        let ours = [arn("Permission-r_1"), arn("Permission-r_1.2")].to_vec();
        let good = Removed { policies: ours.clone(), detached: ours.clone(), ..Removed::default() };
        assert_eq!((good.tampering(&grant), Removed::default().tampering(&grant)), (None, None));
        let told = |change: fn(&mut Removed)| {
            let mut removed = good.clone();
            change(&mut removed);
            removed.tampering(&grant).unwrap_or_default()
        };
        assert_eq!(told(|it| it.detached.push("admin".to_owned())), "admin was attached to it");
        assert_eq!(told(|it| it.inline.push("x".to_owned())), "it had an inline policy `x`");
        assert_eq!(told(|it| it.unlike.push("its boundary was".to_owned())), "its boundary was");
        assert_eq!(told(|it| it.changed.push("arn".to_owned())), "arn had further versions");
        assert_eq!(told(|it| _ = it.policies.remove(0)).lines().count(), 1);
        assert!(told(|it| (it.policies.remove(0), it.detached.clear()).1).ends_with("a gap in their numbers"));
    }
}
