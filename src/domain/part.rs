//! The names of a grant's policies: a grant whose policy is too long for one document has several.

use super::identifier::GrantId;

/// More policies of one grant are not looked for: no role can have as many (IAM User Guide, "IAM and AWS STS quotas").
pub const MOST_POLICIES: usize = 100;

/// Returns the name of one of a grant's policies, counted from 1.
pub fn part_name(grant: &GrantId, number: usize) -> String {
    if number <= 1 { grant.to_string() } else { format!("{grant}.{number}") }
}

/// Returns which of a grant's policies bears this name, counted from 1; none when it is none of them.
pub fn part_number(grant: &GrantId, name: &str) -> Option<usize> {
    let number = match name.strip_prefix(grant.as_str())? {
        "" => 1,
        rest => rest.strip_prefix('.')?.parse().ok()?,
    };
    (part_name(grant, number) == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_policy_bears_the_grant_s_name_and_the_others_a_number() {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        for (number, name) in [(1, "Permission-r_1"), (2, "Permission-r_1.2"), (10, "Permission-r_1.10")] {
            assert_eq!(part_name(&grant, number), name);
            assert_eq!(part_number(&grant, name), Some(number));
        }
    }

    #[test]
    fn a_name_that_we_would_not_give_is_none_of_the_grant_s_policies() {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        let others =
            ["Permission-r_10", "Permission-r_1.", "Permission-r_1.0", "Permission-r_1.1", "Permission-r_1.02"];
        for name in others.into_iter().chain([
            "Permission-r_1..2",
            "Permission-r_1.2.2",
            "Permission-r_1.x",
            "Permission-r_1-2",
        ]) {
            assert_eq!(part_number(&grant, name), None, "{name}");
        }
    }
}
