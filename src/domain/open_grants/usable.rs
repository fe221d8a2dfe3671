//! Whether a grant that is live by Port's catalog is one by what AWS holds of it.

use jiff::Timestamp;

use super::gains_too_little;
use crate::domain::grant::Grant;
use crate::domain::iam::RoleState;
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::trust;

/// Returns whether `live`, which seems to give what `asked` asks for, can be used: its role is there under our path, its
/// policy is attached and nothing is denied, and the end that AWS goes by leaves as much as it must to be pointed at.
pub fn can_be_used(
    asked: &Grant,
    live: &GrantId,
    names: &Names,
    (role, attached): (Option<&RoleState>, &[String]),
    now: Timestamp,
) -> bool {
    let account = &asked.account;
    let Some(role) = role.filter(|role| role.arn == account.role_arn(names, live)) else { return false };
    trust::end_of(&role.trust).is_some_and(|end| end > now && gains_too_little(asked, end))
        && attached.contains(&account.part_arn(names, live, 1))
        && !attached.contains(&account.deny_all_arn())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{END, NOW, grant};
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam/Permission-r_0";
    const POLICY: &str = "arn:aws:iam::123456789012:policy/port-iam/Permission-r_0";
    const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

    fn usable(arn: &str, end: Option<&str>, attached: &[&str]) -> bool {
        let condition = end.map_or(json!({}), |end| json!({ "DateLessThan": { "aws:CurrentTime": end } }));
        let role = RoleState {
            path: "/port-iam/".to_owned(),
            arn: arn.to_owned(),
            trust: json!({ "Statement": [{ "Condition": condition }] }),
            created: None,
            boundary: None,
            max_session_seconds: None,
            tags: Vec::new(),
        };
        let attached: Vec<String> = attached.iter().map(|&arn| arn.to_owned()).collect();
        let live = GrantId::parse("Permission-r_0").unwrap();
        can_be_used(&grant(), &live, &Names::default(), (Some(&role), &attached), NOW.parse().unwrap())
    }

    #[test]
    fn a_grant_can_be_used_while_its_role_is_ours_and_attached_and_neither_denied_nor_over() {
        assert!(usable(ROLE, Some(END), &[POLICY]));
        assert!(!usable("arn:aws:iam::123456789012:role/Permission-r_0", Some(END), &[POLICY]));
        assert!(!usable(ROLE, None, &[POLICY]));
        // A minute after now: what AWS ends so soon is none to point at, whatever the catalog says.
        for end in [NOW, "2026-11-23T20:01:00Z"] {
            assert!(!usable(ROLE, Some(end), &[POLICY]), "{end}");
        }
        assert!(!usable(ROLE, Some(END), &[]));
        assert!(!usable(ROLE, Some(END), &["arn:aws:iam::123456789012:policy/port-iam/Permission-r_1"]));
        assert!(!usable(ROLE, Some(END), &[POLICY, DENY_ALL]));
    }

    #[test]
    fn what_is_over_is_no_grant_however_little_a_new_one_would_gain() {
        let asked = Grant { expires: NOW.parse().unwrap(), ..grant() };
        let live = GrantId::parse("Permission-r_0").unwrap();
        let role = RoleState {
            path: "/port-iam/".to_owned(),
            arn: ROLE.to_owned(),
            trust: json!({ "Statement": [{ "Condition": { "DateLessThan": { "aws:CurrentTime": NOW } } }] }),
            created: None,
            boundary: None,
            max_session_seconds: None,
            tags: Vec::new(),
        };
        let held = (Some(&role), &[POLICY.to_owned()][..]);
        assert!(!can_be_used(&asked, &live, &Names::default(), held, NOW.parse().unwrap()));
        assert!(!can_be_used(&asked, &live, &Names::default(), (None, held.1), NOW.parse().unwrap()));
    }
}
