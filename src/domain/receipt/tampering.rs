//! What of a grant that was taken away is not as we make one.

use super::Removed;
use crate::domain::evidence::{self, RecordBefore};
use crate::domain::identifier::GrantId;
use crate::domain::part::part_number;

impl Removed {
    /// Returns what of it a grant does not have, as we make it; a sentence. What is attached or written into its role
    /// besides, what changed its policies, and what lies behind a gap in their numbers, somebody else has made; and what is
    /// not as the permanent record tells, which is `before`.
    pub fn tampering(&self, grant: &GrantId, before: Option<&RecordBefore>) -> Option<String> {
        let all: Vec<String> = self.unlike_its_record(before).chain(self.unlike_ours(grant)).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Returns whether the grant's role was there, in any account.
    pub(super) fn has_role(&self) -> bool {
        self.role.is_some() || !self.other_roles.is_empty()
    }

    /// Returns whether its role was made after the grant had ended, by its record.
    pub(super) fn was_made_again(&self, before: Option<&RecordBefore>) -> bool {
        let ended = before.and_then(|before| before.over_since).zip(self.created);
        self.has_role() && ended.is_some_and(|(ended, created)| evidence::is_made_again(ended, created))
    }

    fn unlike_its_record(&self, before: Option<&RecordBefore>) -> impl Iterator<Item = String> {
        let is_other = |recorded: fn(&RecordBefore) -> Option<&String>, there: &Option<String>| {
            before.and_then(recorded).zip(there.as_ref()).is_some_and(|(recorded, there)| recorded != there)
        };
        let is_again = self.was_made_again(before);
        // Whoever takes a role away at the same time may have recorded its end a moment ago.
        let is_ended = before.is_some_and(RecordBefore::tells_of_an_end) && self.has_role() && !self.was_gone_already;
        let all = [
            (is_again, "it was made after its grant had ended"),
            (is_ended && !is_again, "it was there though its record told of its end"),
            (
                is_other(|it| it.trust_digest.as_ref(), &self.trust_digest),
                "its trust policy was not that of its record",
            ),
            (
                is_other(|it| it.policy_digest.as_ref(), &self.policy_digest),
                "its policies were not those of its record",
            ),
        ];
        all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, sentence)| sentence.to_owned())
    }

    fn unlike_ours(&self, grant: &GrantId) -> impl Iterator<Item = String> {
        let ours: Vec<&String> = self.policies.iter().chain(&self.left).collect();
        let is_foreign = |arn: &&String| !ours.contains(arn);
        let foreign = self.detached.iter().filter(is_foreign);
        let foreign = foreign.map(|arn| format!("{arn} was attached to it"));
        let others = self.other_roles.iter().map(|arn| format!("{arn} bore its name too"));
        let inline = self.inline.iter().map(|name| format!("it had an inline policy `{name}`"));
        let changed = self.changed.iter().map(|arn| format!("{arn} was changed since it was made"));
        let number = |arn: &String| part_number(grant, arn.rsplit('/').next().unwrap_or_default());
        let mut numbers: Vec<usize> = ours.iter().copied().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let has_gap = numbers.last().is_some_and(|last| *last != numbers.len());
        let gap = has_gap.then(|| "its policies had a gap in their numbers".to_owned());
        let unlike = self.unlike.iter().cloned();
        let all: Vec<String> = unlike.chain(foreign).chain(others).chain(inline).chain(changed).chain(gap).collect();
        all.into_iter()
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
        assert_eq!((good.tampering(&grant, None), Removed::default().tampering(&grant, None)), (None, None));
        let told = |change: fn(&mut Removed)| {
            let mut removed = good.clone();
            change(&mut removed);
            removed.tampering(&grant, None).unwrap_or_default()
        };
        assert_eq!(told(|it| it.detached.push("admin".to_owned())), "admin was attached to it");
        assert_eq!(told(|it| it.inline.push("x".to_owned())), "it had an inline policy `x`");
        assert_eq!(told(|it| it.unlike.push("its boundary was".to_owned())), "its boundary was");
        assert_eq!(told(|it| it.changed.push("arn".to_owned())), "arn was changed since it was made");
        assert_eq!(told(|it| _ = it.policies.remove(0)).lines().count(), 1);
        // While something is left of it, its own policies are no strangers.
        assert_eq!(told(|it| it.left = std::mem::take(&mut it.policies)), "");
        assert_eq!(told(|it| it.left.extend(it.policies.pop())), "");
        assert!(told(|it| (it.policies.remove(0), it.detached.clear()).1).ends_with("a gap in their numbers"));
    }
}
