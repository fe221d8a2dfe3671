//! Close looks, which take turns.

use super::*;

#[test]
fn only_what_is_live_and_on_record_takes_its_turn_in_being_looked_at() {
    let mut seen = nothing();
    for number in 0..5 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    seen.roles.get_mut("Permission-r_0").unwrap().end = Some(seen.now);
    seen.roles.get_mut("Permission-r_1").unwrap().end = None;
    seen.entities.remove("Permission-r_2");
    let all = BTreeSet::from(["Permission-r_3".to_owned(), "Permission-r_4".to_owned()]);
    assert!(chosen_for_close_look(&seen, 0).is_empty());
    assert_eq!(chosen_for_close_look(&seen, 2), all);
    assert_eq!(chosen_for_close_look(&seen, 1_000), all);
    seen.roles.clear();
    assert!(chosen_for_close_look(&seen, 2).is_empty());
}

#[test]
fn each_turn_begins_where_the_last_one_ended() {
    let mut seen = nothing();
    for number in 0..7 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    for hour in 0..10_i64 {
        seen.now = Timestamp::from_second((500_000 + hour) * 3_600).unwrap();
        seen.roles.values_mut().for_each(|role| role.end = Some(Timestamp::MAX));
        let first = usize::try_from(500_000 + hour).unwrap() * 3 % 7;
        let wanted = (0..3).map(|step| format!("Permission-r_{}", (first + step) % 7)).collect();
        assert_eq!(chosen_for_close_look(&seen, 3), wanted, "{hour}");
    }
}
