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

/// An installation with so many live grants, which last.
fn many(grants: usize) -> Seen {
    let mut seen = nothing();
    for number in 0..grants {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    seen.roles.values_mut().for_each(|role| role.end = Some(Timestamp::MAX));
    seen
}

/// More than any test lets pass.
const MOST_SWEEPS: usize = 1_000;

/// Returns how many sweeps it takes until every grant had its look, with one each so many minutes.
fn sweeps_for_all(seen: &mut Seen, most: usize, start: i64, period: i64) -> usize {
    let mut looked_at = BTreeSet::new();
    for sweeps in 0..MOST_SWEEPS {
        if looked_at.len() == seen.roles.len() {
            return sweeps;
        }
        let minute = start + period * i64::try_from(sweeps).unwrap();
        seen.now = Timestamp::from_second(minute * 60).unwrap();
        let chosen = chosen_for_close_look(seen, most);
        assert!(chosen.len() <= most);
        looked_at.extend(chosen);
    }
    panic!("{MOST_SWEEPS} sweeps have not met each of them")
}

/// Some hours in a row of the year 2026, each at its seventeenth minute.
fn starts() -> impl Iterator<Item = i64> {
    (0..12_i64).map(|number| (495_000 + 7 * number) * 60 + 17)
}

#[test]
fn each_has_its_turn_within_as_many_hours_as_there_are_shares_or_less_than_twice_as_many() {
    for (grants, most, shares) in [(7, 3, 3), (400, 200, 2), (401, 200, 3), (50, 5, 10)] {
        let mut seen = many(grants);
        for start in starts() {
            let sweeps = sweeps_for_all(&mut seen, most, start, 60);
            assert!(sweeps >= shares && sweeps < 2 * shares, "{grants} {start}: {sweeps}");
            // The shares of hours that begin at a multiple of their number.
            let hour = start / 60;
            let aligned = hour - hour % i64::try_from(shares).unwrap();
            assert_eq!(sweeps_for_all(&mut seen, most, aligned * 60, 60), shares, "{grants} {start}");
        }
    }
}

/// With a fixed order every second hour, or every eighth, met the same of them for ever.
#[test]
fn each_has_its_turn_whatever_the_period_of_the_sweeps() {
    for (grants, most, shares) in [(7, 3, 3), (400, 200, 2), (50, 5, 10)] {
        let mut seen = many(grants);
        for period in [7, 13].into_iter().chain((1..=24).map(|hours| hours * 60)) {
            let in_an_hour = usize::try_from((60 / period).max(1)).unwrap() + 1;
            for start in starts() {
                let sweeps = sweeps_for_all(&mut seen, most, start, period);
                assert!(sweeps <= 15 * shares * in_an_hour, "{grants} every {period} minutes: {sweeps}");
            }
        }
    }
}
